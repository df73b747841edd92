//! The fields of issues. The official Python client lists them before it touches an issue.

use axum::response::Response;

use super::{ApiResult, Caller, NoBody, Operation, PAGE, PER_PAGE, Page, Parameter, SeekLink, ok_json};
use crate::domain::{FieldCategory, IssueField};
use crate::wire::{FieldBody, FieldCategoryBody};

const FIELD: Parameter = Parameter::segment("id", "The key of the field.", "summary");
const CATEGORY: Parameter = Parameter::segment("id", "The id of the category.", "000000000000000000000001");

pub(super) const LIST_FIELDS: Operation = Operation::get("list_fields", "/fields", "List the fields of issues")
    .pages::<FieldBody>()
    .reference("issues/get-global-fields")
    .query(&[PER_PAGE, PAGE]);

pub(super) async fn list_fields(caller: Caller, page: Page, _: NoBody) -> Response {
    let fields = IssueField::all().iter().enumerate();
    let describe = |(place, field)| FieldBody::new(place, field, &caller.links);
    page.answer(fields, describe, &caller.links, SeekLink::NotOffered)
}

pub(super) const GET_FIELD: Operation = Operation::get("get_field", "/fields/{id}", "Describe a field of issues")
    .ok::<FieldBody>()
    .reference("issues/get-issue-fields")
    .segments(&[FIELD]);

pub(super) async fn get_field(caller: Caller, _: NoBody) -> ApiResult {
    let (place, field) = IssueField::find(caller.last())?;
    ok_json(&FieldBody::new(place, field, &caller.links))
}

/// The page of global fields names it.
pub(super) const LIST_FIELD_CATEGORIES: Operation =
    Operation::get("list_field_categories", "/fields/categories", "List the categories of fields")
        .pages::<FieldCategoryBody>()
        .reference("issues/get-global-fields")
        .query(&[PER_PAGE, PAGE]);

pub(super) async fn list_field_categories(caller: Caller, page: Page, _: NoBody) -> Response {
    let describe = |category| FieldCategoryBody::new(category, &caller.links);
    page.answer([&FieldCategory::SYSTEM].into_iter(), describe, &caller.links, SeekLink::NotOffered)
}

/// No page of the reference has it: fields name it as `self` of their category.
pub(super) const GET_FIELD_CATEGORY: Operation =
    Operation::get("get_field_category", "/fields/categories/{id}", "Describe a category of fields")
        .ok::<FieldCategoryBody>()
        .segments(&[CATEGORY]);

pub(super) async fn get_field_category(caller: Caller, _: NoBody) -> ApiResult {
    ok_json(&FieldCategoryBody::new(FieldCategory::find(caller.last())?, &caller.links))
}
