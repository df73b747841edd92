//! Faults: rules that make requests fail, and the header `Prefer`, by which a request asks for its own failure.
//!
//! | module | holds |
//! | --- | --- |
//! | `body` | rules in JSON, and the names of the presets |
//! | `fault` | rules in Rust |
//! | `preset` | the rules that the presets stand for |
//! | `rule` | rules that were checked when they were armed |
//! | `armed` | the armed rules of each world, and how often each fired |
//! | `prefer` | the header `Prefer` |
//! | `request_facts` | what of a request rules are matched against |
//! | `request_faults` | which rule strikes a request, and where |
//! | `strike` | what happens then |
//! | `transfer` | bodies that are slow, held up or cut off |

mod armed;
mod body;
mod fault;
pub(super) mod prefer;
mod preset;
mod request_facts;
mod request_faults;
mod rule;
mod strike;
mod transfer;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use axum::response::{IntoResponse, Response};

pub use self::armed::ArmedFault;
pub(crate) use self::armed::Earlier;
pub(crate) use self::armed::Faults;
pub(super) use self::armed::weight;
pub(super) use self::body::RuleBody;
pub use self::body::{AnswerPlace, Place, Preset, RequestPlace};
pub use self::fault::Fault;
use self::prefer::Preference;
use self::request_faults::RequestFaults;
pub(crate) use self::transfer::AnswerFault;
use crate::api::error::ApiError;
use crate::api::operation::Operation;
use crate::api::state::Api;
use crate::api::trace::FaultHooks;
use crate::connection::pause;
use crate::domain::OrgId;
use crate::wire::read::InvalidValue;

/// What is to happen to one request.
#[derive(Debug)]
pub(crate) struct Plan {
    faults: Arc<RequestFaults>,
    /// What the header `Prefer` asks for.
    preference: Result<Preference, InvalidValue>,
}

impl Plan {
    /// `None` if nothing is to happen to the request.
    pub(crate) fn of(
        request: &Request<Body>,
        api: &Api,
        faults: &Faults,
        org: Option<&OrgId>,
        operation: Option<&'static Operation>,
    ) -> Option<Self> {
        let asks = prefer::is_given(request.headers());
        if faults.is_idle() && !asks {
            return None;
        }
        let preference = if asks { Preference::of(request.headers(), operation) } else { Ok(Preference::default()) };
        // `Prefer: code=` overrides fault rules.
        let meets_rules = preference.as_ref().is_ok_and(|preference| preference.error().is_none());
        let org = org.filter(|_| meets_rules);
        let faults = match org.and_then(|org| Some((faults.of(org)?, org))) {
            Some((armed, org)) => RequestFaults::of(request, api, org, operation, armed),
            None if asks => RequestFaults::none(operation),
            None => return None,
        };
        Some(Self { faults, preference })
    }

    /// What the reader of the body and the journal need.
    pub(crate) fn hooks(&self) -> FaultHooks {
        self.faults.hooks()
    }

    /// Answers the request by `route`, unless a fault does. A fault in the body of the answer is returned, to be put in
    /// when the journal has seen the answer. When its world is `cleared`, it is delayed no longer.
    pub(crate) async fn run<F>(
        self,
        request: Request<Body>,
        api: &Api,
        cleared: impl Future<Output = ()>,
        route: impl FnOnce(Request<Body>) -> F,
    ) -> (Response, Option<AnswerFault>)
    where
        F: Future<Output = Response>,
    {
        let preference = match &self.preference {
            Ok(preference) => *preference,
            Err(wrong) => {
                self.faults.drain(request, api).await;
                return (ApiError::from(wrong.clone()).into_response(), None);
            }
        };
        let (mut response, fault) = match preference.error() {
            None => {
                pause_until(preference.delay(), cleared).await;
                match self.faults.begin(request, api).await {
                    Ok(request) => self.faults.end(route(request).await).await,
                    Err(error) => (error.into_response(), None),
                }
            }
            Some(error) => {
                self.faults.drain(request, api).await;
                pause_until(preference.delay(), cleared).await;
                (error.into_response(), None)
            }
        };
        // If a rule struck too, the journal keeps that one.
        if let Some(fault) = preference.fault() {
            self.faults.note(fault);
        }
        preference.tell(response.status(), response.headers_mut());
        (response, fault)
    }
}

/// Does nothing for this long, or until something has happened.
async fn pause_until(longest: Duration, happened: impl Future<Output = ()>) {
    tokio::select! {
        () = pause(longest) => {}
        () = happened => {}
    }
}
