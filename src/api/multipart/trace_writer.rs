//! Records what is found in a body while it is read, and hands that to the request's trace at the end.

use std::sync::Arc;

use twox_hash::XxHash3_128;

use super::{DigestSource, MAX_PARTS, NameRecord, PartHeaders, PartRole, PartSeen, Reader, RefusalRecord, UploadTrace};
use crate::api::{ApiError, NamedBy, RequestTrace, TEXT_BYTES};
use crate::domain::FileName;

/// The trace of a body that is being read.
pub(super) struct TraceWriter {
    /// Where the finished trace goes. `None` once it was handed over, or if nobody wants one; then nothing is recorded.
    pub(super) request_trace: Option<Arc<RequestTrace>>,
    /// Boxed, because it is large.
    trace: Box<UploadTrace>,
    /// Hashes the current part if its bytes are not stored. Boxed, because it is large and rarely needed.
    hasher: Option<Box<XxHash3_128>>,
    /// The index of the part that is the file.
    file_part: Option<usize>,
}

impl TraceWriter {
    pub(super) fn new(request_trace: Option<Arc<RequestTrace>>) -> Self {
        Self { request_trace, trace: Box::default(), hasher: None, file_part: None }
    }

    /// Keeps the start of the body, in case it is refused.
    pub(super) fn keep_start(&mut self, piece: &[u8]) {
        if self.request_trace.is_some() {
            let room = TEXT_BYTES - self.trace.start.len();
            self.trace.start.extend_from_slice(&piece[..piece.len().min(room)]);
        }
    }

    /// Begins a part. `headers` is `None` if they are malformed.
    pub(super) fn begin_part(
        &mut self,
        at: u64,
        header_bytes: usize,
        content_at: u64,
        headers: Option<&PartHeaders<'_>>,
    ) {
        self.trace.record.part_count += 1;
        if self.request_trace.is_some() && self.trace.record.part_count <= MAX_PARTS {
            self.trace.parts.push(PartSeen::new(at, header_bytes, content_at, headers));
        }
    }

    /// The parts so far.
    pub(super) fn parts(&self) -> &[PartSeen] {
        &self.trace.parts
    }

    /// How many parts have begun.
    pub(super) fn part_count(&self) -> usize {
        self.trace.record.part_count
    }

    /// Marks a part as the file, and records its name.
    pub(super) fn name_file(&mut self, part: usize, name: &FileName, by: NamedBy) {
        if self.request_trace.is_some() {
            self.trace.record.name = Some(NameRecord::new(name, by));
            self.file_part = Some(part);
            if let Some(seen) = self.trace.parts.get_mut(part) {
                seen.role = PartRole::File;
            }
        }
    }

    /// Hashes bytes of the current part that are not stored.
    pub(super) fn pass_over(&mut self, bytes: &[u8]) {
        if self.current().is_some() {
            self.hasher.get_or_insert_default().write(bytes);
        }
    }

    /// Leaves the current part, of which this many bytes arrived.
    pub(super) fn leave_part(&mut self, bytes: u64, is_whole: bool) {
        let hasher = self.hasher.take();
        if let Some(part) = self.current().filter(|part| !part.record.complete) {
            (part.record.bytes, part.record.complete) = (bytes, is_whole);
            if let Some(hasher) = hasher {
                part.source = DigestSource::hashed(hasher.finish_128());
            }
        }
    }

    /// Records where the digest of the file comes from. The closure runs only if somebody wants a trace.
    pub(super) fn file_bytes(&mut self, source: impl FnOnce() -> DigestSource) {
        if let Some(part) = self.file_part.and_then(|part| self.trace.parts.get_mut(part)) {
            part.source = source();
        }
    }

    /// Hands over the trace; `reader` is `None` if the body was refused unread. Only the first call counts.
    pub(super) fn finish(&mut self, reader: Option<&Reader>, refused: impl FnOnce() -> Option<RefusalRecord>) {
        let Some(request_trace) = self.request_trace.take() else { return };
        let mut trace = std::mem::take(&mut self.trace);
        if let Some(reader) = reader {
            trace.record.body_bytes = reader.position();
            trace.record.preamble_bytes = reader.preamble_bytes();
            trace.record.epilogue_bytes = reader.epilogue_bytes();
        }
        trace.record.refused = refused();
        if trace.record.refused.is_none() {
            trace.start = Vec::new();
        }
        request_trace.upload.get_or_init(|| Arc::from(trace));
    }

    /// Hands over the trace of a body that is refused unread.
    pub(super) fn refuse(&mut self, rule: &'static str, error: impl Into<ApiError>) -> ApiError {
        let error = error.into();
        self.finish(None, || Some(RefusalRecord::new(rule, 0, &error)));
        error
    }

    /// Whether the trace was handed over, or nobody wants one.
    pub(super) fn is_finished(&self) -> bool {
        self.request_trace.is_none()
    }

    fn current(&mut self) -> Option<&mut PartSeen> {
        let index = self.trace.record.part_count.checked_sub(1)?;
        self.trace.parts.get_mut(index)
    }
}
