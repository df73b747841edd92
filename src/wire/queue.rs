//! A queue as the API describes it (reference page get-queue).

use std::collections::BTreeMap;

use super::{Expand, Links, Reference, Url, UserRef, absent_not_null};
use crate::domain::{Catalog, Queue};

built! {
    /// A queue in an answer.
    #[schemars(rename = "Queue", transform = absent_not_null)]
    pub(crate) struct QueueBody<'a>;
    /// Describes `queue`. Its team is its lead; all issue types are its own; it has no versions.
    pub(crate) fn new(queue: &'a Queue, expand: &Expand, links: &'a Links) {
        let types = || Catalog::IssueTypes.items().iter().map(|item| Reference::catalog_item(item, links)).collect();
    }
    "self" self_url: Url = links.queue(&queue.key),
    id: u64 = queue.id,
    key: &'a str = &queue.key,
    version: u64 = 1,
    name: &'a str = &queue.name,
    lead: UserRef<'a> = UserRef::new(&queue.lead, links),
    assign_auto: bool = false,
    default_type: Reference<'static> = Reference::catalog_item(Catalog::IssueTypes.default_item(), links),
    default_priority: Reference<'static> = Reference::catalog_item(Catalog::Priorities.default_item(), links),
    ?team_users: [UserRef<'a>; 1] = expand.shows("team").then(|| [UserRef::new(&queue.lead, links)]),
    ?issue_types: Vec<Reference<'static>> = expand.shows("types").then(types),
    ?versions: [Reference<'static>; 0] = expand.shows("versions").then_some([]),
    ?workflows: BTreeMap<&'static str, Vec<Reference<'static>>> =
        expand.shows("workflows").then(|| BTreeMap::from([("default", types())])),
    deny_voting: bool = false,
    deny_conductor_autolink: bool = false,
    deny_tracker_autolink: bool = false,
    use_component_permissions_intersection: bool = false,
    use_last_signature: bool = false,
}
