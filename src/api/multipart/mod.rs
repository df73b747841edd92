//! Receiving the one file of a `multipart/form-data` body, in the dialects that clients speak (contract sections 2
//! and 6).

mod autopsy;
pub(crate) mod boundary;
#[cfg(test)]
mod differential;
mod digest;
pub(crate) mod error;
mod form;
mod part;
mod reader;
mod record;
mod rule;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue};

pub(crate) use self::autopsy::{Autopsy, End, PartSeen};
use self::error::MultipartError;
use self::form::{Current, Form, Reading};
use self::reader::Reader;
use self::record::Record;
pub(crate) use self::rule::Rule;
use super::error::ApiError;
use super::query::Query;
use super::request_info::RequestInfo;
use super::trace::RequestTrace;
use crate::api::state::Api;
use crate::domain::blob::Budget;
use crate::domain::file::{FileName, NewFile};

/// A multipart body that was not read yet, so that the query can be judged first.
#[derive(Debug)]
pub(crate) struct Upload {
    headers: HeaderMap,
    body: Body,
    exchange: Option<Arc<RequestTrace>>,
}

impl Upload {
    fn of(request: Request) -> Self {
        let exchange = RequestInfo::of(request.extensions()).trace;
        let (parts, body) = request.into_parts();
        Self { headers: parts.headers, body, exchange }
    }
}

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        Ok(Self::of(request))
    }
}

impl Upload {
    /// Reads the whole body and stores nothing. The name is `rename` if there is one, else the part's.
    ///
    /// # Errors
    /// 400 for a body that is not exactly one file in a well-formed form, 413 for a file over the limit, 507 when the
    /// memory budget is used up.
    pub(crate) async fn receive(self, state: &Api, rename: Option<FileName>) -> Result<NewFile, ApiError> {
        let file = self.read(state, Some(state.budget()), rename).await?;
        // A body without one was refused.
        file.ok_or_else(|| MultipartError::NoFile.into())
    }

    async fn read(
        self,
        state: &Api,
        budget: Option<&Arc<Budget>>,
        rename: Option<FileName>,
    ) -> Result<Option<NewFile>, ApiError> {
        let content_type = self.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
        let limits = &state.config().limits;
        let boundary = match boundary::of(content_type) {
            Ok(boundary) => boundary,
            Err(error) => return Err(Record::new(self.exchange).refuse(Rule::from(&error), error)),
        };
        let announced_bytes = self.body.size_hint().exact();
        let largest_bytes = limits.max_file_bytes.saturating_add(limits.max_form_overhead_bytes);
        if announced_bytes.is_some_and(|length| length > largest_bytes) {
            let error = ApiError::FileTooLarge { limit_bytes: limits.max_file_bytes };
            return Err(Record::new(self.exchange).refuse(Rule::FileTooLarge, error));
        }
        let record = Record::new(self.exchange);
        let form = Form {
            limits,
            budget,
            rename,
            announced_bytes,
            closing_bytes: "\r\n----".len() as u64 + boundary.len() as u64,
            record,
            beside_from: 0,
            current: Current::default(),
            file: None,
            fault: None,
            is_struck: false,
        };
        let reader = Reader::new(&boundary, limits.max_part_header_bytes);
        Reading { reader, form }.run(self.body).await
    }
}

/// Reads an upload as [`Upload::receive`] would and keeps nothing of it but what the journal tells: for who has to see
/// all of it before an answer that was decided beforehand. Faults do not strike.
pub(crate) async fn dissect(state: &Api, request: Request) {
    let query = Query::parse(request.uri().query().unwrap_or_default());
    let rename = query.and_then(|query| query.file_name()).ok().flatten();
    // What it comes to is in the journal.
    drop(Upload::of(request).read(state, None, rename).await);
}
