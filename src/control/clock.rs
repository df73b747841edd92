//! The clock of a world, or of all.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::body::ControlBody;
use super::query::ControlQuery;
use super::query::{check_room, organization};
use crate::api::error::ApiError;
use crate::api::extract::NoBody;
use crate::api::operation::{Answer, Input, Operation, RequestBody, Shape};
use crate::api::reply::json;
use crate::control::bench::Bench;
use crate::control::query::ANY_ORG;
use crate::domain::clock::ClockOverflow;
use crate::domain::ids::OrgId;
use crate::domain::world::World;
use crate::wire::clock::{ClockRecord, ClockRequest};
use crate::wire::read::InvalidValue;

/// `GET /_mock/clock`, with `?org=ID` for one world; without it, the clock that worlds start with
pub(super) const GET_CLOCK: Operation =
    Operation::get("get_clock", "/_mock/clock", "The clock of a world", &[Answer::ok(Shape::Clock)])
        .query(&[ANY_ORG])
        .errors(&[400]);

pub(super) async fn get_clock(
    State(state): State<Bench>,
    ControlQuery(query): ControlQuery,
    _: NoBody,
) -> Result<Response, ApiError> {
    Ok(show(&state, organization(&query)?.as_ref()))
}

/// `PUT /_mock/clock`, with `?org=ID` for one world; without it, all worlds, those to come included
pub(super) const SET_CLOCK: Operation =
    Operation::put("set_clock", "/_mock/clock", "Set the clock of a world, or of all", &[Answer::ok(Shape::Clock)])
        .query(&[ANY_ORG])
        .body(RequestBody::Json(Input::Clock))
        .errors(&[400, 507]);

pub(super) async fn set_clock(
    State(state): State<Bench>,
    ControlQuery(query): ControlQuery,
    ControlBody(request): ControlBody<ClockRequest>,
) -> Result<Response, ApiError> {
    let org = organization(&query)?;
    check_room(&state, org.as_ref())?;
    let changed = state.api.worlds().change_clock(org.as_ref(), request.change()?);
    changed.map_err(|ClockOverflow| InvalidValue::new("advance", "The clock would go beyond the year 9999."))?;
    Ok(show(&state, org.as_ref()))
}

fn show(state: &Bench, org: Option<&OrgId>) -> Response {
    let clock = match org {
        Some(org) => state.api.worlds().read(org, World::clock),
        None => state.api.worlds().read_pristine(World::clock),
    };
    json(StatusCode::OK, &ClockRecord::from(clock))
}
