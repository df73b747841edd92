//! Parts of schemas that types by themselves do not have: the forms of texts, and keys that may be absent.

use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value};

use crate::domain::{FieldKind, FieldName};

/// Gives a type this schema, wherever it is used.
macro_rules! text_schema {
    ($name:ident, { $($schema:tt)* }) => {
        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({$($schema)*})
            }
        }
    };
}
pub(crate) use text_schema;

/// A type that stands for texts of one form, in `#[schemars(with = "..")]`. It has no values.
macro_rules! text {
    ($name:ident, $about:literal, { $($schema:tt)* }) => {
        #[doc = $about]
        #[derive(Debug)]
        pub(crate) enum $name {}

        text_schema!($name, { $($schema)* });
    };
}

text!(IssueKeyText, "The key of an issue.", { "type": "string", "pattern": "^[A-Z]+-[1-9][0-9]*$" });
text!(DateText, "A day.", { "type": "string", "format": "date" });
text!(MidnightText, "The beginning of a day.", { "type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T00:00:00\.000\+0000$" });
text!(StatusText, "A status, such as 404 or 4xx.", { "type": ["integer", "string"], "minimum": 100, "maximum": 599, "pattern": "^([1-5][0-9]{2}|[1-5]xx)$" });
text!(SinceText, "The id of a request, or a time.", { "type": ["integer", "string"] });

/// The properties of an object with the fields of an entity, each by its kind.
pub(crate) fn fields_schema(mut of_kind: impl FnMut(FieldKind) -> Schema) -> Map<String, Value> {
    let property = |field: &FieldName| (field.as_str().to_owned(), of_kind(field.kind()).to_value());
    FieldName::ALL.iter().map(property).collect()
}

/// For keys that an answer may lack: they are absent then, never null.
pub(crate) fn absent_not_null(schema: &mut Schema) {
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for (_, property) in properties.iter_mut().filter(|(name, _)| !required.contains(&Value::from(name.as_str()))) {
        if let Some(types) = property.get_mut("type").and_then(Value::as_array_mut) {
            types.retain(|kind| kind != "null");
            if let [only] = types.as_slice() {
                property["type"] = only.clone();
            }
        }
        if let Some(choices) = property.get_mut("anyOf").and_then(Value::as_array_mut) {
            choices.retain(|choice| choice.get("type").is_none_or(|kind| kind != "null"));
            if let [only] = choices.as_slice() {
                *property = only.clone();
            }
        }
    }
}
