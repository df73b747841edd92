//! Keeps tokens and other secrets that clients send out of the journal and the log.

use std::borrow::Cow;

use axum::http::HeaderName;
use percent_encoding::percent_decode_str;

use crate::config::Secrets;

/// What stands in place of a secret.
const MASK: &str = "***";

/// What the names of headers and parameters with secrets contain, in lower case.
const NAMES: [&str; 5] = ["api-key", "authorization", "cookie", "secret", "token"];

/// Authorization schemes. They are shown, in front of the mask.
const SCHEMES: [&str; 3] = ["oauth", "bearer", "basic"];

impl Secrets {
    /// The value of a header as it may be shown.
    pub fn header<'a>(self, name: &HeaderName, value: &'a [u8]) -> Cow<'a, [u8]> {
        if self == Self::Shown || !is_secret(name.as_str()) {
            return value.into();
        }
        let scheme = value.split_inclusive(|&byte| byte == b' ').next().unwrap_or_default();
        let is_known = SCHEMES.iter().any(|known| scheme.trim_ascii_end().eq_ignore_ascii_case(known.as_bytes()));
        let scheme = if is_known && scheme.len() < value.len() { scheme } else { b"" };
        [scheme, MASK.as_bytes()].concat().into()
    }

    /// A line that is no header as HTTP has it, as it may be shown: a request line, or a malformed header, which is shown
    /// up to the name of its secret.
    pub fn line(self, line: &str) -> Cow<'_, str> {
        let before_query = line.split('?').next().unwrap_or_default().to_ascii_lowercase();
        let ends = NAMES.iter().filter_map(|name| Some(before_query.find(name)? + name.len()));
        match ends.min().filter(|_| self == Self::Masked) {
            Some(end) => format!("{}{MASK}", &line[..end]).into(),
            None => self.target(line),
        }
    }

    /// The target of a request, path and query, as it may be shown.
    pub fn target(self, target: &str) -> Cow<'_, str> {
        let is_secret = |text: &str| is_secret(&percent_decode_str(text).decode_utf8_lossy().to_ascii_lowercase());
        let Some((path, query)) = target.split_once('?').filter(|(_, query)| self == Self::Masked && is_secret(query))
        else {
            return target.into();
        };
        let masked = |pair: &str| match pair.split_once('=') {
            Some((name, _)) if is_secret(name) => format!("{name}={MASK}"),
            _ => pair.to_owned(),
        };
        let pairs: Vec<String> = query.split('&').map(masked).collect();
        format!("{path}?{}", pairs.join("&")).into()
    }
}

/// Whether a header or parameter with this name, in lower case, holds a secret.
fn is_secret(name: &str) -> bool {
    NAMES.iter().any(|part| name.contains(part))
}
