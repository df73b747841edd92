//! The bytes of files, and their thumbnails, by the ids that are unique in a world.

use super::file_response;
use super::{ApiResult, Caller, FILE_ID, FileRequest, NoBody, Operation, Parameter};

const NAME: Parameter = Parameter::segment("name", "The name of the file.", "notes.txt");
const IMAGE_ID: Parameter = Parameter::segment("fileId", "The id of an image.", "5");

/// The `content` of every attachment, whatever holds it.
/// Differs: the file is sent under any name, as the real service was seen to do.
pub(super) const DOWNLOAD_FILE: Operation =
    Operation::get("download_file", "/attachments/{fileId}/{name}", "Download a file, whatever holds it")
        .file()
        .reference("issues/get-attachment")
        .segments(&[FILE_ID, NAME]);

pub(super) async fn download_file(caller: Caller, request: FileRequest, _: NoBody) -> ApiResult {
    let file = caller.read(|world| world.find_file(&caller.file()).map(|(file, _)| file.clone()))?;
    file_response::named_content(&request, file, caller.last(), caller.api.config().file_names).await
}

/// The `thumbnail` of every image, whatever holds it.
///
/// Differs: the public reference shows such URLs on issues only and says nothing of the picture. Here it is a PNG.
pub(super) const DOWNLOAD_THUMBNAIL: Operation = Operation::get(
    "download_thumbnail",
    "/thumbnails/{fileId}",
    "Download the thumbnail of an image, whatever holds it",
)
.picture()
.segments(&[IMAGE_ID])
.decision();

pub(super) async fn download_thumbnail(caller: Caller, request: FileRequest, _: NoBody) -> ApiResult {
    let file = caller.read(|world| world.find_file(&caller.file()).map(|(file, _)| file.clone()))?;
    file_response::thumbnail(&request, file).await
}
