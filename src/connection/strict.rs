//! Two kinds of bad requests: bytes that hyper cannot parse, which are answered here; and requests that hyper accepts
//! though HTTP forbids them, which are marked for the application to refuse.

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

/// What TLS begins with: a record of the kind "handshake", and the first byte of a version.
pub(super) const TLS_HANDSHAKE: &[u8] = &[0x16, 0x03];

/// Why a request that hyper accepts must be refused. It is a request extension, so the application answers it like any
/// other client error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ForbiddenRequest {
    /// HTTP/1.1 without `Host` (RFC 9112, section 3.2).
    NoHost,
    /// More than one `Host`.
    SeveralHosts,
    /// An unknown transfer coding (section 6.1). It hides where the body ends, and a proxy may see another end, which
    /// allows request smuggling.
    UnknownCoding,
    /// The target had a raw `#`, and hyper dropped everything from there on.
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
    // A body of known length has no transfer coding.
    request.body().size_hint().exact().is_none()
        && (codings.next().is_some_and(|coding| !coding.trim_ascii().eq_ignore_ascii_case(b"chunked"))
            || codings.next().is_some())
}

/// Whether these bytes are hyper's own answer to a head that it cannot parse: exactly these fields, and no body. An
/// answer of the application always has a request id.
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

/// Input that is not an HTTP request, and the answer to it.
#[derive(Debug)]
pub struct UnreadableRequest<'a> {
    /// Its first line.
    pub(crate) first_line: &'a [u8],
    /// Whether it is the beginning of TLS.
    pub(crate) is_tls: bool,
    pub(crate) status: StatusCode,
    pub(crate) request_id: &'a HeaderValue,
    pub(crate) reason: &'a str,
    /// The body of the answer.
    pub(crate) answer: &'a str,
}

/// The answer to send in place of hyper's own; `None` if there is nothing to answer. `error` ended the connection, and
/// `unparsed` is what hyper had read of the next request. Calls `report` with what happened.
pub(super) fn answer_to_unreadable(
    error: &hyper::Error,
    unparsed: &[u8],
    limits: &Limits,
    max_bytes: usize,
    report: impl FnOnce(&UnreadableRequest<'_>),
) -> Option<String> {
    let line = unparsed.split(|byte| b"\r\n".contains(byte)).next().unwrap_or_default();
    let (first_line, is_tls) = (line.len(), unparsed.starts_with(TLS_HANDSHAKE));
    let (status, message) = if error.is_timeout() && !unparsed.is_empty() {
        let seconds = limits.header_read_timeout.as_secs_f64();
        let message = format!(
            "The request was given up: its head was not complete after {seconds} s. For slower clients raise --header-timeout."
        );
        (StatusCode::REQUEST_TIMEOUT, message)
    } else if error.is_parse() && is_tls {
        let message =
            "TLS was sent to this port, which speaks plain HTTP: begin the address with http:// and not https://.";
        (StatusCode::BAD_REQUEST, message.to_owned())
    } else if error.is_parse_too_large() && first_line > MAX_URI_BYTES.min(max_bytes / 2) {
        // hyper reports a URI that is too long as a head that is too large.
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
    // The head was not parsed, so the client's own request id is unknown: make one.
    let request_id = request_id::of(&HeaderMap::new());
    // A map, a list of one string, and a number: this cannot fail.
    let body = serde_json::to_string(&ErrorBody::new(status.as_u16(), None, message.clone())).unwrap_or_default();
    report(&UnreadableRequest {
        first_line: line,
        is_tls,
        status,
        request_id: &request_id,
        reason: &message,
        answer: &body,
    });
    Some(format!(
        "HTTP/1.1 {status}\r\n{}: {}\r\nconnection: close\r\ndate: {date}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        request_id::HEADER,
        request_id.to_str().unwrap_or("-"),
        body.len(),
    ))
}
