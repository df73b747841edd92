//! Handles the parts of a form: receives the one that is a file, skips text fields, and ends the upload at the first
//! broken rule. Faults within an upload strike here, because the position is known here.

use std::sync::Arc;

use axum::body::Body;
use http_body_util::BodyExt;

use super::content_type;
use super::digest::DigestSource;
use super::error::MultipartError;
use super::part::PartHeaders;
use super::reader::{FormError, FormEvent, Reader};
use super::trace::RefusalRecord;
use super::trace_writer::TraceWriter;
use crate::api::disposition::{Disposition, NamedBy};
use crate::api::error::ApiError;
use crate::api::trace::{UploadFault, UploadPosition};
use crate::config::Limits;
use crate::connection::Interrupted;
use crate::domain::blob::BlobWriter;
use crate::domain::budget::Budget;
use crate::domain::file::{FileName, Mimetype, NewFile};

/// A body that is being read. If it is dropped before the end, because the client went away, the trace is handed over
/// all the same.
pub(super) struct UploadReading<'a> {
    pub(super) reader: Reader,
    pub(super) form: IncomingForm<'a>,
}

/// What is known of a form so far.
pub(super) struct IncomingForm<'a> {
    limits: &'a Limits,
    /// Pays for the file's bytes. `None` if they are not kept.
    budget: Option<&'a Arc<Budget>>,
    /// Overrides the file name of the part.
    rename: Option<FileName>,
    /// Where the file ends in the body if it is the last part, by `Content-Length`; 0 if that is unknown.
    expected_end: u64,
    trace: TraceWriter,
    /// Where the bytes began that count as overhead: at 0, and again at the end of the file.
    overhead_from: u64,
    current: CurrentPart,
    file: Option<IncomingFile>,
    /// The fault that will strike this upload.
    fault: Option<UploadFault>,
    /// Whether a fault has ended the upload, or is holding it.
    is_struck: bool,
}

/// The part that is being read.
#[derive(Default)]
struct CurrentPart {
    is_file: bool,
    /// The offset of its content.
    at: u64,
    /// How much of its content was read.
    bytes: u64,
}

impl CurrentPart {
    /// The offset up to which it was read.
    fn end(&self) -> u64 {
        self.at + self.bytes
    }
}

struct IncomingFile {
    name: FileName,
    declared: Option<Mimetype>,
    /// `None` if the bytes are not kept.
    writer: Option<BlobWriter>,
}

/// Why an upload failed, and at which byte of the body.
struct UploadFailure {
    error: ApiError,
    /// The name of the rule that was broken; `None` if a fault ended it.
    rule: Option<&'static str>,
    at: u64,
}

impl UploadFailure {
    fn new(at: u64, rule: &'static str, error: impl Into<ApiError>) -> Self {
        Self { error: error.into(), rule: Some(rule), at }
    }

    fn malformed(at: u64, error: MultipartError) -> Self {
        Self::new(at, error.rule(), error)
    }
}

impl UploadReading<'_> {
    /// Reads the body to its end. The file, or `None` if its bytes are not kept.
    pub(super) async fn run(mut self, body: Body) -> Result<Option<NewFile>, ApiError> {
        match self.read(body).await {
            Ok(()) => Ok(self.accept()),
            Err(failure) => Err(self.refuse(failure)),
        }
    }

    async fn read(&mut self, mut body: Body) -> Result<(), UploadFailure> {
        let Self { reader, form } = self;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| cut_off(reader, Some(&error)))?;
            let Ok(data) = frame.into_data() else { continue };
            let mut piece = &data[..];
            loop {
                match reader.next(&mut piece) {
                    Ok(Some(event)) => form.handle(event).await?,
                    Ok(None) => break,
                    Err(broken) => return Err(UploadFailure::malformed(reader.position(), form.reason(broken))),
                }
            }
            form.check_overhead(reader.position())?;
        }
        let end = reader.position();
        reader.end().map_err(|broken| UploadFailure::malformed(end, form.reason(broken)))?;
        if form.file.is_none() {
            return Err(UploadFailure::malformed(end, MultipartError::NoFile));
        }
        form.reach(UploadPosition::BodyRead, end).await
    }

    fn accept(&mut self) -> Option<NewFile> {
        let stored = self.form.file.take().and_then(|file| {
            let blob = file.writer?.finish();
            self.form.trace.file_bytes(|| DigestSource::stored(&blob));
            Some(NewFile::new(file.name, file.declared, blob))
        });
        self.form.trace.finish(Some(&self.reader), || None);
        stored
    }

    fn refuse(&mut self, failure: UploadFailure) -> ApiError {
        let UploadFailure { error, rule, at } = failure;
        // A fault breaks no rule.
        self.finish(|| rule.map(|rule| RefusalRecord::new(rule, at, &error)));
        error
    }

    fn finish(&mut self, refused: impl FnOnce() -> Option<RefusalRecord>) {
        let form = &mut self.form;
        if let Some(writer) = form.file.take().and_then(|file| file.writer) {
            form.trace.file_bytes(|| DigestSource::refused(writer.finish()));
        }
        form.trace.break_part(form.current.bytes);
        form.trace.finish(Some(&self.reader), refused);
    }
}

