//! What the ids of a world, or of all, are made from.

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
use crate::domain::ids::OrgId;
use crate::wire::ids::{IdsRecord, IdsRequest};

/// `GET /_mock/ids`, with `?org=ID` for one world; without it, what worlds start with
pub(super) async fn get_ids(
    State(state): State<AppState>,
    ControlQuery(query): ControlQuery,
    _: NoBody,
) -> Result<Response, ApiError> {
    Ok(show(&state, organization(&query)?.as_ref()))
}

/// `PUT /_mock/ids`, with `?org=ID` for one world; without it, all worlds, those to come included
pub(super) async fn set_ids(
    State(state): State<AppState>,
    ControlQuery(query): ControlQuery,
    ControlBody(request): ControlBody<IdsRequest>,
) -> Result<Response, ApiError> {
    let org = organization(&query)?;
    check_room(&state, org.as_ref())?;
    state.worlds().set_seed(org.as_ref(), request.seed);
    Ok(show(&state, org.as_ref()))
}

fn show(state: &AppState, org: Option<&OrgId>) -> Response {
    let ids = match org {
        Some(org) => state.worlds().read(org, |world| IdsRecord::from(world)),
        None => state.worlds().read_pristine(|world| IdsRecord::from(world)),
    };
    json(StatusCode::OK, &ids)
}
