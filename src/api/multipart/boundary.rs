//! The boundary that a `Content-Type` names.

use std::borrow::Cow;

use mime::Mime;

use super::error::MultipartError;

/// How nearly all clients begin theirs.
const USUAL: &str = "multipart/form-data; boundary=";

/// The boundary of a `multipart/form-data` body.
///
/// # Errors
/// When the content type is another, or names no boundary.
pub(crate) fn of(content_type: Option<&[u8]>) -> Result<Cow<'_, str>, MultipartError> {
    if let Some(boundary) = content_type.and_then(usual) {
        return Ok(boundary.into());
    }
    let given = content_type.map(String::from_utf8_lossy);
    let essence = given.as_deref().unwrap_or("").split(';').next().unwrap_or("").trim();
    if !essence.eq_ignore_ascii_case("multipart/form-data") {
        return Err(MultipartError::NotMultipart { given: given.map(Into::into) });
    }
    let content_type: Mime = given.as_deref().unwrap_or("").parse().map_err(|_| MultipartError::NoBoundary)?;
    match content_type.get_param(mime::BOUNDARY) {
        Some(boundary) if boundary != "" => Ok(boundary.as_str().to_owned().into()),
        Some(_) | None => Err(MultipartError::NoBoundary),
    }
}

/// The boundary of a content type that has nothing else to say, and says it in characters that need no care.
fn usual(content_type: &[u8]) -> Option<&str> {
    let boundary = content_type.strip_prefix(USUAL.as_bytes()).filter(|boundary| !boundary.is_empty())?;
    let is_plain = boundary.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.'+".contains(byte));
    std::str::from_utf8(boundary).ok().filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_way_and_the_long_way_come_to_the_same() {
        for boundary in
            ["XYZ", "----WebKitFormBoundary7MA4YWxkTrZu0gW", "a.b_c-d'e+f", "=_x", "a b", "a;b", "a\"b", "ы"]
        {
            let short = format!("multipart/form-data; boundary={boundary}");
            let long = format!("multipart/form-data;  boundary={boundary}");
            assert_eq!(of(Some(short.as_bytes())), of(Some(long.as_bytes())), "{boundary}");
        }
        assert_eq!(of(Some(b"multipart/form-data; boundary=-_.'+aZ09")).as_deref(), Ok("-_.'+aZ09"));
        assert_eq!(of(Some(b"Multipart/Form-Data; a=b; boundary=\"a b\"")).as_deref(), Ok("a b"));
        assert_eq!(of(Some(b"multipart/form-data; boundary=")), Err(MultipartError::NoBoundary));
        assert_eq!(of(None), Err(MultipartError::NotMultipart { given: None }));
    }
}
