//! Operations as paths of the document.

use serde_json::{Map, Value, json};

use super::components::{error_reference, header_references, prefer_reference};
use super::shapes::Schemas;
use crate::api::{Answer, Content, Evidence, Kind, Operation, Parameter, Presence, RequestBody, without_slash};
use crate::control::table::is_control;
use crate::wire::FILE_NAME;
use crate::{api, control};

/// What the server may answer to any request with a body, whatever the operation: it was too slow, encoded, or one too many.
/// Coverage does not ask for these.
const OF_BODIES: [u16; 3] = [408, 415, 503];

/// The paths of the emulated API, below its versions, and those of the control plane.
pub(super) fn all(schemas: &mut Schemas) -> Map<String, Value> {
    let mut paths = Map::new();
    for operation in api::table::TABLE.operations.iter().chain(&control::table::TABLE.operations) {
        let path = without_slash(operation.path).to_owned();
        let methods = paths.entry(path).or_insert_with(|| json!({}));
        methods[operation.method.to_ascii_lowercase()] = describe(operation, schemas).into();
    }
    for (_, path) in paths.iter_mut().filter(|(path, _)| is_control(path)) {
        path["servers"] = json!([{"url": "/"}]);
    }
    paths
}

fn describe(operation: &Operation, schemas: &mut Schemas) -> Map<String, Value> {
    let is_control = is_control(operation.path);
    let tag = operation.path.split('/').nth(1);
    let mut described = Map::new();
    let mut insert = |key: &str, value: Value| drop(described.insert(key.to_owned(), value));
    insert("operationId", operation.name.into());
    insert("summary", operation.summary.into());
    if let Some(url) = operation.reference_url() {
        insert("externalDocs", json!({"url": url}));
    }
    insert("tags", json!([tag]));
    if !is_control {
        insert("x-evidence", operation.class().into());
    }
    let of_path = operation.path_parameters().map(|one| parameter("path", one));
    let places = [("query", operation.query), ("header", operation.headers)];
    let others = places.iter().flat_map(|(place, all)| all.iter().map(|one| parameter(place, one)));
    let parameters: Vec<Value> = of_path.chain(others).chain((!is_control).then(prefer_reference)).collect();
    if !parameters.is_empty() {
        insert("parameters", parameters.into());
    }
    if let Some(body) = request_body(operation, schemas) {
        insert("requestBody", body);
    }
    insert("responses", responses(operation, schemas));
    if is_control {
        // It needs no authorization.
        insert("security", json!([]));
    }
    described
}

fn parameter(place: &str, parameter: &Parameter) -> Value {
    let mut described = json!({
        "name": parameter.name,
        "in": place,
        "description": parameter.about,
        "required": parameter.presence == Presence::Required,
        "schema": schema(&parameter.kind),
    });
    if let Kind::List { .. } | Kind::Names = parameter.kind {
        described["explode"] = false.into();
    }
    if parameter.evidence == Evidence::Decision {
        described["x-evidence"] = "D".into();
    }
    if let Some(example) = parameter.example {
        described["example"] = example.into();
    }
    described
}

fn schema(kind: &Kind) -> Value {
    match kind {
        Kind::Boolean { default } => json!({"type": "boolean", "default": default}),
        Kind::List { known } => json!({"type": "array", "items": {"enum": known}}),
        Kind::Names => json!({"type": "array", "items": {"type": "string"}}),
        Kind::OneOf { known } => json!({"enum": known}),
        Kind::Positive { max, default } => {
            let mut schema = json!({"type": "integer", "minimum": 1, "maximum": max});
            if let Some(default) = default {
                schema["default"] = (*default).into();
            }
            schema
        }
        Kind::Number => json!({"type": "integer", "minimum": 0, "maximum": u64::MAX}),
        Kind::Text => json!({"type": "string"}),
        Kind::Pattern(pattern) => json!({"type": "string", "pattern": pattern}),
        Kind::FileName => json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": FILE_NAME}),
        Kind::Timestamp => json!({"type": "string", "format": "timestamp"}),
        Kind::Ignored => json!({}),
    }
}

