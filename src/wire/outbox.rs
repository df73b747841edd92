//! Notifications as the control plane shows them and as fixtures store them.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::patterns::{FILE_ID, FILE_NAME, OBJECT_ID, TIME};
use crate::domain::{EntityId, EntityType, FileId, FileName, Notification, Recipient, Timestamp, User};

/// A message that the real service would have sent.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NotificationRecord {
    /// When.
    #[schemars(with = "String", regex(pattern = TIME))]
    pub time: Timestamp,
    /// Who made the change.
    pub actor: UserName,
    /// What was changed.
    pub entity: EntityName,
    /// `fileAdded` or `fileRemoved`; absent: `fileAdded`.
    #[serde(default = "file_added")]
    #[schemars(extend("enum" = [FILE_ADDED, FILE_REMOVED]))]
    pub event: String,
    /// The file that was attached or deleted.
    pub file: FileRecord,
    /// Whether the users in the entity's fields were notified.
    pub notify: bool,
    /// Whether the actor was notified too.
    pub notify_author: bool,
    /// Who was notified, each user once; at least one.
    #[schemars(length(min = 1))]
    pub recipients: Vec<RecipientRecord>,
}

/// A user, by uid and by login; `login` is what counts when it is read.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserName {
    /// The uid, a string as in the API.
    pub id: String,
    /// The login.
    pub login: String,
    /// The name as the interface shows it.
    pub display: String,
}

/// An entity, by type and id.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EntityName {
    /// `project`, `portfolio` or `goal`.
    #[serde(rename = "type")]
    #[schemars(with = "String", extend("enum" = ["project", "portfolio", "goal"]))]
    pub kind: EntityType,
    /// 24 lower-case hex digits.
    #[schemars(with = "String", regex(pattern = OBJECT_ID))]
    pub id: EntityId,
}

/// A file, by id, and its name at the time.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileRecord {
    /// A decimal number in a string.
    #[schemars(with = "String", regex(pattern = FILE_ID))]
    pub id: FileId,
    /// The name.
    #[schemars(with = "String", length(min = 1, max = 255), regex(pattern = FILE_NAME))]
    pub name: FileName,
}

/// Somebody who is told.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecipientRecord {
    /// Who.
    pub user: UserName,
    /// Why: `author`, `lead`, `teamUsers`, `clients`, `followers`, `actor`.
    #[schemars(inner(regex(pattern = "^(author|lead|teamUsers|clients|followers|actor)$")))]
    pub roles: Vec<String>,
}

impl From<&Arc<User>> for UserName {
    fn from(user: &Arc<User>) -> Self {
        Self { id: user.uid.to_string(), login: user.login.clone(), display: user.display.clone() }
    }
}

impl From<&Recipient> for RecipientRecord {
    fn from(recipient: &Recipient) -> Self {
        let roles = recipient.roles.iter().map(|role| role.as_str().to_owned()).collect();
        Self { user: UserName::from(&recipient.user), roles }
    }
}

/// What `event` says of an attached and of a deleted file.
pub(crate) const FILE_ADDED: &str = "fileAdded";
pub(crate) const FILE_REMOVED: &str = "fileRemoved";

fn file_added() -> String {
    FILE_ADDED.to_owned()
}

impl From<&Notification> for NotificationRecord {
    fn from(notification: &Notification) -> Self {
        let change = &notification.change;
        Self {
            time: notification.at,
            actor: UserName::from(&notification.actor),
            entity: EntityName { kind: notification.entity_type, id: notification.entity },
            event: if change.removed { FILE_REMOVED } else { FILE_ADDED }.to_owned(),
            file: FileRecord { id: change.file, name: change.name.clone() },
            notify: notification.options.notify,
            notify_author: notification.options.notify_author,
            recipients: notification.recipients.iter().map(RecipientRecord::from).collect(),
        }
    }
}
