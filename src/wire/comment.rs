//! A comment as the API describes it (reference pages add-comment and entities/comments).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::{AttachmentRef, Expand, Links, Reference, Url, UserRef, absent_not_null};
use crate::domain::{Comment, CommentLongId, Thread, Timestamp, User, World};

built! {
    /// A comment in an answer.
    #[schemars(rename = "Comment", transform = absent_not_null)]
    pub(crate) struct CommentBody<'a>;
    /// Describes a comment of `thread`, a part of `world`.
    pub(crate) fn new(comment: &'a Comment, thread: Thread, world: &World, expand: &Expand, links: &'a Links) {
        let base = thread_url(thread, world, links);
        let user = |user: &'a User| UserRef::new(user, links);
        let shows_users = expand.shows("reactions");
        let reactions = |shown: bool| comment.reactions.iter().filter(move |_| shown);
        let attachments = || {
            let files = comment.attachments.iter().map(|attachment| attachment.file());
            files.map(|file| AttachmentRef::new(&base, file)).collect()
        };
    }
    "self" self_url: Url = base.member("comments", comment.number),
    id: u64 = comment.number,
    long_id: CommentLongId = comment.long_id,
    text: &'a str = &comment.text,
    // Without the feature `html`, comments have no `textHtml`.
    #[schemars(with = "Option<String>")]
    ?text_html: Html<'a> = (cfg!(feature = "html") && expand.shows("html")).then_some(Html(&comment.text)),
    ?attachments: Vec<AttachmentRef<'a>> = expand.shows("attachments").then(attachments),
    created_by: UserRef<'a> = user(&comment.created_by),
    updated_by: UserRef<'a> = user(&comment.updated_by),
    created_at: Timestamp = comment.created_at,
    updated_at: Timestamp = comment.updated_at,
    // With `expand=reactions` it is there in place of `reactionsCount`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    users_reacted: BTreeMap<&'static str, Vec<UserRef<'a>>> = reactions(shows_users)
        .map(|(name, users)| (*name, users.iter().map(|one| user(one)).collect()))
        .collect(),
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    reactions_count: BTreeMap<&'static str, usize> =
        reactions(!shows_users).map(|(name, users)| (*name, users.len())).collect(),
    #[serde(skip_serializing_if = "Vec::is_empty")]
    own_reactions: Vec<&'static str> = reactions(true)
        .filter(|(_, users)| users.iter().any(|user| user.uid == links.reader))
        .map(|(name, _)| *name)
        .collect(),
    #[serde(skip_serializing_if = "Vec::is_empty")]
    summonees: Vec<UserRef<'a>> = comment.summonees.iter().map(|summoned| user(summoned)).collect(),
    #[serde(skip_serializing_if = "Vec::is_empty")]
    maillist_summonees: Vec<Reference<'a>> =
        comment.maillists.iter().map(|list| Reference::maillist(list, links)).collect(),
    version: u64 = comment.version,
    "type" kind: &'static str = "standard",
    transport: &'static str = "internal",
}

/// Comments of a thread from one on.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommentsPart<'a> {
    /// The comments.
    pub comments: Vec<CommentBody<'a>>,
    /// Whether more follow.
    pub has_next: bool,
    /// Whether some come before.
    pub has_prev: bool,
}

fn thread_url(thread: Thread, world: &World, links: &Links) -> Url {
    let url = match thread {
        Thread::Entity(id) => world.entity_by_id(id).map(|entity| links.entity(entity.kind, id)),
        Thread::Issue(id) => world.issue_by_id(id).map(|issue| links.issue(&issue.key)),
    };
    url.unwrap_or_default()
}

/// Markdown that becomes HTML when it is written: that of a whole list would take several times the memory of the list.
#[derive(Debug)]
pub(super) struct Html<'a>(pub(super) &'a str);

impl Serialize for Html<'_> {
    #[cfg(feature = "html")]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::html::html(self.0))
    }

    #[cfg(not(feature = "html"))]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}
