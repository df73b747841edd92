//! The workflow of all queues: which status an issue goes to from which, and what it is done with.

use std::sync::Arc;

use super::*;

/// A way from some statuses to another.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Transition {
    pub(crate) id: &'static str,
    /// What the button says.
    pub(crate) name: Text,
    /// The key of the status that it leads to.
    to: &'static str,
    /// The keys of those that it starts from.
    from: &'static [&'static str],
}

static TRANSITIONS: [Transition; 4] = [
    Transition {
        id: "start_progress",
        name: Text::new("Start progress", "Начать работу"),
        to: "inProgress",
        from: &["open", "needInfo", "inReview", "testing"],
    },
    Transition {
        id: "stop_progress",
        name: Text::new("Stop progress", "Остановить работу"),
        to: "open",
        from: &["inProgress"],
    },
    Transition {
        id: "close",
        name: Text::new("Close", "Закрыть"),
        to: "closed",
        from: &["open", "needInfo", "inProgress", "inReview", "testing", "resolved"],
    },
    Transition {
        id: "reopen",
        name: Text::new("Reopen", "Открыть заново"),
        to: "open",
        from: &["closed", "resolved", "cancelled"],
    },
];

/// How an issue was closed.
#[derive(Clone, Debug)]
pub struct Resolution {
    /// The way.
    pub item: &'static CatalogItem,
    /// When.
    pub at: Timestamp,
    /// Who closed it.
    pub by: Arc<User>,
}

/// What a transition does beside the change of the status.
pub(crate) struct ExecuteTransition {
    /// All fields after the change, but for the status.
    pub(crate) fields: IssueFields,
    /// How an issue is closed that is closed by it; by default it is fixed.
    pub(crate) resolution: Option<&'static CatalogItem>,
    /// The text of a comment to add.
    pub(crate) comment: Option<String>,
    /// What the issue shall be to others in addition.
    pub(crate) links: Vec<Relation>,
}

impl Transition {
    /// Those that an issue of this status can take.
    pub(crate) fn all_from(status: &CatalogItem) -> impl Iterator<Item = &'static Self> {
        TRANSITIONS.iter().filter(|transition| transition.from.contains(&status.key))
    }

    /// The ids of all transitions.
    pub(crate) fn ids() -> impl Iterator<Item = &'static str> {
        TRANSITIONS.iter().map(|transition| transition.id)
    }

    /// The transition with this id. Fails when there is none that the issue can take.
    pub(crate) fn find(id: &str, issue: &Issue) -> Result<&'static Self, DomainError> {
        let found = Self::all_from(issue.fields.status).find(|transition| transition.id == id);
        found.ok_or_else(|| DomainError::TransitionNotFound { id: id.to_owned(), issue: issue.key.clone() })
    }

    /// The transition with this id, to be executed. Fails when there is none, or the issue cannot take it.
    pub(crate) fn executable(id: &str, issue: &Issue) -> Result<&'static Self, DomainError> {
        let named = || (id.to_owned(), issue.key.clone());
        let Some(known) = TRANSITIONS.iter().find(|transition| transition.id == id) else {
            let (id, issue) = named();
            return Err(DomainError::TransitionNotFound { id, issue });
        };
        if known.from.contains(&issue.fields.status.key) {
            return Ok(known);
        }
        let (id, issue) = named();
        Err(DomainError::TransitionUnavailable { id, issue })
    }

    /// The status that it leads to.
    pub(crate) fn target(&self) -> &'static CatalogItem {
        Catalog::Statuses.find(self.to).unwrap_or(Catalog::Statuses.default_item())
    }
}

impl World {
    /// Takes an issue through a transition. The version goes up by one. Fails when the issue does not exist, cannot take
    /// it, was changed too often, may not be linked so, or there is no memory for the change.
    pub(crate) fn execute_transition(
        &mut self,
        issue: &IssueRef,
        transition: &'static Transition,
        command: ExecuteTransition,
        actor: &Arc<User>,
    ) -> Result<(), DomainError> {
        let found = self.issue(issue)?;
        check_version(None, found.version)?;
        let (id, previous, target) = (found.id, found.fields.status, transition.target());
        let closes = transition.to == "closed";
        let item = command.resolution.unwrap_or(Catalog::Resolutions.default_item());
        let set = IssueFields { status: target, ..command.fields };
        let mut fields = found.fields.changes_to(&set);
        let from: Vec<_> = found.resolution.iter().map(|resolution| resolution.item.key.to_owned()).collect();
        let to: Vec<_> = closes.then(|| item.key.to_owned()).into_iter().collect();
        if from != to {
            fields.push(RecordedField { field: "resolution", from, to });
        }
        let record = ChangelogRecord { fields, ..ChangelogKind::Workflow.record() };
        // A comment is recorded too, without its text.
        let comment =
            command.comment.as_ref().map_or(0, |text| weight::new_comment(text, &[], &[]) + weight::record(&record));
        self.check_relations(Some(id), &set, &command.links)?;
        self.check_room(
            weight::issue_fields(&set) + weight::record(&record) + comment + weight::new_links(&command.links),
        )?;

        let now = self.tick();
        if let Some(issue) = self.issue_mut(id) {
            issue.set_fields(set);
            issue.previous_status = Some(previous);
            issue.status_since = now;
            issue.resolution = closes.then(|| Resolution { item, at: now, by: Arc::clone(actor) });
            issue.version += 1;
        }
        self.record_change(id, record, now, actor);
        self.relate(id, &command.links, now, actor);
        if let Some(text) = command.comment {
            let comment = NewComment { text, ..NewComment::default() };
            self.write_comment(Thread::Issue(id), comment, Vec::new(), now, actor);
        }
        Ok(())
    }
}
