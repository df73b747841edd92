//! Issues: creating, changing and finding them. Their files are in `issue_attachments.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;

made! {
    /// An issue.
    #[derive(Clone, Debug)]
    pub struct Issue;
    fn new(id: IssueId, key: String, new: NewIssue, at: Timestamp, by: &Arc<User>, charge: Reservation) {}
    pub id: IssueId = id,
    /// The queue's key, a hyphen and a number.
    pub key: String = key,
    pub queue: Arc<Queue> = new.queue,
    pub fields: IssueFields = new.fields,
    /// A value from the client that no other issue has. It keeps a client from creating an issue twice.
    pub unique: Option<String> = new.unique,
    /// Goes up by one with each change of the fields.
    pub version: u64 = 1,
    pub created_by: Arc<User> = Arc::clone(by),
    pub created_at: Timestamp = at,
    pub updated_by: Arc<User> = Arc::clone(by),
    pub updated_at: Timestamp = at,
    /// When it got the status that it has.
    pub status_since: Timestamp = at,
    /// The status that it had before.
    pub previous_status: Option<&'static CatalogItem> = None,
    /// How it was closed; `None` for one that is not.
    pub resolution: Option<Resolution> = None,
    /// The files of the issue itself, oldest first; those of comments are in [`Issue::comments`].
    pub attachments: Attachments = Attachments::default(),
    /// Oldest first.
    pub comments: Comments = Comments::default(),
    /// By their numbers.
    pub(super) links: BTreeMap<u64, IssueLink> = BTreeMap::new(),
    /// The changes, oldest first.
    pub changelog: Vec<ChangelogEntry> = Vec::new(),
    /// What it takes, but for its files.
    pub(super) charge: Reservation = charge,
}

impl Issue {
    /// The links to other issues, oldest first.
    pub fn links(&self) -> impl ExactSizeIterator<Item = &IssueLink> {
        self.links.values()
    }

    pub(super) fn set_fields(&mut self, fields: IssueFields) {
        self.charge.grow_anyway(weight::issue_fields(&fields));
        self.charge.shrink(weight::issue_fields(&self.fields));
        self.fields = fields;
    }
}

/// The fields of an issue that a client sets.
#[derive(Clone, Debug)]
pub struct IssueFields {
    pub summary: String,
    pub description: Option<String>,
    pub issue_type: &'static CatalogItem,
    pub priority: &'static CatalogItem,
    pub status: &'static CatalogItem,
    pub assignee: Option<Arc<User>>,
    pub followers: Vec<Arc<User>>,
    pub tags: Vec<String>,
    pub parent: Option<IssueId>,
    pub checklist: Vec<ChecklistItem>,
}

/// An issue to be created.
pub struct NewIssue {
    pub queue: Arc<Queue>,
    pub fields: IssueFields,
    /// A value that no other issue may have.
    pub unique: Option<String>,
    pub attachment_ids: Vec<FileRef>,
    /// What it shall be to others.
    pub links: Vec<Relation>,
}

/// What an imported issue brings along that a new one gets by itself.
pub struct ImportedIssue {
    /// The number in its key; by default the next one of the queue.
    pub number: Option<u64>,
    pub created_at: Timestamp,
    pub created_by: Arc<User>,
    /// When and by whom it was changed last; by default as it was created.
    pub updated: Option<(Timestamp, Arc<User>)>,
    /// How it was closed.
    pub resolution: Option<Resolution>,
}

/// A change of an issue.
pub struct UpdateIssue {
    /// All fields after the change.
    pub fields: IssueFields,
    pub attachment_ids: Vec<FileRef>,
    /// What it shall be to others in addition.
    pub links: Vec<Relation>,
    /// The version that the client expects; the change is refused if the present one is another.
    pub expected_version: Option<u64>,
}

/// Values of an issue in a saved world that a new issue gets by itself.
pub struct SavedIssue {
    pub id: IssueId,
    /// The number in its key.
    pub number: u64,
    /// The version; 1 by default.
    pub version: Option<u64>,
    /// Who changed it last; by default who created it.
    pub updated_by: Option<Arc<User>>,
    /// When it was changed last; by default the time of its last file or comment, or of its creation.
    pub updated_at: Option<Timestamp>,
    /// When it got its status; by default the time of its creation.
    pub status_since: Option<Timestamp>,
    /// The status that it had before.
    pub previous_status: Option<&'static CatalogItem>,
    /// How it was closed.
    pub resolution: Option<Resolution>,
}

impl World {
    /// Creates an issue at version 1 and returns its id. Fails when `unique` is taken, an attachment id is unknown, used
    /// or given twice, it may not be linked so, or there is no memory for it.
    pub fn create_issue(&mut self, new: NewIssue, actor: &Arc<User>) -> Result<IssueId, DomainError> {
        let files = self.check_new_issue(&new)?;
        let now = self.tick();
        let number = self.next_issue_number(&new.queue.key);
        Ok(self.add_issue(number, new, files, now, actor))
    }

