//! The whole state of one organisation. The commands on each kind of object are in the file of that kind.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::*;

made! {
    /// Everything that one organisation has. A clone is cheap, because it shares the large parts: the bytes of files,
    /// users, queues, and each entity and issue until one of the copies changes it.
    #[derive(Clone, Debug)]
    pub struct World;
    /// A world with these users and nothing else. What is added to it is charged to `budget`.
    pub fn new(users: Directory, clock: Clock, ids: Ids, budget: &Arc<Budget>) {
        let weight = users.all().iter().map(|user| weight::user(user)).sum();
    }
    pub(super) users: Arc<Directory> = Arc::new(users),
    pub(super) clock: Clock = clock,
    pub(super) ids: Ids = ids,
    pub(super) queues: Vec<Arc<Queue>> = Vec::new(),
    pub(super) entities: Arc<BTreeMap<EntityId, Arc<Entity>>> = Arc::default(),
    pub(super) short_ids: Arc<HashMap<(EntityType, u64), EntityId>> = Arc::default(),
    pub(super) issues: Arc<BTreeMap<IssueId, Arc<Issue>>> = Arc::default(),
    pub(super) issue_keys: Arc<HashMap<String, IssueId>> = Arc::default(),
    pub(super) next_issue_numbers: Arc<BTreeMap<String, u64>> = Arc::default(),
    pub(super) temp_files: BTreeMap<FileId, TempFile> = BTreeMap::new(),
    pub(super) attached: Arc<HashMap<FileId, FilePosition>> = Arc::default(),
    pub(super) outbox: Vec<Notification> = Vec::new(),
    pub(super) budget: Arc<Budget> = Arc::clone(budget),
    /// What the users and the queues take, which all copies share.
    pub(super) shared_charge: Arc<Reservation> = Arc::new(budget.reserve_anyway(weight)),
    /// What the outbox takes.
    outbox_charge: Reservation = budget.reserve_anyway(0),
}

/// What an attachment belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A project, portfolio or goal.
    Entity(EntityId),
    /// An issue itself.
    Issue(IssueId),
    /// A comment, by its number.
    Comment(Thread, u64),
}

/// Where an attached file is found: its holder, and its position in [`Attachments`].
#[derive(Clone, Copy, Debug)]
pub(super) struct FilePosition {
    pub(super) holder: Holder,
    pub(super) position: u64,
}

impl World {
    /// The users.
    pub fn users(&self) -> &Directory {
        &self.users
    }

    /// Notifications, oldest first.
    pub fn outbox(&self) -> &[Notification] {
        &self.outbox
    }

    /// The present time, for reading. A ticking clock does not move on.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The time of a command. A command calls this once, after all checks. So a ticking clock moves on by one step with
    /// each command, and not at all with a refused one.
    pub(super) fn tick(&mut self) -> Timestamp {
        self.clock.tick()
    }

    /// The clock of this world.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Replaces the clock.
    pub fn set_clock(&mut self, clock: Clock) {
        self.clock = clock;
    }

    /// The seed of this world's ids.
    pub fn seed(&self) -> u64 {
        self.ids.seed
    }

    /// Replaces the seed of ids. Counters stay as they are.
    pub fn set_seed(&mut self, seed: u64) {
        self.ids.seed = seed;
    }

    /// Deletes all notifications.
    pub fn clear_outbox(&mut self) {
        self.set_outbox(Vec::new());
    }

    fn set_outbox(&mut self, outbox: Vec<Notification>) {
        self.outbox_charge = self.budget.reserve_anyway(outbox.iter().map(weight::notification).sum());
        self.outbox = outbox;
    }

    pub(super) fn notify(&mut self, notification: Notification) {
        self.outbox_charge.grow_anyway(weight::notification(&notification));
        self.outbox.push(notification);
    }

    /// Checks that the budget has room for `bytes` more. Commands do so before they change anything; what they then add
    /// is charged even beyond the limit. Deletes do not check: what they record is less than what was added before.
    pub fn check_room(&self, bytes: u64) -> Result<(), OverBudget> {
        self.budget.check(bytes)
    }

    /// What entities, issues and their comments and events take beside their files, in bytes.
    pub fn text_bytes(&self) -> u64 {
        let entities = self.entities.values().map(|entity| entity.charge.bytes);
        entities.chain(self.issues.values().map(|issue| issue.charge.bytes)).sum()
    }

    /// What a copy of this world takes with its first change, in bytes: the indexes, which it no longer shares then.
    pub fn index_bytes(&self) -> u64 {
        let entries = self.entities.len() * 2 + self.issues.len() * 2 + self.attached.len() + self.temp_files.len();
        entries as u64 * weight::INDEX_ENTRY_BYTES
    }

    /// The counters of ids.
    pub fn counters(&self) -> &Counters {
        &self.ids.counters
    }

    /// For loading a saved world: the next commands happen at `instant`.
    pub fn replay_at(&mut self, instant: Timestamp) {
        self.clock = Clock::Frozen(instant);
    }

