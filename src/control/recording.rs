//! Records a request for the journal, from its arrival until its answer is ready or its client is gone.

use std::sync::Arc;
use std::time::Instant;

use axum::body::HttpBody;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use bytes::Bytes;
use futures_util::FutureExt;
use http_body_util::BodyExt;

use super::bench::Bench;
use super::journal::record::{AnswerRecord, Record};
use crate::api::error::JSON;
use crate::api::query::Query;
use crate::api::request_info::RequestInfo;
use crate::api::trace::{RequestTrace, TEXT_BYTES};
use crate::connection::ConnectionEnd;
use crate::domain::OrgId;

/// A request in progress. If dropped before it is finished, the journal shows it without an answer.
#[derive(Debug)]
pub(crate) struct Recording<'a> {
    bench: &'a Bench,
    /// `None` once it is in the journal.
    record: Option<Record>,
    org: Option<OrgId>,
    started: Instant,
    query: Query,
    trace: Arc<RequestTrace>,
}

impl<'a> Recording<'a> {
    /// Begins the record of a request that came in at `started`.
    pub(crate) fn new(
        bench: &'a Bench,
        request: &Request,
        org: Option<&OrgId>,
        started: Instant,
        request_id: &HeaderValue,
        trace: Arc<RequestTrace>,
    ) -> Self {
        let record = Some(bench.journal.begin(request, org, started, request_id));
        Self {
            bench,
            record,
            org: org.cloned(),
            started,
            query: RequestInfo::of(request.extensions()).query().unwrap_or_default(),
            trace,
        }
    }

    /// Records the answer. A JSON body is read for that, and put back as one buffer.
    pub(crate) fn finish(mut self, response: &mut Response) {
        if let Some(ConnectionEnd::NoAnswer(_)) = response.extensions().get() {
            return self.add(None);
        }
        let (status, bytes) = (response.status(), response.body().size_hint().exact());
        if let (Some(org), Some(operation)) = (&self.org, self.trace.operation) {
            self.bench.coverage.count(org, operation, &self.query, status, self.started);
        }
        let text = text_of(response).map(|text| text[..text.len().min(TEXT_BYTES)].into());
        self.add(Some(AnswerRecord { status, bytes, text }));
    }

    fn add(&mut self, answer: Option<AnswerRecord>) {
        if let Some(mut record) = self.record.take() {
            record.end(&self.trace, answer);
            if let Some(number) = self.bench.journal.add(record) {
                self.trace.number.get_or_init(|| number);
            }
        }
    }
}

impl Drop for Recording<'_> {
    fn drop(&mut self) {
        self.add(None);
    }
}

/// The body of a JSON answer. Such a body is in memory as one piece, so this never waits.
pub(crate) fn text_of(response: &mut Response) -> Option<Bytes> {
    let in_one_piece = response.body().size_hint().exact().is_some_and(|bytes| bytes > 0);
    if !in_one_piece || response.headers().get(CONTENT_TYPE) != Some(&JSON) {
        return None;
    }
    let frame = response.body_mut().frame().now_or_never()??.ok()?;
    let text = frame.into_data().unwrap_or_default();
    *response.body_mut() = text.clone().into();
    Some(text)
}
