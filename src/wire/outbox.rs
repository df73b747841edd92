//! Notifications as the control plane shows them and as fixtures store them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::TIME;
use crate::domain::{EntityId, EntityType, FileChange, FileId, FileName, Notification, Recipient, Timestamp, User};

/// What `event` says of an attached and of a deleted file.
pub(crate) const FILE_ADDED: &str = "fileAdded";
pub(crate) const FILE_REMOVED: &str = "fileRemoved";

fn file_added() -> String {
    FILE_ADDED.to_owned()
}

stored! {
    /// A message that the real service would have sent.
    pub struct NotificationRecord;
    pub(crate) fn of(notification: &Notification) {
        let FileChange { file, name, removed } = &notification.change;
    }
    /// When.
    #[schemars(with = "String", regex(pattern = TIME))]
    pub time: Timestamp = notification.at,
    /// Who made the change.
    pub actor: UserName = UserName::of(&notification.actor),
    /// What was changed.
    pub entity: EntityName = EntityName { kind: notification.entity_type, id: notification.entity },
    /// `fileAdded` or `fileRemoved`; absent: `fileAdded`.
    #[serde(default = "file_added")]
    #[schemars(extend("enum" = [FILE_ADDED, FILE_REMOVED]))]
    pub event: String = if *removed { FILE_REMOVED } else { FILE_ADDED }.to_owned(),
    /// The file that was attached or deleted.
    pub file: FileRecord = FileRecord::of(*file, name),
    /// Whether the users in the entity's fields were notified.
    pub notify: bool = notification.options.notify,
    /// Whether the actor was notified too.
    pub notify_author: bool = notification.options.notify_author,
    /// Who was notified, each user once; at least one.
    #[schemars(length(min = 1))]
    pub recipients: Vec<RecipientRecord> = notification.recipients.iter().map(RecipientRecord::of).collect(),
}

stored! {
    /// A user, by uid and by login; `login` is what counts when it is read.
    pub struct UserName;
    pub(crate) fn of(user: &User) {}
    /// The uid, a string as in the API.
    pub id: String = user.uid.to_string(),
    /// The login.
    pub login: String = user.login.clone(),
    /// The name as the interface shows it.
    pub display: String = user.display.clone(),
}

/// An entity, by type and id.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EntityName {
    /// `project`, `portfolio` or `goal`.
    #[serde(rename = "type")]
    pub kind: EntityType,
    /// 24 lower-case hex digits.
    pub id: EntityId,
}

stored! {
    /// A file, by id, and its name at the time.
    pub struct FileRecord;
    pub(super) fn of(id: FileId, name: &FileName) {}
    /// A decimal number in a string.
    pub id: FileId = id,
    /// The name.
    pub name: FileName = name.clone(),
}

stored! {
    /// Somebody who is told.
    pub struct RecipientRecord;
    fn of(recipient: &Recipient) {}
    /// Who.
    pub user: UserName = UserName::of(&recipient.user),
    /// Why: `author`, `lead`, `teamUsers`, `clients`, `followers`, `actor`.
    #[schemars(inner(regex(pattern = "^(author|lead|teamUsers|clients|followers|actor)$")))]
    pub roles: Vec<String> = recipient.roles.iter().map(|role| role.as_str().to_owned()).collect(),
}
