//! The history of an entity as the API describes it (reference page get-events-relative).

use schemars::JsonSchema;
use serde::Serialize;

use super::links::Links;
use super::schema::absent_not_null;
use super::user::UserRef;
use crate::domain::clock::Timestamp;
use crate::domain::history::{Event, EventKind, FieldChange};
use crate::domain::ids::EventId;

/// An event in an answer.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Event")]
pub(crate) struct EventBody<'a> {
    id: EventId,
    author: UserRef<'a>,
    date: Timestamp,
    transport: &'a str,
    display: &'static str,
    changes: Vec<ChangeBody>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Change", transform = absent_not_null)]
struct ChangeBody {
    diff: String,
    field: ChangedFieldBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment_url: Option<&'static str>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ChangedField")]
struct ChangedFieldBody {
    id: String,
    display: String,
}

/// Events of an entity from one on.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventsPart<'a> {
    /// The events.
    pub events: Vec<EventBody<'a>>,
    /// Whether more follow.
    pub has_next: bool,
    /// Whether some come before.
    pub has_prev: bool,
}

impl<'a> EventBody<'a> {
    /// Describes an event. `transport` is the version of the request's own path.
    pub(crate) fn new(event: &'a Event, transport: &'a str, links: &'a Links) -> Self {
        let (display, changes) = match &event.kind {
            EventKind::Created => ("Issue created", Vec::new()),
            EventKind::Updated(fields) => {
                let change = |change: &FieldChange| {
                    ChangeBody::new(diff(&change.from, &change.to), &change.field, &display_name(&change.field))
                };
                ("Issue updated", fields.iter().map(change).collect())
            }
            EventKind::CommentAdded(text, files) => {
                let mut comment = ChangeBody::new(diff("", text), "comment.text", "Comment text");
                comment.comment_url = Some("");
                let display = if files.is_empty() { "Comment added" } else { "File added" };
                let added = files.iter().map(|name| ChangeBody::file(diff("", name.as_str())));
                (display, std::iter::once(comment).chain(added).collect())
            }
            EventKind::FileAdded(_, name) => ("File added", vec![ChangeBody::file(diff("", name.as_str()))]),
            EventKind::FileRemoved(_, name) => ("File removed", vec![ChangeBody::file(diff(name.as_str(), ""))]),
        };
        let author = UserRef::full(&event.actor, links);
        Self { id: event.id, author, date: event.at, transport, display, changes }
    }
}

impl ChangeBody {
    fn new(diff: String, field: &str, display: &str) -> Self {
        let field = ChangedFieldBody { id: field.to_owned(), display: display.to_owned() };
        Self { diff, field, comment_url: None }
    }

    fn file(diff: String) -> Self {
        Self::new(diff, "issue.attachments", "Attachments")
    }
}

/// What people call a field: `teamUsers` has a name of its own, the others are read as they are spelt.
fn display_name(field: &str) -> String {
    if field == "teamUsers" {
        return "Members".to_owned();
    }
    let mut name = String::with_capacity(field.len() + 2);
    for (index, character) in field.chars().enumerate() {
        match character {
            first if index == 0 => name.extend(first.to_uppercase()),
            capital if capital.is_uppercase() => {
                name.push(' ');
                name.extend(capital.to_lowercase());
            }
            other => name.push(other),
        }
    }
    name
}

fn diff(from: &str, to: &str) -> String {
    let part = |tag: &str, text: &str| if text.is_empty() { String::new() } else { format!("<{tag}>{text}</{tag}>") };
    part("removed", from) + &part("added", to)
}
