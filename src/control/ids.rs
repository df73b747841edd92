//! What the ids of a world, or of all, are made from.

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
use crate::domain::ids::OrgId;
use crate::wire::ids::{IdsRecord, IdsRequest};

/// `GET /_mock/ids`, with `?org=ID` for one world; without it, what worlds start with
pub(super) const GET_IDS: Operation =
    Operation::get("get_ids", "/_mock/ids", "The seed and the counters of a world's ids", &[Answer::ok(Shape::Ids)])
        .query(&[ANY_ORG])
        .errors(&[400]);

pub(super) async fn get_ids(
    State(state): State<Bench>,
    ControlQuery(query): ControlQuery,
    _: NoBody,
) -> Result<Response, ApiError> {
    Ok(show(&state, organization(&query)?.as_ref()))
}

/// `PUT /_mock/ids`, with `?org=ID` for one world; without it, all worlds, those to come included
pub(super) const SET_IDS: Operation =
    Operation::put("set_ids", "/_mock/ids", "Seed the ids of a world, or of all", &[Answer::ok(Shape::Ids)])
        .query(&[ANY_ORG])
        .body(RequestBody::Json(Input::Ids))
        .errors(&[400, 507]);

pub(super) async fn set_ids(
    State(state): State<Bench>,
    ControlQuery(query): ControlQuery,
    ControlBody(request): ControlBody<IdsRequest>,
) -> Result<Response, ApiError> {
    let org = organization(&query)?;
    check_room(&state, org.as_ref())?;
    state.api.worlds().set_seed(org.as_ref(), request.seed);
    Ok(show(&state, org.as_ref()))
}

fn show(state: &Bench, org: Option<&OrgId>) -> Response {
    let ids = match org {
        Some(org) => state.api.worlds().read(org, |world| IdsRecord::from(world)),
        None => state.api.worlds().read_pristine(|world| IdsRecord::from(world)),
    };
    json(StatusCode::OK, &ids)
}
