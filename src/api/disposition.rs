//! The file name in a part's `Content-Disposition`, as browsers, libraries and scripts write it.

use std::borrow::Cow;

use percent_encoding::percent_decode;

use crate::domain::error::NameError;

/// The parameters of a `Content-Disposition` that name a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Disposition {
    file_name: Option<Vec<u8>>,
    extended_file_name: Option<Vec<u8>>,
}

impl Disposition {
    /// Reads `form-data; name="file"; filename="a.txt"; filename*=UTF-8''a.txt`. Parameter names are read without
    /// case, values quoted or not, `\"` in quotes as a quote. `None` when a quote is not closed.
    pub(crate) fn parse(header: &[u8]) -> Option<Self> {
        let mut disposition = Self::default();
        let type_end = header.iter().position(|&byte| byte == b';').unwrap_or(header.len());
        let mut rest = &header[type_end..];
        while let Some(start) = rest.iter().position(|&byte| byte != b';' && !byte.is_ascii_whitespace()) {
            rest = &rest[start..];
            let name_end = rest.iter().position(|&byte| byte == b'=' || byte == b';').unwrap_or(rest.len());
            let name = rest[..name_end].trim_ascii();
            let Some(value) = rest[name_end..].strip_prefix(b"=") else {
                rest = &rest[name_end..];
                continue;
            };
            let (value, after) = read_value(value.trim_ascii_start())?;
            if name.eq_ignore_ascii_case(b"filename") {
                disposition.file_name.get_or_insert(value);
            } else if name.eq_ignore_ascii_case(b"filename*") {
                disposition.extended_file_name.get_or_insert(value);
            }
            rest = after;
        }
        Some(disposition)
    }

    /// Whether the part declares a file name, be it an empty one.
    pub(crate) fn has_file_name(&self) -> bool {
        self.file_name.is_some() || self.extended_file_name.is_some()
    }

    /// The name: `filename*` if it can be decoded, else `filename`.
    ///
    /// # Errors
    /// When what there is does not decode to text.
    pub(crate) fn file_name(&self) -> Result<String, NameError> {
        let extended = self.extended_file_name.as_deref().and_then(decode_extended);
        extended.or_else(|| self.file_name.as_deref().and_then(decode_plain)).ok_or(NameError::NotUtf8)
    }
}

/// A parameter's value and what follows it.
fn read_value(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let Some(quoted) = text.strip_prefix(b"\"") else {
        let end = text.iter().position(|&byte| byte == b';').unwrap_or(text.len());
        return Some((text[..end].trim_ascii_end().to_vec(), &text[end..]));
    };
    let mut value = Vec::with_capacity(quoted.len());
    let mut at = 0;
    loop {
        match quoted.get(at..)? {
            [b'\\', b'"', ..] => {
                value.push(b'"');
                at += 2;
            }
            [b'"', ..] => return Some((value, &quoted[at + 1..])),
            [byte, ..] => {
                value.push(*byte);
                at += 1;
            }
            [] => return None,
        }
    }
}

/// Decodes what browsers escape in a form's file name, `%22`, `%0D` and `%0A`; every other `%` stands for itself.
fn decode_plain(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?;
    let mut decoded = Cow::Borrowed(text);
    for (escape, character) in [("%22", "\""), ("%0D", "\r"), ("%0d", "\r"), ("%0A", "\n"), ("%0a", "\n")] {
        if decoded.contains(escape) {
            decoded = decoded.replace(escape, character).into();
        }
    }
    Some(decoded.into_owned())
}

/// Decodes `charset'language'value` (RFC 5987) in the two charsets that it requires.
fn decode_extended(value: &[u8]) -> Option<String> {
    let mut parts = value.splitn(3, |&byte| byte == b'\'');
    let (charset, _language, escaped) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes: Cow<'_, [u8]> = percent_decode(escaped).into();
    if charset.eq_ignore_ascii_case(b"utf-8") {
        String::from_utf8(bytes.into_owned()).ok()
    } else if charset.eq_ignore_ascii_case(b"iso-8859-1") {
        Some(bytes.iter().copied().map(char::from).collect())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(header: &str) -> Option<String> {
        let disposition = Disposition::parse(header.as_bytes()).expect("closed quotes");
        disposition.has_file_name().then(|| disposition.file_name().expect("text"))
    }

    #[test]
    fn dialects() {
        for (header, expected) in [
            (r#"form-data; name="file"; filename="a b.txt""#, Some("a b.txt")),
            (r"form-data; filename=a.txt; name=file", Some("a.txt")),
            (r#"form-data; name="filename"; FileName = "x""#, Some("x")),
            (r#"form-data; name="x; filename=no"; filename="yes""#, Some("yes")),
            (r#"form-data; name="f"; filename="отчёт 😀.txt""#, Some("отчёт 😀.txt")),
            (r#"form-data; name="f"; filename="say \"hi\".txt""#, Some("say \"hi\".txt")),
            (r#"form-data; name="f"; filename="say %22hi%22 100%.txt""#, Some("say \"hi\" 100%.txt")),
            (r#"form-data; name="f"; filename="%D0%BE+%2B.txt""#, Some("%D0%BE+%2B.txt")),
            (r#"form-data; name="f"; filename="C:\dir\a.txt""#, Some(r"C:\dir\a.txt")),
            (r#"form-data; name="f"; filename="plain"; filename*=UTF-8''%D0%BE.txt"#, Some("о.txt")),
            (r"form-data; filename*=iso-8859-1'en'%A3.txt", Some("£.txt")),
            (r#"form-data; filename="kept"; filename*=utf-7''x"#, Some("kept")),
            (r#"form-data; name="f"; filename="""#, Some("")),
            (r#"form-data; name="f""#, None),
            ("form-data", None),
            (";;; =; filename", None),
        ] {
            assert_eq!(name(header).as_deref(), expected, "{header}");
        }
    }

    #[test]
    fn what_cannot_be_read() {
        assert_eq!(Disposition::parse(br#"form-data; filename="open"#), None);
        assert_eq!(Disposition::parse(br#"form-data; filename="open\""#), None);
        let raw = Disposition::parse(b"form-data; filename=\"\xff\"").expect("closed quotes");
        assert_eq!(raw.file_name(), Err(NameError::NotUtf8));
    }
}
