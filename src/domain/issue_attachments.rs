//! The files of issues and of their comments: uploading, importing, finding and deleting them.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::*;

/// When and by whom an imported file was uploaded to the service that it comes from.
#[derive(Clone, Debug)]
pub struct ImportedAs {
    /// When it was uploaded; not before the issue or comment was created and not after it was last changed.
    pub created_at: Timestamp,
    pub created_by: Arc<User>,
}

impl World {
    /// Stores a file in an issue. Fails when the issue does not exist, or there is no memory for the name and type.
    pub fn upload_to_issue(
        &mut self,
        issue: &IssueRef,
        new: NewFile,
        actor: &Arc<User>,
    ) -> Result<FileId, DomainError> {
        let id = self.issue(issue)?.id;
        let files = vec![(FileId::new(self.counters().next_file), new.name.clone())];
        let record = ChangelogRecord { files, ..ChangelogKind::FileAdded.record() };
        self.check_room(new.weight() + weight::record(&record))?;
        let now = self.tick();
        let file = self.upload_to(Holder::Issue(id), new, now, actor);
        self.record_change(id, record, now, actor);
        Ok(file)
    }

    /// Checks an import into an issue, or into one of its comments, and returns what the file would be attached to.
    /// Fails when the issue or comment does not exist, or the time is out of range.
    pub fn check_import(
        &self,
        issue: &IssueRef,
        comment: Option<&CommentRef>,
        imported: &ImportedAs,
    ) -> Result<Holder, DomainError> {
        let issue = self.issue(issue)?;
        let thread = Thread::Issue(issue.id);
        let (holder, earliest, latest) = match comment {
            Some(comment) => {
                let comment = self.comment(thread, comment)?;
                (Holder::Comment(thread, comment.number), comment.created_at, comment.updated_at)
            }
            None => (Holder::Issue(issue.id), issue.created_at, issue.updated_at),
        };
        self.check_imported_at(imported.created_at, "createdAt", earliest..=latest, Some(holder))?;
        Ok(holder)
    }

    /// Fails when a time of something imported is not within these: what `holder` allows or, without one, its own times.
    pub(super) fn check_imported_at(
        &self,
        given: Timestamp,
        field: &'static str,
        within: RangeInclusive<Timestamp>,
        holder: Option<Holder>,
    ) -> Result<(), DomainError> {
        if within.contains(&given) {
            return Ok(());
        }
        let (earliest, latest) = within.into_inner();
        let holder = holder.map(|holder| self.holder_name(holder));
        Err(DomainError::ImportOutOfRange { given, field, earliest, latest, holder })
    }

    /// Stores a file in an issue, or in one of its comments, with the given time and user. The issue's own update time
    /// stays. Fails as [`World::check_import`].
    pub fn import_to_issue(
        &mut self,
        issue: &IssueRef,
        comment: Option<&CommentRef>,
        new: NewFile,
        imported: &ImportedAs,
    ) -> Result<FileId, DomainError> {
        let holder = self.check_import(issue, comment, imported)?;
        self.check_room(new.weight())?;
        Ok(self.upload_to(holder, new, imported.created_at, &imported.created_by))
    }

    /// A file of an issue or of one of its comments. Fails when the issue or the file does not exist, or the file
    /// belongs to something else.
    pub fn issue_file(&self, issue: &IssueRef, file: &FileRef) -> Result<(&File, Holder), DomainError> {
        let id = self.issue(issue)?.id;
        match self.find_file(file)? {
            (found, Some(holder)) if holder == Holder::Issue(id) => Ok((found, holder)),
            (found, Some(holder @ Holder::Comment(Thread::Issue(of), _))) if of == id => Ok((found, holder)),
            _ => Err(DomainError::FileNotFound { id: file.to_string() }),
        }
    }

    /// The files of an issue, then those of its comments, oldest first; each with what it is attached to. Fails when
    /// the issue does not exist.
    pub fn issue_files(&self, issue: &IssueRef) -> Result<Vec<(&File, Holder)>, DomainError> {
        let issue = self.issue(issue)?;
        let own = issue.attachments.iter().map(|attachment| (attachment.file(), Holder::Issue(issue.id)));
        let of_comments = issue.comments.iter().flat_map(|comment| {
            let holder = Holder::Comment(Thread::Issue(issue.id), comment.number);
            comment.attachments.iter().map(move |attachment| (attachment.file(), holder))
        });
        Ok(own.chain(of_comments).collect())
    }

    /// Deletes a file of an issue or of one of its comments. Fails as [`World::issue_file`].
    pub fn delete_issue_file(
        &mut self,
        issue: &IssueRef,
        file: &FileRef,
        actor: &Arc<User>,
    ) -> Result<(), DomainError> {
        let id = self.issue(issue)?.id;
        let file = self.issue_file(issue, file)?.0;
        let files = vec![(file.id, file.name.clone())];
        self.remove_file(file.id);
        let now = self.tick();
        let record = ChangelogRecord { files, ..ChangelogKind::FileRemoved.record() };
        self.record_change(id, record, now, actor);
        Ok(())
    }
}
