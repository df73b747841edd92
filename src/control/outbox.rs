//! The notifications that the real service would have sent.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::one_organization;
use super::query::ControlQuery;
use crate::api::error::ApiError;
use crate::api::extract::NoBody;
use crate::api::reply::json;
use crate::app::AppState;
use crate::wire::outbox::NotificationRecord;

/// `GET /_mock/outbox?org=ID`
pub(super) async fn list_notifications(
    State(state): State<AppState>,
    ControlQuery(query): ControlQuery,
    _: NoBody,
) -> Result<Response, ApiError> {
    let org = one_organization(&query)?;
    let records: Vec<_> =
        state.worlds().read(&org, |world| world.outbox().iter().map(NotificationRecord::from).collect());
    Ok(json(StatusCode::OK, &records))
}
