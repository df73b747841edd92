//! The files of issues and of their comments.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::error::ApiError;
use super::extract::{Caller, NoBody, Segments};
use super::file_response::{self, FileRequest};
use super::multipart::Upload;
use super::query::Query;
use super::reply::json;
use crate::app::AppState;
use crate::domain::clock::Timestamp;
use crate::domain::issue_attachments::ImportedAs;
use crate::domain::world::World;
use crate::wire::attachment::AttachmentBody;

/// `POST /v2/issues/{key}/attachments/`
///
/// Reference: `issues/post-attachment`.
pub(super) async fn upload_to_issue(
    State(state): State<AppState>,
    caller: Caller,
    Segments([issue]): Segments<1>,
    query: Query,
    upload: Upload,
) -> Result<Response, ApiError> {
    let rename = query.file_name()?;
    state.worlds().read(&caller.org, |world| world.issue(&issue).map(drop))?;
    let file = upload.receive(&state, rename).await?;
    state.worlds().write(&caller.org, |world| {
        let id = world.upload_to_issue(&issue, file, &caller.actor)?;
        describe(StatusCode::CREATED, world, &issue, &id.to_string(), &caller)
    })
}

/// `GET /v2/issues/{key}/attachments`
///
/// Reference: `issues/get-attachments-list`.
pub(super) async fn list_issue_files(
    State(state): State<AppState>,
    caller: Caller,
    Segments([issue]): Segments<1>,
    _: NoBody,
) -> Result<Response, ApiError> {
    state.worlds().read(&caller.org, |world| {
        let files = world.issue_files(&issue)?.into_iter();
        let body = |(file, holder)| AttachmentBody::held_by(file, Some(holder), world, &caller.links);
        Ok(json(StatusCode::OK, &files.map(body).collect::<Vec<_>>()))
    })
}

/// `GET /v2/issues/{key}/attachments/{fileId}`
///
/// Reference: none; clients follow `self` to it.
pub(super) async fn get_issue_file(
    State(state): State<AppState>,
    caller: Caller,
    Segments([issue, file]): Segments<2>,
    _: NoBody,
) -> Result<Response, ApiError> {
    state.worlds().read(&caller.org, |world| describe(StatusCode::OK, world, &issue, &file, &caller))
}

/// `GET /v2/issues/{key}/attachments/{fileId}/{name}`
///
/// Reference: `issues/get-attachment`.
///
/// Differs: the name must be the file's.
pub(super) async fn download_issue_file(
    State(state): State<AppState>,
    caller: Caller,
    Segments([issue, file, name]): Segments<3>,
    request: FileRequest,
    _: NoBody,
) -> Result<Response, ApiError> {
    let found =
        state.worlds().read(&caller.org, |world| world.issue_file(&issue, &file).map(|(file, _)| file.clone()))?;
    file_response::named_content(&request, found, &name).await
}

/// `GET /v2/issues/{key}/thumbnails/{fileId}`
///
/// Reference: `issues/get-attachment-preview`.
///
/// Differs: the reference says nothing of the picture. Here it is a PNG of at most 256 x 256.
pub(super) async fn download_issue_thumbnail(
    State(state): State<AppState>,
    caller: Caller,
    Segments([issue, file]): Segments<2>,
    request: FileRequest,
    _: NoBody,
) -> Result<Response, ApiError> {
    let found =
        state.worlds().read(&caller.org, |world| world.issue_file(&issue, &file).map(|(file, _)| file.clone()))?;
    file_response::thumbnail(&request, found).await
}

/// `DELETE /v2/issues/{key}/attachments/{fileId}/`
///
/// Reference: `issues/delete-attachment`.
pub(super) async fn delete_issue_file(
    State(state): State<AppState>,
    caller: Caller,
    Segments([issue, file]): Segments<2>,
    _: NoBody,
) -> Result<StatusCode, ApiError> {
    state.worlds().write(&caller.org, |world| {
        world.delete_issue_file(&issue, &file, &caller.actor)?;
        Ok(StatusCode::NO_CONTENT)
    })
}

/// `POST /v2/issues/{key}/attachments/_import`
///
/// Reference: `import/import-attachments`.
pub(super) async fn import_to_issue(
    State(state): State<AppState>,
    caller: Caller,
    Segments([issue]): Segments<1>,
    query: Query,
    upload: Upload,
) -> Result<Response, ApiError> {
    import(&state, &caller, &issue, None, &query, upload).await
}

/// `POST /v2/issues/{key}/comments/{id}/attachments/_import`
///
/// Reference: `import/import-attachments`.
pub(super) async fn import_to_comment(
    State(state): State<AppState>,
    caller: Caller,
    Segments([issue, comment]): Segments<2>,
    query: Query,
    upload: Upload,
) -> Result<Response, ApiError> {
    import(&state, &caller, &issue, Some(&comment), &query, upload).await
}

async fn import(
    state: &AppState,
    caller: &Caller,
    issue: &str,
    comment: Option<&str>,
    query: &Query,
    upload: Upload,
) -> Result<Response, ApiError> {
    let name = query.file_name()?.ok_or(ApiError::MissingParameter { name: "filename" })?;
    let created_at = query.text("createdAt")?.ok_or(ApiError::MissingParameter { name: "createdAt" })?;
    let created_by = query.text("createdBy")?.ok_or(ApiError::MissingParameter { name: "createdBy" })?;
    let created_at = Timestamp::parse(created_at)
        .ok_or_else(|| ApiError::InvalidTimestamp { name: "createdAt", value: created_at.to_owned() })?;
    let imported = state.worlds().read(&caller.org, |world| {
        let created_by = world.users().find(created_by)?.clone();
        let imported = ImportedAs { created_at, created_by };
        world.check_import(issue, comment, &imported).map(|_| imported)
    })?;
    let file = upload.receive(state, Some(name)).await?;
    state.worlds().write(&caller.org, |world| {
        let id = world.import_to_issue(issue, comment, file, &imported)?;
        describe(StatusCode::CREATED, world, issue, &id.to_string(), caller)
    })
}

fn describe(status: StatusCode, world: &World, issue: &str, file: &str, caller: &Caller) -> Result<Response, ApiError> {
    let (file, holder) = world.issue_file(issue, file)?;
    Ok(json(status, &AttachmentBody::held_by(file, Some(holder), world, &caller.links)))
}
