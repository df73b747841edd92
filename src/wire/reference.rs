//! References: how one object names another. Clients fetch the rest from `self`. Users have their own, in `user`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Links, Url, absent_not_null};
use crate::domain::{CatalogItem, FieldCategory, Issue, Queue};

/// `self`, `id`, `display`, and between them the `key` of what has one.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(transform = absent_not_null)]
pub(crate) struct Reference<'a> {
    #[serde(rename = "self")]
    self_url: Url,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    display: &'a str,
}

impl<'a> Reference<'a> {
    /// A reference to something without a key.
    pub(super) fn plain(self_url: Url, id: String, display: &'a str) -> Self {
        Self { self_url, id, key: None, display }
    }

    /// A reference to something with a key.
    pub(super) fn keyed(self_url: Url, id: String, key: &'a str, display: &'a str) -> Self {
        Self { self_url, id, key: Some(key), display }
    }

    /// A priority, an issue type or a status.
    pub(crate) fn catalog_item(item: &'a CatalogItem, links: &Links) -> Self {
        Self::keyed(links.catalog_item(item), item.id.to_string(), item.key, item.name.of(links.language))
    }

    /// A category of fields.
    pub(crate) fn field_category(category: &'a FieldCategory, links: &Links) -> Self {
        Self::plain(links.field_category(category), category.id.to_owned(), category.name.of(links.language))
    }

    /// An issue.
    pub(crate) fn issue(issue: &'a Issue, links: &Links) -> Self {
        Self::keyed(links.issue(&issue.key), issue.id.to_string(), &issue.key, &issue.fields.summary)
    }

    /// A mailing list, by its address.
    pub(crate) fn maillist(address: &'a str, links: &Links) -> Self {
        Self::plain(links.maillist(address), address.to_owned(), address)
    }

    /// A queue.
    pub(crate) fn queue(queue: &'a Queue, links: &Links) -> Self {
        Self::keyed(links.queue(&queue.key), queue.id.to_string(), &queue.key, &queue.name)
    }
}
