//! Priorities, issue types, statuses and resolutions: what the references in issues and queues lead to.

use std::future::{Ready, ready};

use axum::response::Response;

use super::{ApiResult, Caller, Kind, NoBody, Operation, PAGE, PER_PAGE, Page, Parameter, SeekLink, ok_json};
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

pub(super) const LIST_ISSUE_TYPES: Operation =
    list_of("list_issue_types", "/issuetypes", "List issue types").reference("get-issue-types");

pub(super) const LIST_STATUSES: Operation =
    list_of("list_statuses", "/statuses", "List statuses").reference("get-statuses");

pub(super) const LIST_RESOLUTIONS: Operation =
    list_of("list_resolutions", "/resolutions", "List resolutions").reference("get-resolutions");

/// The handler that lists a catalog.
pub(super) fn list(catalog: Catalog) -> impl Fn(Caller, Page, NoBody) -> Ready<Response> + Copy {
    move |caller, page, _| {
        let describe = |item| CatalogItemBody::new(item, &caller.links);
        ready(page.answer(catalog.items().iter(), describe, &caller.links, SeekLink::NotOffered))
    }
}

pub(super) const GET_PRIORITY: Operation =
    member_of("get_priority", "/priorities/{id}", "Describe a priority").segments(&[MEMBER]);

pub(super) const GET_ISSUE_TYPE: Operation =
    member_of("get_issue_type", "/issuetypes/{id}", "Describe an issue type").segments(&[MEMBER.example("task")]);

pub(super) const GET_STATUS: Operation =
    member_of("get_status", "/statuses/{id}", "Describe a status").segments(&[MEMBER.example("open")]);

pub(super) const GET_RESOLUTION: Operation =
    member_of("get_resolution", "/resolutions/{id}", "Describe a resolution").segments(&[MEMBER.example("fixed")]);

/// The handler that describes an item of a catalog.
pub(super) fn get(catalog: Catalog) -> impl Fn(Caller, NoBody) -> Ready<ApiResult> + Copy {
    move |caller, _| {
        let item = catalog.find(caller.last());
        ready(item.map_err(Into::into).and_then(|item| ok_json(&CatalogItemBody::new(item, &caller.links))))
    }
}
