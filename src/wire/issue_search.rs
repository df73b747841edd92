//! Reading what issues are searched by (reference page search-issues).

use serde_json::Value;

use super::input::{Expected, InputError, Object, Problem, Read, named, object, optional};
use crate::domain::search::{IssueKey, IssueSearch};

/// A search for issues as a client asks for it.
#[derive(Debug, Default)]
pub struct IssueSearchRequest {
    /// What to look for.
    pub search: IssueSearch,
    /// Whether more than one of `queue`, `keys`, `filter` and `query` is given.
    pub is_combined: bool,
    /// Whether the query language is used.
    pub has_query: bool,
    /// The names in `filter` that cannot be filtered by.
    pub unknown_fields: Vec<String>,
}

impl IssueSearchRequest {
    /// Reads `queue`, `keys`, `filter` and `query`.
    ///
    /// # Errors
    /// When one is of the wrong type.
    pub fn read(body: &Object) -> Result<Self, InputError> {
        let queue = optional(body, "queue", names)?;
        let keys = optional(body, "keys", names)?;
        let has_query = optional(body, "query", |value| Ok(value.as_str() != Some("")))?.unwrap_or(false);
        let filter = optional(body, "filter", |value| object(value).cloned())?.filter(|filter| !filter.is_empty());
        let given = [queue.is_some(), keys.is_some(), filter.is_some(), has_query];
        let is_combined = given.into_iter().filter(|given| *given).count() > 1;
        let search = IssueSearch { queue, keys, filter: Vec::new() };
        let mut request = Self { search, is_combined, has_query, unknown_fields: Vec::new() };
        for (name, value) in filter.unwrap_or_default() {
            if value.is_null() {
                continue;
            }
            let Some(key) = IssueKey::parse(&name) else {
                request.unknown_fields.push(name);
                continue;
            };
            let wanted = names(&value).map_err(|problem| InputError { field: format!("filter.{name}"), problem })?;
            request.search.filter.push((key, wanted));
        }
        Ok(request)
    }
}

/// One name, or a list of them.
fn names(value: &Value) -> Read<Vec<String>> {
    let name = |value: &Value| named(value, &["key", "id", "login"]).ok_or(Problem::Not(Expected::Text));
    match value.as_array() {
        Some(values) => values.iter().map(name).collect(),
        None => name(value).map(|one| vec![one]),
    }
}
