//! A queue as the API describes it (reference page get-queue).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::links::{Links, Url};
use super::reference::Reference;
use super::schema::absent_not_null;
use super::user::UserRef;
use crate::domain::{Catalog, Queue};

/// What an answer shows of a queue beyond what it always shows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct QueueView {
    pub team: bool,
    pub types: bool,
    pub versions: bool,
    pub workflows: bool,
}

/// A queue in an answer.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Queue", transform = absent_not_null)]
pub(crate) struct QueueBody<'a> {
    #[serde(rename = "self")]
    self_url: Url,
    id: u64,
    key: &'a str,
    version: u64,
    name: &'a str,
    lead: UserRef<'a>,
    assign_auto: bool,
    default_type: Reference<'static>,
    default_priority: Reference<'static>,
    #[serde(skip_serializing_if = "Option::is_none")]
    team_users: Option<[UserRef<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issue_types: Option<Vec<Reference<'static>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    versions: Option<[Reference<'static>; 0]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workflows: Option<BTreeMap<&'static str, Vec<Reference<'static>>>>,
    deny_voting: bool,
    deny_conductor_autolink: bool,
    deny_tracker_autolink: bool,
    use_component_permissions_intersection: bool,
    use_last_signature: bool,
}

impl<'a> QueueBody<'a> {
    /// Describes `queue`. Its team is its lead; all issue types are its own; it has no versions.
    pub(crate) fn new(queue: &'a Queue, view: QueueView, links: &'a Links) -> Self {
        let types = || Catalog::IssueTypes.items().iter().map(|item| Reference::catalog_item(item, links)).collect();
        Self {
            self_url: links.queue(&queue.key),
            id: queue.id,
            key: &queue.key,
            version: 1,
            name: &queue.name,
            lead: UserRef::new(&queue.lead, links),
            assign_auto: false,
            default_type: Reference::catalog_item(Catalog::IssueTypes.default_item(), links),
            default_priority: Reference::catalog_item(Catalog::Priorities.default_item(), links),
            team_users: view.team.then(|| [UserRef::new(&queue.lead, links)]),
            issue_types: view.types.then(types),
            versions: view.versions.then_some([]),
            workflows: view.workflows.then(|| BTreeMap::from([("default", types())])),
            deny_voting: false,
            deny_conductor_autolink: false,
            deny_tracker_autolink: false,
            use_component_permissions_intersection: false,
            use_last_signature: false,
        }
    }
}
