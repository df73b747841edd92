//! What the parts of a form mean: the one that is a file is received, text is passed over, and whatever breaks a rule
//! ends the upload.

use std::sync::Arc;

use axum::body::Body;
use http_body_util::BodyExt;

use super::MultipartError;
use super::part::PartHeaders;
use super::reader::{Broken, Event, Reader};
use crate::api::disposition::Disposition;
use crate::api::error::ApiError;
use crate::config::Limits;
use crate::domain::blob::{Blob, BlobWriter, Budget};
use crate::domain::file::{FileName, NewFile};

/// A form that is being read.
pub(super) struct Form<'a> {
    limits: &'a Limits,
    budget: &'a Arc<Budget>,
    /// What the file is to be called, whatever its part says.
    rename: Option<FileName>,
    announced_bytes: Option<u64>,
    parts: usize,
    /// Where the bytes begin that are no file: with the body, and again behind the file.
    beside_from: u64,
    current: Current,
    file: Option<IncomingFile>,
}

/// The part that is being read.
struct Current {
    kind: Kind,
    /// Where its content begins.
    at: u64,
    /// How much of it was read.
    bytes: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    File,
}

struct IncomingFile {
    name: FileName,
    declared_type: Option<Box<str>>,
    writer: BlobWriter,
}

/// How an upload ended that failed, and at which byte of the body.
struct Ended {
    error: ApiError,
    at: u64,
}

impl Ended {
    fn new(at: u64, error: impl Into<ApiError>) -> Self {
        Self { error: error.into(), at }
    }
}

impl<'a> Form<'a> {
    pub(super) fn new(
        limits: &'a Limits,
        budget: &'a Arc<Budget>,
        rename: Option<FileName>,
        announced_bytes: Option<u64>,
    ) -> Self {
        let current = Current { kind: Kind::Text, at: 0, bytes: 0 };
        Self { limits, budget, rename, announced_bytes, parts: 0, beside_from: 0, current, file: None }
    }

    /// Reads the body to its end.
    pub(super) async fn read(mut self, boundary: &str, body: Body) -> Result<NewFile, ApiError> {
        let mut reader = Reader::new(boundary, self.limits.max_part_header_bytes);
        let read = self.read_body(&mut reader, body).await;
        read.map_err(|ended| ended.error)?;
        self.file
            .map(|file| NewFile::new(file.name, file.declared_type.as_deref(), file.writer.finish()))
            .ok_or_else(|| MultipartError::NoFile.into())
    }

    async fn read_body(&mut self, reader: &mut Reader, mut body: Body) -> Result<(), Ended> {
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Ended::new(reader.position(), cut_off(reader)))?;
            let Ok(data) = frame.into_data() else { continue };
            let mut piece = &data[..];
            loop {
                match reader.next(&mut piece) {
                    Ok(Some(event)) => self.handle(event).await?,
                    Ok(None) => break,
                    Err(broken) => return Err(Ended::new(reader.position(), self.reason(broken))),
                }
            }
            self.check_beside(reader.position())?;
        }
        reader.end().map_err(|broken| Ended::new(reader.position(), self.reason(broken)))
    }

    async fn handle(&mut self, event: Event<'_>) -> Result<(), Ended> {
        match event {
            Event::Headers { block, at, boundary_at } => self.begin_part(block, at, boundary_at),
            Event::Content(bytes) => self.take_content(bytes),
            Event::LastContent(bytes) => {
                self.take_content(bytes)?;
                self.end_part();
                Ok(())
            }
        }
    }

    fn begin_part(&mut self, block: &[u8], at: u64, boundary_at: u64) -> Result<(), Ended> {
        self.check_beside(at)?;
        self.parts += 1;
        let limit = self.limits.max_parts;
        if self.parts > limit {
            return Err(Ended::new(boundary_at, MultipartError::TooManyParts { limit }));
        }
        self.current = Current { kind: Kind::Text, at: at + block.len() as u64, bytes: 0 };
        let headers = PartHeaders::parse(block).map_err(|error| Ended::new(at, error))?;
        let Some(disposition) = headers.file().map_err(|error| Ended::new(at, error))? else { return Ok(()) };
        if self.file.is_some() {
            return Err(Ended::new(boundary_at, MultipartError::SeveralFiles));
        }
        let name = self.rename.clone().map_or_else(|| part_name(&disposition), Ok);
        let name = name.map_err(|error| Ended::new(at, error))?;
        let expected_bytes = self.announced_bytes.map_or(0, |length| length.saturating_sub(self.current.at));
        let writer = BlobWriter::new(self.budget, expected_bytes).map_err(|error| Ended::new(at, error))?;
        let declared_type = headers.declared_type().map(Box::from);
        self.current.kind = Kind::File;
        self.file = Some(IncomingFile { name, declared_type, writer });
        Ok(())
    }

    fn take_content(&mut self, bytes: &[u8]) -> Result<(), Ended> {
        self.current.bytes += bytes.len() as u64;
        match (self.current.kind, &mut self.file) {
            (Kind::File, Some(file)) => {
                let limit_bytes = self.limits.max_file_bytes;
                if self.current.bytes > limit_bytes {
                    return Err(Ended::new(self.current.at + limit_bytes, ApiError::FileTooLarge { limit_bytes }));
                }
                let at = self.current.at + file.writer.len();
                file.writer.push(bytes).map_err(|error| Ended::new(at, error))
            }
            (Kind::Text | Kind::File, _) => self.check_beside(self.current.at + self.current.bytes),
        }
    }

    fn end_part(&mut self) {
        if self.current.kind == Kind::File {
            self.current.kind = Kind::Text;
            self.beside_from = self.current.at + self.current.bytes;
        }
    }

    /// Refuses a body with too much in it that is no file, if it goes to `position` now.
    fn check_beside(&self, position: u64) -> Result<(), Ended> {
        let limit_bytes = self.limits.max_form_overhead_bytes;
        let end = self.beside_from.saturating_add(limit_bytes);
        if self.current.kind == Kind::File || position <= end {
            return Ok(());
        }
        Err(Ended::new(end, MultipartError::OverheadTooLarge { limit_bytes }))
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

/// The body did not arrive whole.
fn cut_off(reader: &Reader) -> ApiError {
    if reader.is_closed() { ApiError::BodyCutOff } else { MultipartError::CutOff.into() }
}

fn part_name(disposition: &Disposition<'_>) -> Result<FileName, ApiError> {
    let name = disposition.file_name().and_then(|(name, _)| FileName::from_path(&name));
    name.map_err(|reason| ApiError::InvalidName { parameter: "file", reason })
}
