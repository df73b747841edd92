//! Receiving the one file of a `multipart/form-data` body, in the dialects that clients speak (contract sections 2
//! and 6). `multer` takes the body apart; what a part means is decided here.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Poll, ready};

use axum::BoxError;
use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use bytes::Bytes;
use futures_util::stream::{self, Stream};
use multer::{Field, Multipart};

use super::disposition::Disposition;
use super::error::ApiError;
use crate::app::AppState;
use crate::config::Limits;
use crate::domain::blob::{Blob, BlobWriter};
use crate::domain::file::{FileName, NewFile};

/// A multipart body that was not read yet, so that the query can be judged first.
#[derive(Debug)]
pub(crate) struct Upload {
    headers: HeaderMap,
    body: Body,
}

impl FromRequest<AppState> for Upload {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &AppState) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        Ok(Self { headers: parts.headers, body })
    }
}

/// What was found in a multipart body.
#[derive(Debug, Default)]
pub(crate) struct Autopsy {}

impl Autopsy {
    /// About how much memory it takes.
    pub(crate) fn memory_bytes(&self) -> usize {
        size_of::<Self>()
    }
}

/// Why a multipart body is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MultipartError {
    /// `Content-Type` is missing or another.
    NotMultipart { given: Option<String> },
    /// `Content-Type` has no usable `boundary`.
    NoBoundary,
    /// The body ends, or breaks off, before the closing boundary.
    CutOff,
    /// The headers of a part are not headers.
    BadPartHeaders,
    /// The headers of a part are too large.
    PartHeadersTooLarge { limit_bytes: usize },
    /// There is too much in the body that is no file.
    OverheadTooLarge { limit_bytes: u64 },
    /// The parameters of a part's `Content-Disposition` are not.
    BadDisposition,
    /// No part has a file name.
    NoFile,
    /// More than one part has a file name.
    SeveralFiles,
}

impl Upload {
    /// Reads the body to its closing boundary and stores nothing. The name is `rename` if there is one, else the part's.
    ///
    /// # Errors
    /// 400 for a body that is not exactly one file in a well-formed form, 413 for a file over the limit, 507 when the
    /// memory budget is used up.
    pub(crate) async fn receive(self, state: &AppState, rename: Option<FileName>) -> Result<NewFile, ApiError> {
        let boundary = boundary(&self.headers)?;
        let limits = &state.config().limits;
        let announced_bytes = self.body.size_hint().exact();
        if announced_bytes
            .is_some_and(|length| length > limits.max_file_bytes.saturating_add(limits.max_form_overhead_bytes))
        {
            return Err(ApiError::FileTooLarge { limit_bytes: limits.max_file_bytes });
        }
        let overhead = Overhead::default();
        let mut form = Multipart::new(overhead.meter(self.body, limits.max_form_overhead_bytes), boundary);
        let mut file = None;
        while let Some(mut part) = form.next_field().await.map_err(broken)? {
            match (file_name(&part, limits)?, &file) {
                (None, _) => while part.chunk().await.map_err(broken)?.is_some() {},
                (Some(_), Some(_)) => return Err(MultipartError::SeveralFiles.into()),
                (Some(disposition), None) => {
                    let name = rename.clone().map_or_else(|| part_name(&disposition), Ok)?;
                    let writer = BlobWriter::new(state.budget(), announced_bytes.unwrap_or(0))?;
                    let blob = read_file(&mut part, writer, limits.max_file_bytes, &overhead).await?;
                    let declared_type = part.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
                    file = Some(NewFile::new(name, declared_type, blob));
                }
            }
        }
        file.ok_or_else(|| MultipartError::NoFile.into())
    }
}

fn boundary(headers: &HeaderMap) -> Result<String, MultipartError> {
    let given = headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let essence = given.as_deref().unwrap_or("").split(';').next().unwrap_or("").trim();
    if !essence.eq_ignore_ascii_case("multipart/form-data") {
        return Err(MultipartError::NotMultipart { given });
    }
    let boundary = multer::parse_boundary(given.unwrap_or_default()).map_err(|_| MultipartError::NoBoundary)?;
    if boundary.is_empty() { Err(MultipartError::NoBoundary) } else { Ok(boundary) }
}

