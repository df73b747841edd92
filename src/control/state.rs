//! A world as a document.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::one_organization;
use super::query::ControlQuery;
use crate::api::error::ApiError;
use crate::api::extract::NoBody;
use crate::api::reply::json;
use crate::app::AppState;
use crate::domain::world::World;
use crate::wire::fixture::Fixture;

/// `GET /_mock/state?org=ID`
///
/// The document is built in memory, beyond the budget for files: about two and a half times the size of binary files.
pub(super) async fn export_world(
    State(state): State<AppState>,
    ControlQuery(query): ControlQuery,
    _: NoBody,
) -> Result<Response, ApiError> {
    let org = one_organization(&query)?;
    // A copy shares the bytes of files, so the world is free again before the document is written; and writing it can
    // take long, so it is done off the threads that answer requests.
    let world = state.worlds().read(&org, World::clone);
    let written = tokio::task::spawn_blocking(move || json(StatusCode::OK, &Fixture::from(&world))).await;
    written.map_err(|error| ApiError::internal(&error))
}
