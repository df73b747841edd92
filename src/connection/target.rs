//! Detects request targets with a raw `#`. hyper silently drops what follows, as if it were a fragment, and so would
//! truncate a file name. This scans the raw lines below hyper, except within bodies.

use std::sync::Mutex;

use crate::domain::lock;
use axum::http::{Method, Uri};

/// How much of a line is scanned, in bytes. A longer request line is refused anyway.
const MAX_LINE_BYTES: usize = 70_000;

/// How many request lines with a `#` may await their requests. A client that pipelines more is not checked.
const MAX_LINES: usize = 64;

/// The request lines with a `#` of one connection. The mutex is never held across an await.
#[derive(Debug, Default)]
pub(super) struct TargetWatch(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    /// The start of a line that is not complete yet.
    line: Vec<u8>,
    /// Request lines up to their `#`, for requests that hyper has not delivered yet.
    cut: Vec<Vec<u8>>,
}

impl TargetWatch {
    /// Scans received bytes for request lines with a `#`.
    pub(super) fn see(&self, bytes: &[u8]) {
        let mut seen = lock(&self.0);
        let Some(end) = memchr::memchr(b'\n', bytes) else { return seen.keep(bytes) };
        if seen.line.is_empty() {
            return seen.scan(bytes);
        }
        let (rest_of_line, next_lines) = bytes.split_at(end + 1);
        seen.keep(rest_of_line);
        let line = std::mem::take(&mut seen.line);
        seen.cut.extend(cut_line(&line).map(<[u8]>::to_vec));
        seen.scan(next_lines);
    }

    /// Whether hyper truncated the target of the request that it just delivered.
    pub(super) fn was_cut(&self, method: &Method, target: &Uri, has_body: bool) -> bool {
        let mut seen = lock(&self.0);
        let place = if seen.cut.is_empty() {
            None
        } else {
            let line = format!("{method} {target}");
            seen.cut.iter().position(|cut| *cut == line.as_bytes())
        };
        if has_body {
            // Other lines seen so far may be part of the body.
            *seen = Seen::default();
        } else if let Some(place) = place {
            seen.cut.drain(..=place);
        }
        place.is_some()
    }
}

impl Seen {
    /// Looks only at lines that name a version of HTTP. Splitting into lines would take long, because `bytes` may hold
    /// the start of a large body.
    fn scan(&mut self, bytes: &[u8]) {
        let complete = memchr::memrchr(b'\n', bytes).map_or(0, |end| end + 1);
        let mut rest = &bytes[..complete];
        while let Some(version) = memchr::memmem::find(rest, b" HTTP/1.") {
            let start = memchr::memrchr(b'\n', &rest[..version]).map_or(0, |end| end + 1);
            let end = memchr::memchr(b'\n', &rest[version..]).map_or(rest.len(), |length| version + length + 1);
            self.cut.extend(cut_line(&rest[start..end]).map(<[u8]>::to_vec));
            rest = &rest[end..];
        }
        self.cut.truncate(MAX_LINES);
        self.keep(&bytes[complete..]);
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = MAX_LINE_BYTES - self.line.len().min(MAX_LINE_BYTES);
        self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

/// The part of a request line before its `#`; `None` for other lines.
fn cut_line(line: &[u8]) -> Option<&[u8]> {
    let line = line.trim_ascii();
    let is_request = line.ends_with(b" HTTP/1.1") || line.ends_with(b" HTTP/1.0");
    is_request.then(|| memchr::memchr(b'#', line).map(|at| &line[..at]))?
}
