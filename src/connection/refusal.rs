//! Answers that the application does not give, because there is no request yet: to heads that hyper cannot read, and
//! to heads that do not come.

use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;

use super::rules::Rules;
use crate::api::request_id;
use crate::wire::error::ErrorBody;

/// The answer with a body that stands for one of hyper's without: a head of status 400, 414 or 431 that announces no
/// content, and nothing else. The application gives every error a body, so its own answers do not look like this.
///
/// hyper looks at the first line once it has the whole head; `in_first_line` says that the line alone was too much.
pub(super) fn with_body(written: &[u8], in_first_line: bool, rules: &Rules) -> Option<Bytes> {
    let head = std::str::from_utf8(written).ok()?.strip_suffix("\r\n\r\n")?;
    let (status_line, fields) = head.split_once("\r\n")?;
    let (version, status) = status_line.split_once(' ')?;
    let status = match status.get(..3)?.parse().ok()? {
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE if in_first_line => StatusCode::URI_TOO_LONG,
        status => status,
    };
    let message = match status {
        StatusCode::BAD_REQUEST => "The request is not valid HTTP/1.1.".to_owned(),
        StatusCode::URI_TOO_LONG => "The request's URI is too long.".to_owned(),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => format!(
            "The head of the request is larger than {} bytes, or has more than 100 headers. For larger ones raise --max-header-size.",
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

fn answer(version: &str, status: StatusCode, fields: &[&str], message: String) -> Bytes {
    // A map, a list of one string, and a number: this cannot fail.
    let body = serde_json::to_string(&ErrorBody::new(status.as_u16(), None, message)).unwrap_or_default();
    let length = body.len();
    // What the client called its request is not known.
    let request_id = request_id::of(&HeaderMap::new());
    let request_id = request_id.to_str().unwrap_or("-");
    tracing::info!(status = status.as_u16(), request_id, "unreadable request");
    let mut answer = format!("{version} {status}\r\n{}: {request_id}\r\n", request_id::HEADER);
    for field in fields {
        answer.push_str(field);
        answer.push_str("\r\n");
    }
    answer.push_str(&format!("content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"));
    answer.into()
}
