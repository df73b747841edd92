//! The boundary that a `Content-Type` names.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use mime::Mime;

use super::MultipartError;

/// The boundary of a `multipart/form-data` body.
///
/// # Errors
/// When the content type is another, or names no boundary.
pub(super) fn of(headers: &HeaderMap) -> Result<String, MultipartError> {
    let given = headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let essence = given.as_deref().unwrap_or("").split(';').next().unwrap_or("").trim();
    if !essence.eq_ignore_ascii_case("multipart/form-data") {
        return Err(MultipartError::NotMultipart { given });
    }
    let content_type: Mime = given.unwrap_or_default().parse().map_err(|_| MultipartError::NoBoundary)?;
    match content_type.get_param(mime::BOUNDARY) {
        Some(boundary) if boundary != "" => Ok(boundary.as_str().to_owned()),
        Some(_) | None => Err(MultipartError::NoBoundary),
    }
}
