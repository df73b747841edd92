//! Request targets with a raw `#`. hyper cuts a target there, as if a fragment followed, and tells nobody: the name of a
//! file would be cut in silence. So the lines that come in while no body is read are looked at below hyper.

use std::sync::{Mutex, PoisonError};

use axum::http::{Method, Uri};

/// No line is looked at further than this, in bytes. A longer request line is refused anyway.
const MAX_LINE_BYTES: usize = 70_000;

/// How many request lines may be waiting for their requests: a client that sends more without reading the answers is
/// not looked after.
const MAX_LINES: usize = 64;

/// What was seen on a connection.
#[derive(Debug, Default)]
pub(super) struct TargetWatch(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    /// The beginning of a line whose end has not come yet.
    line: Vec<u8>,
    /// Request lines up to their `#`, whose requests are still to come.
    cut: Vec<Vec<u8>>,
}

impl TargetWatch {
    /// These bytes came in.
    pub(super) fn see(&self, bytes: &[u8]) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(last_line) = memchr::memrchr(b'\n', bytes).map(|end| end + 1) else { return seen.keep(bytes) };
        if !seen.line.is_empty() || memchr::memchr(b'#', &bytes[..last_line]).is_some() {
            seen.keep(&bytes[..last_line]);
            let lines = std::mem::take(&mut seen.line);
            let cut = lines.split(|&byte| byte == b'\n').filter_map(cut_line).map(<[u8]>::to_vec);
            seen.cut.extend(cut);
            seen.cut.truncate(MAX_LINES);
        }
        seen.keep(&bytes[last_line..]);
    }

    /// Whether the target of the request that came in now was cut.
    pub(super) fn was_cut(&self, method: &Method, target: &Uri, has_body: bool) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = format!("{method} {target}");
        let place = seen.cut.iter().position(|cut| *cut == line.as_bytes());
        if has_body {
            // What else was seen may be of the body.
            *seen = Seen::default();
        } else if let Some(place) = place {
            seen.cut.drain(..=place);
        }
        place.is_some()
    }
}

impl Seen {
    fn keep(&mut self, bytes: &[u8]) {
        let room = MAX_LINE_BYTES - self.line.len().min(MAX_LINE_BYTES);
        self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

/// What stands before the `#` of a request line; `None` for other lines.
fn cut_line(line: &[u8]) -> Option<&[u8]> {
    let line = line.trim_ascii();
    let is_request = line.ends_with(b" HTTP/1.1") || line.ends_with(b" HTTP/1.0");
    is_request.then(|| memchr::memchr(b'#', line).map(|at| &line[..at]))?
}
