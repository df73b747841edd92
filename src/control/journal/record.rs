//! One request as the journal keeps it: raw, in few pieces of memory. [`super::view`] makes it readable.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Method, Request, StatusCode, Uri};
use bytes::Bytes;
use percent_encoding::percent_decode_str;

use crate::api::exchange::Exchange;
use crate::api::operation;
use crate::api::query::Query;
use crate::control::faults::pattern::segments;
use crate::domain::clock::Timestamp;

/// How much of a request's target and headers is kept, in bytes each.
const MAX_PART_BYTES: usize = 8 * 1024;

/// The number of a request on its server; later ones have higher numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub(super) u64);

impl RequestId {
    /// The number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A request and what it came to.
#[derive(Debug)]
pub(crate) struct Record {
    pub(super) id: RequestId,
    pub(super) time: Timestamp,
    pub(super) start: RequestStart,
    pub(super) outcome: Outcome,
}

/// What is known of a request when it comes in.
#[derive(Debug)]
pub(crate) struct RequestStart {
    pub(super) started: Instant,
    pub(super) org: Option<Box<str>>,
    pub(super) method: Method,
    pub(super) target: Box<str>,
    pub(super) headers: Headers,
    pub(super) exchange: Arc<Exchange>,
}

/// What a request came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// How long it took until the answer was ready to be sent, or the request was given up.
    pub(crate) duration: Duration,
    /// `None`: the client was gone, or the connection broken, before there was an answer.
    pub(crate) answer: Option<AnswerSeen>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct AnswerSeen {
    pub(crate) status: StatusCode,
    /// `None` where the length is not known before it is sent.
    pub(crate) bytes: Option<u64>,
    /// The beginning of an answer in text.
    pub(crate) start: Option<Bytes>,
}

impl RequestStart {
    /// What there is to know of `request`, whose path is still as the client wrote it.
    pub(crate) fn new<B>(
        request: &Request<B>,
        uri: &Uri,
        org: Option<&str>,
        started: Instant,
        exchange: Arc<Exchange>,
    ) -> Self {
        let target = uri.path_and_query().map_or(uri.path(), |target| target.as_str());
        Self {
            started,
            org: org.map(Into::into),
            method: request.method().clone(),
            target: cut(target, MAX_PART_BYTES).into(),
            headers: Headers::new(request.headers()),
            exchange,
        }
    }

    pub(crate) fn org(&self) -> Option<&str> {
        self.org.as_deref()
    }

    /// The operation. One that was kept by a fault from coming to its handler is known by its method and path.
    pub(crate) fn operation(&self) -> Option<&'static str> {
        let kept_back = || self.exchange.fault().and_then(|_| operation::find(&self.method, path_of(&self.target)));
        self.exchange.operation().or_else(|| kept_back().map(|operation| operation.name))
    }

    /// As it was sent, without the question mark.
    pub(crate) fn query(&self) -> Option<&str> {
        self.target.split_once('?').map(|(_, query)| query)
    }

    /// How long ago the request came in.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

impl Record {
    pub(crate) fn id(&self) -> RequestId {
        self.id
    }

    pub(crate) fn time(&self) -> Timestamp {
        self.time
    }

    pub(crate) fn org(&self) -> Option<&str> {
        self.start.org()
    }

    pub(crate) fn method(&self) -> &Method {
        &self.start.method
    }

    pub(crate) fn started(&self) -> Instant {
        self.start.started
    }

    pub(crate) fn ended(&self) -> Instant {
        self.start.started + self.outcome.duration
    }

    /// Path and query, as they were sent.
    pub(crate) fn target(&self) -> &str {
        &self.start.target
    }

    pub(crate) fn path(&self) -> &str {
        path_of(&self.start.target)
    }

    /// As it was sent, without the question mark.
    pub(crate) fn query(&self) -> Option<&str> {
        self.start.query()
    }

    /// The segments of the path, decoded.
    pub(crate) fn path_segments(&self) -> Vec<String> {
        let decode = |segment| percent_decode_str(segment).decode_utf8_lossy().into_owned();
        segments(self.path().trim_start_matches('/')).map(decode).collect()
    }

