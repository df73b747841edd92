//! The fields of entities, and the difference between two sets of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;

/// Declares [`FieldName`]: each field is one row, with its name in the API, the kind of its value, and its title in
/// English and Russian. All fields of one kind are treated alike.
macro_rules! fields {
    ($($(#[$about:meta])* $field:ident $name:literal $kind:ident $english:literal $russian:literal;)*) => {
        named! {
            /// The fields of an entity, those that `?fields=` names (reference page about-entities), in the order of the
            /// contract, which is the order in answers.
            pub enum FieldName {
                $($(#[$about])* $field = $name,)*
            }
        }

        impl FieldName {
            /// What kind of value it has.
            pub const fn kind(self) -> FieldKind {
                match self {
                    $(Self::$field => FieldKind::$kind,)*
                }
            }

            /// What people call it.
            pub(crate) const fn title(self) -> Text {
                match self {
                    $(Self::$field => Text::new($english, $russian),)*
                }
            }
        }
    };
}

fields! {
    /// The name. Every entity has one.
    Summary "summary" Title "Summary" "Название";
    /// Free text.
    Description "description" Text "Description" "Описание";
    /// Who wrote it; notified of changes.
    Author "author" User "Author" "Автор";
    /// Who is responsible; notified of changes.
    Lead "lead" User "Lead" "Ответственный";
    /// Participants; notified of changes.
    TeamUsers "teamUsers" Users "Members" "Участники";
    /// Customers; notified of changes.
    Clients "clients" Users "Clients" "Заказчики";
    /// Followers; notified of changes.
    Followers "followers" Users "Followers" "Наблюдатели";
    /// First day.
    Start "start" Day "Start" "Начало";
    /// Deadline.
    End "end" Day "End" "Дедлайн";
    /// The checklist.
    ChecklistItems "checklistItems" Checklist "Checklist items" "Чеклист";
    /// Labels.
    Tags "tags" Texts "Tags" "Теги";
    /// The portfolios or goals that it belongs to.
    ParentEntity "parentEntity" Parents "Parent entity" "Родительская сущность";
    /// Whether access is limited to the team.
    TeamAccess "teamAccess" Flag "Team access" "Доступ участников";
    /// Quarters, each as `YYYY QN`.
    Quarter "quarter" Texts "Quarter" "Квартал";
    /// The key of the status, for instance `in_progress`.
    EntityStatus "entityStatus" Text "Entity status" "Статус";
    /// The queues that its issues come from.
    IssueQueues "issueQueues" Queues "Issue queues" "Очереди задач";
}

/// The kinds of fields. A title is a text that is not blank, and every entity has one; a day is `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the values that belong to them are in `FieldValue`")]
pub enum FieldKind {
    Title,
    Text,
    Day,
    Texts,
    Flag,
    User,
    Users,
    Queues,
    Parents,
    Checklist,
}

/// The value of a field. Titles and days are texts.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the types say it")]
pub enum FieldValue {
    Text(String),
    Texts(Vec<String>),
    Flag(bool),
    User(Arc<User>),
    Users(Vec<Arc<User>>),
    Queues(Vec<Arc<Queue>>),
    Parents(Parents),
    Checklist(Vec<ChecklistItem>),
}

/// The fields of an entity.
#[derive(Clone, Debug, Default)]
pub struct EntityFields(BTreeMap<FieldName, FieldValue>);

/// The entities that an entity belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parents {
    /// The main one.
    pub primary: Option<EntityId>,
    /// Further ones.
    pub secondary: Vec<EntityId>,
}

impl EntityFields {
    /// The value of a field, if it has one.
    pub fn get(&self, field: FieldName) -> Option<&FieldValue> {
        self.0.get(&field)
    }

    /// Sets a field, or takes its value away.
    pub fn set(&mut self, field: FieldName, value: Option<FieldValue>) {
        match value {
            Some(value) => drop(self.0.insert(field, value)),
            None => drop(self.0.remove(&field)),
        }
    }

    /// The values, in the order of [`FieldName::ALL`].
    pub(super) fn values(&self) -> impl Iterator<Item = &FieldValue> {
        self.0.values()
    }

    /// The name.
    pub fn summary(&self) -> &str {
        if let Some(FieldValue::Text(text)) = self.get(FieldName::Summary) { text } else { "" }
    }

    /// The users in a field that holds one or more.
    pub fn users(&self, field: FieldName) -> &[Arc<User>] {
        match self.get(field) {
            Some(FieldValue::User(user)) => std::slice::from_ref(user),
            Some(FieldValue::Users(users)) => users,
            Some(_) | None => &[],
        }
    }

    /// The texts in a field that holds a list of them.
    pub fn texts(&self, field: FieldName) -> &[String] {
        if let Some(FieldValue::Texts(texts)) = self.get(field) { texts } else { &[] }
    }

    /// The queues in a field that holds a list of them.
    pub fn queues(&self, field: FieldName) -> &[Arc<Queue>] {
        if let Some(FieldValue::Queues(queues)) = self.get(field) { queues } else { &[] }
    }

    /// The lines of a checklist.
    pub fn checklist(&self, field: FieldName) -> &[ChecklistItem] {
        if let Some(FieldValue::Checklist(items)) = self.get(field) { items } else { &[] }
    }

    /// The entities that it belongs to.
    pub fn parents(&self) -> Option<&Parents> {
        if let Some(FieldValue::Parents(parents)) = self.get(FieldName::ParentEntity) { Some(parents) } else { None }
    }

    /// No longer names an entity that was deleted.
    pub(super) fn forget_parent(&mut self, id: EntityId) {
        if let Some(FieldValue::Parents(parents)) = self.0.get_mut(&FieldName::ParentEntity) {
            parents.primary = parents.primary.filter(|parent| *parent != id);
            parents.secondary.retain(|parent| *parent != id);
        }
    }

    /// The lines of the checklist.
    pub(super) fn checklist_mut(&mut self) -> &mut [ChecklistItem] {
        match self.0.get_mut(&FieldName::ChecklistItems) {
            Some(FieldValue::Checklist(items)) => items,
            Some(_) | None => &mut [],
        }
    }

    /// What changes from these fields to `other`, each value as people read it.
    pub fn changes_to(&self, other: &Self) -> Vec<FieldChange> {
        let change = |field: &FieldName| {
            let readable = |fields: &Self| fields.get(*field).map(FieldValue::readable).unwrap_or_default();
            let (from, to) = (readable(self), readable(other));
            (from != to).then(|| FieldChange { field: field.as_str().to_owned(), from, to })
        };
        FieldName::ALL.iter().filter_map(change).collect()
    }
}

impl FieldValue {
    /// The value as people read it in the history.
    fn readable(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Texts(texts) => texts.join(", "),
            Self::Flag(flag) => flag.to_string(),
            Self::User(user) => user.display.clone(),
            Self::Users(users) => joined(users, |user| user.display.clone()),
            Self::Queues(queues) => joined(queues, |queue| queue.key.clone()),
            Self::Parents(parents) => joined(parents.iter(), |id| id.to_string()),
            Self::Checklist(items) => joined(items, ChecklistItem::readable),
        }
    }

    /// Every text that a search finds the value by.
    pub(super) fn names(&self) -> Vec<String> {
        match self {
            Self::Text(text) => vec![text.clone()],
            Self::Texts(texts) => texts.clone(),
            Self::Flag(flag) => vec![flag.to_string()],
            Self::User(user) => user.names().to_vec(),
            Self::Users(users) => users.iter().flat_map(|user| user.names()).collect(),
            Self::Queues(queues) => queues.iter().flat_map(|queue| [queue.key.clone(), queue.id.to_string()]).collect(),
            Self::Parents(parents) => parents.iter().map(ToString::to_string).collect(),
            Self::Checklist(items) => items.iter().map(|item| item.text.clone()).collect(),
        }
    }
}

fn joined<T>(items: impl IntoIterator<Item = T>, readable: impl Fn(T) -> String) -> String {
    items.into_iter().map(readable).collect::<Vec<_>>().join(", ")
}

impl Parents {
    /// Each of them, the main one first.
    pub fn iter(&self) -> impl Iterator<Item = &EntityId> {
        self.primary.iter().chain(&self.secondary)
    }
}
