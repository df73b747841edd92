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

    const fn bit(self) -> u8 {
        1 << self as u8
    }

    /// Reads what [`Role::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// The roles of somebody, in the order of [`Role::ALL`]. A set in one byte, because each notification has several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Roles(u8);

impl Roles {
    /// Adds one.
    pub fn insert(&mut self, role: Role) {
        self.0 |= role.bit();
    }

    /// Whether it is one of them.
    #[must_use]
    pub fn contains(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.contains(*role))
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        let mut set = Self::default();
        roles.into_iter().for_each(|role| set.insert(role));
        set
    }
}

/// Somebody who is told, once, whatever the number of roles.
#[derive(Clone, Debug)]
pub struct Recipient {
    /// Who.
    pub user: Arc<User>,
    /// Why.
    pub roles: Roles,
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
    let fields = &entity.fields;
    let named = [
        (Role::Author, fields.author.as_slice()),
        (Role::Lead, fields.lead.as_slice()),
        (Role::TeamUser, fields.team_users.as_deref().unwrap_or_default()),
        (Role::Client, fields.clients.as_deref().unwrap_or_default()),
        (Role::Follower, fields.followers.as_deref().unwrap_or_default()),
    ];
    let involved = named.iter().flat_map(|(role, users)| users.iter().map(|user| (*role, user)));
    let others = involved.filter(|(_, user)| options.notify && user.uid != actor.uid);
    let told = others.chain(options.notify_author.then_some((Role::Actor, actor)));

    let mut recipients: Vec<Recipient> = Vec::with_capacity(told.clone().count());
    for (role, user) in told {
        match recipients.iter_mut().find(|recipient| recipient.user.uid == user.uid) {
            Some(known) => known.roles.insert(role),
            None => recipients.push(Recipient { user: Arc::clone(user), roles: Roles::from_iter([role]) }),
        }
    }
    recipients
}
