//! The history of an issue as the API describes it (reference page get-changelog).

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::{LinkTypeBody, Links, Reference, Url, UserRef, absent_not_null};
use crate::domain::{
    Arity, Catalog, ChangelogEntry, ChangelogKind, CommentLongId, EventId, FileId, FileName, Issue, IssueField,
    IssueRef, RecordedComment, RecordedField, Relation, Timestamp, World,
};

built! {
    /// A change of an issue. What is empty is not there.
    #[schemars(rename = "ChangelogEntry")]
    pub(crate) struct ChangelogEntryBody<'a>;
    /// Describes a change of `issue`, a part of `world`.
    pub(crate) fn new(entry: &'a ChangelogEntry, issue: &'a Issue, world: &'a World, links: &'a Links) {
        use ChangelogKind::{CommentRemoved, CommentUpdated, FileRemoved, ReactionAdded, ReactionRemoved, Unlinked};
        let url = links.issue(&issue.key);
        let record = &entry.record;
        let comment = |one: &'a RecordedComment| CommentNameBody::new(one, issue, &url);
        let (mut added, mut removed, mut updated) = (Vec::new(), Vec::new(), Vec::new());
        match (&record.comment, record.kind) {
            (Some(one), CommentRemoved) => removed.push(comment(one)),
            (Some(one), CommentUpdated | ReactionAdded | ReactionRemoved) => {
                updated.push(CommentDiffBody::new(one, comment(one), record.kind));
            }
            (one, _) => added.extend(one.as_ref().map(comment)),
        }
        let named = |(id, name): &'a (FileId, FileName)| {
            Reference::plain(url.member("attachments", id), id.to_string(), name.as_str())
        };
        let of_files = |are_meant: bool| record.files.iter().filter(|_| are_meant).map(named).collect();
        let (come, gone) = (of_files(record.kind != FileRemoved), of_files(record.kind == FileRemoved));
        let relation = record.link.as_ref().map(|relation| RelationBody::new(relation, issue, world, links));
        let link = |relation| {
            let (from, to) = if record.kind == Unlinked { (Some(relation), None) } else { (None, Some(relation)) };
            LinkDiffBody { from, to }
        };
    }
    id: EventId = entry.id,
    "self" self_url: Url = url.member("changelog", entry.id),
    issue: Reference<'a> = Reference::issue(issue, links),
    updated_at: Timestamp = entry.at,
    updated_by: UserRef<'a> = UserRef::new(&entry.actor, links),
    "type" kind: &'static str = record.kind.as_str(),
    transport: &'static str = "front",
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FieldDiffBody<'a>> =
        record.fields.iter().map(|field| FieldDiffBody::new(field, world, links)).collect(),
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<LinkDiffBody<'a>> = relation.map(link).into_iter().collect(),
    #[serde(skip_serializing_if = "Changes::is_empty")]
    comments: Changes<CommentNameBody<'a>, CommentDiffBody<'a>> = Changes::of(added, removed, updated),
    #[serde(skip_serializing_if = "Changes::is_empty")]
    attachments: Changes<Reference<'a>, ()> = Changes::of(come, gone, Vec::new()),
}

built! {
    /// A field before and after: what it names, a list of such, or null.
    #[schemars(rename = "FieldDiff")]
    struct FieldDiffBody<'a>;
    fn new(recorded: &'a RecordedField, world: &'a World, links: &'a Links) {
        let field = IssueField::all().iter().find(|field| field.key == recorded.field);
        let name = field.map_or(recorded.field, |field| field.name.of(links.language));
        let value = |texts: &'a [String]| match field.map(|field| field.arity) {
            Some(Arity::Many) if !texts.is_empty() => {
                texts.iter().map(|text| value_of(field, text, world, links)).collect()
            }
            _ => texts.first().map_or(Value::Null, |text| value_of(field, text, world, links)),
        };
    }
    field: Reference<'a> = Reference::plain(links.field(recorded.field), recorded.field.to_owned(), name),
    from: Value = value(&recorded.from),
    to: Value = value(&recorded.to),
}

/// A link before and after.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LinkDiff")]
struct LinkDiffBody<'a> {
    from: Option<RelationBody<'a>>,
    to: Option<RelationBody<'a>>,
}

built! {
    #[schemars(rename = "Relation")]
    struct RelationBody<'a>;
    fn new(relation: &'a Relation, issue: &'a Issue, world: &'a World, links: &'a Links) {
        let other = world.issue_by_id(relation.issue).unwrap_or(issue);
    }
    #[schemars(extend("enum" = ["inward", "outward"]))]
    direction: &'static str = relation.direction.as_str(),
    object: Reference<'a> = Reference::issue(other, links),
    "type" link_type: LinkTypeBody = LinkTypeBody::new(relation.link_type, links),
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

built! {
    /// A comment: `display` is its text.
    #[schemars(rename = "CommentName")]
    struct CommentNameBody<'a>;
    fn new(recorded: &'a RecordedComment, issue: &'a Issue, url: &Url) {
        let present = || issue.comments.get(recorded.number).map(|comment| &comment.text);
        let text = recorded.to.as_ref().or(recorded.from.as_ref()).or_else(present);
    }
    "self" self_url: Url = url.member("comments", recorded.number),
    id: String = recorded.number.to_string(),
    display: &'a str = text.map_or("", String::as_str),
    object_id: CommentLongId = recorded.long_id,
}

built! {
    /// What changed of a comment.
    #[schemars(rename = "CommentDiff", transform = absent_not_null)]
    struct CommentDiffBody<'a>;
    fn new(one: &'a RecordedComment, comment: CommentNameBody<'a>, kind: ChangelogKind) {
        let is_gone = kind == ChangelogKind::ReactionRemoved;
    }
    comment: CommentNameBody<'a> = comment,
    ?from: &'a str = one.from.as_deref(),
    ?to: &'a str = one.to.as_deref(),
    ?added_reaction: &'static str = one.reaction.filter(|_| !is_gone),
    ?removed_reaction: &'static str = one.reaction.filter(|_| is_gone),
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
        "issue" => world.issue(&IssueRef::new(text)).ok().map(|issue| json!(Reference::issue(issue, links))),
        _ => None,
    };
    found.unwrap_or_else(|| json!(text))
}
