//! A file as the API describes it (reference pages temp-attachment and add-attachment).

use schemars::JsonSchema;
use serde::Serialize;

use super::links::{Links, Url};
use super::schema::absent_not_null;
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
    self_url: Url,
    id: FileId,
    name: &'a str,
    content: Url,
    #[serde(skip_serializing_if = "Option::is_none")]
    thumbnail: Option<Url>,
    created_by: UserRef<'a>,
    created_at: Timestamp,
    mimetype: &'a str,
    size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment_id: Option<CommentLongId>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AttachmentMetadata")]
struct Metadata {
    size: Dimensions,
}

impl<'a> AttachmentBody<'a> {
    /// A temporary file, whose `createdBy` is short.
    pub(crate) fn temporary(file: &'a File, links: &'a Links) -> Self {
        Self::new(file, links.base(), UserRef::short(&file.created_by, links), None)
    }

    /// A file of an entity, whose `createdBy` is full.
    pub(crate) fn of_entity(file: &'a File, links: &'a Links) -> Self {
        Self::new(file, links.base(), UserRef::full(&file.created_by, links), None)
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
        let created_by = UserRef::short(&file.created_by, links);
        Self::new(file, &links.issue(key), created_by, comment.map(|comment| comment.long_id))
    }

    /// A file whose URLs are below `base`.
    fn new(file: &'a File, base: &Url, created_by: UserRef<'a>, comment_id: Option<CommentLongId>) -> Self {
        let self_url = base.member("attachments", file.id);
        Self {
            id: file.id,
            name: file.name.as_str(),
            content: self_url.content(&file.name),
            thumbnail: is_offered(file.dimensions).then(|| base.member("thumbnails", file.id)),
            created_by,
            created_at: file.created_at,
            mimetype: file.mimetype.as_str(),
            size: file.blob.len(),
            metadata: file.dimensions.map(|size| Metadata { size }),
            comment_id,
            self_url,
        }
    }
}
