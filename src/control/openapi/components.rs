//! What operations share: schemas, answers of errors, headers, and how a caller says who it is.

use serde_json::{Map, Value, json};

use super::shapes::Schemas;
use crate::api::operation::Header;

/// Every status that an error may have, with the name of its answer and what it means.
const ERRORS: [(u16, &str, &str); 12] = [
    (400, "BadRequest", "A value in the path, the query, a header or a form is wrong."),
    (401, "Unauthorized", "There is no usable token."),
    (403, "Forbidden", "There is no organisation."),
    (404, "NotFound", "Something that the path or the query names does not exist."),
    (408, "RequestTimeout", "The body did not come in time, or it came too slowly. The connection ends."),
    (409, "Conflict", "There is an issue with this unique value."),
    (412, "PreconditionFailed", "The version that the client knows is stale."),
    (413, "ContentTooLarge", "The file is over the limit."),
    (416, "RangeNotSatisfiable", "The range has no byte of the file."),
    (422, "UnprocessableContent", "The body is no JSON, or a value is of the wrong type, missing, unknown or used up."),
    (503, "ServiceUnavailable", "As many bodies are being received as may be, and none ended in time."),
    (507, "InsufficientStorage", "The memory budget is used up; nothing was stored."),
];

const PREFER: &str = "What is to happen to this request alone (RFC 7240). `code` is the error that it gets, without \
any effect: a status that is documented for the operation, or one that proxies and overloaded servers give, such as \
503. `delay` is how many milliseconds the answer takes longer. Preference-Applied in the answer says what was done.";

/// The answer of an error.
pub(super) fn error_reference(status: u16) -> Option<Value> {
    let (_, name, _) = ERRORS.iter().find(|(known, ..)| *known == status)?;
    Some(json!({"$ref": format!("#/components/responses/{name}")}))
}

/// A header of an answer, with its name.
pub(super) fn header_reference(header: Header) -> (&'static str, Value) {
    let (name, _, _) = describe(header);
    (name, json!({"$ref": format!("#/components/headers/{name}")}))
}

/// What every request to the emulated API may ask for.
pub(super) fn prefer_reference() -> Value {
    json!({"$ref": "#/components/parameters/Prefer"})
}

/// The headers of every answer.
pub(super) fn common_headers() -> Map<String, Value> {
    let (name, reference) = header_reference(Header::RequestId);
    Map::from_iter([(name.to_owned(), reference)])
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
        let mut headers = common_headers();
        let header = match status {
            416 => Some(Header::ContentRange),
            503 => Some(Header::RetryAfter),
            _ => None,
        };
        headers.extend(header.map(header_reference).map(|(name, header)| (name.to_owned(), header)));
        let mut schema = error.clone();
        schema["properties"] = json!({"statusCode": {"const": status}});
        let body =
            json!({"description": about, "headers": headers, "content": {"application/json": {"schema": schema}}});
        ((*name).to_owned(), body)
    };
    let responses: Map<String, Value> = ERRORS.iter().map(response).collect();
    let headers: Map<String, Value> = Header::ALL
        .into_iter()
        .map(|header| {
            let (name, schema, about) = describe(header);
            (name.to_owned(), json!({"description": about, "required": is_always_there(header), "schema": schema}))
        })
        .collect();
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

/// Whether an answer that may have the header always has it.
fn is_always_there(header: Header) -> bool {
    match header {
        Header::RequestId
        | Header::TotalCount
        | Header::DroppedCount
        | Header::ETag
        | Header::ContentDisposition
        | Header::ContentRange
        | Header::AcceptRanges => true,
        // No pages where a result is scrolled through, no links where all is on one page, no date before 1970.
        Header::TotalPages | Header::Link | Header::ScrollId | Header::LastModified => false,
        // Not where the error was asked for.
        Header::RetryAfter => false,
    }
}

fn describe(header: Header) -> (&'static str, Value, &'static str) {
    let text = || json!({"type": "string"});
    let count = || json!({"type": "integer", "minimum": 0});
    match header {
        Header::RequestId => ("X-Request-Id", text(), "That of the request, or a new one."),
        Header::TotalCount => ("X-Total-Count", count(), "How many there are on all pages."),
        Header::DroppedCount => (
            "X-Dropped-Count",
            count(),
            "How many requests of all worlds the journal has dropped to stay within its bounds.",
        ),
        Header::TotalPages => ("X-Total-Pages", count(), "How many pages there are."),
        Header::Link => ("Link", text(), "Where the other pages are: first, next, last; where there are any."),
        Header::ScrollId => ("X-Scroll-Id", count(), "For ?scrollId= of the next request, as long as more follow."),
        Header::ETag => ("ETag", text(), "The digest of the bytes."),
        Header::LastModified => ("Last-Modified", text(), "When the file was made."),
        Header::ContentDisposition => ("Content-Disposition", text(), "The name of the file."),
        Header::ContentRange => ("Content-Range", text(), "Which bytes these are, or how many there are."),
        Header::AcceptRanges => ("Accept-Ranges", json!({"const": "bytes"}), "Ranges of bytes can be asked for."),
        Header::RetryAfter => ("Retry-After", count(), "In how many seconds to try again."),
    }
}
