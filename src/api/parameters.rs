//! The parameters behind the first semicolon of a header such as `Content-Type` (RFC 9110, section 5.6.6). What is
//! written against the rules is read as long as it is clear what is meant, and refused where a value would be cut.

/// A parameter of a header.
pub(crate) struct HeaderParameter<'a> {
    pub(crate) name: &'a [u8],
    /// Without the quotes around it, and without escapes.
    pub(crate) value: Vec<u8>,
    /// Whether it is written against the rules: without the quotes that it needs, or with quotes inside that are not
    /// escaped.
    pub(crate) is_loose: bool,
}

/// Why parameters cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParameterError {
    /// A quote is not closed.
    OpenQuote,
    /// This is no parameter. Most likely it is the rest of a value that has a quote or a semicolon inside.
    Stray { text: String },
    /// There are two of this name.
    Repeated { name: &'static str },
}

impl ParameterError {
    /// The message shows this much of the text, in bytes.
    const MAX_SHOWN_BYTES: usize = 100;

    fn stray(text: &[u8]) -> Self {
        let text = text.trim_ascii();
        Self::Stray { text: String::from_utf8_lossy(&text[..text.len().min(Self::MAX_SHOWN_BYTES)]).into_owned() }
    }
}

/// Reads all parameters of a header. In quotes a backslash escapes the byte behind it if `is_escapable` says so; else it
/// stands for itself.
pub(crate) fn parameters(
    header: &[u8],
    is_escapable: fn(u8) -> bool,
) -> Result<Vec<HeaderParameter<'_>>, ParameterError> {
    let mut parameters = Vec::new();
    let mut rest = &header[header.iter().position(|&byte| byte == b';').unwrap_or(header.len())..];
    while let Some(start) = rest.iter().position(|&byte| byte != b';' && !byte.is_ascii_whitespace()) {
        rest = &rest[start..];
        let end = rest.iter().position(|&byte| byte == b'=' || byte == b';').unwrap_or(rest.len());
        let name = rest[..end].trim_ascii();
        let is_name = !name.is_empty() && name.iter().all(|&byte| is_token_byte(byte));
        let text = rest[end..].strip_prefix(b"=").filter(|_| is_name).ok_or_else(|| ParameterError::stray(rest))?;
        let (parameter, after) = match text.trim_ascii_start().strip_prefix(b"\"") {
            Some(quoted) => read_quoted(name, quoted, is_escapable)?,
            None => read_unquoted(name, text)?,
        };
        parameters.push(parameter);
        rest = after;
    }
    Ok(parameters)
}

/// Reads on behind the quote that opens a value. The quote that closes it is the first with nothing but a semicolon
/// behind it: clients write quotes of the value as they are. If it has semicolons too, nobody knows where it ends.
fn read_quoted<'a>(
    name: &'a [u8],
    text: &'a [u8],
    is_escapable: fn(u8) -> bool,
) -> Result<(HeaderParameter<'a>, &'a [u8]), ParameterError> {
    let (mut value, mut loose_at, mut at) = (Vec::new(), None, 0);
    while let Some(&byte) = text.get(at) {
        at += 1;
        if let Some(&escaped) = text.get(at).filter(|&&next| byte == b'\\' && is_escapable(next)) {
            value.push(escaped);
            at += 1;
            continue;
        }
        let after = text[at..].trim_ascii_start();
        if byte == b'"' && (after.is_empty() || after.starts_with(b";")) {
            return match loose_at {
                Some(loose_at) if value.contains(&b';') => Err(ParameterError::stray(&text[loose_at..])),
                _ => Ok((HeaderParameter { name, value, is_loose: loose_at.is_some() }, after)),
            };
        }
        if byte == b'"' {
            loose_at.get_or_insert(at);
        }
        value.push(byte);
    }
    Err(loose_at.map_or(ParameterError::OpenQuote, |at| ParameterError::stray(&text[at..])))
}

fn read_unquoted<'a>(name: &'a [u8], text: &'a [u8]) -> Result<(HeaderParameter<'a>, &'a [u8]), ParameterError> {
    let (value, after) = text.split_at(text.iter().position(|&byte| byte == b';').unwrap_or(text.len()));
    let value = value.trim_ascii();
    if value.contains(&b'"') {
        return Err(ParameterError::stray(value));
    }
    let is_loose = !value.iter().all(|&byte| is_token_byte(byte));
    Ok((HeaderParameter { name, value: value.to_vec(), is_loose }, after))
}

/// Whether a byte may stand in a token (RFC 9110, section 5.6.2).
pub(crate) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
