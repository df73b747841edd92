//! What happens around a request so that the journal can tell of it, from its coming in until its answer is ready or
//! its client is gone.

use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, HttpBody};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use futures_util::FutureExt;
use http_body_util::BodyExt;

use super::is_control;
use super::journal::record::{AnswerSeen, Outcome, RequestStart};
use crate::api::exchange::Exchange;
use crate::api::reply::JSON;
use crate::app::AppState;
use crate::connection::ConnectionFate;

/// A request under way. Dropped before it is finished, it tells of a request without an answer.
#[derive(Debug)]
pub(crate) struct Recording<'a> {
    state: &'a AppState,
    start: Option<RequestStart>,
}

impl<'a> Recording<'a> {
    /// Takes note of `request`, of which will be learned what `exchange` is told. `None` for requests to the control
    /// plane, and where the journal is off.
    pub(crate) fn start(
        state: &'a AppState,
        request: &Request<Body>,
        org: Option<&str>,
        started: Instant,
        exchange: &mut Option<Arc<Exchange>>,
    ) -> Option<Self> {
        if is_control(request.uri().path()) || !state.journal().is_on() {
            return None;
        }
        let exchange = Arc::clone(exchange.get_or_insert_default());
        let start = RequestStart::new(request, request.uri(), org, started, exchange);
        Some(Self { state, start: Some(start) })
    }

    /// The answer is ready. It comes back as it was, but for where its bytes are.
    pub(crate) fn finish(mut self, response: Response) -> Response {
        if let Some(ConnectionFate::NoAnswer(_)) = response.extensions().get() {
            self.add(None);
            return response;
        }
        let (response, text) = text_of(response);
        let bytes = response.body().size_hint().exact();
        self.count(response.status());
        self.add(Some(AnswerSeen { status: response.status(), bytes, text }));
        response
    }

    fn count(&self, status: StatusCode) {
        let Some(start) = &self.start else { return };
        if let (Some(org), Some(operation)) = (start.org(), start.operation()) {
            self.state.coverage().count(org, operation, start.query(), status);
        }
    }

    fn add(&mut self, answer: Option<AnswerSeen>) {
        if let Some(start) = self.start.take() {
            let duration = start.elapsed();
            self.state.journal().add(start, Outcome { duration, answer });
        }
    }
}

impl Drop for Recording<'_> {
    fn drop(&mut self) {
        self.add(None);
    }
}

/// An answer in JSON as it is and its text, which they share. Those answers are made in one piece, so nothing waits here.
fn text_of(response: Response) -> (Response, Option<Bytes>) {
    let in_one_piece = response.body().size_hint().exact().is_some_and(|bytes| bytes > 0);
    if !in_one_piece || response.headers().get(CONTENT_TYPE) != Some(&JSON) {
        return (response, None);
    }
    let (head, mut body) = response.into_parts();
    let Some(Some(Ok(frame))) = body.frame().now_or_never() else {
        return (Response::from_parts(head, body), None);
    };
    let text = frame.into_data().unwrap_or_default();
    (Response::from_parts(head, Body::from(text.clone())), Some(text))
}
