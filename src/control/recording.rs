//! What happens around a request so that the journal can tell of it, from its coming in until its answer is ready or
//! its client is gone.

use axum::body::HttpBody;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use bytes::Bytes;
use futures_util::FutureExt;
use http_body_util::BodyExt;

use super::coverage::counts::CoverageCounts;
use super::journal::Journal;
use super::journal::record::{AnswerSeen, Outcome, RequestStart};
use crate::api::error::JSON;
use crate::api::query::Query;
use crate::connection::ConnectionEnd;

/// A request under way. Dropped before it is finished, it tells of a request without an answer.
#[derive(Debug)]
pub(crate) struct Recording<'a> {
    journal: &'a Journal,
    coverage: &'a CoverageCounts,
    start: Option<RequestStart>,
    query: Query,
}

impl<'a> Recording<'a> {
    /// Takes note of what is about to happen.
    pub(crate) fn new(journal: &'a Journal, coverage: &'a CoverageCounts, start: RequestStart, query: Query) -> Self {
        Self { journal, coverage, start: Some(start), query }
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
            self.coverage.count(org, operation, &self.query, status);
        }
    }

    fn add(&mut self, answer: Option<AnswerSeen<'_>>) {
        if let Some(start) = self.start.take() {
            let duration = start.elapsed();
            self.journal.add(start, &Outcome { duration, answer });
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
