//! One request as the journal keeps it: what was sent and answered, nothing worked out. [`super::view`] makes it
//! readable.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, HeaderName, Method, Request, StatusCode};
use bytes::Bytes;
use serde::Serialize;

use crate::api::multipart::trace::UploadTrace;
use crate::api::query::Query;
use crate::api::table;
use crate::api::trace::{BodySeen, FaultRecord, RequestTrace, TEXT_BYTES};
use crate::config::Secrets;
use crate::connection::UnreadableRequest;
use crate::control::faults::pattern::{decoded_segments, segments};
use crate::domain::clock::Timestamp;
use crate::domain::file::FileName;
use crate::domain::ids::OrgId;
use crate::domain::user::User;

/// How much of a request's target, and of its headers together, is kept, in bytes.
const MAX_PART_BYTES: usize = 8 * 1024;

/// What an allocation takes beside its contents, in bytes: the allocator's header and rounding.
const ALLOCATION_BYTES: usize = 16;

/// The number of a request on its server; later ones have higher numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
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

/// A request and its answer.
#[derive(Debug)]
pub(crate) struct Record {
    pub(super) id: RequestId,
    pub(super) time: Timestamp,
    pub(super) started: Instant,
    pub(super) duration: Duration,
    pub(super) org: Option<OrgId>,
    pub(super) operation: Option<&'static str>,
    /// The user that it acted as; `None` if it was refused before that was known.
    pub(super) actor: Option<Arc<User>>,
    pub(super) method: Method,
    /// Path and query as they were sent, cut after 8 KiB.
    pub(super) target: Box<str>,
    /// Lines of `name: value`, in the order in which they came; secrets are masked.
    head: Box<[u8]>,
    /// The body, if it was read as text.
    pub(super) body: Option<BodySeen>,
    /// The body, if it was read as a form.
    pub(super) upload: Option<Arc<UploadTrace>>,
    /// What the file that was sent is called, if the path calls it otherwise.
    pub(super) other_name: Option<FileName>,
    pub(super) fault: Option<FaultRecord>,
    /// `None` if the client was gone, or the connection broken, before there was an answer.
    pub(super) answer: Option<AnswerRecord>,
}

/// An answer as it is kept.
#[derive(Debug)]
pub(crate) struct AnswerRecord {
    pub(crate) status: StatusCode,
    /// `None` where the length is not known before it is sent.
    pub(crate) bytes: Option<u64>,
    /// The beginning of the answer, if it is text.
    pub(crate) text: Option<Box<[u8]>>,
}

impl Record {
    /// The record of a request that comes in, whose path is still as the client wrote it. It has no id yet.
    pub(super) fn begin<B>(
        time: Timestamp,
        started: Instant,
        request: &Request<B>,
        org: Option<&OrgId>,
        secrets: Secrets,
    ) -> Self {
        let uri = request.uri();
        let target = uri.path_and_query().map_or(uri.path(), |target| target.as_str());
        Self {
            id: RequestId(0),
            time,
            started,
            duration: Duration::ZERO,
            org: org.cloned(),
            operation: None,
            actor: None,
            method: request.method().clone(),
            target: cut(&secrets.target(target), MAX_PART_BYTES).into(),
            head: copied(request.headers(), secrets),
            body: None,
            upload: None,
            other_name: None,
            fault: None,
            answer: None,
        }
    }

    /// The record of bytes that are no request: of their first line, as far as it can be read. `None` for what was meant
    /// for the control plane.
    pub(super) fn unreadable(
        time: Timestamp,
        started: Instant,
        UnreadableRequest { first_line, status, answer }: &UnreadableRequest<'_>,
        secrets: Secrets,
    ) -> Option<Self> {
        let line = String::from_utf8_lossy(&first_line[..first_line.len().min(MAX_PART_BYTES)]);
        let shown = |one: char| if one.is_control() { one.escape_default().to_string() } else { one.to_string() };
        let line: String = line.trim_end().chars().map(shown).collect();
        let request = line.split_once(' ').filter(|(method, _)| method.bytes().all(|byte| byte.is_ascii_uppercase()));
        let (method, target) = request.unwrap_or(("-", &line));
        let target = target.rsplit_once(" HTTP/").map_or(target, |(target, _)| target);
        if target.starts_with("/_mock/") {
            return None;
        }
        let mut nothing = Request::new(());
        *nothing.method_mut() = Method::from_bytes(method.as_bytes()).unwrap_or_default();
        let text = answer.as_bytes();
        Some(Self {
            target: cut(&secrets.target(target), MAX_PART_BYTES).into(),
            answer: Some(AnswerRecord {
                status: *status,
                bytes: Some(text.len() as u64),
                text: Some(text[..text.len().min(TEXT_BYTES)].into()),
            }),
            ..Self::begin(time, started, &nothing, None, secrets)
        })
    }

