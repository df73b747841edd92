//! Priorities, issue types and statuses: fixed lists that are the same in every organisation. The keys, and the ids of
//! priorities, are those of the real service, where organisations can add types and statuses of their own.

use super::error::DomainError;

/// One of the three lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Catalog {
    /// How urgent an issue is.
    Priorities,
    /// What kind of thing an issue is.
    IssueTypes,
    /// How far an issue is.
    Statuses,
}

/// An entry of a list.
#[derive(Debug, PartialEq, Eq)]
pub struct CatalogItem {
    /// The list that it belongs to.
    pub catalog: Catalog,
    /// A number, unique in its list.
    pub id: u64,
    /// The name that programs use, unique in its list.
    pub key: &'static str,
    /// The name that people read.
    pub name: &'static str,
    /// A description for people; priorities have none.
    pub description: Option<&'static str>,
    /// The position in the interface; issue types have none.
    pub order: Option<u64>,
    /// The broad state of work that a status stands for; only statuses have one.
    pub status_type: Option<StatusType>,
}

/// The broad state of work that a status stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusType {
    New,
    Paused,
    InProgress,
    Done,
    Cancelled,
}

impl std::fmt::Display for StatusType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::New => "new",
            Self::Paused => "paused",
            Self::InProgress => "inProgress",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        })
    }
}

#[rustfmt::skip]
static PRIORITIES: [CatalogItem; 5] = [
    priority(1, "trivial", "Trivial"),
    priority(2, "minor", "Low"),
    priority(3, "normal", "Medium"),
    priority(4, "critical", "Critical"),
    priority(5, "blocker", "Blocker"),
];

#[rustfmt::skip]
static ISSUE_TYPES: [CatalogItem; 6] = [
    issue_type(1, "bug", "Bug", "Something does not work as it should."),
    issue_type(2, "task", "Task", "Something that needs to be done."),
    issue_type(3, "newFeature", "New feature", "Something that does not exist yet."),
    issue_type(4, "improvement", "Improvement", "Something that could work better."),
    issue_type(5, "epic", "Epic", "A large piece of work made of smaller ones."),
    issue_type(6, "story", "Story", "Something that a user wants to do."),
];

#[rustfmt::skip]
static STATUSES: [CatalogItem; 8] = [
    status(1, "open", "Open", 200, StatusType::New),
    status(2, "needInfo", "Need info", 300, StatusType::Paused),
    status(3, "closed", "Closed", 800, StatusType::Done),
    status(4, "inProgress", "In progress", 400, StatusType::InProgress),
    status(5, "inReview", "In review", 500, StatusType::InProgress),
    status(6, "testing", "Testing", 600, StatusType::InProgress),
    status(7, "resolved", "Resolved", 700, StatusType::Done),
    status(8, "cancelled", "Cancelled", 900, StatusType::Cancelled),
];

impl Catalog {
    /// Its entries.
    pub fn items(self) -> &'static [CatalogItem] {
        match self {
            Self::Priorities => &PRIORITIES,
            Self::IssueTypes => &ISSUE_TYPES,
            Self::Statuses => &STATUSES,
        }
    }

    /// The value that a new issue gets by default: priority `normal`, type `task`, status `open`.
    pub fn default_item(self) -> &'static CatalogItem {
        match self {
            Self::Priorities => &PRIORITIES[2],
            Self::IssueTypes => &ISSUE_TYPES[1],
            Self::Statuses => &STATUSES[0],
        }
    }

    /// The entry with this key, or with this id in decimal.
    pub fn find(self, id_or_key: &str) -> Result<&'static CatalogItem, DomainError> {
        let named = |item: &&CatalogItem| item.key == id_or_key || item.id.to_string() == id_or_key;
        let unknown = || DomainError::NotInCatalog { catalog: self, id: id_or_key.to_owned() };
        self.items().iter().find(named).ok_or_else(unknown)
    }

    /// What one entry is called.
    pub fn member_name(self) -> &'static str {
        match self {
            Self::Priorities => "priority",
            Self::IssueTypes => "issue type",
            Self::Statuses => "status",
        }
    }
}

const fn priority(id: u64, key: &'static str, name: &'static str) -> CatalogItem {
    CatalogItem { catalog: Catalog::Priorities, id, key, name, description: None, order: Some(id), status_type: None }
}

const fn issue_type(id: u64, key: &'static str, name: &'static str, description: &'static str) -> CatalogItem {
    let description = Some(description);
    CatalogItem { catalog: Catalog::IssueTypes, id, key, name, description, order: None, status_type: None }
}

const fn status(id: u64, key: &'static str, name: &'static str, order: u64, status_type: StatusType) -> CatalogItem {
    let (description, order, status_type) = (Some(name), Some(order), Some(status_type));
    CatalogItem { catalog: Catalog::Statuses, id, key, name, description, order, status_type }
}
