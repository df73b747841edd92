//! Handles the parts of a form: receives the one that is a file, skips text fields, and ends the upload at the first
//! broken rule. Faults within an upload fire here, because the position is known here.

use std::sync::Arc;

use super::content_type;
use super::{Candidate, FormEvent, MultipartError, PartFacts, PartHeaders, TraceWriter};
use crate::api::{ApiError, Disposition, NamedBy, RequestPlace, UploadFault};
use crate::config::Limits;
use crate::domain::{BlobWriter, Budget, FileName, Mimetype, NameError};

/// The error for a part with an empty file name.
const EMPTY_NAME: ApiError = ApiError::InvalidName { parameter: "file", reason: NameError::Empty };

/// A form that is being received.
pub(super) struct IncomingForm<'a> {
    limits: &'a Limits,
    /// The file's bytes are charged to it. `None` if they are not kept.
    budget: Option<&'a Arc<Budget>>,
    /// Overrides the file name of the part.
    rename: Option<FileName>,
    /// The offset where the file ends if it is the last part, computed from `Content-Length`; 0 if unknown.
    expected_end: u64,
    pub(super) trace: TraceWriter,
    /// The offset from which bytes count as overhead: 0 at first, then the end of the file.
    overhead_from: u64,
    pub(super) current: CurrentPart,
    pub(super) file: Option<IncomingFile>,
    /// A part without a file name. It becomes the file if the form ends without a part that has one.
    candidate: Option<Box<Candidate>>,
    /// How many parts without a file name are not text fields.
    nameless_files: usize,
    /// A part with an empty file name and no bytes, which browsers send for an empty file input.
    empty_input: Option<PartFacts>,
    /// The fault that will fire within this upload.
    fault: Option<UploadFault>,
    /// Whether a fault has ended the upload, or is holding it.
    pub(super) in_fault: bool,
}

/// The part that is being read.
#[derive(Default)]
pub(super) struct CurrentPart {
    used_as: PartUse,
    /// The offset of its content.
    at: u64,
    /// How many bytes of its content were read.
    pub(super) bytes: u64,
}

impl CurrentPart {
    /// The offset up to which the part was read.
    fn end(&self) -> u64 {
        self.at + self.bytes
    }
}

/// How the current part is used.
#[derive(Default)]
enum PartUse {
    /// A text field, whose content does not matter.
    #[default]
    Text,
    File,
    /// It has no file name, but may be the file.
    Candidate(Box<Candidate>),
    /// It has an empty file name and, so far, no bytes.
    EmptyInput(PartFacts),
}

pub(super) struct IncomingFile {
    pub(super) name: FileName,
    pub(super) declared: Option<Mimetype>,
    /// `None` if the bytes are not kept.
    pub(super) writer: Option<BlobWriter>,
}

/// Why an upload failed, and at which byte of the body.
pub(super) struct UploadFailure {
    pub(super) error: ApiError,
    /// The name of the rule that was broken; `None` if a fault ended it.
    pub(super) rule: Option<&'static str>,
    pub(super) at: u64,
}

impl UploadFailure {
    pub(super) fn new(at: u64, rule: &'static str, error: impl Into<ApiError>) -> Self {
        Self { error: error.into(), rule: Some(rule), at }
    }

    pub(super) fn malformed(at: u64, error: MultipartError) -> Self {
        Self::new(at, error.rule(), error)
    }
}

impl<'a> IncomingForm<'a> {
    pub(super) fn new(
        limits: &'a Limits,
        budget: Option<&'a Arc<Budget>>,
        rename: Option<FileName>,
        expected_end: u64,
        trace: TraceWriter,
    ) -> Self {
        Self {
            limits,
            budget,
            rename,
            expected_end,
            trace,
            overhead_from: 0,
            current: CurrentPart::default(),
            file: None,
            candidate: None,
            nameless_files: 0,
            empty_input: None,
            fault: None,
            in_fault: false,
        }
    }

    pub(super) async fn handle(&mut self, event: FormEvent<'_>) -> Result<(), UploadFailure> {
        match event {
            FormEvent::Headers { block, at, boundary_at } => {
                self.begin_part(block, at, boundary_at)?;
                if let PartUse::File = self.current.used_as {
                    self.reach(Some(RequestPlace::PartHeaders), self.current.at).await?;
                }
                Ok(())
            }
            FormEvent::Content(bytes) => self.take(bytes).await,
            FormEvent::LastContent(bytes) => {
                self.take(bytes).await?;
                self.end_part().await
            }
        }
    }

    async fn take(&mut self, bytes: &[u8]) -> Result<(), UploadFailure> {
        if let (PartUse::EmptyInput(input), [_, ..]) = (&self.current.used_as, bytes) {
            let input = input.clone();
            self.begin_file(Err(EMPTY_NAME), input)?;
            self.reach(Some(RequestPlace::PartHeaders), self.current.at).await?;
        }
        match self.current.used_as {
            PartUse::File => self.take_file(bytes).await,
            PartUse::Candidate(_) => self.store(bytes),
            PartUse::Text | PartUse::EmptyInput(_) => {
                self.trace.pass_over(bytes);
                self.current.bytes += bytes.len() as u64;
                self.check_overhead(self.current.end())
            }
        }
    }

