//! The id of a request: the client's own, else a random one.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use uuid::{Builder, Uuid};

/// Where it stands, in requests and answers.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The id that the client gave, or a new UUID.
pub(crate) fn of(headers: &HeaderMap) -> HeaderValue {
    match headers.get(HEADER).filter(|given| !given.is_empty()) {
        Some(given) => given.clone(),
        None => random(),
    }
}

/// The ids tell requests apart and are no secret, so the generator is one that does not ask the system each time.
#[expect(clippy::disallowed_methods, reason = "the one place that needs randomness: ids of requests are no state")]
fn random() -> HeaderValue {
    let id = Builder::from_random_bytes(fastrand::u128(..).to_ne_bytes()).into_uuid();
    let text = id.hyphenated().encode_lower(&mut Uuid::encode_buffer()).to_owned();
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("-"))
}
