//! Answers that the application does not give, because there is no request: to heads that hyper cannot read, to heads
//! that do not come, and to those that hyper takes though HTTP does not.

use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_TYPE, HOST, TRANSFER_ENCODING};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, Version};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Incoming};

use super::rules::Rules;
use crate::api::request_id;
use crate::wire::error::ErrorBody;

/// The answer with a body that stands for one of hyper's without: a head of status 400, 414 or 431 that announces no
/// content, and nothing else. The application gives every error a body, so its own answers do not look like this.
///
/// hyper looks at the URI once it has the whole head. Where the head is too large, and most of it is the first line, the
/// URI is what is too long.
pub(super) fn with_body(written: &[u8], first_line_bytes: usize, rules: &Rules) -> Option<Bytes> {
    let head = std::str::from_utf8(written).ok()?.strip_suffix("\r\n\r\n")?;
    let (status_line, fields) = head.split_once("\r\n")?;
    let (version, status) = status_line.split_once(' ')?;
    let status = match status.get(..3)?.parse().ok()? {
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE if first_line_bytes > rules.max_header_bytes / 2 => {
            StatusCode::URI_TOO_LONG
        }
        status => status,
    };
    let message = match status {
        StatusCode::BAD_REQUEST => "The request is not valid HTTP/1.1.".to_owned(),
        StatusCode::URI_TOO_LONG => "The request's URI is too long.".to_owned(),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => format!(
            "The head of the request is larger than {} bytes, has more than 100 headers, or announces a body beyond all bounds. For larger heads raise --max-header-size.",
            rules.max_header_bytes
        ),
        _ => return None,
    };
    let other_fields: Vec<&str> = fields.split("\r\n").filter(|field| *field != "content-length: 0").collect();
    if other_fields.len() == fields.split("\r\n").count() {
        return None;
    }
    Some(answer(version, status, &other_fields, message))
}

/// The answer to a head that was not complete in time.
pub(super) fn head_overdue(rules: &Rules) -> Bytes {
    let message = format!(
        "The request was given up: its head was not complete after {} s. For slower clients raise --header-timeout.",
        rules.header_read_timeout.as_secs_f64()
    );
    answer("HTTP/1.1", StatusCode::REQUEST_TIMEOUT, &["connection: close"], message)
}

/// The answer to a client that speaks HTTP/2 without asking.
pub(super) fn http_2() -> Bytes {
    let message = "HTTP/2 is not spoken here; send HTTP/1.1.".to_owned();
    answer("HTTP/1.1", StatusCode::BAD_REQUEST, &["connection: close"], message)
}

/// The answer to a request that hyper takes and RFC 9112 does not: an HTTP/1.1 request names its host (section 3.2),
/// nobody names two, and a transfer coding that is not understood (section 6.1) hides where the body ends.
pub(super) fn of_request(request: &Request<Incoming>) -> Option<Response> {
    let mut hosts = request.headers().get_all(HOST).iter();
    let message = match (hosts.next(), hosts.next()) {
        (None, _) if request.version() > Version::HTTP_10 => "The request has no Host header.",
        (_, Some(_)) => "The request has more than one Host header.",
        _ if has_unknown_coding(request) => "Transfer-Encoding must be chunked and nothing else.",
        _ => return None,
    };
    let request_id = request_id::of(request.headers());
    log(StatusCode::BAD_REQUEST, &request_id);
    let headers = [
        (request_id::HEADER, request_id),
        (CONNECTION, HeaderValue::from_static("close")),
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
    ];
    Some(
        (StatusCode::BAD_REQUEST, headers, Body::from(body(StatusCode::BAD_REQUEST, message.to_owned())))
            .into_response(),
    )
}

fn has_unknown_coding(request: &Request<Incoming>) -> bool {
    // A body with a length has no coding.
    request.body().size_hint().exact().is_none()
        && request
            .headers()
            .get_all(TRANSFER_ENCODING)
            .iter()
            .any(|coding| !coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked"))
}

fn answer(version: &str, status: StatusCode, fields: &[&str], message: String) -> Bytes {
    let body = body(status, message);
    let length = body.len();
    // What the client called its request is not known.
    let request_id = request_id::of(&HeaderMap::new());
    log(status, &request_id);
    let request_id = request_id.to_str().unwrap_or("-");
    let mut answer = format!("{version} {status}\r\n{}: {request_id}\r\n", request_id::HEADER);
    for field in fields {
        answer.push_str(field);
        answer.push_str("\r\n");
    }
    answer.push_str(&format!("content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"));
    answer.into()
}

fn body(status: StatusCode, message: String) -> String {
    // A map, a list of one string, and a number: this cannot fail.
    serde_json::to_string(&ErrorBody::new(status.as_u16(), None, message)).unwrap_or_default()
}

fn log(status: StatusCode, request_id: &HeaderValue) {
    tracing::info!(status = status.as_u16(), request_id = request_id.to_str().unwrap_or("-"), "unreadable request");
}
