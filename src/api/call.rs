//! One request, as its handler is called: the application's state, and what is known of the request beside itself. It
//! is the handlers' axum state, because what stands in a request's extensions costs several pieces of memory each time.

use std::sync::Arc;

use axum::extract::FromRef;

use super::exchange::Exchange;
use super::routes::Captures;
use crate::app::AppState;
use crate::domain::ids::OrgId;

/// A request that has found its endpoint, or none.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    state: AppState,
    exchange: Option<Arc<Exchange>>,
    org: Option<OrgId>,
    prefix_bytes: usize,
    captures: Captures,
}

impl Call {
    /// A request to a world, or to none, whose path begins with a prefix of this length, the version or that of the
    /// control plane, and has these variable segments.
    pub(crate) fn new(
        state: AppState,
        exchange: Option<Arc<Exchange>>,
        org: Option<OrgId>,
        prefix_bytes: usize,
        captures: Captures,
    ) -> Self {
        Self { state, exchange, org, prefix_bytes, captures }
    }

    pub(crate) fn state(&self) -> &AppState {
        &self.state
    }

    /// Where to leave what is learned about the request; `None` where nobody wants to know.
    pub(crate) fn exchange(&self) -> Option<&Arc<Exchange>> {
        self.exchange.as_ref()
    }

    /// The world that the request is for; `None` for one that is for no world and will be refused.
    pub(super) fn org(&self) -> Option<&OrgId> {
        self.org.as_ref()
    }

    /// The variable segments of the request's path.
    pub(super) fn captures(&self) -> Captures {
        self.captures
    }

    /// The request's path without what it begins with, and without a slash at its end.
    pub(crate) fn below_prefix<'p>(&self, path: &'p str) -> &'p str {
        let path = path.strip_suffix('/').unwrap_or(path);
        path.get(self.prefix_bytes..).unwrap_or_default()
    }
}

impl FromRef<Call> for AppState {
    fn from_ref(call: &Call) -> Self {
        call.state.clone()
    }
}
