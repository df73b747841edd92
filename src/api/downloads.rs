//! The bytes of files, and their thumbnails, by the ids that are unique in a world.

use axum::extract::State;
use axum::response::Response;

use super::error::ApiError;
use super::extract::{Caller, NoBody, Segments};
use super::file_response::{self, FileRequest};
use crate::app::AppState;

/// `GET /v2/attachments/{fileId}/{name}`
///
/// The `content` of every attachment, whatever holds it. Reference: `get-attachment`.
///
/// Differs: the name must be the file's.
pub(super) async fn download_file(
    State(state): State<AppState>,
    caller: Caller,
    Segments([id, name]): Segments<2>,
    request: FileRequest,
    _: NoBody,
) -> Result<Response, ApiError> {
    let file = state.worlds().read(&caller.org, |world| world.find_file(&id).map(|(file, _)| file.clone()))?;
    file_response::named_content(&request, file, &name).await
}

/// `GET /v2/thumbnails/{fileId}`
///
/// The `thumbnail` of every image, whatever holds it. Reference: none.
///
/// Differs: the public reference shows such URLs on issues only and says nothing of the picture. Here it is a PNG.
pub(super) async fn download_thumbnail(
    State(state): State<AppState>,
    caller: Caller,
    Segments([id]): Segments<1>,
    request: FileRequest,
    _: NoBody,
) -> Result<Response, ApiError> {
    let file = state.worlds().read(&caller.org, |world| world.find_file(&id).map(|(file, _)| file.clone()))?;
    file_response::thumbnail(&request, file).await
}
