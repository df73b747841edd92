//! The bodies that create and change entities (reference pages create-entity and update-entity).

use std::borrow::Cow;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    ChangedList, ChecklistItemInput, Day, FileIds, FilledText, Find, Held, HeldLinks, InvalidBody, NamedEntity,
    NamedQueue, NamedUser, PlainText, attachment_ids, optional, required,
};
use crate::domain::{
    ChecklistItem, EntityFields, EntityId, EntityLink, EntityRef, EntityType, FieldKind, FieldName, FieldValue,
    FileRef, Parents, Queue, RELATIONSHIPS, User, World,
};
use crate::wire::{InvalidValue, fields_schema, from_value};

/// A new entity.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "NewEntity")]
pub(crate) struct NewEntityBody {
    fields: Held<EntityChanges<true>>,
    links: EntityLinks,
}

/// A change of an entity.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "EntityUpdate")]
pub(crate) struct EntityUpdateBody {
    fields: Option<Held<EntityChanges<false>>>,
    /// A comment to write.
    comment: Option<Held<FilledText>>,
    attachment_ids: FileIds,
    description_attachment_ids: FileIds,
    links: EntityLinks,
}

/// Relations to other entities.
pub(crate) type EntityLinks = HeldLinks<EntityLinkInput>;

/// A relation to another entity.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct EntityLinkInput {
    #[schemars(extend("enum" = RELATIONSHIPS.map(|(name, _)| name)))]
    relationship: Held<String>,
    entity: Held<NamedEntity>,
}

/// The fields that a body sets, in its order, which is the order in which they are checked. `NEW` is whether the entity
/// is new.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct EntityChanges<const NEW: bool>(Map<String, Value>);

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline)]
struct AllParents {
    primary: Option<Held<NamedEntity>>,
    secondary: Option<Held<ChangedList<NamedEntity>>>,
}

impl<const NEW: bool> JsonSchema for EntityChanges<NEW> {
    fn schema_name() -> Cow<'static, str> {
        if NEW { "NewEntityFields" } else { "ChangedEntityFields" }.into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let properties = properties(generator);
        let mut schema = json_schema!({"type": "object", "additionalProperties": false, "properties": properties});
        if NEW {
            schema.insert("required".to_owned(), json!(["summary"]));
        }
        let new = "The summary is all that is required.";
        let changed = "What is not named stays; `null` takes a value away.";
        schema.insert("description".to_owned(), if NEW { new } else { changed }.into());
        schema
    }
}

fn properties(generator: &mut SchemaGenerator) -> Map<String, Value> {
    // A value in one of two forms, or none.
    let either = |one: Schema, other: Schema| json_schema!({"anyOf": [{"anyOf": [one, other]}, {"type": "null"}]});
    let mut properties = fields_schema(|kind| match kind {
        FieldKind::Title => generator.subschema_for::<FilledText>(),
        FieldKind::Text => generator.subschema_for::<Option<String>>(),
        FieldKind::Day => generator.subschema_for::<Option<Day>>(),
        FieldKind::Texts => generator.subschema_for::<Option<ChangedList<PlainText>>>(),
        FieldKind::Flag => generator.subschema_for::<Option<bool>>(),
        FieldKind::User => generator.subschema_for::<Option<NamedUser>>(),
        FieldKind::Users => generator.subschema_for::<Option<ChangedList<NamedUser>>>(),
        FieldKind::Queues => {
            let one = generator.subschema_for::<NamedQueue>();
            either(one, generator.subschema_for::<ChangedList<NamedQueue>>())
        }
        FieldKind::Parents => {
            let one = generator.subschema_for::<NamedEntity>();
            either(one, generator.subschema_for::<AllParents>())
        }
        FieldKind::Checklist => generator.subschema_for::<Option<ChangedList<ChecklistItemInput>>>(),
    });
    let mut queues = properties[FieldName::IssueQueues.as_str()].clone();
    queues["description"] = "Another name of issueQueues.".into();
    properties.insert(QUEUES.to_owned(), queues);
    properties.insert(MARKUP_TYPE.to_owned(), json!({"description": "Accepted, without effect."}));
    properties
}

