//! The fields of issues that `GET /fields` lists. They are the same in every organisation and do not change.

use self::Arity::{Many, One};
use self::FieldPresence::{Optional, Required};
use self::Setter::{System, User};
use super::*;

/// A field of issues.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct IssueField {
    /// The name of the field in an issue; also its id.
    pub key: &'static str,
    /// The name that people read.
    pub name: Text,
    pub kind: ValueKind,
    pub arity: Arity,
    pub presence: FieldPresence,
    pub setter: Setter,
}

/// The type of the values of a field.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ValueKind {
    /// What it is called in the schema of a field.
    pub name: &'static str,
    /// What it is called in the classes of providers.
    pub class: &'static str,
    /// Whether values are picked from what the organisation has.
    pub is_listed: bool,
}

impl ValueKind {
    const TEXT: Self = Self::free("string", "String");
    const INTEGER: Self = Self::free("integer", "Integer");
    const BOOLEAN: Self = Self::free("boolean", "Boolean");
    const DATE: Self = Self::free("date", "Date");
    const DATE_TIME: Self = Self::free("datetime", "DateTime");
    const ATTACHMENT: Self = Self::free("attachment", "Attachment");
    const CHECKLIST_ITEM: Self = Self::free("checklistItem", "ChecklistItem");
    const USER: Self = Self::listed("user", "User");
    const QUEUE: Self = Self::listed("queue", "Queue");
    const ISSUE_TYPE: Self = Self::listed("issuetype", "IssueType");
    const PRIORITY: Self = Self::listed("priority", "Priority");
    const STATUS: Self = Self::listed("status", "Status");
    const RESOLUTION: Self = Self::listed("resolution", "Resolution");
    const ISSUE: Self = Self::listed("issue", "Issue");
    const PROJECT: Self = Self::listed("project", "Project");
    const SPRINT: Self = Self::listed("sprint", "Sprint");
    const COMPONENT: Self = Self::listed("component", "Component");
    const VERSION: Self = Self::listed("version", "Version");

    const fn free(name: &'static str, class: &'static str) -> Self {
        Self { name, class, is_listed: false }
    }

    const fn listed(name: &'static str, class: &'static str) -> Self {
        Self { name, class, is_listed: true }
    }
}

/// How many values a field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arity {
    One,
    Many,
}

/// Whether a field may be without a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldPresence {
    Required,
    Optional,
}

/// Who sets the value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setter {
    User,
    /// Tracker itself.
    System,
}

