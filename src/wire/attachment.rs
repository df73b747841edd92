//! A file as the API describes it (reference pages temp-attachment and add-attachment).

use schemars::JsonSchema;
use serde::Serialize;

use super::as_text;
use super::links::{Links, Url};
use super::schema::{FileIdText, ObjectIdText, SizeText, TimeText, UrlText, absent_not_null};
use super::user::UserRef;
use crate::domain::clock::Timestamp;
use crate::domain::comment::Thread;
use crate::domain::file::File;
use crate::domain::ids::{CommentLongId, FileId};
use crate::domain::image::Dimensions;
use crate::domain::thumbnail::is_offered;
use crate::domain::world::{Holder, World};

/// The description of a file, temporary or attached.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Attachment", transform = absent_not_null)]
pub(crate) struct AttachmentBody<'a> {
    #[serde(rename = "self")]
    #[schemars(with = "UrlText")]
    self_url: Url<'a>,
    #[serde(serialize_with = "as_text")]
    #[schemars(with = "FileIdText")]
    id: FileId,
    name: &'a str,
    #[schemars(with = "UrlText")]
    content: Url<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "UrlText")]
    thumbnail: Option<Url<'a>>,
    created_by: UserRef<'a>,
    #[serde(serialize_with = "as_text")]
    #[schemars(with = "TimeText")]
    created_at: Timestamp,
    mimetype: &'a str,
    size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ObjectIdText")]
    comment_id: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AttachmentMetadata")]
struct Metadata {
    #[serde(serialize_with = "as_text")]
    #[schemars(with = "SizeText")]
    size: Dimensions,
}

impl<'a> AttachmentBody<'a> {
    /// A temporary file, whose `createdBy` is short.
    pub(crate) fn temporary(file: &'a File, links: &'a Links) -> Self {
        let urls = Urls::of_root(file, links);
        Self::new(file, urls, UserRef::short(&file.created_by, links), None)
    }

    /// A file of an entity, whose `createdBy` is full.
    pub(crate) fn of_entity(file: &'a File, links: &'a Links) -> Self {
        let urls = Urls::of_root(file, links);
        Self::new(file, urls, UserRef::full(&file.created_by, links), None)
    }

    /// Any file: its URLs and users are those of what holds it, and one in a comment of an issue names the comment.
    pub(crate) fn held_by(file: &'a File, holder: Option<Holder>, world: &'a World, links: &'a Links) -> Self {
        let (issue, comment) = match holder {
            None => return Self::temporary(file, links),
            Some(Holder::Entity(_) | Holder::Comment(Thread::Entity(_), _)) => return Self::of_entity(file, links),
            Some(Holder::Issue(issue)) => (issue, None),
            Some(Holder::Comment(thread @ Thread::Issue(issue), number)) => (issue, Some((thread, number))),
        };
        let key = world.issue_by_id(issue).map_or("", |issue| &issue.key);
        let comment = comment.and_then(|(thread, number)| world.comments(thread)?.get(number));
        let urls = Urls {
            self_url: links.issue_attachment(key, file.id),
            content: links.issue_content(key, file.id, &file.name),
            thumbnail: is_offered(file.dimensions).then(|| links.issue_thumbnail(key, file.id)),
        };
        Self::new(file, urls, UserRef::short(&file.created_by, links), comment.map(|comment| comment.long_id))
    }

    fn new(file: &'a File, urls: Urls<'a>, created_by: UserRef<'a>, comment_id: Option<CommentLongId>) -> Self {
        Self {
            self_url: urls.self_url,
            id: file.id,
            name: file.name.as_str(),
            content: urls.content,
            thumbnail: urls.thumbnail,
            created_by,
            created_at: file.created_at,
            mimetype: file.mimetype.as_str(),
            size: file.blob.len(),
            metadata: file.dimensions.map(|size| Metadata { size }),
            comment_id: comment_id.map(|id| id.to_string()),
        }
    }
}

/// Where a file is found.
#[derive(Clone, Copy)]
struct Urls<'a> {
    self_url: Url<'a>,
    content: Url<'a>,
    /// Images only.
    thumbnail: Option<Url<'a>>,
}

impl<'a> Urls<'a> {
    fn of_root(file: &'a File, links: &'a Links) -> Self {
        Self {
            self_url: links.attachment(file.id),
            content: links.content(file.id, &file.name),
            thumbnail: is_offered(file.dimensions).then(|| links.thumbnail(file.id)),
        }
    }
}
