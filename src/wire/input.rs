//! Reading values out of the JSON that clients send. Explicit `null` means absent everywhere.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::domain::queue::Queue;
use crate::domain::user::User;
use crate::domain::world::World;

/// A JSON object from a client.
pub type Object = Map<String, Value>;

/// A value that is not what its field takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputError {
    /// The field.
    pub field: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It is required and missing.
    Missing,
    /// It is of another type or form.
    Not(Expected),
    /// It names something that does not exist.
    Unknown(String),
    /// The object has no field of this name.
    NoSuchField,
}

/// The types and forms of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it, and the error texts say it for people")]
pub enum Expected {
    Text,
    Boolean,
    Date,
    List,
    Object,
    User,
    Queue,
    Entity,
    Issue,
    CatalogItem,
    FileId,
    ChecklistItem,
}

/// The result of reading one value, before its field is known.
pub type Read<T> = Result<T, Problem>;

/// Reads the field `name` of `object` if it is there and not null.
///
/// # Errors
/// What `read` finds, with the name.
pub fn optional<T>(object: &Object, name: &str, read: impl FnOnce(&Value) -> Read<T>) -> Result<Option<T>, InputError> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => read(value).map(Some).map_err(|problem| InputError { field: name.to_owned(), problem }),
    }
}

/// Reads the field `name` of `object`.
///
/// # Errors
/// When it is missing, and what `read` finds, with the name.
pub fn required<T>(object: &Object, name: &str, read: impl FnOnce(&Value) -> Read<T>) -> Result<T, InputError> {
    optional(object, name, read)?.ok_or_else(|| InputError { field: name.to_owned(), problem: Problem::Missing })
}

/// A text.
///
/// # Errors
/// When it is none.
pub fn text(value: &Value) -> Read<String> {
    value.as_str().map(str::to_owned).ok_or(Problem::Not(Expected::Text))
}

/// A text with something in it.
///
/// # Errors
/// When it is none, or only space.
pub fn filled_text(value: &Value) -> Read<String> {
    if value.is_null() {
        return Err(Problem::Missing);
    }
    match text(value)? {
        blank if blank.trim().is_empty() => Err(Problem::Missing),
        text => Ok(text),
    }
}

/// `true` or `false`.
///
/// # Errors
/// When it is neither.
pub fn boolean(value: &Value) -> Read<bool> {
    value.as_bool().ok_or(Problem::Not(Expected::Boolean))
}

/// A date, from `YYYY-MM-DD` or the beginning of a timestamp.
///
/// # Errors
/// When it is none.
pub fn date(value: &Value) -> Read<String> {
    let text = value.as_str().unwrap_or("");
    let day = text.get(..10).filter(|day| is_date(day));
    let of_a_time = |byte: u8| byte.is_ascii_digit() || b":.,+-Z".contains(&byte);
    let rest = text.get(10..).filter(|rest| {
        rest.is_empty() || rest.strip_prefix('T').is_some_and(|time| !time.is_empty() && time.bytes().all(of_a_time))
    });
    day.zip(rest).map(|(day, _)| day.to_owned()).ok_or(Problem::Not(Expected::Date))
}

/// Whether a text is a day of the calendar, `YYYY-MM-DD`.
#[must_use]
pub fn is_date(text: &str) -> bool {
    // Years of other lengths have a sign, and what is parsed may have spaces; what is printed has one form.
    text.len() == 10 && chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok_and(|day| day.to_string() == text)
}

/// An object.
///
/// # Errors
/// When it is none.
pub fn object(value: &Value) -> Read<&Object> {
    value.as_object().ok_or(Problem::Not(Expected::Object))
}

/// A list.
///
/// # Errors
/// When it is none, and what `read` finds in its items.
pub fn list<T>(value: &Value, read: impl Fn(&Value) -> Read<T>) -> Read<Vec<T>> {
    value.as_array().ok_or(Problem::Not(Expected::List))?.iter().map(read).collect()
}

