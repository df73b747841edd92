//! What an issue shall be to another (reference page link-issue).

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Find, Held, HeldLinks, InvalidBody, NamedIssue, required};
use crate::domain::{LinkType, Relation, World};
use crate::wire::InvalidValue;

/// A link to another issue.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "NewIssueLink")]
pub(crate) struct IssueLinkInput {
    #[schemars(extend("enum" = LinkType::relationships()))]
    relationship: Held<String>,
    issue: Held<NamedIssue>,
}

/// Links to other issues.
pub(super) type IssueLinks = HeldLinks<IssueLinkInput>;

impl Find for IssueLinkInput {
    type Found = Relation;

    fn find(self, world: &World) -> Result<Relation, InvalidValue> {
        let name = required(self.relationship, "relationship")?;
        let Some((link_type, direction)) = LinkType::of(&name) else {
            return Err(InvalidValue::name("relationship", &name, LinkType::relationships()));
        };
        let issue = required(self.issue, "issue")?.find(world).map_err(|invalid| invalid.at("issue"))?;
        Ok(Relation { link_type, direction, issue })
    }
}

impl IssueLinkInput {
    /// What is meant, by a body that is nothing else.
    pub(crate) fn read(self, world: &World) -> Result<Relation, InvalidBody> {
        Ok(self.find(world)?)
    }
}
