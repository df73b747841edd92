//! The bodies that search entities and issues (reference pages search-entities and search-issues).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{FilterText, FilterValue, Held, InvalidBody, OneOrList, optional};
use crate::domain::{EntityKey, EntitySearch, IssueKey, IssueSearch};
use crate::wire::{InvalidValue, from_value};

/// What to look for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "EntitySearch")]
pub(crate) struct EntitySearchBody {
    /// A part of the summary, in any letter case.
    input: Option<Held<String>>,
    /// For each field what it shall be; `empty()`, `notEmpty()` and `me()` are understood. An unknown name: 422.
    #[schemars(with = "Option<BTreeMap<String, Option<OneOrList<FilterValue>>>>")]
    filter: Option<Held<Map<String, Value>>>,
    /// The name of a field. An unknown one: 422.
    order_by: Option<Held<String>>,
    order_asc: Option<Held<bool>>,
    /// Only what stands in no portfolio.
    root_only: Option<Held<bool>>,
}

/// What to look for: by `queue`, `keys` or `filter`; of two of them the first counts.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "IssueSearch")]
pub(crate) struct IssueSearchBody {
    queue: Option<OneOrList<FilterText>>,
    keys: Option<OneOrList<FilterText>>,
    /// For each field what it shall be; `empty()`, `notEmpty()` and `me()` are understood. An unknown name: 422.
    #[schemars(with = "Option<BTreeMap<String, Option<OneOrList<FilterText>>>>")]
    filter: Option<Held<Map<String, Value>>>,
    /// The query language is not emulated: 400.
    #[schemars(with = "Option<String>", length(max = 0))]
    query: Option<Value>,
    /// Accepted, without effect.
    #[expect(dead_code, reason = "it has no effect, but clients send it")]
    order: Option<Value>,
}

/// A search for issues as a client asks for it.
pub(crate) struct IssueSearchRequest {
    /// What to look for.
    pub(crate) search: IssueSearch,
    /// Whether the query language is used.
    pub(crate) has_query: bool,
    /// The names in `filter` that cannot be filtered by.
    pub(crate) unknown_fields: Vec<String>,
}

impl EntitySearchBody {
    /// The search that is meant, and the field that its result is ordered by, as the client wrote it.
    pub(crate) fn read(self) -> Result<(EntitySearch, Option<String>), InvalidBody> {
        let mut unknown_fields = Vec::new();
        let mut key = |name: &str| {
            let key = EntityKey::parse(name);
            if key.is_none() {
                unknown_fields.push(name.to_owned());
            }
            key
        };
        let mut filter = Vec::new();
        for (name, wanted) in optional(self.filter, "filter")?.unwrap_or_default() {
            let Some(wanted) = from_value(wanted)? else { continue };
            let wanted = texts(wanted, |FilterValue(text)| text, &format!("filter.{name}"))?;
            filter.extend(key(&name).map(|key| (key, wanted)));
        }
        let order_by = optional(self.order_by, "orderBy")?;
        let search = EntitySearch {
            order: order_by.as_deref().and_then(key),
            filter,
            input: optional(self.input, "input")?,
            descending: !optional(self.order_asc, "orderAsc")?.unwrap_or(true),
            root_only: optional(self.root_only, "rootOnly")?.unwrap_or(false),
        };
        if unknown_fields.is_empty() { Ok((search, order_by)) } else { Err(InvalidBody::UnknownFilter(unknown_fields)) }
    }
}

impl IssueSearchBody {
    /// The search that is meant.
    pub(crate) fn read(self) -> Result<IssueSearchRequest, InvalidBody> {
        let names =
            |names: Option<_>, path: &str| names.map(|names| texts(names, |FilterText(text)| text, path)).transpose();
        let queue = names(self.queue, "queue")?;
        let keys = names(self.keys, "keys")?;
        let has_query = self.query.is_some_and(|query| query != "");
        let filter = optional(self.filter, "filter")?.unwrap_or_default();
        let search = IssueSearch { queue, keys, filter: Vec::new() };
        let mut request = IssueSearchRequest { search, has_query, unknown_fields: Vec::new() };
        for (name, wanted) in filter {
            match (IssueKey::parse(&name), from_value(wanted)?) {
                (_, None) => {}
                (None, Some(_)) => request.unknown_fields.push(name),
                (Some(key), Some(wanted)) => {
                    let wanted = texts(wanted, |FilterText(text)| text, &format!("filter.{name}"))?;
                    request.search.filter.push((key, wanted));
                }
            }
        }
        Ok(request)
    }
}

/// The texts in one value or a list of them.
fn texts<T>(values: OneOrList<T>, text: impl Fn(T) -> String, path: &str) -> Result<Vec<String>, InvalidValue> {
    let values: Result<Vec<T>, InvalidValue> = values.into_vec().into_iter().map(|value| value.value).collect();
    Ok(values.map_err(|invalid| invalid.at(path))?.into_iter().map(text).collect())
}
