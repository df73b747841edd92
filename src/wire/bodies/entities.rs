//! The bodies that create and change entities (reference pages create-entity and update-entity).

use std::borrow::Cow;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use serde_json::{Map, Value, json};

use super::lists::ChangedList;
use super::names::{NamedEntity, NamedQueue, NamedUser};
use super::texts::{Day, FilledText, PlainText};
use super::{FileIds, Find, Held, InvalidBody, attachment_ids, find_all, from_value, optional, required};
use crate::domain::entity::EntityType;
use crate::domain::entity_fields::{ChecklistItem, EntityFields, FieldKind, FieldName, FieldValue, Parents};
use crate::domain::ids::EntityId;
use crate::domain::queue::Queue;
use crate::domain::user::User;
use crate::domain::world::World;
use crate::wire::read::{InvalidValue, Json, from_json};

/// A new entity.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "NewEntity")]
pub struct NewEntityBody {
    fields: Held<NewEntityFields>,
    /// Checked and not kept.
    links: Links,
}

/// A change of an entity.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "EntityUpdate")]
pub struct EntityUpdateBody {
    fields: Option<Held<ChangedEntityFields>>,
    /// A comment to write.
    comment: Option<Held<FilledText>>,
    attachment_ids: FileIds,
    description_attachment_ids: FileIds,
    /// Checked and not kept.
    links: Links,
}

type Links = Option<Held<Vec<Held<EntityLink>>>>;

/// A relation to another entity.
#[derive(Debug, Deserialize, JsonSchema)]
struct EntityLink {
    #[schemars(extend("enum" = RELATIONSHIPS))]
    relationship: Held<String>,
    entity: Held<NamedEntity>,
}

/// What `links` relates entities by.
const RELATIONSHIPS: [&str; 7] =
    ["relates", "is dependent by", "depends on", "parent entity", "child entity", "works towards", "is supported by"];

/// The `fields` of a new entity, unread.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
struct NewEntityFields(Map<String, Value>);

/// The `fields` of a change, unread.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
struct ChangedEntityFields(Map<String, Value>);

/// A line of a checklist.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(expecting = "checklist items, objects with a text")]
#[schemars(rename = "NewChecklistItem")]
struct ChecklistItemInput {
    id: Option<Held<String>>,
    text: Held<FilledText>,
    checked: Option<Held<bool>>,
    assignee: Option<Held<NamedUser>>,
    deadline: Option<Held<DeadlineInput>>,
}

// A day, or an object with it.
#[derive(Debug, JsonSchema)]
#[schemars(untagged, inline)]
enum DeadlineInput {
    Day(Held<Day>),
    Object(DeadlineObject),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline)]
struct DeadlineObject {
    date: Held<Day>,
}

// The primary parent, or all parents.
#[derive(Debug, JsonSchema)]
#[schemars(untagged, inline)]
enum ParentsInput {
    Primary(Held<NamedEntity>),
    All(AllParents),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline)]
struct AllParents {
    primary: Option<Held<NamedEntity>>,
    secondary: Option<Held<Vec<Held<NamedEntity>>>>,
}

// One queue, or a list.
#[derive(Debug, JsonSchema)]
#[schemars(untagged, inline)]
enum QueuesInput {
    One(Held<NamedQueue>),
    Several(Held<ChangedList<NamedQueue>>),
}

// Which form a value has is seen by its outside. What is inside is held, so reading it as that form cannot fail.

impl<'de> Deserialize<'de> for DeadlineInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        let read =
            if let Json::Object(_) = json { from_json(json).map(Self::Object) } else { from_json(json).map(Self::Day) };
        read.map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for ParentsInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        let is_one = !matches!(json, Json::Object(_)) || json.member("id").is_some();
        let read = if is_one { from_json(json).map(Self::Primary) } else { from_json(json).map(Self::All) };
        read.map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for QueuesInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        let is_one = match &json {
            Json::List(_) => false,
            Json::Object(members) => members.is_empty() || NamedQueue::is_in(&json),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) => true,
        };
        let read = if is_one { from_json(json).map(Self::One) } else { from_json(json).map(Self::Several) };
        read.map_err(D::Error::custom)
    }
}

impl JsonSchema for NewEntityFields {
    fn schema_name() -> Cow<'static, str> {
        "NewEntityFields".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = schema_of_fields(generator);
        schema.insert("required".to_owned(), json!(["summary"]));
        schema.insert("description".to_owned(), "A project needs `queues` or `teamAccess` too.".into());
        schema
    }
}

impl JsonSchema for ChangedEntityFields {
    fn schema_name() -> Cow<'static, str> {
        "ChangedEntityFields".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = schema_of_fields(generator);
        schema.insert("description".to_owned(), "What is not named stays; `null` takes a value away.".into());
        schema
    }
}