/// Another name of `issueQueues`.
const QUEUES: &str = "queues";

/// How texts are marked up. It has no effect.
const MARKUP_TYPE: &str = "markupType";

/// What a body that changes an entity asks for.
pub(crate) struct EntityUpdate {
    pub(crate) changes: EntityChanges<false>,
    pub(crate) comment: Option<String>,
    pub(crate) attachment_ids: Vec<FileRef>,
    pub(crate) links: EntityLinks,
}

impl NewEntityBody {
    /// The fields of the new entity, and its relations.
    pub(crate) fn split(self) -> Result<(EntityChanges<true>, EntityLinks), InvalidBody> {
        let fields = Some(self.fields).filter(|fields| !fields.is_null);
        Ok((optional(fields, "fields")?.unwrap_or_default().checked()?, self.links))
    }
}

impl EntityUpdateBody {
    /// The parts of the change.
    pub(crate) fn split(self) -> Result<EntityUpdate, InvalidBody> {
        Ok(EntityUpdate {
            changes: optional(self.fields, "fields")?.unwrap_or_default().checked()?,
            comment: optional(self.comment, "comment")?.map(|comment| comment.0),
            attachment_ids: attachment_ids(self.attachment_ids, self.description_attachment_ids)?,
            links: self.links,
        })
    }
}

impl<const NEW: bool> EntityChanges<NEW> {
    /// The same, if all names are known.
    fn checked(self) -> Result<Self, InvalidBody> {
        let is_known = |name: &str| FieldName::parse(name).is_some() || [QUEUES, MARKUP_TYPE].contains(&name);
        let unknown: Vec<String> = self.0.keys().filter(|name| !is_known(name)).cloned().collect();
        if unknown.is_empty() { Ok(self) } else { Err(InvalidBody::UnknownFields(unknown)) }
    }

    /// The fields of an entity after a change: `null` takes a value away, what is not named stays.
    pub(crate) fn apply(
        self,
        kind: EntityType,
        current: &EntityFields,
        world: &World,
    ) -> Result<EntityFields, InvalidBody> {
        let mut fields = current.clone();
        for (name, value) in self.0 {
            let field = if name == QUEUES { Some(FieldName::IssueQueues) } else { FieldName::parse(&name) };
            if let Some(field) = field {
                let value = read_field(field, value, &fields, world).map_err(|invalid| invalid.at(&name))?;
                if let (FieldName::EntityStatus, Some(FieldValue::Text(status))) = (field, &value) {
                    let known = kind.statuses();
                    if !known.contains(&status.as_str()) {
                        return Err(InvalidValue::name(&name, status, known).into());
                    }
                }
                fields.set(field, value);
            }
        }
        Ok(fields)
    }
}

impl EntityChanges<true> {
    /// The fields of a new entity. It is by its creator and a draft unless the body says otherwise.
    pub(crate) fn create(
        mut self,
        kind: EntityType,
        creator: &Arc<User>,
        world: &World,
    ) -> Result<EntityFields, InvalidBody> {
        // Nothing can be taken away yet, so null is no value.
        self.0.retain(|_, value| !value.is_null());
        let summary = self.0.get(FieldName::Summary.as_str()).cloned().unwrap_or_default();
        from_value::<FilledText>(summary).map_err(|invalid| invalid.at(FieldName::Summary.as_str()))?;
        let mut draft = EntityFields::default();
        draft.set(FieldName::Author, Some(FieldValue::User(Arc::clone(creator))));
        draft.set(FieldName::EntityStatus, Some(FieldValue::Text("draft".to_owned())));
        self.apply(kind, &draft, world)
    }
}

