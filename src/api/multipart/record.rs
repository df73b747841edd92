//! Takes down what is found in a body while it is read, and leaves it with the exchange.

use std::sync::Arc;

use super::autopsy::{Autopsy, End, MAX_PARTS, PartSeen};
use super::digest::{RunningDigest, Source};
use super::reader::Reader;
use super::rule::Rule;
use crate::api::disposition::NamedBy;
use crate::api::error::ApiError;
use crate::api::trace::RequestTrace;
use crate::domain::file::FileName;

/// The notes on a body that is being read.
pub(super) struct Record {
    /// Who will be told; `None` where nobody will ask, and then nothing is taken down.
    exchange: Option<Arc<RequestTrace>>,
    autopsy: Autopsy,
    /// Of the part that is being read, if its bytes are not kept.
    digest: RunningDigest,
    /// Which of the parts is the file.
    file_part: Option<usize>,
}

impl Record {
    /// Of a body that nothing was read of yet.
    pub(super) fn new(exchange: Option<Arc<RequestTrace>>) -> Self {
        Self { exchange, autopsy: Autopsy::default(), digest: RunningDigest::default(), file_part: None }
    }

    /// Who will be told.
    pub(super) fn exchange(&self) -> Option<&Arc<RequestTrace>> {
        self.exchange.as_ref()
    }

    /// The headers of a part were read.
    pub(super) fn begin_part(&mut self, boundary_at: u64, block: &[u8], content_at: u64) {
        self.autopsy.part_count += 1;
        if self.exchange.is_some() && self.autopsy.part_count <= MAX_PARTS {
            self.autopsy.parts.push(PartSeen::new(boundary_at, block, content_at));
        }
    }

    /// How many parts were begun.
    pub(super) fn part_count(&self) -> usize {
        self.autopsy.part_count
    }

    /// The part that is being read is the file, and so it is called.
    pub(super) fn name_file(&mut self, name: &FileName, by: NamedBy) {
        if self.exchange.is_some() {
            self.autopsy.name = Some((name.clone(), by));
            self.file_part = self.autopsy.part_count.checked_sub(1).filter(|part| *part < MAX_PARTS);
        }
    }

    /// Some of the part was read, and is not kept.
    pub(super) fn pass_over(&mut self, bytes: &[u8]) {
        if self.current().is_some() {
            self.digest.push(bytes);
        }
    }

    /// The rest of the part was read, and is not kept.
    pub(super) fn pass_over_last(&mut self, bytes: &[u8]) {
        let digest = std::mem::take(&mut self.digest);
        if let Some(part) = self.current() {
            part.source = Source::hashed(digest.finish(bytes));
        }
    }

    /// The part has so many bytes, and ended.
    pub(super) fn end_part(&mut self, bytes: u64) {
        if let Some(part) = self.current() {
            part.bytes = bytes;
            part.is_whole = true;
        }
    }

    /// The part has so many bytes so far, and will not end.
    pub(super) fn break_part(&mut self, bytes: u64) {
        let digest = std::mem::take(&mut self.digest);
        if let Some(part) = self.current().filter(|part| !part.is_whole) {
            part.bytes = bytes;
            if digest.has_begun() {
                part.source = Source::hashed(digest.finish(&[]));
            }
        }
    }

    /// What became of the bytes of the file. They are made only if somebody will ask.
    pub(super) fn file_bytes(&mut self, source: impl FnOnce() -> Source) {
        if let Some(part) = self.file_part.and_then(|part| self.autopsy.parts.get_mut(part)) {
            part.source = source();
        }
    }

    /// The reading ended. What comes later is not taken down.
    pub(super) fn finish(&mut self, reader: Option<&Reader>, end: impl FnOnce() -> End) {
        let Some(exchange) = self.exchange.take() else { return };
        let mut autopsy = std::mem::take(&mut self.autopsy);
        if let Some(reader) = reader {
            autopsy.body_bytes = reader.position();
            autopsy.preamble_bytes = reader.preamble_bytes();
            autopsy.epilogue_bytes = reader.epilogue_bytes();
        }
        autopsy.end = end();
        exchange.learn_upload(autopsy);
    }

    /// The upload is refused before anything of it was read.
    pub(super) fn refuse(&mut self, rule: Rule, error: impl Into<ApiError>) -> ApiError {
        let error = error.into();
        self.finish(None, || End::refused(rule, 0, &error));
        error
    }

    /// Whether the reading ended.
    pub(super) fn is_finished(&self) -> bool {
        self.exchange.is_none()
    }

    fn current(&mut self) -> Option<&mut PartSeen> {
        let index = self.autopsy.part_count.checked_sub(1)?;
        self.autopsy.parts.get_mut(index)
    }
}
