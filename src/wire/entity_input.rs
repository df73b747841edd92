//! Reading the bodies that create and change entities (reference pages create-entity and update-entity).

use std::sync::Arc;

use serde_json::Value;

use super::entity::FieldName;
use super::input::{
    Expected, InputError, Object, Problem, Read, boolean, changed_list, changed_texts, changed_users, date,
    filled_text, list, named, object, optional, queue, required, text, user,
};
use crate::domain::entity::EntityType;
use crate::domain::entity_fields::{ChecklistItem, EntityFields, ParentEntity};
use crate::domain::ids::EntityId;
use crate::domain::queue::Queue;
use crate::domain::user::User;
use crate::domain::world::World;

/// Keys of a body's `fields` that are no fields of the answer: how texts are marked up, and another name for the queues.
const EXTRA_KEYS: [&str; 2] = ["markupType", "queues"];

/// What `links` relates entities by.
pub(super) const RELATIONSHIPS: [&str; 7] =
    ["relates", "is dependent by", "depends on", "parent entity", "child entity", "works towards", "is supported by"];

/// The names in a body's `fields` that no entity has.
#[must_use]
pub fn unknown_fields(fields: &Object) -> Vec<String> {
    let known = |name: &str| FieldName::parse(name).is_some() || EXTRA_KEYS.contains(&name);
    fields.keys().filter(|name| !known(name)).cloned().collect()
}

/// The fields of a new entity. It is by its creator and a draft unless it says otherwise.
///
/// # Errors
/// When `summary` is missing, a project has neither `queues` nor `teamAccess`, or a value is wrong.
pub fn new_fields(
    kind: EntityType,
    fields: &Object,
    creator: &Arc<User>,
    world: &World,
) -> Result<EntityFields, InputError> {
    required(fields, "summary", filled_text)?;
    let given = |name| fields.get(name).is_some_and(|value| !value.is_null());
    if kind == EntityType::Project && !["queues", "issueQueues", "teamAccess"].into_iter().any(given) {
        return Err(InputError { field: "queues".to_owned(), problem: Problem::Missing });
    }
    let draft = EntityFields {
        author: Some(Arc::clone(creator)),
        entity_status: Some("draft".to_owned()),
        ..EntityFields::default()
    };
    // Nothing can be taken away yet: an explicit null is no value.
    let present = fields.iter().filter(|(_, value)| !value.is_null());
    changed_fields(&draft, &present.map(|(name, value)| (name.clone(), value.clone())).collect(), world)
}

/// The fields of an entity after a change: `null` takes a value away, what is not named stays.
///
/// # Errors
/// When a value is wrong, or the summary is to be taken away.
pub fn changed_fields(current: &EntityFields, fields: &Object, world: &World) -> Result<EntityFields, InputError> {
    let mut changed = current.clone();
    for (name, value) in fields {
        let result = match FieldName::parse(name) {
            Some(field) => change(&mut changed, field, value, world),
            None if name == "queues" => change(&mut changed, FieldName::IssueQueues, value, world),
            None => Ok(()),
        };
        result.map_err(|problem| InputError { field: name.clone(), problem })?;
    }
    Ok(changed)
}

