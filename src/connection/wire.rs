//! The bytes of a connection in the log, at the level TRACE.

use std::borrow::Cow;

use axum::http::HeaderName;

use crate::config::Secrets;

/// How much is shown of what is read or written at once, in bytes.
const SHOWN_BYTES: usize = 1024;

/// What goes over a connection in one direction.
#[derive(Debug)]
pub(super) struct WireLog {
    what: &'static str,
    secrets: Secrets,
    /// Whether the last bytes ended within a line.
    is_mid_line: bool,
    /// Whether the last line has or may have a secret, so that a line that continues it may have the rest.
    is_secret: bool,
}

impl WireLog {
    /// `what` happens to the bytes.
    pub(super) fn new(what: &'static str, secrets: Secrets) -> Self {
        Self { what, secrets, is_mid_line: false, is_secret: false }
    }

    /// Logs these bytes.
    pub(super) fn show(&mut self, bytes: &[u8]) {
        if bytes.is_empty() || !tracing::enabled!(tracing::Level::TRACE) {
            return;
        }
        let start = &bytes[..bytes.len().min(SHOWN_BYTES)];
        let start = if self.secrets == Secrets::Shown { start.to_vec() } else { self.masked(start) };
        self.is_mid_line = !bytes.ends_with(b"\n") && !bytes.ends_with(b"\r");
        self.is_secret |= bytes.len() > SHOWN_BYTES;
        tracing::trace!(bytes = bytes.len(), start = &*String::from_utf8_lossy(&start), "{}", self.what);
    }

    /// Without the secrets that stand in heads, also in those that cannot be parsed. A line that began with earlier bytes
    /// may be the rest of one, so it is left out.
    fn masked(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut shown = Vec::with_capacity(bytes.len());
        for (index, line) in bytes.split_inclusive(|byte| b"\r\n".contains(byte)).enumerate() {
            let (text, end) = line.split_at(line.trim_ascii_end().len());
            let header = text.iter().position(|&byte| byte == b':').map(|colon| text.split_at(colon));
            let header = header.and_then(|(name, value)| Some((HeaderName::from_bytes(name).ok()?, name, value)));
            let continues = self.is_secret && text.first().is_some_and(|byte| b" \t".contains(byte));
            match header {
                // The line feed after a carriage return.
                _ if text.is_empty() => {}
                _ if (index == 0 && self.is_mid_line) || continues => {
                    self.is_secret = true;
                    shown.extend(b"...");
                }
                Some((name, written, value)) => {
                    let value = self.secrets.header(&name, value[1..].trim_ascii());
                    self.is_secret = matches!(value, Cow::Owned(_));
                    shown.extend([written, b": ", &*value].concat());
                }
                None => {
                    let text = String::from_utf8_lossy(text);
                    let line = self.secrets.line(&text);
                    self.is_secret = matches!(line, Cow::Owned(_));
                    shown.extend(line.as_bytes());
                }
            }
            shown.extend(end);
        }
        shown
    }
}
