//! Priorities, issue types and statuses as the API describes them (reference pages get-priorities, get-issue-types and
//! get-statuses).

use schemars::JsonSchema;
use serde::Serialize;

use super::links::{Links, Url};
use super::schema::absent_not_null;
use crate::domain::catalog::CatalogItem;

/// One of them; which keys there are differs by kind.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CatalogItem", transform = absent_not_null)]
pub(crate) struct CatalogItemBody {
    #[serde(rename = "self")]
    self_url: Url,
    id: u64,
    version: u64,
    key: &'static str,
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
        Self {
            self_url: links.catalog_item(item),
            id: item.id,
            version: 1,
            key: item.key,
            name: item.name.of(links.language),
            description: item.description.map(|text| text.of(links.language)),
            order: item.order,
            stage: item.status_type.map(|stage| stage.to_string()),
        }
    }
}
