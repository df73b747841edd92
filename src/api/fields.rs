//! The fields of issues. The official Python client lists them before it touches an issue.

use axum::http::StatusCode;
use axum::response::Response;

use super::error::ApiError;
use super::extract::{Caller, NoBody, Segments};
use super::page::{Page, Seek};
use super::reply::json;
use crate::domain::issue_field::{FieldCategory, IssueField};
use crate::wire::field::{FieldBody, FieldCategoryBody};

/// `GET /v2/fields`
///
/// Reference: `get-global-fields`.
pub(super) async fn list_fields(caller: Caller, page: Page, _: NoBody) -> Response {
    let fields = IssueField::all().iter().enumerate();
    let describe = |(place, field)| FieldBody::new(place, field, &caller.links);
    page.answer(fields, describe, &caller.links, Seek::NotOffered)
}

/// `GET /v2/fields/{id}`
///
/// Reference: `get-issue-fields`.
pub(super) async fn get_field(caller: Caller, Segments([id]): Segments<1>, _: NoBody) -> Result<Response, ApiError> {
    let (place, field) = IssueField::find(&id)?;
    Ok(json(StatusCode::OK, &FieldBody::new(place, field, &caller.links)))
}

/// `GET /v2/fields/categories`
///
/// Reference: `get-global-fields`, which names it.
pub(super) async fn list_field_categories(caller: Caller, page: Page, _: NoBody) -> Response {
    let describe = |category| FieldCategoryBody::new(category, &caller.links);
    page.answer([&FieldCategory::SYSTEM].into_iter(), describe, &caller.links, Seek::NotOffered)
}

/// `GET /v2/fields/categories/{id}`
///
/// Reference: none; fields name it as `self` of their category.
pub(super) async fn get_field_category(
    caller: Caller,
    Segments([id]): Segments<1>,
    _: NoBody,
) -> Result<Response, ApiError> {
    Ok(json(StatusCode::OK, &FieldCategoryBody::new(FieldCategory::find(&id)?, &caller.links)))
}
