//! The bodies of requests to the control plane: JSON, or none.

use axum::body::HttpBody;
use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use crate::api::error::ApiError;
use crate::api::extract::{MAX_UNDUE_BYTES, read_json};
use crate::control::bench::Bench;
use crate::wire::read;

/// The largest body, in bytes: as many fault rules as there may be, with bodies as large as they may be, are smaller.
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

/// The body of a call that takes none: nothing, or JSON that says nothing. Any other was sent in the belief that it is
/// read, as `{"org": "test"}` is not.
#[derive(Debug)]
pub(super) struct EmptyBody;

impl FromRequest<Bench> for EmptyBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, bench: &Bench) -> Result<Self, ApiError> {
        // A call that frees memory is one of these, and must not ask for any.
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
