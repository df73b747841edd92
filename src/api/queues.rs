//! Queues.

use super::{ApiResult, Caller, Kind, NoBody, Operation, PAGE, PER_PAGE, Page, Parameter, SeekLink, ok_json};
use crate::wire::QueueBody;

const EXPAND_QUEUE: Parameter = Parameter::new("expand", Kind::List { known: &EXPAND }, "What else the answer shows.");
const QUEUE: Parameter = Parameter::segment("key", "The key of the queue, or its id.", "JUNE");

/// What `expand` knows. A queue has nothing to show for most of it.
pub(super) const EXPAND: [&str; 9] =
    ["all", "projects", "components", "versions", "types", "team", "workflows", "fields", "issueTypesConfig"];

pub(super) const LIST_QUEUES: Operation = Operation::get("list_queues", "/queues", "List queues")
    .pages::<QueueBody<'_>>()
    .reference("queues/get-queues")
    .query(&[EXPAND_QUEUE, PER_PAGE, PAGE]);

pub(super) async fn list_queues(caller: Caller, page: Page, _: NoBody) -> ApiResult {
    let expand = caller.query.expand(&EXPAND)?;
    caller.read(|world| {
        let queues = world.queues().iter();
        Ok(page.answer(queues, |queue| QueueBody::new(queue, &expand, &caller.links), &caller.links, SeekLink::Offered))
    })
}

/// Differs: `expand` adds `teamUsers`, `issueTypes`, `versions` and `workflows`; components and projects do not exist.
pub(super) const GET_QUEUE: Operation = Operation::get("get_queue", "/queues/{key}", "Describe a queue")
    .ok::<QueueBody<'_>>()
    .reference("queues/get-queue")
    .segments(&[QUEUE])
    .query(&[EXPAND_QUEUE]);

pub(super) async fn get_queue(caller: Caller, _: NoBody) -> ApiResult {
    let expand = caller.query.expand(&EXPAND)?;
    caller.read(|world| {
        let queue = world.find_queue(caller.last())?;
        ok_json(&QueueBody::new(queue, &expand, &caller.links))
    })
}
