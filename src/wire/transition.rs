//! A transition of an issue as the API describes it (reference page get-transitions).

use super::{Links, Reference, Url};
use crate::domain::{Issue, Transition};

built! {
    /// A transition.
    #[schemars(rename = "Transition")]
    pub(crate) struct TransitionBody;
    /// Describes a transition that `issue` can take.
    pub(crate) fn new(transition: &'static Transition, issue: &Issue, links: &Links) {}
    id: &'static str = transition.id,
    "self" self_url: Url = links.issue(&issue.key).member("transitions", transition.id),
    display: &'static str = transition.name.of(links.language),
    to: Reference<'static> = Reference::catalog_item(transition.target(), links),
}

impl TransitionBody {
    /// All that `issue` can take.
    pub(crate) fn all(issue: &Issue, links: &Links) -> Vec<Self> {
        Transition::all_from(issue.fields.status).map(|transition| Self::new(transition, issue, links)).collect()
    }
}
