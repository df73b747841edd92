//! Notifications that the real service would send when the files of an entity change: who gets them and why.

use std::sync::Arc;

use super::*;

/// The query parameters `notify` and `notifyAuthor` of an attach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotifyOptions {
    /// Notify the users in the entity's fields.
    pub notify: bool,
    /// Notify the user who makes the change, too.
    pub notify_author: bool,
}

impl Default for NotifyOptions {
    /// The defaults of the reference page add-attachment.
    fn default() -> Self {
        Self { notify: true, notify_author: false }
    }
}

named! {
    /// Why a user is notified. The names are those of the fields of the entity.
    pub enum Role {
        /// Is in the field `author`.
        Author = "author",
        /// Is in the field `lead`.
        Lead = "lead",
        /// Is in the field `teamUsers`.
        TeamUser = "teamUsers",
        /// Is in the field `clients`.
        Client = "clients",
        /// Is in the field `followers`.
        Follower = "followers",
        /// Made the change and asked to be notified.
        Actor = "actor",
    }
}

impl Role {
    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// The roles of a user, in the order of [`Role::ALL`]. A set in one byte, because every recipient has one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Roles(u8);

impl Roles {
    /// Adds a role.
    pub fn insert(&mut self, role: Role) {
        self.0 |= role.bit();
    }

    /// Whether the set has this role.
    pub fn contains(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// The roles in the set.
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

/// A user who is notified: once, however many roles the user has.
#[derive(Clone, Debug)]
pub struct Recipient {
    /// The user.
    pub user: Arc<User>,
    /// Why the user is notified.
    pub roles: Roles,
}

/// A file that was attached or deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// The file.
    pub file: FileId,
    /// The name that the file had at that time.
    pub name: FileName,
    /// Whether it was deleted rather than attached.
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

/// One notification, with all its recipients.
#[derive(Clone, Debug)]
pub struct Notification {
    /// When it was sent.
    pub at: Timestamp,
    /// Who made the change.
    pub actor: Arc<User>,
    /// The type of the changed entity.
    pub entity_type: EntityType,
    /// The changed entity.
    pub entity: EntityId,
    /// What changed.
    pub change: FileChange,
    /// What the request asked for.
    pub options: NotifyOptions,
    /// Who gets it; never empty.
    pub recipients: Vec<Recipient>,
}

/// The users to notify of a change by `actor`: with `notify`, those in the entity's fields except the actor; with
/// `notify_author`, the actor. Each user occurs once (contract section 3).
pub(super) fn recipients(entity: &Entity, actor: &Arc<User>, options: NotifyOptions) -> Vec<Recipient> {
    let fields = &entity.fields;
    let named = [
        (Role::Author, FieldName::Author),
        (Role::Lead, FieldName::Lead),
        (Role::TeamUser, FieldName::TeamUsers),
        (Role::Client, FieldName::Clients),
        (Role::Follower, FieldName::Followers),
    ];
    let involved = named.iter().flat_map(|(role, field)| fields.users(*field).iter().map(|user| (*role, user)));
    let others = involved.filter(|(_, user)| options.notify && user.uid != actor.uid);
    let notified = others.chain(options.notify_author.then_some((Role::Actor, actor)));

    let mut recipients: Vec<Recipient> = Vec::with_capacity(notified.clone().count());
    for (role, user) in notified {
        match recipients.iter_mut().find(|recipient| recipient.user.uid == user.uid) {
            Some(known) => known.roles.insert(role),
            None => recipients.push(Recipient { user: Arc::clone(user), roles: Roles::from_iter([role]) }),
        }
    }
    recipients
}