    /// What the file is called that the request is about: in the query, in the form, in the path.
    pub(crate) fn file_names(&self) -> Vec<String> {
        let query = Query::parse(self.query().unwrap_or_default()).unwrap_or_default();
        let in_query = query.pairs().find(|(name, _)| *name == "filename").map(|(_, value)| value.to_owned());
        let in_form = self.uploaded_name().map(str::to_owned);
        let template = self.operation().and_then(operation::by_name).map_or("", |operation| operation.path);
        // The version stands in front of what the template begins with.
        let place = segments(template.trim_start_matches('/')).position(|segment| segment == "{name}");
        let in_path = place.and_then(|place| self.path_segments().into_iter().nth(place + 1));
        in_query.into_iter().chain(in_form).chain(in_path).collect()
    }

    /// The name that a form gave its file, or the query in its place.
    pub(crate) fn uploaded_name(&self) -> Option<&str> {
        self.exchange().upload()?.name.as_ref().map(|(name, _)| name.as_str())
    }

    pub(crate) fn operation(&self) -> Option<&'static str> {
        self.start.operation()
    }

    pub(crate) fn headers(&self) -> &Headers {
        &self.start.headers
    }

    pub(crate) fn exchange(&self) -> &Exchange {
        &self.start.exchange
    }

    pub(crate) fn duration(&self) -> Duration {
        self.outcome.duration
    }

    pub(crate) fn answer(&self) -> Option<&AnswerSeen> {
        self.outcome.answer.as_ref()
    }

    pub(crate) fn status(&self) -> Option<StatusCode> {
        self.answer().map(|answer| answer.status)
    }

    /// About how much memory the record takes.
    pub(super) fn memory_bytes(&self) -> u64 {
        let body = self.exchange().body().map_or(0, |body| body.start.len());
        let answer = self.answer().and_then(|answer| answer.start.as_ref()).map_or(0, Bytes::len);
        let upload = self.exchange().upload().map_or(0, |upload| upload.memory_bytes());
        let own = size_of::<Self>() + size_of::<Exchange>();
        (own + self.start.target.len() + self.headers().0.len() + body + answer + upload) as u64
    }
}

/// The headers of a request, one after the other in one piece: name, NUL, value, NUL. Neither can have a NUL in it.
#[derive(Debug)]
pub(crate) struct Headers(Box<[u8]>);

impl Headers {
    fn new(headers: &HeaderMap) -> Self {
        let length: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 2).sum();
        let mut bytes = Vec::with_capacity(length.min(MAX_PART_BYTES));
        for (name, value) in headers {
            let value = if name == AUTHORIZATION { masked(value.as_bytes()) } else { value.as_bytes() };
            if bytes.len() + name.as_str().len() + value.len() + 2 > MAX_PART_BYTES {
                continue;
            }
            bytes.extend_from_slice(name.as_str().as_bytes());
            bytes.push(0);
            bytes.extend_from_slice(value);
            if name == AUTHORIZATION {
                bytes.extend_from_slice(MASK);
            }
            bytes.push(0);
        }
        Self(bytes.into())
    }

    /// Names in lower case with their values, in the order in which they came.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let mut pieces = self.0.split(|&byte| byte == 0);
        std::iter::from_fn(move || {
            let name = pieces.next().filter(|name| !name.is_empty())?;
            Some((std::str::from_utf8(name).unwrap_or_default(), pieces.next()?))
        })
    }

    /// The first value of a header.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(given, _)| *given == name).map(|(_, value)| value)
    }
}

fn path_of(target: &str) -> &str {
    target.split('?').next().unwrap_or_default()
}

/// What stands for a token.
const MASK: &[u8] = b"***";

/// The scheme of an `Authorization` and the space behind it, without the token.
fn masked(value: &[u8]) -> &[u8] {
    let end = value.iter().position(|&byte| byte == b' ').map_or(0, |at| at + 1);
    &value[..end]
}

/// At most `max_bytes` of a text.
fn cut(text: &str, max_bytes: usize) -> &str {
    let mut end = text.len().min(max_bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