fn request_body(operation: &Operation, schemas: &mut Schemas) -> Option<Value> {
    let (required, kind, schema) = match operation.body {
        RequestBody::Nothing => return None,
        // `null` is no body.
        RequestBody::OptionalJson(body) => {
            (false, "application/json", json!({"anyOf": [schemas.request(body), {"type": "null"}]}))
        }
        RequestBody::Json(body) => (true, "application/json", schemas.request(body)),
        RequestBody::Form => (true, "multipart/form-data", form()),
    };
    let mut content = json!({"schema": schema});
    if let Some(example) = operation.example {
        content["example"] = serde_json::from_str(example).unwrap_or_default();
    }
    Some(json!({"required": required, "content": {kind: content}}))
}

/// Exactly one part with a file; its name does not matter.
fn form() -> Value {
    let file = json!({"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"});
    let names = json!({"pattern": r"^[^\u0000-\u001f\u007f]*$"});
    json!({"type": "object", "required": ["file"], "properties": {"file": file}, "propertyNames": names})
}

/// The statuses that an operation may come to, in rising order.
fn statuses(operation: &Operation) -> Vec<u16> {
    let takes_body = operation.body != RequestBody::Nothing;
    let of_bodies = if takes_body { &OF_BODIES[..] } else { &[] };
    let mut statuses: Vec<u16> = operation.statuses().into_iter().chain(of_bodies.iter().copied()).collect();
    statuses.sort_unstable();
    statuses
}

fn responses(operation: &Operation, schemas: &mut Schemas) -> Value {
    let successes = operation.answers;
    let response = |status: &u16| {
        let success = successes.iter().find(|answer| answer.status == *status);
        let described = success.map(|answer| answer_of(answer, schemas)).or_else(|| error_reference(*status))?;
        Some((status.to_string(), described))
    };
    statuses(operation).iter().filter_map(response).collect()
}

fn answer_of(answer: &Answer, schemas: &mut Schemas) -> Value {
    let headers = header_references(answer.headers);
    let mut described = json!({"description": meaning(answer), "headers": headers});
    let content = match answer.content {
        Content::Nothing => return described,
        Content::Json(body) => json!({"application/json": {"schema": schemas.answer(body)}}),
        Content::List(body) => {
            json!({"application/json": {"schema": {"type": "array", "items": schemas.answer(body)}}})
        }
        Content::Report(body) => json!({
            "application/json": {"schema": schemas.answer(body)},
            "text/plain": {"schema": {"type": "string"}},
            "application/xml": {"schema": {"type": "string"}},
            "text/markdown": {"schema": {"type": "string"}},
        }),
        Content::Archive(body) => json!({
            "application/json": {"schema": {"type": "array", "items": schemas.answer(body)}},
            "application/x-ndjson": {"schema": {"type": "string"}},
            "application/har+json": {"schema": {"type": "object"}},
        }),
        Content::Text => json!({"text/plain": {"schema": {"type": "string"}}}),
        Content::File => json!({"*/*": {}}),
        Content::Picture => json!({"image/png": {}}),
        Content::Events => json!({"text/event-stream": {}}),
    };
    described["content"] = content;
    described
}

fn meaning(answer: &Answer) -> &'static str {
    match answer.status {
        201 => "Created",
        204 => "Done",
        206 => "A part",
        304 => "The client has it already",
        408 => "It did not come in time; what came is close",
        _ => "OK",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_an_operation_is_an_answer() {
        for operation in api::table::TABLE.operations.iter().chain(&control::table::TABLE.operations) {
            let described = responses(operation, &mut Schemas::default());
            let statuses: Vec<String> = statuses(operation).iter().map(ToString::to_string).collect();
            let known: Vec<_> = described.as_object().expect("an object").keys().collect();
            assert_eq!(known, statuses.iter().collect::<Vec<_>>(), "{}", operation.name);
        }
    }
}
