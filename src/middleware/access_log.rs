//! The line that the log has for each request.

use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use http_body_util::BodyExt;
use tracing::Level;

use crate::api::request_info::RequestInfo;
use crate::api::trace::{RequestTrace, TEXT_BYTES};
use crate::config::Secrets;
use crate::control::bench::Bench;
use crate::control::matching::head::kept_target;
use crate::control::recording::text_of;
use crate::domain::{OrgId, lock};

/// The operation whose requests say nothing when they go well: programs send them all the time.
const QUIET: &str = "get_health";

/// Why a request has no answer that nobody made fail.
const GONE: &str = "There was no answer: the client went away, or the server stopped.";

/// A request that is logged when it is answered. Dropped before that, it was given up, and is logged so.
pub(super) struct AccessLog<'a> {
    bench: &'a Bench,
    started: Instant,
    method: Method,
    target: Box<str>,
    org: Option<OrgId>,
    operation: Option<&'static str>,
    request_id: HeaderValue,
    trace: Option<Arc<RequestTrace>>,
    /// What else is told where the log has details.
    details: Option<Details>,
    is_logged: bool,
}

/// Headers, and beginnings of bodies, as they are told.
#[derive(Default)]
struct Details {
    request_headers: String,
    request_body: Arc<Mutex<Vec<u8>>>,
    response_headers: String,
    response_body: String,
}

impl<'a> AccessLog<'a> {
    /// `None` where there is no log.
    pub(super) fn begin(
        bench: &'a Bench,
        request: &mut Request,
        request_id: &HeaderValue,
        started: Instant,
        trace: Option<&Arc<RequestTrace>>,
    ) -> Option<Self> {
        if !tracing::enabled!(Level::ERROR) {
            return None;
        }
        let info = RequestInfo::of(request.extensions());
        let secrets = bench.api.config().secrets;
        Some(Self {
            bench,
            started,
            method: request.method().clone(),
            target: kept_target(request.uri(), secrets),
            org: info.org.clone(),
            operation: info.operation.map(|operation| operation.name),
            request_id: request_id.clone(),
            trace: trace.cloned(),
            details: tracing::enabled!(Level::DEBUG).then(|| Details::begin(request, secrets)),
            is_logged: false,
        })
    }

    /// The request is answered, and refused for this reason if it is.
    pub(super) fn end(mut self, response: &mut Response, status: Option<u16>, reason: Option<&str>) {
        let secrets = self.bench.api.config().secrets;
        if let Some(details) = &mut self.details {
            details.response_headers = lines_of(response.headers(), secrets);
            details.response_body = text_of(response).map_or_else(String::new, |text| beginning(&text));
        }
        self.write(status, reason);
    }

    fn write(&mut self, status: Option<u16>, reason: Option<&str>) {
        self.is_logged = true;
        let id = self.trace.as_ref().and_then(|trace| trace.number.get().copied());
        let deviations = id.map_or_else(Vec::new, |id| self.bench.journal.deviations(id));
        let mut told = String::new();
        for deviation in &deviations {
            // Writing to a string does not fail.
            let _ = writeln!(told, "{}: {}", deviation.kind, deviation.message.replace('\n', " "));
        }
        let fault = self.trace.as_ref().and_then(|trace| trace.fault());
        let name = fault.map(|fault| match (&fault.name, fault.rule) {
            (Some(name), _) => name.clone(),
            (None, Some(rule)) => format!("rule {rule}"),
            (None, None) => "Prefer".to_owned(),
        });
        let level = match status.and_then(|status| StatusCode::from_u16(status).ok()) {
            _ if fault.is_some() && deviations.is_empty() => Level::INFO,
            _ if fault.is_some() => Level::WARN,
            Some(status) if status.is_server_error() => Level::ERROR,
            Some(status) if status.is_client_error() || !deviations.is_empty() => Level::WARN,
            None => Level::WARN,
            Some(_) if self.operation == Some(QUIET) => Level::DEBUG,
            Some(_) => Level::INFO,
        };
        let shown = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let details = self.details.take();
        let details = details.map(|details| {
            let body = details.request_body.lock().map_or_else(|_| String::new(), |body| beginning(&body));
            [details.request_headers, body, details.response_headers, details.response_body].map(|text| shown(&text))
        });
        let [request_headers, request_body, response_headers, response_body] = details.unwrap_or_default();
        macro_rules! log_at {
            ($($level:ident),+) => {
                match level {
                    $(Level::$level => tracing::event!(
                        Level::$level,
                        status,
                        method = self.method.as_str(),
                        path = &*self.target,
                        org = self.org.as_ref().map(OrgId::as_str),
                        operation = self.operation,
                        duration_ms = self.started.elapsed().as_micros() as f64 / 1000.0,
                        id,
                        request_id = &*String::from_utf8_lossy(self.request_id.as_bytes()),
                        fault = name.as_deref(),
                        struck = fault.map(|fault| fault.what.as_str()),
                        reason = reason.filter(|_| fault.is_none()),
                        deviations = shown(&told).as_deref(),
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

impl Drop for AccessLog<'_> {
    fn drop(&mut self) {
        if !self.is_logged {
            self.write(None, Some(GONE));
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
