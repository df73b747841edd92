//! The notifications that the real service would have sent.

use super::call::*;
use crate::wire::NotificationRecord;

pub(super) const LIST_NOTIFICATIONS: Operation =
    Operation::get("list_notifications", "/_mock/outbox", "The notifications of a world")
        .answers(&[Answer::list::<NotificationRecord>().with(TELLS_UNKNOWN)])
        .query(&[ORG]);

pub(super) async fn list_notifications(call: ControlCall, OneWorld(org): OneWorld, _: EmptyBody) -> ApiResult {
    let records: Vec<_> =
        call.bench.api.worlds().read(&org, |world| world.outbox().iter().map(NotificationRecord::of).collect());
    Ok(tell_unknown(&call.bench, Some(&org), json(StatusCode::OK, &records)))
}
