//! The bodies that create and change issues (reference pages create-issue and patch-issue). Members that are no field
//! here are ignored: a queue may have fields of its own.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    ChangedList, FileIds, FilledText, Find, Held, InvalidBody, IssueLinks, NamedCatalogItem, NamedIssue, NamedQueue,
    NamedUser, OneOrList, PlainText, attachment_ids, find_links, optional, required,
};
use crate::domain::{Catalog, ExecuteTransition, FileRef, IssueFields, NewIssue, World};
use crate::wire::{InvalidValue, Problem, from_value};

/// A new issue.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "NewIssue", extend("additionalProperties" = true))]
pub(crate) struct NewIssueBody {
    summary: Held<FilledText>,
    queue: Held<NamedQueue>,
    /// Another issue with the same value: 409.
    unique: Option<Held<String>>,
    #[serde(flatten)]
    fields: IssueChanges,
    attachment_ids: FileIds,
    description_attachment_ids: FileIds,
    links: IssueLinks,
}

/// A change of an issue. What is not named stays; `null` takes a value away.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "IssueUpdate", extend("additionalProperties" = true))]
pub(crate) struct IssueUpdateBody {
    #[serde(flatten)]
    fields: IssueChanges,
    attachment_ids: FileIds,
    description_attachment_ids: FileIds,
    links: IssueLinks,
}

/// What a transition sets beside the status.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "TransitionExecution", extend("additionalProperties" = true))]
pub(crate) struct TransitionInput {
    /// How the issue is closed.
    resolution: Option<Held<NamedCatalogItem>>,
    /// A comment to write.
    comment: Option<Held<FilledText>>,
    links: IssueLinks,
    #[serde(flatten)]
    fields: IssueChanges,
}

impl TransitionInput {
    /// What is meant, of an issue with these fields.
    pub(crate) fn read(self, current: &IssueFields, world: &World) -> Result<ExecuteTransition, InvalidBody> {
        let resolution = optional(self.resolution, "resolution")?.map(|name| name.find(Catalog::Resolutions));
        Ok(ExecuteTransition {
            resolution: resolution.transpose().map_err(|invalid| invalid.at("resolution"))?,
            comment: optional(self.comment, "comment")?.map(|comment| comment.0),
            fields: self.fields.apply(current, world)?,
            links: find_links(self.links, world)?,
        })
    }
}

// The fields that a body sets, in its order, which is the order in which they are checked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct IssueChanges(#[schemars(schema_with = "changes")] Map<String, Value>);

/// What no change may set: the status changes by transitions only, the others by themselves.
const READ_ONLY: [&str; 7] = ["status", "statusStartTime", "createdAt", "createdBy", "updatedAt", "created", "updated"];

/// A field and what it is set to.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum IssueChange {
    Summary(FilledText),
    Description(Option<String>),
    Type(Option<NamedCatalogItem>),
    Priority(Option<NamedCatalogItem>),
    /// Of several the first counts.
    Assignee(Option<OneOrList<NamedUser>>),
    Followers(Option<ChangedList<NamedUser>>),
    Tags(Option<ChangedList<PlainText>>),
    Parent(Option<NamedIssue>),
}

/// One object with the single members of all variants.
fn changes(generator: &mut SchemaGenerator) -> Schema {
    let mut properties = Map::new();
    let variants = IssueChange::json_schema(generator).remove("oneOf");
    for variant in variants.as_ref().and_then(Value::as_array).into_iter().flatten() {
        for (name, schema) in variant["properties"].as_object().into_iter().flatten() {
            let mut schema = schema.clone();
            if let Some(about) = variant.get("description") {
                schema["description"] = about.clone();
            }
            properties.insert(name.clone(), schema);
        }
    }
    json_schema!({"type": "object", "properties": properties})
}

impl IssueChanges {
    /// The fields of an issue after the change.
    pub(crate) fn apply(self, current: &IssueFields, world: &World) -> Result<IssueFields, InvalidBody> {
        let mut fields = current.clone();
        for (name, value) in self.0 {
            let change = match from_value::<IssueChange>(json!({ name.as_str(): value })) {
                // Not a field.
                Err(InvalidValue { path, problem: Problem::Name { .. } }) if path.is_empty() => continue,
                change => change,
            };
            change.and_then(|change| change.apply(&mut fields, world)).map_err(|invalid| invalid.at(&name))?;
        }
        Ok(fields)
    }
}

impl IssueChange {
    fn apply(self, fields: &mut IssueFields, world: &World) -> Result<(), InvalidValue> {
        match self {
            Self::Summary(summary) => fields.summary = summary.0,
            Self::Description(description) => fields.description = description,
            Self::Type(Some(name)) => fields.issue_type = name.find(Catalog::IssueTypes)?,
            Self::Priority(Some(name)) => fields.priority = name.find(Catalog::Priorities)?,
            Self::Type(None) | Self::Priority(None) => {}
            Self::Assignee(users) => {
                let first = users.into_iter().flat_map(OneOrList::into_vec).next();
                let named = optional(first.filter(|user| !user.is_null), "assignee")?;
                fields.assignee = named.map(|user| user.find(world)).transpose()?;
            }
            Self::Followers(Some(users)) => {
                fields.followers = users.apply(&fields.followers, |user| Some(user.uid), world)?;
            }
            Self::Followers(None) => fields.followers.clear(),
            Self::Tags(Some(tags)) => fields.tags = tags.apply(&fields.tags, |tag| Some(tag.clone()), world)?,
            Self::Tags(None) => fields.tags.clear(),
            Self::Parent(parent) => fields.parent = parent.map(|parent| parent.find(world)).transpose()?,
        }
        Ok(())
    }
}

impl NewIssueBody {
    /// The issue that is meant.
    pub(crate) fn read(self, world: &World) -> Result<NewIssue, InvalidBody> {
        let fields = IssueFields {
            summary: required(self.summary, "summary")?.0,
            description: None,
            issue_type: Catalog::IssueTypes.default_item(),
            priority: Catalog::Priorities.default_item(),
            status: Catalog::Statuses.default_item(),
            assignee: None,
            followers: Vec::new(),
            tags: Vec::new(),
            parent: None,
            checklist: Vec::new(),
        };
        Ok(NewIssue {
            queue: required(self.queue, "queue")?.find(world).map_err(|invalid| invalid.at("queue"))?,
            fields: self.fields.apply(&fields, world)?,
            unique: optional(self.unique, "unique")?,
            attachment_ids: attachment_ids(self.attachment_ids, self.description_attachment_ids)?,
            links: find_links(self.links, world)?,
        })
    }
}

impl IssueUpdateBody {
    /// The fields that are set, and the temporary files and links that the issue gets in addition.
    pub(crate) fn split(self) -> Result<(IssueChanges, Vec<FileRef>, IssueLinks), InvalidBody> {
        let is_set = |name: &&str| self.fields.0.get(*name).is_some_and(|value| !value.is_null());
        let read_only: Vec<String> =
            READ_ONLY.iter().filter(|name| is_set(name)).map(|name| (*name).to_owned()).collect();
        if !read_only.is_empty() {
            return Err(InvalidBody::ReadOnlyFields(read_only));
        }
        let attachment_ids = attachment_ids(self.attachment_ids, self.description_attachment_ids)?;
        Ok((self.fields, attachment_ids, self.links))
    }
}