    /// The answer is ready to be sent, or the request was given up.
    pub(crate) fn end(&mut self, trace: &RequestTrace, answer: Option<AnswerRecord>) {
        self.duration = self.started.elapsed();
        self.operation = trace.operation();
        self.actor = trace.actor().cloned();
        self.body = trace.body().cloned();
        self.upload = trace.upload().cloned();
        self.other_name = trace.other_name().cloned();
        self.fault = trace.fault().cloned();
        self.answer = answer;
    }

    pub(super) fn ended(&self) -> Instant {
        self.started + self.duration
    }

    pub(super) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// As it was sent, without the question mark.
    pub(super) fn query(&self) -> Option<&str> {
        self.target.split_once('?').map(|(_, query)| query)
    }

    /// Names and values of the headers.
    pub(super) fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let lines = self.head.split(|&byte| byte == b'\n');
        lines.filter_map(|line| {
            let (name, value) = line.split_at_checked(line.iter().position(|&byte| byte == b':')?)?;
            Some((str::from_utf8(name).ok()?, &value[": ".len()..]))
        })
    }

    /// The first value of a header.
    pub(super) fn header(&self, name: &HeaderName) -> Option<&[u8]> {
        self.headers().find(|(given, _)| *given == name.as_str()).map(|(_, value)| value)
    }

    /// The beginning of its body, if that is kept: of text, and of an upload that was refused.
    pub(super) fn body_start(&self) -> Option<Bytes> {
        let text = self.body.as_ref().filter(|body| body.bytes > 0).map(|body| body.start.clone());
        let upload = self.upload.as_ref().filter(|upload| !upload.start.is_empty());
        text.or_else(|| upload.map(|upload| Bytes::copy_from_slice(&upload.start)))
    }

    pub(super) fn status(&self) -> Option<u16> {
        self.answer.as_ref().map(|answer| answer.status.as_u16())
    }

    /// The segments of the path, decoded.
    pub(super) fn path_segments(&self) -> Vec<String> {
        decoded_segments(self.path())
    }

    /// The names of the file that the request is about: in the query, in the form, in the path.
    pub(super) fn file_names(&self) -> Vec<String> {
        let query = Query::parse(self.query().unwrap_or_default()).unwrap_or_default();
        let in_query = query.pairs().find(|(name, _)| *name == "filename").map(|(_, value)| value.to_owned());
        let in_form = self.uploaded_name().map(str::to_owned);
        let template = self.operation.and_then(table::by_name).map_or("", |operation| operation.path);
        // Templates do not have the version, which is the first segment of the path.
        let place = segments(template.trim_start_matches('/')).position(|segment| segment == "{name}");
        let in_path = place.and_then(|place| self.path_segments().into_iter().nth(place + 1));
        in_query.into_iter().chain(in_form).chain(in_path).collect()
    }

    /// The name of an uploaded file: that of the query, or else of the form.
    pub(super) fn uploaded_name(&self) -> Option<&str> {
        self.upload.as_ref()?.name()
    }

    /// The memory that the record takes, in bytes.
    pub(super) fn memory_bytes(&self) -> u64 {
        let allocation = |bytes: usize| ALLOCATION_BYTES + bytes;
        let org = self.org.as_ref().map_or(0, |org| allocation(org.as_str().len()));
        let body = self.body.as_ref().map_or(0, |body| allocation(body.start.len()));
        let upload = self.upload.as_ref().map_or(0, |upload| allocation(upload.memory_bytes()));
        let fault_texts =
            |fault: &FaultRecord| fault.at.len() + fault.what.len() + fault.name.as_ref().map_or(0, String::len);
        let fault = self.fault.as_ref().map_or(0, |fault| allocation(fault_texts(fault)));
        let other_name = self.other_name.as_ref().map_or(0, |name| allocation(name.as_str().len()));
        let answer = self.answer.as_ref().and_then(|answer| answer.text.as_ref());
        let answer = answer.map_or(0, |text| allocation(text.len()));
        let record = allocation(size_of::<Self>()) + allocation(self.target.len()) + allocation(self.head.len());
        (record + org + body + upload + other_name + fault + answer) as u64
    }
}

/// Copies headers, because their values share the buffer that the whole request was read into. Headers that do not fit
/// into the limit are left out.
fn copied(headers: &HeaderMap, secrets: Secrets) -> Box<[u8]> {
    let mut head = Vec::with_capacity(512);
    for (name, value) in headers {
        let value = secrets.header(name, value.as_bytes());
        if head.len() + name.as_str().len() + value.len() + ": \n".len() > MAX_PART_BYTES {
            continue;
        }
        for part in [name.as_str().as_bytes(), b": ", &*value, b"\n"] {
            head.extend_from_slice(part);
        }
    }
    head.into()
}

/// At most `max_bytes` of a text.
fn cut(text: &str, max_bytes: usize) -> &str {
    &text[..text.floor_char_boundary(max_bytes)]
}
