//! The bodies that `issue_input` and `issue_search` read. Other keys are ignored: a queue may have fields of its own.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::Value;

use super::changes::{ChangedList, OneOrMore};
use super::names::{CatalogItemName, FileName, FilterText, IssueName, QueueName, UserName};
use super::nothing_required;
use super::texts::{FilledText, PlainText};

/// A new issue.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "NewIssue")]
#[expect(dead_code, reason = "a shape, never a value")]
pub struct NewIssueShape {
    summary: FilledText,
    queue: QueueName,
    /// Another issue with the same value: 409.
    unique: Option<String>,
    #[schemars(flatten)]
    others: OtherFields,
}

/// A change of an issue. What is not named stays; `null` takes a value away.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "IssueUpdate", transform = nothing_required)]
#[expect(dead_code, reason = "a shape, never a value")]
pub struct IssueUpdateShape {
    summary: FilledText,
    #[schemars(flatten)]
    others: OtherFields,
}

#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[expect(dead_code, reason = "a shape, never a value")]
struct OtherFields {
    description: Option<String>,
    #[schemars(rename = "type")]
    issue_type: Option<CatalogItemName>,
    priority: Option<CatalogItemName>,
    /// Of several the first counts.
    assignee: Option<OneOrMore<UserName>>,
    followers: Option<ChangedList<UserName>>,
    tags: Option<ChangedList<PlainText>>,
    parent: Option<IssueName>,
    attachment_ids: Option<Vec<FileName>>,
    description_attachment_ids: Option<Vec<FileName>>,
}

/// What to look for: one of `queue`, `keys` and `filter`.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "IssueSearch")]
#[expect(dead_code, reason = "a shape, never a value")]
pub struct IssueSearchShape {
    queue: Option<OneOrMore<FilterText>>,
    keys: Option<OneOrMore<FilterText>>,
    /// For each field what it shall be; `empty()`, `notEmpty()` and `me()` are understood. An unknown name: 422.
    filter: Option<BTreeMap<String, Option<OneOrMore<FilterText>>>>,
    /// The query language is not emulated: 400.
    #[schemars(length(max = 0))]
    query: Option<String>,
    /// Accepted, without effect.
    order: Option<Value>,
}
