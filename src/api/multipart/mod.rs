//! Receives the one file of a `multipart/form-data` body, in the dialects that clients speak (contract sections 2 and
//! 6).
//!
//! The parser is our own, because multer does not report what the journal and the faults need: the offsets of parts,
//! preamble and epilogue, which rule broke at which byte, and the points within a form where a fault can fire. multer
//! remains the reference: the differential test compares both on the same bodies.

pub(crate) mod content_type;
mod digest;
pub(crate) mod error;
mod form;
pub(crate) mod part;
pub(crate) mod reader;
mod reading;
pub(crate) mod trace;
mod trace_writer;
mod unnamed;

use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_TYPE, EXPECT};
use axum::http::{HeaderMap, HeaderValue};
use futures_util::FutureExt;
use http_body_util::BodyExt;

pub(crate) use self::{content_type::*, error::*, part::*, reader::*, trace::*};
use self::{digest::*, form::*, reading::*, trace_writer::*, unnamed::*};
use super::{Api, ApiError, RequestInfo, RequestTrace, only, refuse_encoded};
use crate::config::Limits;
use crate::domain::{Budget, FileName, NewFile};

/// A multipart body that nobody has read yet, so that a handler can check the query first.
pub(crate) struct Upload {
    headers: HeaderMap,
    body: Body,
    request_trace: Option<Arc<RequestTrace>>,
}

impl Upload {
    fn of(request: Request) -> Self {
        let request_trace = RequestInfo::of(request.extensions()).trace.clone();
        let (parts, body) = request.into_parts();
        Self { headers: parts.headers, body, request_trace }
    }
}

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        Ok(Self::of(request))
    }
}

impl Upload {
    /// Reads the whole body. `rename` overrides the file name in the part. Fails with 400 if the body is not a
    /// well-formed form with exactly one file, 413 if the file is over the limit, 507 if the memory budget is used up.
    pub(crate) async fn receive(self, state: &Api, rename: Option<FileName>) -> Result<NewFile, ApiError> {
        let mut reading = self.begin(state, Some(state.budget()), rename)?;
        // Boxed, because it is large.
        let file = Box::pin(async move { reading.run().await }).await?;
        // A body without a file was refused already.
        file.ok_or_else(|| MultipartError::NoFile.into())
    }

    /// The boundary of the form. Fails, with the name of the broken rule, if the headers alone show that the body must
    /// be refused.
    fn boundary(&self, limits: &Limits) -> Result<String, (&'static str, ApiError)> {
        refuse_encoded(&self.headers).map_err(|error| ("content-encoding", error))?;
        let content_type =
            only(&self.headers, &CONTENT_TYPE, "Content-Type").map_err(|error| ("content-type", error))?;
        let boundary = content_type::boundary(content_type.map(HeaderValue::as_bytes));
        let boundary = boundary.map_err(|error| (error.rule(), error.into()))?;
        let largest_bytes = limits.max_file_bytes.saturating_add(limits.max_form_overhead_bytes);
        if self.body.size_hint().exact().is_some_and(|length| length > largest_bytes) {
            return Err(("file-too-large", ApiError::FileTooLarge { limit_bytes: limits.max_file_bytes }));
        }
        Ok(boundary)
    }

    /// Keeps the bytes that have already arrived of a body that is refused unread. Skips clients that wait for
    /// `100 Continue`, because reading would send it.
    fn keep_start(&mut self, trace: &mut TraceWriter) {
        if !self.headers.contains_key(EXPECT)
            && let Some(Some(Ok(frame))) = self.body.frame().now_or_never()
        {
            trace.keep_start(frame.data_ref().map_or(&[], |data| data));
        }
    }

    /// Prepares to read the body; without a `budget` its bytes are not kept. Fails if the headers alone show that it must
    /// be refused.
    fn begin<'a>(
        mut self,
        state: &'a Api,
        budget: Option<&'a Arc<Budget>>,
        rename: Option<FileName>,
    ) -> Result<UploadReading<'a>, ApiError> {
        let limits = &state.config().limits;
        let mut trace = TraceWriter::new(self.request_trace.take());
        let announced_bytes = self.body.size_hint().exact();
        let boundary = match self.boundary(limits) {
            Ok(boundary) => boundary,
            Err((rule, error)) => {
                self.keep_start(&mut trace);
                return Err(trace.refuse(rule, error));
            }
        };
        // If the file is the last part, only the closing boundary follows. This predicts the size of the file.
        let closing_bytes = "\r\n----".len() as u64 + boundary.len() as u64;
        let expected_end = announced_bytes.map_or(0, |length| length.saturating_sub(closing_bytes));
        let form = IncomingForm::new(limits, budget, rename, expected_end, trace);
        let reader = Reader::new(&boundary, limits.max_part_header_bytes);
        Ok(UploadReading { body: self.body, reader, form })
    }
}

/// Reads an upload as [`Upload::receive`] does, but keeps only what the journal shows. Used by faults that answer before
/// the handler; no fault fires within the body.
pub(crate) async fn dissect(state: &Api, request: Request) {
    let rename = RequestInfo::of(request.extensions()).query().and_then(|query| query.file_name()).ok().flatten();
    if let Ok(mut reading) = Upload::of(request).begin(state, None, rename) {
        // Only the trace matters, and it has the result.
        drop(reading.run().await);
    }
}
