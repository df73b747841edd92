//! What the parts of a form mean: the one that is a file is received, text is passed over, and whatever breaks a rule
//! ends the upload. Faults strike here, because here is known where the upload stands.

use std::sync::Arc;

use axum::body::Body;
use http_body_util::BodyExt;

use super::autopsy::End;
use super::digest::Source;
use super::error::MultipartError;
use super::part::PartHeaders;
use super::reader::{Broken, Event, Reader};
use super::record::Record;
use super::rule::Rule;
use crate::api::disposition::{Disposition, NamedBy};
use crate::api::error::ApiError;
use crate::api::trace::{UploadFault, UploadPosition};
use crate::config::Limits;
use crate::connection::Interrupted;
use crate::domain::blob::{BlobWriter, Budget};
use crate::domain::file::{FileName, Mimetype, NewFile};

/// A body that is being read. Dropped before its end, it still leaves behind what was found.
pub(super) struct Reading<'a> {
    pub(super) reader: Reader,
    pub(super) form: Form<'a>,
}

/// What is known of a form so far.
pub(super) struct Form<'a> {
    pub(super) limits: &'a Limits,
    /// Where the file's bytes go; `None` where they are only looked at.
    pub(super) budget: Option<&'a Arc<Budget>>,
    /// What the file is to be called, whatever its part says.
    pub(super) rename: Option<FileName>,
    pub(super) announced_bytes: Option<u64>,
    /// What ends the body behind the file, if that is the last part.
    pub(super) closing_bytes: u64,
    pub(super) record: Record,
    /// Where the bytes begin that are no file: with the body, and again behind the file.
    pub(super) beside_from: u64,
    pub(super) current: Current,
    pub(super) file: Option<IncomingFile>,
    /// What waits for the file.
    pub(super) fault: Option<UploadFault>,
    /// Whether a fault has ended the upload, or holds it.
    pub(super) is_struck: bool,
}

/// The part that is being read.
#[derive(Default)]
pub(super) struct Current {
    kind: Kind,
    /// Where its content begins.
    at: u64,
    /// How much of it was read.
    bytes: u64,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Kind {
    /// A text field, or no part at all.
    #[default]
    Text,
    File,
}

pub(super) struct IncomingFile {
    name: FileName,
    declared: Option<Mimetype>,
    /// `None` where the bytes are only looked at.
    writer: Option<BlobWriter>,
}

/// How an upload ended that failed, and at which byte of the body.
struct Ended {
    error: ApiError,
    /// `None`: a fault ended it.
    rule: Option<Rule>,
    at: u64,
}

impl Ended {
    fn new(at: u64, rule: Rule, error: impl Into<ApiError>) -> Self {
        Self { error: error.into(), rule: Some(rule), at }
    }

    fn malformed(at: u64, error: MultipartError) -> Self {
        Self::new(at, Rule::from(&error), error)
    }
}

impl Reading<'_> {
    /// Reads the body to its end. The file; `None` if its bytes were only looked at.
    pub(super) async fn run(mut self, body: Body) -> Result<Option<NewFile>, ApiError> {
        match self.read(body).await {
            Ok(()) => Ok(self.accept()),
            Err(ended) => Err(self.refuse(ended)),
        }
    }

