//! A field of issues, and its category, as the API describes them (reference pages get-global-fields and
//! get-issue-fields).

use schemars::JsonSchema;
use serde::Serialize;

use super::links::{Links, Url};
use super::reference::Reference;
use super::schema::absent_not_null;
use crate::domain::{Arity, FieldCategory, FieldPresence, IssueField, Setter, ValueKind};

/// A field.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Field", transform = absent_not_null)]
pub(crate) struct FieldBody {
    #[serde(rename = "self")]
    self_url: Url,
    id: &'static str,
    name: &'static str,
    key: &'static str,
    version: u64,
    schema: Schema,
    readonly: bool,
    options: bool,
    suggest: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggest_provider: Option<Provider>,
    options_provider: Provider,
    query_provider: Provider,
    order: usize,
    category: Reference<'static>,
    #[serde(rename = "type")]
    origin: &'static str,
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

impl FieldBody {
    /// Describes a field that stands at `place`, from 0, among all.
    pub(crate) fn new(place: usize, field: &'static IssueField, links: &Links) -> Self {
        let ValueKind { name, class, is_listed } = field.kind;
        let (kind, items) = match field.arity {
            Arity::One => (name, None),
            Arity::Many => ("array", Some(name)),
        };
        let provider = |what: &str| Provider { class: format!("{class}{what}Provider") };
        Self {
            self_url: links.field(field.key),
            id: field.key,
            name: field.name.of(links.language),
            key: field.key,
            version: 1,
            schema: Schema { kind, items, required: field.presence == FieldPresence::Required },
            readonly: field.setter == Setter::System,
            options: is_listed,
            suggest: is_listed,
            suggest_provider: is_listed.then(|| provider("Suggest")),
            options_provider: provider("Options"),
            query_provider: provider("Query"),
            order: place + 1,
            category: Reference::field_category(&FieldCategory::SYSTEM, links),
            origin: "standard",
        }
    }
}

/// A category of fields.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "FieldCategory")]
pub(crate) struct FieldCategoryBody {
    #[serde(rename = "self")]
    self_url: Url,
    id: &'static str,
    version: u64,
    name: &'static str,
}

impl FieldCategoryBody {
    /// Describes `category`.
    pub(crate) fn new(category: &FieldCategory, links: &Links) -> Self {
        Self {
            self_url: links.field_category(category),
            id: category.id,
            version: 1,
            name: category.name.of(links.language),
        }
    }
}
