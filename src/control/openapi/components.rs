//! What operations share: schemas, answers of errors, headers, and how a caller says who it is.

use serde_json::{Map, Value, json};

use super::shapes::Schemas;

/// Every status that an error may have, with the name of its answer and what it means.
const ERRORS: [(u16, &str, &str); 14] = [
    (400, "BadRequest", "A value in the path, the query, a header or a form is wrong."),
    (401, "Unauthorized", "There is no usable token."),
    (403, "Forbidden", "There is no organisation, or none that the server knows."),
    (404, "NotFound", "Something that the path or the query names does not exist."),
    (408, "RequestTimeout", "The body did not come in time, or it came too slowly. The connection ends."),
    (
        409,
        "Conflict",
        "There is one already: an issue with this unique value, or such a link. Or the issue's status does not offer the transition.",
    ),
    (412, "PreconditionFailed", "The version that the client knows is stale, or the file is another than it wants."),
    (413, "ContentTooLarge", "The file is over the limit."),
    (415, "UnsupportedMediaType", "The body has a Content-Encoding, which is not decoded."),
    (416, "RangeNotSatisfiable", "The range has no byte of the file."),
    (
        422,
        "UnprocessableContent",
        "The body is not JSON, or a value is of the wrong type, missing, unknown or used up.",
    ),
    (423, "Locked", "It has been changed so often that it cannot be changed any more."),
    (503, "ServiceUnavailable", "As many bodies are being received as may be, and none ended in time."),
    (507, "InsufficientStorage", "The memory budget is used up; nothing was stored."),
];

const REQUEST_ID: &str = "X-Request-Id";

const PREFER: &str = "What is to happen to this request alone (RFC 7240). `code` is the error that it gets, without \
any effect: a status that is documented for the operation, or one that proxies and overloaded servers give, such as \
503. `delay` is how many milliseconds the answer takes longer. Preference-Applied in the answer says what was done.";

/// The answer of an error.
pub(super) fn error_reference(status: u16) -> Option<Value> {
    let (_, name, _) = ERRORS.iter().find(|(known, ..)| *known == status)?;
    Some(json!({"$ref": format!("#/components/responses/{name}")}))
}

/// What every request to the emulated API may ask for.
pub(super) fn prefer_reference() -> Value {
    json!({"$ref": "#/components/parameters/Prefer"})
}

/// The headers of an answer, beside those that every answer has.
pub(super) fn header_references(names: &[&str]) -> Value {
    let names = [REQUEST_ID].into_iter().chain(names.iter().copied());
    names.map(|name| (name.to_owned(), json!({"$ref": format!("#/components/headers/{name}")}))).collect()
}

/// A token and an organisation, each in one of two spellings.
pub(super) fn security() -> Value {
    let choices = ["bearerToken", "oauthToken"].into_iter().flat_map(|token| {
        ["orgId", "cloudOrgId"]
            .map(|org| Value::Object(Map::from_iter([token, org].map(|name| (name.to_owned(), json!([]))))))
    });
    choices.collect()
}

/// The section of the document.
pub(super) fn all(mut schemas: Schemas, paths: &mut Map<String, Value>) -> Value {
    let error = schemas.error();
    let response = |(status, name, about): &(u16, &str, &str)| {
        let headers = header_references(match status {
            416 => &["Content-Range"],
            503 => &["Retry-After"],
            _ => &[],
        });
        let mut schema = error.clone();
        schema["properties"] = json!({"statusCode": {"const": status}});
        let body =
            json!({"description": about, "headers": headers, "content": {"application/json": {"schema": schema}}});
        ((*name).to_owned(), body)
    };
    let responses: Map<String, Value> = ERRORS.iter().map(response).collect();
    let header = |(name, required, schema, about): (&str, bool, Value, &str)| {
        (name.to_owned(), json!({"description": about, "required": required, "schema": schema}))
    };
    let headers: Map<String, Value> = headers().into_iter().map(header).collect();
    json!({
        "schemas": schemas.finish(paths),
        "responses": responses,
        "parameters": {
            "Prefer": {
                "name": "Prefer",
                "in": "header",
                "description": PREFER,
                "required": false,
                "schema": {"type": "string"},
                "examples": {"code": {"value": "code=404"}, "delay": {"value": "code=503, delay=250"}},
            },
        },
        "headers": headers,
        "securitySchemes": {
            "bearerToken": {"type": "http", "scheme": "bearer", "description": "Any token, unless the server says otherwise."},
            "oauthToken": {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`OAuth <token>`"},
            "orgId": {"type": "apiKey", "in": "header", "name": "X-Org-ID", "description": "Any text; it names the world."},
            "cloudOrgId": {"type": "apiKey", "in": "header", "name": "X-Cloud-Org-ID", "description": "The same; it comes before X-Org-ID."},
        },
    })
}

/// Every header of an answer: its name, whether an answer that may have it always has it, and what it says.
fn headers() -> [(&'static str, bool, Value, &'static str); 14] {
    let text = || json!({"type": "string"});
    let count = || json!({"type": "integer", "minimum": 0});
    let dropped = "How many requests of all worlds the journal has dropped to stay within its bounds.";
    [
        (REQUEST_ID, true, text(), "That of the request, or a new one."),
        ("X-Total-Count", true, count(), "How many there are on all pages."),
        ("X-Dropped-Count", true, count(), dropped),
        (
            "X-Unknown-World",
            false,
            text(),
            "That nobody has named the world yet, and the name that may have been meant.",
        ),
        // No pages where a result is scrolled through, no links where all is on one page.
        ("X-Total-Pages", false, count(), "How many pages there are."),
        ("Link", false, text(), "Where the other pages are: first, next, last; where there are any."),
        ("X-Scroll-Id", false, count(), "For ?scrollId= of the next request, as long as more follow."),
        ("X-Scroll-Token", false, text(), "What goes with X-Scroll-Id."),
        ("ETag", true, text(), "The digest of the bytes."),
        // Not of a date before 1970.
        ("Last-Modified", false, text(), "When the file was made."),
        ("Content-Disposition", true, text(), "The name of the file."),
        ("Content-Range", true, text(), "Which bytes these are, or how many there are."),
        ("Accept-Ranges", true, json!({"const": "bytes"}), "Ranges of bytes can be asked for."),
        // Not where the error was asked for.
        ("Retry-After", false, count(), "In how many seconds to try again."),
    ]
}
