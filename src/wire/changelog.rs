//! The history of an issue as the API describes it (reference page get-changelog).

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::issue_link::LinkTypeBody;
use super::links::{Links, Url};
use super::reference::Reference;
use super::schema::absent_not_null;
use super::user::UserRef;
use crate::domain::{
    Arity, Catalog, ChangelogEntry, ChangelogKind, CommentLongId, EventId, Issue, IssueField, RecordedComment,
    RecordedField, Relation, Timestamp, World,
};

/// A change of an issue. What is empty is not there.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ChangelogEntry")]
pub(crate) struct ChangelogEntryBody<'a> {
    id: EventId,
    #[serde(rename = "self")]
    self_url: Url,
    issue: Reference<'a>,
    updated_at: Timestamp,
    updated_by: UserRef<'a>,
    #[serde(rename = "type")]
    kind: &'static str,
    transport: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FieldDiffBody<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<LinkDiffBody<'a>>,
    #[serde(skip_serializing_if = "Changes::is_empty")]
    comments: Changes<CommentNameBody<'a>, CommentDiffBody<'a>>,
    #[serde(skip_serializing_if = "Changes::is_empty")]
    attachments: Changes<Reference<'a>, ()>,
}

/// A field before and after: what it names, a list of such, or null.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "FieldDiff")]
struct FieldDiffBody<'a> {
    field: Reference<'a>,
    from: Value,
    to: Value,
}

/// A link before and after.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LinkDiff")]
struct LinkDiffBody<'a> {
    from: Option<RelationBody<'a>>,
    to: Option<RelationBody<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Relation")]
struct RelationBody<'a> {
    #[schemars(extend("enum" = ["inward", "outward"]))]
    direction: &'static str,
    object: Reference<'a>,
    #[serde(rename = "type")]
    link_type: LinkTypeBody,
}

/// Things that came, went and changed.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ChangesOf{T}")]
struct Changes<T, U> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    added: Vec<T>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    removed: Vec<T>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    updated: Vec<U>,
}

impl<T, U> Changes<T, U> {
    fn of(added: Vec<T>, removed: Vec<T>, updated: Vec<U>) -> Self {
        Self { added, removed, updated }
    }

    fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.updated.is_empty()
    }
}

/// A comment: `display` is its text.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "CommentName")]
struct CommentNameBody<'a> {
    #[serde(rename = "self")]
    self_url: Url,
    id: String,
    display: &'a str,
    object_id: CommentLongId,
}

/// What changed of a comment.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "CommentDiff", transform = absent_not_null)]
struct CommentDiffBody<'a> {
    comment: CommentNameBody<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    added_reaction: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    removed_reaction: Option<&'static str>,
}

impl<'a> ChangelogEntryBody<'a> {
    /// Describes a change of `issue`, a part of `world`.
    pub(crate) fn new(entry: &'a ChangelogEntry, issue: &'a Issue, world: &'a World, links: &'a Links) -> Self {
        let url = links.issue(&issue.key);
        let record = &entry.record;
        let comment = |one: &'a RecordedComment| CommentNameBody::new(one, issue, &url);
        let (mut added, mut removed, mut updated) = (Vec::new(), Vec::new(), Vec::new());
        match (&record.comment, record.kind) {
            (Some(one), ChangelogKind::CommentRemoved) => removed.push(comment(one)),
            (
                Some(one),
                ChangelogKind::CommentUpdated | ChangelogKind::ReactionAdded | ChangelogKind::ReactionRemoved,
            ) => {
                let is_gone = record.kind == ChangelogKind::ReactionRemoved;
                updated.push(CommentDiffBody {
                    comment: comment(one),
                    from: one.from.as_deref(),
                    to: one.to.as_deref(),
                    added_reaction: one.reaction.filter(|_| !is_gone),
                    removed_reaction: one.reaction.filter(|_| is_gone),
                });
            }
            (one, _) => added.extend(one.as_ref().map(comment)),
        }
        let files = record
            .files
            .iter()
            .map(|(id, name)| Reference::plain(url.member("attachments", id), id.to_string(), name.as_str()));
        let (come, gone) = if record.kind == ChangelogKind::FileRemoved {
            (Vec::new(), files.collect())
        } else {
            (files.collect(), Vec::new())
        };
        let relation = record.link.as_ref().map(|relation| RelationBody::new(relation, issue, world, links));
        let is_gone = record.kind == ChangelogKind::Unlinked;
        let link = |relation| {
            if is_gone {
                LinkDiffBody { from: Some(relation), to: None }
            } else {
                LinkDiffBody { from: None, to: Some(relation) }
            }
        };
        Self {
            id: entry.id,
            self_url: url.member("changelog", entry.id),
            issue: Reference::issue(issue, links),
            updated_at: entry.at,
            updated_by: UserRef::new(&entry.actor, links),
            kind: record.kind.as_str(),
            transport: "front",
            fields: record.fields.iter().map(|field| FieldDiffBody::new(field, world, links)).collect(),
            links: relation.map(link).into_iter().collect(),
            comments: Changes::of(added, removed, updated),
            attachments: Changes::of(come, gone, Vec::new()),
        }
    }
}

impl<'a> FieldDiffBody<'a> {
    fn new(recorded: &'a RecordedField, world: &'a World, links: &'a Links) -> Self {
        let field = IssueField::all().iter().find(|field| field.key == recorded.field);
        let name = field.map_or(recorded.field, |field| field.name.of(links.language));
        let value = |texts: &'a [String]| match field.map(|field| field.arity) {
            Some(Arity::Many) if !texts.is_empty() => {
                texts.iter().map(|text| value_of(field, text, world, links)).collect()
            }
            _ => texts.first().map_or(Value::Null, |text| value_of(field, text, world, links)),
        };
        Self {
            field: Reference::plain(links.field(recorded.field), recorded.field.to_owned(), name),
            from: value(&recorded.from),
            to: value(&recorded.to),
        }
    }
}

/// What a text in a field names, or else the text.
fn value_of(field: Option<&IssueField>, text: &str, world: &World, links: &Links) -> Value {
    let item = |catalog: Catalog| catalog.find(text).ok().map(|item| json!(Reference::catalog_item(item, links)));
    let found = match field.map_or("", |field| field.kind.name) {
        "issuetype" => item(Catalog::IssueTypes),
        "priority" => item(Catalog::Priorities),
        "status" => item(Catalog::Statuses),
        "resolution" => item(Catalog::Resolutions),
        "user" => world.users().by_login(text).map(|user| json!(UserRef::new(user, links))),
        "issue" => world.issue(&text.into()).ok().map(|issue| json!(Reference::issue(issue, links))),
        _ => None,
    };
    found.unwrap_or_else(|| json!(text))
}

impl<'a> RelationBody<'a> {
    fn new(relation: &'a Relation, issue: &'a Issue, world: &'a World, links: &'a Links) -> Self {
        let other = world.issue_by_id(relation.issue).unwrap_or(issue);
        Self {
            direction: relation.direction.as_str(),
            object: Reference::issue(other, links),
            link_type: LinkTypeBody::new(relation.link_type, links),
        }
    }
}

impl<'a> CommentNameBody<'a> {
    fn new(recorded: &'a RecordedComment, issue: &'a Issue, url: &Url) -> Self {
        let present = || issue.comments.get(recorded.number).map(|comment| &comment.text);
        let text = recorded.to.as_ref().or(recorded.from.as_ref()).or_else(present);
        Self {
            self_url: url.member("comments", recorded.number),
            id: recorded.number.to_string(),
            display: text.map_or("", String::as_str),
            object_id: recorded.long_id,
        }
    }
}
