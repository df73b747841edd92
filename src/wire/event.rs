//! The history of an entity as the API describes it (reference page get-events-relative).

use schemars::JsonSchema;
use serde::Serialize;

use super::{Links, UserRef, absent_not_null};
use crate::domain::{Event, EventId, EventKind, FieldChange, FieldName, Text, Timestamp};

const CREATED: Text = Text::new("Issue created", "Задача создана");
const UPDATED: Text = Text::new("Issue updated", "Задача обновлена");
const COMMENT_ADDED: Text = Text::new("Comment added", "Комментарий добавлен");
const FILE_ADDED: Text = Text::new("File added", "Файл добавлен");
const FILE_REMOVED: Text = Text::new("File removed", "Файл удалён");
const COMMENT_TEXT: Text = Text::new("Comment text", "Текст комментария");
const ATTACHMENTS: Text = Text::new("Attachments", "Вложения");

built! {
    /// An event in an answer.
    #[schemars(rename = "Event")]
    pub(crate) struct EventBody<'a>;
    /// Describes an event. `transport` is the version of the request's own path.
    pub(crate) fn new(event: &'a Event, links: &'a Links) {
        let file = |diff| ChangeBody::new(diff, "issue.attachments", ATTACHMENTS.of(links.language));
        let (display, changes) = match &event.kind {
            EventKind::Created => (CREATED, Vec::new()),
            EventKind::Updated(fields) => {
                (UPDATED, fields.iter().map(|change| ChangeBody::of_field(change, links)).collect())
            }
            EventKind::CommentAdded { text, files, summonees } => {
                let mut comment = ChangeBody::new(diff("", text), "comment.text", COMMENT_TEXT.of(links.language));
                comment.comment_url = Some("");
                comment.field.email = Some(());
                comment.field.added_summonees = summonees.iter().map(|user| UserRef::new(user, links)).collect();
                let added = files.iter().map(|name| file(diff("", name.as_str())));
                let display = if files.is_empty() { COMMENT_ADDED } else { FILE_ADDED };
                (display, std::iter::once(comment).chain(added).collect())
            }
            EventKind::FileAdded(_, name) => (FILE_ADDED, vec![file(diff("", name.as_str()))]),
            EventKind::FileRemoved(_, name) => (FILE_REMOVED, vec![file(diff(name.as_str(), ""))]),
        };
    }
    id: EventId = event.id,
    author: UserRef<'a> = UserRef::new(&event.actor, links),
    date: Timestamp = event.at,
    transport: &'static str = links.version.as_str(),
    display: &'static str = display.of(links.language),
    changes: Vec<ChangeBody<'a>> = changes,
}

built! {
    #[schemars(rename = "Change", transform = absent_not_null)]
    struct ChangeBody<'a>;
    fn new(diff: String, id: &'a str, display: &'a str) {
        let field = ChangedFieldBody { id, display, added_summonees: Vec::new(), email: None };
    }
    diff: String = diff,
    field: ChangedFieldBody<'a> = field,
    ?comment_url: &'static str = None,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ChangedField", transform = absent_not_null)]
struct ChangedFieldBody<'a> {
    id: &'a str,
    display: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    added_summonees: Vec<UserRef<'a>>,
    /// Always null, and of the text of a comment only.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<()>,
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

impl<'a> ChangeBody<'a> {
    /// A field that the fixtures alone know is called as they call it.
    fn of_field(change: &'a FieldChange, links: &Links) -> Self {
        let known = FieldName::parse(&change.field).map(|field| field.title().of(links.language));
        Self::new(diff(&change.from, &change.to), &change.field, known.unwrap_or(&change.field))
    }
}

fn diff(from: &str, to: &str) -> String {
    let part = |tag: &str, text: &str| if text.is_empty() { String::new() } else { format!("<{tag}>{text}</{tag}>") };
    part("removed", from) + &part("added", to)
}
