//! One request as the journal keeps it: what was sent and answered, without conclusions. [`super::view`] makes it
//! readable.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::{HeaderValue, Method, StatusCode};
use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use crate::api::{BodySeen, FaultRecord, Operation, PartRecord, RequestTrace, TEXT_BYTES, UploadTrace};
use crate::config::Secrets;
use crate::connection::{UnreadableRequest, Via};
use crate::control::matching::{MAX_PART_BYTES, Matchable, RequestHead, short_json};
use crate::domain::{FileName, OrgId, Timestamp, User};

/// How much of an `X-Request-Id` is kept, in bytes.
const MAX_ID_BYTES: usize = 256;

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
    pub(super) operation: Option<&'static Operation>,
    /// The user that it acted as; `None` if it was refused before that was known.
    pub(super) actor: Option<Arc<User>>,
    pub(super) head: RequestHead,
    pub(super) via: Via,
    /// The `X-Request-Id` of its answer, cut after 256 bytes.
    pub(super) request_id: Box<str>,
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
    /// A record of which no more is known yet. It has no id.
    pub(super) fn new(time: Timestamp, started: Instant, head: RequestHead, request_id: &HeaderValue) -> Self {
        Self {
            request_id: cut(&String::from_utf8_lossy(request_id.as_bytes()), MAX_ID_BYTES).into(),
            id: RequestId(0),
            time,
            started,
            duration: Duration::ZERO,
            org: None,
            operation: None,
            actor: None,
            head,
            via: Via::default(),
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
        UnreadableRequest { first_line, status, answer, request_id, .. }: &UnreadableRequest<'_>,
        secrets: Secrets,
    ) -> Option<Self> {
        let line = String::from_utf8_lossy(&first_line[..first_line.len().min(MAX_PART_BYTES)]);
        let shown = |one: char| if one.is_control() { one.escape_default().to_string() } else { one.to_string() };
        let line: String = secrets.line(line.trim_end()).chars().map(shown).collect();
        let request = line.split_once(' ').filter(|(method, _)| method.bytes().all(|byte| byte.is_ascii_uppercase()));
        let (method, target) = request.unwrap_or(("-", &line));
        let target = target.rsplit_once(" HTTP/").map_or(target, |(target, _)| target);
        if target.starts_with("/_mock/") {
            return None;
        }
        let method = Method::from_bytes(method.as_bytes()).unwrap_or_default();
        let text = answer.as_bytes();
        Some(Self {
            answer: Some(AnswerRecord {
                status: *status,
                bytes: Some(text.len() as u64),
                text: Some(text[..text.len().min(TEXT_BYTES)].into()),
            }),
            ..Self::new(time, started, RequestHead::unreadable(method, target), request_id)
        })
    }

    /// Whether the `X-Request-Id` of its answer is this one.
    pub(super) fn has_request_id(&self, id: &str) -> bool {
        *self.request_id == *cut(id, MAX_ID_BYTES)
    }

    /// The answer is ready to be sent, or the request was given up.
    pub(crate) fn end(&mut self, trace: &RequestTrace, answer: Option<AnswerRecord>) {
        self.duration = self.started.elapsed();
        self.actor = trace.actor.get().cloned();
        self.body = trace.body.get().cloned();
        self.upload = trace.upload.get().cloned();
        self.other_name = trace.other_name.get().cloned();
        self.fault = trace.fault().cloned();
        self.answer = answer;
    }

    pub(super) fn ended(&self) -> Instant {
        self.started + self.duration
    }

    /// The beginning of its body, if that is kept: of text, and of an upload that was refused.
    pub(super) fn body_start(&self) -> Option<Bytes> {
        let text = self.text().map(Bytes::copy_from_slice);
        let upload = self.upload.as_ref().filter(|upload| !upload.start.is_empty());
        text.or_else(|| upload.map(|upload| Bytes::copy_from_slice(&upload.start)))
    }

    /// The first KiB of a body in text.
    pub(super) fn text(&self) -> Option<&[u8]> {
        let body = self.body.as_ref().filter(|body| body.bytes > 0)?;
        Some(&body.start[..body.start.len().min(TEXT_BYTES)])
    }

    pub(super) fn status(&self) -> Option<u16> {
        self.answer.as_ref().map(|answer| answer.status.as_u16())
    }

    /// The name of an uploaded file: that of the query, or else of the form.
    pub(super) fn uploaded_name(&self) -> Option<&str> {
        Some(&self.upload.as_ref()?.record.name.as_ref()?.value)
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
        let head: usize = self.head.texts_bytes().map(allocation).iter().sum();
        let record = allocation(size_of::<Self>()) + head + allocation(self.request_id.len());
        (record + org + body + upload + other_name + fault + answer) as u64
    }
}

/// At most `max_bytes` of a text.
fn cut(text: &str, max_bytes: usize) -> &str {
    &text[..text.floor_char_boundary(max_bytes)]
}

impl Matchable for Record {
    fn operation(&self) -> Option<&'static Operation> {
        self.operation
    }

    fn head(&self) -> &RequestHead {
        &self.head
    }

    fn actor(&self) -> Option<&User> {
        self.actor.as_deref()
    }

    fn file_names(&self) -> Vec<String> {
        let in_form = self.uploaded_name().map(str::to_owned);
        self.head.file_names(self.operation).into_iter().chain(in_form).collect()
    }

    fn json(&self) -> Option<Cow<'_, Value>> {
        let body = self.body.as_ref().filter(|body| body.bytes == body.start.len())?;
        short_json(&body.start).map(Cow::Owned)
    }

    fn parts(&self) -> impl Iterator<Item = &PartRecord> {
        self.upload.iter().flat_map(|upload| &upload.parts).map(|part| &part.record)
    }

    fn status(&self) -> Option<u16> {
        Self::status(self)
    }
}
