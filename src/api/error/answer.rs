//! The response to a request that is refused.

use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::http::header::{ALLOW, CONNECTION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::texts::{ErrorText, Message};
use super::{ApiError, JSON};
use crate::api::{Layout, Writing};
use crate::connection::{ConnectionEnd, Interrupted};
use crate::domain::Language;
use crate::wire::ErrorBody;

impl ApiError {
    /// What is wrong and what to do about it, for people.
    pub(crate) fn message(&self, language: Language) -> String {
        ErrorText::of(self).message.in_language(language)
    }

    /// What the answer says, in one line.
    pub(crate) fn reason(&self, language: Language) -> String {
        let ErrorBody { errors, error_messages, .. } = self.error(language);
        let of_fields =
            errors.iter().map(|(field, message)| format!("{field}: {}", message.as_str().unwrap_or_default()));
        of_fields.chain(error_messages).collect::<Vec<_>>().join(" ")
    }

    fn error(&self, language: Language) -> ErrorBody {
        let ErrorText { status, field, message } = ErrorText::of(self);
        let Self::ControlInput(invalid) = self else {
            return ErrorBody::new(status, field, message.in_language(language));
        };
        let messages = invalid.iter().map(|one| {
            let field = Some(one.path.as_str()).filter(|path| !path.is_empty());
            (field, Message::of_control_input(&one.problem).in_language(language))
        });
        ErrorBody::of_several(status, messages)
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

/// The body as JSON.
fn written(error: &ErrorBody, layout: Layout) -> Vec<u8> {
    let mut body = Vec::new();
    // Cannot fail: the body is a map of strings, a list of strings and a number.
    layout.write(&mut body, error).unwrap_or_default();
    body
}
