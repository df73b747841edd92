//! The bodies that import what was made elsewhere (reference pages import-ticket and import-comments).

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{FilledText, Find, Held, InvalidBody, NamedCatalogItem, NamedUser, NewIssueBody, optional, required};
use crate::domain::{Catalog, ImportedComment, ImportedIssue, NewIssue, Resolution, Timestamp, User, World};
use crate::wire::{Instant, InvalidValue};

/// When something was done elsewhere.
type Moment = Option<Held<Instant>>;

/// Who did it.
type Doer = Option<Held<NamedUser>>;

/// A comment that was written elsewhere.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ImportedComment")]
pub(crate) struct CommentImportBody {
    text: Held<FilledText>,
    created_at: Held<Instant>,
    created_by: Held<NamedUser>,
    /// Only with `updatedBy`.
    updated_at: Moment,
    /// Only with `updatedAt`.
    updated_by: Doer,
}

/// An issue that was made elsewhere.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ImportedIssue", extend("additionalProperties" = true))]
pub(crate) struct IssueImportBody {
    /// A key of the queue; absent: the next one.
    key: Option<Held<String>>,
    created_at: Held<Instant>,
    created_by: Held<NamedUser>,
    /// Only with `updatedBy`.
    updated_at: Moment,
    /// Only with `updatedAt`.
    updated_by: Doer,
    status: Option<Held<NamedCatalogItem>>,
    /// Only with `resolvedAt` and `resolvedBy`.
    resolution: Option<Held<NamedCatalogItem>>,
    /// Only with `resolution` and `resolvedBy`.
    resolved_at: Moment,
    /// Only with `resolution` and `resolvedAt`.
    resolved_by: Doer,
    #[serde(flatten)]
    issue: NewIssueBody,
}

impl CommentImportBody {
    /// The text, and when and by whom it was written and changed.
    pub(crate) fn read(self, world: &World) -> Result<(String, ImportedComment), InvalidBody> {
        Ok((
            required(self.text, "text")?.0,
            ImportedComment {
                created_at: required(self.created_at, "createdAt")?.0,
                created_by: user(Some(self.created_by), "createdBy", world)?,
                updated: updated(self.updated_at, self.updated_by, world)?,
            },
        ))
    }
}

impl IssueImportBody {
    /// The issue, and what it brings along.
    pub(crate) fn read(self, world: &World) -> Result<(NewIssue, ImportedIssue), InvalidBody> {
        let mut new = self.issue.read(world)?;
        let item = |name: Option<Held<NamedCatalogItem>>, field: &str, catalog: Catalog| {
            let name = optional(name, field)?.map(|name| name.find(catalog));
            name.transpose().map_err(|invalid| invalid.at(field))
        };
        let imported = ImportedIssue {
            number: optional(self.key, "key")?.map(|key| number_in(&key, &new.queue.key)).transpose()?,
            created_at: required(self.created_at, "createdAt")?.0,
            created_by: user(Some(self.created_by), "createdBy", world)?,
            updated: updated(self.updated_at, self.updated_by, world)?,
            resolution: match item(self.resolution, "resolution", Catalog::Resolutions)? {
                None if self.resolved_at.is_some() || self.resolved_by.is_some() => {
                    return Err(InvalidValue::missing("resolution").into());
                }
                None => None,
                Some(item) => Some(Resolution {
                    item,
                    at: moment(self.resolved_at, "resolvedAt")?,
                    by: user(self.resolved_by, "resolvedBy", world)?,
                }),
            },
        };
        if let Some(status) = item(self.status, "status", Catalog::Statuses)? {
            new.fields.status = status;
        }
        Ok((new, imported))
    }
}

/// When and by whom something was changed last: both, or neither.
fn updated(at: Moment, by: Doer, world: &World) -> Result<Option<(Timestamp, Arc<User>)>, InvalidValue> {
    if at.is_none() && by.is_none() {
        return Ok(None);
    }
    Ok(Some((moment(at, "updatedAt")?, user(by, "updatedBy", world)?)))
}

fn moment(at: Moment, field: &str) -> Result<Timestamp, InvalidValue> {
    optional(at, field)?.map(|Instant(at)| at).ok_or_else(|| InvalidValue::missing(field))
}

fn user(by: Doer, field: &str, world: &World) -> Result<Arc<User>, InvalidValue> {
    let name = optional(by, field)?.ok_or_else(|| InvalidValue::missing(field))?;
    name.find(world).map_err(|invalid| invalid.at(field))
}

/// The number in a key of a queue. It keeps away from the end of its range, for counting goes on behind it.
fn number_in(key: &str, queue: &str) -> Result<u64, InvalidValue> {
    let number = key.strip_prefix(queue).and_then(|rest| rest.strip_prefix('-')?.parse().ok());
    let canonical =
        number.filter(|&number| (1..10_u64.pow(18)).contains(&number) && format!("{queue}-{number}") == key);
    canonical.ok_or_else(|| InvalidValue::not_expected("key", "a key of the queue", format!("{key:?}")))
}
