//! The OpenAPI document: what the tables, the descriptions of operations and the types of bodies say, in one place.
//!
//! The server does not make it: that code would be a tenth of the binary. `docs/openapi.json` holds the document, a test
//! compares the two, and [`super::document`] serves the file.

mod components;
mod paths;
mod shapes;

use serde_json::{Value, json};

use self::shapes::Schemas;

/// The OpenAPI 3.1 document of the emulated API and of the control plane, from the code. It is what
/// `GET /_mock/openapi.json` answers and what `docs/openapi.json` holds.
pub fn openapi() -> Value {
    let mut schemas = Schemas::default();
    let mut paths = paths::all(&mut schemas);
    let components = components::all(schemas, &mut paths);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "tracker-mock",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": env!("CARGO_PKG_DESCRIPTION"),
            "description": DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [
            {"url": "/v2", "description": "The emulated API"},
            {"url": "/v3", "description": "The same; URLs in answers begin with /v3"},
        ],
        "security": components::security(),
        "paths": paths,
        "components": components,
    })
}

const DESCRIPTION: &str = "A stand-in for the attachment endpoints of the Yandex Tracker API. The slash at the end of a \
path is optional on every path. An operation of the emulated API is found below /v2 and /v3 alike; those below /_mock \
are the control plane, which needs no authorization. The operationId is the name of an operation everywhere. Examples \
in paths exist in the embedded world, except temporary files and comments of entities, which it has none of. Statuses \
that belong to a limit of the server or to a mistake about the protocol, rather than to an operation, are not listed \
with each: 405 with Allow for another method, 413 for a body over the limit, 422 for a body that is not JSON where none \
is taken, and 408 and 503 for such a body; 507 for a change that takes memory where \
there is none left, or that makes one world too many; 408 for a head that does not come in time, 431 for one over the limit, 414 \
for a URI over it, 400 for what is not HTTP. They come in the same error format.";
