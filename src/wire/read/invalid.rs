//! What is wrong with a value of a JSON document, and where it is.

use std::fmt::{self, Display};

use serde::de::{Error, Expected, Unexpected};

/// A message about an unknown name lists the known ones up to this number.
pub(crate) const MAX_LISTED: usize = 12;

/// A value that a document must not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}{colon}{problem}", colon = if path.is_empty() { "" } else { ": " })]
pub struct InvalidValue {
    /// Where it is, for instance `rules[0].match.operation`; empty for the whole document.
    pub path: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The document is not JSON.
    NotJson(String),
    /// A member is required and missing.
    Missing,
    /// The value is of another type or form.
    Type {
        /// What it must be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// A name that is none of the known ones.
    Name {
        /// The name.
        given: String,
        /// All known names.
        known: Vec<String>,
    },
    /// It names something that does not exist.
    NotFound(String),
    /// Anything else, as a sentence.
    Other(String),
}

impl InvalidValue {
    /// The value at `path` is wrong for the reason that `sentence` gives.
    pub fn new(path: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { path: path.into(), problem: Problem::Other(sentence.into()) }
    }

    /// The value at `path` is none of the `known` names.
    pub fn name<K: ToString>(path: impl Into<String>, given: &str, known: impl IntoIterator<Item = K>) -> Self {
        let known = known.into_iter().map(|name| name.to_string()).collect();
        Self { path: path.into(), problem: Problem::Name { given: shortened(given), known } }
    }

    /// The value at `path` must be what is `expected`, and is this text.
    pub(crate) fn expected(path: impl Into<String>, expected: &str, given: &str) -> Self {
        Self { path: path.into(), ..Self::invalid_type(Unexpected::Str(given), &expected) }
    }

    /// The value at `path` is not what is `expected`.
    pub fn not_expected(path: &str, expected: &str, found: String) -> Self {
        Self { path: path.to_owned(), problem: Problem::Type { expected: expected.to_owned(), found } }
    }

    /// The member at `path` is missing.
    pub fn missing(path: impl Into<String>) -> Self {
        Self { path: path.into(), problem: Problem::Missing }
    }

    /// The value names something that does not exist.
    pub fn not_found(name: String) -> Self {
        Self { path: String::new(), problem: Problem::NotFound(name) }
    }

    /// The document is not JSON.
    pub fn not_json(reason: impl Display) -> Self {
        Self { path: String::new(), problem: Problem::NotJson(reason.to_string()) }
    }

    /// The same value, seen from one level further out: `step` is the name of a member, or `[0]` for an item.
    pub fn within(self, step: &str) -> Self {
        Self { path: joined(step, &self.path), problem: self.problem }
    }

    /// The same problem, of the value at `path`.
    pub fn at(self, path: &str) -> Self {
        Self { path: path.to_owned(), problem: self.problem }
    }
}

/// The path that leads through `step` to `rest`.
pub(crate) fn joined(step: &str, rest: &str) -> String {
    let dot = if rest.is_empty() || rest.starts_with('[') { "" } else { "." };
    format!("{}{dot}{rest}", shortened(step))
}

/// The known name that is most similar to the given one, if any is similar.
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 256;
    let given = Some(given.to_lowercase()).filter(|given| given.len() <= LONGEST)?;
    let likeness = |name: &str| {
        let name = name.to_lowercase();
        // Of short names, two letters that changed places leave little that is alike.
        let is_slip = given.len() > 2 && strsim::osa_distance(&given, &name) < 2;
        if is_slip { 1.0 } else { strsim::jaro_winkler(&given, &name) }
    };
    let scored = known.into_iter().map(|name| (name, likeness(name)));
    let best = scored.max_by(|(_, one), (_, other)| one.total_cmp(other));
    best.filter(|(_, likeness)| *likeness >= 0.75).map(|(name, _)| name)
}

/// As a sentence.
impl Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson(reason) => write!(f, "This is not JSON: {reason}."),
            Self::Missing => f.write_str("A value is required."),
            Self::Type { expected, found } => write!(f, "The value must be {expected}, not {found}."),
            Self::Name { given, known } => {
                write!(f, "{given:?} is not known here.")?;
                if let Some(meant) = nearest(given, known.iter().map(String::as_str)) {
                    write!(f, " Did you mean {meant}?")?;
                }
                if (1..=MAX_LISTED).contains(&known.len()) {
                    write!(f, " Known: {}.", known.join(", "))?;
                }
                Ok(())
            }
            Self::NotFound(name) => write!(f, "{name:?} does not exist."),
            Self::Other(sentence) => f.write_str(sentence),
        }
    }
}

impl Error for InvalidValue {
    fn custom<T: Display>(message: T) -> Self {
        Self::new("", message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let problem = Problem::Type { expected: type_name(&expected.to_string()), found: shown(found) };
        Self { path: String::new(), problem }
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
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "an object".to_owned(),
        Unexpected::Char(_)
        | Unexpected::Bytes(_)
        | Unexpected::Option
        | Unexpected::NewtypeStruct
        | Unexpected::Enum
        | Unexpected::UnitVariant
        | Unexpected::NewtypeVariant
        | Unexpected::TupleVariant
        | Unexpected::StructVariant
        | Unexpected::Other(_) => found.to_string(),
    }
}

/// The beginning of a text: an error message repeats what a client sent, but not a megabyte of it.
pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(100) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
