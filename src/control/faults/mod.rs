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
use axum::response::Response;

pub use self::armed::ArmedFault;
pub(crate) use self::armed::Faults;
pub use self::body::{AnswerPlace, Place, RequestPlace};
use self::course::Course;
pub use self::fault::Fault;
pub use self::preset::Preset;
pub(crate) use self::transfer::AnswerFault;
use super::recording::is_control;
use crate::api::exchange::Exchange;
use crate::app::AppState;
use crate::domain::ids::OrgId;

/// What is in store for one request. When it is dropped, what was not used up is given back.
#[derive(Debug)]
pub(crate) struct Plan {
    course: Course,
}

impl Plan {
    /// `None` if the request is to be answered as usual.
    pub(crate) fn of(request: &Request<Body>, state: &AppState, org: Option<&str>) -> Option<Self> {
        if state.faults().is_idle() || is_control(request.uri().path()) {
            return None;
        }
        let org = OrgId::new(org?);
        let armed = state.faults().of(&org)?;
        Some(Self { course: Course::of(request, state, &org, armed) })
    }

    /// What the request carries along, so that those who read its body ask for faults.
    pub(crate) fn exchange(&self) -> Exchange {
        Exchange::with_faults(Box::new(self.course.clone()))
    }

    /// Answers the request, which `route` does if nothing happens. What happens to the body of the answer is given
    /// back.
    pub(crate) async fn run<F>(
        self,
        request: Request<Body>,
        state: &AppState,
        route: impl FnOnce(Request<Body>) -> F,
    ) -> (Response, Option<AnswerFault>)
    where
        F: Future<Output = Response>,
    {
        match self.course.begin(request, state).await {
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
