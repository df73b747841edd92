//! The line that the log has for each request.

use std::time::Instant;

use axum::body::Body;
use axum::http::uri::PathAndQuery;
use axum::http::{Method, Request, Uri};
use axum::response::Response;

use crate::api::request_id;
use crate::connection::ConnectionFate;
use crate::domain::ids::OrgId;

/// What is logged of a request once it is answered.
pub(super) struct Line {
    method: Method,
    uri: Uri,
    org: Option<OrgId>,
    started: Instant,
}

impl Line {
    /// `None` where the log leaves such lines out.
    pub(super) fn begin(request: &Request<Body>, org: Option<&OrgId>, started: Instant) -> Option<Self> {
        let begin =
            || Self { method: request.method().clone(), uri: request.uri().clone(), org: org.cloned(), started };
        tracing::enabled!(tracing::Level::INFO).then(begin)
    }

    /// Logs it.
    pub(super) fn end(self, response: &Response) {
        let request_id = response.headers().get(request_id::HEADER).and_then(|id| id.to_str().ok());
        tracing::info!(
            method = %self.method,
            path = %self.uri.path_and_query().map_or(self.uri.path(), PathAndQuery::as_str),
            status = sent_status(response),
            duration_ms = self.started.elapsed().as_micros() as f64 / 1000.0,
            org = self.org.as_ref().map_or("-", OrgId::as_str),
            request_id = request_id.unwrap_or("-"),
            "request"
        );
    }
}

/// `None` where a fault has the connection end without an answer.
fn sent_status(response: &Response) -> Option<u16> {
    let is_lost = matches!(response.extensions().get(), Some(ConnectionFate::NoAnswer(_)));
    (!is_lost).then(|| response.status().as_u16())
}