    async fn read(&mut self, mut body: Body) -> Result<(), Ended> {
        let Self { reader, form } = self;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| cut_off(reader, Some(&error)))?;
            let Ok(data) = frame.into_data() else { continue };
            let mut piece = &data[..];
            loop {
                match reader.next(&mut piece) {
                    Ok(Some(event)) => form.handle(event).await?,
                    Ok(None) => break,
                    Err(broken) => return Err(Ended::malformed(reader.position(), form.reason(broken))),
                }
            }
            form.check_beside(reader.position())?;
        }
        let end = reader.position();
        reader.end().map_err(|broken| Ended::malformed(end, form.reason(broken)))?;
        if form.file.is_none() {
            return Err(Ended::malformed(end, MultipartError::NoFile));
        }
        form.reach(UploadPosition::BodyRead, end).await
    }

    fn accept(&mut self) -> Option<NewFile> {
        let stored = self.form.file.take().and_then(|file| {
            let blob = file.writer?.finish();
            self.form.record.file_bytes(|| Source::stored(&blob));
            Some(NewFile::new(file.name, file.declared, blob))
        });
        self.form.record.finish(Some(&self.reader), || End::Accepted);
        stored
    }

    fn refuse(&mut self, ended: Ended) -> ApiError {
        let Ended { error, rule, at } = ended;
        let refusal = || match rule {
            Some(rule) => End::refused(rule, at, &error),
            None => End::Struck,
        };
        self.finish(refusal);
        error
    }

    fn finish(&mut self, end: impl FnOnce() -> End) {
        let form = &mut self.form;
        if let Some(writer) = form.file.take().and_then(|file| file.writer) {
            form.record.file_bytes(|| Source::refused(writer.finish()));
        }
        form.record.break_part(form.current.bytes);
        form.record.finish(Some(&self.reader), end);
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        if self.form.record.is_finished() {
            return;
        }
        if self.form.is_struck {
            self.finish(|| End::Struck);
        } else {
            self.refuse(cut_off(&self.reader, None));
        }
    }
}

