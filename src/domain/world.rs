//! The whole state of one organisation. Each kind of thing adds its own commands in its own file.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::clock::{Clock, Timestamp};
use super::entity::{Entity, EntityType};
use super::error::{FixtureRule, HolderName, RuleResult};
use super::file::{Attachments, TempFile};
use super::ids::{Counters, EntityId, FileId, Ids, IssueId};
use super::issue::{Comment, Issue};
use super::outbox::Notification;
use super::queue::Queue;
use super::user::Directory;

/// All that one organisation holds. Cloning shares the bytes of files, users and queues.
#[derive(Clone, Debug)]
pub struct World {
    pub(super) users: Arc<Directory>,
    pub(super) clock: Clock,
    pub(super) ids: Ids,
    pub(super) queues: Vec<Arc<Queue>>,
    pub(super) entities: BTreeMap<EntityId, Entity>,
    pub(super) short_ids: HashMap<(EntityType, u64), EntityId>,
    pub(super) issues: BTreeMap<IssueId, Issue>,
    pub(super) issue_keys: HashMap<String, IssueId>,
    pub(super) temp_files: BTreeMap<FileId, TempFile>,
    pub(super) attached: HashMap<FileId, Place>,
    pub(super) outbox: Vec<Notification>,
}

/// What holds an attachment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A project, portfolio or goal.
    Entity(EntityId),
    /// An issue itself.
    Issue(IssueId),
    /// A comment, by number, of an issue.
    IssueComment(IssueId, u64),
}

/// Where an attached file stands: in what, and at which position there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) holder: Holder,
    pub(super) position: u64,
}

impl World {
    /// A world with these users and nothing else.
    #[must_use]
    pub fn new(users: Directory, clock: Clock, ids: Ids) -> Self {
        Self {
            users: Arc::new(users),
            clock,
            ids,
            queues: Vec::new(),
            entities: BTreeMap::new(),
            short_ids: HashMap::new(),
            issues: BTreeMap::new(),
            issue_keys: HashMap::new(),
            temp_files: BTreeMap::new(),
            attached: HashMap::new(),
            outbox: Vec::new(),
        }
    }

    /// The users.
    #[must_use]
    pub fn users(&self) -> &Directory {
        &self.users
    }

    /// Notifications, oldest first.
    #[must_use]
    pub fn outbox(&self) -> &[Notification] {
        &self.outbox
    }

    /// How far each id counter has come.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        self.ids.counters()
    }

    /// For loading a saved world: what follows happens at `instant`.
    pub fn replay_at(&mut self, instant: Timestamp) {
        self.clock = Clock::Frozen(instant);
    }

    /// For loading a saved world: the next upload gets this id.
    ///
    /// # Errors
    /// When the id is taken.
    pub fn replay_file_id(&mut self, id: FileId) -> RuleResult<()> {
        if self.temp_files.contains_key(&id) || self.attached.contains_key(&id) {
            return Err(FixtureRule::Duplicate { what: "file id", value: id.to_string() });
        }
        self.ids.counters_mut().next_file = id.number();
        Ok(())
    }

    /// The last step of loading a saved world: the clock runs again, and the counters stand where they stood, or after
    /// the highest number in use.
    ///
    /// # Errors
    /// When a saved counter would issue a number twice.
    pub fn finish_replay(
        &mut self,
        clock: Clock,
        outbox: Vec<Notification>,
        saved: Option<Counters>,
    ) -> RuleResult<()> {
        let highest_file = self.temp_files.keys().chain(self.attached.keys()).map(|id| id.number()).max().unwrap_or(0);
        let comments = self.issues.values().flat_map(Issue::comments);
        let highest_comment = comments.map(|comment| comment.number).max().unwrap_or(0);
        let used = *self.ids.counters();
        let counters =
            saved.unwrap_or(Counters { next_file: highest_file + 1, next_comment: highest_comment + 1, ..used });
        for (counter, given, taken) in
            [("nextFile", counters.next_file, highest_file), ("nextComment", counters.next_comment, highest_comment)]
        {
            if given <= taken {
                return Err(FixtureRule::CounterTooLow { counter, given, taken });
            }
        }
        *self.ids.counters_mut() = counters;
        self.clock = clock;
        self.outbox = outbox;
        Ok(())
    }

    pub(super) fn attachments_of(&self, holder: Holder) -> Option<&Attachments> {
        match holder {
            Holder::Entity(id) => Some(self.entities.get(&id)?.attachments()),
            Holder::Issue(id) => Some(self.issues.get(&id)?.attachments()),
            Holder::IssueComment(id, number) => {
                let comments = self.issues.get(&id)?.comments();
                comments.iter().find(|comment| comment.number == number).map(Comment::attachments)
            }
        }
    }

    pub(super) fn holder_name(&self, holder: Holder) -> HolderName {
        let issue_key = |id| self.issues.get(&id).map_or_else(String::new, |issue| issue.key.clone());
        match holder {
            Holder::Entity(id) => {
                HolderName::Entity(self.entities.get(&id).map_or(EntityType::Project, Entity::kind), id)
            }
            Holder::Issue(id) => HolderName::Issue(issue_key(id)),
            Holder::IssueComment(id, number) => HolderName::IssueComment(number, issue_key(id)),
        }
    }
}
