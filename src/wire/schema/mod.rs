//! Schemas of what the types alone do not say: the forms of texts, the fields of an entity, and the bodies that are
//! read by hand in `*_input` and `*_search`. For the OpenAPI document; no value of these types is ever made.

mod changes;
mod comments;
mod entities;
mod entity_fields;
mod issues;
mod names;
mod texts;

use schemars::Schema;
use serde_json::Value;

pub use self::comments::{CommentUpdateShape, NewCommentShape};
pub use self::entities::{EntitySearchShape, EntityUpdateShape, NewEntityShape};
pub use self::entity_fields::EntityFieldsShape;
pub use self::issues::{IssueSearchShape, IssueUpdateShape, NewIssueShape};
pub use self::texts::{
    EntityTypeText, FileIdText, IssueKeyText, ObjectIdText, SizeText, StatusText, TimeText, UrlText,
};

/// Of a key that an answer may lack: it is absent then, never null.
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

/// Of an object whose every key may be missing, whatever its type says.
fn nothing_required(schema: &mut Schema) {
    schema.remove("required");
}
