//! A project, portfolio or goal as the API describes it (reference pages add-attachment and about-entities).

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    ApiVersion, AttachmentBody, ChecklistItemBody, DateText, Expand, Links, Reference, Url, UserRef, absent_not_null,
    fields_schema,
};
use crate::domain::{
    Entity, EntityId, EntityLink, EntityType, FieldKind, FieldName, FieldValue, Parents, RELATIONSHIPS, Timestamp,
    World,
};

/// What an answer shows of an entity beyond its head.
#[derive(Clone, Debug, Default)]
pub(crate) struct EntityView {
    pub expand: Expand,
    /// The members of `fields`, in their order; with none, there is no `fields`.
    pub fields: Vec<ShownField>,
}

/// A member of `fields` in an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ShownField {
    /// One that is set.
    Set(FieldName),
    /// One that follows from other things.
    Computed(ComputedField),
    /// The id, in a list of links.
    Id,
}

named! {
    /// Fields that no request sets.
    pub(crate) enum ComputedField {
        MetricItems = "metricItems",
        KeyResultItems = "keyResultItems",
        ProgressPercentage = "progressPercentage",
        LastCommentUpdatedAt = "lastCommentUpdatedAt",
        LinkedGoalsCount = "linkedGoalsCount",
        LinkedProjectsCount = "linkedProjectsCount",
    }
}

impl ComputedField {
    /// There are no metrics and no key results, and nothing to measure progress by.
    fn value(self, entity: &Entity, world: &World) -> Value {
        let linked = |kind| {
            let linked = entity.links.iter().filter_map(|link| world.entity_by_id(link.entity));
            linked.filter(|entity| entity.kind == kind).count()
        };
        match self {
            Self::MetricItems | Self::KeyResultItems => json!([]),
            Self::ProgressPercentage => Value::Null,
            Self::LastCommentUpdatedAt => json!(entity.comments.iter().map(|comment| comment.updated_at).max()),
            Self::LinkedGoalsCount => json!(linked(EntityType::Goal)),
            Self::LinkedProjectsCount => json!(linked(EntityType::Project)),
        }
    }
}

impl ShownField {
    /// Every name that a list of links knows: `id`, and then the others.
    pub(crate) const NAMES_OF_LINKED: &[&str] = &{
        let mut names = ["id"; 1 + FieldName::NAMES.len() + ComputedField::NAMES.len()];
        let mut index = 0;
        while index + 1 < names.len() {
            names[index + 1] = match index.checked_sub(FieldName::NAMES.len()) {
                Some(computed) => ComputedField::NAMES[computed],
                None => FieldName::NAMES[index],
            };
            index += 1;
        }
        names
    };

    /// Every other name.
    pub(crate) const NAMES: &[&str] = Self::NAMES_OF_LINKED.split_at(1).1;

    /// The field of this name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        FieldName::parse(text).map(Self::Set).or_else(|| ComputedField::parse(text).map(Self::Computed))
    }

    /// The field of this name in a list of links.
    pub(crate) fn parse_linked(text: &str) -> Option<Self> {
        if text == "id" { Some(Self::Id) } else { Self::parse(text) }
    }
}

