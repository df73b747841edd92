//! Serves the OpenAPI document, `docs/openapi.json`.

use std::io::Read;

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use flate2::read::ZlibDecoder;

use super::body::EmptyBody;
use crate::api::error::{ApiError, ApiResult, JSON};
use crate::api::operation::{Answer, Operation, Shape};

/// `docs/openapi.json`, packed by `build.rs`.
const DOCUMENT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/openapi.json.zlib"));

pub(super) const GET_OPENAPI: Operation =
    Operation::get("get_openapi", "/_mock/openapi.json", "This document", &[Answer::ok(Shape::Anything)]);

pub(super) async fn get_openapi(_: EmptyBody) -> ApiResult {
    let mut document = Vec::new();
    ZlibDecoder::new(DOCUMENT).read_to_end(&mut document).map_err(|error| ApiError::internal(&error))?;
    Ok(([(CONTENT_TYPE, JSON)], document).into_response())
}
