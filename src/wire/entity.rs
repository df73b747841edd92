//! A project, portfolio or goal as the API describes it (reference pages add-attachment and about-entities).

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::as_text;
use super::attachment::AttachmentBody;
use super::links::{Links, Url};
use super::schema::{EntityFieldsShape, EntityTypeText, ObjectIdText, TimeText, UrlText, absent_not_null};
use super::user::UserRef;
use crate::domain::clock::Timestamp;
use crate::domain::entity::{Entity, EntityType};
pub use crate::domain::entity_fields::FieldName;
use crate::domain::entity_fields::{ChecklistItem, EntityFields, ParentEntity};
use crate::domain::ids::EntityId;
use crate::domain::queue::Queue;
use crate::domain::world::World;

/// What an answer shows of an entity beyond its head.
#[derive(Clone, Debug, Default)]
pub struct EntityView {
    /// Whether `attachments` is in it.
    pub attachments: bool,
    /// The members of `fields`; with none, there is no `fields`.
    pub fields: Vec<FieldName>,
}

/// An entity in an answer.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Entity", transform = absent_not_null)]
pub struct EntityBody<'a> {
    #[serde(rename = "self")]
    #[schemars(with = "UrlText")]
    self_url: Url<'a>,
    #[serde(serialize_with = "as_text")]
    #[schemars(with = "ObjectIdText")]
    id: EntityId,
    version: u64,
    short_id: u64,
    #[serde(serialize_with = "as_text")]
    #[schemars(with = "EntityTypeText")]
    entity_type: EntityType,
    created_by: UserRef<'a>,
    #[serde(serialize_with = "as_text")]
    #[schemars(with = "TimeText")]
    created_at: Timestamp,
    #[serde(serialize_with = "as_text")]
    #[schemars(with = "TimeText")]
    updated_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachments: Option<Vec<AttachmentBody<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "EntityFieldsShape<'_>")]
    fields: Option<Map<String, Value>>,
}

/// A page of what a search found.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = absent_not_null)]
pub struct EntitySearchResult<'a> {
    /// How many there are on all pages.
    pub hits: usize,
    /// How many pages there are.
    pub pages: usize,
    /// Those of the page.
    pub values: Vec<EntityBody<'a>>,
    /// The field that they are ordered by, if one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_by: Option<&'a str>,
}

impl<'a> EntityBody<'a> {
    /// Describes `entity`, a part of `world`.
    #[must_use]
    pub fn new(entity: &'a Entity, world: &World, view: &EntityView, links: &'a Links) -> Self {
        let attachments =
            || entity.attachments().iter().map(|one| AttachmentBody::of_entity(one.file(), links)).collect();
        let fields = || {
            let shown = FieldName::ALL.into_iter().filter(|(field, _)| view.fields.contains(field));
            shown.map(|(field, name)| (name.to_owned(), value(field, entity.fields(), world, links))).collect()
        };
        Self {
            self_url: links.entity(entity.kind(), entity.id()),
            id: entity.id(),
            version: entity.version(),
            short_id: entity.short_id(),
            entity_type: entity.kind(),
            created_by: UserRef::full(entity.created_by(), links),
            created_at: entity.created_at(),
            updated_at: entity.updated_at(),
            attachments: view.attachments.then(attachments),
            fields: (!view.fields.is_empty()).then(fields),
        }
    }
}

/// A field's value in the shape of the reference; a field without one is `null`.
fn value(field: FieldName, fields: &EntityFields, world: &World, links: &Links) -> Value {
    let user = |user: &_| json!(UserRef::full(user, links));
    let users = |users: &Option<Vec<Arc<_>>>| users.as_ref().map(|all| all.iter().map(|one| user(one)).collect());
    match field {
        FieldName::Summary => Some(json!(fields.summary)),
        FieldName::Description => fields.description.as_ref().map(|text| json!(text)),
        FieldName::Author => fields.author.as_ref().map(|one| user(one)),
        FieldName::Lead => fields.lead.as_ref().map(|one| user(one)),
        FieldName::TeamUsers => users(&fields.team_users),
        FieldName::Clients => users(&fields.clients),
        FieldName::Followers => users(&fields.followers),
        FieldName::Start => fields.start.as_ref().map(|date| json!(date)),
        FieldName::End => fields.end.as_ref().map(|date| json!(date)),
        FieldName::ChecklistItems => fields.checklist_items.as_ref().map(|items| {
            let today = world.now().to_string();
            let item = |item: &ChecklistItem| {
                let mut body = json!({"id": item.id, "text": item.text, "checked": item.checked});
                if let Some(assignee) = &item.assignee {
                    body["assignee"] = user(assignee);
                }
                if let Some(date) = &item.deadline {
                    let exceeded = today.get(..10).is_some_and(|today| date.as_str() < today);
                    let date = format!("{date}T00:00:00.000+0000");
                    body["deadline"] = json!({"date": date, "deadlineType": "date", "isExceeded": exceeded});
                }
                body["checklistItemType"] = json!("standard");
                body
            };
            items.iter().map(item).collect()
        }),
        FieldName::Tags => fields.tags.as_ref().map(|tags| json!(tags)),
        FieldName::ParentEntity => fields.parent_entity.as_ref().map(|parents| parent_entity(parents, world, links)),
        FieldName::TeamAccess => fields.team_access.map(|limited| json!(limited)),
        FieldName::Quarter => fields.quarter.as_ref().map(|quarters| json!(quarters)),
        FieldName::EntityStatus => fields.entity_status.as_ref().map(|status| json!(status)),
        FieldName::IssueQueues => fields.issue_queues.as_ref().map(|queues| {
            let queue = |queue: &Arc<Queue>| json!({"self": links.queue(&queue.key), "id": queue.id.to_string(), "key": queue.key, "display": queue.name});
            queues.iter().map(queue).collect()
        }),
    }
    .unwrap_or(Value::Null)
}

fn parent_entity(parents: &ParentEntity, world: &World, links: &Links) -> Value {
    let reference = |id: &EntityId| {
        let entity = world.entity_by_id(*id)?;
        Some(
            json!({"self": links.entity(entity.kind(), *id), "id": id.to_string(), "display": entity.fields().summary}),
        )
    };
    let primary = parents.primary.as_ref().and_then(reference);
    json!({"primary": primary, "secondary": parents.secondary.iter().filter_map(reference).collect::<Vec<_>>()})
}
