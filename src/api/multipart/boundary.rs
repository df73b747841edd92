//! The boundary that a `Content-Type` names.

use mime::Mime;

use super::MultipartError;

/// The boundary of a `multipart/form-data` body.
///
/// # Errors
/// When the content type is another, or names no boundary.
pub(super) fn of(content_type: Option<&[u8]>) -> Result<String, MultipartError> {
    let given = content_type.map(String::from_utf8_lossy);
    let essence = given.as_deref().unwrap_or("").split(';').next().unwrap_or("").trim();
    if !essence.eq_ignore_ascii_case("multipart/form-data") {
        return Err(MultipartError::NotMultipart { given: given.map(Into::into) });
    }
    let content_type: Mime = given.as_deref().unwrap_or("").parse().map_err(|_| MultipartError::NoBoundary)?;
    match content_type.get_param(mime::BOUNDARY) {
        Some(boundary) if boundary != "" => Ok(boundary.as_str().to_owned()),
        Some(_) | None => Err(MultipartError::NoBoundary),
    }
}