impl Form<'_> {
    async fn handle(&mut self, event: Event<'_>) -> Result<(), Ended> {
        match event {
            Event::Headers { block, at, boundary_at } => {
                self.begin_part(block, at, boundary_at)?;
                match self.current.kind {
                    Kind::File => self.reach(UploadPosition::PartHeaders, self.current.at).await,
                    Kind::Text => Ok(()),
                }
            }
            Event::Content(bytes) => match self.current.kind {
                Kind::File => self.take_file(bytes).await,
                Kind::Text => self.pass_over(bytes),
            },
            Event::LastContent(bytes) => match self.current.kind {
                Kind::File => {
                    self.take_file(bytes).await?;
                    self.end_file();
                    self.reach(UploadPosition::BeforeClosingBoundary, self.beside_from).await
                }
                Kind::Text => self.pass_over_last(bytes),
            },
        }
    }

    fn begin_part(&mut self, block: &[u8], at: u64, boundary_at: u64) -> Result<(), Ended> {
        self.check_beside(at)?;
        let limit = self.limits.max_parts;
        if self.record.part_count() == limit {
            return Err(Ended::malformed(boundary_at, MultipartError::TooManyParts { limit }));
        }
        self.current = Current { kind: Kind::Text, at: at + block.len() as u64, bytes: 0 };
        self.record.begin_part(boundary_at, block, self.current.at);
        let headers = PartHeaders::parse(block).map_err(|error| Ended::malformed(at, error))?;
        match headers.file().map_err(|error| Ended::malformed(at, error))? {
            None => Ok(()),
            Some(_) if self.file.is_some() => Err(Ended::malformed(boundary_at, MultipartError::SeveralFiles)),
            Some(disposition) => self.begin_file(&headers, &disposition, at),
        }
    }

    fn begin_file(&mut self, headers: &PartHeaders<'_>, disposition: &Disposition<'_>, at: u64) -> Result<(), Ended> {
        let (name, named_by) = match self.rename.take() {
            Some(name) => (name, NamedBy::Query),
            None => part_name(disposition).map_err(|error| Ended::new(at, Rule::BadName, error))?,
        };
        self.record.name_file(&name, named_by);
        let ahead = self.current.at + self.closing_bytes;
        let expected_bytes = self.announced_bytes.map_or(0, |length| length.saturating_sub(ahead));
        let writer = self.budget.map(|budget| BlobWriter::new(budget, expected_bytes)).transpose();
        let writer = writer.map_err(|error| Ended::new(at, Rule::MemoryFull, error))?;
        if self.budget.is_some() {
            self.fault = self.record.exchange().and_then(|exchange| exchange.upload_fault(name.as_str()));
        }
        let declared = headers.declared_type().and_then(Mimetype::declared);
        self.current.kind = Kind::File;
        self.file = Some(IncomingFile { name, declared, writer });
        Ok(())
    }

    /// Takes bytes of the file, with a stop at the one that a fault waits for.
    async fn take_file(&mut self, bytes: &[u8]) -> Result<(), Ended> {
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

    fn store(&mut self, bytes: &[u8]) -> Result<(), Ended> {
        let limit_bytes = self.limits.max_file_bytes;
        let room = usize::try_from(limit_bytes - self.current.bytes).unwrap_or(usize::MAX);
        let (within, beyond) = bytes.split_at(bytes.len().min(room));
        let at = self.current.at + self.current.bytes;
        match self.file.as_mut().and_then(|file| file.writer.as_mut()) {
            Some(writer) => writer.push(within).map_err(|error| Ended::new(at, Rule::MemoryFull, error))?,
            None => self.record.pass_over(within),
        }
        self.current.bytes += within.len() as u64;
        if beyond.is_empty() {
            return Ok(());
        }
        let end = self.current.at + limit_bytes;
        Err(Ended::new(end, Rule::FileTooLarge, ApiError::FileTooLarge { limit_bytes }))
    }

    fn end_file(&mut self) {
        if self.budget.is_none() {
            self.record.pass_over_last(&[]);
        }
        self.record.end_part(self.current.bytes);
        self.current.kind = Kind::Text;
        self.beside_from = self.current.at + self.current.bytes;
    }

    fn pass_over(&mut self, bytes: &[u8]) -> Result<(), Ended> {
        self.record.pass_over(bytes);
        self.current.bytes += bytes.len() as u64;
        self.check_beside(self.current.at + self.current.bytes)
    }

    fn pass_over_last(&mut self, bytes: &[u8]) -> Result<(), Ended> {
        self.record.pass_over_last(bytes);
        self.current.bytes += bytes.len() as u64;
        self.record.end_part(self.current.bytes);
        self.check_beside(self.current.at + self.current.bytes)
    }

    /// Refuses a body with too much in it that is no file, if it goes to `position` now.
    fn check_beside(&self, position: u64) -> Result<(), Ended> {
        let limit_bytes = self.limits.max_form_overhead_bytes;
        let end = self.beside_from.saturating_add(limit_bytes);
        if self.current.kind == Kind::File || position <= end {
            return Ok(());
        }
        Err(Ended::malformed(end, MultipartError::OverheadTooLarge { limit_bytes }))
    }

    /// The upload stands at `position`; a fault that waits for it there strikes.
    async fn reach(&mut self, position: UploadPosition, at: u64) -> Result<(), Ended> {
        let Some(fault) = self.fault.take_if(|fault| fault.at == position) else { return Ok(()) };
        self.is_struck = true;
        fault.strike.strike().await.map_err(|error| Ended { error, rule: None, at })?;
        self.is_struck = false;
        Ok(())
    }

    fn reason(&self, broken: Broken) -> MultipartError {
        match broken {
            Broken::BoundaryLine => MultipartError::BoundaryLine,
            Broken::HeadersTooLarge => {
                MultipartError::PartHeadersTooLarge { limit_bytes: self.limits.max_part_header_bytes }
            }
            Broken::CutOff => MultipartError::CutOff,
        }
    }
}

/// The body did not arrive whole; without an error, because its client went away.
fn cut_off(reader: &Reader, error: Option<&axum::Error>) -> Ended {
    let at = reader.position();
    match error.and_then(|error| Interrupted::cause_of(error)) {
        Some(interrupted) => Ended::new(at, Rule::Stalled, interrupted),
        None if reader.is_closed() => Ended::new(at, Rule::CutOff, ApiError::BodyCutOff),
        None => Ended::new(at, Rule::CutOff, MultipartError::CutOff),
    }
}

fn part_name(disposition: &Disposition<'_>) -> Result<(FileName, NamedBy), ApiError> {
    let name = disposition.file_name().and_then(|(name, by)| Ok((FileName::from_path(&name)?, by)));
    name.map_err(|reason| ApiError::InvalidName { parameter: "file", reason })
}
