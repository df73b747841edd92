//! Projects, portfolios and goals: creating, changing, deleting and finding them. Attaching files to them is in
//! `entity_attachments.rs`.

use std::collections::HashSet;
use std::sync::Arc;

use super::*;

named! {
    /// The kinds of entity.
    pub enum EntityType {
        /// A project.
        Project = "project",
        /// A portfolio of projects.
        Portfolio = "portfolio",
        /// A goal.
        Goal = "goal",
    }
}

impl EntityType {
    /// What `entityStatus` may be.
    pub const fn statuses(self) -> &'static [&'static str] {
        match self {
            Self::Project | Self::Portfolio => &[
                "draft",
                "draft2",
                "in_progress",
                "according_to_plan",
                "postponed",
                "at_risk",
                "blocked",
                "launched",
                "cancelled",
            ],
            Self::Goal => &[
                "draft",
                "according_to_plan",
                "at_risk",
                "blocked",
                "achieved",
                "partially_achieved",
                "not_achieved",
                "exceeded",
                "cancelled",
            ],
        }
    }
}

made! {
    /// A project, portfolio or goal.
    #[derive(Clone, Debug)]
    #[non_exhaustive]
    pub struct Entity;
    fn new(id: EntityId, short_id: u64, new: NewEntity, created: Event, charge: Reservation) {}
    /// The id, unique among all entities.
    pub id: EntityId = id,
    /// The type.
    pub kind: EntityType = new.kind,
    /// The number that people see; unique among the entities of one type.
    pub short_id: u64 = short_id,
    /// Goes up by one with each change.
    pub version: u64 = 1,
    /// Who created it.
    pub created_by: Arc<User> = Arc::clone(&created.actor),
    /// When it was created.
    pub created_at: Timestamp = created.at,
    /// When it was changed last.
    pub updated_at: Timestamp = created.at,
    /// The fields.
    pub fields: EntityFields = new.fields,
    /// The attached files, oldest first.
    pub attachments: Attachments = Attachments::default(),
    /// The comments, oldest first.
    pub comments: Comments = Comments::default(),
    /// The changes, oldest first.
    pub history: Vec<Event> = vec![created],
    /// Its relations to other entities, oldest first.
    pub links: Vec<EntityLink> = Vec::new(),
    /// What it takes, but for its files.
    pub(super) charge: Reservation = charge,
}

impl Entity {
    pub(super) fn record(&mut self, event: Event) {
        self.charge.grow_anyway(weight::event(&event.kind));
        self.history.push(event);
    }

    fn set_fields(&mut self, fields: EntityFields) {
        self.charge.grow_anyway(weight::entity_fields(&fields));
        self.charge.shrink(weight::entity_fields(&self.fields));
        self.fields = fields;
    }

    fn link(&mut self, link: EntityLink) {
        self.charge.grow_anyway(size_of::<EntityLink>() as u64);
        self.links.push(link);
    }

    fn unlink(&mut self, other: EntityId) {
        let before = self.links.len();
        self.links.retain(|link| link.entity != other);
        self.charge.shrink(((before - self.links.len()) * size_of::<EntityLink>()) as u64);
    }

    fn has_parent(&self, parent: EntityId) -> bool {
        self.fields.parents().is_some_and(|parents| parents.iter().any(|one| *one == parent))
    }
}

/// What an entity is to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EntityLink {
    /// One of [`RELATIONSHIPS`].
    pub relationship: &'static str,
    /// The other one.
    pub entity: EntityId,
}

/// What entities can be to each other, and what the other one is then.
pub(crate) const RELATIONSHIPS: [(&str, &str); 7] = [
    ("relates", "relates"),
    ("is dependent by", "depends on"),
    ("depends on", "is dependent by"),
    ("parent entity", "child entity"),
    ("child entity", "parent entity"),
    ("works towards", "is supported by"),
    ("is supported by", "works towards"),
];