/// The file name that a part declares; `None` for a text field, which declares none.
fn file_name(part: &Field<'_>, limits: &Limits) -> Result<Option<Disposition>, MultipartError> {
    let size: usize = part.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if size > limits.max_part_header_bytes {
        return Err(MultipartError::PartHeadersTooLarge { limit_bytes: limits.max_part_header_bytes });
    }
    let Some(header) = part.headers().get(CONTENT_DISPOSITION) else { return Ok(None) };
    let disposition = Disposition::parse(header.as_bytes()).ok_or(MultipartError::BadDisposition)?;
    Ok(disposition.has_file_name().then_some(disposition))
}

fn part_name(disposition: &Disposition) -> Result<FileName, ApiError> {
    let name = disposition.file_name().and_then(|name| FileName::from_path(&name));
    name.map_err(|reason| ApiError::InvalidName { parameter: "file", reason })
}

async fn read_file(
    part: &mut Field<'_>,
    mut writer: BlobWriter,
    limit_bytes: u64,
    overhead: &Overhead,
) -> Result<Blob, ApiError> {
    while let Some(chunk) = part.chunk().await.map_err(broken)? {
        if writer.len() + chunk.len() as u64 > limit_bytes {
            return Err(ApiError::FileTooLarge { limit_bytes });
        }
        writer.push(&chunk)?;
        overhead.restart();
    }
    Ok(writer.finish())
}

fn broken(error: multer::Error) -> ApiError {
    let bad_headers = matches!(
        error,
        multer::Error::ReadHeaderFailed(_)
            | multer::Error::DecodeHeaderName { .. }
            | multer::Error::DecodeHeaderValue { .. }
    );
    let too_much =
        if let multer::Error::StreamReadFailed(cause) = error { cause.downcast::<TooMuch>().ok() } else { None };
    // What is left says that the body ended too early.
    let reason = match too_much {
        Some(too_much) => MultipartError::OverheadTooLarge { limit_bytes: too_much.limit_bytes },
        None if bad_headers => MultipartError::BadPartHeaders,
        None => MultipartError::CutOff,
    };
    reason.into()
}

/// Keeps a client from filling memory with what is no file: `multer` gathers the headers of a part, however long, so
/// the bytes that it asks for are counted, from the start and again from each piece of a file.
#[derive(Default)]
struct Overhead(Arc<AtomicU64>);

/// Marks that [`Overhead`] ended the stream.
#[derive(Debug, thiserror::Error)]
#[error("more than {limit_bytes} bytes beside the file")]
struct TooMuch {
    limit_bytes: u64,
}

impl Overhead {
    fn restart(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// The data of `body`, in pieces that are small beside the limit, because one may hold headers and much of a file.
    /// After each it pauses, so that `multer`, which reads all that is ready before it looks at any of it, gets to see
    /// the pieces one by one.
    fn meter(&self, mut body: Body, limit_bytes: u64) -> impl Stream<Item = Result<Bytes, BoxError>> + Send + 'static {
        let counted_bytes = Arc::clone(&self.0);
        let longest_piece = usize::try_from(limit_bytes / 16).unwrap_or(usize::MAX).max(1);
        let mut waiting = Bytes::new();
        let mut pause = false;
        stream::poll_fn(move |context| {
            if std::mem::take(&mut pause) {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            while waiting.is_empty() {
                match ready!(Pin::new(&mut body).poll_frame(context)) {
                    None => return Poll::Ready(None),
                    Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                    Some(Ok(frame)) => waiting = frame.into_data().unwrap_or_default(),
                }
            }
            let piece = waiting.split_to(waiting.len().min(longest_piece));
            let before = counted_bytes.fetch_add(piece.len() as u64, Ordering::Relaxed);
            pause = true;
            let within = if before > limit_bytes { Err(TooMuch { limit_bytes }.into()) } else { Ok(piece) };
            Poll::Ready(Some(within))
        })
    }
}
