//! Temporary files.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::error::ApiError;
use super::extract::{Caller, NoBody, Segments};
use super::multipart::Upload;
use super::query::Query;
use super::reply::json;
use crate::app::AppState;
use crate::wire::attachment::AttachmentBody;

/// `POST /v2/attachments/`
///
/// Reference: `temp-attachment`.
pub(super) async fn upload_temp_file(
    State(state): State<AppState>,
    caller: Caller,
    query: Query,
    upload: Upload,
) -> Result<Response, ApiError> {
    let rename = query.file_name()?;
    let file = upload.receive(&state, rename).await?;
    state.worlds().write(&caller.org, |world| {
        let stored = world.upload(file, &caller.actor);
        Ok(json(StatusCode::CREATED, &AttachmentBody::temporary(stored.file(), &caller.links)))
    })
}

/// `GET /v2/attachments/{fileId}`
///
/// Reference: none; the official Python client follows `self` to it.
pub(super) async fn get_attachment(
    State(state): State<AppState>,
    caller: Caller,
    Segments([file]): Segments<1>,
    _: NoBody,
) -> Result<Response, ApiError> {
    state.worlds().read(&caller.org, |world| {
        let (file, holder) = world.find_file(&file)?;
        Ok(json(StatusCode::OK, &AttachmentBody::held_by(file, holder, world, &caller.links)))
    })
}