/// An entity to be created.
pub struct NewEntity {
    /// The type.
    pub kind: EntityType,
    /// The id; by default the next free one.
    pub id: Option<EntityId>,
    /// The short id; by default the next free one of its type.
    pub short_id: Option<u64>,
    pub fields: EntityFields,
}

/// A change of an entity.
pub struct UpdateEntity {
    /// All fields after the change.
    pub fields: EntityFields,
    /// The text of a comment to add.
    pub comment: Option<String>,
    pub attachment_ids: Vec<FileRef>,
    /// Relations to add.
    pub links: Vec<EntityLink>,
    /// The version that the client expects; the change is refused if the present one is another.
    pub expected_version: Option<u64>,
}

impl World {
    /// Creates an entity of a saved world, at version 1. Fails when its id or short id is taken.
    pub fn restore_new_entity(&mut self, new: NewEntity, actor: &Arc<User>) -> RuleResult<EntityId> {
        let duplicate = |what, value| Err(FixtureRule::Duplicate { what, value });
        if let Some(id) = new.id.filter(|id| self.entities.contains_key(id)) {
            return duplicate("entity id", id.to_string());
        }
        if let Some(short_id) = new.short_id.filter(|&short_id| self.short_ids.contains_key(&(new.kind, short_id))) {
            return duplicate("shortId", short_id.to_string());
        }
        Ok(self.create_entity(new, actor)?)
    }

    /// Creates an entity at version 1. If ids are given, the caller has checked that they are free. Fails when there is
    /// no memory for it.
    pub fn create_entity(&mut self, mut new: NewEntity, actor: &Arc<User>) -> Result<EntityId, DomainError> {
        let weight = weight::new_entity(&new.fields);
        self.check_room(weight)?;
        let now = self.tick();
        let id = new.id.unwrap_or_else(|| self.free_entity_id(now));
        let short_id = new.short_id.unwrap_or_else(|| self.ids.short_id(new.kind));
        let created = self.event(EventKind::Created, now, actor);
        self.number_checklist(new.fields.checklist_mut(), now);
        Arc::make_mut(&mut self.short_ids).insert((new.kind, short_id), id);
        let entity = Entity::new(id, short_id, new, created, self.budget.reserve_anyway(weight));
        Arc::make_mut(&mut self.entities).insert(id, Arc::new(entity));
        Ok(id)
    }

    /// Changes an entity. The version goes up by one, however many fields change. Fails when it does not exist, has
    /// another version, an attachment id is unknown, used or given twice, it would be related to itself, or there is no
    /// memory for the change.
    pub fn update_entity(
        &mut self,
        entity: &EntityRef,
        update: UpdateEntity,
        actor: &Arc<User>,
    ) -> Result<(), DomainError> {
        let entity = self.entity(entity)?;
        check_version(update.expected_version, entity.version)?;
        let (id, changes) = (entity.id, entity.fields.changes_to(&update.fields));
        let files = self.usable_temp_files(&update.attachment_ids)?;
        check_others(id, update.fields.parents(), &update.links)?;
        let mut events = Vec::new();
        if !changes.is_empty() {
            events.push(EventKind::Updated(changes));
        }
        events.extend(self.names_of(&files).into_iter().map(|(file, name)| EventKind::FileAdded(file, name)));
        // A comment is kept twice: as such, and in its event.
        let comment = update.comment.as_ref().map_or(0, |text| 2 * weight::new_comment(text, &[], &[]));
        self.check_room(
            weight::entity_fields(&update.fields) + events.iter().map(weight::event).sum::<u64>() + comment,
        )?;

        let now = self.tick();
        self.attach_all(files, Holder::Entity(id), actor);
        let mut fields = update.fields;
        self.number_checklist(fields.checklist_mut(), now);
        let events = events.into_iter().map(|kind| self.event(kind, now, actor)).collect::<Vec<_>>();
        if let Some(entity) = self.entity_mut(id) {
            entity.set_fields(fields);
            entity.version += 1;
            entity.updated_at = now;
            events.into_iter().for_each(|event| entity.record(event));
        }
        if let Some(text) = update.comment {
            let comment = NewComment { text, ..NewComment::default() };
            self.write_comment(Thread::Entity(id), comment, Vec::new(), now, actor);
        }
        self.relate_entity(id, &update.links);
        Ok(())
    }