    /// Creates an issue that was made elsewhere, at version 1, with its times and users, and returns its id. Fails as
    /// [`World::create_issue`], and when its key is taken or its times are in the future or in disorder.
    pub fn import_issue(&mut self, new: NewIssue, imported: ImportedIssue) -> Result<IssueId, DomainError> {
        let ImportedIssue { number, created_at, created_by, updated, resolution } = imported;
        let (updated_at, updated_by) = updated.unwrap_or((created_at, Arc::clone(&created_by)));
        let resolved_at = resolution.as_ref().map_or(created_at, |resolution| resolution.at);
        self.check_imported_at(created_at, "createdAt", Timestamp::FIRST..=self.now(), None)?;
        self.check_imported_at(updated_at, "updatedAt", created_at..=self.now(), None)?;
        self.check_imported_at(resolved_at, "resolvedAt", created_at..=updated_at, None)?;
        let files = self.check_new_issue(&new)?;
        let number = number.unwrap_or_else(|| self.next_issue_number(&new.queue.key));
        let key = format!("{}-{number}", new.queue.key);
        if self.issue_keys.contains_key(&key) {
            return Err(DomainError::IssueKeyTaken { key });
        }
        let id = self.add_issue(number, new, files, created_at, &created_by);
        if let Some(issue) = self.issue_mut(id) {
            issue.resolution = resolution;
        }
        self.touch_issue(id, updated_at, &updated_by);
        Ok(id)
    }

    /// Checks an issue that is to be created, and gives its files.
    fn check_new_issue(&self, new: &NewIssue) -> Result<Vec<FileId>, DomainError> {
        if let Some(unique) = &new.unique
            && let Some(other) = self.issue_by_unique(unique)
        {
            return Err(DomainError::IssueExists { key: other.key.clone(), unique: unique.clone() });
        }
        let files = self.usable_temp_files(&new.attachment_ids)?;
        self.check_relations(None, &new.fields, &new.links)?;
        let record = weight::record(&self.creation(&new.fields, &files)) + weight::new_links(&new.links);
        self.check_room(weight::new_issue(&new.fields, new.unique.as_deref()) + record)?;
        Ok(files)
    }

    fn creation(&self, fields: &IssueFields, files: &[FileId]) -> ChangelogRecord {
        ChangelogRecord { files: self.names_of(files), ..ChangelogRecord::created(fields) }
    }

    fn add_issue(
        &mut self,
        number: u64,
        mut new: NewIssue,
        files: Vec<FileId>,
        at: Timestamp,
        actor: &Arc<User>,
    ) -> IssueId {
        let id = self.free_issue_id(at);
        let record = self.creation(&new.fields, &files);
        let links = std::mem::take(&mut new.links);
        self.insert_issue(id, number, new, at, actor);
        self.attach_all(files, Holder::Issue(id), actor);
        self.record_change(id, record, at, actor);
        self.relate(id, &links, at, actor);
        id
    }

    /// Changes an issue. The version goes up by one, however many fields change. Fails when it does not exist, has
    /// another version, an attachment id is unknown, used or given twice, it may not be linked so, or there is no memory
    /// for the change.
    pub fn update_issue(
        &mut self,
        issue: &IssueRef,
        update: UpdateIssue,
        actor: &Arc<User>,
    ) -> Result<(), DomainError> {
        let issue = self.issue(issue)?;
        check_version(update.expected_version, issue.version)?;
        let (id, fields) = (issue.id, issue.fields.changes_to(&update.fields));
        let files = self.usable_temp_files(&update.attachment_ids)?;
        self.check_relations(Some(id), &update.fields, &update.links)?;
        let kind = if fields.is_empty() { ChangelogKind::FileAdded } else { ChangelogKind::Updated };
        let record = ChangelogRecord { fields, files: self.names_of(&files), ..kind.record() };
        self.check_room(
            weight::issue_fields(&update.fields) + weight::record(&record) + weight::new_links(&update.links),
        )?;

        let now = self.tick();
        self.attach_all(files, Holder::Issue(id), actor);
        let mut fields = update.fields;
        self.number_checklist(&mut fields.checklist, now);
        if let Some(issue) = self.issue_mut(id) {
            issue.set_fields(fields);
            issue.version += 1;
        }
        self.touch_issue(id, now, actor);
        if !record.fields.is_empty() || !record.files.is_empty() {
            self.record_change(id, record, now, actor);
        }
        self.relate(id, &update.links, now, actor);
        Ok(())
    }

