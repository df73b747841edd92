//! Reactions to comments of issues.

use axum::http::StatusCode;

use super::comments::ISSUE_COMMENT;
use super::error::ApiResult;
use super::extract::{Caller, Last, NoBody};
use super::operation::parameter::{ISSUE_KEY, Parameter};
use super::operation::{Answer, Operation, Shape};
use super::reply::ok_json;
use crate::domain::{CommentRef, IssueRef, Thread};
use crate::wire::comment::{CommentBody, CommentView};

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
.answers(&[Answer::ok(Shape::Comment)])
.reference("issues/add-reaction-to-comment")
.segments(&[ISSUE_KEY, ISSUE_COMMENT, REACTION])
.errors(&[404]);

pub(super) async fn add_reaction(
    caller: Caller,
    issue: IssueRef,
    comment: CommentRef,
    Last(reaction): Last,
    _: NoBody,
) -> ApiResult {
    caller.write(|world| {
        let thread = Thread::Issue(world.issue(&issue)?.id);
        let number = world.react(thread, &comment, &reaction, &caller.actor)?;
        let comment = world.comment(thread, &CommentRef::Number(number))?;
        let body = CommentBody::new(comment, thread, world, CommentView::default(), &caller.links);
        ok_json(&body)
    })
}

/// No page of the reference has it: the changelog knows of reactions that were taken back.
pub(super) const DELETE_REACTION: Operation = Operation::delete(
    "delete_reaction",
    "/issues/{key}/comments/{id}/reactions/{reaction}",
    "Take a reaction to a comment of an issue back",
)
.answers(&[Answer::no_content()])
.segments(&[ISSUE_KEY, ISSUE_COMMENT, REACTION])
.errors(&[404])
.decision();

pub(super) async fn delete_reaction(
    caller: Caller,
    issue: IssueRef,
    comment: CommentRef,
    Last(reaction): Last,
    _: NoBody,
) -> ApiResult<StatusCode> {
    caller.write(|world| {
        let thread = Thread::Issue(world.issue(&issue)?.id);
        world.unreact(thread, &comment, &reaction, &caller.actor)?;
        Ok(StatusCode::NO_CONTENT)
    })
}
