//! How a body names a user, a queue, an entity, an issue, an item of a catalog, or a file.

use std::borrow::Cow;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::Deserializer;
use serde_json::{Value, json};

use super::{Find, Held, optional};
use crate::domain::{
    Catalog, CatalogItem, EntityId, EntityRef, EntityType, FileRef, IssueId, IssueRef, Queue, User, World,
};
use crate::wire::{InvalidValue, Json};

/// A type of names: a text, a number, or an object that has one of some keys. `expected` is what error messages call
/// it. `also` are other values that are read as names, and their schema.
macro_rules! name {
    ($name:ident, $expected:literal, $keys:expr, $about:literal $(, also $also:expr, $schema:expr)?) => {
        #[doc = $about]
        #[derive(Clone, Debug)]
        pub(super) struct $name(pub(super) String);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let json = Json::deserialize(deserializer)?;
                let name = name_in(&json, &$keys)$(.or_else(|| $also(&json)))?;
                name.map(Self).ok_or_else(|| json.is_not($expected))
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                schema_of_names($about, &$keys, [$($schema)?])
            }
        }
    };
}

name!(
    NamedUser,
    "a user: a login or an id",
    ["id", "uid", "login"],
    "A user: the login, the uid, or an object with one of them."
);
name!(NamedQueue, "a queue: a key or an id", ["key", "id"], "A queue: the key, the id, or an object with one of them.");
name!(
    NamedEntity,
    "an entity: its id",
    ["id"],
    "An entity: the id, or an object with it; of a portfolio the shortId too."
);
name!(
    NamedIssue,
    "an issue: a key or an id",
    ["key", "id"],
    "An issue: the key, the id, or an object with one of them."
);
name!(NamedFile, "a list of file ids", [], "The id of a temporary file.");
name!(FilterText, "a string", ["id", "key", "login"], "What a field is compared with.");
name!(
    FilterValue,
    "a string",
    ["id", "key", "login"],
    "What a field is compared with.",
    also |json: &Json<'_>| if let Json::Bool(value) = json { Some(value.to_string()) } else { None },
    json!({"type": "boolean"})
);

/// Temporary files that a body takes.
pub(super) type FileIds = Option<Held<Vec<NamedFile>>>;

/// The temporary files that a body takes.
pub(super) fn attachment_ids(ids: FileIds, of_description: FileIds) -> Result<Vec<FileRef>, InvalidValue> {
    let ids = optional(ids, "attachmentIds")?.unwrap_or_default();
    let of_description = optional(of_description, "descriptionAttachmentIds")?.unwrap_or_default();
    Ok(ids.into_iter().chain(of_description).map(|NamedFile(id)| FileRef::new(id)).collect())
}

/// A priority or an issue type.
#[derive(Clone, Debug)]
pub(super) enum NamedCatalogItem {
    Key(String),
    /// The name that people see. The examples of the official Python client have objects with it.
    Shown(String),
}

impl<'de> Deserialize<'de> for NamedCatalogItem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        let key = name_in(&json, &["key", "id", "set"]).map(Self::Key);
        let shown = || match json.member("name") {
            Some(Json::Text(name)) => Some(Self::Shown(name.clone().into_owned())),
            Some(_) | None => None,
        };
        key.or_else(shown).ok_or_else(|| json.is_not("a key or an id"))
    }
}

impl JsonSchema for NamedCatalogItem {
    fn schema_name() -> Cow<'static, str> {
        "NamedCatalogItem".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schema_of_names(
            "A priority or an issue type: the key, the id, or an object with one of them or with the name for people.",
            &["key", "id", "set"],
            [json!({"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}})],
        )
    }
}

/// The name in a value: a text, a number, or the first of `keys` that an object has with one of these.
pub(super) fn name_in(json: &Json<'_>, keys: &[&str]) -> Option<String> {
    match json {
        Json::Text(text) => Some(text.clone().into_owned()),
        Json::Number(number) => Some(number.to_string()),
        Json::Object(_) => keys.iter().find_map(|key| json.member(key).and_then(|name| name_in(name, &[]))),
        Json::Null | Json::Bool(_) | Json::List(_) => None,
    }
}

fn schema_of_names(about: &str, keys: &[&str], also: impl IntoIterator<Item = Value>) -> Schema {
    let scalar = json!({"type": ["string", "number"]});
    let object = |key: &&str| json!({"type": "object", "required": [key], "properties": {*key: scalar}});
    let choices: Vec<Value> = std::iter::once(scalar.clone()).chain(keys.iter().map(object)).chain(also).collect();
    json_schema!({"description": about, "anyOf": choices})
}

/// Finds the object in a world that a name means.
macro_rules! find {
    ($name:ident -> $found:ty, |$world:ident, $text:ident| $find:expr) => {
        impl Find for $name {
            type Found = $found;

            fn find(self, $world: &World) -> Result<$found, InvalidValue> {
                let $text = &self.0;
                let found: Option<$found> = $find;
                found.ok_or_else(|| InvalidValue::not_found(self.0))
            }
        }
    };
}

find!(NamedUser -> Arc<User>, |world, name| world.users().find(name).ok().cloned());
find!(NamedQueue -> Arc<Queue>, |world, name| world.find_queue(name).ok().cloned());
find!(NamedIssue -> IssueId, |world, name| world.issue(&IssueRef::new(name)).ok().map(|issue| issue.id));
find!(NamedEntity -> EntityId, |world, name| {
    let by_id = EntityId::parse(name).and_then(|id| world.entity_by_id(id));
    let portfolio = || world.entity(&EntityRef::new(EntityType::Portfolio, name)).ok();
    by_id.or_else(portfolio).map(|entity| entity.id)
});

impl NamedCatalogItem {
    pub(super) fn find(self, catalog: Catalog) -> Result<&'static CatalogItem, InvalidValue> {
        let (found, name) = match self {
            Self::Key(key) => (catalog.find(&key).ok(), key),
            Self::Shown(name) => (catalog.items().iter().find(|item| item.name.all().contains(&name.as_str())), name),
        };
        found.ok_or_else(|| InvalidValue::name("", &name, catalog.items().iter().map(|item| item.key)))
    }
}