    /// For loading a saved world: the next upload gets this id. Fails when the id is taken.
    pub fn replay_file_id(&mut self, id: FileId) -> RuleResult<()> {
        if self.temp_files.contains_key(&id) || self.attached.contains_key(&id) {
            return Err(FixtureRule::Duplicate { what: "file id", value: id.to_string() });
        }
        self.ids.counters.next_file = id.number();
        Ok(())
    }

    /// For loading a saved world: the lowest counters that issue no id twice. Those of the saved world may be higher.
    pub fn lowest_counters(&self) -> Counters {
        let highest_file = self.temp_files.keys().chain(self.attached.keys()).map(|id| id.number()).max();
        let highest_comment = self.all_comments().map(|comment| comment.number).max();
        let highest_link = self.issues.values().filter_map(|issue| issue.links.keys().next_back()).max();
        let next = |highest: Option<u64>| highest.map_or(1, |highest| highest + 1);
        let mut lowest = Counters {
            next_file: next(highest_file),
            next_comment: next(highest_comment),
            next_link: next(highest_link.copied()),
            ..self.ids.counters
        };
        for entity in self.entities.values() {
            let next = lowest.next_short_id_mut(entity.kind);
            *next = (*next).max(entity.short_id + 1);
        }
        lowest
    }

    /// The last step of loading a saved world: sets the clock, the outbox and the counters. Fails when a counter would
    /// issue a number twice.
    pub fn finish_replay(
        &mut self,
        clock: Clock,
        outbox: Vec<Notification>,
        counters: Counters,
        next_issue_numbers: BTreeMap<String, u64>,
    ) -> RuleResult<()> {
        let lowest = self.lowest_counters();
        for (counter, given, lowest) in [
            ("nextFile", counters.next_file, lowest.next_file),
            ("nextComment", counters.next_comment, lowest.next_comment),
            ("nextLink", counters.next_link, lowest.next_link),
            ("nextProject", counters.next_project, lowest.next_project),
            ("nextPortfolio", counters.next_portfolio, lowest.next_portfolio),
            ("nextGoal", counters.next_goal, lowest.next_goal),
        ] {
            if given < lowest {
                return Err(FixtureRule::CounterTooLow { counter, given, taken: lowest - 1 });
            }
        }
        for (queue, given) in next_issue_numbers {
            let lowest = self.next_issue_number(&queue);
            if given < lowest {
                return Err(FixtureRule::CounterTooLow { counter: "nextIssues", given, taken: lowest - 1 });
            }
            Arc::make_mut(&mut self.next_issue_numbers).insert(queue, given);
        }
        self.ids.counters = counters;
        self.clock = clock;
        self.set_outbox(outbox);
        Ok(())
    }

    /// An entity to be changed. If other worlds share it, this world gets a copy of its own.
    pub(super) fn entity_mut(&mut self, id: EntityId) -> Option<&mut Entity> {
        Arc::make_mut(&mut self.entities).get_mut(&id).map(Arc::make_mut)
    }

    /// An issue to be changed. If other worlds share it, this world gets a copy of its own.
    pub(super) fn issue_mut(&mut self, id: IssueId) -> Option<&mut Issue> {
        Arc::make_mut(&mut self.issues).get_mut(&id).map(Arc::make_mut)
    }

    pub(super) fn attachments_of(&self, holder: Holder) -> Option<&Attachments> {
        match holder {
            Holder::Entity(id) => self.entities.get(&id).map(|entity| &entity.attachments),
            Holder::Issue(id) => self.issues.get(&id).map(|issue| &issue.attachments),
            Holder::Comment(thread, number) => self.comments(thread)?.get(number).map(|comment| &comment.attachments),
        }
    }

    pub(super) fn attachments_of_mut(&mut self, holder: Holder) -> Option<&mut Attachments> {
        match holder {
            Holder::Entity(id) => self.entity_mut(id).map(|entity| &mut entity.attachments),
            Holder::Issue(id) => self.issue_mut(id).map(|issue| &mut issue.attachments),
            Holder::Comment(thread, number) => {
                self.comments_mut(thread)?.get_mut(number).map(|comment| &mut comment.attachments)
            }
        }
    }

    /// What people call that which holds a file.
    pub fn holder_name(&self, holder: Holder) -> HolderName {
        match holder {
            Holder::Entity(id) => {
                HolderName::Entity(self.entities.get(&id).map_or(EntityType::Project, |entity| entity.kind), id)
            }
            Holder::Issue(id) => {
                HolderName::Issue(self.issues.get(&id).map_or_else(String::new, |issue| issue.key.clone()))
            }
            Holder::Comment(thread, number) => {
                let holder = match thread {
                    Thread::Entity(id) => Holder::Entity(id),
                    Thread::Issue(id) => Holder::Issue(id),
                };
                HolderName::Comment(number, Box::new(self.holder_name(holder)))
            }
        }
    }
}
