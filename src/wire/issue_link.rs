//! Links between issues as the API describes them (reference page get-links), and their types.

use super::{Links, Reference, Url, UserRef, absent_not_null};
use crate::domain::{Issue, IssueLink, LinkType, Timestamp, World};

built! {
    /// A type of links.
    #[schemars(rename = "LinkType")]
    pub(crate) struct LinkTypeBody;
    pub(crate) fn new(link_type: &'static LinkType, links: &Links) {}
    "self" self_url: Url = links.link_type(link_type.id),
    id: &'static str = link_type.id,
    inward: &'static str = link_type.inward.name.of(links.language),
    outward: &'static str = link_type.outward.name.of(links.language),
}

built! {
    /// A link, as one of its issues has it.
    #[schemars(rename = "IssueLink", transform = absent_not_null)]
    pub(crate) struct IssueLinkBody<'a>;
    /// Describes a link of `issue`, a part of `world`. `updatedBy`, `assignee` and `status` are those of the other
    /// issue.
    pub(crate) fn new(link: &'a IssueLink, issue: &'a Issue, world: &'a World, links: &'a Links) {
        // Issues are not deleted, so the other one is there.
        let other = world.issue_by_id(link.relation.issue).unwrap_or(issue);
    }
    "self" self_url: Url = links.issue(&issue.key).member("links", link.number),
    id: u64 = link.number,
    "type" link_type: LinkTypeBody = LinkTypeBody::new(link.relation.link_type, links),
    #[schemars(extend("enum" = ["inward", "outward"]))]
    direction: &'static str = link.relation.direction.as_str(),
    object: Reference<'a> = Reference::issue(other, links),
    created_by: UserRef<'a> = UserRef::new(&link.created_by, links),
    updated_by: UserRef<'a> = UserRef::new(&other.updated_by, links),
    created_at: Timestamp = link.created_at,
    updated_at: Timestamp = link.created_at,
    ?assignee: UserRef<'a> = other.fields.assignee.as_ref().map(|user| UserRef::new(user, links)),
    status: Reference<'a> = Reference::catalog_item(other.fields.status, links),
}

impl<'a> IssueLinkBody<'a> {
    /// All links of `issue`, oldest first.
    pub(crate) fn all(issue: &'a Issue, world: &'a World, links: &'a Links) -> Vec<Self> {
        issue.links().map(|link| Self::new(link, issue, world, links)).collect()
    }
}
