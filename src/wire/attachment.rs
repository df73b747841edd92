//! A file as the API describes it (reference pages temp-attachment and add-attachment).

use schemars::JsonSchema;
use serde::Serialize;

use super::{Links, Url, UserRef, absent_not_null};
use crate::domain::{CommentLongId, Dimensions, File, FileId, Holder, Thread, Timestamp, World};

built! {
    /// The description of a file, temporary or attached.
    #[schemars(rename = "Attachment", transform = absent_not_null)]
    pub(crate) struct AttachmentBody<'a>;
    /// A file whose URLs are below `base`.
    fn new(file: &'a File, base: &Url, comment_id: Option<CommentLongId>, links: &'a Links) {
        let self_url = base.member("attachments", file.id);
        let content = self_url.content(&file.name);
    }
    "self" self_url: Url = self_url,
    id: FileId = file.id,
    name: &'a str = file.name.as_str(),
    content: Url = content,
    ?thumbnail: Url = file.has_thumbnail.then(|| base.member("thumbnails", file.id)),
    created_by: UserRef<'a> = UserRef::new(&file.created_by, links),
    created_at: Timestamp = file.created_at,
    mimetype: &'a str = file.mimetype.as_str(),
    size: usize = file.blob.len(),
    ?metadata: Metadata = file.dimensions.map(|size| Metadata { size }),
    ?comment_id: CommentLongId = comment_id,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AttachmentMetadata")]
struct Metadata {
    size: Dimensions,
}

impl<'a> AttachmentBody<'a> {
    /// The answer to the upload of a temporary file.
    pub(crate) fn uploaded(file: &'a File, links: &'a Links) -> Self {
        Self { created_by: UserRef::of_upload(&file.created_by, links), ..Self::at_root(file, links) }
    }

    /// A file whose URLs are those of no issue: a temporary one, or one of an entity.
    pub(crate) fn at_root(file: &'a File, links: &'a Links) -> Self {
        Self::new(file, &links.base, None, links)
    }

    /// Any file: its URLs are those of what holds it, and one in a comment of an issue names the comment.
    pub(crate) fn held_by(file: &'a File, holder: Option<Holder>, world: &'a World, links: &'a Links) -> Self {
        let (issue, comment) = match holder {
            None | Some(Holder::Entity(_) | Holder::Comment(Thread::Entity(_), _)) => {
                return Self::at_root(file, links);
            }
            Some(Holder::Issue(issue)) => (issue, None),
            Some(Holder::Comment(thread @ Thread::Issue(issue), number)) => (issue, Some((thread, number))),
        };
        let key = world.issue_by_id(issue).map_or("", |issue| &issue.key);
        let comment = comment.and_then(|(thread, number)| world.comments(thread)?.get(number));
        Self::new(file, &links.issue(key), comment.map(|comment| comment.long_id), links)
    }
}

built! {
    /// A file as issues and comments name it: the rest is behind `self`.
    #[schemars(rename = "AttachmentReference")]
    pub(crate) struct AttachmentRef<'a>;
    /// A file of whatever has the URL `holder`.
    pub(super) fn new(holder: &Url, file: &'a File) {}
    "self" self_url: Url = holder.member("attachments", file.id),
    id: FileId = file.id,
    display: &'a str = file.name.as_str(),
}