fn change(fields: &mut EntityFields, field: FieldName, value: &Value, world: &World) -> Read<()> {
    let users = |current: &Option<Vec<_>>| {
        unless_null(value, |value| changed_users(value, current.as_deref().unwrap_or(&[]), world))
    };
    let texts =
        |current: &Option<Vec<_>>| unless_null(value, |value| changed_texts(value, current.as_deref().unwrap_or(&[])));
    match field {
        FieldName::Summary => fields.summary = filled_text(value)?,
        FieldName::Description => fields.description = unless_null(value, text)?,
        FieldName::Author => fields.author = unless_null(value, |value| user(value, world))?,
        FieldName::Lead => fields.lead = unless_null(value, |value| user(value, world))?,
        FieldName::TeamUsers => fields.team_users = users(&fields.team_users)?,
        FieldName::Clients => fields.clients = users(&fields.clients)?,
        FieldName::Followers => fields.followers = users(&fields.followers)?,
        FieldName::Start => fields.start = unless_null(value, date)?,
        FieldName::End => fields.end = unless_null(value, date)?,
        FieldName::ChecklistItems => {
            // Items that are new have no id yet.
            let same = |one: &ChecklistItem, other: &ChecklistItem| !one.id.is_empty() && one.id == other.id;
            let current = fields.checklist_items.as_deref().unwrap_or(&[]);
            fields.checklist_items =
                unless_null(value, |value| changed_list(value, current, same, |item| checklist_item(item, world)))?;
        }
        FieldName::Tags => fields.tags = texts(&fields.tags)?,
        FieldName::ParentEntity => fields.parent_entity = unless_null(value, |value| parents(value, world))?,
        FieldName::TeamAccess => fields.team_access = unless_null(value, boolean)?,
        FieldName::Quarter => fields.quarter = texts(&fields.quarter)?,
        FieldName::EntityStatus => fields.entity_status = unless_null(value, text)?,
        FieldName::IssueQueues => {
            let current = fields.issue_queues.as_deref().unwrap_or(&[]);
            let same = |one: &Arc<Queue>, other: &Arc<Queue>| one.id == other.id;
            let has_operators = value.as_object().is_some_and(|object| !object.is_empty());
            let is_one = !value.is_array() && (!has_operators || named(value, &["key", "id"]).is_some());
            fields.issue_queues = unless_null(value, |value| {
                if is_one {
                    queue(value, world).map(|queue| vec![queue])
                } else {
                    changed_list(value, current, same, |item| queue(item, world))
                }
            })?;
        }
    }
    Ok(())
}

fn unless_null<T>(value: &Value, read: impl FnOnce(&Value) -> Read<T>) -> Read<Option<T>> {
    if value.is_null() { Ok(None) } else { read(value).map(Some) }
}

fn checklist_item(value: &Value, world: &World) -> Read<ChecklistItem> {
    let item = value.as_object().ok_or(Problem::Not(Expected::ChecklistItem))?;
    let part = |error: InputError| error.problem;
    let deadline = optional(item, "deadline", |value| match value.as_object() {
        Some(deadline) => required(deadline, "date", date).map_err(part),
        None => date(value),
    });
    Ok(ChecklistItem {
        id: optional(item, "id", text).map_err(part)?.unwrap_or_default(),
        text: required(item, "text", filled_text).map_err(part)?,
        checked: optional(item, "checked", boolean).map_err(part)?.unwrap_or_default(),
        assignee: optional(item, "assignee", |value| user(value, world)).map_err(part)?,
        deadline: deadline.map_err(part)?,
    })
}

/// `"<id>"`, or `{"primary": "<id>", "secondary": ["<id>"]}`.
fn parents(value: &Value, world: &World) -> Read<ParentEntity> {
    match value.as_object().filter(|parents| !parents.contains_key("id")) {
        Some(parents) => {
            let part = |error: InputError| error.problem;
            let secondary = optional(parents, "secondary", |value| list(value, |item| entity(item, world)));
            Ok(ParentEntity {
                primary: optional(parents, "primary", |value| entity(value, world)).map_err(part)?,
                secondary: secondary.map_err(part)?.unwrap_or_default(),
            })
        }
        None => Ok(ParentEntity { primary: Some(entity(value, world)?), secondary: Vec::new() }),
    }
}

/// A portfolio, goal or project, named by id; a portfolio by short id too.
fn entity(value: &Value, world: &World) -> Read<EntityId> {
    let name = named(value, &["id"]).ok_or(Problem::Not(Expected::Entity))?;
    let by_id = EntityId::parse(&name).and_then(|id| world.entity_by_id(id));
    let found = by_id.or_else(|| world.entity(EntityType::Portfolio, &name).ok());
    found.map(crate::domain::entity::Entity::id).ok_or(Problem::Unknown(name))
}

/// Checks `links`, a list of `{"relationship", "entity"}`. They are not kept.
///
/// # Errors
/// When one has an unknown relationship or names no entity.
pub fn check_links(body: &Object, world: &World) -> Result<(), InputError> {
    let link = |link: &Value| {
        let link = object(link)?;
        let part = |error: InputError| error.problem;
        let relationship = required(link, "relationship", text).map_err(part)?;
        if !RELATIONSHIPS.contains(&relationship.as_str()) {
            return Err(Problem::Unknown(relationship));
        }
        required(link, "entity", |value| entity(value, world)).map_err(part).map(drop)
    };
    optional(body, "links", |links| list(links, link)).map(drop)
}