    async fn end_part(&mut self) -> Result<(), UploadFailure> {
        let used_as = std::mem::take(&mut self.current.used_as);
        if self.budget.is_none() {
            // Starts the hasher, so that an empty part has a digest too.
            self.trace.pass_over(&[]);
        }
        self.trace.leave_part(self.current.bytes, true);
        match used_as {
            PartUse::File => {
                self.overhead_from = self.current.end();
                return self.reach(Some(RequestPlace::BeforeClosingBoundary), self.overhead_from).await;
            }
            PartUse::Candidate(candidate) => self.end_candidate(candidate),
            PartUse::EmptyInput(input) => drop(self.empty_input.get_or_insert(input)),
            PartUse::Text => {}
        }
        self.check_overhead(self.current.end())
    }

    /// Ends a part without a file name. It is the file if it is the only part, or the only one that is not a text
    /// field.
    fn end_candidate(&mut self, candidate: Box<Candidate>) {
        let is_text = candidate.is_text();
        if is_text && self.trace.part_count() > 1 {
            return;
        }
        if !is_text {
            self.nameless_files += 1;
        }
        if self.nameless_files > 1 {
            return self.drop_candidate();
        }
        self.candidate = Some(candidate);
        self.overhead_from = self.current.end();
    }

    fn drop_candidate(&mut self) {
        if let Some(dropped) = self.candidate.take() {
            self.overhead_from = dropped.overhead_from;
        }
    }

    fn begin_part(&mut self, block: &[u8], at: u64, boundary_at: u64) -> Result<(), UploadFailure> {
        if self.candidate.as_ref().is_some_and(|candidate| candidate.is_text()) {
            self.drop_candidate();
        }
        self.check_overhead(at)?;
        let limit = self.limits.max_parts;
        if self.trace.part_count() == limit {
            return Err(UploadFailure::malformed(boundary_at, MultipartError::TooManyParts { limit }));
        }
        self.current = CurrentPart { used_as: PartUse::Text, at: at + block.len() as u64, bytes: 0 };
        let header_bytes = block.len();
        let block = PartHeaders::unfold(block);
        let headers = PartHeaders::parse(&block);
        self.trace.begin_part(boundary_at, header_bytes, self.current.at, headers.as_ref().ok());
        let headers = headers.map_err(|error| UploadFailure::malformed(at, error))?;
        let disposition = headers.disposition().map_err(|error| UploadFailure::malformed(at, error))?;
        let declared = headers.content_type.and_then(content_type::declared);
        let part = PartFacts { part: self.trace.part_count() - 1, declared, headers_at: at, boundary_at };
        if disposition.has_file_name() {
            if disposition.file_name().is_ok_and(|(name, _)| name.is_empty()) {
                self.current.used_as = PartUse::EmptyInput(part);
                return Ok(());
            }
            return self.begin_file(part_name(&disposition), part);
        }
        if self.rename.is_some() && self.file.is_none() && self.nameless_files < 2 {
            let writer = self.writer(at)?;
            let PartFacts { part, declared, .. } = part;
            let candidate = Candidate::new(part, headers.content_type, declared, writer, self.overhead_from);
            self.current.used_as = PartUse::Candidate(Box::new(candidate));
        }
        Ok(())
    }

    /// Makes the current part the file. `own_name` is the name that the part itself gives.
    fn begin_file(
        &mut self,
        own_name: Result<(FileName, NamedBy), ApiError>,
        PartFacts { part, declared, headers_at, boundary_at }: PartFacts,
    ) -> Result<(), UploadFailure> {
        if self.file.is_some() {
            return Err(UploadFailure::malformed(boundary_at, MultipartError::SeveralFiles));
        }
        self.drop_candidate();
        self.check_overhead(headers_at)?;
        let named = self.rename.clone().map_or(own_name, |name| Ok((name, NamedBy::Query)));
        let (name, named_by) = named.map_err(|error| UploadFailure::new(headers_at, "bad-name", error))?;
        self.trace.name_file(part, &name, named_by);
        let writer = self.writer(headers_at)?;
        self.fault = self.plan_fault(&name);
        self.current.used_as = PartUse::File;
        self.file = Some(IncomingFile { name, declared, writer });
        Ok(())
    }

    fn writer(&self, at: u64) -> Result<Option<BlobWriter>, UploadFailure> {
        let expected_bytes = self.expected_end.saturating_sub(self.current.at);
        let writer = self.budget.map(|budget| BlobWriter::new(budget, expected_bytes)).transpose();
        writer.map_err(|error| UploadFailure::new(at, "memory-full", error))
    }