/// The value that a field shall have.
fn read_field(
    field: FieldName,
    value: Value,
    current: &EntityFields,
    world: &World,
) -> Result<Option<FieldValue>, InvalidValue> {
    if field.kind() != FieldKind::Title && value.is_null() {
        return Ok(None);
    }
    Ok(Some(match field.kind() {
        FieldKind::Title => FieldValue::Text(from_value::<FilledText>(value)?.0),
        FieldKind::Text => FieldValue::Text(from_value(value)?),
        FieldKind::Day => FieldValue::Text(from_value::<Day>(value)?.0),
        FieldKind::Texts => {
            let list = from_value::<ChangedList<PlainText>>(value)?;
            FieldValue::Texts(list.apply(current.texts(field), |text| Some(text.clone()), world)?)
        }
        FieldKind::Flag => FieldValue::Flag(from_value(value)?),
        FieldKind::User => FieldValue::User(from_value::<NamedUser>(value)?.find(world)?),
        FieldKind::Users => {
            let list = from_value::<ChangedList<NamedUser>>(value)?;
            FieldValue::Users(list.apply(current.users(field), |user| Some(user.uid), world)?)
        }
        FieldKind::Queues => FieldValue::Queues(queues(value, current.queues(field), world)?),
        FieldKind::Parents => FieldValue::Parents(parents(value, current.parents(), world)?),
        FieldKind::Checklist => {
            // Items that are new have no id yet.
            let key = |item: &ChecklistItem| Some(item.id.clone()).filter(|id| !id.is_empty());
            let list = from_value::<ChangedList<ChecklistItemInput>>(value)?;
            FieldValue::Checklist(list.apply(current.checklist(field), key, world)?)
        }
    }))
}

/// One queue, or a list that is given whole or changed.
fn queues(value: Value, current: &[Arc<Queue>], world: &World) -> Result<Vec<Arc<Queue>>, InvalidValue> {
    let one = from_value::<NamedQueue>(value.clone());
    let is_one = value.as_object().map_or(!value.is_array(), |members| members.is_empty() || one.is_ok());
    if is_one {
        return Ok(vec![one?.find(world)?]);
    }
    from_value::<ChangedList<NamedQueue>>(value)?.apply(current, |queue| Some(queue.id), world)
}

/// The primary parent, or an object with all parents. Where the list of the others is changed and not given whole, a
/// primary parent that is not named stays.
fn parents(value: Value, current: Option<&Parents>, world: &World) -> Result<Parents, InvalidValue> {
    if value.as_object().is_none_or(|members| members.contains_key("id")) {
        let primary = from_value::<NamedEntity>(value)?.find(world)?;
        return Ok(Parents { primary: Some(primary), secondary: Vec::new() });
    }
    let AllParents { primary, secondary } = from_value(value)?;
    let nobody = Parents::default();
    let current = current.unwrap_or(&nobody);
    let primary = optional(primary, "primary")?.map(|parent| parent.find(world)).transpose()?;
    let Some(secondary) = optional(secondary, "secondary")? else {
        return Ok(Parents { primary, secondary: Vec::new() });
    };
    let stays = if let ChangedList::Change(_) = secondary { current.primary } else { None };
    let secondary = secondary.apply(&current.secondary, |id| Some(*id), world)?;
    Ok(Parents { primary: primary.or(stays), secondary })
}

impl Find for EntityLinkInput {
    type Found = EntityLink;

    /// A number is the short id of an entity of the type that the relationship asks for, or else of any type.
    fn find(self, world: &World) -> Result<EntityLink, InvalidValue> {
        let relationship = required(self.relationship, "relationship")?;
        let Some((relationship, _)) = RELATIONSHIPS.iter().find(|(name, _)| *name == relationship) else {
            return Err(InvalidValue::name("relationship", &relationship, RELATIONSHIPS.iter().map(|(name, _)| name)));
        };
        let NamedEntity(name) = required(self.entity, "entity")?;
        let likely: &[EntityType] = match *relationship {
            "works towards" => &[EntityType::Goal],
            "parent entity" => &[EntityType::Portfolio],
            _ => &[],
        };
        let by_id = EntityId::parse(&name).and_then(|id| world.entity_by_id(id));
        let mut kinds = likely.iter().chain(&EntityType::ALL);
        let found = by_id.or_else(|| kinds.find_map(|kind| world.entity(&EntityRef::new(*kind, &name)).ok()));
        let entity = found.map(|entity| entity.id).ok_or_else(|| InvalidValue::not_found(name).at("entity"))?;
        Ok(EntityLink { relationship, entity })
    }
}
