//! One request as the journal keeps it: raw, in few pieces of memory. [`super::view`] makes it readable.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use bytes::{Bytes, BytesMut};
use percent_encoding::percent_decode_str;

use crate::api::multipart::trace::UploadTrace;
use crate::api::query::Query;
use crate::api::table;
use crate::api::trace::{FiredFault, RequestTrace, TEXT_BYTES};
use crate::control::faults::pattern::segments;
use crate::domain::clock::Timestamp;
use crate::domain::ids::OrgId;
use crate::domain::user::User;

/// How much of a request's target and headers is kept, in bytes each.
const MAX_PART_BYTES: usize = 8 * 1024;

/// How much of the name of an organisation is kept, in bytes.
const MAX_ORG_BYTES: usize = 1024;

/// What the head of an ordinary request takes, in bytes.
const HEAD_BYTES: usize = 512;

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
#[derive(Clone, Debug)]
pub(crate) struct Record {
    id: RequestId,
    time: Timestamp,
    started: Instant,
    duration: Duration,
    method: Method,
    operation: Option<&'static str>,
    actor: Option<Arc<User>>,
    /// How many bytes of a body in text were read.
    body_bytes: Option<u64>,
    answer: Option<AnswerSize>,
    texts: Texts,
    /// The form that was uploaded.
    upload: Option<Arc<UploadTrace>>,
    /// What knows the fault that struck.
    struck: Option<Arc<RequestTrace>>,
}

/// An answer's status and length.
#[derive(Clone, Copy, Debug)]
struct AnswerSize {
    status: StatusCode,
    /// `None` where the length is not known before it is sent.
    bytes: Option<u64>,
}

/// Everything of a record that is text, one after the other in one piece of memory: organisation, target, headers,
/// the beginning of the body, the beginning of the answer.
#[derive(Clone, Debug)]
struct Texts {
    bytes: Bytes,
    /// Where each ends but the last.
    ends: [u16; 4],
    has_org: bool,
    has_answer: bool,
}

/// What is known of a request when it comes in.
#[derive(Debug)]
pub(crate) struct RequestStart {
    started: Instant,
    method: Method,
    org: Option<OrgId>,
    /// Organisation, target and headers.
    head: Vec<u8>,
    /// Where organisation and target end.
    ends: [u16; 2],
    exchange: Arc<RequestTrace>,
}

/// What a request came to.
#[derive(Debug)]
pub(crate) struct Outcome<'a> {
    /// How long it took until the answer was ready to be sent, or the request was given up.
    pub(crate) duration: Duration,
    /// `None`: the client was gone, or the connection broken, before there was an answer.
    pub(crate) answer: Option<AnswerSeen<'a>>,
}

/// An answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AnswerSeen<'a> {
    pub(crate) status: StatusCode,
    /// `None` where the length is not known before it is sent.
    pub(crate) bytes: Option<u64>,
    /// The answer, if it is text.
    pub(crate) text: Option<&'a [u8]>,
}

impl RequestStart {
    /// What there is to know of `request`, whose path is still as the client wrote it.
    pub(crate) fn new<B>(
        request: &Request<B>,
        org: Option<&OrgId>,
        started: Instant,
        exchange: Arc<RequestTrace>,
    ) -> Self {
        let uri = request.uri();
        let mut head = Vec::with_capacity(HEAD_BYTES);
        head.extend_from_slice(cut(org.map_or("", OrgId::as_str), MAX_ORG_BYTES).as_bytes());
        let org_end = end(&head);
        let target = uri.path_and_query().map_or(uri.path(), |target| target.as_str());
        head.extend_from_slice(cut(target, MAX_PART_BYTES).as_bytes());
        let target_end = end(&head);
        add_headers(&mut head, request.headers());
        let ends = [org_end, target_end];
        Self { started, method: request.method().clone(), org: org.cloned(), head, ends, exchange }
    }

    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    pub(crate) fn org(&self) -> Option<&OrgId> {
        self.org.as_ref()
    }

    pub(crate) fn operation(&self) -> Option<&'static str> {
        self.exchange.operation()
    }

    /// How long ago the request came in.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

impl Texts {
    fn new(start: &RequestStart, outcome: &Outcome<'_>, room: &mut Room) -> Self {
        let body = start.exchange.body().map_or(&[][..], |body| &body.start);
        let answer = outcome.answer.and_then(|answer| answer.text);
        let beginning = answer.map_or(&[][..], |answer| &answer[..answer.len().min(TEXT_BYTES)]);
        let bytes = room.put([&start.head, body, beginning]);
        let [org_end, target_end] = start.ends;
        let headers_end = end(&start.head);
        let body_end = headers_end + u16::try_from(body.len()).unwrap_or(0);
        let ends = [org_end, target_end, headers_end, body_end];
        Self { bytes, ends, has_org: start.org.is_some(), has_answer: answer.is_some() }
    }

    fn part(&self, index: usize) -> &[u8] {
        let from = index.checked_sub(1).map_or(0, |before| usize::from(self.ends[before]));
        let to = self.ends.get(index).map_or(self.bytes.len(), |end| usize::from(*end));
        &self.bytes[from..to]
    }
}

/// Memory that the texts of many records share, so that few of them need a piece of their own, and the oldest go
/// together.
#[derive(Debug, Default)]
pub(super) struct Room(BytesMut);

impl Room {
    /// The size of a piece.
    const PIECE_BYTES: usize = 64 * 1024;

    fn put(&mut self, texts: [&[u8]; 3]) -> Bytes {
        let needed = texts.iter().map(|text| text.len()).sum();
        if self.0.capacity() < needed {
            self.0 = BytesMut::with_capacity(Self::PIECE_BYTES.max(needed));
        }
        for text in texts {
            self.0.extend_from_slice(text);
        }
        self.0.split().freeze()
    }
}

