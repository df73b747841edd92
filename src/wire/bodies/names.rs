//! How a body names a user, a queue, an entity, an issue, an item of a catalog, or a file.

use std::borrow::Cow;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use serde_json::{Value, json};

use super::Find;
use crate::domain::catalog::{Catalog, CatalogItem};
use crate::domain::entity::{Entity, EntityType};
use crate::domain::ids::{EntityId, IssueId};
use crate::domain::queue::Queue;
use crate::domain::user::User;
use crate::domain::world::World;
use crate::wire::read::{InvalidValue, Json};

/// A type of names: a text, a number, or an object that has one of some keys. `expected` is what error messages call it.
macro_rules! name {
    ($name:ident, $expected:literal, $keys:expr, $about:literal) => {
        #[doc = $about]
        #[derive(Clone, Debug)]
        pub(super) struct $name(pub(super) String);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let json = Json::deserialize(deserializer)?;
                name_in(&json, &$keys).map(Self).ok_or_else(|| D::Error::invalid_type(json.unexpected(), &$expected))
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                schema_of_names($about, &$keys, None)
            }
        }
    };
}

name!(
    NamedUser,
    "a user, as login or id",
    ["id", "uid", "login"],
    "A user: the login, the uid, or an object with one of them."
);
name!(NamedQueue, "a queue, as key or id", ["key", "id"], "A queue: the key, the id, or an object with one of them.");
name!(
    NamedEntity,
    "an entity, as id",
    ["id"],
    "An entity: the id, or an object with it; of a portfolio the shortId too."
);
name!(NamedIssue, "an issue, as key or id", ["key", "id"], "An issue: the key, the id, or an object with one of them.");
name!(NamedFile, "file ids, strings or numbers", [], "The id of a temporary file.");
name!(FilterText, "a string", ["id", "key", "login"], "What a field is compared with.");

/// What a field is compared with; `true` and `false` too.
#[derive(Clone, Debug)]
pub(super) struct FilterValue(pub(super) String);

impl<'de> Deserialize<'de> for FilterValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Json::deserialize(deserializer)? {
            Json::Bool(value) => Ok(Self(value.to_string())),
            json => name_in(&json, &["id", "key", "login"])
                .map(Self)
                .ok_or_else(|| D::Error::invalid_type(json.unexpected(), &"a string")),
        }
    }
}

impl JsonSchema for FilterValue {
    fn schema_name() -> Cow<'static, str> {
        "FilterValue".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let boolean = json!({"type": "boolean"});
        schema_of_names("What a field is compared with.", &["id", "key", "login"], Some(boolean))
    }
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
        let shown = || match json.member("name") {
            Some(Json::Text(name)) => Some(Self::Shown(name.clone().into_owned())),
            Some(_) | None => None,
        };
        let key = name_in(&json, &["key", "id", "set"]).map(Self::Key);
        key.or_else(shown).ok_or_else(|| D::Error::invalid_type(json.unexpected(), &"a key or id"))
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
            Some(json!({"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}})),
        )
    }
}

/// The name in a value: a text, a number, or the first of `keys` that an object has with one of these.
fn name_in(json: &Json<'_>, keys: &[&str]) -> Option<String> {
    match json {
        Json::Text(text) => Some(text.clone().into_owned()),
        Json::Number(number) => Some(number.to_string()),
        Json::Object(_) => keys.iter().find_map(|key| json.member(key).and_then(|name| name_in(name, &[]))),
        Json::Null | Json::Bool(_) | Json::List(_) => None,
    }
}

fn schema_of_names(about: &str, keys: &[&str], more: Option<Value>) -> Schema {
    let scalar = json!({"type": ["string", "number"]});
    let object = |key: &&str| json!({"type": "object", "required": [key], "properties": {*key: scalar}});
    let choices: Vec<Value> = std::iter::once(scalar.clone()).chain(keys.iter().map(object)).chain(more).collect();
    json_schema!({"description": about, "anyOf": choices})
}

impl Find for NamedUser {
    type Found = Arc<User>;

    fn find(self, world: &World) -> Result<Arc<User>, InvalidValue> {
        world.users().find(&self.0).cloned().map_err(|_| InvalidValue::not_found(self.0))
    }
}

impl Find for NamedQueue {
    type Found = Arc<Queue>;

    fn find(self, world: &World) -> Result<Arc<Queue>, InvalidValue> {
        world.find_queue(&self.0).cloned().map_err(|_| InvalidValue::not_found(self.0))
    }
}

impl NamedQueue {
    /// Whether a value is such a name.
    pub(super) fn is_in(json: &Json<'_>) -> bool {
        name_in(json, &["key", "id"]).is_some()
    }
}

impl Find for NamedEntity {
    type Found = EntityId;

    fn find(self, world: &World) -> Result<EntityId, InvalidValue> {
        let by_id = EntityId::parse(&self.0).and_then(|id| world.entity_by_id(id));
        let found = by_id.or_else(|| world.entity(EntityType::Portfolio, &self.0).ok());
        found.map(Entity::id).ok_or(InvalidValue::not_found(self.0))
    }
}

impl Find for NamedIssue {
    type Found = IssueId;

    fn find(self, world: &World) -> Result<IssueId, InvalidValue> {
        world.issue(&self.0).map(|issue| issue.id).map_err(|_| InvalidValue::not_found(self.0))
    }
}

impl NamedCatalogItem {
    pub(super) fn find(self, catalog: Catalog) -> Result<&'static CatalogItem, InvalidValue> {
        match self {
            Self::Key(key) => catalog.find(&key).map_err(|_| InvalidValue::not_found(key)),
            Self::Shown(name) => {
                catalog.items().iter().find(|item| item.name == name).ok_or(InvalidValue::not_found(name))
            }
        }
    }
}
