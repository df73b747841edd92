//! Serves the OpenAPI document, `docs/openapi.json`.

use std::io::Read;

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use flate2::read::ZlibDecoder;
use serde_json::{Map, Value};

use super::call::*;
use crate::api::JSON;

/// `docs/openapi.json`, packed by `build.rs`.
const DOCUMENT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/openapi.json.zlib"));

pub(super) const GET_OPENAPI: Operation =
    Operation::get("get_openapi", "/_mock/openapi.json", "This document").ok::<Map<String, Value>>();

pub(super) async fn get_openapi(_: EmptyBody) -> ApiResult {
    let document = unpacked().map_err(|error| ApiError::internal(&error))?;
    Ok(([(CONTENT_TYPE, JSON)], document).into_response())
}

fn unpacked() -> std::io::Result<Vec<u8>> {
    let mut document = Vec::new();
    ZlibDecoder::new(DOCUMENT).read_to_end(&mut document)?;
    Ok(document)
}

/// The document as data.
pub fn openapi_document() -> Value {
    let document = unpacked().ok().and_then(|document| serde_json::from_slice(&document).ok());
    document.unwrap_or_default()
}
