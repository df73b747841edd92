//! Projects, portfolios and goals: what they hold and how they come to be. Their attachments have a file of their own.

use std::fmt;
use std::sync::Arc;

use super::clock::Timestamp;
use super::error::{Error, FixtureRule, RuleResult};
use super::file::Attachments;
use super::history::{Event, EventKind};
use super::ids::{EntityId, canonical_decimal};
use super::queue::Queue;
use super::user::User;
use super::world::World;

/// The kinds of entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntityType {
    /// A project.
    Project,
    /// A portfolio of projects.
    Portfolio,
    /// A goal.
    Goal,
}

impl EntityType {
    /// Every type, in the order of the documentation.
    pub const ALL: [Self; 3] = [Self::Project, Self::Portfolio, Self::Goal];

    /// The type as it stands in paths and in `entityType`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Portfolio => "portfolio",
            Self::Goal => "goal",
        }
    }

    /// Reads what [`EntityType::as_str`] writes; no other spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl fmt::Display for EntityType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The fields of an entity, those that `?fields=` names (reference page about-entities). `None` is a field without a value.
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
    /// The portfolios or goals that it stands in.
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

/// One line of a checklist.
#[derive(Clone, Debug)]
pub struct ChecklistItem {
    /// 24 hex digits.
    pub id: String,
    /// What is to be done.
    pub text: String,
    /// Whether it is done.
    pub checked: bool,
}

/// Where an entity stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParentEntity {
    /// The main one.
    pub primary: Option<EntityId>,
    /// Further ones.
    pub secondary: Vec<EntityId>,
}

/// A project, portfolio or goal.
#[derive(Clone, Debug)]
pub struct Entity {
    pub(super) id: EntityId,
    pub(super) kind: EntityType,
    pub(super) short_id: u64,
    pub(super) version: u64,
    pub(super) created_by: Arc<User>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) fields: EntityFields,
    pub(super) attachments: Attachments,
    pub(super) history: Vec<Event>,
}

impl Entity {
    /// The id, unique among all entities.
    #[must_use]
    pub fn id(&self) -> EntityId {
        self.id
    }

    /// The type.
    #[must_use]
    pub fn kind(&self) -> EntityType {
        self.kind
    }

    /// The number that people see, unique among the entities of one type.
    #[must_use]
    pub fn short_id(&self) -> u64 {
        self.short_id
    }

    /// Rises by one with each change.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Who created it.
    #[must_use]
    pub fn created_by(&self) -> &Arc<User> {
        &self.created_by
    }

    /// When it was created.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// When it was changed last.
    #[must_use]
    pub fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    /// Its fields.
    #[must_use]
    pub fn fields(&self) -> &EntityFields {
        &self.fields
    }

    /// Its files, oldest first.
    #[must_use]
    pub fn attachments(&self) -> &Attachments {
        &self.attachments
    }

    /// What happened to it, oldest first.
    #[must_use]
    pub fn history(&self) -> &[Event] {
        &self.history
    }
}

/// What an entity is created from.
#[derive(Debug)]
pub struct NewEntity {
    /// The type.
    pub kind: EntityType,
    /// The id, where it is given; else the next one.
    pub id: Option<EntityId>,
    /// The short id, where it is given; else the next one of its type.
    pub short_id: Option<u64>,
    /// The fields.
    pub fields: EntityFields,
}

/// What a saved entity was when it was saved, beyond what re-creating it gives.
#[derive(Debug)]
pub struct SavedEntity {
    /// The version; absent: what creating and attaching came to.
    pub version: Option<u64>,
    /// The last change; absent: when the last file was uploaded, or the creation.
    pub updated_at: Option<Timestamp>,
    /// The history; absent: what creating and attaching wrote.
    pub history: Option<Vec<Event>>,
}

impl World {
    /// Creates an entity at version 1.
    ///
    /// # Errors
    /// When a given id or short id is taken.
    pub fn create_entity(&mut self, new: NewEntity, actor: &Arc<User>) -> RuleResult<EntityId> {
        let taken = |what, value| Err(FixtureRule::Duplicate { what, value });
        let now = self.clock.now();
        let next_short_id =
            self.entities.values().filter(|entity| entity.kind == new.kind).map(|entity| entity.short_id + 1).max();
        let short_id = new.short_id.or(next_short_id).unwrap_or(1);
        if self.short_ids.contains_key(&(new.kind, short_id)) {
            return taken("shortId", short_id.to_string());
        }
        let id = match new.id {
            Some(id) if self.entities.contains_key(&id) => return taken("entity id", id.to_string()),
            Some(id) => id,
            None => self.ids.entity(now),
        };
        let created = Event { id: self.ids.event(now), at: now, actor: Arc::clone(actor), kind: EventKind::Created };
        self.short_ids.insert((new.kind, short_id), id);
        self.entities.insert(
            id,
            Entity {
                id,
                kind: new.kind,
                short_id,
                version: 1,
                created_by: Arc::clone(actor),
                created_at: now,
                updated_at: now,
                fields: new.fields,
                attachments: Attachments::default(),
                history: vec![created],
            },
        );
        Ok(id)
    }

    /// Sets what a saved entity had and re-creating it does not give. The last step of loading it.
    ///
    /// # Errors
    /// When the version is one that its attachments alone exceed.
    pub fn restore_entity(&mut self, id: EntityId, saved: SavedEntity) -> RuleResult<()> {
        let Some(entity) = self.entities.get_mut(&id) else {
            return Err(FixtureRule::Unknown { what: "entity", value: id.to_string() });
        };
        if let Some(given) = saved.version.filter(|&given| given < entity.version) {
            return Err(FixtureRule::VersionTooLow { given, lowest: entity.version });
        }
        entity.version = saved.version.unwrap_or(entity.version);
        entity.updated_at = saved.updated_at.unwrap_or(entity.updated_at);
        entity.history = saved.history.unwrap_or_else(|| std::mem::take(&mut entity.history));
        Ok(())
    }

    /// Sets the parents of an entity once all entities are there.
    ///
    /// # Errors
    /// When one of them does not exist.
    pub fn restore_parents(&mut self, id: EntityId, parents: ParentEntity) -> RuleResult<()> {
        for parent in parents.primary.iter().chain(&parents.secondary) {
            if !self.entities.contains_key(parent) {
                return Err(FixtureRule::Unknown { what: "entity", value: parent.to_string() });
            }
        }
        if let Some(entity) = self.entities.get_mut(&id) {
            entity.fields.parent_entity = Some(parents);
        }
        Ok(())
    }

    /// Every entity, by id.
    pub fn entities(&self) -> impl Iterator<Item = &Entity> {
        self.entities.values()
    }

    /// The entity of this type with this id or short id.
    ///
    /// # Errors
    /// When there is none of that type.
    pub fn entity(&self, kind: EntityType, id: &str) -> Result<&Entity, Error> {
        let found = match EntityId::parse(id) {
            Some(id) => Some(id),
            None => id
                .parse()
                .ok()
                .filter(|_| canonical_decimal(id))
                .and_then(|short| self.short_ids.get(&(kind, short)).copied()),
        };
        found
            .and_then(|id| self.entities.get(&id))
            .filter(|entity| entity.kind == kind)
            .ok_or_else(|| Error::EntityNotFound { kind, id: id.to_owned() })
    }

    /// The entity with this id, whatever its type.
    #[must_use]
    pub fn entity_by_id(&self, id: EntityId) -> Option<&Entity> {
        self.entities.get(&id)
    }
}
