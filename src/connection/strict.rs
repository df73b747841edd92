//! Bytes that hyper cannot read as a request, which are answered here, and requests that hyper accepts though HTTP forbids
//! them, which the application is told to refuse.

use std::time::SystemTime;

use axum::http::header::{HOST, TRANSFER_ENCODING};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, Version};
use hyper::body::{Body as HttpBody, Incoming};

use super::limits::ROOMY_CONNECTIONS;
use super::target::TargetWatch;
use crate::config::Limits;
use crate::request_id;
use crate::wire::error::ErrorBody;

/// The longest URI that hyper accepts.
const MAX_URI_BYTES: usize = 65_534;

/// Why a request that hyper can read must be refused. It is an extension of the request, so that the application answers
/// it as any other mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ForbiddenRequest {
    /// HTTP/1.1 without `Host` (RFC 9112, section 3.2).
    NoHost,
    /// More than one `Host`.
    SeveralHosts,
    /// A transfer coding that is not understood hides where the body ends (section 6.1), and proxies may see another end:
    /// that is how requests are smuggled.
    UnknownCoding,
    /// The target has a raw `#`, behind which hyper has cut it.
    CutTarget,
}

/// Why the request must be refused; `None` for most.
pub(super) fn forbidden(request: &Request<Incoming>, targets: &TargetWatch) -> Option<ForbiddenRequest> {
    let is_cut = targets.was_cut(request.method(), request.uri(), !request.body().is_end_stream());
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if request.version() > Version::HTTP_10 => Some(ForbiddenRequest::NoHost),
        (_, Some(_)) => Some(ForbiddenRequest::SeveralHosts),
        _ if has_unknown_coding(request) => Some(ForbiddenRequest::UnknownCoding),
        _ => is_cut.then_some(ForbiddenRequest::CutTarget),
    }
}

fn has_unknown_coding(request: &Request<Incoming>) -> bool {
    let mut codings = request.headers().get_all(TRANSFER_ENCODING).iter().map(HeaderValue::as_bytes);
    // A body with a length has no coding.
    request.body().size_hint().exact().is_none()
        && (codings.next().is_some_and(|coding| !coding.trim_ascii().eq_ignore_ascii_case(b"chunked"))
            || codings.next().is_some())
}

/// Whether hyper writes an answer of its own, to a head that it cannot read: these fields, no other, and no body. An
/// answer of the application has a request id.
pub(super) fn is_from_hyper(written: &[u8]) -> bool {
    const FIELDS: &[u8] = b"content-length: 0\r\ndate: ";
    const DATE: usize = "Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n".len();
    if !written.starts_with(b"HTTP/1.") {
        return false;
    }
    let Some(status_line) = written.iter().position(|byte| *byte == b'\n') else { return false };
    let fields = &written[status_line + 1..];
    let fields = fields.strip_prefix(b"connection: close\r\n").unwrap_or(fields);
    fields.starts_with(FIELDS) && fields.len() == FIELDS.len() + DATE
}

/// What came in place of a request, and what was answered.
#[derive(Debug)]
pub struct UnreadableRequest<'a> {
    /// Its first line.
    pub(crate) first_line: &'a [u8],
    pub(crate) status: StatusCode,
    /// The body of the answer.
    pub(crate) answer: &'a str,
}

/// The answer in place of hyper's own, or of none: `error` ended the connection, and `unparsed` is what hyper had read
/// of the next request. `tell` learns of it.
pub(super) fn answer_to_unreadable(
    error: &hyper::Error,
    unparsed: &[u8],
    limits: &Limits,
    max_bytes: usize,
    tell: impl FnOnce(&UnreadableRequest<'_>),
) -> Option<String> {
    let line = unparsed.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let first_line = line.len();
    let (status, message) = if error.is_timeout() && !unparsed.is_empty() {
        let seconds = limits.header_read_timeout.as_secs_f64();
        let message = format!(
            "The request was given up: its head was not complete after {seconds} s. For slower clients raise --header-timeout."
        );
        (StatusCode::REQUEST_TIMEOUT, message)
    } else if error.is_parse_too_large() && first_line > MAX_URI_BYTES.min(max_bytes / 2) {
        // hyper reports a URI that does not fit into the head as a head that is too large.
        (StatusCode::URI_TOO_LONG, "The request's URI is too long.".to_owned())
    } else if error.is_parse_too_large() {
        let remedy = if max_bytes < limits.max_header_bytes {
            format!("open at most {ROOMY_CONNECTIONS} connections")
        } else {
            "raise --max-header-size".to_owned()
        };
        let message = format!(
            "The head of the request is larger than {max_bytes} bytes, has more than 100 headers, or a Content-Length beyond all bounds. For larger heads {remedy}."
        );
        (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, message)
    } else if error.is_parse_version_h2() {
        (StatusCode::BAD_REQUEST, "HTTP/2 is not supported. Send HTTP/1.1.".to_owned())
    } else if error.is_parse() {
        (StatusCode::BAD_REQUEST, "The request is not valid HTTP/1.1.".to_owned())
    } else {
        return None;
    };
    #[expect(clippy::disallowed_methods, reason = "Date is that of the machine here, as in the answers of hyper")]
    let date = httpdate::fmt_http_date(SystemTime::now());
    // The client's own request id is not known.
    let request_id = request_id::of(&HeaderMap::new());
    let body = error_body(status, message, &request_id);
    tell(&UnreadableRequest { first_line: line, status, answer: &body });
    Some(format!(
        "HTTP/1.1 {status}\r\n{}: {}\r\nconnection: close\r\ndate: {date}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        request_id::HEADER,
        request_id.to_str().unwrap_or("-"),
        body.len(),
    ))
}

fn error_body(status: StatusCode, message: String, request_id: &HeaderValue) -> String {
    tracing::info!(status = status.as_u16(), request_id = request_id.to_str().unwrap_or("-"), "unreadable request");
    // A map, a list of one string, and a number: this cannot fail.
    serde_json::to_string(&ErrorBody::new(status.as_u16(), None, message)).unwrap_or_default()
}
