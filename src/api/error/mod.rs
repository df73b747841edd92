//! Everything that can go wrong with a request, and the one way from there to an answer: status, field and headers
//! here, the messages in `texts`, the choice between their languages in `language`.

pub(crate) mod language;
mod texts;

use std::any::Any;
use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::http::header::{ALLOW, CONNECTION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::injected::Injected;
use super::layout::{Layout, Writing};
use super::multipart::error::MultipartError;
use crate::connection::{ConnectionEnd, ForbiddenRequest, HangUp, Interrupted};
use crate::domain::{DomainError, FileId, FileName, Language, NameError, NoRoom, NoThumbnail, OverBudget};
use crate::wire::bodies::InvalidBody;
use crate::wire::error::ErrorBody;
use crate::wire::read::InvalidValue;

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
    MethodNotAllowed { method: Method, allowed: String },
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

    /// The status of the answer, and the field or parameter that the message belongs to.
    fn place(&self) -> (StatusCode, Option<&str>) {
        match self {
            Self::InvalidHeader { name }
            | Self::RepeatedHeader { name }
            | Self::OrganizationTooLong { name, .. }
            | Self::MissingParameter { name }
            | Self::RepeatedParameter { name }
            | Self::InvalidBoolean { name, .. }
            | Self::InvalidNumber { name, .. }
            | Self::InvalidTimestamp { name, .. }
            | Self::InvalidVersion { name }
            | Self::UnknownRelative { name, .. }
            | Self::InvalidName { parameter: name, .. } => (StatusCode::BAD_REQUEST, Some(name)),
            Self::QueryNotUtf8 { name } => (StatusCode::BAD_REQUEST, Some(name)),
            Self::UnknownExpand { .. } => (StatusCode::BAD_REQUEST, Some("expand")),
            Self::UnknownDirection { .. } => (StatusCode::BAD_REQUEST, Some("direction")),
            Self::PathNotUtf8
            | Self::UnknownEntityType { .. }
            | Self::SearchCombined
            | Self::SearchQueryLanguage
            | Self::ScrollNotSupported
            | Self::FromAndSelected
            | Self::BodyCutOff
            | Self::ForbiddenRequest(_)
            | Self::JournalOff
            | Self::ControlInput(_)
            | Self::Multipart(_) => (StatusCode::BAD_REQUEST, None),
            Self::MissingAuthorization | Self::UnusableAuthorization | Self::EmptyToken | Self::UnknownToken => {
                (StatusCode::UNAUTHORIZED, None)
            }
            Self::MissingOrganization
            | Self::UnknownOrganization
            | Self::ForeignOrigin { .. }
            | Self::ForeignHost { .. } => (StatusCode::FORBIDDEN, None),
            Self::UnknownPath { .. }
            | Self::IssueNotFoundByUnique { .. }
            | Self::RequestNotFound { .. }
            | Self::BodyNotKept { .. }
            | Self::SnapshotNotFound { .. }
            | Self::OtherFileName { .. }
            | Self::NoThumbnail { .. } => (StatusCode::NOT_FOUND, None),
            Self::MethodNotAllowed { .. } => (StatusCode::METHOD_NOT_ALLOWED, None),
            Self::BodyTooLarge { .. } | Self::TooManyValues { .. } | Self::FileTooLarge { .. } => {
                (StatusCode::PAYLOAD_TOO_LARGE, None)
            }
            Self::OtherFile { name } => (StatusCode::PRECONDITION_FAILED, Some(name)),
            Self::RangeNotSatisfiable { .. } => (StatusCode::RANGE_NOT_SATISFIABLE, Some("Range")),
            Self::UnknownFields { .. } => (StatusCode::UNPROCESSABLE_ENTITY, Some("fields")),
            Self::UnknownFilter { .. } => (StatusCode::UNPROCESSABLE_ENTITY, Some("filter")),
            Self::Input(invalid) => (StatusCode::UNPROCESSABLE_ENTITY, Some(&invalid.path)),
            Self::EncodedBody { .. } => (StatusCode::UNSUPPORTED_MEDIA_TYPE, Some("Content-Encoding")),
            Self::BodyNotJson { .. } | Self::BodyNotObject | Self::BodyIsForm | Self::ReadOnlyFields { .. } => {
                (StatusCode::UNPROCESSABLE_ENTITY, None)
            }
            Self::Interrupted(Interrupted::Stalled { .. } | Interrupted::TooSlow { .. }) => {
                (StatusCode::REQUEST_TIMEOUT, None)
            }
            Self::Interrupted(Interrupted::NoTurn { .. }) => (StatusCode::SERVICE_UNAVAILABLE, None),
            Self::Injected(injected) => (injected.status, None),
            Self::HungUp(_) | Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, None),
            Self::Domain(error) => match error {
                DomainError::EntityNotFound { .. }
                | DomainError::FileNotFound { .. }
                | DomainError::ChecklistItemNotFound { .. }
                | DomainError::CommentNotFound { .. }
                | DomainError::ChangeNotFound { .. }
                | DomainError::ReactionNotFound { .. }
                | DomainError::LinkNotFound { .. }
                | DomainError::LinkTypeNotFound { .. }
                | DomainError::TransitionNotFound { .. }
                | DomainError::IssueNotFound { .. }
                | DomainError::NotInCatalog { .. }
                | DomainError::FieldNotFound { .. }
                | DomainError::FieldCategoryNotFound { .. }
                | DomainError::QueueNotFound { .. }
                | DomainError::UserNotFound { .. } => (StatusCode::NOT_FOUND, None),
                DomainError::FileInUse { .. } => (StatusCode::UNPROCESSABLE_ENTITY, None),
                DomainError::AttachmentNotFound { .. }
                | DomainError::AttachmentInUse { .. }
                | DomainError::AttachmentRepeated { .. } => (StatusCode::UNPROCESSABLE_ENTITY, Some("attachmentIds")),
                DomainError::ImportOutOfRange { field, .. } => (StatusCode::UNPROCESSABLE_ENTITY, Some(field)),
                DomainError::IssueExists { .. } => (StatusCode::CONFLICT, Some("unique")),
                DomainError::LinkExists { .. } | DomainError::TransitionUnavailable { .. } => {
                    (StatusCode::CONFLICT, None)
                }
                DomainError::LinkedToItself => (StatusCode::UNPROCESSABLE_ENTITY, Some("issue")),
                DomainError::NotAnEpic => (StatusCode::UNPROCESSABLE_ENTITY, Some("relationship")),
                DomainError::IssueKeyTaken { .. } => (StatusCode::CONFLICT, Some("key")),
                DomainError::StaleVersion { .. } => (StatusCode::PRECONDITION_FAILED, None),
                DomainError::TooManyWorlds(_) | DomainError::OverBudget(_) => (StatusCode::INSUFFICIENT_STORAGE, None),
                DomainError::VersionLimit { .. } => (StatusCode::LOCKED, None),
            },
        }
    }

    /// What the answer says, in one line.
    pub(crate) fn reason(&self, language: Language) -> String {
        let ErrorBody { errors, error_messages, .. } = self.error(language);
        let of_fields =
            errors.iter().map(|(field, message)| format!("{field}: {}", message.as_str().unwrap_or_default()));
        of_fields.chain(error_messages).collect::<Vec<_>>().join(" ")
    }

    fn error(&self, language: Language) -> ErrorBody {
        let (status, field) = self.place();
        let Self::ControlInput(invalid) = self else {
            return ErrorBody::new(status.as_u16(), field, self.message(language));
        };
        let messages = invalid.iter().map(|one| {
            let field = Some(one.path.as_str()).filter(|path| !path.is_empty());
            (field, texts::of_control_input(&one.problem, language))
        });
        ErrorBody::of_several(status.as_u16(), messages)
    }

    fn body(&self, language: Language, layout: Layout) -> Vec<u8> {
        let (mut body, error) = (Vec::new(), self.error(language));
        // Cannot fail: the body is a map of strings, a list of strings and a number.
        layout.write(&mut body, &error).unwrap_or_default();
        body
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
            NoRoom::TooManyWorlds(error) => DomainError::TooManyWorlds(error),
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
        let mut response =
            (self.place().0, [(CONTENT_TYPE, JSON)], self.body(Language::English, Writing::current().layout))
                .into_response();
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
        let body = error.body(language, layout);
        response.headers_mut().insert(CONTENT_LENGTH, body.len().into());
        // An error without a body is an answer to HEAD. Its length is that of the body that GET would get.
        if !response.body().is_end_stream() {
            *response.body_mut() = body.into();
        }
    }
    response
}
