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
    let bytes = &bytes[mark_bytes(bytes)..];
    if bytes.trim_ascii().is_empty() {
        return Err(InvalidValue::not_json("it is empty"));
    }
    from_json(serde_json::from_slice(bytes).map_err(|error| InvalidValue::not_json(not_json_at(&error)))?)
}

/// The length of the byte order mark that some programs, most of them on Windows, write in front of text; 0 where there
/// is none.
pub fn mark_bytes(text: impl AsRef<[u8]>) -> usize {
    const MARK: &[u8] = "\u{feff}".as_bytes();
    if text.as_ref().starts_with(MARK) { MARK.len() } else { 0 }
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

/// What the parser says of every text that ends too early begins with this.
const EARLY_END: &str = "EOF";

/// Why a text is not JSON: what the parser says, and that in plain English and Russian.
const REASONS: [(&str, &str, &str); 14] = [
    ("expected value", "a value is expected", "ожидается значение"),
    ("trailing characters", "something stands behind its end", "после конца стоит лишнее"),
    ("trailing comma", "nothing stands behind the comma", "после запятой ничего нет"),
    ("key must be a string", "a name must stand in double quotes", "имя должно стоять в двойных кавычках"),
    ("expected ident", "true, false or null is expected", "ожидается true, false или null"),
    ("expected `:`", "a colon is expected", "ожидается двоеточие"),
    ("expected `,` or `]`", "a comma or ] is expected", "ожидается запятая или ]"),
    ("expected `,` or `}`", "a comma or } is expected", "ожидается запятая или }"),
    ("invalid escape", "there is no such escape", "такой экранированной последовательности нет"),
    ("invalid number", "this is no number", "это не число"),
    ("number out of range", "the number is too large", "число слишком велико"),
    ("recursion limit exceeded", "it is nested deeper than 127 levels", "вложенность больше 127 уровней"),
    (EARLY_END, "it ends too early", "текст обрывается"),
    // The parser is not asked about this one.
    ("", "it is empty", "текст пуст"),
];

/// Why a text is not JSON, in plain words.
pub(crate) fn why_not_json(error: &serde_json::Error) -> String {
    let message = error.to_string();
    // The parser ends its messages with the place.
    let reason = message.rsplit_once(" at line ").map_or(&*message, |(reason, _)| reason);
    let reason = if error.is_eof() { EARLY_END } else { reason };
    REASONS.iter().find(|(said, ..)| *said == reason).map_or(reason, |(_, plain, _)| plain).to_owned()
}

/// Why a text is not JSON in Russian, from what is said in English.
pub(crate) fn why_not_json_in_russian(reason: &str) -> String {
    if let Some(byte) = reason.strip_prefix(NOT_UTF8).and_then(|rest| rest.strip_suffix(" on")) {
        return format!("это не UTF-8, начиная с байта {byte}");
    }
    let (reason, place) = reason.rsplit_once(" at line ").unwrap_or((reason, ""));
    let russian = REASONS.iter().find(|(_, plain, _)| *plain == reason).map_or(reason, |(.., russian)| russian);
    match place.split_once(" column ") {
        Some((line, column)) => format!("{russian} (строка {line}, столбец {column})"),
        None => russian.to_owned(),
    }
}

const NOT_UTF8: &str = "it is not UTF-8 from byte ";

/// Why bytes are not JSON that are no text.
pub(crate) fn not_utf8(error: &Utf8Error) -> String {
    format!("{NOT_UTF8}{} on", error.valid_up_to() + 1)
}

/// Why a text is not JSON, with the place.
pub(crate) fn not_json_at(error: &serde_json::Error) -> String {
    format!("{} at line {} column {}", why_not_json(error), error.line(), error.column())
}
