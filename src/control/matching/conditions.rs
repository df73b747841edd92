//! The conditions on a request, checked, and the facts about a request that they are compared with.

use std::borrow::Cow;
use std::fmt;

use axum::http::{HeaderName, Method};
use serde_json::Value;

use super::body::{HEADER_PREFIX, JSON_PREFIX, MatchBody, NamedTexts, OneOrMore, QUERY_PREFIX};
use super::head::RequestHead;
use super::pattern::{MAX_BYTES, PathPattern, Pattern, PatternError, decoded_segments};
use super::status::StatusMatch;
use crate::api::{KEPT_BYTES, Operation, PartRecord, by_name, closest_path, documented_paths, operations};
use crate::domain::User;
use crate::wire::{InvalidValue, mark_bytes};

pub(in crate::control) const NO_HEADER_NAME: &str = "A header cannot have this name. Use letters, digits and hyphens.";

/// How many names a list may have.
const MAX_NAMES: usize = 100;
/// How many parameters, headers and members of JSON may each be asked for.
const MAX_NAMED: usize = 16;

const METHODS: [Method; 9] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
    Method::CONNECT,
    Method::TRACE,
];

/// The facts about a request that conditions are compared with, as far as they are known.
pub(in crate::control) trait Matchable {
    fn operation(&self) -> Option<&'static Operation>;
    fn head(&self) -> &RequestHead;
    fn actor(&self) -> Option<&User>;
    /// The names of the file that it is about.
    fn file_names(&self) -> Vec<String>;
    /// Its body, if that is short, and JSON.
    fn json(&self) -> Option<Cow<'_, Value>>;
    /// Of its form.
    fn parts(&self) -> impl Iterator<Item = &PartRecord>;
    /// The status of its answer.
    fn status(&self) -> Option<u16>;
}

/// The JSON of a body that came whole; `None` for a long one.
pub(in crate::control) fn short_json(body: &[u8]) -> Option<Value> {
    let body = Some(body).filter(|body| body.len() <= KEPT_BYTES)?;
    serde_json::from_slice(&body[mark_bytes(body)..]).ok()
}

/// Conditions that a request must meet, all of them.
#[derive(Clone, Debug, Default)]
pub(in crate::control) struct Conditions(Vec<Condition>);

/// One of them.
#[derive(Clone, Debug)]
pub(in crate::control) enum Condition {
    Operation(Vec<&'static str>),
    Method(Vec<Method>),
    Path(PathPattern),
    File(Pattern),
    Query(String, Pattern),
    Header(HeaderName, Pattern),
    Json(String, Member),
    Actor(Pattern),
    Part(Pattern),
    /// Its type, and the pattern of its name if that is asked for too.
    PartType(Pattern, Option<Pattern>),
    /// That of the answer.
    Status(StatusMatch),
}

/// What a member of JSON must be.
#[derive(Clone, Debug)]
pub(in crate::control) enum Member {
    Text(Pattern),
    Equal(Value),
}

impl Conditions {
    /// Reads the conditions but for that on the time. Fails at the first that cannot be, with its place.
    pub(in crate::control) fn read(body: &MatchBody) -> Result<Self, InvalidValue> {
        let mut all = Vec::new();
        let pattern = |name: &str, text: &Option<String>| {
            text.as_deref().map(|text| read_pattern(text).map_err(|wrong| wrong.within(name))).transpose()
        };
        all.extend(each("operation", body.operation.as_ref(), read_operation)?.map(Condition::Operation));
        all.extend(each("method", body.method.as_ref(), read_method)?.map(Condition::Method));
        let path = body.path.as_deref().map(|text| read_path(text).map_err(|wrong| wrong.within("path")));
        all.extend(path.transpose()?.map(Condition::Path));
        all.extend(pattern("file", &body.file)?.map(Condition::File));
        for (name, text, place) in named("query", &body.query)? {
            let pattern = read_pattern(text).map_err(|wrong| wrong.within(&place).within("query"))?;
            all.push(Condition::Query(name.to_owned(), pattern));
        }
        for (name, text, place) in named("header", &body.header)? {
            let within = |wrong: InvalidValue| wrong.within(&place).within("header");
            let name = name.parse().map_err(|_| within(InvalidValue::new("", NO_HEADER_NAME)))?;
            all.push(Condition::Header(name, read_pattern(text).map_err(within)?));
        }
        check_count("json", body.json.len())?;
        for (pointer, value) in &body.json {
            let member = Member::read(pointer, value).map_err(|wrong| wrong.within(pointer).within("json"))?;
            all.push(Condition::Json(pointer.clone(), member));
        }
        all.extend(pattern("actor", &body.actor)?.map(Condition::Actor));
        let part = pattern("part", &body.part)?;
        all.extend(part.clone().map(Condition::Part));
        all.extend(pattern("partType", &body.part_type)?.map(|kind| Condition::PartType(kind, part)));
        all.extend(body.status.map(Condition::Status));
        Ok(Self(all))
    }

