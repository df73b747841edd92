//! An issue as the API describes it (reference pages get-issue and create-issue).

use schemars::{JsonSchema, Schema};
use serde::ser::Error;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::{
    AttachmentRef, ChecklistItemBody, CommentBody, Expand, IssueKeyText, IssueLinkBody, Links, Reference,
    TransitionBody, Url, UserRef, absent_not_null,
};
use crate::domain::{ChecklistCounts, Issue, IssueId, StatusType, Thread, Timestamp, World};

/// What an answer shows of an issue.
#[derive(Clone, Debug, Default)]
pub(crate) struct IssueView {
    pub expand: Expand,
    /// The members that are shown beside those that name the issue; with none, all are.
    pub fields: Vec<String>,
    /// The counts of the checklist that are shown in place of the true ones.
    pub checklist_counts: Option<ChecklistCounts>,
}

built! {
    /// An issue in an answer.
    #[schemars(rename = "Issue", transform = absent_not_null, transform = only_named)]
    struct IssueBody<'a>;
    /// Describes `issue`, a part of `world`.
    fn new(issue: &'a Issue, world: &'a World, view: &IssueView, links: &'a Links) {
        let self_url = links.issue(&issue.key);
        let (fields, resolution) = (&issue.fields, issue.resolution.as_ref());
        let parent = fields.parent.and_then(|parent| world.issue_by_id(parent));
        let attachments = || issue.attachments.iter().map(|one| AttachmentRef::new(&self_url, one.file())).collect();
        let attachments = view.expand.shows("attachments").then(attachments);
        let comments = || {
            let thread = Thread::Issue(issue.id);
            let describe = |comment| CommentBody::new(comment, thread, world, &Expand::default(), links);
            issue.comments.iter().map(describe).collect()
        };
        let counts = view.checklist_counts.unwrap_or_else(|| ChecklistCounts::of(&fields.checklist));
        let counts = Some(counts).filter(|counts| counts.total > 0);
    }
    "self" self_url: Url = self_url,
    id: IssueId = issue.id,
    #[schemars(with = "IssueKeyText")]
    key: &'a str = &issue.key,
    version: u64 = issue.version,
    ?last_comment_updated_at: Timestamp = issue.comments.iter().map(|comment| comment.updated_at).max(),
    summary: &'a str = &fields.summary,
    ?parent: Reference<'a> = parent.map(|parent| Reference::issue(parent, links)),
    status_start_time: Timestamp = issue.status_since,
    updated_by: UserRef<'a> = UserRef::new(&issue.updated_by, links),
    ?checklist_done: usize = counts.map(|counts| counts.done),
    ?status_type: StatusTypeBody = fields.status.status_type.map(|stage| StatusTypeBody::new(stage, links)),
    ?resolved_at: Timestamp = resolution.map(|resolution| resolution.at),
    ?resolved_by: UserRef<'a> = resolution.map(|resolution| UserRef::new(&resolution.by, links)),
    ?description: &'a str = fields.description.as_deref(),
    "type" issue_type: Reference<'a> = Reference::catalog_item(fields.issue_type, links),
    priority: Reference<'a> = Reference::catalog_item(fields.priority, links),
    ?resolution: Reference<'a> = resolution.map(|resolution| Reference::catalog_item(resolution.item, links)),
    created_at: Timestamp = issue.created_at,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    followers: Vec<UserRef<'a>> = fields.followers.iter().map(|user| UserRef::new(user, links)).collect(),
    created_by: UserRef<'a> = UserRef::new(&issue.created_by, links),
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checklist_items: Vec<ChecklistItemBody<'a>> = ChecklistItemBody::of_issue(&fields.checklist, world),
    ?checklist_total: usize = counts.map(|counts| counts.total),
    comment_without_external_message_count: usize = issue.comments.len(),
    votes: u64 = 0,
    comment_with_external_message_count: usize = 0,
    ?assignee: UserRef<'a> = fields.assignee.as_ref().map(|user| UserRef::new(user, links)),
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    tags: &'a [String] = &fields.tags,
    queue: Reference<'a> = Reference::queue(&issue.queue, links),
    updated_at: Timestamp = issue.updated_at,
    status: Reference<'a> = Reference::catalog_item(fields.status, links),
    ?previous_status: Reference<'a> = issue.previous_status.map(|status| Reference::catalog_item(status, links)),
    ?unique: &'a str = issue.unique.as_deref(),
    favorite: bool = false,
    ?attachments: Vec<AttachmentRef<'a>> = attachments,
    ?comments: Vec<CommentBody<'a>> = view.expand.shows("comments").then(comments),
    ?transitions: Vec<TransitionBody> = view.expand.shows("transitions").then(|| TransitionBody::all(issue, links)),
    ?links: Vec<IssueLinkBody<'a>> = view.expand.shows("links").then(|| IssueLinkBody::all(issue, world, links)),
}

built! {
    /// The broad state of work that the status stands for.
    #[schemars(rename = "StatusType")]
    struct StatusTypeBody;
    fn new(stage: StatusType, links: &Links) {}
    id: String = stage.to_string(),
    display: &'static str = stage.name().of(links.language),
    key: String = stage.to_string(),
}

// An issue in an answer, with the fields that the request names, or all.
#[derive(Debug, JsonSchema)]
#[schemars(with = "IssueBody<'a>")]
pub(crate) struct ShownIssue<'a> {
    body: IssueBody<'a>,
    view: &'a IssueView,
}

impl<'a> ShownIssue<'a> {
    /// Describes `issue`, a part of `world`.
    pub(crate) fn new(issue: &'a Issue, world: &'a World, view: &'a IssueView, links: &'a Links) -> Self {
        Self { body: IssueBody::new(issue, world, view, links), view }
    }
}

/// What names an issue; these members are always there.
const ALWAYS: [&str; 4] = ["self", "id", "key", "version"];

/// What `expand` adds stays too, whatever `fields` says.
const EXPANDED: [&str; 4] = ["attachments", "comments", "transitions", "links"];

impl Serialize for ShownIssue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = &self.view.fields;
        if fields.is_empty() {
            return self.body.serialize(serializer);
        }
        let is_shown =
            |name: &str| [ALWAYS, EXPANDED].concat().contains(&name) || fields.iter().any(|field| field == name);
        let Value::Object(mut members) = serde_json::to_value(&self.body).map_err(S::Error::custom)? else {
            return Err(S::Error::custom("an issue is an object"));
        };
        members.retain(|name, _| is_shown(name));
        members.serialize(serializer)
    }
}

/// With `?fields=` any member may be missing but those that name the issue.
fn only_named(schema: &mut Schema) {
    schema.insert("required".to_owned(), json!(ALWAYS));
}
