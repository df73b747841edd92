//! Priorities, issue types and statuses: what the references in issues and queues lead to.

use axum::http::StatusCode;
use axum::response::Response;

use super::error::ApiError;
use super::extract::{Caller, NoBody, Segments};
use super::page::{Page, Seek};
use super::reply::json;
use crate::domain::catalog::Catalog;
use crate::wire::catalog::CatalogItemBody;

/// `GET /v2/priorities`
///
/// Reference: `get-priorities`.
/// Differs: names are English only, whatever `localized` says.
pub(super) async fn list_priorities(caller: Caller, page: Page, _: NoBody) -> Response {
    list(Catalog::Priorities, &caller, &page)
}

/// `GET /v2/priorities/{id}`
///
/// Reference: none; references name it as `self`. The id is an id or a key.
pub(super) async fn get_priority(caller: Caller, Segments([id]): Segments<1>, _: NoBody) -> Result<Response, ApiError> {
    get(Catalog::Priorities, &id, &caller)
}

/// `GET /v2/issuetypes`
///
/// Reference: `get-issue-types`.
pub(super) async fn list_issue_types(caller: Caller, page: Page, _: NoBody) -> Response {
    list(Catalog::IssueTypes, &caller, &page)
}

/// `GET /v2/issuetypes/{id}`
///
/// Reference: none; references name it as `self`. The id is an id or a key.
pub(super) async fn get_issue_type(
    caller: Caller,
    Segments([id]): Segments<1>,
    _: NoBody,
) -> Result<Response, ApiError> {
    get(Catalog::IssueTypes, &id, &caller)
}

/// `GET /v2/statuses`
///
/// Reference: `get-statuses`.
pub(super) async fn list_statuses(caller: Caller, page: Page, _: NoBody) -> Response {
    list(Catalog::Statuses, &caller, &page)
}

/// `GET /v2/statuses/{id}`
///
/// Reference: none; references name it as `self`. The id is an id or a key.
pub(super) async fn get_status(caller: Caller, Segments([id]): Segments<1>, _: NoBody) -> Result<Response, ApiError> {
    get(Catalog::Statuses, &id, &caller)
}

fn list(catalog: Catalog, caller: &Caller, page: &Page) -> Response {
    let describe = |item| CatalogItemBody::new(item, &caller.links);
    page.answer(catalog.items().iter(), describe, &caller.links, Seek::NotOffered)
}

fn get(catalog: Catalog, id: &str, caller: &Caller) -> Result<Response, ApiError> {
    Ok(json(StatusCode::OK, &CatalogItemBody::new(catalog.find(id)?, &caller.links)))
}
