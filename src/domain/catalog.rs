//! Priorities, issue types, statuses and resolutions: fixed lists, the same in every organisation. Their keys, and the
//! ids of priorities, are those of the real service, where organisations can add types and statuses of their own.

use super::*;

/// One of the lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Catalog {
    /// How urgent an issue is.
    Priorities,
    /// What kind of thing an issue is.
    IssueTypes,
    /// How far the work on an issue has come.
    Statuses,
    /// How an issue was closed.
    Resolutions,
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
    pub name: Text,
    /// A description for people; priorities have none.
    pub description: Option<Text>,
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

impl StatusType {
    /// What people call it.
    pub const fn name(self) -> Text {
        match self {
            Self::New => Text::new("New", "Начальный"),
            Self::Paused => Text::new("Paused", "На паузе"),
            Self::InProgress => Text::new("In progress", "В процессе"),
            Self::Done => Text::new("Done", "Завершён"),
            Self::Cancelled => Text::new("Cancelled", "Отменён"),
        }
    }
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
    priority(1, "trivial", "Trivial", "Незначительный"),
    priority(2, "minor", "Low", "Низкий"),
    priority(3, "normal", "Medium", "Средний"),
    priority(4, "critical", "Critical", "Критичный"),
    priority(5, "blocker", "Blocker", "Блокер"),
];

#[rustfmt::skip]
static ISSUE_TYPES: [CatalogItem; 6] = [
    issue_type(1, "bug", Text::new("Bug", "Ошибка"), Text::new("Something does not work as it should.", "Что-то работает не так, как должно.")),
    issue_type(2, "task", Text::new("Task", "Задача"), Text::new("Something that needs to be done.", "Что-то нужно сделать.")),
    issue_type(3, "newFeature", Text::new("New feature", "Новая возможность"), Text::new("Something that does not exist yet.", "Чего-то пока нет.")),
    issue_type(4, "improvement", Text::new("Improvement", "Улучшение"), Text::new("Something that could work better.", "Что-то могло бы работать лучше.")),
    issue_type(5, "epic", Text::new("Epic", "Эпик"), Text::new("A large piece of work made of smaller ones.", "Большая работа, состоящая из меньших.")),
    issue_type(6, "story", Text::new("Story", "История"), Text::new("Something that a user wants to do.", "Что-то, что хочет сделать пользователь.")),
];

#[rustfmt::skip]
static STATUSES: [CatalogItem; 8] = [
    status(1, "open", Text::new("Open", "Открыт"), 200, StatusType::New),
    status(2, "needInfo", Text::new("Need info", "Требуется информация"), 300, StatusType::Paused),
    status(3, "closed", Text::new("Closed", "Закрыт"), 800, StatusType::Done),
    status(4, "inProgress", Text::new("In progress", "В работе"), 400, StatusType::InProgress),
    status(5, "inReview", Text::new("In review", "Ревью"), 500, StatusType::InProgress),
    status(6, "testing", Text::new("Testing", "Тестируется"), 600, StatusType::InProgress),
    status(7, "resolved", Text::new("Resolved", "Решен"), 700, StatusType::Done),
    status(8, "cancelled", Text::new("Cancelled", "Отменено"), 900, StatusType::Cancelled),
];

#[rustfmt::skip]
static RESOLUTIONS: [CatalogItem; 5] = [
    resolution(1, "fixed", Text::new("Fixed", "Решен")),
    resolution(2, "wontFix", Text::new("Won't fix", "Не будет исправлено")),
    resolution(3, "cantReproduce", Text::new("Can't reproduce", "Не воспроизводится")),
    resolution(4, "duplicate", Text::new("Duplicate", "Дубликат")),
    resolution(5, "later", Text::new("Later", "Позже")),
];

impl Catalog {
    /// Its entries.
    pub fn items(self) -> &'static [CatalogItem] {
        match self {
            Self::Priorities => &PRIORITIES,
            Self::IssueTypes => &ISSUE_TYPES,
            Self::Statuses => &STATUSES,
            Self::Resolutions => &RESOLUTIONS,
        }
    }

    /// The default for a new issue: priority `normal`, type `task`, status `open`. For resolutions, the default for a
    /// closed one: `fixed`.
    pub fn default_item(self) -> &'static CatalogItem {
        match self {
            Self::Priorities => &PRIORITIES[2],
            Self::IssueTypes => &ISSUE_TYPES[1],
            Self::Statuses => &STATUSES[0],
            Self::Resolutions => &RESOLUTIONS[0],
        }
    }

    /// The entry with this key, or with this id in decimal.
    pub fn find(self, id_or_key: &str) -> Result<&'static CatalogItem, DomainError> {
        let named = |item: &&CatalogItem| item.key == id_or_key || item.id.to_string() == id_or_key;
        let unknown = || DomainError::NotInCatalog { catalog: self, id: id_or_key.to_owned() };
        self.items().iter().find(named).ok_or_else(unknown)
    }

    /// The name of one entry, in the singular.
    pub fn member_name(self) -> &'static str {
        match self {
            Self::Priorities => "priority",
            Self::IssueTypes => "issue type",
            Self::Statuses => "status",
            Self::Resolutions => "resolution",
        }
    }
}

const fn resolution(id: u64, key: &'static str, name: Text) -> CatalogItem {
    let (description, order) = (Some(name), Some(id));
    CatalogItem { catalog: Catalog::Resolutions, id, key, name, description, order, status_type: None }
}

const fn priority(id: u64, key: &'static str, english: &'static str, russian: &'static str) -> CatalogItem {
    let name = Text::new(english, russian);
    CatalogItem { catalog: Catalog::Priorities, id, key, name, description: None, order: Some(id), status_type: None }
}

const fn issue_type(id: u64, key: &'static str, name: Text, description: Text) -> CatalogItem {
    let description = Some(description);
    CatalogItem { catalog: Catalog::IssueTypes, id, key, name, description, order: None, status_type: None }
}

const fn status(id: u64, key: &'static str, name: Text, order: u64, status_type: StatusType) -> CatalogItem {
    let (description, order, status_type) = (Some(name), Some(order), Some(status_type));
    CatalogItem { catalog: Catalog::Statuses, id, key, name, description, order, status_type }
}
