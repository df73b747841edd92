//! The history of an issue: one entry for each change. Values are kept as the texts that name them (keys, logins, ids),
//! and what they name is looked up when they are shown.

use std::sync::Arc;

use super::*;

/// A change of an issue.
#[derive(Clone, Debug)]
pub struct ChangelogEntry {
    pub id: EventId,
    pub at: Timestamp,
    pub actor: Arc<User>,
    pub record: ChangelogRecord,
}

/// What changed.
#[derive(Clone, Debug)]
pub struct ChangelogRecord {
    pub kind: ChangelogKind,
    pub fields: Vec<RecordedField>,
    pub comment: Option<RecordedComment>,
    /// Files that came or, by a kind that says so, went.
    pub files: Vec<(FileId, FileName)>,
    pub link: Option<Relation>,
}

/// The value of a field before and after a change: none, one, or of some fields several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedField {
    /// The key of the field.
    pub field: &'static str,
    pub from: Vec<String>,
    pub to: Vec<String>,
}

/// A comment, and how its text changed.
#[derive(Clone, Debug)]
pub struct RecordedComment {
    pub number: u64,
    pub long_id: CommentLongId,
    /// The text before, where it changed or went with the comment.
    pub from: Option<String>,
    /// The text after, where it changed.
    pub to: Option<String>,
    /// The reaction that came or, by a kind that says so, went.
    pub reaction: Option<&'static str>,
}

impl RecordedComment {
    /// A comment whose text stays.
    pub(super) fn of(number: u64, long_id: CommentLongId) -> Self {
        Self { number, long_id, from: None, to: None, reaction: None }
    }

    pub(super) fn reaction(comment: &Comment, reaction: &'static str) -> Self {
        Self { reaction: Some(reaction), ..Self::of(comment.number, comment.long_id) }
    }
}

named! {
    /// The kinds of changes.
    pub enum ChangelogKind {
        Created = "IssueCreated",
        Updated = "IssueUpdated",
        Workflow = "IssueWorkflow",
        CommentAdded = "IssueCommentAdded",
        CommentUpdated = "IssueCommentUpdated",
        CommentRemoved = "IssueCommentRemoved",
        FileAdded = "IssueAttachmentAdded",
        FileRemoved = "IssueAttachmentRemoved",
        Linked = "IssueLinked",
        Unlinked = "IssueUnlinked",
        ReactionAdded = "IssueCommentReactionAdded",
        ReactionRemoved = "IssueCommentReactionRemoved",
    }
}

impl ChangelogKind {
    /// A change of this kind that concerns nothing yet.
    pub(super) fn record(self) -> ChangelogRecord {
        ChangelogRecord { kind: self, fields: Vec::new(), comment: None, files: Vec::new(), link: None }
    }
}

impl ChangelogRecord {
    /// The creation of an issue, of which the status is told.
    pub(super) fn created(fields: &IssueFields) -> Self {
        let status = RecordedField { field: "status", from: Vec::new(), to: vec![fields.status.key.to_owned()] };
        Self { fields: vec![status], ..ChangelogKind::Created.record() }
    }

    /// Whether it concerns the field with this key, or what the API calls so.
    pub(crate) fn concerns(&self, field: &str) -> bool {
        let is_part = match field {
            "attachments" => !self.files.is_empty(),
            "comments" => self.comment.is_some(),
            "links" => self.link.is_some(),
            _ => false,
        };
        is_part || self.fields.iter().any(|one| one.field == field)
    }
}

impl IssueFields {
    /// What changes from these fields to `other`.
    pub(super) fn changes_to(&self, other: &Self) -> Vec<RecordedField> {
        let pairs = self.recorded().into_iter().zip(other.recorded());
        let changed = pairs.filter(|((_, from), (_, to))| from != to);
        changed.map(|((field, from), (_, to))| RecordedField { field, from, to }).collect()
    }

    fn recorded(&self) -> [(&'static str, Vec<String>); 10] {
        let logins = |users: &[Arc<User>]| users.iter().map(|user| user.login.clone()).collect();
        [
            ("summary", vec![self.summary.clone()]),
            ("description", self.description.iter().cloned().collect()),
            ("type", vec![self.issue_type.key.to_owned()]),
            ("priority", vec![self.priority.key.to_owned()]),
            ("status", vec![self.status.key.to_owned()]),
            ("assignee", logins(self.assignee.as_slice())),
            ("followers", logins(&self.followers)),
            ("tags", self.tags.clone()),
            ("parent", self.parent.iter().map(ToString::to_string).collect()),
            ("checklistItems", self.checklist.iter().map(ChecklistItem::readable).collect()),
        ]
    }
}

impl Issue {
    pub(super) fn append(&mut self, entry: ChangelogEntry) {
        self.charge.grow_anyway(weight::record(&entry.record));
        self.changelog.push(entry);
    }
}

impl World {
    /// The change of an issue with this id. Fails when there is no such issue or change.
    pub fn changelog_entry(&self, issue: &IssueRef, id: &str) -> Result<&ChangelogEntry, DomainError> {
        let changelog = &self.issue(issue)?.changelog;
        let found = changelog.iter().find(|entry| EventId::parse(id) == Some(entry.id));
        found.ok_or_else(|| DomainError::ChangeNotFound { id: id.to_owned() })
    }

    /// Records a change of an issue. The version stays: only changes of fields raise it.
    pub(super) fn record_change(&mut self, id: IssueId, record: ChangelogRecord, now: Timestamp, actor: &Arc<User>) {
        let event = self.ids.event(now);
        self.touch_issue(id, now, actor);
        if let Some(issue) = self.issue_mut(id) {
            issue.append(ChangelogEntry { id: event, at: now, actor: Arc::clone(actor), record });
        }
    }

    /// Sets the history of an issue of a saved world.
    pub fn restore_changelog(&mut self, id: IssueId, changelog: Vec<ChangelogEntry>) -> RuleResult<()> {
        if let Some(issue) = self.issue_mut(id) {
            issue.charge.shrink(issue.changelog.iter().map(|entry| weight::record(&entry.record)).sum());
            issue.changelog = Vec::new();
            changelog.into_iter().for_each(|entry| issue.append(entry));
        }
        Ok(self.check_room(0)?)
    }
}
