//! Comments of entities and issues. The rules are the same for both.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::*;

/// The issue or entity that a list of comments belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thread {
    /// A project, portfolio or goal.
    Entity(EntityId),
    /// An issue.
    Issue(IssueId),
}

made! {
    /// A comment.
    #[derive(Clone, Debug)]
    pub struct Comment;
    fn new(number: u64, long_id: CommentLongId, new: NewComment, at: Timestamp, by: &Arc<User>) {}
    /// The id that is a number; unique in the world.
    pub number: u64 = number,
    /// The id of 24 hex digits, `longId`.
    pub long_id: CommentLongId = long_id,
    /// The text.
    pub text: String = new.text,
    /// Who wrote it.
    pub created_by: Arc<User> = Arc::clone(by),
    /// When it was written.
    pub created_at: Timestamp = at,
    /// Who changed it last.
    pub updated_by: Arc<User> = Arc::clone(by),
    /// When it was changed last.
    pub updated_at: Timestamp = at,
    /// Goes up by one with each change.
    pub version: u64 = 1,
    /// Users who are asked to look at it.
    pub summonees: Vec<Arc<User>> = new.summonees,
    /// Addresses of mailing lists that are asked to look at it.
    pub maillists: Vec<String> = new.maillists,
    /// Who reacted to it.
    pub reactions: Reactions = Reactions::new(),
    /// The attached files, oldest first.
    pub attachments: Attachments = Attachments::default(),
}

/// The comments of one entity or issue.
#[derive(Clone, Debug, Default)]
pub struct Comments(BTreeMap<u64, Comment>);

impl Comments {
    /// All of them, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Comment> {
        self.0.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The comment with this number.
    pub fn get(&self, number: u64) -> Option<&Comment> {
        self.0.get(&number)
    }

    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut Comment> {
        self.0.get_mut(&number)
    }

    /// The comment with this number or `longId`.
    pub fn find(&self, id: &str) -> Option<&Comment> {
        self.named(&CommentRef::new(id))
    }

    pub(super) fn named(&self, name: &CommentRef) -> Option<&Comment> {
        match canonical_decimal(&name.0) {
            Some(number) => self.get(number),
            None => self.iter().find(|comment| name.names(comment)),
        }
    }
}

/// A comment to be written.
#[derive(Debug, Default)]
pub struct NewComment {
    pub text: String,
    pub attachment_ids: Vec<FileRef>,
    /// Users who are asked to look at it.
    pub summonees: Vec<Arc<User>>,
    /// Addresses of mailing lists that are asked to look at it.
    pub maillists: Vec<String>,
}

/// When and by whom an imported comment was written and changed.
pub struct ImportedComment {
    /// When it was written.
    pub created_at: Timestamp,
    /// Who wrote it.
    pub created_by: Arc<User>,
    /// When and by whom it was changed last; by default as it was written.
    pub updated: Option<(Timestamp, Arc<User>)>,
}

/// A change of a comment. `None` leaves a value as it is.
#[derive(Debug, Default)]
pub struct EditComment {
    pub text: Option<String>,
    pub attachment_ids: Vec<FileRef>,
    /// Users who are asked to look at it.
    pub summonees: Option<Vec<Arc<User>>>,
    /// Addresses of mailing lists.
    pub maillists: Option<Vec<String>>,
    /// The version that the client expects; the change is refused if the present one is another.
    pub expected_version: Option<u64>,
}

/// Values of a comment in a saved world that a new comment gets by itself.
pub struct SavedComment {
    /// The number.
    pub number: u64,
    /// The `longId`; by default made from the number.
    pub long_id: Option<CommentLongId>,
    /// The version; 1 by default.
    pub version: Option<u64>,
    /// Who changed it last; by default who wrote it.
    pub updated_by: Option<Arc<User>>,
    /// When it was changed last; by default when it was written.
    pub updated_at: Option<Timestamp>,
    /// Who reacted to it.
    pub reactions: Reactions,
}

/// The ids of the comments that were restored so far, to find duplicates. A world has no index of them.
#[derive(Debug, Default)]
pub struct RestoredComments {
    numbers: HashSet<u64>,
    long_ids: HashSet<CommentLongId>,
}

impl World {
    /// The comments of an entity or issue. `None` if it does not exist.
    pub fn comments(&self, thread: Thread) -> Option<&Comments> {
        match thread {
            Thread::Entity(id) => self.entities.get(&id).map(|entity| &entity.comments),
            Thread::Issue(id) => self.issues.get(&id).map(|issue| &issue.comments),
        }
    }

    pub(super) fn comments_mut(&mut self, thread: Thread) -> Option<&mut Comments> {
        match thread {
            Thread::Entity(id) => self.entity_mut(id).map(|entity| &mut entity.comments),
            Thread::Issue(id) => self.issue_mut(id).map(|issue| &mut issue.comments),
        }
    }

