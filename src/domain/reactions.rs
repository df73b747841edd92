//! How people react to comments.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;

/// The reactions that there are, as answers call them; paths have them in capitals.
pub(crate) const REACTIONS: [&str; 12] =
    ["like", "dislike", "laugh", "hooray", "confused", "heart", "rocket", "eyes", "fire", "ok", "facepalm", "check"];

/// Who reacted, by reaction.
pub(crate) type Reactions = BTreeMap<&'static str, Vec<Arc<User>>>;

impl World {
    /// Adds the reaction of a user to a comment, whose number is returned. One that is there already stays. Fails when
    /// there is no such comment or reaction, or there is no memory for it.
    pub fn react(
        &mut self,
        thread: Thread,
        comment: &CommentRef,
        reaction: &str,
        actor: &Arc<User>,
    ) -> Result<u64, DomainError> {
        let found = self.comment(thread, comment)?;
        let (number, reaction) = (found.number, parse(reaction)?);
        if found.reactions.get(reaction).is_some_and(|users| users.contains(actor)) {
            return Ok(number);
        }
        let recorded = RecordedComment::reaction(found, reaction);
        let record = ChangelogRecord { comment: Some(recorded), ..ChangelogKind::ReactionAdded.record() };
        self.check_room(weight::REACTION_BYTES + weight::record(&record))?;
        let now = self.tick();
        self.charge_comment(thread, 0, weight::REACTION_BYTES);
        if let Some(comment) = self.comments_mut(thread).and_then(|comments| comments.get_mut(number)) {
            comment.reactions.entry(reaction).or_default().push(Arc::clone(actor));
        }
        if let Thread::Issue(id) = thread {
            self.record_change(id, record, now, actor);
        }
        Ok(number)
    }

    /// Takes the reaction of a user back. Fails when there is no such comment, or no such reaction of that user.
    pub fn unreact(
        &mut self,
        thread: Thread,
        comment: &CommentRef,
        reaction: &str,
        actor: &Arc<User>,
    ) -> Result<(), DomainError> {
        let found = self.comment(thread, comment)?;
        let (number, name) = (found.number, parse(reaction)?);
        if !found.reactions.get(name).is_some_and(|users| users.contains(actor)) {
            return Err(DomainError::ReactionNotFound { name: reaction.to_owned() });
        }
        let recorded = RecordedComment::reaction(found, name);
        let now = self.tick();
        self.charge_comment(thread, weight::REACTION_BYTES, 0);
        if let Some(comment) = self.comments_mut(thread).and_then(|comments| comments.get_mut(number)) {
            comment.reactions.entry(name).or_default().retain(|user| user != actor);
            comment.reactions.retain(|_, users| !users.is_empty());
        }
        if let Thread::Issue(id) = thread {
            let record = ChangelogRecord { comment: Some(recorded), ..ChangelogKind::ReactionRemoved.record() };
            self.record_change(id, record, now, actor);
        }
        Ok(())
    }
}

/// The reaction of this name, in any letter case.
fn parse(name: &str) -> Result<&'static str, DomainError> {
    let found = REACTIONS.into_iter().find(|one| one.eq_ignore_ascii_case(name));
    found.ok_or_else(|| DomainError::ReactionNotFound { name: name.to_owned() })
}
