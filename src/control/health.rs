//! Whether the server answers.

use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::body::EmptyBody;
use crate::api::error::ApiResult;
use crate::api::operation::{Answer, Operation, Shape};
use crate::api::reply::json;

/// What it says.
#[derive(Serialize, JsonSchema)]
pub(super) struct Health {
    status: &'static str,
    version: &'static str,
}

pub(super) const GET_HEALTH: Operation =
    Operation::get("get_health", "/_mock/health", "Whether the server answers", &[Answer::ok(Shape::Health)]);

pub(super) async fn get_health(_: EmptyBody) -> ApiResult {
    Ok(json(StatusCode::OK, &Health { status: "ok", version: env!("CARGO_PKG_VERSION") }))
}