fn schema_of_fields(generator: &mut SchemaGenerator) -> Schema {
    let mut properties = Map::new();
    for field in FieldName::ALL {
        let schema = match field.kind() {
            FieldKind::Title => generator.subschema_for::<FilledText>(),
            FieldKind::Text => generator.subschema_for::<Option<String>>(),
            FieldKind::Day => generator.subschema_for::<Option<Day>>(),
            FieldKind::Texts => generator.subschema_for::<Option<ChangedList<PlainText>>>(),
            FieldKind::Flag => generator.subschema_for::<Option<bool>>(),
            FieldKind::User => generator.subschema_for::<Option<NamedUser>>(),
            FieldKind::Users => generator.subschema_for::<Option<ChangedList<NamedUser>>>(),
            FieldKind::Queues => generator.subschema_for::<Option<QueuesInput>>(),
            FieldKind::Parents => generator.subschema_for::<Option<ParentsInput>>(),
            FieldKind::Checklist => generator.subschema_for::<Option<ChangedList<ChecklistItemInput>>>(),
        };
        properties.insert(field.as_str().to_owned(), schema.to_value());
    }
    let mut queues = generator.subschema_for::<Option<QueuesInput>>();
    queues.insert("description".to_owned(), "Another name of issueQueues.".into());
    properties.insert(QUEUES.to_owned(), queues.to_value());
    properties.insert(MARKUP_TYPE.to_owned(), json!({"description": "Accepted, without effect."}));
    json_schema!({"type": "object", "additionalProperties": false, "properties": properties})
}

/// Another name of `issueQueues`.
const QUEUES: &str = "queues";

/// How texts are marked up. It has no effect.
const MARKUP_TYPE: &str = "markupType";

/// The fields that a body sets, in its order, which is the order in which they are checked. All of them are known.
#[derive(Debug, Default)]
pub struct EntityChanges(Map<String, Value>);

/// What a body that changes an entity asks for.
#[derive(Debug)]
#[expect(missing_docs, reason = "each is the member of the body that has its name")]
pub struct EntityUpdate {
    pub changes: EntityChanges,
    pub comment: Option<String>,
    pub attachment_ids: Vec<String>,
    pub links: EntityLinks,
}

/// Relations to other entities. They are checked and not kept.
#[derive(Debug)]
pub struct EntityLinks(Links);

impl NewEntityBody {
    /// The fields of the new entity, and its relations.
    ///
    /// # Errors
    /// When `fields` is no object, or has a name that no field has. A field that is wrong is an error of
    /// [`EntityChanges::create`].
    pub fn split(self) -> Result<(EntityChanges, EntityLinks), InvalidBody> {
        let fields = optional(Some(self.fields).filter(|fields| !fields.is_null), "fields")?.unwrap_or_default();
        Ok((EntityChanges::new(fields.0)?, EntityLinks(self.links)))
    }
}

impl EntityUpdateBody {
    /// The parts of the change.
    ///
    /// # Errors
    /// As [`NewEntityBody::split`], and when the comment or an id of a file is wrong.
    pub fn split(self) -> Result<EntityUpdate, InvalidBody> {
        let fields = optional(self.fields, "fields")?.unwrap_or_default();
        Ok(EntityUpdate {
            changes: EntityChanges::new(fields.0)?,
            comment: optional(self.comment, "comment")?.map(|comment| comment.0),
            attachment_ids: attachment_ids(self.attachment_ids, self.description_attachment_ids)?,
            links: EntityLinks(self.links),
        })
    }
}

impl EntityChanges {
    fn new(fields: Map<String, Value>) -> Result<Self, InvalidBody> {
        let is_known = |name: &str| FieldName::parse(name).is_some() || [QUEUES, MARKUP_TYPE].contains(&name);
        let unknown: Vec<String> = fields.keys().filter(|name| !is_known(name)).cloned().collect();
        if unknown.is_empty() { Ok(Self(fields)) } else { Err(InvalidBody::UnknownFields(unknown)) }
    }

    /// The fields of a new entity. It is by its creator and a draft unless the body says otherwise.
    ///
    /// # Errors
    /// When `summary` is missing, a project has neither `queues` nor `teamAccess`, or a value is wrong.
    pub fn create(mut self, kind: EntityType, creator: &Arc<User>, world: &World) -> Result<EntityFields, InvalidBody> {
        // Nothing can be taken away yet, so null is no value.
        self.0.retain(|_, value| !value.is_null());
        let summary = self.0.get(FieldName::Summary.as_str()).cloned().unwrap_or_default();
        from_value::<FilledText>(summary).map_err(|invalid| invalid.at(FieldName::Summary.as_str()))?;
        let is_given = |name| self.0.contains_key(name);
        if kind == EntityType::Project && !["queues", "issueQueues", "teamAccess"].into_iter().any(is_given) {
            return Err(InvalidValue::missing("queues").into());
        }
        let mut draft = EntityFields::default();
        draft.set(FieldName::Author, Some(FieldValue::User(Arc::clone(creator))));
        draft.set(FieldName::EntityStatus, Some(FieldValue::Text("draft".to_owned())));
        self.apply(&draft, world)
    }

