//! Users.

use axum::http::StatusCode;
use axum::response::Response;

use super::{ApiResult, Caller, NoBody, Operation, PAGE, PER_PAGE, Page, Parameter, SeekLink, json, ok_json};
use crate::wire::UserBody;

const USER: Parameter =
    Parameter::segment("id", "The uid of the user, the login, or `login:` and the login.", "author");

/// Differs: an object, as the real service answers; the v2 edition shows an array.
pub(super) const GET_MYSELF: Operation =
    Operation::get("get_myself", "/myself", "Describe the caller").ok::<UserBody<'_>>().reference("get-user-info");

pub(super) async fn get_myself(caller: Caller, _: NoBody) -> Response {
    json(StatusCode::OK, &UserBody::new(&caller.actor, &caller.links))
}

pub(super) const LIST_USERS: Operation = Operation::get("list_users", "/users", "List users")
    .pages::<UserBody<'_>>()
    .reference("get-users")
    .query(&[PER_PAGE, PAGE]);

pub(super) async fn list_users(caller: Caller, page: Page, _: NoBody) -> ApiResult {
    caller.read(|world| {
        let users = world.users().all().iter();
        Ok(page.answer(users, |user| UserBody::new(user, &caller.links), &caller.links, SeekLink::NotOffered))
    })
}

pub(super) const GET_USER: Operation = Operation::get("get_user", "/users/{id}", "Describe a user")
    .ok::<UserBody<'_>>()
    .reference("get-user")
    .segments(&[USER]);

pub(super) async fn get_user(caller: Caller, _: NoBody) -> ApiResult {
    caller.read(|world| {
        let user = world.users().find(caller.last())?;
        ok_json(&UserBody::new(user, &caller.links))
    })
}
