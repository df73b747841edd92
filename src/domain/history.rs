//! The history of an entity: one event for each change.

use std::sync::Arc;

use super::*;

/// One change of an entity.
#[derive(Clone, Debug)]
pub struct Event {
    /// The id, unique in the world.
    pub id: EventId,
    /// When it happened.
    pub at: Timestamp,
    /// Who made the change.
    pub actor: Arc<User>,
    /// What changed.
    pub kind: EventKind,
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The entity was created.
    Created,
    /// Fields changed.
    Updated(Vec<FieldChange>),
    /// A comment was added.
    CommentAdded {
        /// Its text.
        text: String,
        /// The names of its files.
        files: Vec<FileName>,
        /// The users whom it calls.
        summonees: Vec<Arc<User>>,
    },
    /// A file was attached, under this name.
    FileAdded(FileId, FileName),
    /// A file with this name was deleted.
    FileRemoved(FileId, FileName),
}

/// The old and the new value of a field, each as a text for people; empty for no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// The name of the field.
    pub field: String,
    /// The old value.
    pub from: String,
    /// The new value.
    pub to: String,
}