/// A file id, a string or a number.
///
/// # Errors
/// When it is neither.
pub fn file_id(value: &Value) -> Read<String> {
    scalar(value).ok_or(Problem::Not(Expected::FileId))
}

/// The temporary files that an object takes, from `attachmentIds` and `descriptionAttachmentIds`.
///
/// # Errors
/// When one of them is no list of strings or numbers.
pub fn attachment_ids(object: &Object) -> Result<Vec<String>, InputError> {
    let ids = |name| optional(object, name, |value| list(value, file_id));
    let mut all = ids("attachmentIds")?.unwrap_or_default();
    all.extend(ids("descriptionAttachmentIds")?.unwrap_or_default());
    Ok(all)
}

/// A user, named by login, by uid, or by an object with one of them.
///
/// # Errors
/// When it names nobody.
pub fn user(value: &Value, world: &World) -> Read<Arc<User>> {
    let name = named(value, &["id", "uid", "login"]).ok_or(Problem::Not(Expected::User))?;
    world.users().find(&name).cloned().map_err(|_| Problem::Unknown(name))
}

/// A queue, named by key, by id, or by an object with one of them.
///
/// # Errors
/// When it names none.
pub fn queue(value: &Value, world: &World) -> Read<Arc<Queue>> {
    let name = named(value, &["key", "id"]).ok_or(Problem::Not(Expected::Queue))?;
    world.find_queue(&name).cloned().map_err(|_| Problem::Unknown(name))
}

/// The name in a value: a string, a number, or an object's first of `keys`.
#[must_use]
pub fn named(value: &Value, keys: &[&str]) -> Option<String> {
    match value {
        Value::Object(object) => keys.iter().find_map(|key| object.get(*key).and_then(scalar)),
        Value::String(_) | Value::Number(_) | Value::Null | Value::Bool(_) | Value::Array(_) => scalar(value),
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A list that is given whole, or changed by `add`, `remove`, `replace` and `set` (reference page common-format).
///
/// # Errors
/// When it is neither, and what `read` finds in its items.
pub fn changed_list<T: Clone>(
    value: &Value,
    current: &[T],
    same: impl Fn(&T, &T) -> bool,
    read: impl Fn(&Value) -> Read<T>,
) -> Read<Vec<T>> {
    let Some(operators) = value.as_object() else { return list(value, read) };
    let items = |operator: &str| match operators.get(operator) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => items.iter().map(&read).collect::<Read<Vec<_>>>().map(Some),
        Some(item) => read(item).map(|item| Some(vec![item])),
    };
    if operators.keys().any(|operator| !["add", "remove", "replace", "set"].contains(&operator.as_str())) {
        return Err(Problem::Not(Expected::List));
    }
    let mut result = items("set")?.unwrap_or_else(|| current.to_vec());
    let removed = items("remove")?.unwrap_or_default();
    result.retain(|item| !removed.iter().any(|other| same(item, other)));
    let replacements = match operators.get("replace") {
        None | Some(Value::Null) => &[],
        Some(value) => value.as_array().ok_or(Problem::Not(Expected::List))?.as_slice(),
    };
    for change in replacements {
        let part = |name: &str| read(change.get(name).unwrap_or(&Value::Null));
        let (target, replacement) = (part("target")?, part("replacement")?);
        for item in result.iter_mut().filter(|item| same(item, &target)) {
            *item = replacement.clone();
        }
    }
    for item in items("add")?.unwrap_or_default() {
        if !result.iter().any(|other| same(other, &item)) {
            result.push(item);
        }
    }
    Ok(result)
}

/// A list of users, given whole or changed.
///
/// # Errors
/// When it is neither, or an item names nobody.
pub fn changed_users(value: &Value, current: &[Arc<User>], world: &World) -> Read<Vec<Arc<User>>> {
    changed_list(value, current, |one, other| one.uid == other.uid, |item| user(item, world))
}

/// A list of texts, given whole or changed.
///
/// # Errors
/// When it is neither, or an item is no text.
pub fn changed_texts(value: &Value, current: &[String]) -> Read<Vec<String>> {
    changed_list(value, current, |one, other| one == other, text)
}