    /// The comment with this number or `longId`. Fails when there is none.
    pub fn comment(&self, thread: Thread, name: &CommentRef) -> Result<&Comment, DomainError> {
        let found = self.comments(thread).and_then(|comments| comments.named(name));
        found.ok_or_else(|| DomainError::CommentNotFound { id: name.to_string() })
    }

    /// Adds a comment and returns its number. Fails when an attachment id is unknown, used or given twice, or there is
    /// no memory for it.
    pub fn add_comment(&mut self, thread: Thread, new: NewComment, actor: &Arc<User>) -> Result<u64, DomainError> {
        let files = self.usable_temp_files(&new.attachment_ids)?;
        // Of an entity it is kept twice: as such, and in its event.
        self.check_room(2 * weight::new_comment(&new.text, &new.summonees, &new.maillists))?;

        let now = self.tick();
        Ok(self.write_comment(thread, new, files, now, actor))
    }

    /// Adds a comment of an issue that was written elsewhere, at its time and by its author, and returns its number. The
    /// issue's own times stay. Fails when the issue does not exist, a time is not within its life, or there is no memory.
    pub fn import_comment(
        &mut self,
        issue: &IssueRef,
        text: String,
        saved: ImportedComment,
    ) -> Result<u64, DomainError> {
        let found = self.issue(issue)?;
        let (id, earliest, latest) = (found.id, found.created_at, found.updated_at);
        let (updated_at, updated_by) = saved.updated.unwrap_or((saved.created_at, Arc::clone(&saved.created_by)));
        let holder = Some(Holder::Issue(id));
        self.check_imported_at(saved.created_at, "createdAt", earliest..=latest, holder)?;
        self.check_imported_at(updated_at, "updatedAt", saved.created_at..=latest, holder)?;
        self.check_room(weight::new_comment(&text, &[], &[]))?;
        let number = self.ids.comment();
        let long_id = self.ids.comment_long_id(number, saved.created_at);
        let new = NewComment { text, ..NewComment::default() };
        let new = Comment::new(number, long_id, new, saved.created_at, &saved.created_by);
        self.insert_comment(Thread::Issue(id), Comment { updated_at, updated_by, ..new });
        Ok(number)
    }

    /// Adds a comment with these files and returns its number. The caller has checked everything.
    pub(super) fn write_comment(
        &mut self,
        thread: Thread,
        new: NewComment,
        files: Vec<FileId>,
        now: Timestamp,
        actor: &Arc<User>,
    ) -> u64 {
        let number = self.ids.comment();
        let names = self.names_of(&files);
        let long_id = self.ids.comment_long_id(number, now);
        // The version of the issue or entity stays: clients add a comment and then update with the version that they know.
        match thread {
            Thread::Entity(id) => {
                let files = names.into_iter().map(|(_, name)| name).collect();
                let kind = EventKind::CommentAdded { text: new.text.clone(), files, summonees: new.summonees.clone() };
                let event = self.event(kind, now, actor);
                if let Some(entity) = self.entity_mut(id) {
                    entity.updated_at = now;
                    entity.record(event);
                }
            }
            Thread::Issue(id) => {
                let comment = Some(RecordedComment::of(number, long_id));
                let record = ChangelogRecord { comment, files: names, ..ChangelogKind::CommentAdded.record() };
                self.record_change(id, record, now, actor);
            }
        }
        self.insert_comment(thread, Comment::new(number, long_id, new, now, actor));
        self.attach_all(files, Holder::Comment(thread, number), actor);
        number
    }

    /// Changes a comment. Fails when it does not exist, has another version, an attachment id is unknown, used or given
    /// twice, or there is no memory for the change.
    pub fn edit_comment(
        &mut self,
        thread: Thread,
        name: &CommentRef,
        edit: EditComment,
        actor: &Arc<User>,
    ) -> Result<u64, DomainError> {
        let comment = self.comment(thread, name)?;
        let number = comment.number;
        check_version(edit.expected_version, comment.version)?;
        let files = self.usable_temp_files(&edit.attachment_ids)?;
        let summonees = edit.summonees.as_deref().unwrap_or(&comment.summonees);
        let maillists = edit.maillists.as_deref().unwrap_or(&comment.maillists);
        let before = weight::new_comment(&comment.text, &comment.summonees, &comment.maillists);
        let after = weight::new_comment(edit.text.as_ref().unwrap_or(&comment.text), summonees, maillists);
        let to = edit.text.clone().filter(|text| *text != comment.text);
        let from = to.as_ref().map(|_| comment.text.clone());
        let comment = Some(RecordedComment { from, to, ..RecordedComment::of(number, comment.long_id) });
        let record =
            ChangelogRecord { comment, files: self.names_of(&files), ..ChangelogKind::CommentUpdated.record() };
        self.check_room(after.saturating_sub(before) + weight::record(&record))?;

        let now = self.tick();
        self.attach_all(files, Holder::Comment(thread, number), actor);
        self.charge_comment(thread, before, after);
        if let Some(comment) = self.comments_mut(thread).and_then(|comments| comments.get_mut(number)) {
            comment.text = edit.text.unwrap_or_else(|| std::mem::take(&mut comment.text));
            comment.summonees = edit.summonees.unwrap_or_else(|| std::mem::take(&mut comment.summonees));
            comment.maillists = edit.maillists.unwrap_or_else(|| std::mem::take(&mut comment.maillists));
            comment.version += 1;
            comment.updated_at = now;
            comment.updated_by = Arc::clone(actor);
        }
        if let Thread::Issue(id) = thread {
            self.record_change(id, record, now, actor);
        }
        Ok(number)
    }

