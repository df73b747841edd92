//! What happened to an entity, one event per change.

use std::sync::Arc;

use super::clock::Timestamp;
use super::file::FileName;
use super::ids::{EventId, FileId};
use super::user::User;

/// One change of an entity.
#[derive(Clone, Debug)]
pub struct Event {
    /// Unique in the world.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Arc<User>,
    /// What.
    pub kind: EventKind,
}

/// What a change was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The entity came to be.
    Created,
    /// Fields changed.
    Updated(Vec<FieldChange>),
    /// A comment was written, and these files came with it.
    CommentAdded(String, Vec<FileName>),
    /// A file was attached, under this name.
    FileAdded(FileId, FileName),
    /// A file that had this name was deleted.
    FileRemoved(FileId, FileName),
}

/// How one field changed, each value as people read it; empty for no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// The name of the field.
    pub field: String,
    /// What it was.
    pub from: String,
    /// What it is.
    pub to: String,
}
