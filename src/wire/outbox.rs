//! Notifications as the control plane shows them and as fixtures store them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FILE_ID, FILE_NAME, OBJECT_ID, TIME, built};
use crate::domain::{EntityId, EntityType, FileChange, FileId, FileName, Notification, Recipient, Timestamp, User};

/// What `event` says of an attached and of a deleted file.
pub(crate) const FILE_ADDED: &str = "fileAdded";
pub(crate) const FILE_REMOVED: &str = "fileRemoved";

fn file_added() -> String {
    FILE_ADDED.to_owned()
}

built! {
    /// A message that the real service would have sent.
    #[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
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

built! {
    /// A user, by uid and by login; `login` is what counts when it is read.
    #[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
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
    #[schemars(with = "String", extend("enum" = ["project", "portfolio", "goal"]))]
    pub kind: EntityType,
    /// 24 lower-case hex digits.
    #[schemars(with = "String", regex(pattern = OBJECT_ID))]
    pub id: EntityId,
}

built! {
    /// A file, by id, and its name at the time.
    #[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    pub struct FileRecord;
    pub(super) fn of(id: FileId, name: &FileName) {}
    /// A decimal number in a string.
    #[schemars(with = "String", regex(pattern = FILE_ID))]
    pub id: FileId = id,
    /// The name.
    #[schemars(with = "String", length(min = 1, max = 255), regex(pattern = FILE_NAME))]
    pub name: FileName = name.clone(),
}

built! {
    /// Somebody who is told.
    #[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    pub struct RecipientRecord;
    fn of(recipient: &Recipient) {}
    /// Who.
    pub user: UserName = UserName::of(&recipient.user),
    /// Why: `author`, `lead`, `teamUsers`, `clients`, `followers`, `actor`.
    #[schemars(inner(regex(pattern = "^(author|lead|teamUsers|clients|followers|actor)$")))]
    pub roles: Vec<String> = recipient.roles.iter().map(|role| role.as_str().to_owned()).collect(),
}
