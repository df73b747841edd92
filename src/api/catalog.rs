//! Priorities, issue types and statuses: what the references in issues and queues lead to.

use axum::http::StatusCode;
use axum::response::Response;

use super::error::ApiError;
use super::extract::{Caller, NoBody, Segments};
use super::operation::parameter::{Kind, PAGE, PER_PAGE, Parameter};
use super::operation::{Answer, Operation, PAGES, Shape};
use super::page::{Page, Seek};
use super::reply::json;
use crate::domain::catalog::Catalog;
use crate::wire::catalog::CatalogItemBody;

const LOCALIZED: Parameter = Parameter::new("localized", Kind::Ignored, "Accepted; names are in English.");
const CATALOG: &[Parameter] = &[PER_PAGE, PAGE, LOCALIZED];
const PRIORITY: Parameter = Parameter::segment("id", "The id or the key.", "normal");
const ISSUE_TYPE: Parameter = Parameter::segment("id", "The id or the key.", "task");
const STATUS: Parameter = Parameter::segment("id", "The id or the key.", "open");

/// Differs: names are English only, whatever `localized` says.
pub(super) const LIST_PRIORITIES: Operation = Operation::get(
    "list_priorities",
    "/priorities",
    "List priorities",
    &[Answer::list(Shape::CatalogItem).with(PAGES)],
)
.reference("get-priorities")
.query(CATALOG);

pub(super) async fn list_priorities(caller: Caller, page: Page, _: NoBody) -> Response {
    list(Catalog::Priorities, &caller, &page)
}

/// `GET /v2/priorities/{id}`
///
/// Reference: none; references name it as `self`. The id is an id or a key.
pub(super) const GET_PRIORITY: Operation =
    Operation::get("get_priority", "/priorities/{id}", "Describe a priority", &[Answer::ok(Shape::CatalogItem)])
        .segments(&[PRIORITY])
        .errors(&[404]);

pub(super) async fn get_priority(
    caller: Caller,
    Segments(id): Segments<String>,
    _: NoBody,
) -> Result<Response, ApiError> {
    get(Catalog::Priorities, &id, &caller)
}

pub(super) const LIST_ISSUE_TYPES: Operation = Operation::get(
    "list_issue_types",
    "/issuetypes",
    "List issue types",
    &[Answer::list(Shape::CatalogItem).with(PAGES)],
)
.reference("get-issue-types")
.query(CATALOG);

pub(super) async fn list_issue_types(caller: Caller, page: Page, _: NoBody) -> Response {
    list(Catalog::IssueTypes, &caller, &page)
}

/// `GET /v2/issuetypes/{id}`
///
/// Reference: none; references name it as `self`. The id is an id or a key.
pub(super) const GET_ISSUE_TYPE: Operation =
    Operation::get("get_issue_type", "/issuetypes/{id}", "Describe an issue type", &[Answer::ok(Shape::CatalogItem)])
        .segments(&[ISSUE_TYPE])
        .errors(&[404]);

pub(super) async fn get_issue_type(
    caller: Caller,
    Segments(id): Segments<String>,
    _: NoBody,
) -> Result<Response, ApiError> {
    get(Catalog::IssueTypes, &id, &caller)
}

/// `GET /v2/statuses`
///
/// Reference: `get-statuses`.
pub(super) const LIST_STATUSES: Operation =
    Operation::get("list_statuses", "/statuses", "List statuses", &[Answer::list(Shape::CatalogItem).with(PAGES)])
        .reference("get-statuses")
        .query(CATALOG);

pub(super) async fn list_statuses(caller: Caller, page: Page, _: NoBody) -> Response {
    list(Catalog::Statuses, &caller, &page)
}

/// `GET /v2/statuses/{id}`
///
/// Reference: none; references name it as `self`. The id is an id or a key.
pub(super) const GET_STATUS: Operation =
    Operation::get("get_status", "/statuses/{id}", "Describe a status", &[Answer::ok(Shape::CatalogItem)])
        .segments(&[STATUS])
        .errors(&[404]);

pub(super) async fn get_status(
    caller: Caller,
    Segments(id): Segments<String>,
    _: NoBody,
) -> Result<Response, ApiError> {
    get(Catalog::Statuses, &id, &caller)
}

fn list(catalog: Catalog, caller: &Caller, page: &Page) -> Response {
    let describe = |item| CatalogItemBody::new(item, &caller.links);
    page.answer(catalog.items().iter(), describe, &caller.links, Seek::NotOffered)
}

fn get(catalog: Catalog, id: &str, caller: &Caller) -> Result<Response, ApiError> {
    Ok(json(StatusCode::OK, &CatalogItemBody::new(catalog.find(id)?, &caller.links)))
}
