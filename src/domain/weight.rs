//! How much memory the contents of a world take, as charged to the budget: what the allocator takes, not only the
//! length of texts. For what clients can create in large numbers, the estimates are rather too high than too low.

use std::sync::Arc;

use super::{
    ChangelogEntry, ChangelogRecord, ChecklistItem, Comment, Entity, EntityFields, Event, EventKind, FieldValue,
    FileId, FileName, Issue, IssueFields, IssueLink, Notification, Queue, RecordedField, Relation, User,
};

/// The overhead of an allocation, in bytes: the allocator's header, rounding, and a share of the fragmentation.
const ALLOCATION_BYTES: u64 = 48;

/// The size of an index entry, in bytes: a key, a value, and a share of the map's spare capacity.
pub(super) const INDEX_ENTRY_BYTES: u64 = 96;

/// The size of an issue link in each of its two issues, in bytes.
pub(super) const LINK_BYTES: u64 = INDEX_ENTRY_BYTES + item::<IssueLink>();

/// What the reaction of a user to a comment takes, in bytes.
pub(super) const REACTION_BYTES: u64 = INDEX_ENTRY_BYTES + item::<Arc<User>>();

/// Something that a world stores.
pub(super) trait Weight {
    /// Its size in bytes, with everything that it alone owns.
    fn weight(&self) -> u64;
}

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

impl Weight for EntityFields {
    fn weight(&self) -> u64 {
        self.values().map(|value| INDEX_ENTRY_BYTES + value.weight()).sum()
    }
}

impl Weight for FieldValue {
    fn weight(&self) -> u64 {
        match self {
            Self::Text(value) => text(value),
            Self::Texts(values) => ALLOCATION_BYTES + texts(values),
            Self::Flag(_) | Self::User(_) => 0,
            Self::Users(values) => users(values),
            Self::Queues(values) => ALLOCATION_BYTES + values.len() as u64 * item::<Arc<Queue>>(),
            Self::Parents(parents) => ALLOCATION_BYTES + size_of_val(&*parents.secondary) as u64,
            Self::Checklist(items) => checklist(items),
        }
    }
}

fn checklist(items: &[ChecklistItem]) -> u64 {
    ALLOCATION_BYTES + items.iter().map(ChecklistItem::weight).sum::<u64>()
}

impl Weight for ChecklistItem {
    fn weight(&self) -> u64 {
        let id = ALLOCATION_BYTES + 24;
        item::<Self>()
            + id
            + text(&self.text)
            + [&self.deadline, &self.url].into_iter().flatten().map(|one| text(one)).sum::<u64>()
    }
}

impl Weight for IssueFields {
    fn weight(&self) -> u64 {
        let texts = text(&self.summary) + self.description.as_deref().map_or(0, text) + texts(&self.tags);
        texts + users(&self.followers) + checklist(&self.checklist)
    }
}

impl Weight for EventKind {
    fn weight(&self) -> u64 {
        let contents = match self {
            Self::Created => 0,
            Self::Updated(changes) => {
                let values = changes.iter().map(|change| text(&change.from) + text(&change.to) + text(&change.field));
                ALLOCATION_BYTES + size_of_val(&**changes) as u64 + values.sum::<u64>()
            }
            Self::CommentAdded { text: comment, files, summonees } => {
                let names = files.iter().map(|name| ALLOCATION_BYTES + text(name.as_str()));
                text(comment) + names.sum::<u64>() + users(summonees)
            }
            Self::FileAdded(_, name) | Self::FileRemoved(_, name) => text(name.as_str()),
        };
        item::<Event>() + contents
    }
}

impl Weight for ChangelogRecord {
    fn weight(&self) -> u64 {
        let values = |list: &Vec<String>| ALLOCATION_BYTES + texts(list);
        let fields = self.fields.iter().map(|field| item::<RecordedField>() + values(&field.from) + values(&field.to));
        let comment = self.comment.iter().flat_map(|comment| [&comment.from, &comment.to]).flatten();
        let files = self.files.iter().map(|(_, name)| item::<(FileId, FileName)>() + text(name.as_str()));
        item::<ChangelogEntry>() + fields.chain(comment.map(|one| text(one))).chain(files).sum::<u64>()
    }
}

impl Weight for Event {
    fn weight(&self) -> u64 {
        self.kind.weight()
    }
}

/// Does not include the files of the comment.
impl Weight for Comment {
    fn weight(&self) -> u64 {
        let reactions = self.reactions.values().map(Vec::len).sum::<usize>() as u64 * REACTION_BYTES;
        new_comment(&self.text, &self.summonees, &self.maillists) + reactions
    }
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
    2 * INDEX_ENTRY_BYTES + size_of::<Entity>() as u64 + fields.weight() + EventKind::Created.weight()
}

/// The size of a new issue, in bytes.
pub(super) fn new_issue(fields: &IssueFields, unique: Option<&str>) -> u64 {
    let key = 2 * ALLOCATION_BYTES;
    2 * INDEX_ENTRY_BYTES + size_of::<Issue>() as u64 + key + fields.weight() + unique.map_or(0, text)
}

impl Weight for Notification {
    fn weight(&self) -> u64 {
        item::<Self>() + text(self.change.name.as_str()) + size_of_val(&*self.recipients) as u64 + ALLOCATION_BYTES
    }
}

impl Weight for User {
    fn weight(&self) -> u64 {
        let own = [&self.login, &self.display, &self.first_name, &self.last_name, &self.email, &self.cloud_uid];
        // The login and the tokens are also keys of an index.
        let indexed = 2 * INDEX_ENTRY_BYTES + text(&self.login);
        let tokens = self.tokens.iter().map(|token| INDEX_ENTRY_BYTES + 2 * text(token)).sum::<u64>();
        size_of::<Self>() as u64 + indexed + tokens + own.into_iter().map(|value| text(value)).sum::<u64>()
    }
}

impl Weight for Queue {
    fn weight(&self) -> u64 {
        item::<Self>() + text(&self.key) + text(&self.name)
    }
}
