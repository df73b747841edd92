//! The head of a request as the journal keeps it and fault rules see it: cut to a limit, and without secrets.

use axum::http::{HeaderMap, HeaderName, Method, Request, Uri};

use super::pattern::{decoded_segments, segments};
use crate::api::{Operation, Query};
use crate::config::Secrets;

/// How much of a request's target, and of its headers together, is kept, in bytes.
pub(crate) const MAX_PART_BYTES: usize = 8 * 1024;

/// The first line and the headers of a request.
#[derive(Debug)]
pub(crate) struct RequestHead {
    pub(crate) method: Method,
    /// Path and query as they were sent, cut after 8 KiB.
    pub(crate) target: Box<str>,
    /// Lines of `name: value`, in the order in which they came; secrets are masked.
    lines: Vec<u8>,
}

impl RequestHead {
    /// The head of a request whose path is still as the client wrote it.
    pub(crate) fn of<B>(request: &Request<B>, secrets: Secrets) -> Self {
        let lines = copied(request.headers(), secrets);
        Self { method: request.method().clone(), target: kept_target(request.uri(), secrets), lines }
    }

    /// The head of input that is not a request.
    pub(crate) fn unreadable(method: Method, target: &str) -> Self {
        Self { method, target: kept(target), lines: Vec::new() }
    }

    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// As it was sent, without the question mark.
    pub(crate) fn query_text(&self) -> Option<&str> {
        self.target.split_once('?').map(|(_, query)| query)
    }

    /// The parameters; none where they cannot be decoded.
    pub(crate) fn query(&self) -> Query {
        Query::parse(self.query_text().unwrap_or_default()).unwrap_or_default()
    }

    /// Names and values of the headers.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let lines = self.lines.split(|&byte| byte == b'\n');
        lines.filter_map(|line| {
            let (name, value) = line.split_at_checked(line.iter().position(|&byte| byte == b':')?)?;
            Some((str::from_utf8(name).ok()?, &value[": ".len()..]))
        })
    }

    /// The values of a header.
    pub(crate) fn header(&self, name: &HeaderName) -> impl Iterator<Item = &[u8]> {
        self.headers().filter(move |(given, _)| *given == name.as_str()).map(|(_, value)| value)
    }

    /// The segments of the path, decoded.
    pub(crate) fn path_segments(&self) -> Vec<String> {
        decoded_segments(self.path())
    }

    /// The segment of the path that the operation's path has this placeholder for.
    pub(crate) fn segment(&self, operation: &Operation, placeholder: &str) -> Option<String> {
        // Documented paths do not have the version, which is the first segment of the path.
        let place = segments(operation.path.trim_start_matches('/')).position(|segment| segment == placeholder)?;
        self.path_segments().into_iter().nth(place + 1)
    }

    /// The names of the file that the request is about: in the query and in the path.
    pub(crate) fn file_names(&self, operation: Option<&Operation>) -> Vec<String> {
        let query = self.query();
        let in_query = query.pairs().filter(|(name, _)| *name == "filename").map(|(_, value)| value.to_owned());
        in_query.chain(operation.and_then(|operation| self.segment(operation, "{name}"))).collect()
    }

    /// The sizes of its two allocations, in bytes.
    pub(crate) fn texts_bytes(&self) -> [usize; 2] {
        [self.target.len(), self.lines.capacity()]
    }
}

/// Path and query, as much as is kept of them.
pub(crate) fn kept_target(uri: &Uri, secrets: Secrets) -> Box<str> {
    kept(&secrets.target(uri.path_and_query().map_or(uri.path(), |target| target.as_str())))
}

fn kept(target: &str) -> Box<str> {
    target[..target.floor_char_boundary(MAX_PART_BYTES)].into()
}

/// Copies headers, because their values share the buffer that the whole request was read into. Headers that do not fit
/// into the limit are left out.
fn copied(headers: &HeaderMap, secrets: Secrets) -> Vec<u8> {
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \n".len()).sum();
    let mut head = Vec::with_capacity(bytes.min(MAX_PART_BYTES));
    for (name, value) in headers {
        let value = secrets.header(name, value.as_bytes());
        if head.len() + name.as_str().len() + value.len() + ": \n".len() > MAX_PART_BYTES {
            continue;
        }
        for part in [name.as_str().as_bytes(), b": ", &*value, b"\n"] {
            head.extend_from_slice(part);
        }
    }
    head
}
