//! Reactions to comments of issues.

use super::{ApiResult, Caller, ISSUE_COMMENT, NoBody, Operation, Parameter, ok_json};
use crate::domain::{CommentRef, Thread};
use crate::wire::{CommentBody, Expand};

const REACTION: Parameter = Parameter::segment(
    "reaction",
    "LIKE, DISLIKE, LAUGH, HOORAY, CONFUSED, HEART, ROCKET, EYES, FIRE, OK, FACEPALM or CHECK, in any letter case.",
    "LIKE",
);

pub(super) const ADD_REACTION: Operation = Operation::post(
    "add_reaction",
    "/issues/{key}/comments/{id}/reactions/{reaction}",
    "React to a comment of an issue",
)
.ok::<CommentBody<'_>>()
.reference("issues/add-reaction-to-comment")
.segments(&[ISSUE_COMMENT, REACTION]);

pub(super) async fn add_reaction(caller: Caller, _: NoBody) -> ApiResult {
    caller.write(|world| {
        let thread = Thread::Issue(world.issue(&caller.issue())?.id);
        let number = world.react(thread, &caller.comment(), caller.last(), &caller.actor)?;
        let comment = world.comment(thread, &CommentRef::new(number))?;
        ok_json(&CommentBody::new(comment, thread, world, &Expand::default(), &caller.links))
    })
}

/// No page of the reference has it: the changelog knows of reactions that were taken back.
pub(super) const DELETE_REACTION: Operation = Operation::delete(
    "delete_reaction",
    "/issues/{key}/comments/{id}/reactions/{reaction}",
    "Take a reaction to a comment of an issue back",
)
.segments(&[ISSUE_COMMENT, REACTION])
.decision();

pub(super) async fn delete_reaction(caller: Caller, _: NoBody) -> ApiResult {
    caller.remove(|world| {
        let thread = Thread::Issue(world.issue(&caller.issue())?.id);
        world.unreact(thread, &caller.comment(), caller.last(), &caller.actor)
    })
}