    /// Deletes an entity with its files and comments, and removes it from the parents of other entities. Fails when it
    /// does not exist.
    pub fn delete_entity(&mut self, entity: &EntityRef) -> Result<(), DomainError> {
        let id = self.entity(entity)?.id;
        let Some(entity) = Arc::make_mut(&mut self.entities).remove(&id) else { return Ok(()) };
        Arc::make_mut(&mut self.short_ids).remove(&(entity.kind, entity.short_id));
        self.forget_files(&entity.attachments);
        for comment in entity.comments.iter() {
            self.forget_files(&comment.attachments);
        }
        let names = |other: &Entity| other.has_parent(id) || other.links.iter().any(|link| link.entity == id);
        for other in Arc::make_mut(&mut self.entities).values_mut().filter(|other| names(other)) {
            let other = Arc::make_mut(other);
            other.fields.forget_parent(id);
            other.unlink(id);
        }
        Ok(())
    }

    /// Relates an entity to others, and them to it. What is related so already stays. Neither is changed by it. Fails
    /// when it would be related to itself.
    pub fn link_entities(&mut self, id: EntityId, links: &[EntityLink]) -> Result<(), DomainError> {
        check_others(id, None, links)?;
        self.relate_entity(id, links);
        Ok(())
    }

    fn relate_entity(&mut self, id: EntityId, links: &[EntityLink]) {
        // A set, so that the time grows with the number of links, not with its square.
        let mut present: HashSet<EntityLink> =
            self.entities.get(&id).into_iter().flat_map(|entity| entity.links.iter().copied()).collect();
        for link in links.iter().filter(|link| present.insert(**link)) {
            let inverse =
                RELATIONSHIPS.iter().find(|(name, _)| *name == link.relationship).map_or("", |(_, other)| other);
            if let Some(entity) = self.entity_mut(id) {
                entity.link(*link);
            }
            let back = EntityLink { relationship: inverse, entity: id };
            if let Some(other) = self.entity_mut(link.entity).filter(|other| !other.links.contains(&back)) {
                other.link(back);
            }
        }
    }

    /// Takes away whatever relates two entities. Fails when there is no entity, or nothing relates it to the other.
    pub fn unlink_entities(&mut self, entity: &EntityRef, other: &str) -> Result<(), DomainError> {
        let (id, links) = self.entity(entity).map(|entity| (entity.id, entity.links.clone()))?;
        let related = EntityId::parse(other).filter(|other| links.iter().any(|link| link.entity == *other));
        let other = related.ok_or_else(|| DomainError::LinkNotFound { id: other.to_owned() })?;
        for (one, other) in [(id, other), (other, id)] {
            if let Some(entity) = self.entity_mut(one) {
                entity.unlink(other);
            }
        }
        Ok(())
    }

    pub(super) fn event(&mut self, kind: EventKind, at: Timestamp, actor: &Arc<User>) -> Event {
        Event { id: self.ids.event(at), at, actor: Arc::clone(actor), kind }
    }

    /// The next free id. A loaded world may have ids that its counters have not reached yet, so taken ones are skipped.
    fn free_entity_id(&mut self, now: Timestamp) -> EntityId {
        loop {
            let id = self.ids.entity(now);
            if !self.entities.contains_key(&id) {
                return id;
            }
        }
    }

