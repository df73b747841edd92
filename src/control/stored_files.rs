//! The files of a world, wherever they are, and small pictures of those that are images. People look at them on the page.

use std::cmp::Reverse;

use schemars::JsonSchema;
use serde::Serialize;

use super::call::*;
use crate::api::{FILE_ID, FileRequest, file_response};
use crate::domain::{File, FileId, FileRef, HolderName, Timestamp};

/// How many files are listed, the newest.
const MAX_LISTED: usize = 1000;

built! {
    /// A file of a world.
    #[schemars(transform = absent_not_null)]
    pub(super) struct StoredFile;
    fn new(file: &File, holder: Option<HolderName>) {}
    /// Its id.
    id: FileId = file.id,
    /// Its name.
    name: String = file.name.to_string(),
    /// Its type.
    mimetype: String = file.mimetype.as_str().to_owned(),
    /// Its length in bytes.
    size: usize = file.blob.len(),
    /// When it was uploaded.
    created_at: Timestamp = file.created_at,
    /// The login of whoever uploaded it.
    created_by: String = file.created_by.login.clone(),
    /// Whether there is a small picture of it.
    has_preview: bool = file.has_thumbnail,
    /// What holds it; absent for a temporary file.
    ?holder: FileHolder = holder.map(FileHolder::from),
}

/// What holds a file.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(transform = absent_not_null)]
struct FileHolder {
    /// `project`, `portfolio`, `goal`, `issue` or `comment`.
    kind: String,
    /// The id of the entity, the key of the issue, or the number of the comment.
    id: String,
    /// What the comment is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<Box<Self>>,
}

impl From<HolderName> for FileHolder {
    fn from(name: HolderName) -> Self {
        let (kind, id, of) = match name {
            HolderName::Entity(kind, id) => (kind.to_string(), id.to_string(), None),
            HolderName::Issue(key) => ("issue".to_owned(), key, None),
            HolderName::Comment(number, of) => {
                ("comment".to_owned(), number.to_string(), Some(Box::new(Self::from(*of))))
            }
        };
        Self { kind, id, of }
    }
}

pub(super) const LIST_FILES: Operation =
    Operation::get("list_files", "/_mock/files", "The newest 1,000 files of a world, wherever they are")
        .answers(&[Answer::list::<StoredFile>().with(TELLS_UNKNOWN)])
        .query(&[ORG]);

pub(super) async fn list_files(call: ControlCall, OneWorld(org): OneWorld, _: EmptyBody) -> ApiResult {
    let files: Vec<_> = call.bench.api.worlds().read(&org, |world| {
        let mut files: Vec<_> = world.files().collect();
        files.sort_unstable_by_key(|(file, _)| Reverse(file.id));
        let newest = files.into_iter().take(MAX_LISTED);
        newest.map(|(file, holder)| StoredFile::new(file, holder.map(|holder| world.holder_name(holder)))).collect()
    });
    Ok(tell_unknown(&call.bench, Some(&org), json(StatusCode::OK, &files)))
}

/// Always a PNG that was made here, whatever the file is: a page may show it without harm.
pub(super) const GET_PREVIEW: Operation =
    Operation::get("get_preview", "/_mock/files/{fileId}/preview", "A small picture of an image")
        .picture()
        .segments(&[FILE_ID])
        .query(&[ORG])
        .errors(&[404, 412, 416, 507]);

pub(super) async fn get_preview(
    call: ControlCall,
    OneWorld(org): OneWorld,
    Last(id): Last,
    request: FileRequest,
    _: EmptyBody,
) -> ApiResult {
    let file = call
        .bench
        .api
        .worlds()
        .read(&org, |world| world.find_file(&FileRef::new(&id)).map(|(file, _)| file.clone()))?;
    file_response::thumbnail(&request, file).await
}
