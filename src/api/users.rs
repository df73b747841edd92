//! Users.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::error::ApiError;
use super::extract::{Caller, NoBody, Segments};
use super::page::{Page, Seek};
use super::reply::json;
use crate::app::AppState;
use crate::wire::user::UserBody;

/// `GET /v2/myself`
///
/// Reference: `get-user-info`.
/// Differs: an object, as the real service answers; the v2 edition shows an array.
pub(super) async fn get_myself(caller: Caller, _: NoBody) -> Response {
    json(StatusCode::OK, &UserBody::new(&caller.actor, &caller.links))
}

/// `GET /v2/users`
///
/// Reference: `get-users`.
pub(super) async fn list_users(
    State(state): State<AppState>,
    caller: Caller,
    page: Page,
    _: NoBody,
) -> Result<Response, ApiError> {
    state.worlds().read(&caller.org, |world| {
        let users = world.users().all().iter();
        Ok(page.answer(users, |user| UserBody::new(user, &caller.links), &caller.links, Seek::NotOffered))
    })
}

/// `GET /v2/users/{id}`
///
/// Reference: `get-user`. The id is a uid, a login, or `login:` and a login.
pub(super) async fn get_user(
    State(state): State<AppState>,
    caller: Caller,
    Segments([id]): Segments<1>,
    _: NoBody,
) -> Result<Response, ApiError> {
    state.worlds().read(&caller.org, |world| {
        let user = world.users().find(&id)?;
        Ok(json(StatusCode::OK, &UserBody::new(user, &caller.links)))
    })
}
