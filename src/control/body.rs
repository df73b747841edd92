//! The JSON body of a request to the control plane.

use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use crate::api::error::ApiError;
use crate::api::extract::read_json;
use crate::app::AppState;
use crate::wire::strict;

/// A JSON object that is read strictly: what is wrong is answered 400 with the path of the wrong value.
///
/// What a handler itself finds wrong it says in the same way, with [`strict::Wrong::new`] or [`strict::Wrong::name`].
#[derive(Debug)]
pub(super) struct ControlBody<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<AppState> for ControlBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let bytes = read_json(request, state.config().limits.max_json_bytes).await?;
        Ok(Self(strict::read(&bytes)?))
    }
}
