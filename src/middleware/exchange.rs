//! A request while it is answered. When it is over, the journal, coverage, the metrics and the log get the outcome.

use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use futures_util::FutureExt;
use http_body_util::BodyExt;
use tracing::Level;

use crate::api::{ApiError, JSON, RequestInfo, TEXT_BYTES};
use crate::config::Secrets;
use crate::connection::ConnectionEnd;
use crate::control::bench::Bench;
use crate::control::journal::{AnswerRecord, Record};
use crate::control::matching::kept_target;
use crate::domain::{OrgId, lock};

/// The operation whose successes are logged at the level debug, because health checks come all the time.
const QUIET: &str = "get_health";

/// The reason in the log if there was no answer, and no fault is the cause.
const GONE: &str = "There was no answer: the client went away, or the server stopped.";

/// A request in progress. If it is dropped before it has ended, it was given up, and is recorded without an answer.
pub(super) struct Exchange {
    bench: Bench,
    info: RequestInfo,
    started: Instant,
    /// Whether it goes to the emulated API. Requests to the control plane are neither recorded nor counted.
    is_to_api: bool,
    /// The status of the answer. `None` until there is one, and if the client never gets one.
    status: Option<StatusCode>,
    /// For the journal. `None` if that is off, and once the record was handed over.
    record: Option<Record>,
    /// For the log. `None` if that is off, and once the entry was written.
    line: Option<Box<LogEntry>>,
}

/// What only the log needs to know of a request.
struct LogEntry {
    method: Method,
    target: Box<str>,
    request_id: HeaderValue,
    /// `None` where the log has no details.
    details: Option<Details>,
}

/// The headers and the beginnings of the bodies, as the log shows them.
#[derive(Default)]
struct Details {
    request_headers: String,
    request_body: Arc<Mutex<Vec<u8>>>,
    response_headers: String,
    response_body: String,
}

impl Exchange {
    /// A request came in at `started`.
    pub(super) fn begin(
        bench: &Bench,
        info: RequestInfo,
        request: &mut Request,
        request_id: &HeaderValue,
        started: Instant,
        is_to_api: bool,
    ) -> Self {
        let (journal, secrets) = (&bench.journal, bench.api.config().secrets);
        let record = || journal.begin(request, &info, started, request_id);
        if is_to_api {
            bench.metrics.begin(info.operation);
            info.org.iter().for_each(|org| bench.sightings.begin(org));
        }
        Self {
            bench: bench.clone(),
            started,
            is_to_api,
            status: None,
            record: (is_to_api && journal.is_on()).then(record),
            line: tracing::enabled!(Level::ERROR).then(|| Box::new(LogEntry::begin(request, request_id, secrets))),
            info,
        }
    }

    /// The request is answered; with `error` if it is refused. A JSON body is read, and put back as one buffer.
    pub(super) fn end(mut self, response: &mut Response, error: Option<&ApiError>) {
        // A fault may end the connection without an answer.
        let is_lost = matches!(response.extensions().get(), Some(ConnectionEnd::NoAnswer(_)));
        let (status, bytes) = (response.status(), response.body().size_hint().exact());
        let text = text_of(response);
        if let (Some(org), Some(operation), Some(_), false) =
            (&self.info.org, self.info.operation, &self.record, is_lost)
        {
            let query = self.info.query().unwrap_or_default();
            self.bench.coverage.count(org, operation, &query, status, self.started);
        }
        if let Some(details) = self.line.as_mut().and_then(|line| line.details.as_mut()) {
            details.response_headers = lines_of(response.headers(), self.bench.api.config().secrets);
            details.response_body = text.as_deref().map_or_else(String::new, beginning);
        }
        let reason = error.filter(|_| self.line.is_some()).map(|error| error.reason(self.info.language));
        let text = text.map(|text| text[..text.len().min(TEXT_BYTES)].into());
        let answer = (!is_lost).then_some(AnswerRecord { status, bytes, text });
        self.finish(answer, reason.as_deref());
    }

    fn finish(&mut self, answer: Option<AnswerRecord>, reason: Option<&str>) {
        self.status = answer.as_ref().map(|answer| answer.status);
        if let (Some(mut record), Some(trace)) = (self.record.take(), &self.info.trace) {
            record.end(trace, answer);
            if let Some(number) = self.bench.journal.add(record) {
                trace.number.get_or_init(|| number);
            }
        }
        // After the journal, so that the line has the number of the record.
        if let Some(line) = self.line.take() {
            self.write(*line, reason);
        }
    }

