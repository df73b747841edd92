//! The one shape of every error (contract section 1, "Errors").

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// The body of an error answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Error")]
pub(crate) struct ErrorBody {
    /// Messages that belong to one named field or parameter.
    #[schemars(with = "BTreeMap<String, String>")]
    pub errors: Map<String, Value>,
    /// The other messages.
    pub error_messages: Vec<String>,
    /// The HTTP status.
    pub status_code: u16,
}

impl ErrorBody {
    /// One message, for `field` if there is one.
    pub(crate) fn new(status_code: u16, field: Option<&str>, message: String) -> Self {
        Self::of_several(status_code, [(field, message)])
    }

    /// Several messages, each for a field if it has one. Of a field with two, the first counts.
    pub(crate) fn of_several<'a>(
        status_code: u16,
        messages: impl IntoIterator<Item = (Option<&'a str>, String)>,
    ) -> Self {
        let mut body = Self { errors: Map::new(), error_messages: Vec::new(), status_code };
        for (field, message) in messages {
            match field {
                Some(field) => drop(body.errors.entry(field).or_insert_with(|| message.into())),
                None => body.error_messages.push(message),
            }
        }
        body
    }
}
