//! Temporary files.

use axum::http::StatusCode;

use super::{ApiResult, Caller, FILE_ID, FILE_NAME, NoBody, Operation, Upload, json, ok_json};
use crate::wire::AttachmentBody;

pub(super) const UPLOAD_TEMP_FILE: Operation =
    Operation::post("upload_temp_file", "/attachments/", "Upload a temporary file")
        .created::<AttachmentBody<'_>>()
        .reference("issues/temp-attachment")
        .query(&[FILE_NAME])
        .form();

pub(super) async fn upload_temp_file(caller: Caller, upload: Upload) -> ApiResult {
    let rename = caller.query.file_name()?;
    let file = upload.receive(&caller.api, rename).await?;
    caller.write(|world| {
        let stored = world.upload(file, &caller.actor)?;
        Ok(json(StatusCode::CREATED, &AttachmentBody::uploaded(stored.file(), &caller.links)))
    })
}

/// No page of the reference has it: the official Python client follows `self` to it.
pub(super) const GET_ATTACHMENT: Operation =
    Operation::get("get_attachment", "/attachments/{fileId}", "Describe a file, whatever holds it")
        .ok::<AttachmentBody<'_>>()
        .segments(&[FILE_ID]);

pub(super) async fn get_attachment(caller: Caller, _: NoBody) -> ApiResult {
    caller.read(|world| {
        let (file, holder) = world.find_file(&caller.file())?;
        ok_json(&AttachmentBody::held_by(file, holder, world, &caller.links))
    })
}
