//! The fields of entities, and the difference between two sets of them.

use std::sync::Arc;

use super::history::FieldChange;
use super::ids::EntityId;
use super::queue::Queue;
use super::user::User;

/// The fields of an entity that `?fields=` can name (reference page about-entities). `None` is a field without a value.
#[derive(Clone, Debug, Default)]
pub struct EntityFields {
    /// The name.
    pub summary: String,
    /// Free text.
    pub description: Option<String>,
    /// Who wrote it; notified of changes.
    pub author: Option<Arc<User>>,
    /// Who is responsible; notified of changes.
    pub lead: Option<Arc<User>>,
    /// Participants; notified of changes.
    pub team_users: Option<Vec<Arc<User>>>,
    /// Customers; notified of changes.
    pub clients: Option<Vec<Arc<User>>>,
    /// Followers; notified of changes.
    pub followers: Option<Vec<Arc<User>>>,
    /// First day, `YYYY-MM-DD`.
    pub start: Option<String>,
    /// Deadline, `YYYY-MM-DD`.
    pub end: Option<String>,
    /// The checklist.
    pub checklist_items: Option<Vec<ChecklistItem>>,
    /// Labels.
    pub tags: Option<Vec<String>>,
    /// The portfolios or goals that it belongs to.
    pub parent_entity: Option<ParentEntity>,
    /// Whether access is limited to the team.
    pub team_access: Option<bool>,
    /// Quarters, each as `YYYY QN`.
    pub quarter: Option<Vec<String>>,
    /// The key of the status, for instance `in_progress`.
    pub entity_status: Option<String>,
    /// The queues that its issues come from.
    pub issue_queues: Option<Vec<Arc<Queue>>>,
}

/// The names that `?fields=` knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the field of that name in `EntityFields`")]
pub enum FieldName {
    Summary,
    Description,
    Author,
    Lead,
    TeamUsers,
    Clients,
    Followers,
    Start,
    End,
    ChecklistItems,
    Tags,
    ParentEntity,
    TeamAccess,
    Quarter,
    EntityStatus,
    IssueQueues,
}

impl FieldName {
    /// Every field with its name, in the order of the contract, which is the order of the answer.
    pub const ALL: [(Self, &'static str); 16] = [
        (Self::Summary, "summary"),
        (Self::Description, "description"),
        (Self::Author, "author"),
        (Self::Lead, "lead"),
        (Self::TeamUsers, "teamUsers"),
        (Self::Clients, "clients"),
        (Self::Followers, "followers"),
        (Self::Start, "start"),
        (Self::End, "end"),
        (Self::ChecklistItems, "checklistItems"),
        (Self::Tags, "tags"),
        (Self::ParentEntity, "parentEntity"),
        (Self::TeamAccess, "teamAccess"),
        (Self::Quarter, "quarter"),
        (Self::EntityStatus, "entityStatus"),
        (Self::IssueQueues, "issueQueues"),
    ];

    /// Every name, in the same order.
    pub const NAMES: [&'static str; 16] = {
        let mut names = [""; 16];
        let mut at = 0;
        while at < names.len() {
            names[at] = Self::ALL[at].1;
            at += 1;
        }
        names
    };

    /// The field of this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, name)| *name == text).map(|(field, _)| field)
    }
}

/// One line of a checklist.
#[derive(Clone, Debug)]
pub struct ChecklistItem {
    /// 24 hex digits; empty for a new line, until the world gives it an id.
    pub id: String,
    /// What is to be done.
    pub text: String,
    /// Whether it is done.
    pub checked: bool,
    /// Who shall do it.
    pub assignee: Option<Arc<User>>,
    /// By when, `YYYY-MM-DD`.
    pub deadline: Option<String>,
}

/// The entities that an entity belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParentEntity {
    /// The main parent.
    pub primary: Option<EntityId>,
    /// Further parents.
    pub secondary: Vec<EntityId>,
}

impl EntityFields {
    /// The fields that differ in `other`, each with its old and new value as a text for people.
    #[must_use]
    pub fn changes_to(&self, other: &Self) -> Vec<FieldChange> {
        let (before, after) = (self.readable(), other.readable());
        let changed = before.into_iter().zip(after).filter(|((_, from), (_, to))| from != to);
        changed.map(|((field, from), (_, to))| FieldChange { field: field.to_owned(), from, to }).collect()
    }

    /// Each field with its value as a text for people; empty for no value.
    fn readable(&self) -> [(&'static str, String); 16] {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let texts = |texts: &Option<Vec<String>>| texts.iter().flatten().cloned().collect::<Vec<_>>().join(", ");
        let user = |user: &Option<Arc<User>>| user.as_ref().map_or_else(String::new, |user| user.display.clone());
        let users = |users: &Option<Vec<Arc<User>>>| {
            users.iter().flatten().map(|user| user.display.clone()).collect::<Vec<_>>().join(", ")
        };
        let parents = self.parent_entity.as_ref().map_or_else(String::new, |parents| {
            let ids: Vec<String> = parents.primary.iter().chain(&parents.secondary).map(ToString::to_string).collect();
            ids.join(", ")
        });
        let checklist =
            self.checklist_items.iter().flatten().map(ChecklistItem::readable).collect::<Vec<_>>().join(", ");
        let queues = self.issue_queues.iter().flatten().map(|queue| queue.key.clone()).collect::<Vec<_>>().join(", ");
        [
            ("summary", self.summary.clone()),
            ("description", text(&self.description)),
            ("author", user(&self.author)),
            ("lead", user(&self.lead)),
            ("teamUsers", users(&self.team_users)),
            ("clients", users(&self.clients)),
            ("followers", users(&self.followers)),
            ("start", text(&self.start)),
            ("end", text(&self.end)),
            ("checklistItems", checklist),
            ("tags", texts(&self.tags)),
            ("parentEntity", parents),
            ("teamAccess", self.team_access.map_or_else(String::new, |limited| limited.to_string())),
            ("quarter", texts(&self.quarter)),
            ("entityStatus", text(&self.entity_status)),
            ("issueQueues", queues),
        ]
    }
}

impl ChecklistItem {
    fn readable(&self) -> String {
        let done = if self.checked { "[x]" } else { "[ ]" };
        let assignee = self.assignee.as_ref().map_or("", |user| &user.login);
        let deadline = self.deadline.as_deref().unwrap_or("");
        [done, &self.text, assignee, deadline].join(" ").trim_end().to_owned()
    }
}
