//! Parameters of operations, and those that several share.

use crate::api::{COMMENT_EXPAND, ENTITY_EXPAND, ISSUE_EXPAND, MAX_PAGE, MAX_PER_PAGE};
use crate::wire::ShownField;

/// A segment of the path, a parameter of the query, or a header.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) kind: Kind,
    pub(crate) presence: Presence,
    pub(crate) evidence: Evidence,
    /// A value that works in the embedded world.
    pub(crate) example: Option<&'static str>,
}

/// How it is known that an operation or a parameter exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// A page of the public reference, what answers show, or what clients send.
    Public,
    /// Nothing public has this path, but something like it.
    Decision,
}

/// Whether a request may do without a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Optional,
    Required,
}

/// The values that a parameter takes.
#[derive(Debug)]
pub(crate) enum Kind {
    /// `true` or `false` in any letter case.
    Boolean { default: bool },
    /// Members of a known list, with commas or repeated.
    List { known: &'static [&'static str] },
    /// Any names, with commas or repeated.
    Names,
    /// One of these.
    OneOf { known: &'static [&'static str] },
    /// From 1 to `max`; `default` is what its absence means.
    Positive { max: u64, default: Option<u64> },
    /// A whole number, 0 included.
    Number,
    /// Any text.
    Text,
    /// A text that fits this regular expression.
    Pattern(&'static str),
    /// The name of a file.
    FileName,
    /// `YYYY-MM-DDThh:mm:ss.sss+0000`.
    Timestamp,
    /// Anything: the reference knows the parameter, or clients send it, and it changes nothing here.
    Ignored,
}

impl Kind {
    /// Whether the parameter has any effect.
    pub(crate) fn is_read(&self) -> bool {
        !matches!(self, Self::Ignored)
    }

    /// The values that the documents list; none where any will do.
    pub(crate) fn known_values(&self) -> &'static [&'static str] {
        if let Self::Boolean { .. } = self {
            return &["true", "false"];
        }
        if let Self::List { known } | Self::OneOf { known } = self { known } else { &[] }
    }
}

impl Parameter {
    /// An optional one.
    pub(crate) const fn new(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, about, kind, presence: Presence::Optional, evidence: Evidence::Public, example: None }
    }

    /// Whether a request means it by this name. Braces in its own name stand for any text.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        match self.name.split_once('{') {
            Some((prefix, _)) => name.starts_with(prefix),
            None => self.name == name,
        }
    }

    pub(crate) const fn required(self) -> Self {
        Self { presence: Presence::Required, ..self }
    }

    pub(crate) const fn example(self, example: &'static str) -> Self {
        Self { example: Some(example), ..self }
    }

    /// Marks a parameter that no page of the reference has.
    pub(crate) const fn decision(self) -> Self {
        Self { evidence: Evidence::Decision, ..self }
    }

    pub(crate) const fn segment(name: &'static str, about: &'static str, example: &'static str) -> Self {
        Self::new(name, Kind::Text, about).required().example(example)
    }
}

// Segments of paths.
pub(crate) const ENTITY_TYPE: Parameter =
    Parameter::new("type", Kind::OneOf { known: &["project", "portfolio", "goal"] }, "The type of the entity.")
        .required()
        .example("project");
pub(crate) const ENTITY_ID: Parameter =
    Parameter::segment("id", "The id of the entity, or its shortId.", "6586d6fee2b9ef74e69df1ef");
pub(crate) const ISSUE_KEY: Parameter = Parameter::segment("key", "The key of the issue, or its id.", "JUNE-2");
pub(crate) const ISSUE_COMMENT: Parameter = Parameter::segment("id", "The number of the comment, or its longId.", "1");

// Parameters of queries.
pub(crate) const FILE_NAME: Parameter =
    Parameter::new("filename", Kind::FileName, "The name of the file, in place of the one that it has.");
pub(crate) const NOTIFY: Parameter = Parameter::new(
    "notify",
    Kind::Boolean { default: true },
    "Whether those in author, lead, teamUsers, clients and followers are told.",
);
pub(crate) const NOTIFY_AUTHOR: Parameter =
    Parameter::new("notifyAuthor", Kind::Boolean { default: false }, "Whether who makes the change is told.");
pub(crate) const ADD_TO_FOLLOWERS: Parameter =
    Parameter::new("isAddToFollowers", Kind::Ignored, "Accepted, without effect.");
pub(crate) const FIELDS: Parameter =
    Parameter::new("fields", Kind::List { known: ShownField::NAMES }, "The fields that the answer shows.");
pub(crate) const FIELDS_OF_LINKED: Parameter =
    Parameter::new("fields", Kind::List { known: ShownField::NAMES_OF_LINKED }, "What is shown of the other ones.");
pub(crate) const EXPAND_ENTITY: Parameter =
    Parameter::new("expand", Kind::List { known: &ENTITY_EXPAND }, "What else the answer shows.");
pub(crate) const EXPAND_COMMENT: Parameter =
    Parameter::new("expand", Kind::List { known: &COMMENT_EXPAND }, "What else the answer shows.");
pub(crate) const EXPAND_ISSUE: Parameter =
    Parameter::new("expand", Kind::List { known: &ISSUE_EXPAND }, "What else the answer shows.");
pub(crate) const PAGE: Parameter =
    Parameter::new("page", Kind::Positive { max: MAX_PAGE as u64, default: Some(1) }, "Which page, from 1.");
pub(crate) const PER_PAGE: Parameter =
    Parameter::new("perPage", Kind::Positive { max: MAX_PER_PAGE as u64, default: Some(50) }, "How many a page holds.");
pub(crate) const FROM: Parameter =
    Parameter::new("from", Kind::Text, "The id after which the list begins; not with selected.");
pub(crate) const SELECTED: Parameter =
    Parameter::new("selected", Kind::Text, "The id that the list is around; not with from.");
pub(crate) const DIRECTION: Parameter = Parameter::new(
    "direction",
    Kind::OneOf { known: &["forward", "backward"] },
    "backward turns the order of the list around.",
);
pub(crate) const VERSION: Parameter =
    Parameter::new("version", Kind::Number, "The version that the client knows; another than the present one: 412.");

// Headers.
pub(crate) const IF_MATCH: Parameter = Parameter::new(
    "If-Match",
    Kind::Pattern(r#"^(\*|(W/)?("\d{1,18}"|\d{1,18}))$"#),
    "As ?version=, which comes first.",
);

pub(crate) const FILE_ID: Parameter = Parameter::segment("fileId", "The id of the file.", "4");

const RANGE: Parameter =
    Parameter::new("Range", Kind::Text, "Which bytes; no byte of the file: 416. What is no single range is ignored.");

const IF_RANGE: Parameter =
    Parameter::new("If-Range", Kind::Text, "The ETag of what Range is about; a time is another.");

const IF_NONE_MATCH: Parameter = Parameter::new("If-None-Match", Kind::Text, "The ETags that the client has: 304.");

const IF_MODIFIED_SINCE: Parameter =
    Parameter::new("If-Modified-Since", Kind::Text, "When the client got the file: 304.");

const IF_FILE_MATCHES: Parameter =
    Parameter::new("If-Match", Kind::Text, "The ETags that the client wants; another file: 412.");

const IF_UNMODIFIED_SINCE: Parameter =
    Parameter::new("If-Unmodified-Since", Kind::Text, "When the file was not younger; a younger one: 412.");

pub(crate) const CONDITIONS: &[Parameter] =
    &[RANGE, IF_RANGE, IF_FILE_MATCHES, IF_UNMODIFIED_SINCE, IF_NONE_MATCH, IF_MODIFIED_SINCE];
