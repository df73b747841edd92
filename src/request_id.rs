//! The id of a request: the client's own, else a random one.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Builder;

/// The header that carries the id, in requests and answers.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The id that the client gave, or a new UUID.
pub(crate) fn of(headers: &HeaderMap) -> HeaderValue {
    match headers.get(HEADER).filter(|given| !given.is_empty()) {
        Some(given) => given.clone(),
        None => random(),
    }
}

/// The ids only tell requests apart and are not secret. So this uses a fast generator, which does not ask the system
/// each time.
#[expect(clippy::disallowed_methods, reason = "the one place that needs randomness: ids of requests are no state")]
fn random() -> HeaderValue {
    let uuid = Builder::from_random_bytes(fastrand::u128(..).to_be_bytes()).into_uuid();
    HeaderValue::try_from(uuid.to_string()).unwrap_or(HeaderValue::from_static("-"))
}
