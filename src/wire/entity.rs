//! A project, portfolio or goal as the API describes it (reference pages add-attachment and about-entities).

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::attachment::AttachmentBody;
use super::links::{Links, Url};
use super::patterns::OBJECT_ID;
use super::reference::Reference;
use super::schema::{DateText, MidnightText, absent_not_null, fields_schema};
use super::user::UserRef;
use crate::domain::clock::Timestamp;
use crate::domain::entity::{Entity, EntityType};
use crate::domain::entity_fields::{ChecklistItem, FieldKind, FieldName, FieldValue, Parents};
use crate::domain::ids::EntityId;
use crate::domain::world::World;

/// What an answer shows of an entity beyond its head.
#[derive(Clone, Debug, Default)]
pub(crate) struct EntityView {
    /// Whether `attachments` is in it.
    pub attachments: bool,
    /// The members of `fields`, in their order; with none, there is no `fields`.
    pub fields: Vec<FieldName>,
}

/// An entity in an answer.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Entity", transform = absent_not_null)]
pub(crate) struct EntityBody<'a> {
    #[serde(rename = "self")]
    self_url: Url,
    id: EntityId,
    version: u64,
    short_id: u64,
    entity_type: EntityType,
    created_by: UserRef<'a>,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachments: Option<Vec<AttachmentBody<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<EntityFieldsBody>,
}

/// A page of what a search found.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = absent_not_null)]
pub(crate) struct EntitySearchResult<'a> {
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
    pub(crate) fn new(entity: &'a Entity, world: &World, view: &EntityView, links: &'a Links) -> Self {
        let attachments =
            || entity.attachments().iter().map(|one| AttachmentBody::at_root(one.file(), links)).collect();
        let value = |field| entity.fields().get(field).map(|value| field_value(value, world, links));
        let fields = || {
            let member = |field: &FieldName| (field.as_str().to_owned(), json!(value(*field)));
            EntityFieldsBody(view.fields.iter().map(member).collect())
        };
        Self {
            self_url: links.entity(entity.kind(), entity.id()),
            id: entity.id(),
            version: entity.version(),
            short_id: entity.short_id(),
            entity_type: entity.kind(),
            created_by: UserRef::new(entity.created_by(), links),
            created_at: entity.created_at(),
            updated_at: entity.updated_at(),
            attachments: view.attachments.then(attachments),
            fields: (!view.fields.is_empty()).then(fields),
        }
    }
}

/// The fields that `?fields=` names, and no others; `null` for one without a value.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct EntityFieldsBody(Map<String, Value>);

/// A line of a checklist.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ChecklistItem", transform = absent_not_null)]
struct ChecklistItemBody<'a> {
    #[schemars(regex(pattern = OBJECT_ID))]
    id: &'a str,
    text: &'a str,
    checked: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<UserRef<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline: Option<DeadlineBody>,
    #[schemars(extend("const" = "standard"))]
    checklist_item_type: &'static str,
}

/// By when.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Deadline")]
struct DeadlineBody {
    #[schemars(with = "MidnightText")]
    date: String,
    #[schemars(extend("const" = "date"))]
    deadline_type: &'static str,
    is_exceeded: bool,
}

/// The portfolios or goals that it stands in.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ParentEntity")]
struct ParentsBody<'a> {
    primary: Option<Reference<'a>>,
    secondary: Vec<Reference<'a>>,
}

impl JsonSchema for EntityFieldsBody {
    fn schema_name() -> Cow<'static, str> {
        "EntityFields".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let properties = fields_schema(|kind| match kind {
            FieldKind::Title => generator.subschema_for::<String>(),
            FieldKind::Text => generator.subschema_for::<Option<String>>(),
            FieldKind::Day => generator.subschema_for::<Option<DateText>>(),
            FieldKind::Texts => generator.subschema_for::<Option<Vec<String>>>(),
            FieldKind::Flag => generator.subschema_for::<Option<bool>>(),
            FieldKind::User => generator.subschema_for::<Option<UserRef<'_>>>(),
            FieldKind::Users => generator.subschema_for::<Option<Vec<UserRef<'_>>>>(),
            FieldKind::Queues => generator.subschema_for::<Option<Vec<Reference<'_>>>>(),
            FieldKind::Parents => generator.subschema_for::<Option<ParentsBody<'_>>>(),
            FieldKind::Checklist => generator.subschema_for::<Option<Vec<ChecklistItemBody<'_>>>>(),
        });
        let about = "The fields that `?fields=` names, and no others; `null` for one without a value.";
        json_schema!({"type": "object", "properties": properties, "description": about})
    }
}

/// A value in the shape of the reference.
fn field_value(value: &FieldValue, world: &World, links: &Links) -> Value {
    let user = |user| UserRef::new(user, links);
    match value {
        FieldValue::Text(text) => json!(text),
        FieldValue::Texts(texts) => json!(texts),
        FieldValue::Flag(flag) => json!(flag),
        FieldValue::User(one) => json!(user(one)),
        FieldValue::Users(users) => users.iter().map(|one| json!(user(one))).collect(),
        FieldValue::Queues(queues) => queues.iter().map(|queue| json!(Reference::queue(queue, links))).collect(),
        FieldValue::Parents(parents) => json!(ParentsBody::new(parents, world, links)),
        FieldValue::Checklist(items) => {
            let now = world.now().to_string();
            items.iter().map(|item| json!(ChecklistItemBody::new(item, &now, links))).collect()
        }
    }
}

impl<'a> ChecklistItemBody<'a> {
    fn new(item: &'a ChecklistItem, now: &str, links: &'a Links) -> Self {
        let deadline = |date: &String| DeadlineBody {
            date: format!("{date}T00:00:00.000+0000"),
            deadline_type: "date",
            is_exceeded: now.get(..10).is_some_and(|today| date.as_str() < today),
        };
        Self {
            id: &item.id,
            text: &item.text,
            checked: item.checked,
            assignee: item.assignee.as_ref().map(|user| UserRef::new(user, links)),
            deadline: item.deadline.as_ref().map(deadline),
            checklist_item_type: "standard",
        }
    }
}

impl<'a> ParentsBody<'a> {
    fn new(parents: &Parents, world: &'a World, links: &'a Links) -> Self {
        let reference = |id: &EntityId| {
            let entity = world.entity_by_id(*id)?;
            let self_url = links.entity(entity.kind(), *id);
            Some(Reference::plain(self_url, id.to_string(), entity.fields().summary()))
        };
        let secondary = parents.secondary.iter().filter_map(reference).collect();
        Self { primary: parents.primary.as_ref().and_then(reference), secondary }
    }
}