    fn plan_fault(&self, name: &FileName) -> Option<UploadFault> {
        let request = self.trace.request_trace.as_ref().filter(|_| self.budget.is_some());
        request.and_then(|request| request.upload_fault(name.as_str(), self.trace.parts()))
    }

    /// Call this at the end of the form. If no part had a file name, this picks the nameless part that is the file. A
    /// fault planned for a point within that file fires now, because only now it is clear which part is the file.
    pub(super) fn settle(&mut self, end: u64) -> Result<(), UploadFailure> {
        if self.file.is_some() {
            return Ok(());
        }
        let (part, declared, writer, bytes) = match (self.candidate.take(), self.empty_input.take()) {
            (Some(candidate), _) => {
                let Candidate { part, declared, writer, bytes, .. } = *candidate;
                (part, declared, writer, bytes)
            }
            (None, Some(input)) if self.rename.is_some() => {
                (input.part, input.declared, self.writer(input.headers_at)?, 0)
            }
            (None, Some(input)) => return Err(UploadFailure::new(input.headers_at, "bad-name", EMPTY_NAME)),
            (None, None) => return Err(UploadFailure::malformed(end, MultipartError::NoFile)),
        };
        let Some(name) = self.rename.take() else { return Ok(()) };
        self.trace.name_file(part, &name, NamedBy::Query);
        let is_reached =
            |fault: &UploadFault| !matches!(fault.at, Some(RequestPlace::AfterFileBytes(at)) if at > bytes);
        let fault = self.plan_fault(&name).filter(is_reached);
        self.fault = fault.map(|fault| UploadFault { at: None, ..fault });
        self.file = Some(IncomingFile { name, declared, writer });
        Ok(())
    }

    /// Takes bytes of the file. Stops at the byte where a fault fires.
    async fn take_file(&mut self, bytes: &[u8]) -> Result<(), UploadFailure> {
        let Some(UploadFault { at: Some(RequestPlace::AfterFileBytes(stop)), .. }) = self.fault else {
            return self.store(bytes);
        };
        let before = stop.checked_sub(self.current.bytes).and_then(|before| usize::try_from(before).ok());
        let Some((before, after)) = before.and_then(|before| bytes.split_at_checked(before)) else {
            return self.store(bytes);
        };
        self.store(before)?;
        self.reach(Some(RequestPlace::AfterFileBytes(stop)), self.current.at + stop).await?;
        self.store(after)
    }

    fn store(&mut self, bytes: &[u8]) -> Result<(), UploadFailure> {
        let limit_bytes = self.limits.max_file_bytes;
        let room = usize::try_from(limit_bytes - self.current.bytes).unwrap_or(usize::MAX);
        let (within, beyond) = bytes.split_at(bytes.len().min(room));
        let at = self.current.end();
        let writer = match &mut self.current.used_as {
            PartUse::Candidate(candidate) => {
                candidate.see(within);
                // Hash the bytes as well, because the candidate may not be stored in the end.
                self.trace.pass_over(within);
                candidate.writer.as_mut()
            }
            PartUse::File | PartUse::Text | PartUse::EmptyInput(_) => {
                let writer = self.file.as_mut().and_then(|file| file.writer.as_mut());
                if writer.is_none() {
                    self.trace.pass_over(within);
                }
                writer
            }
        };
        writer
            .map_or(Ok(()), |writer| writer.push(within))
            .map_err(|error| UploadFailure::new(at, "memory-full", error))?;
        self.current.bytes += within.len() as u64;
        if beyond.is_empty() {
            return Ok(());
        }
        let end = self.current.at + limit_bytes;
        Err(UploadFailure::new(end, "file-too-large", ApiError::FileTooLarge { limit_bytes }))
    }

    /// Fails if the body, read up to `position`, has too many bytes besides the file.
    pub(super) fn check_overhead(&self, position: u64) -> Result<(), UploadFailure> {
        let limit_bytes = self.limits.max_form_overhead_bytes;
        let end = self.overhead_from.saturating_add(limit_bytes);
        if matches!(self.current.used_as, PartUse::File | PartUse::Candidate(_)) || position <= end {
            return Ok(());
        }
        Err(UploadFailure::malformed(end, MultipartError::OverheadTooLarge { limit_bytes }))
    }

    /// The upload has reached `position`, at byte `at` of the body. Runs the fault planned for it, if there is one.
    pub(super) async fn reach(&mut self, position: Option<RequestPlace>, at: u64) -> Result<(), UploadFailure> {
        let Some(fault) = self.fault.take_if(|fault| fault.at == position) else { return Ok(()) };
        self.in_fault = true;
        fault.action.await.map_err(|error| UploadFailure { error, rule: None, at })?;
        self.in_fault = false;
        Ok(())
    }
}

fn part_name(disposition: &Disposition) -> Result<(FileName, NamedBy), ApiError> {
    let name = disposition.file_name().and_then(|(name, by)| Ok((FileName::from_path(&name)?, by)));
    name.map_err(|reason| ApiError::InvalidName { parameter: "file", reason })
}