    pub(in crate::control) fn iter(&self) -> impl Iterator<Item = &Condition> {
        self.0.iter()
    }

    /// Those that a request does not meet.
    pub(in crate::control) fn failing<'a>(&'a self, request: &impl Matchable) -> impl Iterator<Item = &'a Condition> {
        self.0.iter().filter(|condition| !condition.holds(request))
    }

    /// Whether requests for an operation may meet them.
    pub(in crate::control) fn admit(&self, operation: &Operation) -> bool {
        self.0.iter().all(|condition| match condition {
            Condition::Operation(names) => names.contains(&operation.name),
            Condition::Method(methods) => methods.iter().any(|method| method == operation.method),
            Condition::Path(_)
            | Condition::File(_)
            | Condition::Query(..)
            | Condition::Header(..)
            | Condition::Json(..)
            | Condition::Actor(_)
            | Condition::Part(_)
            | Condition::PartType(..)
            | Condition::Status(_) => true,
        })
    }
}

impl Condition {
    /// As it is written.
    pub(in crate::control) fn name(&self) -> Cow<'static, str> {
        match self {
            Self::Operation(_) => "operation".into(),
            Self::Method(_) => "method".into(),
            Self::Path(_) => "path".into(),
            Self::File(_) => "file".into(),
            Self::Query(name, _) => format!("{QUERY_PREFIX}{name}").into(),
            Self::Header(name, _) => format!("{HEADER_PREFIX}{name}").into(),
            Self::Json(pointer, _) => format!("{JSON_PREFIX}{pointer}").into(),
            Self::Actor(_) => "actor".into(),
            Self::Part(_) => "part".into(),
            Self::PartType(..) => "partType".into(),
            Self::Status(_) => "status".into(),
        }
    }

    fn holds(&self, request: &impl Matchable) -> bool {
        match self {
            Self::Operation(names) => request.operation().is_some_and(|operation| names.contains(&operation.name)),
            Self::Method(methods) => methods.contains(&request.head().method),
            Self::Status(wanted) => wanted.matches(request.status()),
            Self::Json(pointer, Member::Equal(wanted)) => {
                request.json().is_some_and(|json| json.pointer(pointer) == Some(wanted))
            }
            Self::Path(pattern) => self.values(request).iter().any(|path| pattern.matches(&decoded_segments(path))),
            Self::PartType(pattern, _) => {
                let essence = |kind: &str| kind.split(';').next().unwrap_or_default().trim().to_owned();
                self.values(request).iter().any(|kind| pattern.matches(kind) || pattern.matches(&essence(kind)))
            }
            Self::File(pattern)
            | Self::Query(_, pattern)
            | Self::Header(_, pattern)
            | Self::Json(_, Member::Text(pattern))
            | Self::Actor(pattern)
            | Self::Part(pattern) => self.values(request).iter().any(|value| pattern.matches(value)),
        }
    }

    /// The values of a request that this condition is compared with.
    pub(in crate::control) fn values(&self, request: &impl Matchable) -> Vec<String> {
        let parts = request.parts();
        match self {
            Self::Operation(_) => request.operation().map(|operation| operation.name.to_owned()).into_iter().collect(),
            Self::Method(_) => vec![request.head().method.to_string()],
            Self::Status(_) => request.status().map(|status| status.to_string()).into_iter().collect(),
            Self::Path(_) => vec![request.head().path().to_owned()],
            Self::File(_) => request.file_names(),
            Self::Query(name, _) => {
                let query = request.head().query();
                query.pairs().filter(|(given, _)| given == name).map(|(_, value)| value.to_owned()).collect()
            }
            Self::Header(name, _) => {
                let values = request.head().header(name);
                values.map(|value| String::from_utf8_lossy(value).into_owned()).collect()
            }
            Self::Json(pointer, _) => {
                let json = request.json();
                json.as_ref().and_then(|json| json.pointer(pointer)).map(text_of).into_iter().collect()
            }
            Self::Actor(_) => {
                request.actor().into_iter().flat_map(|user| [user.login.clone(), user.uid.to_string()]).collect()
            }
            Self::Part(_) => parts.filter_map(|part| part.name.clone()).collect(),
            Self::PartType(_, name) => {
                let fits = |given: &Option<String>| match (name, given) {
                    (None, _) => true,
                    (Some(name), given) => given.as_ref().is_some_and(|given| name.matches(given)),
                };
                parts.filter(|part| fits(&part.name)).filter_map(|part| part.content_type.clone()).collect()
            }
        }
    }
}

