//! Exports and imports a world as a document.

use axum::body::HttpBody;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use http_body_util::BodyExt;
use serde_json::{Map, Value};

use super::call::*;
use crate::api::{FIXTURE_SCHEMA, JSON, Layout, Writing, address};
use crate::domain::{Blob, BlobWriter, World};
use crate::wire::{Fixture, FixtureError, FixtureMistake, read};

/// The document is built in memory, and charged to the budget until it is sent. Binary files take a third more in it
/// than in the world.
pub(super) const EXPORT_WORLD: Operation = Operation::get("export_world", "/_mock/state", "A world as a document")
    .ok::<Fixture<'_>>()
    .query(&[ORG])
    .errors(&[507]);

pub(super) async fn export_world(call: ControlCall, OneWorld(org): OneWorld, parts: Parts, _: EmptyBody) -> ApiResult {
    // Where the schema is, for the editor that opens the document.
    let schema = address(&parts, call.bench.api.config(), call.bench.api.own_url())? + GET_SCHEMA.path;
    // The copy shares the bytes of files. It lets us release the world's lock before the document is written.
    let world = call.bench.api.worlds().read(&org, World::clone);
    at_leisure(call.bench, move |bench| {
        // The document has copies of all texts until it is written.
        let _copies = bench.api.budget().reserve(world.text_bytes())?;
        let document = Fixture { schema: Some(schema), ..Fixture::of(&world) };
        // People read it and compare it line by line.
        let writing = Writing { layout: Layout::Indented, ..Writing::current() };
        Ok(writing.json(StatusCode::OK, &document))
    })
    .await
}

pub(super) const GET_SCHEMA: Operation =
    Operation::get("get_schema", "/_mock/schema.json", "The JSON Schema of fixtures and saved worlds")
        .ok::<Map<String, Value>>();

pub(super) async fn get_schema(_: ControlCall, _: EmptyBody) -> impl IntoResponse {
    ([(CONTENT_TYPE, JSON)], FIXTURE_SCHEMA)
}

pub(super) const IMPORT_WORLD: Operation =
    Operation::put("import_world", "/_mock/state", "Load a world").query(&[ORG]).json::<Fixture<'_>>().errors(&[507]);

pub(super) async fn import_world(
    call: ControlCall,
    OneWorld(org): OneWorld,
    request: Request,
) -> ApiResult<StatusCode> {
    check_room(&call.bench, Some(&org))?;
    let document = receive(&call.bench, request).await?;
    at_leisure(call.bench, move |bench| {
        // Parsing makes values, which take memory until the world is loaded.
        let _values = bench.api.budget().reserve(read::count_values(&document) as u64 * read::VALUE_BYTES)?;
        let text = std::str::from_utf8(&document).map_err(|error| InvalidValue::not_json(read::not_utf8(&error)))?;
        bench.load_world(&org, text).map_err(refused)?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Receives the whole document, charged to the budget like a file for as long as it is held. So `--max-memory` limits
/// it, too.
async fn receive(bench: &Bench, request: Request) -> Result<Blob, ApiError> {
    let mut body = request.into_body();
    let mut document = BlobWriter::new(bench.api.budget(), body.size_hint().exact().unwrap_or(0))?;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| ApiError::broken_off(&error))?;
        if let Some(data) = frame.data_ref() {
            document.push(data)?;
        }
    }
    Ok(document.finish())
}

fn refused(error: FixtureError) -> ApiError {
    match error.over_budget {
        Some(over) => over.into(),
        None => {
            let sentence = |FixtureMistake { line, column, path, message }| {
                InvalidValue::new(path, format!("Line {line}, column {column}: {message}"))
            };
            ApiError::ControlInput(error.mistakes.into_iter().map(sentence).collect())
        }
    }
}
