//! The boundary that a `Content-Type` names.

use mime::Mime;

use super::error::MultipartError;

/// The boundary of a `multipart/form-data` body. Fails when the content type is another, or names no boundary.
pub(crate) fn of(content_type: Option<&[u8]>) -> Result<String, MultipartError> {
    let given = content_type.map(String::from_utf8_lossy);
    let text = given.as_deref().unwrap_or_default();
    // Read before the parameters, so that malformed parameters are told apart from another type.
    let essence = text.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("multipart/form-data") {
        return Err(MultipartError::NotMultipart { given: given.map(Into::into) });
    }
    let content_type: Mime = text.parse().map_err(|_| MultipartError::NoBoundary)?;
    let boundary = content_type.get_param(mime::BOUNDARY).filter(|boundary| *boundary != "");
    boundary.map(|boundary| boundary.as_str().to_owned()).ok_or(MultipartError::NoBoundary)
}
