//! The `Content-Type` of a form, which names its boundary, and those of its parts.

use super::MultipartError;
use crate::api::{HeaderParameter, is_token_byte, parameters};
use crate::domain::Mimetype;

/// The boundary of a `multipart/form-data` body. Fails for another content type, and if there is no usable boundary.
pub(super) fn boundary(content_type: Option<&[u8]>) -> Result<String, MultipartError> {
    let header = content_type.unwrap_or_default();
    if !is_form(header) {
        let given = content_type.map(|given| String::from_utf8_lossy(given).into_owned());
        return Err(MultipartError::NotMultipart { given });
    }
    let parameters = parameters(header, |_| true).map_err(|_| MultipartError::NoBoundary)?;
    let mut boundaries = parameters.into_iter().filter(|parameter| parameter.name.eq_ignore_ascii_case(b"boundary"));
    match (boundaries.next(), boundaries.next()) {
        (Some(boundary), None) if is_usable(&boundary) => {
            String::from_utf8(boundary.value).map_err(|_| MultipartError::NoBoundary)
        }
        _ => Err(MultipartError::NoBoundary),
    }
}

/// Whether this is the type of a form, with any parameters.
pub(crate) fn is_form(content_type: &[u8]) -> bool {
    essence(content_type).eq_ignore_ascii_case(b"multipart/form-data")
}

/// The type without its parameters.
pub(super) fn essence(content_type: &[u8]) -> &[u8] {
    content_type.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii()
}

/// Whether a boundary can be used. Many clients omit the quotes that it needs. Without them, every character that RFC
/// 2046 allows is still unambiguous, except the space.
fn is_usable(boundary: &HeaderParameter<'_>) -> bool {
    let is_clear = |&byte: &u8| is_token_byte(byte) || b"(),/:=?".contains(&byte);
    !boundary.value.is_empty() && (!boundary.is_loose || boundary.value.iter().all(is_clear))
}

/// The media type that a part declares: as written, or respelled if only its spelling is unusual. `None` if it is no
/// media type, or the generic one for unknown bytes.
pub(super) fn declared(content_type: &[u8]) -> Option<Mimetype> {
    let is_text = content_type.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
    let text = std::str::from_utf8(content_type).ok().filter(|_| is_text)?;
    let respelled =
        || respelled(content_type).and_then(|text| Mimetype::declared(&text).or_else(|| without_parameters(&text)));
    Mimetype::declared(text).or_else(respelled)
}

/// Drops parameters that are valid, but that the crate `mime` cannot parse: those with escaped quotes.
fn without_parameters(text: &str) -> Option<Mimetype> {
    Mimetype::declared(text.split_once(';')?.0)
}

/// Rewrites a media type with one space before each parameter, and with quotes only where they are needed.
fn respelled(content_type: &[u8]) -> Option<String> {
    let mut text = essence(content_type).to_vec();
    for HeaderParameter { name, value, .. } in parameters(content_type, |_| true).ok()? {
        text.extend([b"; ", name, b"="].concat());
        let is_token = !value.is_empty() && value.iter().all(|&byte| is_token_byte(byte));
        let quote: &[u8] = if is_token { b"" } else { b"\"" };
        let escape = |byte| if b"\"\\".contains(&byte) { vec![b'\\', byte] } else { vec![byte] };
        text.extend([quote, &value.into_iter().flat_map(escape).collect::<Vec<_>>(), quote].concat());
    }
    String::from_utf8(text).ok()
}