    fn write(&self, line: LogEntry, reason: Option<&str>) {
        let RequestInfo { org, operation, trace, .. } = &self.info;
        let status = self.status;
        let operation = operation.map(|operation| operation.name);
        let id = trace.as_ref().and_then(|trace| trace.number.get().copied());
        let deviations = id.map_or_else(Vec::new, |id| self.bench.journal.deviations(id));
        let mut lines = String::new();
        for deviation in &deviations {
            // Writing to a string does not fail.
            let _ = writeln!(lines, "{}: {}", deviation.kind, deviation.message.replace('\n', " "));
        }
        let fault = trace.as_ref().and_then(|trace| trace.fault());
        let name = fault.map(|fault| match (&fault.name, fault.rule) {
            (Some(name), _) => name.clone(),
            (None, Some(rule)) => format!("rule {rule}"),
            (None, None) => "Prefer".to_owned(),
        });
        let level = match status {
            _ if fault.is_some() && deviations.is_empty() => Level::INFO,
            _ if fault.is_some() => Level::WARN,
            Some(status) if status.is_server_error() => Level::ERROR,
            Some(status) if status.is_client_error() || !deviations.is_empty() => Level::WARN,
            None => Level::WARN,
            Some(_) if operation == Some(QUIET) => Level::DEBUG,
            Some(_) => Level::INFO,
        };
        let shown = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let details = line.details.map(|details| {
            let body = beginning(&lock(&details.request_body));
            [details.request_headers, body, details.response_headers, details.response_body].map(|text| shown(&text))
        });
        let [request_headers, request_body, response_headers, response_body] = details.unwrap_or_default();
        macro_rules! log_at {
            ($($level:ident),+) => {
                match level {
                    $(Level::$level => tracing::event!(
                        Level::$level,
                        status = status.map(|status| status.as_u16()),
                        method = line.method.as_str(),
                        path = &*line.target,
                        org = org.as_ref().map(OrgId::as_str),
                        operation,
                        duration_ms = self.started.elapsed().as_micros() as f64 / 1000.0,
                        id,
                        request_id = &*String::from_utf8_lossy(line.request_id.as_bytes()),
                        fault = name.as_deref(),
                        struck = fault.map(|fault| fault.what.as_str()),
                        reason = reason.filter(|_| fault.is_none()),
                        deviations = shown(&lines).as_deref(),
                        request_headers = request_headers.as_deref(),
                        request_body = request_body.as_deref(),
                        response_headers = response_headers.as_deref(),
                        response_body = response_body.as_deref(),
                        "request"
                    ),)+
                    _ => {}
                }
            };
        }
        log_at!(ERROR, WARN, INFO, DEBUG);
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if self.record.is_some() || self.line.is_some() {
            self.finish(None, Some(GONE));
        }
        if self.is_to_api {
            self.bench.metrics.end(self.info.operation, self.status);
            self.info.org.iter().for_each(|org| self.bench.sightings.end(org));
        }
    }
}

impl LogEntry {
    fn begin(request: &mut Request, request_id: &HeaderValue, secrets: Secrets) -> Self {
        Self {
            method: request.method().clone(),
            target: kept_target(request.uri(), secrets),
            request_id: request_id.clone(),
            details: tracing::enabled!(Level::DEBUG).then(|| Details::begin(request, secrets)),
        }
    }
}

impl Details {
    /// Looks at the headers now, and at the body while it is read.
    fn begin(request: &mut Request, secrets: Secrets) -> Self {
        let request_body = Arc::<Mutex<Vec<u8>>>::default();
        let seen = Arc::clone(&request_body);
        let body = std::mem::take(request.body_mut()).map_frame(move |frame| {
            let mut seen = lock(&seen);
            let data = frame.data_ref().map_or(&[][..], |data| data);
            let room = TEXT_BYTES - seen.len();
            seen.extend_from_slice(&data[..data.len().min(room)]);
            frame
        });
        *request.body_mut() = Body::new(body);
        Self { request_headers: lines_of(request.headers(), secrets), request_body, ..Self::default() }
    }
}

/// The body of a JSON answer. Such a body is in memory as one piece, so this never waits.
fn text_of(response: &mut Response) -> Option<Bytes> {
    let in_one_piece = response.body().size_hint().exact().is_some_and(|bytes| bytes > 0);
    if !in_one_piece || response.headers().get(CONTENT_TYPE) != Some(&JSON) {
        return None;
    }
    let frame = response.body_mut().frame().now_or_never()??.ok()?;
    let text = frame.into_data().unwrap_or_default();
    *response.body_mut() = text.clone().into();
    Some(text)
}

/// A line for each header.
fn lines_of(headers: &HeaderMap, secrets: Secrets) -> String {
    let mut lines = String::new();
    for (name, value) in headers {
        let value = secrets.header(name, value.as_bytes());
        let _ = writeln!(lines, "{name}: {}", String::from_utf8_lossy(&value));
    }
    lines
}

/// The first KiB of a body on one line.
fn beginning(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(TEXT_BYTES)]).replace('\r', "\\r").replace('\n', "\\n")
}
