//! Checks for every request: no header is repeated, and the body is not encoded.

use axum::http::header::CONTENT_ENCODING;
use axum::http::{HeaderMap, HeaderName, HeaderValue};

use super::ApiError;

/// The value of a header. Fails when the header is repeated, because nothing says which value counts.
pub(super) fn only<'a>(
    headers: &'a HeaderMap,
    header: &HeaderName,
    name: &'static str,
) -> Result<Option<&'a HeaderValue>, ApiError> {
    let mut values = headers.get_all(header).iter();
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        (_, Some(_)) => Err(ApiError::RepeatedHeader { name }),
    }
}

/// Fails when a body is compressed or otherwise encoded: bodies are not decoded here.
pub(super) fn refuse_encoded(headers: &HeaderMap) -> Result<(), ApiError> {
    let encodings =
        headers.get_all(CONTENT_ENCODING).iter().flat_map(|list| list.as_bytes().split(|&byte| byte == b','));
    let is_none = |encoding: &[u8]| encoding.is_empty() || encoding.eq_ignore_ascii_case(b"identity");
    match encodings.map(<[u8]>::trim_ascii).find(|encoding| !is_none(encoding)) {
        Some(encoding) => Err(ApiError::EncodedBody { encoding: String::from_utf8_lossy(encoding).into_owned() }),
        None => Ok(()),
    }
}
