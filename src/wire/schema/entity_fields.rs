//! The `fields` of an entity in an answer, which `entity` builds name by name.

use schemars::JsonSchema;

use super::texts::{DateText, MidnightText, ObjectIdText};
use super::{absent_not_null, nothing_required};
use crate::wire::reference::Reference;
use crate::wire::user::UserRef;

/// The fields that `?fields=` names, and no others; `null` for one without a value.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "EntityFields", rename_all = "camelCase", transform = nothing_required)]
#[expect(dead_code, reason = "a shape, never a value")]
pub struct EntityFieldsShape<'a> {
    summary: String,
    description: Option<String>,
    author: Option<UserRef<'a>>,
    lead: Option<UserRef<'a>>,
    team_users: Option<Vec<UserRef<'a>>>,
    clients: Option<Vec<UserRef<'a>>>,
    followers: Option<Vec<UserRef<'a>>>,
    start: Option<DateText>,
    end: Option<DateText>,
    checklist_items: Option<Vec<ChecklistItem<'a>>>,
    tags: Option<Vec<String>>,
    parent_entity: Option<ParentEntity<'a>>,
    team_access: Option<bool>,
    quarter: Option<Vec<String>>,
    entity_status: Option<String>,
    issue_queues: Option<Vec<Reference<'a>>>,
}

/// A line of a checklist.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "camelCase", transform = absent_not_null)]
#[expect(dead_code, reason = "a shape, never a value")]
struct ChecklistItem<'a> {
    id: ObjectIdText,
    text: String,
    checked: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<UserRef<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline: Option<Deadline>,
    #[schemars(extend("const" = "standard"))]
    checklist_item_type: String,
}

/// By when.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[expect(dead_code, reason = "a shape, never a value")]
struct Deadline {
    date: MidnightText,
    #[schemars(extend("const" = "date"))]
    deadline_type: String,
    is_exceeded: bool,
}

/// The portfolios or goals that it stands in.
#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "a shape, never a value")]
struct ParentEntity<'a> {
    primary: Option<Reference<'a>>,
    secondary: Vec<Reference<'a>>,
}