/// What it asks for.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operation(names) => f.write_str(&names.join(" or ")),
            Self::Method(methods) => f.write_str(&methods.iter().map(Method::as_str).collect::<Vec<_>>().join(" or ")),
            Self::Path(pattern) => pattern.fmt(f),
            Self::Status(wanted) => wanted.fmt(f),
            Self::Json(_, Member::Equal(value)) => value.fmt(f),
            Self::File(pattern)
            | Self::Query(_, pattern)
            | Self::Header(_, pattern)
            | Self::Json(_, Member::Text(pattern))
            | Self::Actor(pattern)
            | Self::Part(pattern)
            | Self::PartType(pattern, _) => pattern.fmt(f),
        }
    }
}

impl Member {
    fn read(pointer: &str, value: &Value) -> Result<Self, InvalidValue> {
        if !pointer.is_empty() && !pointer.starts_with('/') {
            return Err(InvalidValue::new("", "Name a member by a JSON Pointer, such as /fields/summary."));
        }
        if let Some(text) = value.as_str() {
            return read_pattern(text).map(Self::Text);
        }
        if value.to_string().len() > MAX_BYTES {
            return Err(InvalidValue::new("", format!("A value may have at most {MAX_BYTES} bytes.")));
        }
        Ok(Self::Equal(value.clone()))
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn read_pattern(text: &str) -> Result<Pattern, InvalidValue> {
    Pattern::new(text).map_err(|error| InvalidValue::new("", error.to_string()))
}

/// The pattern of a path that some endpoint may have.
fn read_path(text: &str) -> Result<PathPattern, InvalidValue> {
    let wrong = |error| match error {
        PatternError::TooLarge => error.to_string(),
        PatternError::NotOfAPath => {
            format!("The value must be a path such as /v2/issues/*/attachments, not {text:?}. {error}")
        }
    };
    let pattern = PathPattern::new(text).map_err(|error| InvalidValue::new("", wrong(error)))?;
    if documented_paths().any(|path| pattern.may_match(&path)) {
        return Ok(pattern);
    }
    Err(InvalidValue::new("", format!("{text:?} fits no endpoint. The closest one is {}.", closest_path(text))))
}

/// The operation of this name.
pub(in crate::control) fn read_operation(name: &str) -> Result<&'static str, InvalidValue> {
    let known = by_name(name).map(|operation| operation.name);
    known.ok_or_else(|| InvalidValue::name("", name, operations().iter().map(|operation| operation.name)))
}

fn read_method(name: &str) -> Result<Method, InvalidValue> {
    let known = METHODS.into_iter().find(|method| method.as_str().eq_ignore_ascii_case(name));
    known.ok_or_else(|| InvalidValue::name("", name, METHODS))
}

fn named<'a>(
    member: &str,
    texts: &'a NamedTexts,
) -> Result<impl Iterator<Item = (&'a str, &'a str, String)> + use<'a>, InvalidValue> {
    check_count(member, texts.pairs().count())?;
    Ok(texts.pairs())
}

fn check_count(member: &str, count: usize) -> Result<(), InvalidValue> {
    let sentence = || format!("There are {count} conditions; {MAX_NAMED} are allowed.");
    if count <= MAX_NAMED { Ok(()) } else { Err(InvalidValue::new(member, sentence())) }
}

fn each<T>(
    member: &str,
    texts: Option<&OneOrMore>,
    read: impl Fn(&str) -> Result<T, InvalidValue>,
) -> Result<Option<Vec<T>>, InvalidValue> {
    let Some(texts) = texts else { return Ok(None) };
    let all = texts.as_slice();
    if !(1..=MAX_NAMES).contains(&all.len()) {
        let sentence = format!("There are {} names; from 1 to {MAX_NAMES} are allowed.", all.len());
        return Err(InvalidValue::new(member, sentence));
    }
    let read_one =
        |(index, text): (usize, &String)| read(text).map_err(|wrong| wrong.within(&texts.step(index)).within(member));
    all.iter().enumerate().map(read_one).collect::<Result<_, _>>().map(Some)
}
