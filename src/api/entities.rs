//! Projects, portfolios and goals.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::error::ApiError;
use super::extract::{Caller, NoBody, Segments};
use super::query::Query;
use super::reply::json;
use crate::app::AppState;
use crate::domain::entity::EntityType;
use crate::wire::entity::EntityBody;

/// `GET /v2/entities/{type}/{id}`
///
/// Reference: `get-entity`.
pub(super) async fn get_entity(
    State(state): State<AppState>,
    caller: Caller,
    Segments((kind, id)): Segments<(String, String)>,
    query: Query,
    _: NoBody,
) -> Result<Response, ApiError> {
    let kind = entity_type(&kind)?;
    let view = query.entity_view()?;
    state.worlds().read(&caller.org, |world| {
        let entity = world.entity(kind, &id)?;
        Ok(json(StatusCode::OK, &EntityBody::new(entity, world, &view, &caller.links)))
    })
}

/// The type that a path names.
pub(super) fn entity_type(text: &str) -> Result<EntityType, ApiError> {
    EntityType::parse(text).ok_or_else(|| ApiError::UnknownEntityType { value: text.to_owned() })
}
