//! Issues and their comments, as far as fixtures can hold them.

use std::sync::Arc;

use super::clock::Timestamp;
use super::error::{Error, FixtureRule, RuleResult};
use super::file::Attachments;
use super::ids::{CommentLongId, IssueId};
use super::queue::Queue;
use super::user::User;
use super::world::{Holder, Place, World};

/// An issue.
#[derive(Clone, Debug)]
pub struct Issue {
    /// The internal id.
    pub id: IssueId,
    /// The queue's key, a hyphen and a number.
    pub key: String,
    /// Where it lives.
    pub queue: Arc<Queue>,
    /// The title.
    pub summary: String,
    /// Free text.
    pub description: Option<String>,
    /// Rises by one with each change.
    pub version: u64,
    /// Who created it.
    pub created_by: Arc<User>,
    /// When it was created.
    pub created_at: Timestamp,
    /// Who changed it last.
    pub updated_by: Arc<User>,
    /// When it was changed last.
    pub updated_at: Timestamp,
    pub(super) attachments: Attachments,
    pub(super) comments: Vec<Comment>,
}

impl Issue {
    /// Its own files, oldest first; those of its comments are with the comments.
    #[must_use]
    pub fn attachments(&self) -> &Attachments {
        &self.attachments
    }

    /// Its comments, oldest first.
    #[must_use]
    pub fn comments(&self) -> &[Comment] {
        &self.comments
    }
}

/// A comment of an issue.
#[derive(Clone, Debug)]
pub struct Comment {
    /// The number, unique in the world.
    pub number: u64,
    /// The other id.
    pub long_id: CommentLongId,
    /// The text.
    pub text: String,
    /// Who wrote it.
    pub created_by: Arc<User>,
    /// When it was written.
    pub created_at: Timestamp,
    pub(super) attachments: Attachments,
}

impl Comment {
    /// Its files, oldest first.
    #[must_use]
    pub fn attachments(&self) -> &Attachments {
        &self.attachments
    }
}

/// What an issue is created from.
#[derive(Debug)]
pub struct NewIssue {
    /// The internal id, where it is given; else the next one.
    pub id: Option<IssueId>,
    /// The key.
    pub key: String,
    /// The title.
    pub summary: String,
    /// Free text.
    pub description: Option<String>,
}

/// What a comment is created from.
#[derive(Debug)]
pub struct NewComment {
    /// The number, where it is given; else the next one.
    pub number: Option<u64>,
    /// The other id, where it is given; else the one that belongs to the number.
    pub long_id: Option<CommentLongId>,
    /// The text.
    pub text: String,
}

impl World {
    /// Creates an issue at version 1.
    ///
    /// # Errors
    /// When the key or id is taken, or the key names no queue.
    pub fn create_issue(&mut self, new: NewIssue, actor: &Arc<User>) -> RuleResult<IssueId> {
        let malformed = || FixtureRule::Malformed { wanted: "an issue key such as JUNE-2", value: new.key.clone() };
        let (queue_key, number) = new.key.split_once('-').ok_or_else(malformed)?;
        if !number.parse::<u64>().is_ok_and(|parsed| parsed > 0 && parsed.to_string() == number) {
            return Err(malformed());
        }
        let queue = self.queue(queue_key).cloned();
        let queue = queue.ok_or_else(|| FixtureRule::Unknown { what: "queue", value: queue_key.to_owned() })?;
        if self.issue_keys.contains_key(&new.key) {
            return Err(FixtureRule::Duplicate { what: "issue key", value: new.key });
        }
        let now = self.clock.now();
        let id = match new.id {
            Some(id) if self.issues.contains_key(&id) => {
                return Err(FixtureRule::Duplicate { what: "issue id", value: id.to_string() });
            }
            Some(id) => id,
            None => self.ids.issue(now),
        };
        self.issue_keys.insert(new.key.clone(), id);
        self.issues.insert(
            id,
            Issue {
                id,
                key: new.key,
                queue,
                summary: new.summary,
                description: new.description,
                version: 1,
                created_by: Arc::clone(actor),
                created_at: now,
                updated_by: Arc::clone(actor),
                updated_at: now,
                attachments: Attachments::default(),
                comments: Vec::new(),
            },
        );
        Ok(id)
    }

    /// Adds a comment to an issue.
    ///
    /// # Errors
    /// When the number or long id is taken.
    pub fn comment_issue(&mut self, issue: IssueId, new: NewComment, actor: &Arc<User>) -> RuleResult<u64> {
        let now = self.clock.now();
        let number = match new.number {
            Some(number) => number,
            None => self.ids.comment(),
        };
        let long_id = new.long_id.unwrap_or_else(|| self.ids.comment_long_id(number, now));
        let comments = || self.issues.values().flat_map(|issue| &issue.comments);
        if comments().any(|comment| comment.number == number) {
            return Err(FixtureRule::Duplicate { what: "comment id", value: number.to_string() });
        }
        if comments().any(|comment| comment.long_id == long_id) {
            return Err(FixtureRule::Duplicate { what: "comment longId", value: long_id.to_string() });
        }
        let Some(issue) = self.issues.get_mut(&issue) else {
            return Err(FixtureRule::Unknown { what: "issue", value: issue.to_string() });
        };
        let (created_by, text) = (Arc::clone(actor), new.text);
        issue.comments.push(Comment {
            number,
            long_id,
            text,
            created_by,
            created_at: now,
            attachments: Attachments::default(),
        });
        Ok(number)
    }

    /// Moves a temporary file to the end of an issue's attachments, or to those of one of its comments.
    ///
    /// # Errors
    /// When the file or the holder does not exist, or the file is used already.
    pub fn attach_to_issue(
        &mut self,
        issue: IssueId,
        comment: Option<u64>,
        file: &str,
        actor: &Arc<User>,
    ) -> RuleResult<()> {
        let file = self.find_temp_file(file)?;
        let target = self.issues.get_mut(&issue).and_then(|issue| match comment {
            None => Some(&mut issue.attachments),
            Some(number) => issue
                .comments
                .iter_mut()
                .find(|comment| comment.number == number)
                .map(|comment| &mut comment.attachments),
        });
        let Some(target) = target else {
            return Err(FixtureRule::Unknown { what: "issue", value: issue.to_string() });
        };
        let Some(temp_file) = self.temp_files.remove(&file) else {
            return Err(Error::FileNotFound { id: file.to_string() }.into());
        };
        let position = target.push(temp_file.attach(None, actor));
        let holder = comment.map_or(Holder::Issue(issue), |number| Holder::IssueComment(issue, number));
        self.attached.insert(file, Place { holder, position });
        Ok(())
    }

    /// Every issue, by id.
    pub fn issues(&self) -> impl Iterator<Item = &Issue> {
        self.issues.values()
    }
}
