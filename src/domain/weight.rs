//! How much memory the contents of a world take, as charged to the budget: what the allocator takes, not only the
//! length of texts. Each function returns the size of one object with all that only this object owns, in bytes. For what
//! clients can create in large numbers, the estimates are rather too high than too low.

use std::sync::Arc;

use super::*;

/// The overhead of an allocation, in bytes: the allocator's header, rounding, and a share of the fragmentation.
const ALLOCATION_BYTES: u64 = 48;

/// The size of an index entry, in bytes: a key, a value, and a share of the map's spare capacity.
pub(super) const INDEX_ENTRY_BYTES: u64 = 96;

/// The size of an issue link in each of its two issues, in bytes.
pub(super) const LINK_BYTES: u64 = INDEX_ENTRY_BYTES + item::<IssueLink>();

/// What the reaction of a user to a comment takes, in bytes.
pub(super) const REACTION_BYTES: u64 = INDEX_ENTRY_BYTES + item::<Arc<User>>();

/// The size of a text, in bytes.
pub(super) fn text(text: &str) -> u64 {
    ALLOCATION_BYTES + text.len() as u64
}

fn texts<'a>(texts: impl IntoIterator<Item = &'a String>) -> u64 {
    texts.into_iter().map(|one| size_of::<String>() as u64 + text(one)).sum()
}

/// The size of an item in a list or map, in bytes. It counts twice, because they keep up to as much spare capacity as
/// they use.
const fn item<T>() -> u64 {
    2 * size_of::<T>() as u64
}

fn users(users: &[Arc<User>]) -> u64 {
    ALLOCATION_BYTES + users.len() as u64 * item::<Arc<User>>()
}

pub(super) fn entity_fields(fields: &EntityFields) -> u64 {
    fields.values().map(|value| INDEX_ENTRY_BYTES + field_value(value)).sum()
}

pub(super) fn field_value(value: &FieldValue) -> u64 {
    match value {
        FieldValue::Text(value) => text(value),
        FieldValue::Texts(values) => ALLOCATION_BYTES + texts(values),
        FieldValue::Flag(_) | FieldValue::User(_) => 0,
        FieldValue::Users(values) => users(values),
        FieldValue::Queues(values) => ALLOCATION_BYTES + values.len() as u64 * item::<Arc<Queue>>(),
        FieldValue::Parents(parents) => ALLOCATION_BYTES + size_of_val(&*parents.secondary) as u64,
        FieldValue::Checklist(items) => checklist(items),
    }
}

fn checklist(items: &[ChecklistItem]) -> u64 {
    ALLOCATION_BYTES + items.iter().map(checklist_item).sum::<u64>()
}

fn checklist_item(line: &ChecklistItem) -> u64 {
    let id = ALLOCATION_BYTES + 24;
    let others = [&line.deadline, &line.url].into_iter().flatten();
    item::<ChecklistItem>() + id + text(&line.text) + others.map(|one| text(one)).sum::<u64>()
}

pub(super) fn issue_fields(fields: &IssueFields) -> u64 {
    let texts = text(&fields.summary) + fields.description.as_deref().map_or(0, text) + texts(&fields.tags);
    texts + users(&fields.followers) + checklist(&fields.checklist)
}

pub(super) fn event(kind: &EventKind) -> u64 {
    let contents = match kind {
        EventKind::Created => 0,
        EventKind::Updated(changes) => {
            let values = changes.iter().map(|change| text(&change.from) + text(&change.to) + text(&change.field));
            ALLOCATION_BYTES + size_of_val(&**changes) as u64 + values.sum::<u64>()
        }
        EventKind::CommentAdded { text: comment, files, summonees } => {
            let names = files.iter().map(|name| ALLOCATION_BYTES + text(name.as_str()));
            text(comment) + names.sum::<u64>() + users(summonees)
        }
        EventKind::FileAdded(_, name) | EventKind::FileRemoved(_, name) => text(name.as_str()),
    };
    item::<Event>() + contents
}

pub(super) fn record(record: &ChangelogRecord) -> u64 {
    let values = |list: &Vec<String>| ALLOCATION_BYTES + texts(list);
    let fields = record.fields.iter().map(|field| item::<RecordedField>() + values(&field.from) + values(&field.to));
    let comment = record.comment.iter().flat_map(|comment| [&comment.from, &comment.to]).flatten();
    let files = record.files.iter().map(|(_, name)| item::<(FileId, FileName)>() + text(name.as_str()));
    item::<ChangelogEntry>() + fields.chain(comment.map(|one| text(one))).chain(files).sum::<u64>()
}

/// Does not include the files of the comment.
pub(super) fn comment(comment: &Comment) -> u64 {
    let reactions = comment.reactions.values().map(Vec::len).sum::<usize>() as u64 * REACTION_BYTES;
    new_comment(&comment.text, &comment.summonees, &comment.maillists) + reactions
}

/// The size of a new comment, in bytes.
pub(super) fn new_comment(comment: &str, summonees: &[Arc<User>], maillists: &[String]) -> u64 {
    item::<Comment>() + text(comment) + users(summonees) + texts(maillists)
}

/// The size of new issue links, in bytes: each is stored in both issues, and recorded in both changelogs.
pub(super) fn new_links(relations: &[Relation]) -> u64 {
    2 * relations.len() as u64 * (LINK_BYTES + item::<ChangelogEntry>())
}

/// The size of a new entity, in bytes.
pub(super) fn new_entity(fields: &EntityFields) -> u64 {
    2 * INDEX_ENTRY_BYTES + size_of::<Entity>() as u64 + entity_fields(fields) + event(&EventKind::Created)
}

/// The size of a new issue, in bytes.
pub(super) fn new_issue(fields: &IssueFields, unique: Option<&str>) -> u64 {
    let key = 2 * ALLOCATION_BYTES;
    2 * INDEX_ENTRY_BYTES + size_of::<Issue>() as u64 + key + issue_fields(fields) + unique.map_or(0, text)
}

pub(super) fn notification(notification: &Notification) -> u64 {
    item::<Notification>()
        + text(notification.change.name.as_str())
        + size_of_val(&*notification.recipients) as u64
        + ALLOCATION_BYTES
}

pub(super) fn user(user: &User) -> u64 {
    let own = [&user.login, &user.display, &user.first_name, &user.last_name, &user.email, &user.cloud_uid];
    // The login and the tokens are also keys of an index.
    let indexed = 2 * INDEX_ENTRY_BYTES + text(&user.login);
    let tokens = user.tokens.iter().map(|token| INDEX_ENTRY_BYTES + 2 * text(token)).sum::<u64>();
    size_of::<User>() as u64 + indexed + tokens + own.into_iter().map(|value| text(value)).sum::<u64>()
}

pub(super) fn queue(queue: &Queue) -> u64 {
    item::<Queue>() + text(&queue.key) + text(&queue.name)
}
