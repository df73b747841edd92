//! Priorities, issue types and statuses as the API describes them (reference pages get-priorities, get-issue-types and
//! get-statuses).

use super::{Links, Url, absent_not_null};
use crate::domain::{Catalog, CatalogItem};

built! {
    /// One of them; which keys there are differs by kind.
    #[schemars(rename = "CatalogItem", transform = absent_not_null)]
    #[schemars(extend("required" = ["self", "id", "version", "key", "name"]))]
    pub(crate) struct CatalogItemBody;
    pub(crate) fn new(item: &'static CatalogItem, links: &Links) {
        let behind = matches!(item.catalog, Catalog::Priorities | Catalog::Resolutions);
    }
    "self" self_url: Url = links.catalog_item(item),
    id: u64 = item.id,
    // Before the key in issue types and statuses, behind it in priorities and resolutions.
    #[schemars(with = "u64")]
    ?version: u64 = (!behind).then_some(1),
    key: &'static str = item.key,
    #[schemars(skip)]
    ?"version" version_behind: u64 = behind.then_some(1),
    name: &'static str = item.name.of(links.language),
    ?description: &'static str = item.description.map(|text| text.of(links.language)),
    ?order: u64 = item.order,
    ?"type" stage: String = item.status_type.map(|stage| stage.to_string()),
}