    /// Creates an issue of a saved world; its files and comments are added afterwards. Fails when its id, key or
    /// `unique` is taken.
    pub fn restore_issue(&mut self, new: NewIssue, saved: &SavedIssue, actor: &Arc<User>) -> RuleResult<()> {
        let key = format!("{}-{}", new.queue.key, saved.number);
        if self.issue_keys.contains_key(&key) {
            return Err(FixtureRule::Duplicate { what: "issue key", value: key });
        }
        if self.issues.contains_key(&saved.id) {
            return Err(FixtureRule::Duplicate { what: "issue id", value: saved.id.to_string() });
        }
        if let Some(unique) = new.unique.as_ref().filter(|unique| self.issue_by_unique(unique).is_some()) {
            return Err(FixtureRule::Duplicate { what: "unique value", value: unique.clone() });
        }
        let record = ChangelogRecord::created(&new.fields);
        self.check_room(weight::new_issue(&new.fields, new.unique.as_deref()) + weight::record(&record))?;
        let now = self.tick();
        self.insert_issue(saved.id, saved.number, new, now, actor);
        self.record_change(saved.id, record, now, actor);
        Ok(())
    }

    /// Sets the saved values of an issue. The last step of loading it.
    pub fn finish_issue(&mut self, saved: SavedIssue) {
        if let Some(issue) = self.issue_mut(saved.id) {
            issue.version = saved.version.unwrap_or(1);
            issue.updated_by = saved.updated_by.unwrap_or_else(|| Arc::clone(&issue.created_by));
            let files = issue.attachments.iter().map(|attachment| attachment.file().created_at);
            let comments = issue.comments.iter().map(|comment| comment.updated_at);
            let latest = files.chain(comments).fold(issue.created_at, Timestamp::max);
            issue.updated_at = saved.updated_at.unwrap_or(latest);
            issue.status_since = saved.status_since.unwrap_or(issue.created_at);
            issue.previous_status = saved.previous_status;
            issue.resolution = saved.resolution;
        }
    }

    /// Sets the parent of an issue of a saved world, after all issues were created. Fails when that is the issue itself.
    pub fn restore_parent(&mut self, issue: IssueId, parent: IssueId) -> RuleResult<()> {
        if issue == parent {
            return Err(DomainError::LinkedToItself { field: "parent" }.into());
        }
        if let Some(issue) = self.issue_mut(issue) {
            issue.fields.parent = Some(parent);
        }
        Ok(())
    }

    fn insert_issue(&mut self, id: IssueId, number: u64, new: NewIssue, now: Timestamp, actor: &Arc<User>) {
        let queue = &new.queue.key;
        let key = format!("{queue}-{number}");
        let next = Arc::make_mut(&mut self.next_issue_numbers).entry(queue.clone()).or_insert(1);
        *next = (*next).max(number + 1);
        Arc::make_mut(&mut self.issue_keys).insert(key.clone(), id);
        let charge = self.budget.reserve_anyway(weight::new_issue(&new.fields, new.unique.as_deref()));
        Arc::make_mut(&mut self.issues).insert(id, Arc::new(Issue::new(id, key, new, now, actor, charge)));
    }

    /// The next free id. A loaded world may have ids that its counters have not reached yet, so taken ones are skipped.
    fn free_issue_id(&mut self, now: Timestamp) -> IssueId {
        loop {
            let id = self.ids.issue(now);
            if !self.issues.contains_key(&id) {
                return id;
            }
        }
    }

    /// The number of the next issue of a queue.
    pub fn next_issue_number(&self, queue: &str) -> u64 {
        self.next_issue_numbers.get(queue).copied().unwrap_or(1)
    }

    /// Records who changed an issue and when.
    pub(super) fn touch_issue(&mut self, id: IssueId, now: Timestamp, actor: &Arc<User>) {
        if let Some(issue) = self.issue_mut(id) {
            issue.updated_at = now;
            issue.updated_by = Arc::clone(actor);
        }
    }

    /// The issue with this key or internal id. Fails when there is none.
    pub fn issue(&self, issue: &IssueRef) -> Result<&Issue, DomainError> {
        let id = IssueId::parse(&issue.0).or_else(|| self.issue_keys.get(&issue.0).copied());
        let found = id.and_then(|id| self.issue_by_id(id));
        found.ok_or_else(|| DomainError::IssueNotFound { id: issue.to_string() })
    }

    /// The issue with this internal id.
    pub fn issue_by_id(&self, id: IssueId) -> Option<&Issue> {
        self.issues.get(&id).map(Arc::as_ref)
    }

    /// The issue with this `unique` value.
    pub fn issue_by_unique(&self, unique: &str) -> Option<&Issue> {
        self.issues().find(|issue| issue.unique.as_deref() == Some(unique))
    }

    /// All issues, sorted by id.
    pub fn issues(&self) -> impl Iterator<Item = &Issue> {
        self.issues.values().map(Arc::as_ref)
    }

    /// The number of the next issue of each queue, by queue key.
    pub fn next_issue_numbers(&self) -> &BTreeMap<String, u64> {
        &self.next_issue_numbers
    }
}
