//! Priorities, issue types, statuses and resolutions: what the references in issues and queues lead to.

use axum::response::Response;

use super::{ApiResult, Caller, Kind, NoBody, Operation, PAGE, PER_PAGE, Page, Parameter, Seek, ok_json};
use crate::domain::Catalog;
use crate::wire::CatalogItemBody;

const LOCALIZED: Parameter = Parameter::new("localized", Kind::Ignored, "Accepted; names follow Accept-Language.");
const MEMBER: Parameter = Parameter::segment("id", "The id or the key.", "normal");

const fn list_of(name: &'static str, path: &'static str, summary: &'static str) -> Operation {
    Operation::get(name, path, summary).pages::<CatalogItemBody>().query(&[PER_PAGE, PAGE, LOCALIZED])
}

/// No page of the reference has such an operation: references name it as `self`.
const fn member_of(name: &'static str, path: &'static str, summary: &'static str) -> Operation {
    Operation::get(name, path, summary).ok::<CatalogItemBody>()
}

/// Differs: names are in the language of the request, whatever `localized` says.
pub(super) const LIST_PRIORITIES: Operation =
    list_of("list_priorities", "/priorities", "List priorities").reference("issues/get-priorities");

pub(super) async fn list_priorities(caller: Caller, page: Page, _: NoBody) -> Response {
    list(Catalog::Priorities, &caller, &page)
}

pub(super) const GET_PRIORITY: Operation =
    member_of("get_priority", "/priorities/{id}", "Describe a priority").segments(&[MEMBER]);

pub(super) async fn get_priority(caller: Caller, _: NoBody) -> ApiResult {
    get(Catalog::Priorities, caller.last(), &caller)
}

pub(super) const LIST_ISSUE_TYPES: Operation =
    list_of("list_issue_types", "/issuetypes", "List issue types").reference("get-issue-types");

pub(super) async fn list_issue_types(caller: Caller, page: Page, _: NoBody) -> Response {
    list(Catalog::IssueTypes, &caller, &page)
}

pub(super) const GET_ISSUE_TYPE: Operation =
    member_of("get_issue_type", "/issuetypes/{id}", "Describe an issue type").segments(&[MEMBER.example("task")]);

pub(super) async fn get_issue_type(caller: Caller, _: NoBody) -> ApiResult {
    get(Catalog::IssueTypes, caller.last(), &caller)
}

pub(super) const LIST_STATUSES: Operation =
    list_of("list_statuses", "/statuses", "List statuses").reference("get-statuses");

pub(super) async fn list_statuses(caller: Caller, page: Page, _: NoBody) -> Response {
    list(Catalog::Statuses, &caller, &page)
}

pub(super) const GET_STATUS: Operation =
    member_of("get_status", "/statuses/{id}", "Describe a status").segments(&[MEMBER.example("open")]);

pub(super) async fn get_status(caller: Caller, _: NoBody) -> ApiResult {
    get(Catalog::Statuses, caller.last(), &caller)
}

pub(super) const LIST_RESOLUTIONS: Operation =
    list_of("list_resolutions", "/resolutions", "List resolutions").reference("get-resolutions");

pub(super) async fn list_resolutions(caller: Caller, page: Page, _: NoBody) -> Response {
    list(Catalog::Resolutions, &caller, &page)
}

pub(super) const GET_RESOLUTION: Operation =
    member_of("get_resolution", "/resolutions/{id}", "Describe a resolution").segments(&[MEMBER.example("fixed")]);

pub(super) async fn get_resolution(caller: Caller, _: NoBody) -> ApiResult {
    get(Catalog::Resolutions, caller.last(), &caller)
}

fn list(catalog: Catalog, caller: &Caller, page: &Page) -> Response {
    let describe = |item| CatalogItemBody::new(item, &caller.links);
    page.answer(catalog.items().iter(), describe, &caller.links, Seek::NotOffered)
}

fn get(catalog: Catalog, id: &str, caller: &Caller) -> ApiResult {
    ok_json(&CatalogItemBody::new(catalog.find(id)?, &caller.links))
}