#[rustfmt::skip]
static FIELDS: [IssueField; 39] = [
    field("key", Text::new("Key", "Ключ"), ValueKind::TEXT, One, Required, System),
    field("aliases", Text::new("Previous keys", "Прежние ключи"), ValueKind::TEXT, Many, Optional, System),
    field("summary", Text::new("Summary", "Название"), ValueKind::TEXT, One, Required, User),
    field("description", Text::new("Description", "Описание"), ValueKind::TEXT, One, Optional, User),
    field("queue", Text::new("Queue", "Очередь"), ValueKind::QUEUE, One, Required, System),
    field("type", Text::new("Type", "Тип"), ValueKind::ISSUE_TYPE, One, Required, User),
    field("priority", Text::new("Priority", "Приоритет"), ValueKind::PRIORITY, One, Required, User),
    field("status", Text::new("Status", "Статус"), ValueKind::STATUS, One, Required, System),
    field("previousStatus", Text::new("Previous status", "Предыдущий статус"), ValueKind::STATUS, One, Optional, System),
    field("statusStartTime", Text::new("Status since", "Время перехода в статус"), ValueKind::DATE_TIME, One, Required, System),
    field("statusType", Text::new("Status type", "Тип статуса"), ValueKind::STATUS, One, Required, System),
    field("resolution", Text::new("Resolution", "Резолюция"), ValueKind::RESOLUTION, One, Optional, System),
    field("resolvedAt", Text::new("Resolved", "Решено"), ValueKind::DATE_TIME, One, Optional, System),
    field("resolvedBy", Text::new("Resolved by", "Кем решено"), ValueKind::USER, One, Optional, System),
    field("assignee", Text::new("Assignee", "Исполнитель"), ValueKind::USER, One, Optional, User),
    field("createdBy", Text::new("Author", "Автор"), ValueKind::USER, One, Required, System),
    field("updatedBy", Text::new("Modified by", "Кем изменено"), ValueKind::USER, One, Optional, System),
    field("followers", Text::new("Followers", "Наблюдатели"), ValueKind::USER, Many, Optional, User),
    field("createdAt", Text::new("Created", "Создано"), ValueKind::DATE_TIME, One, Required, System),
    field("updatedAt", Text::new("Updated", "Обновлено"), ValueKind::DATE_TIME, One, Optional, System),
    field("lastCommentUpdatedAt", Text::new("Last comment", "Последний комментарий"), ValueKind::DATE_TIME, One, Optional, System),
    field("start", Text::new("Start date", "Дата начала"), ValueKind::DATE, One, Optional, User),
    field("end", Text::new("End date", "Дата завершения"), ValueKind::DATE, One, Optional, User),
    field("deadline", Text::new("Deadline", "Дедлайн"), ValueKind::DATE, One, Optional, User),
    field("parent", Text::new("Parent issue", "Родительская задача"), ValueKind::ISSUE, One, Optional, User),
    field("project", Text::new("Project", "Проект"), ValueKind::PROJECT, One, Optional, User),
    field("sprint", Text::new("Sprint", "Спринт"), ValueKind::SPRINT, Many, Optional, User),
    field("components", Text::new("Components", "Компоненты"), ValueKind::COMPONENT, Many, Optional, User),
    field("fixVersions", Text::new("Fix versions", "Исправить в версиях"), ValueKind::VERSION, Many, Optional, User),
    field("tags", Text::new("Tags", "Теги"), ValueKind::TEXT, Many, Optional, User),
    field("checklistItems", Text::new("Checklist", "Чеклист"), ValueKind::CHECKLIST_ITEM, Many, Optional, User),
    field("checklistDone", Text::new("Done items", "Выполнено пунктов"), ValueKind::INTEGER, One, Optional, System),
    field("checklistTotal", Text::new("Checklist items", "Всего пунктов"), ValueKind::INTEGER, One, Optional, System),
    field("attachments", Text::new("Attachments", "Вложения"), ValueKind::ATTACHMENT, Many, Optional, User),
    field("commentWithoutExternalMessageCount", Text::new("Comments", "Комментарии"), ValueKind::INTEGER, One, Required, System),
    field("commentWithExternalMessageCount", Text::new("Comments by mail", "Комментарии с письмами"), ValueKind::INTEGER, One, Required, System),
    field("votes", Text::new("Votes", "Голоса"), ValueKind::INTEGER, One, Required, System),
    field("favorite", Text::new("Favorite", "Избранное"), ValueKind::BOOLEAN, One, Required, User),
    field("unique", Text::new("Unique ID", "Уникальный идентификатор"), ValueKind::TEXT, One, Optional, User),
];

const fn field(
    key: &'static str,
    name: Text,
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
    pub(crate) fn find(key: &str) -> Result<(usize, &'static Self), DomainError> {
        let found = FIELDS.iter().enumerate().find(|(_, field)| field.key == key);
        found.ok_or_else(|| DomainError::FieldNotFound { id: key.to_owned() })
    }
}

/// A category of fields. There is only one.
pub(crate) struct FieldCategory {
    /// 24 hex digits.
    pub id: &'static str,
    /// The name that people read.
    pub name: Text,
}

impl FieldCategory {
    /// The category of all fields.
    pub(crate) const SYSTEM: Self =
        Self { id: "000000000000000000000001", name: Text::new("System", "Системные") };

    /// The category with this id.
    pub(crate) fn find(id: &str) -> Result<&'static Self, DomainError> {
        if id == Self::SYSTEM.id {
            Ok(&Self::SYSTEM)
        } else {
            Err(DomainError::FieldCategoryNotFound { id: id.to_owned() })
        }
    }
}
