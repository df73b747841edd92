//! The `Content-Disposition` of a part, as browsers, libraries and scripts write it. No existing crate parses all their
//! dialects.

use percent_encoding::percent_decode;

use super::{HeaderParameter, ParameterError, parameters};
use crate::domain::NameError;

/// Where the name of an uploaded file comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NamedBy {
    /// `?filename=` of the request.
    Query,
    /// `filename*` of the part.
    ExtendedFileName,
    /// `filename` of the part.
    FileName,
}

/// The parameters of a `Content-Disposition` that name a part and its file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Disposition {
    name: Option<Vec<u8>>,
    file_name: Option<Vec<u8>>,
    extended_file_name: Option<Vec<u8>>,
    /// Whether one of them breaks the syntax rules: see [`HeaderParameter`].
    pub(crate) is_loose: bool,
}

impl Disposition {
    /// Reads `form-data; name="file"; filename="a.txt"; filename*=UTF-8''a.txt`. Parameter names may have any case, and
    /// values may be quoted. In quotes, `\"` is a quote; any other backslash stays, as in a Windows path.
    pub(crate) fn parse(header: &[u8]) -> Result<Self, ParameterError> {
        let mut disposition = Self::default();
        for HeaderParameter { name, value, is_loose } in parameters(header, |byte| byte == b'"')? {
            let places = [
                ("name", &mut disposition.name),
                ("filename", &mut disposition.file_name),
                ("filename*", &mut disposition.extended_file_name),
            ];
            let place = places.into_iter().find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()));
            let Some((name, place)) = place else { continue };
            if place.replace(value).is_some() {
                return Err(ParameterError::Repeated { name });
            }
            disposition.is_loose |= is_loose;
        }
        Ok(disposition)
    }

    /// `name`, `filename` and `filename*` as sent, without the quotes around them.
    pub(crate) fn raw(&self) -> [Option<&[u8]>; 3] {
        [self.name.as_deref(), self.file_name.as_deref(), self.extended_file_name.as_deref()]
    }

    /// Whether the part declares a file name, even an empty one.
    pub(crate) fn has_file_name(&self) -> bool {
        self.file_name.is_some() || self.extended_file_name.is_some()
    }

    /// The name: `filename*` if it can be decoded, else `filename`. Fails when neither decodes to text.
    pub(crate) fn file_name(&self) -> Result<(String, NamedBy), NameError> {
        let extended = self.extended_file_name.as_deref().and_then(decode_extended);
        let extended = extended.map(|name| (name, NamedBy::ExtendedFileName));
        let plain = || Some((decode_plain(self.file_name.as_deref()?)?, NamedBy::FileName));
        extended.or_else(plain).ok_or(NameError::NotUtf8)
    }
}

/// Decodes what browsers escape in the file name of a form: `%22`, `%0D` and `%0A`. Every other `%` stays.
fn decode_plain(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?.to_owned();
    let escapes = [("%22", "\""), ("%0D", "\r"), ("%0d", "\r"), ("%0A", "\n"), ("%0a", "\n")];
    Some(escapes.iter().fold(text, |text, (escape, character)| text.replace(escape, character)))
}

/// Decodes `charset'language'value` (RFC 5987) in the two charsets that it requires.
pub(crate) fn decode_extended(value: &[u8]) -> Option<String> {
    let mut parts = value.splitn(3, |&byte| byte == b'\'');
    let (charset, _language, escaped) = (parts.next()?, parts.next()?, parts.next()?);
    if charset.eq_ignore_ascii_case(b"utf-8") {
        percent_decode(escaped).decode_utf8().ok().map(Into::into)
    } else if charset.eq_ignore_ascii_case(b"iso-8859-1") {
        Some(percent_decode(escaped).map(char::from).collect())
    } else {
        None
    }
}
