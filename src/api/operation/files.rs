//! Temporary files, files by their id alone, and the files of issues.

use super::details::{Answer, Content, Details, RequestBody, Shape, download};
use super::parameter::{FILE_NAME, ISSUE_KEY, Kind, Parameter};

const FILE_ID: Parameter = Parameter::segment("fileId", "The id of the file.", "4");
const IMAGE_ID: Parameter = Parameter::segment("fileId", "The id of an image.", "5");
const NAME: Parameter = Parameter::segment("name", "The name of the file.", "notes.txt");
const ISSUE_FILE_ID: Parameter = Parameter::segment("fileId", "The id of the file.", "7");
const ISSUE_FILE_NAME: Parameter = Parameter::segment("name", "The name of the file.", "report.csv");
const COMMENT_ID: Parameter = Parameter::segment("id", "The number of the comment, or its longId.", "1");

const RANGE: Parameter =
    Parameter::new("Range", Kind::Text, "Which bytes; no byte of the file: 416. What is no single range is ignored.");
const IF_RANGE: Parameter = Parameter::new("If-Range", Kind::Text, "The ETag or the time of what Range is about.");
const IF_NONE_MATCH: Parameter = Parameter::new("If-None-Match", Kind::Text, "The ETags that the client has: 304.");
const IF_MODIFIED_SINCE: Parameter =
    Parameter::new("If-Modified-Since", Kind::Text, "When the client got the file: 304.");
const CONDITIONS: &[Parameter] = &[RANGE, IF_RANGE, IF_NONE_MATCH, IF_MODIFIED_SINCE];

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

const FILE: &[Answer] = &download(Content::File);
const PICTURE: &[Answer] = &download(Content::Picture);

pub(super) const ALL: &[Details] = &[
    Details::new("upload_temp_file", "Upload a temporary file", &[Answer::created(Shape::Attachment)])
        .reference("temp-attachment")
        .query(&[FILE_NAME])
        .body(RequestBody::Form)
        .errors(&[413, 507]),
    Details::new("get_attachment", "Describe a file, whatever holds it", &[Answer::ok(Shape::Attachment)])
        .path(&[FILE_ID])
        .errors(&[404]),
    Details::new("download_file", "Download a file, whatever holds it", FILE)
        .reference("get-attachment")
        .path(&[FILE_ID, NAME])
        .headers(CONDITIONS)
        .errors(&[404, 416]),
    Details::new("download_thumbnail", "Download the thumbnail of an image, whatever holds it", PICTURE)
        .path(&[IMAGE_ID])
        .headers(CONDITIONS)
        .errors(&[404, 416, 507]),
    Details::new("upload_to_issue", "Upload a file to an issue", &[Answer::created(Shape::Attachment)])
        .reference("issues/post-attachment")
        .path(&[ISSUE_KEY])
        .query(&[FILE_NAME])
        .body(RequestBody::Form)
        .errors(&[404, 413, 507]),
    Details::new(
        "list_issue_files",
        "List the files of an issue and of its comments",
        &[Answer::list(Shape::Attachment)],
    )
    .reference("issues/get-attachments-list")
    .path(&[ISSUE_KEY])
    .errors(&[404]),
    Details::new("import_to_issue", "Import a file with its history", &[Answer::created(Shape::Attachment)])
        .reference("import/import-attachments")
        .path(&[ISSUE_KEY])
        .query(IMPORT)
        .body(RequestBody::Form)
        .errors(&[404, 413, 422, 507]),
    Details::new("get_issue_file", "Describe a file of an issue", &[Answer::ok(Shape::Attachment)])
        .path(&[ISSUE_KEY, ISSUE_FILE_ID])
        .errors(&[404]),
    Details::new("delete_issue_file", "Delete a file of an issue", &[Answer::no_content()])
        .reference("issues/delete-attachment")
        .path(&[ISSUE_KEY, ISSUE_FILE_ID])
        .errors(&[404]),
    Details::new("download_issue_file", "Download a file of an issue", FILE)
        .reference("issues/get-attachment")
        .path(&[ISSUE_KEY, ISSUE_FILE_ID, ISSUE_FILE_NAME])
        .headers(CONDITIONS)
        .errors(&[404, 416]),
    Details::new("download_issue_thumbnail", "Download the thumbnail of an image of an issue", PICTURE)
        .reference("issues/get-attachment-preview")
        .path(&[ISSUE_KEY, ISSUE_FILE_ID])
        .headers(CONDITIONS)
        .errors(&[404, 416, 507]),
    Details::new("import_to_comment", "Import a file into a comment", &[Answer::created(Shape::Attachment)])
        .reference("import/import-attachments")
        .path(&[ISSUE_KEY, COMMENT_ID])
        .query(IMPORT)
        .body(RequestBody::Form)
        .errors(&[404, 413, 422, 507]),
];