built! {
    /// An entity in an answer.
    #[schemars(rename = "Entity", transform = absent_not_null)]
    pub(crate) struct EntityBody<'a>;
    /// Describes `entity`, a part of `world`.
    pub(crate) fn new(entity: &'a Entity, world: &World, view: &EntityView, links: &'a Links) {
        let attachments = || entity.attachments.iter().map(|one| AttachmentBody::at_root(one.file(), links)).collect();
        let fields = || EntityFieldsBody::new(entity, world, view, links);
    }
    "self" self_url: Url = links.entity(entity.kind, entity.id),
    id: EntityId = entity.id,
    version: u64 = entity.version,
    short_id: u64 = entity.short_id,
    entity_type: EntityType = entity.kind,
    created_by: UserRef<'a> = UserRef::new(&entity.created_by, links),
    created_at: Timestamp = entity.created_at,
    updated_at: Timestamp = entity.updated_at,
    ?attachments: Vec<AttachmentBody<'a>> = view.expand.shows("attachments").then(attachments),
    ?fields: EntityFieldsBody = (!view.fields.is_empty()).then(fields),
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

built! {
    /// What an entity is to another.
    #[schemars(rename = "EntityLink", transform = absent_not_null)]
    pub(crate) struct EntityLinkBody;
    /// Describes a relation to an entity of `world`.
    pub(crate) fn new(link: EntityLink, world: &World, view: &EntityView, links: &Links) {
        let entity = world.entity_by_id(link.entity).filter(|_| !view.fields.is_empty());
        let link_field_values = entity.map(|entity| EntityFieldsBody::new(entity, world, view, links));
    }
    #[schemars(extend("enum" = RELATIONSHIPS.map(|(name, _)| name)))]
    "type" relationship: &'static str = link.relationship,
    /// The fields of the other one that the request names.
    ?link_field_values: EntityFieldsBody = link_field_values,
}

impl EntityFieldsBody {
    fn new(entity: &Entity, world: &World, view: &EntityView, links: &Links) -> Self {
        let value = |field| entity.fields.get(field).map(|value| field_value(value, world, links));
        let member = |field: &ShownField| match field {
            ShownField::Set(field) => (field.as_str().to_owned(), json!(value(*field))),
            ShownField::Computed(field) => (field.as_str().to_owned(), field.value(entity, world)),
            ShownField::Id => ("id".to_owned(), json!(entity.id)),
        };
        Self(view.fields.iter().map(member).collect())
    }
}

/// The fields that `?fields=` names, and no others; `null` for one without a value.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(rename = "EntityFields")]
struct EntityFieldsBody(#[schemars(schema_with = "shown_fields")] Map<String, Value>);

/// The portfolios or goals that it stands in, in v3.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ParentEntity")]
struct ParentsBody<'a> {
    primary: Option<Reference<'a>>,
    secondary: Vec<Reference<'a>>,
}

fn shown_fields(generator: &mut SchemaGenerator) -> Schema {
    let mut properties = fields_schema(|kind| match kind {
        FieldKind::Title => generator.subschema_for::<String>(),
        FieldKind::Text => generator.subschema_for::<Option<String>>(),
        FieldKind::Day => generator.subschema_for::<Option<DateText>>(),
        FieldKind::Texts => generator.subschema_for::<Option<Vec<String>>>(),
        FieldKind::Flag => generator.subschema_for::<Option<bool>>(),
        FieldKind::User => generator.subschema_for::<Option<UserRef<'_>>>(),
        FieldKind::Users => generator.subschema_for::<Option<Vec<UserRef<'_>>>>(),
        FieldKind::Queues => generator.subschema_for::<Option<Vec<Reference<'_>>>>(),
        FieldKind::Parents => {
            let (v2, v3) = (generator.subschema_for::<Reference<'_>>(), generator.subschema_for::<ParentsBody<'_>>());
            json_schema!({"anyOf": [v2, v3, {"type": "null"}]})
        }
        FieldKind::Checklist => generator.subschema_for::<Option<Vec<ChecklistItemBody<'_>>>>(),
    });
    for field in ComputedField::ALL {
        let schema = match field {
            ComputedField::MetricItems | ComputedField::KeyResultItems => json!({"type": "array", "maxItems": 0}),
            ComputedField::ProgressPercentage => json!({"type": "null"}),
            ComputedField::LastCommentUpdatedAt => generator.subschema_for::<Option<Timestamp>>().to_value(),
            ComputedField::LinkedGoalsCount | ComputedField::LinkedProjectsCount => {
                json!({"type": "integer", "minimum": 0})
            }
        };
        properties.insert(field.to_string(), schema);
    }
    properties.insert("id".to_owned(), generator.subschema_for::<EntityId>().to_value());
    json_schema!({"type": "object", "properties": properties})
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
        FieldValue::Parents(parents) => parents_value(parents, world, links),
        FieldValue::Checklist(items) => json!(ChecklistItemBody::of_entity(items, world, links)),
    }
}

/// In v2 the main parent alone, in v3 all of them.
fn parents_value(parents: &Parents, world: &World, links: &Links) -> Value {
    let reference = |id: &EntityId| {
        let entity = world.entity_by_id(*id)?;
        let self_url = links.entity(entity.kind, *id);
        Some(Reference::plain(self_url, id.to_string(), entity.fields.summary()))
    };
    let primary = parents.primary.as_ref().and_then(reference);
    match links.version {
        ApiVersion::V2 => json!(primary),
        ApiVersion::V3 => {
            json!(ParentsBody { primary, secondary: parents.secondary.iter().filter_map(reference).collect() })
        }
    }
}
