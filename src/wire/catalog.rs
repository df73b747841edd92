//! Priorities, issue types and statuses as the API describes them (reference pages get-priorities, get-issue-types and
//! get-statuses).

use schemars::JsonSchema;
use serde::Serialize;

use super::links::{Links, Url};
use super::schema::absent_not_null;
use crate::domain::{Catalog, CatalogItem};

/// One of them; which keys there are differs by kind.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CatalogItem", transform = absent_not_null)]
#[schemars(extend("required" = ["self", "id", "version", "key", "name"]))]
pub(crate) struct CatalogItemBody {
    #[serde(rename = "self")]
    self_url: Url,
    id: u64,
    // Before the key in issue types and statuses, behind it in priorities and resolutions.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    version: Option<u64>,
    key: &'static str,
    #[serde(rename = "version", skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    version_behind: Option<u64>,
    name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<u64>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    stage: Option<String>,
}

impl CatalogItemBody {
    /// Describes `item`.
    pub(crate) fn new(item: &'static CatalogItem, links: &Links) -> Self {
        let behind = matches!(item.catalog, Catalog::Priorities | Catalog::Resolutions);
        Self {
            self_url: links.catalog_item(item),
            id: item.id,
            version: (!behind).then_some(1),
            key: item.key,
            version_behind: behind.then_some(1),
            name: item.name.of(links.language),
            description: item.description.map(|text| text.of(links.language)),
            order: item.order,
            stage: item.status_type.map(|stage| stage.to_string()),
        }
    }
}
