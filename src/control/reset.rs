//! Starting afresh.

use axum::extract::State;
use axum::http::StatusCode;

use super::organization;
use crate::api::error::ApiError;
use crate::api::extract::NoBody;
use crate::api::query::Query;
use crate::app::AppState;

/// `POST /_mock/reset`, with `?org=ID` for one world
pub(super) async fn reset_worlds(
    State(state): State<AppState>,
    query: Query,
    _: NoBody,
) -> Result<StatusCode, ApiError> {
    state.worlds().reset(organization(&query)?.as_ref());
    Ok(StatusCode::NO_CONTENT)
}
