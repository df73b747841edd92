//! Reading what entities are searched by (reference page search-entities).

use serde_json::Value;

use super::input::{Expected, InputError, Object, Problem, boolean, named, object, optional, text};
use crate::domain::search::{EntityKey, EntitySearch};

/// A search for entities as a client asks for it.
#[derive(Debug)]
pub struct EntitySearchRequest {
    /// What to look for.
    pub search: EntitySearch,
    /// The field that the result is ordered by, as the client wrote it.
    pub order_by: Option<String>,
    /// The names in `filter` and `orderBy` that no entity has.
    pub unknown_fields: Vec<String>,
}

impl EntitySearchRequest {
    /// Reads `input`, `filter`, `orderBy`, `orderAsc` and `rootOnly`.
    ///
    /// # Errors
    /// When one is of the wrong type.
    pub fn read(body: &Object) -> Result<Self, InputError> {
        let mut unknown_fields = Vec::new();
        let mut key = |name: &str| {
            let key = EntityKey::parse(name);
            if key.is_none() {
                unknown_fields.push(name.to_owned());
            }
            key
        };
        let mut filter = Vec::new();
        for (name, value) in optional(body, "filter", |value| object(value).cloned())?.unwrap_or_default() {
            if value.is_null() {
                continue;
            }
            let wanted = match value.as_array() {
                Some(values) => values.iter().map(filter_value).collect(),
                None => filter_value(&value).map(|one| vec![one]),
            };
            let problem = || InputError { field: format!("filter.{name}"), problem: Problem::Not(Expected::Text) };
            let wanted = wanted.ok_or_else(problem)?;
            filter.extend(key(&name).map(|key| (key, wanted)));
        }
        let order_by = optional(body, "orderBy", text)?;
        let order = order_by.as_deref().and_then(key);
        let search = EntitySearch {
            input: optional(body, "input", text)?,
            filter,
            order,
            descending: !optional(body, "orderAsc", boolean)?.unwrap_or(true),
            root_only: optional(body, "rootOnly", boolean)?.unwrap_or(false),
        };
        Ok(Self { search, order_by, unknown_fields })
    }
}

fn filter_value(value: &Value) -> Option<String> {
    value.as_bool().map(|boolean| boolean.to_string()).or_else(|| named(value, &["id", "key", "login"]))
}
