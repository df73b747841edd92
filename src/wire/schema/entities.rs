//! The bodies that `entity_input` and `entity_search` read.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::Value;

use super::changes::{ChangedList, OneOrMore};
use super::names::{EntityName, FileName, FilterValue, QueueName, UserName};
use super::nothing_required;
use super::texts::{DayOrTimeText, FilledText, PlainText};

/// A new entity.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "NewEntity", rename_all = "camelCase")]
#[expect(dead_code, reason = "a shape, never a value")]
pub struct NewEntityShape {
    fields: NewFields,
    /// Checked and not kept.
    links: Option<Vec<LinkInput>>,
}

/// A change of an entity.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "EntityUpdate", rename_all = "camelCase")]
#[expect(dead_code, reason = "a shape, never a value")]
pub struct EntityUpdateShape {
    fields: Option<ChangedFields>,
    /// A comment to write.
    comment: Option<FilledText>,
    attachment_ids: Option<Vec<FileName>>,
    description_attachment_ids: Option<Vec<FileName>>,
    /// Checked and not kept.
    links: Option<Vec<LinkInput>>,
}

/// What to look for.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "EntitySearch", rename_all = "camelCase")]
#[expect(dead_code, reason = "a shape, never a value")]
pub struct EntitySearchShape {
    /// A part of the summary, in any letter case.
    input: Option<String>,
    /// For each field what it shall be; `empty()`, `notEmpty()` and `me()` are understood. An unknown name: 422.
    filter: Option<BTreeMap<String, Option<OneOrMore<FilterValue>>>>,
    /// The name of a field. An unknown one: 422.
    order_by: Option<String>,
    order_asc: Option<bool>,
    /// Only what stands in no portfolio.
    root_only: Option<bool>,
}

/// A project needs `queues` or `teamAccess` too.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "NewEntityFields", deny_unknown_fields)]
#[expect(dead_code, reason = "a shape, never a value")]
struct NewFields {
    summary: FilledText,
    #[schemars(flatten)]
    others: OtherFields,
}

/// What is not named stays; `null` takes a value away.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "ChangedEntityFields", deny_unknown_fields, transform = nothing_required)]
#[expect(dead_code, reason = "a shape, never a value")]
struct ChangedFields {
    summary: FilledText,
    #[schemars(flatten)]
    others: OtherFields,
}

#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[expect(dead_code, reason = "a shape, never a value")]
struct OtherFields {
    description: Option<String>,
    author: Option<UserName>,
    lead: Option<UserName>,
    team_users: Option<ChangedList<UserName>>,
    clients: Option<ChangedList<UserName>>,
    followers: Option<ChangedList<UserName>>,
    start: Option<DayOrTimeText>,
    end: Option<DayOrTimeText>,
    checklist_items: Option<ChangedList<ChecklistItemInput>>,
    tags: Option<ChangedList<PlainText>>,
    parent_entity: Option<ParentInput>,
    team_access: Option<bool>,
    quarter: Option<ChangedList<PlainText>>,
    entity_status: Option<String>,
    issue_queues: Option<QueuesInput>,
    /// Another name of issueQueues.
    queues: Option<QueuesInput>,
    /// Accepted, without effect.
    markup_type: Option<Value>,
}

/// A relation to another entity.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "EntityLink")]
#[expect(dead_code, reason = "a shape, never a value")]
struct LinkInput {
    #[schemars(extend("enum" = crate::wire::entity_input::RELATIONSHIPS))]
    relationship: String,
    entity: EntityName,
}

/// A line of a checklist.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "NewChecklistItem")]
#[expect(dead_code, reason = "a shape, never a value")]
struct ChecklistItemInput {
    id: Option<String>,
    text: FilledText,
    checked: Option<bool>,
    assignee: Option<UserName>,
    deadline: Option<DeadlineInput>,
}

#[derive(Debug, JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "a shape, never a value")]
enum DeadlineInput {
    Day(DayOrTimeText),
    Object { date: DayOrTimeText },
}

#[derive(Debug, JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "a shape, never a value")]
enum ParentInput {
    Primary(EntityName),
    All { primary: Option<EntityName>, secondary: Option<Vec<EntityName>> },
}

#[derive(Debug, JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "a shape, never a value")]
enum QueuesInput {
    One(QueueName),
    Several(ChangedList<QueueName>),
}