    /// Deletes a comment and its files. Fails when it does not exist.
    pub fn delete_comment(&mut self, thread: Thread, name: &CommentRef, actor: &Arc<User>) -> Result<(), DomainError> {
        let number = self.comment(thread, name)?.number;
        let removed = self.comments_mut(thread).and_then(|comments| comments.0.remove(&number));
        if let Some(comment) = removed {
            self.forget_files(&comment.attachments);
            self.charge_comment(thread, weight::comment(&comment), 0);
            if let Thread::Issue(id) = thread {
                let now = self.tick();
                let removed =
                    RecordedComment { from: Some(comment.text), ..RecordedComment::of(number, comment.long_id) };
                let record = ChangelogRecord { comment: Some(removed), ..ChangelogKind::CommentRemoved.record() };
                self.record_change(id, record, now, actor);
            }
        }
        Ok(())
    }

    /// Charges what a comment takes, instead of what it took before.
    pub(super) fn charge_comment(&mut self, thread: Thread, before: u64, after: u64) {
        let charge = match thread {
            Thread::Entity(id) => self.entity_mut(id).map(|entity| &mut entity.charge),
            Thread::Issue(id) => self.issue_mut(id).map(|issue| &mut issue.charge),
        };
        if let Some(charge) = charge {
            charge.grow_anyway(after);
            charge.shrink(before);
        }
    }

    /// Adds a comment of a saved world; its files are attached afterwards. Fails when its number or long id is taken.
    pub fn restore_comment(
        &mut self,
        thread: Thread,
        new: NewComment,
        saved: SavedComment,
        restored: &mut RestoredComments,
        actor: &Arc<User>,
    ) -> RuleResult<u64> {
        let number = saved.number;
        if !restored.numbers.insert(number) {
            return Err(FixtureRule::Duplicate { what: "comment id", value: number.to_string() });
        }
        self.check_room(weight::new_comment(&new.text, &new.summonees, &new.maillists))?;
        let now = self.tick();
        let long_id = saved.long_id.unwrap_or_else(|| self.ids.comment_long_id(number, now));
        if !restored.long_ids.insert(long_id) {
            return Err(FixtureRule::Duplicate { what: "comment longId", value: long_id.to_string() });
        }
        let new = Comment::new(number, long_id, new, now, actor);
        let comment = Comment {
            version: saved.version.unwrap_or(1),
            updated_by: saved.updated_by.unwrap_or_else(|| Arc::clone(actor)),
            updated_at: saved.updated_at.unwrap_or(now),
            reactions: saved.reactions,
            ..new
        };
        self.insert_comment(thread, comment);
        Ok(number)
    }

    pub(super) fn all_comments(&self) -> impl Iterator<Item = &Comment> {
        let of_entities = self.entities.values().flat_map(|entity| entity.comments.iter());
        of_entities.chain(self.issues.values().flat_map(|issue| issue.comments.iter()))
    }

    fn insert_comment(&mut self, thread: Thread, comment: Comment) {
        self.charge_comment(thread, 0, weight::comment(&comment));
        if let Some(comments) = self.comments_mut(thread) {
            comments.0.insert(comment.number, comment);
        }
    }
}

/// What has this version cannot be changed any more.
pub(crate) const MAX_VERSION: u64 = 11_100;

/// Refuses a change whose client expects another version than the present one, and of what was changed too often.
pub(super) fn check_version(expected: Option<u64>, current: u64) -> Result<(), DomainError> {
    match expected {
        Some(given) if given != current => Err(DomainError::StaleVersion { given, current }),
        Some(_) | None if current >= MAX_VERSION => Err(DomainError::VersionLimit { version: current }),
        Some(_) | None => Ok(()),
    }
}
