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
use crate::domain::outbox::NotifyOptions;
use crate::wire::entity::EntityBody;

/// `POST /v2/entities/{type}/{id}/attachments/{fileId}`
///
/// Reference: `add-attachment`.
///
/// Differs: the file keeps the id that it had as a temporary file.
pub(super) async fn attach_file(
    State(state): State<AppState>,
    caller: Caller,
    Segments((kind, entity, file)): Segments<(String, String, String)>,
    query: Query,
    _: NoBody,
) -> Result<Response, ApiError> {
    let kind = entity_type(&kind)?;
    let command = AttachFile {
        kind,
        entity: &entity,
        file: &file,
        rename: query.file_name()?,
        options: NotifyOptions {
            notify: query.boolean("notify", true)?,
            notify_author: query.boolean("notifyAuthor", false)?,
        },
    };
    let view = query.entity_view()?;
    state.worlds().write(&caller.org, |world| {
        world.attach_file(command, &caller.actor)?;
        let entity = world.entity(kind, &entity)?;
        Ok(json(StatusCode::OK, &EntityBody::new(entity, world, &view, &caller.links)))
    })
}
