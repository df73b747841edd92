//! The one reader of JSON: bodies of requests and fixtures. It guesses nothing, and it names each wrong value by its path.
//!
//! A document is parsed into `Json` first, which refuses names that are given twice, and then read as a type. Types
//! derive `Deserialize`, most with `deny_unknown_fields`. They are structs, lists, and enums that are written as a
//! string or as an object with a single member. Flattened, tagged and untagged types would lose the paths of errors.

mod invalid;
mod json;
mod strict;

use std::cell::RefCell;
use std::str::Utf8Error;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use self::invalid::*;
pub(crate) use self::json::Json;
use self::strict::{Kept, Strict};

/// Reads the body of a request to the control plane. Fails when it is not JSON, or has a value that `T` does not take.
pub fn from_slice<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, InvalidValue> {
    if bytes.trim_ascii().is_empty() {
        return Err(InvalidValue::not_json("it is empty"));
    }
    from_json(serde_json::from_slice(bytes).map_err(|error| InvalidValue::not_json(not_json_at(&error)))?)
}

/// What a value of JSON takes while it is read, in bytes: about a third of what an object with one member takes, which
/// counts as three.
pub(crate) const VALUE_BYTES: u64 = 128;

/// About how many values a text of JSON has, without reading it: one for each comma, colon and opening bracket, as these
/// stand in front of values.
pub(crate) fn count_values(json: &[u8]) -> usize {
    let (mut values, mut in_text, mut escaped) = (0, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b',' | b':' | b'[' | b'{' if !in_text => values += 1,
            _ => {}
        }
    }
    values
}

/// Reads a value that was parsed and kept.
pub(crate) fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, InvalidValue> {
    from_json(Json::deserialize(value).map_err(InvalidValue::not_json)?)
}

/// Reads a value that is parsed already.
pub(crate) fn from_json<'de, T: Deserialize<'de>>(json: Json<'de>) -> Result<T, InvalidValue> {
    T::deserialize(Strict { json, kept: Kept(None) })
}

/// Reads a value that is parsed already, and goes on behind an item of a list that is wrong, and behind a member that is
/// unknown: so it finds several mistakes, but not more than `most`.
pub(crate) fn from_json_to_the_end<'de, T: Deserialize<'de>>(
    json: Json<'de>,
    most: usize,
) -> Result<T, Vec<InvalidValue>> {
    let mistakes = RefCell::default();
    let read = T::deserialize(Strict { json, kept: Kept(Some((&mistakes, most))) });
    let mut mistakes = mistakes.into_inner();
    match read {
        Ok(value) if mistakes.is_empty() => Ok(value),
        Ok(_) => Err(mistakes),
        Err(last) => {
            mistakes.push(last);
            Err(mistakes)
        }
    }
}

/// Why a text is not JSON, in plain words.
pub(crate) fn why_not_json(error: &serde_json::Error) -> String {
    let message = error.to_string();
    // The parser ends its messages with the place.
    let reason = message.rsplit_once(" at line ").map_or(&*message, |(reason, _)| reason);
    let plain = match reason {
        _ if error.is_eof() => "it ends too early",
        "expected value" => "a value is expected",
        "trailing characters" => "something stands behind its end",
        "trailing comma" => "nothing stands behind the comma",
        "key must be a string" => "a name must stand in double quotes",
        "expected ident" => "true, false or null is expected",
        other => other,
    };
    plain.to_owned()
}

/// Why bytes are not JSON that are no text.
pub(crate) fn not_utf8(error: &Utf8Error) -> String {
    format!("it is not UTF-8 from byte {} on", error.valid_up_to() + 1)
}

/// Why a text is not JSON, with the place.
pub(crate) fn not_json_at(error: &serde_json::Error) -> String {
    format!("{} at line {} column {}", why_not_json(error), error.line(), error.column())
}
