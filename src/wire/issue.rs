//! An issue as the API describes it (reference pages get-issue and create-issue).

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::ser::Error;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::attachment::AttachmentRef;
use super::checklist::ChecklistItemBody;
use super::comment::{CommentBody, CommentView};
use super::issue_link::IssueLinkBody;
use super::links::{Links, Url};
use super::reference::Reference;
use super::schema::{IssueKeyText, absent_not_null};
use super::transition::TransitionBody;
use super::user::UserRef;
use crate::domain::{ChecklistCounts, Issue, IssueId, StatusType, Thread, Timestamp, World};

/// What an answer shows of an issue.
#[derive(Clone, Debug, Default)]
pub(crate) struct IssueView {
    /// The members that are shown beside those that name the issue; with none, all are.
    pub fields: Vec<String>,
    /// Whether `attachments` is in it.
    pub attachments: bool,
    /// Whether `comments` is in it.
    pub comments: bool,
    /// Whether `transitions` is in it.
    pub transitions: bool,
    /// Whether `links` is in it.
    pub links: bool,
    /// The counts of the checklist that are shown in place of the true ones.
    pub checklist_counts: Option<ChecklistCounts>,
}

/// An issue in an answer.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Issue", transform = absent_not_null, transform = only_named)]
struct IssueBody<'a> {
    #[serde(rename = "self")]
    self_url: Url,
    id: IssueId,
    #[schemars(with = "IssueKeyText")]
    key: &'a str,
    version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_comment_updated_at: Option<Timestamp>,
    summary: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<Reference<'a>>,
    status_start_time: Timestamp,
    updated_by: UserRef<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checklist_done: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_type: Option<StatusTypeBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved_by: Option<UserRef<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(rename = "type")]
    issue_type: Reference<'a>,
    priority: Reference<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution: Option<Reference<'a>>,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    followers: Vec<UserRef<'a>>,
    created_by: UserRef<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checklist_items: Vec<ChecklistItemBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checklist_total: Option<usize>,
    comment_without_external_message_count: usize,
    votes: u64,
    comment_with_external_message_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<UserRef<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    tags: &'a [String],
    queue: Reference<'a>,
    updated_at: Timestamp,
    status: Reference<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_status: Option<Reference<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unique: Option<&'a str>,
    favorite: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachments: Option<Vec<AttachmentRef<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comments: Option<Vec<CommentBody<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transitions: Option<Vec<TransitionBody>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    links: Option<Vec<IssueLinkBody<'a>>>,
}

/// The broad state of work that the status stands for.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "StatusType")]
struct StatusTypeBody {
    id: String,
    display: &'static str,
    key: String,
}

impl StatusTypeBody {
    fn new(stage: StatusType, links: &Links) -> Self {
        Self { id: stage.to_string(), display: stage.name().of(links.language), key: stage.to_string() }
    }
}

/// An issue in an answer, with the fields that the request names, or all.
#[derive(Debug)]
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

impl JsonSchema for ShownIssue<'_> {
    fn schema_name() -> Cow<'static, str> {
        IssueBody::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        IssueBody::json_schema(generator)
    }
}

/// With `?fields=` any member may be missing but those that name the issue.
fn only_named(schema: &mut Schema) {
    schema.insert("required".to_owned(), json!(ALWAYS));
}

impl<'a> IssueBody<'a> {
    /// Describes `issue`, a part of `world`.
    fn new(issue: &'a Issue, world: &'a World, view: &IssueView, links: &'a Links) -> Self {
        let self_url = links.issue(&issue.key);
        let fields = &issue.fields;
        let parent = fields.parent.and_then(|parent| world.issue_by_id(parent));
        let attachments = || issue.attachments.iter().map(|one| AttachmentRef::new(&self_url, one.file())).collect();
        let attachments = view.attachments.then(attachments);
        let comments = || {
            let thread = Thread::Issue(issue.id);
            let describe = |comment| CommentBody::new(comment, thread, world, CommentView::default(), links);
            issue.comments.iter().map(describe).collect()
        };
        let counts = view.checklist_counts.unwrap_or_else(|| ChecklistCounts::of(&fields.checklist));
        let counts = Some(counts).filter(|counts| counts.total > 0);
        Self {
            id: issue.id,
            key: &issue.key,
            version: issue.version,
            last_comment_updated_at: issue.comments.iter().map(|comment| comment.updated_at).max(),
            summary: &fields.summary,
            parent: parent.map(|parent| Reference::issue(parent, links)),
            status_start_time: issue.status_since,
            updated_by: UserRef::new(&issue.updated_by, links),
            checklist_done: counts.map(|counts| counts.done),
            status_type: fields.status.status_type.map(|stage| StatusTypeBody::new(stage, links)),
            resolved_at: issue.resolution.as_ref().map(|resolution| resolution.at),
            resolved_by: issue.resolution.as_ref().map(|resolution| UserRef::new(&resolution.by, links)),
            description: fields.description.as_deref(),
            issue_type: Reference::catalog_item(fields.issue_type, links),
            priority: Reference::catalog_item(fields.priority, links),
            resolution: issue.resolution.as_ref().map(|resolution| Reference::catalog_item(resolution.item, links)),
            created_at: issue.created_at,
            followers: fields.followers.iter().map(|user| UserRef::new(user, links)).collect(),
            created_by: UserRef::new(&issue.created_by, links),
            checklist_items: ChecklistItemBody::of_issue(&fields.checklist, world),
            checklist_total: counts.map(|counts| counts.total),
            comment_without_external_message_count: issue.comments.len(),
            votes: 0,
            comment_with_external_message_count: 0,
            assignee: fields.assignee.as_ref().map(|user| UserRef::new(user, links)),
            tags: &fields.tags,
            queue: Reference::queue(&issue.queue, links),
            updated_at: issue.updated_at,
            status: Reference::catalog_item(fields.status, links),
            previous_status: issue.previous_status.map(|status| Reference::catalog_item(status, links)),
            unique: issue.unique.as_deref(),
            favorite: false,
            attachments,
            comments: view.comments.then(comments),
            transitions: view.transitions.then(|| TransitionBody::all(issue, links)),
            links: view.links.then(|| IssueLinkBody::all(issue, world, links)),
            self_url,
        }
    }
}
