//! Notifications that the real service would send: who is told of an attached file, and why.

use std::sync::Arc;

use super::clock::Timestamp;
use super::entity::{Entity, EntityType};
use super::file::FileName;
use super::history::EventKind;
use super::ids::{EntityId, FileId};
use super::user::User;

/// The query parameters `notify` and `notifyAuthor` of an attach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotifyOptions {
    /// Tell those who stand in the entity's fields.
    pub notify: bool,
    /// Tell the actor too.
    pub notify_author: bool,
}

impl Default for NotifyOptions {
    /// The defaults of the reference page add-attachment.
    fn default() -> Self {
        Self { notify: true, notify_author: false }
    }
}

/// Why somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Stands in `author`.
    Author,
    /// Stands in `lead`.
    Lead,
    /// Stands in `teamUsers`.
    TeamUser,
    /// Stands in `clients`.
    Client,
    /// Stands in `followers`.
    Follower,
    /// Made the change and asked to be told.
    Actor,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] = [Self::Author, Self::Lead, Self::TeamUser, Self::Client, Self::Follower, Self::Actor];

    /// The role as the control plane names it: the entity's field, or `actor`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Author => "author",
            Self::Lead => "lead",
            Self::TeamUser => "teamUsers",
            Self::Client => "clients",
            Self::Follower => "followers",
            Self::Actor => "actor",
        }
    }

    /// Reads what [`Role::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// Somebody who is told, once, whatever the number of roles.
#[derive(Clone, Debug)]
pub struct Recipient {
    /// Who.
    pub user: Arc<User>,
    /// Why, in the order of [`Role::ALL`].
    pub roles: Vec<Role>,
}

/// A file that was attached or deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// The file.
    pub file: FileId,
    /// The name that it had then.
    pub name: FileName,
    /// Whether it was deleted; else it was attached.
    pub removed: bool,
}

impl From<FileChange> for EventKind {
    fn from(change: FileChange) -> Self {
        if change.removed {
            Self::FileRemoved(change.file, change.name)
        } else {
            Self::FileAdded(change.file, change.name)
        }
    }
}

/// One message to everybody concerned.
#[derive(Clone, Debug)]
pub struct Notification {
    /// When.
    pub at: Timestamp,
    /// Who made the change.
    pub actor: Arc<User>,
    /// The type of the changed entity.
    pub entity_type: EntityType,
    /// The changed entity.
    pub entity: EntityId,
    /// What changed.
    pub change: FileChange,
    /// What the request asked.
    pub options: NotifyOptions,
    /// Whom it reaches; never empty.
    pub recipients: Vec<Recipient>,
}

/// Who is told of a change by `actor`: with `notify` those in the entity's fields, each once, without the actor; with
/// `notify_author` the actor too (contract section 3).
pub(super) fn recipients(entity: &Entity, actor: &Arc<User>, options: NotifyOptions) -> Vec<Recipient> {
    let mut recipients: Vec<Recipient> = Vec::new();
    if options.notify {
        let fields = &entity.fields;
        let one = |role, user: &Option<Arc<User>>| user.iter().cloned().map(|user| (role, user)).collect::<Vec<_>>();
        let many =
            |role, users: &Option<Vec<Arc<User>>>| users.iter().flatten().cloned().map(|user| (role, user)).collect();
        let involved = [
            one(Role::Author, &fields.author),
            one(Role::Lead, &fields.lead),
            many(Role::TeamUser, &fields.team_users),
            many(Role::Client, &fields.clients),
            many(Role::Follower, &fields.followers),
        ];
        for (role, user) in involved.into_iter().flatten().filter(|(_, user)| user.uid != actor.uid) {
            match recipients.iter_mut().find(|recipient| recipient.user.uid == user.uid) {
                Some(known) if known.roles.contains(&role) => {}
                Some(known) => known.roles.push(role),
                None => recipients.push(Recipient { user, roles: vec![role] }),
            }
        }
    }
    if options.notify_author {
        recipients.push(Recipient { user: Arc::clone(actor), roles: vec![Role::Actor] });
    }
    recipients
}