impl Record {
    pub(super) fn new(
        id: RequestId,
        time: Timestamp,
        start: RequestStart,
        outcome: &Outcome<'_>,
        room: &mut Room,
    ) -> Self {
        let texts = Texts::new(&start, outcome, room);
        let operation = start.operation();
        let RequestStart { started, method, exchange, .. } = start;
        let body_bytes = exchange.body().map(|body| body.bytes as u64);
        let struck = exchange.fault().map(|_| Arc::clone(&exchange));
        // Nobody else has it any more as a rule, and a user's counter is one that all threads share.
        let parts = Arc::try_unwrap(exchange).map(RequestTrace::into_parts);
        let (actor, upload) = parts.unwrap_or_else(|shared| (shared.actor().cloned(), shared.upload().cloned()));
        Self {
            id,
            time,
            started,
            duration: outcome.duration,
            method,
            operation,
            actor,
            body_bytes,
            answer: outcome.answer.map(|answer| AnswerSize { status: answer.status, bytes: answer.bytes }),
            texts,
            upload,
            struck,
        }
    }

    pub(crate) fn id(&self) -> RequestId {
        self.id
    }

    pub(crate) fn time(&self) -> Timestamp {
        self.time
    }

    pub(crate) fn org(&self) -> Option<&str> {
        self.texts.has_org.then(|| text(self.texts.part(0)))
    }

    pub(crate) fn method(&self) -> &Method {
        &self.method
    }

    pub(crate) fn operation(&self) -> Option<&'static str> {
        self.operation
    }

    /// Whom it acted as, if it came so far.
    pub(crate) fn actor(&self) -> Option<&Arc<User>> {
        self.actor.as_ref()
    }

    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    pub(crate) fn duration(&self) -> Duration {
        self.duration
    }

    pub(crate) fn ended(&self) -> Instant {
        self.started + self.duration
    }

    /// Path and query, as they were sent.
    pub(crate) fn target(&self) -> &str {
        text(self.texts.part(1))
    }

    pub(crate) fn path(&self) -> &str {
        path_of(self.target())
    }

    /// As it was sent, without the question mark.
    pub(crate) fn query(&self) -> Option<&str> {
        query_of(self.target())
    }

    /// Names in lower case with their values, in the order in which they came.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        // Neither can have a NUL in it.
        let mut pieces = self.texts.part(2).split(|&byte| byte == 0);
        std::iter::from_fn(move || {
            let name = pieces.next().filter(|name| !name.is_empty())?;
            Some((text(name), pieces.next()?))
        })
    }

    /// The first value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers().find(|(given, _)| *given == name).map(|(_, value)| value)
    }

    /// How many bytes of a body in text were read, if that was read, and the first of them.
    pub(crate) fn body(&self) -> Option<(u64, &[u8])> {
        self.body_bytes.map(|bytes| (bytes, self.texts.part(3)))
    }

    /// The form that was uploaded.
    pub(crate) fn upload(&self) -> Option<&UploadTrace> {
        self.upload.as_deref()
    }

    /// The fault that struck.
    pub(crate) fn fault(&self) -> Option<&FiredFault> {
        self.struck.as_ref()?.fault()
    }

    pub(crate) fn status(&self) -> Option<StatusCode> {
        self.answer.map(|answer| answer.status)
    }

    /// The length of the answer, where that was known before it was sent.
    pub(crate) fn answer_bytes(&self) -> Option<u64> {
        self.answer?.bytes
    }

    /// The beginning of an answer in text.
    pub(crate) fn answer_text(&self) -> Option<&[u8]> {
        self.texts.has_answer.then(|| self.texts.part(4))
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
        let template = self.operation().and_then(table::by_name).map_or("", |operation| operation.path);
        // The version stands in front of what the template begins with.
        let place = segments(template.trim_start_matches('/')).position(|segment| segment == "{name}");
        let in_path = place.and_then(|place| self.path_segments().into_iter().nth(place + 1));
        in_query.into_iter().chain(in_form).chain(in_path).collect()
    }

    /// The name that a form gave its file, or the query in its place.
    pub(crate) fn uploaded_name(&self) -> Option<&str> {
        self.upload()?.name.as_ref().map(|(name, _)| name.as_str())
    }

    /// About how much memory the record takes.
    pub(super) fn memory_bytes(&self) -> u64 {
        let upload = self.upload().map_or(0, UploadTrace::memory_bytes);
        let struck = self.struck.as_ref().map_or(0, |_| size_of::<RequestTrace>());
        (size_of::<Self>() + self.texts.bytes.len() + upload + struck) as u64
    }
}

/// Adds the headers of a request: name, NUL, value, NUL. Tokens are masked.
fn add_headers(head: &mut Vec<u8>, headers: &HeaderMap) {
    let most = head.len() + MAX_PART_BYTES;
    for (name, value) in headers {
        let (value, rest) = match name {
            name if name == AUTHORIZATION => (masked(value.as_bytes()), MASK),
            _ => (value.as_bytes(), &[][..]),
        };
        let name = name.as_str().as_bytes();
        if head.len() + name.len() + value.len() + rest.len() + 2 > most {
            continue;
        }
        for piece in [name, &[0], value, rest, &[0]] {
            head.extend_from_slice(piece);
        }
    }
}

/// Where a text ends that was put last. The parts are limited so that this always fits.
fn end(bytes: &[u8]) -> u16 {
    u16::try_from(bytes.len()).unwrap_or(u16::MAX)
}

/// What was text when it was put there.
fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

fn query_of(target: &str) -> Option<&str> {
    target.split_once('?').map(|(_, query)| query)
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
