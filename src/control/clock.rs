//! The clock of a world, or of all.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::body::ControlBody;
use super::query::ControlQuery;
use super::{check_room, organization};
use crate::api::error::ApiError;
use crate::api::extract::NoBody;
use crate::api::reply::json;
use crate::app::AppState;
use crate::domain::clock::ClockOverflow;
use crate::domain::ids::OrgId;
use crate::domain::world::World;
use crate::wire::clock::{ClockRecord, ClockRequest};
use crate::wire::strict::Wrong;

/// `GET /_mock/clock`, with `?org=ID` for one world; without it, the clock that worlds start with
pub(super) async fn get_clock(
    State(state): State<AppState>,
    ControlQuery(query): ControlQuery,
    _: NoBody,
) -> Result<Response, ApiError> {
    Ok(show(&state, organization(&query)?.as_ref()))
}

/// `PUT /_mock/clock`, with `?org=ID` for one world; without it, all worlds, those to come included
pub(super) async fn set_clock(
    State(state): State<AppState>,
    ControlQuery(query): ControlQuery,
    ControlBody(request): ControlBody<ClockRequest>,
) -> Result<Response, ApiError> {
    let org = organization(&query)?;
    check_room(&state, org.as_ref())?;
    let changed = state.worlds().change_clock(org.as_ref(), request.change()?);
    changed.map_err(|ClockOverflow| Wrong::new("advance", "The clock would go beyond the year 9999."))?;
    Ok(show(&state, org.as_ref()))
}

fn show(state: &AppState, org: Option<&OrgId>) -> Response {
    let clock = match org {
        Some(org) => state.worlds().read(org, World::clock),
        None => state.worlds().read_pristine(World::clock),
    };
    json(StatusCode::OK, &ClockRecord::from(clock))
}