impl Drop for UploadReading<'_> {
    fn drop(&mut self) {
        if self.form.trace.is_finished() {
            return;
        }
        if self.form.is_struck {
            self.finish(|| None);
        } else {
            self.refuse(cut_off(&self.reader, None));
        }
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
            fault: None,
            is_struck: false,
        }
    }

    async fn handle(&mut self, event: FormEvent<'_>) -> Result<(), UploadFailure> {
        match event {
            FormEvent::Headers { block, at, boundary_at } => {
                self.begin_part(block, at, boundary_at)?;
                if self.current.is_file {
                    self.reach(UploadPosition::PartHeaders, self.current.at).await?;
                }
                Ok(())
            }
            FormEvent::Content(bytes) if self.current.is_file => self.take_file(bytes).await,
            FormEvent::Content(bytes) => {
                self.skip_text(bytes);
                self.check_overhead(self.current.end())
            }
            FormEvent::LastContent(bytes) if self.current.is_file => {
                self.take_file(bytes).await?;
                self.end_file();
                self.reach(UploadPosition::BeforeClosingBoundary, self.overhead_from).await
            }
            FormEvent::LastContent(bytes) => {
                self.skip_text(bytes);
                self.trace.end_part(self.current.bytes);
                self.check_overhead(self.current.end())
            }
        }
    }

    fn begin_part(&mut self, block: &[u8], at: u64, boundary_at: u64) -> Result<(), UploadFailure> {
        self.check_overhead(at)?;
        let limit = self.limits.max_parts;
        if self.trace.part_count() == limit {
            return Err(UploadFailure::malformed(boundary_at, MultipartError::TooManyParts { limit }));
        }
        self.current = CurrentPart { is_file: false, at: at + block.len() as u64, bytes: 0 };
        let header_bytes = block.len();
        let block = PartHeaders::unfold(block);
        let headers = PartHeaders::parse(&block);
        self.trace.begin_part(boundary_at, header_bytes, self.current.at, headers.as_ref().ok());
        let headers = headers.map_err(|error| UploadFailure::malformed(at, error.into()))?;
        let disposition = headers.disposition().map_err(|error| UploadFailure::malformed(at, error))?;
        if !disposition.has_file_name() {
            return Ok(());
        }
        if self.file.is_some() {
            return Err(UploadFailure::malformed(boundary_at, MultipartError::SeveralFiles));
        }
        self.begin_file(&headers, &disposition, at)
    }

    fn begin_file(
        &mut self,
        headers: &PartHeaders<'_>,
        disposition: &Disposition,
        at: u64,
    ) -> Result<(), UploadFailure> {
        let (name, named_by) = match self.rename.take() {
            Some(name) => (name, NamedBy::Query),
            None => part_name(disposition).map_err(|error| UploadFailure::new(at, "bad-name", error))?,
        };
        self.trace.name_file(&name, named_by);
        let expected_bytes = self.expected_end.saturating_sub(self.current.at);
        let writer = self.budget.map(|budget| BlobWriter::new(budget, expected_bytes)).transpose();
        let writer = writer.map_err(|error| UploadFailure::new(at, "memory-full", error))?;
        if self.budget.is_some() {
            self.fault = self.trace.request_trace().and_then(|trace| trace.upload_fault(name.as_str()));
        }
        let declared = headers.content_type.and_then(content_type::declared);
        self.current.is_file = true;
        self.file = Some(IncomingFile { name, declared, writer });
        Ok(())
    }

    /// Takes bytes of the file. Stops at the byte where a fault strikes.
    async fn take_file(&mut self, bytes: &[u8]) -> Result<(), UploadFailure> {
        let Some(UploadFault { at: UploadPosition::FileBytes(stop), .. }) = self.fault else {
            return self.store(bytes);
        };
        let before = stop.checked_sub(self.current.bytes).and_then(|before| usize::try_from(before).ok());
        let Some((before, after)) = before.and_then(|before| bytes.split_at_checked(before)) else {
            return self.store(bytes);
        };
        self.store(before)?;
        self.reach(UploadPosition::FileBytes(stop), self.current.at + stop).await?;
        self.store(after)
    }

    fn store(&mut self, bytes: &[u8]) -> Result<(), UploadFailure> {
        let limit_bytes = self.limits.max_file_bytes;
        let room = usize::try_from(limit_bytes - self.current.bytes).unwrap_or(usize::MAX);
        let (within, beyond) = bytes.split_at(bytes.len().min(room));
        let at = self.current.end();
        match self.file.as_mut().and_then(|file| file.writer.as_mut()) {
            Some(writer) => {
                writer.push(within).map_err(|error| UploadFailure::new(at, "memory-full", error))?;
            }
            None => self.trace.pass_over(within),
        }
        self.current.bytes += within.len() as u64;
        if beyond.is_empty() {
            return Ok(());
        }
        let end = self.current.at + limit_bytes;
        Err(UploadFailure::new(end, "file-too-large", ApiError::FileTooLarge { limit_bytes }))
    }

    fn end_file(&mut self) {
        if self.budget.is_none() {
            // An empty file has a digest, too.
            self.trace.pass_over(&[]);
        }
        self.trace.end_part(self.current.bytes);
        self.current.is_file = false;
        self.overhead_from = self.current.end();
    }

    fn skip_text(&mut self, bytes: &[u8]) {
        self.trace.pass_over(bytes);
        self.current.bytes += bytes.len() as u64;
    }

    /// Refuses a body that has too much beside the file, if it was read up to `position`.
    fn check_overhead(&self, position: u64) -> Result<(), UploadFailure> {
        let limit_bytes = self.limits.max_form_overhead_bytes;
        let end = self.overhead_from.saturating_add(limit_bytes);
        if self.current.is_file || position <= end {
            return Ok(());
        }
        Err(UploadFailure::malformed(end, MultipartError::OverheadTooLarge { limit_bytes }))
    }

    /// The upload is at `position`, which is the byte `at` of the body: a fault that is planned for it strikes now.
    async fn reach(&mut self, position: UploadPosition, at: u64) -> Result<(), UploadFailure> {
        let Some(fault) = self.fault.take_if(|fault| fault.at == position) else { return Ok(()) };
        self.is_struck = true;
        fault.strike.await.map_err(|error| UploadFailure { error, rule: None, at })?;
        self.is_struck = false;
        Ok(())
    }

    fn reason(&self, broken: FormError) -> MultipartError {
        match broken {
            FormError::BoundaryLine => MultipartError::BoundaryLine,
            FormError::HeadersTooLarge => {
                MultipartError::PartHeadersTooLarge { limit_bytes: self.limits.max_part_header_bytes }
            }
            FormError::CutOff => MultipartError::CutOff,
        }
    }
}

/// The body did not arrive whole. Without an error, because the client went away.
fn cut_off(reader: &Reader, error: Option<&axum::Error>) -> UploadFailure {
    let at = reader.position();
    match error.and_then(|error| Interrupted::cause_of(error)) {
        Some(interrupted) => UploadFailure::new(at, "stalled", interrupted),
        None if reader.is_closed() => UploadFailure::new(at, "cut-off", ApiError::BodyCutOff),
        None => UploadFailure::new(at, "cut-off", MultipartError::CutOff),
    }
}

fn part_name(disposition: &Disposition) -> Result<(FileName, NamedBy), ApiError> {
    let name = disposition.file_name().and_then(|(name, by)| Ok((FileName::from_path(&name)?, by)));
    name.map_err(|reason| ApiError::InvalidName { parameter: "file", reason })
}
