//! Searching entities (reference page search-entities).

use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::Value;

use super::entity::FieldName;
use super::filter::{self, user_names};
use super::input::{Expected, InputError, Object, Problem, boolean, named, object, optional, text};
use crate::domain::entity::{Entity, EntityType};
use crate::domain::entity_fields::EntityFields;
use crate::domain::user::User;
use crate::domain::world::World;

/// What is looked for, and in which order.
#[derive(Debug)]
pub struct EntitySearch {
    input: Option<String>,
    filter: Vec<(Field, Vec<String>)>,
    /// The field that the result is ordered by, as the client wrote it.
    pub order_by: Option<String>,
    order: Option<Field>,
    ascending: bool,
    root_only: bool,
    /// The names in `filter` and `orderBy` that no entity has.
    pub unknown_fields: Vec<String>,
}

/// What can be filtered and ordered by: the fields, and what stands beside them.
#[derive(Clone, Copy, Debug)]
enum Field {
    Named(FieldName),
    Id,
    ShortId,
    CreatedBy,
    CreatedAt,
    UpdatedAt,
}

impl Field {
    fn parse(name: &str) -> Option<Self> {
        match name {
            "id" => Some(Self::Id),
            "shortId" => Some(Self::ShortId),
            "createdBy" => Some(Self::CreatedBy),
            "createdAt" => Some(Self::CreatedAt),
            "updatedAt" => Some(Self::UpdatedAt),
            name => FieldName::parse(name).map(Self::Named),
        }
    }

    /// Every text that names the field's value: of a user the login, the uid and the name.
    fn values(self, entity: &Entity) -> Vec<String> {
        match self {
            Self::Named(field) => field_values(field, entity.fields()),
            Self::Id => vec![entity.id().to_string()],
            Self::ShortId => vec![entity.short_id().to_string()],
            Self::CreatedBy => user_names(entity.created_by()).to_vec(),
            Self::CreatedAt => vec![entity.created_at().to_string()],
            Self::UpdatedAt => vec![entity.updated_at().to_string()],
        }
    }

    fn compare(self, one: &Entity, other: &Entity) -> Ordering {
        match self {
            Self::ShortId => one.short_id().cmp(&other.short_id()),
            Self::Named(_) | Self::Id | Self::CreatedBy | Self::CreatedAt | Self::UpdatedAt => {
                self.values(one).cmp(&self.values(other))
            }
        }
    }
}

impl EntitySearch {
    /// Reads `input`, `filter`, `orderBy`, `orderAsc` and `rootOnly`.
    ///
    /// # Errors
    /// When one is of the wrong type.
    pub fn read(body: &Object) -> Result<Self, InputError> {
        let mut unknown_fields = Vec::new();
        let mut field = |name: &str| {
            let field = Field::parse(name);
            if field.is_none() {
                unknown_fields.push(name.to_owned());
            }
            field
        };
        let mut filter = Vec::new();
        for (name, value) in optional(body, "filter", |value| object(value).cloned())?.unwrap_or_default() {
            if value.is_null() {
                continue;
            }
            let wanted = match value.as_array() {
                Some(values) => values.iter().map(filter_value).collect(),
                None => filter_value(&value).map(|one| vec![one]),
            };
            let problem = || InputError { field: format!("filter.{name}"), problem: Problem::Not(Expected::Text) };
            let wanted = wanted.ok_or_else(problem)?;
            filter.extend(field(&name).map(|field| (field, wanted)));
        }
        let order_by = optional(body, "orderBy", text)?;
        let order = order_by.as_deref().and_then(field);
        Ok(Self {
            input: optional(body, "input", text)?.map(|input| input.to_lowercase()),
            filter,
            order,
            order_by,
            ascending: optional(body, "orderAsc", boolean)?.unwrap_or(true),
            root_only: optional(body, "rootOnly", boolean)?.unwrap_or(false),
            unknown_fields,
        })
    }

    /// The entities of a type that are looked for, in order; by short id unless another is wanted.
    #[must_use]
    pub fn run<'a>(&self, kind: EntityType, actor: &User, world: &'a World) -> Vec<&'a Entity> {
        let mut found: Vec<&Entity> =
            world.entities().filter(|entity| entity.kind() == kind && self.matches(entity, actor)).collect();
        found.sort_by_key(|entity| entity.short_id());
        if let Some(field) = self.order {
            found.sort_by(|one, other| field.compare(one, other));
        }
        if !self.ascending {
            found.reverse();
        }
        found
    }

    fn matches(&self, entity: &Entity, actor: &User) -> bool {
        let fields = entity.fields();
        let input = self.input.as_ref().is_none_or(|input| fields.summary.to_lowercase().contains(input));
        let root = !self.root_only || fields.parent_entity.as_ref().is_none_or(|parents| parents.primary.is_none());
        input && root && self.filter.iter().all(|(field, wanted)| filter::matches(wanted, &field.values(entity), actor))
    }
}

fn filter_value(value: &Value) -> Option<String> {
    value.as_bool().map(|boolean| boolean.to_string()).or_else(|| named(value, &["id", "key", "login"]))
}

fn field_values(field: FieldName, fields: &EntityFields) -> Vec<String> {
    let users = |users: &Option<Vec<Arc<User>>>| users.iter().flatten().flat_map(|user| user_names(user)).collect();
    let user = |user: &Option<Arc<User>>| user.iter().flat_map(|user| user_names(user)).collect();
    let one = |text: &Option<String>| text.iter().cloned().collect();
    let all = |texts: &Option<Vec<String>>| texts.iter().flatten().cloned().collect();
    match field {
        FieldName::Summary => vec![fields.summary.clone()],
        FieldName::Description => one(&fields.description),
        FieldName::Author => user(&fields.author),
        FieldName::Lead => user(&fields.lead),
        FieldName::TeamUsers => users(&fields.team_users),
        FieldName::Clients => users(&fields.clients),
        FieldName::Followers => users(&fields.followers),
        FieldName::Start => one(&fields.start),
        FieldName::End => one(&fields.end),
        FieldName::ChecklistItems => fields.checklist_items.iter().flatten().map(|item| item.text.clone()).collect(),
        FieldName::Tags => all(&fields.tags),
        FieldName::ParentEntity => {
            let ids = fields.parent_entity.iter().flat_map(|parents| parents.primary.iter().chain(&parents.secondary));
            ids.map(ToString::to_string).collect()
        }
        FieldName::TeamAccess => fields.team_access.iter().map(ToString::to_string).collect(),
        FieldName::Quarter => all(&fields.quarter),
        FieldName::EntityStatus => one(&fields.entity_status),
        FieldName::IssueQueues => {
            let queues = fields.issue_queues.iter().flatten();
            queues.flat_map(|queue| [queue.key.clone(), queue.id.to_string()]).collect()
        }
    }
}
