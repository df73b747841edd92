//! The status of issues, which changes by transitions only.

use super::{ApiResult, Caller, JsonBody, NoBody, Operation, Parameter, ok_json};
use crate::domain::Transition;
use crate::wire::{TransitionBody, TransitionInput};

const TRANSITION: Parameter = Parameter::segment("transitionId", "The id of the transition.", "close");

/// Differs: every queue has the same small workflow.
pub(super) const LIST_TRANSITIONS: Operation =
    Operation::get("list_transitions", "/issues/{key}/transitions", "List the transitions that an issue can take")
        .list::<TransitionBody>()
        .reference("issues/get-transitions");

pub(super) async fn list_transitions(caller: Caller, _: NoBody) -> ApiResult {
    caller.read(|world| ok_json(&TransitionBody::all(world.issue(&caller.issue())?, &caller.links)))
}

/// No page of the reference has it: transitions name it as `self`.
pub(super) const GET_TRANSITION: Operation = Operation::get(
    "get_transition",
    "/issues/{key}/transitions/{transitionId}",
    "Describe a transition that an issue can take",
)
.ok::<TransitionBody>()
.segments(&[TRANSITION]);

pub(super) async fn get_transition(caller: Caller, _: NoBody) -> ApiResult {
    caller.read(|world| {
        let issue = world.issue(&caller.issue())?;
        let transition = Transition::find(caller.last(), issue)?;
        ok_json(&TransitionBody::new(transition, issue, &caller.links))
    })
}

/// Differs: 409 is for a transition that the status of the issue does not offer. A closed issue is `fixed` unless the body says otherwise, and a resolution is taken by closing only.
pub(super) const EXECUTE_TRANSITION: Operation = Operation::post(
    "execute_transition",
    "/issues/{key}/transitions/{transitionId}/_execute",
    "Take an issue through a transition",
)
.list::<TransitionBody>()
.reference("issues/new-transition")
.segments(&[TRANSITION])
.optional_json::<TransitionInput>()
.errors(&[409, 423])
.example(r#"{"resolution": "fixed", "comment": "Done"}"#);

/// Answers with the transitions that the issue can take then.
pub(super) async fn execute_transition(caller: Caller, JsonBody(body): JsonBody<TransitionInput>) -> ApiResult {
    let issue = caller.issue();
    caller.write(|world| {
        let found = world.issue(&issue)?;
        let transition = Transition::executable(caller.last(), found)?;
        let command = body.read(&found.fields, world)?;
        world.execute_transition(&issue, transition, command, &caller.actor)?;
        ok_json(&TransitionBody::all(world.issue(&issue)?, &caller.links))
    })
}
