//! The bytes of a connection in the log, at the level TRACE.

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
}

impl WireLog {
    /// `what` happens to the bytes.
    pub(super) fn new(what: &'static str, secrets: Secrets) -> Self {
        Self { what, secrets, is_mid_line: false }
    }

    /// Logs these bytes.
    pub(super) fn show(&mut self, bytes: &[u8]) {
        if bytes.is_empty() || !tracing::enabled!(tracing::Level::TRACE) {
            return;
        }
        let start = &bytes[..bytes.len().min(SHOWN_BYTES)];
        let start = if self.secrets == Secrets::Shown { start.to_vec() } else { self.masked(start) };
        self.is_mid_line = !bytes.ends_with(b"\n");
        tracing::trace!(bytes = bytes.len(), start = &*String::from_utf8_lossy(&start), "{}", self.what);
    }

    /// Without the secrets that stand in heads. A line that began with earlier bytes may be the rest of one, so it is
    /// left out.
    fn masked(&self, bytes: &[u8]) -> Vec<u8> {
        let mut shown = Vec::with_capacity(bytes.len());
        for (index, line) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
            let (text, end) = line.split_at(line.trim_ascii_end().len());
            let header = text.iter().position(|&byte| byte == b':').map(|colon| text.split_at(colon));
            let header = header.and_then(|(name, value)| Some((HeaderName::from_bytes(name).ok()?, name, value)));
            match header {
                _ if index == 0 && self.is_mid_line => shown.extend(b"..."),
                Some((name, written, value)) => {
                    let value = self.secrets.header(&name, value[1..].trim_ascii());
                    shown.extend([written, b": ", &*value].concat());
                }
                None => shown.extend(self.secrets.target(&String::from_utf8_lossy(text)).as_bytes()),
            }
            shown.extend(end);
        }
        shown
    }
}
