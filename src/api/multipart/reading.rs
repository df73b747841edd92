//! Reads the body of an upload to its end, or to the first broken rule, and hands over the trace of what it found.

use axum::body::Body;
use http_body_util::BodyExt;

use super::{DigestSource, IncomingForm, MultipartError, Reader, RefusalRecord, UploadFailure};
use crate::api::ApiError;
use crate::connection::Interrupted;
use crate::domain::NewFile;

/// A body that is being read. If the client goes away, this is dropped before the end, and hands over the trace even
/// then.
pub(super) struct UploadReading<'a> {
    pub(super) body: Body,
    pub(super) reader: Reader,
    pub(super) form: IncomingForm<'a>,
}

impl UploadReading<'_> {
    /// Reads the body to its end. Returns the file, or `None` if its bytes are not kept.
    pub(super) async fn run(&mut self) -> Result<Option<NewFile>, ApiError> {
        match self.read().await {
            Ok(()) => Ok(self.accept()),
            Err(failure) => Err(self.refuse(failure)),
        }
    }

    async fn read(&mut self) -> Result<(), UploadFailure> {
        let Self { body, reader, form } = self;
        loop {
            let data = match body.frame().await {
                Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
                Some(Err(error)) => return Err(cut_off(reader, Some(&error))),
                None => break,
            };
            form.trace.keep_start(&data);
            let mut piece = &data[..];
            loop {
                match reader.next(&mut piece) {
                    Ok(Some(event)) => form.handle(event).await?,
                    Ok(None) => break,
                    Err(broken) => return Err(UploadFailure::malformed(reader.position(), broken)),
                }
            }
            form.check_overhead(reader.position())?;
        }
        let end = reader.position();
        if end == 0 {
            return Err(UploadFailure::malformed(end, MultipartError::NoBody));
        }
        reader.end().map_err(|broken| UploadFailure::malformed(end, broken))?;
        form.settle(end)?;
        form.reach(None, end).await
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
        // A fault is not a broken rule, so it has no refusal in the trace.
        self.finish(|| rule.map(|rule| RefusalRecord::new(rule, at, &error)));
        error
    }

    fn finish(&mut self, refused: impl FnOnce() -> Option<RefusalRecord>) {
        let form = &mut self.form;
        if let Some(writer) = form.file.take().and_then(|file| file.writer) {
            form.trace.file_bytes(|| DigestSource::refused(writer.finish()));
        }
        form.trace.leave_part(form.current.bytes, false);
        form.trace.finish(Some(&self.reader), refused);
    }
}

impl Drop for UploadReading<'_> {
    fn drop(&mut self) {
        if self.form.trace.is_finished() {
            return;
        }
        if self.form.in_fault {
            self.finish(|| None);
        } else {
            self.refuse(cut_off(&self.reader, None));
        }
    }
}

/// The failure of a body that did not arrive whole. Without an `error`, the client went away.
fn cut_off(reader: &Reader, error: Option<&axum::Error>) -> UploadFailure {
    let at = reader.position();
    match error.and_then(|error| Interrupted::cause_of(error)) {
        Some(interrupted) => UploadFailure::new(at, "stalled", interrupted),
        None if reader.is_closed() => UploadFailure::new(at, "cut-off", ApiError::BodyCutOff),
        None => UploadFailure::new(at, "cut-off", MultipartError::CutOff),
    }
}
