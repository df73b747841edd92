//! What happens around a request so that the journal can tell of it, from its coming in until its answer is ready or
//! its client is gone.

use axum::body::HttpBody;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use futures_util::FutureExt;
use http_body_util::BodyExt;

use super::journal::record::{AnswerSeen, Outcome, RequestStart};
use super::table::is_control;
use crate::api::error::JSON;
use crate::api::query::Query;
use crate::connection::ConnectionEnd;
use crate::control::bench::Bench;

/// A request under way. Dropped before it is finished, it tells of a request without an answer.
#[derive(Debug)]
pub(crate) struct Recording<'a> {
    state: &'a Bench,
    start: Option<RequestStart>,
    query: Query,
}

/// Whether the journal will tell of a request: not of one to the control plane, and of none where it is off.
pub(crate) fn is_wanted<B>(state: &Bench, request: &Request<B>) -> bool {
    state.journal().is_on() && !is_control(request.uri().path())
}

impl<'a> Recording<'a> {
    /// Takes note of what is about to happen.
    pub(crate) fn new(state: &'a Bench, start: RequestStart, query: Query) -> Self {
        Self { state, start: Some(start), query }
    }

    /// The answer is ready. It comes back as it was, but for where its bytes are.
    pub(crate) fn finish(mut self, mut response: Response) -> Response {
        if let Some(ConnectionEnd::NoAnswer(_)) = response.extensions().get() {
            self.add(None);
            return response;
        }
        self.count(response.status());
        let (status, bytes) = (response.status(), response.body().size_hint().exact());
        let text = take_text(&mut response);
        self.add(Some(AnswerSeen { status, bytes, text: text.as_deref() }));
        if let Some(text) = text {
            *response.body_mut() = text.into();
        }
        response
    }

    fn count(&self, status: StatusCode) {
        let Some(start) = &self.start else { return };
        if let (Some(org), Some(operation)) = (start.org(), start.operation()) {
            self.state.coverage().count(org, operation, &self.query, status);
        }
    }

    fn add(&mut self, answer: Option<AnswerSeen<'_>>) {
        if let Some(start) = self.start.take() {
            let duration = start.elapsed();
            self.state.journal().add(start, &Outcome { duration, answer });
        }
    }
}

impl Drop for Recording<'_> {
    fn drop(&mut self) {
        self.add(None);
    }
}

/// Takes the body out of an answer in JSON. Those answers are made in one piece, so nothing waits here.
fn take_text(response: &mut Response) -> Option<Bytes> {
    let in_one_piece = response.body().size_hint().exact().is_some_and(|bytes| bytes > 0);
    if !in_one_piece || response.headers().get(CONTENT_TYPE) != Some(&JSON) {
        return None;
    }
    let frame = response.body_mut().frame().now_or_never()??.ok()?;
    Some(frame.into_data().unwrap_or_default())
}