    /// The fields of an entity after a change: `null` takes a value away, what is not named stays.
    ///
    /// # Errors
    /// When a value is wrong, or the summary is to be taken away.
    pub fn apply(self, current: &EntityFields, world: &World) -> Result<EntityFields, InvalidBody> {
        let mut fields = current.clone();
        for (name, value) in self.0 {
            let field = if name == QUEUES { Some(FieldName::IssueQueues) } else { FieldName::parse(&name) };
            if let Some(field) = field {
                let value = read_field(field, value, &fields, world).map_err(|invalid| invalid.at(&name))?;
                fields.set(field, value);
            }
        }
        Ok(fields)
    }
}

/// The value that a field shall have.
fn read_field(
    field: FieldName,
    value: Value,
    current: &EntityFields,
    world: &World,
) -> Result<Option<FieldValue>, InvalidValue> {
    fn changed<T: Find>(
        value: Value,
        current: &[T::Found],
        same: impl Fn(&T::Found, &T::Found) -> bool,
        world: &World,
    ) -> Result<Option<Vec<T::Found>>, InvalidValue> {
        from_value::<Option<ChangedList<T>>>(value)?.map(|list| list.apply(current, same, world)).transpose()
    }
    let same_queue = |one: &Arc<Queue>, other: &Arc<Queue>| one.id == other.id;
    Ok(match field.kind() {
        FieldKind::Title => Some(FieldValue::Text(from_value::<FilledText>(value)?.0)),
        FieldKind::Text => from_value::<Option<String>>(value)?.map(FieldValue::Text),
        FieldKind::Day => from_value::<Option<Day>>(value)?.map(|day| FieldValue::Text(day.0)),
        FieldKind::Texts => {
            let texts = changed::<PlainText>(value, current.texts(field), |one, other| one == other, world)?;
            texts.map(FieldValue::Texts)
        }
        FieldKind::Flag => from_value::<Option<bool>>(value)?.map(FieldValue::Flag),
        FieldKind::User => {
            let user = from_value::<Option<NamedUser>>(value)?.map(|user| user.find(world)).transpose()?;
            user.map(FieldValue::User)
        }
        FieldKind::Users => {
            let users = changed::<NamedUser>(value, current.users(field), |one, other| one.uid == other.uid, world)?;
            users.map(FieldValue::Users)
        }
        FieldKind::Queues => match from_value::<Option<QueuesInput>>(value)? {
            None => None,
            Some(QueuesInput::One(queue)) => Some(FieldValue::Queues(vec![queue.get()?.find(world)?])),
            Some(QueuesInput::Several(list)) => {
                Some(FieldValue::Queues(list.get()?.apply(current.queues(field), same_queue, world)?))
            }
        },
        FieldKind::Parents => match from_value::<Option<ParentsInput>>(value)? {
            None => None,
            Some(ParentsInput::Primary(parent)) => {
                let primary = Some(parent.get()?.find(world)?);
                Some(FieldValue::Parents(Parents { primary, secondary: Vec::new() }))
            }
            Some(ParentsInput::All(AllParents { primary, secondary })) => {
                let primary = optional(primary, "primary")?.map(|parent| parent.find(world)).transpose()?;
                let secondary = find_all(optional(secondary, "secondary")?.unwrap_or_default(), world)?;
                Some(FieldValue::Parents(Parents { primary, secondary }))
            }
        },
        FieldKind::Checklist => {
            // Items that are new have no id yet.
            let same = |one: &ChecklistItem, other: &ChecklistItem| !one.id.is_empty() && one.id == other.id;
            let items = changed::<ChecklistItemInput>(value, current.checklist(field), same, world)?;
            items.map(FieldValue::Checklist)
        }
    })
}

impl Find for ChecklistItemInput {
    type Found = ChecklistItem;

    fn find(self, world: &World) -> Result<ChecklistItem, InvalidValue> {
        let deadline = |deadline| match deadline {
            DeadlineInput::Day(day) => day.get(),
            DeadlineInput::Object(DeadlineObject { date }) => required(date, "date"),
        };
        Ok(ChecklistItem {
            id: optional(self.id, "id")?.unwrap_or_default(),
            text: required(self.text, "text")?.0,
            checked: optional(self.checked, "checked")?.unwrap_or_default(),
            assignee: optional(self.assignee, "assignee")?.map(|user| user.find(world)).transpose()?,
            deadline: optional(self.deadline, "deadline")?.map(deadline).transpose()?.map(|day| day.0),
        })
    }
}

impl Find for EntityLink {
    type Found = EntityId;

    fn find(self, world: &World) -> Result<EntityId, InvalidValue> {
        let relationship = required(self.relationship, "relationship")?;
        if !RELATIONSHIPS.contains(&relationship.as_str()) {
            return Err(InvalidValue::not_found(relationship));
        }
        required(self.entity, "entity")?.find(world)
    }
}

impl EntityLinks {
    /// Checks all of them.
    ///
    /// # Errors
    /// When one has an unknown relationship, or names no entity.
    pub fn check(self, world: &World) -> Result<(), InvalidBody> {
        let links = optional(self.0, "links")?.unwrap_or_default();
        find_all(links, world).map_err(|invalid| invalid.at("links"))?;
        Ok(())
    }
}
