//! A field of issues, and its category, as the API describes them (reference pages get-global-fields and
//! get-issue-fields).

use schemars::JsonSchema;
use serde::Serialize;

use super::{Links, Reference, Url, absent_not_null};
use crate::domain::{Arity, FieldCategory, FieldPresence, IssueField, Setter, ValueKind};

built! {
    /// A field.
    #[schemars(rename = "Field", transform = absent_not_null)]
    pub(crate) struct FieldBody;
    /// Describes a field that stands at `place`, from 0, among all.
    pub(crate) fn new(place: usize, field: &'static IssueField, links: &Links) {
        let ValueKind { name, class, is_listed } = field.kind;
        let (kind, items) = match field.arity {
            Arity::One => (name, None),
            Arity::Many => ("array", Some(name)),
        };
        let provider = |what: &str| Provider { class: format!("{class}{what}Provider") };
    }
    "self" self_url: Url = links.field(field.key),
    id: &'static str = field.key,
    name: &'static str = field.name.of(links.language),
    key: &'static str = field.key,
    version: u64 = 1,
    schema: Schema = Schema { kind, items, required: field.presence == FieldPresence::Required },
    readonly: bool = field.setter == Setter::System,
    options: bool = is_listed,
    suggest: bool = is_listed,
    ?suggest_provider: Provider = is_listed.then(|| provider("Suggest")),
    options_provider: Provider = provider("Options"),
    query_provider: Provider = provider("Query"),
    order: usize = place + 1,
    category: Reference<'static> = Reference::field_category(&FieldCategory::SYSTEM, links),
    "type" origin: &'static str = "standard",
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "FieldSchema", transform = absent_not_null)]
struct Schema {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<&'static str>,
    required: bool,
}

/// Named after the kind of value and what it provides, as in the examples of the reference.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "FieldProvider")]
struct Provider {
    #[serde(rename = "type")]
    class: String,
}

built! {
    /// A category of fields.
    #[schemars(rename = "FieldCategory")]
    pub(crate) struct FieldCategoryBody;
    pub(crate) fn new(category: &FieldCategory, links: &Links) {}
    "self" self_url: Url = links.field_category(category),
    id: &'static str = category.id,
    version: u64 = 1,
    name: &'static str = category.name.of(links.language),
}
