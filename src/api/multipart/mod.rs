//! Receiving the one file of a `multipart/form-data` body, in the dialects that clients speak (contract sections 2
//! and 6).

mod boundary;
mod form;
mod part;
mod reader;

use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;

use self::form::Form;
use super::error::ApiError;
use crate::app::AppState;
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
    /// There is something behind a boundary, in its line, so it is another boundary.
    BoundaryLine,
    /// There are too many parts.
    TooManyParts { limit: usize },
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
    /// Reads the whole body and stores nothing. The name is `rename` if there is one, else the part's.
    ///
    /// # Errors
    /// 400 for a body that is not exactly one file in a well-formed form, 413 for a file over the limit, 507 when the
    /// memory budget is used up.
    pub(crate) async fn receive(self, state: &AppState, rename: Option<FileName>) -> Result<NewFile, ApiError> {
        let boundary = boundary::of(&self.headers)?;
        let limits = &state.config().limits;
        let announced_bytes = self.body.size_hint().exact();
        if announced_bytes
            .is_some_and(|length| length > limits.max_file_bytes.saturating_add(limits.max_form_overhead_bytes))
        {
            return Err(ApiError::FileTooLarge { limit_bytes: limits.max_file_bytes });
        }
        let form = Form::new(limits, state.budget(), rename, announced_bytes);
        form.read(&boundary, self.body).await
    }
}