    /// Sets the saved values of an entity. The last step of loading it. By default the version is the one after creating
    /// it and attaching its files, it was changed last when its last file was uploaded, or when it was created, and the
    /// history is what that recorded. Fails when the version is too low for something that has attachments.
    pub fn restore_entity(
        &mut self,
        id: EntityId,
        version: Option<u64>,
        updated_at: Option<Timestamp>,
        history: Option<Vec<Event>>,
    ) -> RuleResult<()> {
        let Some(entity) = self.entity_mut(id) else {
            return Err(FixtureRule::Unknown { what: "entity", value: id.to_string() });
        };
        // One change can attach any number of files, so files prove one change only.
        let lowest = if entity.attachments.is_empty() { 1 } else { 2 };
        if let Some(given) = version.filter(|&given| given < lowest) {
            return Err(FixtureRule::VersionTooLow { given, lowest });
        }
        entity.version = version.unwrap_or(entity.version);
        entity.updated_at = updated_at.unwrap_or(entity.updated_at);
        if let Some(history) = history {
            entity.charge.shrink(entity.history.iter().map(|event| weight::event(&event.kind)).sum());
            entity.history = Vec::new();
            history.into_iter().for_each(|event| entity.record(event));
        }
        Ok(self.check_room(0)?)
    }

    /// Sets the parents of an entity of a saved world, after all entities were created. Fails when one of them does not
    /// exist.
    pub fn restore_parents(&mut self, id: EntityId, parents: Parents) -> RuleResult<()> {
        for parent in parents.iter() {
            if !self.entities.contains_key(parent) {
                return Err(FixtureRule::Unknown { what: "entity", value: parent.to_string() });
            }
        }
        check_others(id, Some(&parents), &[])?;
        if let Some(entity) = self.entity_mut(id) {
            let parents = FieldValue::Parents(parents);
            entity.charge.grow_anyway(weight::field_value(&parents));
            entity.fields.set(FieldName::ParentEntity, Some(parents));
        }
        Ok(self.check_room(0)?)
    }

    /// Sets the relations of an entity of a saved world, after all entities were created. Fails when another one does not
    /// exist.
    pub fn restore_links(&mut self, id: EntityId, links: &[EntityLink]) -> RuleResult<()> {
        if let Some(unknown) = links.iter().find(|link| !self.entities.contains_key(&link.entity)) {
            return Err(FixtureRule::Unknown { what: "entity", value: unknown.entity.to_string() });
        }
        check_others(id, None, links)?;
        if let Some(entity) = self.entity_mut(id) {
            let mut present = HashSet::new();
            links.iter().filter(|link| present.insert(**link)).for_each(|link| entity.link(*link));
        }
        Ok(self.check_room(0)?)
    }

    /// All entities, sorted by id.
    pub fn entities(&self) -> impl Iterator<Item = &Entity> {
        self.entities.values().map(Arc::as_ref)
    }

    /// The entity of this type with this id or short id. Fails when there is none of that type.
    pub fn entity(&self, entity: &EntityRef) -> Result<&Entity, DomainError> {
        let kind = entity.kind;
        let by_short_id = || self.short_ids.get(&(kind, canonical_decimal(&entity.text)?)).copied();
        let id = EntityId::parse(&entity.text).or_else(by_short_id);
        let found = id.and_then(|id| self.entity_by_id(id)).filter(|found| found.kind == kind);
        found.ok_or_else(|| DomainError::EntityNotFound { kind, id: entity.text.clone() })
    }

    /// The entity with this id, whatever its type.
    pub fn entity_by_id(&self, id: EntityId) -> Option<&Entity> {
        self.entities.get(&id).map(Arc::as_ref)
    }
}

/// Fails when an entity is among its own parents, or among those that it is related to.
fn check_others(id: EntityId, parents: Option<&Parents>, links: &[EntityLink]) -> Result<(), DomainError> {
    if parents.is_some_and(|parents| parents.iter().any(|parent| *parent == id)) {
        return Err(DomainError::LinkedToItself { field: "parentEntity" });
    }
    if links.iter().any(|link| link.entity == id) {
        return Err(DomainError::LinkedToItself { field: "entity" });
    }
    Ok(())
}
