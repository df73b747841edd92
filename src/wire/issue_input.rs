//! Reading the bodies that create and change issues (reference pages create-issue and patch-issue). Keys that are no
//! field here are ignored: a queue may have fields of its own.

use serde_json::Value;

use super::input::{
    Expected, InputError, Object, Problem, Read, attachment_ids, changed_texts, changed_users, filled_text, named,
    optional, queue, required, text, user,
};
use crate::domain::catalog::{Catalog, CatalogItem};
use crate::domain::issue::{IssueFields, NewIssue};
use crate::domain::world::World;

/// A new issue.
///
/// # Errors
/// When `summary` or `queue` is missing, or a value is wrong.
pub fn new_issue(body: &Object, world: &World) -> Result<NewIssue, InputError> {
    let fields = IssueFields {
        summary: required(body, "summary", filled_text)?,
        description: None,
        issue_type: Catalog::IssueTypes.default_item(),
        priority: Catalog::Priorities.default_item(),
        status: Catalog::Statuses.default_item(),
        assignee: None,
        followers: Vec::new(),
        tags: Vec::new(),
        parent: None,
    };
    Ok(NewIssue {
        queue: required(body, "queue", |value| queue(value, world))?,
        fields: changed_fields(&fields, body, world)?,
        unique: optional(body, "unique", text)?,
        attachment_ids: attachment_ids(body)?,
    })
}

/// The fields of an issue after a change: `null` takes a value away, what is not named stays.
///
/// # Errors
/// When a value is wrong, or the summary is to be taken away.
pub fn changed_fields(current: &IssueFields, body: &Object, world: &World) -> Result<IssueFields, InputError> {
    let mut changed = current.clone();
    for (name, value) in body {
        let result = change(&mut changed, name, value, world);
        result.map_err(|problem| InputError { field: name.clone(), problem })?;
    }
    Ok(changed)
}

fn change(fields: &mut IssueFields, name: &str, value: &Value, world: &World) -> Read<()> {
    let present = !value.is_null();
    match name {
        "summary" => fields.summary = filled_text(value)?,
        "description" => fields.description = present.then(|| text(value)).transpose()?,
        "type" if present => fields.issue_type = catalog_item(Catalog::IssueTypes, value)?,
        "priority" if present => fields.priority = catalog_item(Catalog::Priorities, value)?,
        "assignee" => {
            let one = value.as_array().map_or(value, |users| users.first().unwrap_or(&Value::Null));
            fields.assignee = (!one.is_null()).then(|| user(one, world)).transpose()?;
        }
        "followers" if present => fields.followers = changed_users(value, &fields.followers, world)?,
        "followers" => fields.followers.clear(),
        "tags" if present => fields.tags = changed_texts(value, &fields.tags)?,
        "tags" => fields.tags.clear(),
        "parent" if present => {
            let name = named(value, &["key", "id"]).ok_or(Problem::Not(Expected::Issue))?;
            fields.parent = Some(world.issue(&name).map_err(|_| Problem::Unknown(name))?.id);
        }
        "parent" => fields.parent = None,
        _ => {}
    }
    Ok(())
}

/// A priority or type, named by key, by id, or by an object with one of them. The official Python client's examples
/// have objects with the name for people too.
fn catalog_item(catalog: Catalog, value: &Value) -> Read<&'static CatalogItem> {
    if let Some(name) = named(value, &["key", "id", "set"]) {
        return catalog.find(&name).map_err(|_| Problem::Unknown(name));
    }
    let name = value.get("name").and_then(Value::as_str).ok_or(Problem::Not(Expected::CatalogItem))?;
    catalog.items().iter().find(|item| item.name == name).ok_or_else(|| Problem::Unknown(name.to_owned()))
}
