//! The JSON body of a request to the control plane.

use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use crate::api::error::ApiError;
use crate::api::extract::read_json;
use crate::control::bench::Bench;
use crate::wire::strict;

/// A JSON object that is read strictly: what is wrong is answered 400 with the path of the wrong value.
///
/// What a handler itself finds wrong it says in the same way, with [`strict::Wrong::new`] or [`strict::Wrong::name`].
#[derive(Debug)]
pub(super) struct ControlBody<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Bench> for ControlBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, bench: &Bench) -> Result<Self, ApiError> {
        let bytes = read_json(request, bench.api()).await?;
        Ok(Self(strict::read(&bytes)?))
    }
}
