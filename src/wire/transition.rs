//! A transition of an issue as the API describes it (reference page get-transitions).

use schemars::JsonSchema;
use serde::Serialize;

use super::links::{Links, Url};
use super::reference::Reference;
use crate::domain::{Issue, Transition};

/// A transition.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Transition")]
pub(crate) struct TransitionBody {
    id: &'static str,
    #[serde(rename = "self")]
    self_url: Url,
    display: &'static str,
    to: Reference<'static>,
}

impl TransitionBody {
    /// Describes a transition that `issue` can take.
    pub(crate) fn new(transition: &'static Transition, issue: &Issue, links: &Links) -> Self {
        Self {
            id: transition.id,
            self_url: links.issue(&issue.key).member("transitions", transition.id),
            display: transition.name.of(links.language),
            to: Reference::catalog_item(transition.target(), links),
        }
    }

    /// All that `issue` can take.
    pub(crate) fn all(issue: &Issue, links: &Links) -> Vec<Self> {
        Transition::all_from(issue.fields.status).map(|transition| Self::new(transition, issue, links)).collect()
    }
}
