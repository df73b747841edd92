//! The files of projects, portfolios and goals.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::entities::entity_type;
use super::error::ApiError;
use super::extract::{Caller, NoBody, Segments};
use super::query::Query;
use super::reply::json;
use crate::app::AppState;
use crate::domain::entity_attachments::AttachFile;
use crate::wire::attachment::AttachmentBody;
use crate::wire::entity::EntityBody;

/// `POST /v2/entities/{type}/{id}/attachments/{fileId}`
///
/// Reference: `add-attachment`.
///
/// Differs: the file keeps the id that it had as a temporary file.
pub(super) async fn attach_file(
    State(state): State<AppState>,
    caller: Caller,
    Segments([kind, entity, file]): Segments<3>,
    query: Query,
    _: NoBody,
) -> Result<Response, ApiError> {
    let kind = entity_type(&kind)?;
    let command =
        AttachFile { kind, entity: &entity, file: &file, rename: query.file_name()?, options: query.notify_options()? };
    let view = query.entity_view()?;
    state.worlds().write(&caller.org, |world| {
        world.attach_file(command, &caller.actor)?;
        let entity = world.entity(kind, &entity)?;
        Ok(json(StatusCode::OK, &EntityBody::new(entity, world, &view, &caller.links)))
    })
}

/// `GET /v2/entities/{type}/{id}/attachments`
///
/// Reference: `entities/attachments/get-all-attachments`.
pub(super) async fn list_entity_files(
    State(state): State<AppState>,
    caller: Caller,
    Segments([kind, entity]): Segments<2>,
    _: NoBody,
) -> Result<Response, ApiError> {
    let kind = entity_type(&kind)?;
    state.worlds().read(&caller.org, |world| {
        let attachments = world.entity(kind, &entity)?.attachments().iter();
        let bodies: Vec<_> = attachments.map(|one| AttachmentBody::of_entity(one.file(), &caller.links)).collect();
        Ok(json(StatusCode::OK, &bodies))
    })
}

/// `GET /v2/entities/{type}/{id}/attachments/{fileId}`
///
/// Reference: `entities/attachments/get-attachment`.
///
/// Differs: it finds the files of the entity's comments too, because their references lead here.
pub(super) async fn get_entity_file(
    State(state): State<AppState>,
    caller: Caller,
    Segments([kind, entity, file]): Segments<3>,
    _: NoBody,
) -> Result<Response, ApiError> {
    let kind = entity_type(&kind)?;
    state.worlds().read(&caller.org, |world| {
        let (file, _) = world.entity_file(kind, &entity, &file)?;
        Ok(json(StatusCode::OK, &AttachmentBody::of_entity(file, &caller.links)))
    })
}

/// `DELETE /v2/entities/{type}/{id}/attachments/{fileId}`
///
/// Reference: `entities/attachments/delete-attachment`.
pub(super) async fn delete_entity_file(
    State(state): State<AppState>,
    caller: Caller,
    Segments([kind, entity, file]): Segments<3>,
    query: Query,
    _: NoBody,
) -> Result<StatusCode, ApiError> {
    let kind = entity_type(&kind)?;
    let options = query.notify_options()?;
    state.worlds().write(&caller.org, |world| {
        world.delete_entity_file(kind, &entity, &file, options, &caller.actor)?;
        Ok(StatusCode::NO_CONTENT)
    })
}
