//! The bodies of requests to the API. One type per body: what is read, and by its schema what the OpenAPI document says.
//! Names of users, queues and other things are looked up in a world.
//!
//! Explicit `null` means absent. Members that a body does not have are ignored, except inside an entity's `fields`.

mod comments;
mod entities;
mod issues;
mod lists;
mod names;
mod search;
mod texts;

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer};

pub(crate) use self::comments::{CommentUpdateBody, NewCommentBody};
pub(crate) use self::entities::{EntityUpdate, EntityUpdateBody, NewEntityBody, check_links};
pub(crate) use self::issues::{IssueUpdateBody, NewIssueBody};
use self::names::NamedFile;
pub(crate) use self::search::{EntitySearchBody, EntitySearchRequest, IssueSearchBody, IssueSearchRequest};
pub(super) use self::texts::is_date;
use super::read::{InvalidValue, Json, from_json};
use crate::domain::world::World;

/// What is wrong with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum InvalidBody {
    /// A value. Its path is the name of one field, as error answers have it.
    Value(InvalidValue),
    /// Names in an entity's `fields` that no entity has.
    UnknownFields(Vec<String>),
}

impl From<InvalidValue> for InvalidBody {
    fn from(invalid: InvalidValue) -> Self {
        Self::Value(invalid)
    }
}

/// A value that may be wrong, which is an error only where it is asked for. So the code that uses a body decides in
/// which order its mistakes are reported, and can look names up in between.
#[derive(Clone, Debug)]
pub(crate) struct Held<T> {
    is_null: bool,
    value: Result<T, InvalidValue>,
}

impl<T: DeserializeOwned> Held<T> {
    fn new(json: Json<'_>) -> Self {
        Self { is_null: matches!(json, Json::Null), value: from_json(json) }
    }
}

/// Absent is read like `null`.
impl<'de, T: DeserializeOwned> Deserialize<'de> for Held<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::new(Option::<Json<'de>>::deserialize(deserializer)?.unwrap_or(Json::Null)))
    }
}

impl<T: JsonSchema> JsonSchema for Held<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// The member `name`, which must be there.
fn required<T>(member: Held<T>, name: &str) -> Result<T, InvalidValue> {
    if member.is_null { Err(InvalidValue::missing(name)) } else { member.value.map_err(|invalid| invalid.at(name)) }
}

/// The member `name`, if it is there.
fn optional<T>(member: Option<Held<T>>, name: &str) -> Result<Option<T>, InvalidValue> {
    member.map(|member| required(member, name)).transpose()
}

/// Something in a body that names things of a world, or may do so.
trait Find: DeserializeOwned {
    /// What it stands for.
    type Found: Clone;

    /// Looks the names up.
    fn find(self, world: &World) -> Result<Self::Found, InvalidValue>;
}

/// The things that a list names.
fn find_all<T: Find>(items: Vec<Held<T>>, world: &World) -> Result<Vec<T::Found>, InvalidValue> {
    items.into_iter().map(|item| item.value?.find(world)).collect()
}

type FileIds = Option<Held<Vec<NamedFile>>>;

/// The temporary files that a body takes.
fn attachment_ids(ids: FileIds, of_description: FileIds) -> Result<Vec<String>, InvalidValue> {
    let ids = optional(ids, "attachmentIds")?.unwrap_or_default();
    let of_description = optional(of_description, "descriptionAttachmentIds")?.unwrap_or_default();
    Ok(ids.into_iter().chain(of_description).map(|NamedFile(id)| id).collect())
}
