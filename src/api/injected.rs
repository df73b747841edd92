//! Answers that stand in place of the real ones, because a fault or the client itself asks for them.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;

/// An answer in place of the real one.
#[derive(Debug)]
pub(crate) struct Injected {
    pub(crate) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// Absent: the API's own error body, and none where the status is no error.
    content: Option<Bytes>,
    pub(super) cause: Cause,
}

/// Who asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A fault rule, by its name if it has one.
    Rule(Option<String>),
    /// The header `Prefer`.
    Preference,
}

impl Injected {
    /// With the body of the API's own errors, and none where the status is no error.
    pub(crate) fn new(status: StatusCode, headers: HeaderMap, cause: Cause) -> Self {
        Self { status, headers, content: None, cause }
    }

    /// The same with a body of this type, unless the headers say another.
    pub(crate) fn with_content(mut self, content: Bytes, kind: HeaderValue) -> Self {
        self.headers.entry(CONTENT_TYPE).or_insert(kind);
        Self { content: Some(content), ..self }
    }

    /// The answer, where it is more than an error of the API.
    pub(super) fn own_response(&self) -> Option<Response> {
        let is_error = self.status.is_client_error() || self.status.is_server_error();
        if self.content.is_none() && is_error {
            return None;
        }
        let mut response = Response::new(self.content.clone().map_or_else(Body::empty, Body::from));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers.clone();
        Some(response)
    }
}
