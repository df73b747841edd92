//! Links between issues as the API describes them (reference page get-links), and their types.

use schemars::JsonSchema;
use serde::Serialize;

use super::links::{Links, Url};
use super::reference::Reference;
use super::schema::absent_not_null;
use super::user::UserRef;
use crate::domain::{Issue, IssueLink, LinkType, Timestamp, World};

/// A type of links.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LinkType")]
pub(crate) struct LinkTypeBody {
    #[serde(rename = "self")]
    self_url: Url,
    id: &'static str,
    inward: &'static str,
    outward: &'static str,
}

impl LinkTypeBody {
    /// Describes a type.
    pub(crate) fn new(link_type: &'static LinkType, links: &Links) -> Self {
        Self {
            self_url: links.link_type(link_type.id),
            id: link_type.id,
            inward: link_type.inward.name.of(links.language),
            outward: link_type.outward.name.of(links.language),
        }
    }
}

/// A link, as one of its issues has it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "IssueLink", transform = absent_not_null)]
pub(crate) struct IssueLinkBody<'a> {
    #[serde(rename = "self")]
    self_url: Url,
    id: u64,
    #[serde(rename = "type")]
    link_type: LinkTypeBody,
    #[schemars(extend("enum" = ["inward", "outward"]))]
    direction: &'static str,
    object: Reference<'a>,
    created_by: UserRef<'a>,
    updated_by: UserRef<'a>,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<UserRef<'a>>,
    status: Reference<'a>,
}

impl<'a> IssueLinkBody<'a> {
    /// Describes a link of `issue`, a part of `world`. `updatedBy`, `assignee` and `status` are those of the other issue.
    pub(crate) fn new(link: &'a IssueLink, issue: &'a Issue, world: &'a World, links: &'a Links) -> Self {
        // Issues are not deleted, so the other one is there.
        let other = world.issue_by_id(link.relation.issue).unwrap_or(issue);
        Self {
            self_url: links.issue(&issue.key).member("links", link.number),
            id: link.number,
            link_type: LinkTypeBody::new(link.relation.link_type, links),
            direction: link.relation.direction.as_str(),
            object: Reference::issue(other, links),
            created_by: UserRef::new(&link.created_by, links),
            updated_by: UserRef::new(&other.updated_by, links),
            created_at: link.created_at,
            updated_at: link.created_at,
            assignee: other.fields.assignee.as_ref().map(|user| UserRef::new(user, links)),
            status: Reference::catalog_item(other.fields.status, links),
        }
    }

    /// All links of `issue`, oldest first.
    pub(crate) fn all(issue: &'a Issue, world: &'a World, links: &'a Links) -> Vec<Self> {
        issue.links().map(|link| Self::new(link, issue, world, links)).collect()
    }
}
