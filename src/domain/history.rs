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
    /// A file was attached, under this name.
    FileAdded(FileId, FileName),
}
