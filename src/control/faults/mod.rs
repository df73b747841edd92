//! Failures on demand: rules that say which request fails, where and how, and what they do to a request.
//!
//! | module | holds |
//! | --- | --- |
//! | `body` | rules in JSON |
//! | `rule` | rules that are sound, and what is wrong with those that are not |
//! | `pattern` | patterns of names and paths |
//! | `preset` | the usual ones, by name |
//! | `armed` | those of each world, and how often each fired |
//! | `target` | what they want to know of a request |
//! | `course` | one request, from its head to its answer |
//! | `strike` | what happens then |
//! | `transfer` | bodies that are slow, held up or cut off |
//! | `fault` | rules in Rust |
//! | `arming` | the endpoints |

mod armed;
pub(super) mod arming;
mod body;
mod course;
mod fault;
pub(super) mod pattern;
mod preset;
mod rule;
mod strike;
mod target;
mod transfer;

use axum::body::Body;
use axum::http::Request;
use axum::response::{IntoResponse, Response};
use tokio::time::sleep;

pub use self::armed::ArmedFault;
pub(crate) use self::armed::Faults;
pub use self::body::{AnswerPlace, Place, RequestPlace};
use self::course::Course;
pub use self::fault::Fault;
pub use self::preset::Preset;
pub(crate) use self::transfer::AnswerFault;
use super::prefer::{self, Preference};
use super::table::is_control;
use crate::api::error::ApiError;
use crate::api::operation::Operation;
use crate::api::state::Api;
use crate::api::trace::UploadFaults;
use crate::control::bench::Bench;
use crate::domain::ids::OrgId;
use crate::wire::strict::Wrong;

/// What is in store for one request. When it is dropped, what was not used up is given back.
#[derive(Debug)]
pub(crate) struct Plan {
    course: Course,
    /// What the request itself asks for.
    preference: Result<Preference, Wrong>,
}

impl Plan {
    /// `None` if the request is to be answered as usual.
    pub(crate) fn of(
        request: &Request<Body>,
        state: &Bench,
        org: Option<&OrgId>,
        operation: Option<&'static Operation>,
    ) -> Option<Self> {
        let asks = prefer::is_given(request.headers());
        if (state.faults().is_idle() && !asks) || is_control(request.uri().path()) {
            return None;
        }
        let preference = if asks { Preference::of(request.headers(), operation) } else { Ok(Preference::default()) };
        // A request that is answered as it asks to be comes to no rule.
        let comes_to_rules = preference.as_ref().is_ok_and(|preference| preference.error().is_none());
        let org = org.filter(|_| comes_to_rules);
        let course = match org.and_then(|org| Some((state.faults().of(org)?, org))) {
            Some((armed, org)) => Course::of(request, state, org, operation, armed),
            None if asks => Course::free(operation),
            None => return None,
        };
        Some(Self { course, preference })
    }

    /// What the request carries along, so that those who read its body ask for faults.
    pub(crate) fn upload_faults(&self) -> Box<dyn UploadFaults> {
        Box::new(self.course.clone())
    }

    /// Answers the request, which `route` does if nothing happens. What happens to the body of the answer is given
    /// back.
    pub(crate) async fn run<F>(
        self,
        request: Request<Body>,
        api: &Api,
        route: impl FnOnce(Request<Body>) -> F,
    ) -> (Response, Option<AnswerFault>)
    where
        F: Future<Output = Response>,
    {
        let preference = match &self.preference {
            Ok(preference) => *preference,
            Err(wrong) => {
                self.course.take_in(request, api).await;
                return (ApiError::Wrong(wrong.clone()).into_response(), None);
            }
        };
        let (mut response, fault) = match preference.error() {
            None => {
                sleep(preference.delay()).await;
                self.answer(request, api, route).await
            }
            Some(error) => {
                self.course.take_in(request, api).await;
                sleep(preference.delay()).await;
                (error.into_response(), None)
            }
        };
        // If a rule struck too, that is what the journal tells.
        if let Some(fault) = preference.fault() {
            self.course.learn(fault);
        }
        preference.tell(response.status(), response.headers_mut());
        (response, fault)
    }

    async fn answer<F>(
        &self,
        request: Request<Body>,
        api: &Api,
        route: impl FnOnce(Request<Body>) -> F,
    ) -> (Response, Option<AnswerFault>)
    where
        F: Future<Output = Response>,
    {
        match self.course.begin(request, api).await {
            Ok(request) => self.course.end(route(request).await).await,
            Err(stop) => (stop.into_response(), None),
        }
    }
}

impl Drop for Plan {
    fn drop(&mut self) {
        self.course.close();
    }
}
