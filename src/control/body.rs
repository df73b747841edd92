//! The bodies of requests to the control plane: JSON, or none.

use axum::body::HttpBody;
use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use crate::api::{ApiError, MAX_UNDUE_BYTES, read_json};
use crate::control::bench::Bench;
use crate::wire::read;

/// The largest body, in bytes. It has room for as many and as large fault rules as are allowed.
const MAX_BYTES: usize = 10 * 1024 * 1024;

/// The body, read as `T`. A wrong value is answered with 400 and its path.
///
/// Handlers report what they find wrong in the same way, with [`read::InvalidValue::new`] or
/// [`read::InvalidValue::name`].
#[derive(Debug)]
pub(super) struct ControlBody<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Bench> for ControlBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, bench: &Bench) -> Result<Self, ApiError> {
        let body = read_json(request, &bench.api, MAX_BYTES).await?;
        Ok(Self(read::from_slice(&body.bytes)?))
    }
}

/// The body of a call that takes none: nothing, or empty JSON. Any other is refused, because the client expects it to
/// be read, for instance `{"org": "test"}`.
#[derive(Debug)]
pub(super) struct EmptyBody;

impl FromRequest<Bench> for EmptyBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, bench: &Bench) -> Result<Self, ApiError> {
        // Return early: the calls that free memory are among these, and must not need any.
        if request.body().is_end_stream() {
            return Ok(Self);
        }
        let body = read_json(request, &bench.api, MAX_UNDUE_BYTES).await?;
        match body.bytes.trim_ascii() {
            b"" | b"{}" | b"null" => Ok(Self),
            _ => Err(read::InvalidValue::new(
                "",
                "This call takes no body. Name a world by ?org=ID or by the header X-Org-ID.",
            )
            .into()),
        }
    }
}
