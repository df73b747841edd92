//! What the middleware finds out about a request before its handler runs. It stands in the request's extensions, from
//! where the extractors take it.

use std::sync::Arc;

use axum::http::Extensions;

use super::operation::Operation;
use super::trace::RequestTrace;
use crate::domain::ids::OrgId;

/// What is known of a request from its head.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestInfo {
    /// The organisation that the headers name. Without one the request is refused.
    pub(crate) org: Option<OrgId>,
    /// `None` for an unknown path or another method.
    pub(crate) operation: Option<&'static Operation>,
    /// Takes what is learned later; `None` where nobody will ask.
    pub(crate) trace: Option<Arc<RequestTrace>>,
}

impl RequestInfo {
    /// That of the request with these extensions.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        // Every request comes through the middleware; a test may leave it out.
        extensions.get().cloned().unwrap_or_default()
    }
}
