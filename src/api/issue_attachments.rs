//! The files of issues and of their comments.

use axum::http::StatusCode;

use super::file_response;
use super::{
    ApiError, ApiResult, Caller, FILE_NAME, FileRequest, ISSUE_COMMENT, Kind, NoBody, Operation, Parameter, Upload,
    json, ok_json,
};
use crate::domain::{CommentRef, File, FileRef, ImportedAs, IssueRef, Timestamp, World};
use crate::wire::AttachmentBody;

const IMPORT: &[Parameter] = &[
    FILE_NAME.required().example("old.txt"),
    Parameter::new(
        "createdAt",
        Kind::Timestamp,
        "When the file was made; between the issue's creation and last update.",
    )
    .required()
    .example("2024-01-13T14:06:29.747+0000"),
    Parameter::new("createdBy", Kind::Text, "Who made the file, by login or uid.").required().example("author"),
];
const ISSUE_FILE_ID: Parameter = Parameter::segment("fileId", "The id of the file.", "7");
const ISSUE_FILE_NAME: Parameter = Parameter::segment("name", "The name of the file.", "report.csv");

pub(super) const UPLOAD_TO_ISSUE: Operation =
    Operation::post("upload_to_issue", "/issues/{key}/attachments/", "Upload a file to an issue")
        .created::<AttachmentBody<'_>>()
        .reference("issues/post-attachment")
        .query(&[FILE_NAME])
        .form();

pub(super) async fn upload_to_issue(caller: Caller, upload: Upload) -> ApiResult {
    let issue = caller.issue();
    let rename = caller.query.file_name()?;
    caller.read(|world| world.issue(&issue).map(drop))?;
    let file = upload.receive(&caller.api, rename).await?;
    caller.write(|world| {
        let id = world.upload_to_issue(&issue, file, &caller.actor)?;
        describe(StatusCode::CREATED, world, &issue, &FileRef::new(id), &caller)
    })
}

pub(super) const LIST_ISSUE_FILES: Operation =
    Operation::get("list_issue_files", "/issues/{key}/attachments", "List the files of an issue and of its comments")
        .list::<AttachmentBody<'_>>()
        .reference("issues/get-attachments-list");

pub(super) async fn list_issue_files(caller: Caller, _: NoBody) -> ApiResult {
    caller.read(|world| {
        let files = world.issue_files(&caller.issue())?.into_iter();
        let body = |(file, holder)| AttachmentBody::held_by(file, Some(holder), world, &caller.links);
        ok_json(&files.map(body).collect::<Vec<_>>())
    })
}

/// No page of the reference has it: clients follow `self` to it.
pub(super) const GET_ISSUE_FILE: Operation =
    Operation::get("get_issue_file", "/issues/{key}/attachments/{fileId}", "Describe a file of an issue")
        .ok::<AttachmentBody<'_>>()
        .segments(&[ISSUE_FILE_ID]);

pub(super) async fn get_issue_file(caller: Caller, _: NoBody) -> ApiResult {
    caller.read(|world| describe(StatusCode::OK, world, &caller.issue(), &caller.file(), &caller))
}

/// Differs: the file is sent under any name, as the real service was seen to do.
pub(super) const DOWNLOAD_ISSUE_FILE: Operation =
    Operation::get("download_issue_file", "/issues/{key}/attachments/{fileId}/{name}", "Download a file of an issue")
        .file()
        .reference("issues/get-attachment")
        .segments(&[ISSUE_FILE_ID, ISSUE_FILE_NAME]);

pub(super) async fn download_issue_file(caller: Caller, request: FileRequest, _: NoBody) -> ApiResult {
    file_response::named_content(&request, found(&caller)?, caller.last(), caller.api.config().file_names).await
}

/// Differs: the reference says nothing of the picture. Here it is a PNG of at most 256 x 256.
pub(super) const DOWNLOAD_ISSUE_THUMBNAIL: Operation = Operation::get(
    "download_issue_thumbnail",
    "/issues/{key}/thumbnails/{fileId}",
    "Download the thumbnail of an image of an issue",
)
.picture()
.reference("issues/get-attachment-preview")
.segments(&[ISSUE_FILE_ID]);

pub(super) async fn download_issue_thumbnail(caller: Caller, request: FileRequest, _: NoBody) -> ApiResult {
    file_response::thumbnail(&request, found(&caller)?).await
}

fn found(caller: &Caller) -> Result<File, ApiError> {
    Ok(caller.read(|world| world.issue_file(&caller.issue(), &caller.file()).map(|(file, _)| file.clone()))?)
}

pub(super) const DELETE_ISSUE_FILE: Operation =
    Operation::delete("delete_issue_file", "/issues/{key}/attachments/{fileId}/", "Delete a file of an issue")
        .reference("issues/delete-attachment")
        .segments(&[ISSUE_FILE_ID]);

pub(super) async fn delete_issue_file(caller: Caller, _: NoBody) -> ApiResult {
    caller.remove(|world| world.delete_issue_file(&caller.issue(), &caller.file(), &caller.actor))
}

pub(super) const IMPORT_TO_ISSUE: Operation =
    Operation::post("import_to_issue", "/issues/{key}/attachments/_import", "Import a file with its history")
        .created::<AttachmentBody<'_>>()
        .reference("import/import-attachments")
        .query(IMPORT)
        .form()
        .errors(&[422]);

pub(super) async fn import_to_issue(caller: Caller, upload: Upload) -> ApiResult {
    import(&caller, None, upload).await
}

pub(super) const IMPORT_TO_COMMENT: Operation = IMPORT_TO_ISSUE
    .twin("import_to_comment", "/issues/{key}/comments/{id}/attachments/_import", "Import a file into a comment")
    .segments(&[ISSUE_COMMENT]);

pub(super) async fn import_to_comment(caller: Caller, upload: Upload) -> ApiResult {
    import(&caller, Some(&caller.comment()), upload).await
}

async fn import(caller: &Caller, comment: Option<&CommentRef>, upload: Upload) -> ApiResult {
    let (issue, query) = (&caller.issue(), &caller.query);
    let name = query.file_name()?.ok_or(ApiError::MissingParameter { name: "filename" })?;
    let created_at = query.text("createdAt")?.ok_or(ApiError::MissingParameter { name: "createdAt" })?;
    let created_by = query.text("createdBy")?.ok_or(ApiError::MissingParameter { name: "createdBy" })?;
    let created_at = Timestamp::parse(created_at)
        .ok_or_else(|| ApiError::InvalidTimestamp { name: "createdAt", value: created_at.to_owned() })?;
    let imported = caller.read(|world| {
        let created_by = world.users().find(created_by)?.clone();
        let imported = ImportedAs { created_at, created_by };
        world.check_import(issue, comment, &imported).map(|_| imported)
    })?;
    let file = upload.receive(&caller.api, Some(name)).await?;
    caller.write(|world| {
        let id = world.import_to_issue(issue, comment, file, &imported)?;
        describe(StatusCode::CREATED, world, issue, &FileRef::new(id), caller)
    })
}

fn describe(status: StatusCode, world: &World, issue: &IssueRef, file: &FileRef, caller: &Caller) -> ApiResult {
    let (file, holder) = world.issue_file(issue, file)?;
    Ok(json(status, &AttachmentBody::held_by(file, Some(holder), world, &caller.links)))
}
