//! The fields of issues that `GET /fields` lists. They are the same in every organisation and do not change.

use self::Arity::{Many, One};
use self::FieldPresence::{Optional, Required};
use self::Setter::{System, User};
use super::error::DomainError;

/// A field of issues.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct IssueField {
    /// The name of the field in an issue; also its id.
    pub key: &'static str,
    /// The name that people read.
    pub name: &'static str,
    /// The type of its values.
    pub kind: ValueKind,
    /// How many values an issue can have.
    pub arity: Arity,
    /// Whether each issue has a value.
    pub presence: FieldPresence,
    /// Who sets it.
    pub setter: Setter,
}

/// The type of the values of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueKind {
    Text,
    Integer,
    Boolean,
    Date,
    DateTime,
    User,
    Queue,
    IssueType,
    Priority,
    Status,
    Resolution,
    Issue,
    Project,
    Sprint,
    Component,
    Version,
    Attachment,
}

/// How many values a field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arity {
    /// At most one.
    One,
    /// A list.
    Many,
}

/// Whether a field may be without a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldPresence {
    /// It must have one.
    Required,
    /// It may be empty.
    Optional,
}

/// Who sets the value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setter {
    /// Users.
    User,
    /// Tracker itself.
    System,
}

#[rustfmt::skip]
static FIELDS: [IssueField; 30] = [
    field("key", "Key", ValueKind::Text, One, Required, System),
    field("aliases", "Previous keys", ValueKind::Text, Many, Optional, System),
    field("summary", "Summary", ValueKind::Text, One, Required, User),
    field("description", "Description", ValueKind::Text, One, Optional, User),
    field("queue", "Queue", ValueKind::Queue, One, Required, System),
    field("type", "Type", ValueKind::IssueType, One, Required, User),
    field("priority", "Priority", ValueKind::Priority, One, Required, User),
    field("status", "Status", ValueKind::Status, One, Required, System),
    field("previousStatus", "Previous status", ValueKind::Status, One, Optional, System),
    field("resolution", "Resolution", ValueKind::Resolution, One, Optional, System),
    field("assignee", "Assignee", ValueKind::User, One, Optional, User),
    field("createdBy", "Author", ValueKind::User, One, Required, System),
    field("updatedBy", "Modified by", ValueKind::User, One, Optional, System),
    field("followers", "Followers", ValueKind::User, Many, Optional, User),
    field("createdAt", "Created", ValueKind::DateTime, One, Required, System),
    field("updatedAt", "Updated", ValueKind::DateTime, One, Optional, System),
    field("lastCommentUpdatedAt", "Last comment", ValueKind::DateTime, One, Optional, System),
    field("start", "Start date", ValueKind::Date, One, Optional, User),
    field("end", "End date", ValueKind::Date, One, Optional, User),
    field("deadline", "Deadline", ValueKind::Date, One, Optional, User),
    field("parent", "Parent issue", ValueKind::Issue, One, Optional, User),
    field("project", "Project", ValueKind::Project, One, Optional, User),
    field("sprint", "Sprint", ValueKind::Sprint, Many, Optional, User),
    field("components", "Components", ValueKind::Component, Many, Optional, User),
    field("fixVersions", "Fix versions", ValueKind::Version, Many, Optional, User),
    field("tags", "Tags", ValueKind::Text, Many, Optional, User),
    field("attachments", "Attachments", ValueKind::Attachment, Many, Optional, User),
    field("votes", "Votes", ValueKind::Integer, One, Required, System),
    field("favorite", "Favorite", ValueKind::Boolean, One, Required, User),
    field("unique", "Unique ID", ValueKind::Text, One, Optional, User),
];

const fn field(
    key: &'static str,
    name: &'static str,
    kind: ValueKind,
    arity: Arity,
    presence: FieldPresence,
    setter: Setter,
) -> IssueField {
    IssueField { key, name, kind, arity, presence, setter }
}

impl IssueField {
    /// All fields, in the order of the interface.
    pub(crate) fn all() -> &'static [Self] {
        &FIELDS
    }

    /// The field with this key, and its index in [`IssueField::all`].
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn find(key: &str) -> Result<(usize, &'static Self), DomainError> {
        let found = FIELDS.iter().enumerate().find(|(_, field)| field.key == key);
        found.ok_or_else(|| DomainError::FieldNotFound { id: key.to_owned() })
    }
}

/// A category of fields. There is only one.
#[derive(Debug)]
pub(crate) struct FieldCategory {
    /// 24 hex digits.
    pub id: &'static str,
    /// The name that people read.
    pub name: &'static str,
}

impl FieldCategory {
    /// The category of all fields.
    pub(crate) const SYSTEM: Self = Self { id: "000000000000000000000001", name: "System" };

    /// The category with this id.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn find(id: &str) -> Result<&'static Self, DomainError> {
        if id == Self::SYSTEM.id {
            Ok(&Self::SYSTEM)
        } else {
            Err(DomainError::FieldCategoryNotFound { id: id.to_owned() })
        }
    }
}
