//! Everything that can go wrong with a request, and the one way from there to an answer: the headers here, statuses and
//! messages in `texts`, the choice between languages in `language`.

pub(crate) mod language;
mod texts;

use std::any::Any;
use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::http::header::{ALLOW, CONNECTION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::{Injected, Layout, MultipartError, Writing};
use crate::connection::{ConnectionEnd, ForbiddenRequest, HangUp, Interrupted};
use crate::domain::{DomainError, FileId, FileName, Language, NameError, NoRoom, NoThumbnail, OverBudget};
use crate::wire::{ErrorBody, InvalidBody, InvalidValue};

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

    /// What is wrong and what to do about it, for people.
    pub(crate) fn message(&self, language: Language) -> String {
        texts::Told::of(self).message.in_language(language)
    }

    /// What the answer says, in one line.
    pub(crate) fn reason(&self, language: Language) -> String {
        let ErrorBody { errors, error_messages, .. } = self.error(language);
        let of_fields =
            errors.iter().map(|(field, message)| format!("{field}: {}", message.as_str().unwrap_or_default()));
        of_fields.chain(error_messages).collect::<Vec<_>>().join(" ")
    }

    fn error(&self, language: Language) -> ErrorBody {
        let texts::Told { status, field, message } = texts::Told::of(self);
        let Self::ControlInput(invalid) = self else {
            return ErrorBody::new(status, field, message.in_language(language));
        };
        let messages = invalid.iter().map(|one| {
            let field = Some(one.path.as_str()).filter(|path| !path.is_empty());
            (field, texts::Message::of_control_input(&one.problem).in_language(language))
        });
        ErrorBody::of_several(status, messages)
    }
}

fn written(error: &ErrorBody, layout: Layout) -> Vec<u8> {
    let mut body = Vec::new();
    // Cannot fail: the body is a map of strings, a list of strings and a number.
    layout.write(&mut body, error).unwrap_or_default();
    body
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

impl IntoResponse for ApiError {
    /// In English. [`localize`] translates it for clients that prefer Russian.
    fn into_response(self) -> Response {
        if let Self::Injected(injected) = &self
            && let Some(response) = injected.own_response()
        {
            return response;
        }
        // A fault ends the connection, so there is no answer.
        if let Self::HungUp(how) = self {
            let mut response = Response::new(Body::empty());
            response.extensions_mut().insert(ConnectionEnd::NoAnswer(how));
            return response;
        }
        let error = self.error(Language::English);
        let status = StatusCode::from_u16(error.status_code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = written(&error, Writing::current().layout);
        let mut response = (status, [(CONTENT_TYPE, JSON)], body).into_response();
        if let Self::MethodNotAllowed { allowed, .. } = &self
            && let Ok(allowed) = HeaderValue::from_str(allowed)
        {
            response.headers_mut().insert(ALLOW, allowed);
        }
        if let Self::Injected(injected) = &self {
            response.headers_mut().extend(injected.headers.clone());
        }
        if let Self::RangeNotSatisfiable { size_bytes } = &self
            && let Ok(size) = HeaderValue::from_str(&format!("bytes */{size_bytes}"))
        {
            response.headers_mut().insert(CONTENT_RANGE, size);
        }
        if let Self::ForbiddenRequest(_) = &self {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if let Self::Interrupted(interrupted) = &self {
            // The server does not read the rest of the body, so the connection cannot be used again.
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            if let Interrupted::NoTurn { .. } = interrupted {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
        }
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// Rewrites the body of an error in the language of the client.
pub(crate) fn localize(mut response: Response, language: Language, layout: Layout) -> Response {
    if language == Language::English {
        return response;
    }
    if let Some(error) = response.extensions_mut().remove::<Arc<ApiError>>() {
        let body = written(&error.error(language), layout);
        response.headers_mut().insert(CONTENT_LENGTH, body.len().into());
        // An error without a body is an answer to HEAD. Its length is that of the body that GET would get.
        if !response.body().is_end_stream() {
            *response.body_mut() = body.into();
        }
    }
    response
}
