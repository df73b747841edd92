//! Everything that can go wrong with a request. `texts` has the status and the messages of each error, `answer` makes
//! the response, and `language` chooses between English and Russian.

pub(crate) mod answer;
pub(crate) mod language;
mod texts;

use std::any::Any;
use std::sync::Arc;

use axum::http::{HeaderValue, Method};
use axum::response::Response;

use super::{Injected, MultipartError};
use crate::connection::{ForbiddenRequest, HangUp, Interrupted};
use crate::domain::{DomainError, FileId, FileName, NameError, NoRoom, NoThumbnail, OverBudget};
use crate::wire::{InvalidBody, InvalidValue};

/// The answer of a journal that is off. An empty list would look as if no request had come.
pub(crate) const JOURNAL_OFF: &str = "The journal is off: the server runs with --journal-records 0.";

/// The media type of every answer that is not a file.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Why a request is refused.
#[derive(Clone, Debug)]
pub(crate) enum ApiError {
    Domain(DomainError),
    Multipart(MultipartError),
    MissingAuthorization,
    UnusableAuthorization,
    EmptyToken,
    UnknownToken,
    MissingOrganization,
    UnknownOrganization,
    ForeignOrigin { origin: Option<String> },
    ForeignHost { name: String },
    InvalidHeader { name: &'static str },
    RepeatedHeader { name: &'static str },
    OrganizationTooLong { name: &'static str, limit: usize },
    QueryNotUtf8 { name: String },
    PathNotUtf8,
    MissingParameter { name: &'static str },
    RepeatedParameter { name: &'static str },
    InvalidBoolean { name: &'static str, value: String },
    InvalidNumber { name: &'static str, value: String, max: usize },
    InvalidName { parameter: &'static str, reason: NameError },
    UnknownExpand { value: String, known: &'static [&'static str] },
    UnknownFields { names: Vec<String> },
    ReadOnlyFields { names: Vec<String> },
    Input(InvalidValue),
    UnknownFilter { names: Vec<String> },
    SearchCombined,
    SearchQueryLanguage,
    ScrollNotSupported,
    FromAndSelected,
    UnknownDirection { value: String },
    InvalidTimestamp { name: &'static str, value: String },
    InvalidVersion { name: &'static str },
    IssueNotFoundByUnique { unique: String },
    RequestNotFound { id: String },
    BodyNotKept { id: String },
    SnapshotNotFound { name: String, known: Vec<String> },
    JournalOff,
    UnknownRelative { name: &'static str, value: String },
    UnknownEntityType { value: String },
    ControlInput(Vec<InvalidValue>),
    BodyNotJson { reason: String },
    BodyNotObject,
    BodyIsForm,
    EncodedBody { encoding: String },
    BodyTooLarge { limit_bytes: usize },
    TooManyValues { limit: usize },
    BodyCutOff,
    Interrupted(Interrupted),
    ForbiddenRequest(ForbiddenRequest),
    FileTooLarge { limit_bytes: u64 },
    OtherFileName { id: FileId, given: String, actual: FileName },
    OtherFile { name: &'static str },
    NoThumbnail { id: FileId, reason: NoThumbnail },
    RangeNotSatisfiable { size_bytes: usize },
    UnknownPath { method: Method, path: String, closest: String },
    MethodNotAllowed { method: Method, allowed: String, attached_at: Option<&'static str> },
    Injected(Arc<Injected>),
    HungUp(HangUp),
    Internal,
}

/// What a handler answers.
pub(crate) type ApiResult<T = Response> = Result<T, ApiError>;

impl ApiError {
    /// For what should never happen. The cause goes to the log, not to the client.
    pub(crate) fn internal(cause: &dyn std::error::Error) -> Self {
        tracing::error!(%cause, "internal error");
        Self::Internal
    }

    /// For a body that ended with this error.
    pub(crate) fn broken_off(error: &(dyn std::error::Error + 'static)) -> Self {
        Interrupted::cause_of(error).map_or(Self::BodyCutOff, Self::Interrupted)
    }

    /// For a handler that panicked.
    pub(crate) fn from_panic(panic: &(dyn Any + Send)) -> Self {
        let cause =
            panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        tracing::error!(cause = cause.unwrap_or("unknown"), "a handler panicked");
        Self::Internal
    }
}

macro_rules! from {
    ($($error:ident => $member:ident),+) => {$(
        impl From<$error> for ApiError {
            fn from(error: $error) -> Self {
                Self::$member(error)
            }
        }
    )+};
}

// A value that is wrong by itself stands in a request to the control plane; those of the API come as `InvalidBody`.
from!(
    DomainError => Domain,
    MultipartError => Multipart,
    Interrupted => Interrupted
);

impl From<InvalidValue> for ApiError {
    fn from(invalid: InvalidValue) -> Self {
        Self::ControlInput(vec![invalid])
    }
}

impl From<NoRoom> for ApiError {
    fn from(error: NoRoom) -> Self {
        Self::Domain(match error {
            NoRoom::TooManyWorlds { limit } => DomainError::TooManyWorlds { limit },
            NoRoom::OverBudget(error) => error.into(),
        })
    }
}

impl From<OverBudget> for ApiError {
    fn from(error: OverBudget) -> Self {
        Self::Domain(error.into())
    }
}

/// Of a body of the API.
impl From<InvalidBody> for ApiError {
    fn from(invalid: InvalidBody) -> Self {
        match invalid {
            InvalidBody::Value(invalid) => Self::Input(invalid),
            InvalidBody::UnknownFields(names) => Self::UnknownFields { names },
            InvalidBody::UnknownFilter(names) => Self::UnknownFilter { names },
            InvalidBody::ReadOnlyFields(names) => Self::ReadOnlyFields { names },
        }
    }
}
