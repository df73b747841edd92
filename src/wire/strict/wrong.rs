//! What is wrong with a value, and where it stands.

use std::fmt::{self, Display};

use serde::de::{Error, Expected, Unexpected};

/// A value that a body must not have, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// For instance `rules[0].match.operation`; empty for the whole body.
    pub path: String,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The body is not JSON.
    NotJson(String),
    /// A member is required and missing.
    Missing,
    /// A value of another type.
    Type {
        /// What it must be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// A name that is none of the known ones.
    Name {
        /// As given.
        given: String,
        /// All that there are.
        known: Vec<String>,
    },
    /// Anything else, as a sentence.
    Other(String),
}

impl Wrong {
    /// The value at `path` is wrong for a reason of its own, which is told as a sentence.
    #[must_use]
    pub fn new(path: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { path: path.into(), problem: Problem::Other(sentence.into()) }
    }

    /// The value at `path` is none of the `known` names.
    #[must_use]
    pub fn name<K: ToString>(path: impl Into<String>, given: &str, known: impl IntoIterator<Item = K>) -> Self {
        let known = known.into_iter().map(|name| name.to_string()).collect();
        Self { path: path.into(), problem: Problem::Name { given: shortened(given), known } }
    }

    /// The member at `path` is missing.
    #[must_use]
    pub fn missing(path: impl Into<String>) -> Self {
        Self { path: path.into(), problem: Problem::Missing }
    }

    /// The same of something inside `step`, a member's name or `[0]`.
    #[must_use]
    pub fn within(mut self, step: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{}{dot}{}", shortened(step), self.path);
        self
    }

    /// The same in other words of what the value must be.
    pub(super) fn expecting(mut self, words: String) -> Self {
        if let Problem::Type { expected, .. } = &mut self.problem {
            *expected = words;
        }
        self
    }

    pub(super) fn of(problem: Problem) -> Self {
        Self { path: String::new(), problem }
    }
}

/// The known name that is most like the given one, if any is.
#[must_use]
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase();
    let scored = known.into_iter().map(|name| (name, strsim::jaro_winkler(&given, &name.to_lowercase())));
    let best = scored.max_by(|(_, one), (_, other)| one.total_cmp(other));
    best.filter(|(_, likeness)| *likeness >= 0.7).map(|(name, _)| name)
}

impl Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        match &self.problem {
            Problem::NotJson(reason) => write!(f, "not valid JSON: {reason}"),
            Problem::Missing => f.write_str("a value is required"),
            Problem::Type { expected, found } => write!(f, "must be {expected}, not {found}"),
            Problem::Name { given, known } => write!(f, "{given:?} is none of {}", known.join(", ")),
            Problem::Other(sentence) => f.write_str(sentence),
        }
    }
}

impl std::error::Error for Wrong {}

impl Error for Wrong {
    fn custom<T: Display>(message: T) -> Self {
        Self::new("", message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::of(Problem::Type { expected: type_name(&expected.to_string()), found: shown(found) })
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn unknown_variant(given: &str, known: &'static [&'static str]) -> Self {
        Self::name("", given, known)
    }

    fn unknown_field(given: &str, known: &'static [&'static str]) -> Self {
        Self::name("", given, known)
    }

    fn missing_field(name: &'static str) -> Self {
        Self::missing(name)
    }
}

/// What serde calls a type, in the words of JSON.
fn type_name(expected: &str) -> String {
    let name = match expected {
        "u64" | "usize" => "a whole number from 0 up",
        "u32" => "a whole number from 0 to 4294967295",
        "u16" => "a whole number from 0 to 65535",
        "u8" => "a whole number from 0 to 255",
        "i64" | "i32" => "a whole number",
        "f64" | "f32" => "a number",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "an object",
        "newtype variant" | "struct variant" => "an object with this name as its member",
        other if other.starts_with("struct ") => "an object",
        other => other,
    };
    name.to_owned()
}

fn shown(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(value) => value.to_string(),
        Unexpected::Unsigned(value) => value.to_string(),
        Unexpected::Signed(value) => value.to_string(),
        Unexpected::Float(value) => value.to_string(),
        Unexpected::Str(text) => format!("{:?}", shortened(text)),
        Unexpected::Unit => "null".to_owned(),
        Unexpected::UnitVariant => "the name alone".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "an object".to_owned(),
        Unexpected::Char(_)
        | Unexpected::Bytes(_)
        | Unexpected::Option
        | Unexpected::NewtypeStruct
        | Unexpected::Enum
        | Unexpected::NewtypeVariant
        | Unexpected::TupleVariant
        | Unexpected::StructVariant
        | Unexpected::Other(_) => found.to_string(),
    }
}

/// What a client sent is repeated to it, but not by the megabyte.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(100) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
