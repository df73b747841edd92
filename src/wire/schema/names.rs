//! How a body names a user, a queue, an entity, an issue, or an item of a catalog: `input::named` in schemas.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

/// A type that stands for the names of one kind of thing.
macro_rules! name {
    ($name:ident, $schema_name:literal, $about:literal, $keys:expr, [$($more:expr),*]) => {
        #[doc = $about]
        #[derive(Debug)]
        pub(super) struct $name;

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                $schema_name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                named($about, &$keys, vec![$($more),*])
            }
        }
    };
}

name!(UserName, "NamedUser", "A user: the login, the uid, or an object with one of them.", ["id", "uid", "login"], []);
name!(QueueName, "NamedQueue", "A queue: the key, the id, or an object with one of them.", ["key", "id"], []);
name!(
    EntityName,
    "NamedEntity",
    "An entity: the id, or an object with it; of a portfolio the shortId too.",
    ["id"],
    []
);
name!(IssueName, "NamedIssue", "An issue: the key, the id, or an object with one of them.", ["key", "id"], []);
name!(
    CatalogItemName,
    "NamedCatalogItem",
    "A priority or an issue type: the key, the id, or an object with one of them or with the name for people.",
    ["key", "id", "set"],
    [json!({"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}})]
);
name!(FilterText, "FilterText", "What a field is compared with.", ["id", "key", "login"], []);
name!(
    FilterValue,
    "FilterValue",
    "What a field is compared with.",
    ["id", "key", "login"],
    [json!({"type": "boolean"})]
);
name!(FileName, "NamedFile", "The id of a temporary file.", [], []);

fn named(about: &str, keys: &[&str], more: Vec<Value>) -> Schema {
    let scalar = json!({"type": ["string", "number"]});
    let object = |key: &&str| json!({"type": "object", "required": [key], "properties": {*key: scalar}});
    let choices: Vec<Value> = std::iter::once(scalar.clone()).chain(keys.iter().map(object)).chain(more).collect();
    json_schema!({"description": about, "anyOf": choices})
}
