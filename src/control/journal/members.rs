//! The members of JSON bodies that no document has.

use super::deviation::{Deviation, FindingKind, first_of, hint, shortened_name};
use super::record::Record;
use crate::api::Operation;
use crate::domain::IssueField;
use crate::wire::{Json, mark_bytes};

/// For each operation that takes JSON the members of its body, as `docs/openapi.json` has them. A star stands for any
/// further ones. What may hold anything has no members here.
const MEMBERS: &str = include_str!("members.txt");

/// A star among the members.
const ANY: &str = "*";

/// What is the same from here on is longer than a slip.
const LONG_NAME_BYTES: usize = 8;

/// The members of a body, if it was kept whole, that its operation does not have, or that are there twice: then the
/// others are not looked at.
pub(super) fn deviations(record: &Record) -> Vec<Deviation> {
    let body = record.body.as_ref().filter(|body| body.bytes == body.start.len());
    let (Some(operation), Some(body)) = (record.operation, body) else { return Vec::new() };
    let line = MEMBERS.lines().find_map(|line| line.strip_prefix(operation.name)?.strip_prefix(' '));
    let Some(line) = line else { return Vec::new() };
    let known: Vec<&str> = line.split(' ').collect();
    let mut unknown = Vec::new();
    match serde_json::from_slice(&body.start[mark_bytes(&body.start)..]) {
        Ok(json) => look(&known, &json, "", &mut unknown),
        // Whatever else is wrong is a matter of syntax, and was refused.
        Err(error) if error.is_data() => return vec![repeated(&error)],
        Err(_) => {}
    }
    first_of(unknown.iter().map(|path| deviation(operation, &known, path)), unknown.len(), "members")
}

/// Lists do not show in paths.
fn look(known: &[&str], json: &Json<'_>, at: &str, unknown: &mut Vec<String>) {
    match json {
        Json::List(items) => items.iter().for_each(|item| look(known, item, at, unknown)),
        Json::Object(members) => {
            let siblings: Vec<&str> = siblings(known, at).collect();
            for (name, value) in members {
                let path = if at.is_empty() { name.to_string() } else { format!("{at}.{name}") };
                if siblings.contains(&&**name) {
                    look(known, value, &path, unknown);
                } else if !siblings.is_empty() && (!siblings.contains(&ANY) || is_slip(name, &siblings)) {
                    unknown.push(path);
                }
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) => {}
    }
}

/// The members of what is at a path.
fn siblings<'a>(known: &[&'a str], at: &str) -> impl Iterator<Item = &'a str> {
    let below = move |path: &'a str| if at.is_empty() { Some(path) } else { path.strip_prefix(at)?.strip_prefix('.') };
    known.iter().filter_map(move |path| below(path).filter(|name| !name.contains('.')))
}

/// Whether a name is most likely a misspelt known one, although it could be that of a field.
fn is_slip(name: &str, known: &[&str]) -> bool {
    let given = shortened_name(name).to_lowercase();
    let is_near = |known: &&str| {
        let most = if known.len() < LONG_NAME_BYTES { 1 } else { 2 };
        strsim::osa_distance(&given, &known.to_lowercase()) <= most
    };
    !IssueField::all().iter().any(|field| field.key == name) && known.iter().any(is_near)
}

fn deviation(operation: &Operation, known: &[&str], path: &str) -> Deviation {
    let (at, name) = path.rsplit_once('.').unwrap_or(("", path));
    let siblings: Vec<&str> = siblings(known, at).filter(|name| *name != ANY).collect();
    let (shown, hint) = (shortened_name(path), hint(shortened_name(name), &siblings));
    Deviation {
        kind: FindingKind::UnknownMember,
        message: format!("The member {shown:?} of the body is not documented for {}; {hint}", operation.name),
        rule: "section 1, JSON: members that a body does not have are ignored",
    }
}

fn repeated(error: &serde_json::Error) -> Deviation {
    Deviation {
        kind: FindingKind::RepeatedMember,
        message: format!("In the body, {error}; the last one counted."),
        rule: "section 1, JSON: names in an object are unique (RFC 8259)",
    }
}
