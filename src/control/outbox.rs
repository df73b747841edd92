//! The notifications that the real service would have sent.

use axum::http::StatusCode;

use super::body::EmptyBody;
use super::query::{ControlCall, ORG, OneWorld};
use super::worlds::{TELLS_UNKNOWN, tell_unknown};
use crate::api::error::ApiResult;
use crate::api::operation::{Answer, Operation, Shape};
use crate::api::reply::json;
use crate::wire::outbox::NotificationRecord;

pub(super) const LIST_NOTIFICATIONS: Operation =
    Operation::get("list_notifications", "/_mock/outbox", "The notifications of a world")
        .answers(&[Answer::list(Shape::Notification).with(TELLS_UNKNOWN)])
        .query(&[ORG]);

pub(super) async fn list_notifications(call: ControlCall, OneWorld(org): OneWorld, _: EmptyBody) -> ApiResult {
    let records: Vec<_> =
        call.bench.api.worlds().read(&org, |world| world.outbox().iter().map(NotificationRecord::from).collect());
    Ok(tell_unknown(&call.bench, Some(&org), json(StatusCode::OK, &records)))
}
