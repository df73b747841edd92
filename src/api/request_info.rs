//! What the middleware finds out about a request before its handler runs. It is a request extension, which the
//! extractors read.

use std::sync::{Arc, LazyLock};

use axum::http::Extensions;

use super::{ApiError, Operation, Query, RequestTrace};
use crate::domain::{Language, OrgId};

/// What is known of a request from its head.
#[derive(Clone, Debug)]
pub(crate) struct RequestInfo {
    /// The organisation that the headers name. Without one the request is refused.
    pub(crate) org: Option<OrgId>,
    /// The language of the texts in the answer.
    pub(crate) language: Language,
    /// `None` for an unknown path or another method.
    pub(crate) operation: Option<&'static Operation>,
    /// The parameters, or what is wrong with the query string.
    pub(crate) parsed_query: Result<Query, Box<ApiError>>,
    /// Collects what is found out later. `None` if neither the journal nor a fault needs it.
    pub(crate) trace: Option<Arc<RequestTrace>>,
}

impl RequestInfo {
    /// That of the request with these extensions.
    pub(crate) fn of(extensions: &Extensions) -> &Self {
        // Every request comes through the middleware; a test may leave it out.
        static NOTHING: LazyLock<RequestInfo> = LazyLock::new(|| RequestInfo {
            org: None,
            language: Language::default(),
            operation: None,
            parsed_query: Ok(Query::default()),
            trace: None,
        });
        extensions.get().unwrap_or(&NOTHING)
    }

    /// The query of the request. Fails as [`Query::parse`].
    pub(crate) fn query(&self) -> Result<Query, ApiError> {
        self.parsed_query.clone().map_err(|error| *error)
    }
}
