//! Holds an answer of the real service against ours to the same request.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use serde::Serialize;

use super::exchange::{AnswerShape, BodyShape, ExchangeShape};
use super::json::{JsonPath, parent};

/// How many answers must all have a path before ours must have it too.
pub(crate) const ENOUGH_ANSWERS: usize = 5;

/// Headers that differ from one server to the next and say nothing of the API.
const OF_THE_SERVER: [&str; 3] = ["content-length", "transfer-encoding", "x-request-id"];

/// What is told of a path or a header that is not there.
const ABSENT: &str = "absent";

/// Where the real service and tracker-mock differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Drifted {
    pub(crate) what: What,
    /// A path of the JSON, or the name of a header.
    pub(crate) at: String,
    /// What the real service has there.
    pub(crate) theirs: String,
    /// What tracker-mock has there.
    pub(crate) ours: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum What {
    Status,
    /// JSON, a file, or nothing.
    Body,
    /// A path that we lack.
    Missing,
    /// A path that we have alone.
    Extra,
    Type,
    /// The order of the members of an object.
    Order,
    Header,
    /// Something that no shape tells, such as the name of a file.
    Value,
}

impl fmt::Display for Drifted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, at, theirs, ours } = self;
        match what {
            What::Status => write!(formatter, "status: the service answers {theirs}, tracker-mock {ours}"),
            What::Body => write!(formatter, "body: the service sends {theirs}, tracker-mock {ours}"),
            What::Missing => write!(formatter, "missing: {at} is {theirs} in the service, and tracker-mock lacks it"),
            What::Extra => write!(formatter, "extra: {at} is {ours} in tracker-mock, and the service lacks it"),
            What::Type => write!(formatter, "type: {at} is {theirs} in the service, and {ours} in tracker-mock"),
            What::Order => {
                write!(formatter, "order: in {at}, {theirs} is where tracker-mock has {ours}")
            }
            What::Value => write!(formatter, "value: {at} is {theirs} in the service, and {ours} in tracker-mock"),
            What::Header => write!(formatter, "header: {at} is {theirs} in the service, and {ours} in tracker-mock"),
        }
    }
}

/// What all recorded answers of one operation with one status have.
#[derive(Debug, Default)]
pub(crate) struct AnswerGroup {
    answers: usize,
    /// In how many answers each path is, and of which types.
    paths: HashMap<String, (usize, BTreeSet<String>)>,
}

/// What is known of the answers of the real service.
#[derive(Debug, Default)]
pub(crate) struct Captured {
    groups: HashMap<(String, u16), AnswerGroup>,
    /// Where there are no answers.
    none: AnswerGroup,
}

/// How strictly two answers are compared.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Measure<'a> {
    /// Both are about the same things in the same state: whatever differs counts.
    Pair,
    /// They are about different things: what other answers have, too, or lack, does not count.
    Group(&'a AnswerGroup),
}

impl Captured {
    pub(crate) fn add(&mut self, exchange: &ExchangeShape) {
        let Some((operation, status)) = exchange.operation.clone().zip(exchange.answer.status) else { return };
        let BodyShape::Json { paths } = &exchange.answer.body else { return };
        let group = self.groups.entry((operation, status)).or_default();
        group.answers += 1;
        for path in paths {
            let (count, types) = group.paths.entry(path.path.clone()).or_default();
            *count += usize::from(!path.is_optional);
            types.extend(path.types.iter().map(|kind| kind_of(kind)));
        }
    }

    /// Whether there are answers like that of this exchange, but too few.
    pub(crate) fn is_rare(&self, exchange: &ExchangeShape) -> bool {
        (1..ENOUGH_ANSWERS).contains(&self.group(exchange).answers)
    }

    /// The answers like that of this exchange.
    pub(crate) fn group(&self, exchange: &ExchangeShape) -> &AnswerGroup {
        let key = exchange.operation.clone().zip(exchange.answer.status);
        key.and_then(|key| self.groups.get(&key)).unwrap_or(&self.none)
    }
}

impl Measure<'_> {
    fn requires(self, path: &JsonPath) -> bool {
        match self {
            Self::Pair => true,
            Self::Group(group) => {
                group.answers >= ENOUGH_ANSWERS
                    && group.paths.get(&path.path).is_some_and(|(count, _)| *count == group.answers)
            }
        }
    }

    /// Whether the real service is known to have this path somewhere.
    fn has(self, path: &str) -> bool {
        match self {
            Self::Pair => false,
            Self::Group(group) => group.paths.contains_key(path),
        }
    }

    /// What does not count is left out of the types.
    fn kinds(self, path: &JsonPath) -> BTreeSet<String> {
        match self {
            Self::Pair => {
                let absent = path.is_optional.then(|| ABSENT.to_owned());
                path.types.iter().map(|kind| without_length(kind)).chain(absent).collect()
            }
            Self::Group(_) => path.types.iter().map(|kind| kind_of(kind)).collect(),
        }
    }

    fn has_type(self, path: &str, kind: &str) -> bool {
        match self {
            Self::Pair => false,
            Self::Group(group) => group.paths.get(path).is_some_and(|(_, types)| types.contains(kind)),
        }
    }
}

/// A text of any length counts as the same, but for an empty one.
fn without_length(kind: &str) -> String {
    let is_text = kind.starts_with("text ") && kind != "text empty";
    if is_text { "text".to_owned() } else { kind.to_owned() }
}

/// The same where what the answers are about differs.
fn kind_of(kind: &str) -> String {
    let is_media_type = kind.contains('/') && !kind.starts_with("url ") || kind == "media-type ?";
    match kind {
        "text empty" => "text".to_owned(),
        "array empty" => "array".to_owned(),
        _ if is_media_type => "media type".to_owned(),
        _ => without_length(kind),
    }
}

/// What differs between an answer of the real service and ours.
pub(crate) fn compare(theirs: &AnswerShape, ours: &AnswerShape, measure: Measure<'_>) -> Vec<Drifted> {
    if theirs.status != ours.status {
        let shown = |status: Option<u16>| status.map_or_else(|| "nothing".to_owned(), |status| status.to_string());
        let (theirs, ours) = (shown(theirs.status), shown(ours.status));
        return vec![Drifted { what: What::Status, at: String::new(), theirs, ours }];
    }
    let mut drifted = headers(theirs, ours);
    match (&theirs.body, &ours.body) {
        // Nothing is known of what was not recorded.
        (BodyShape::Unreadable { .. }, _) if matches!(measure, Measure::Group(_)) => {}
        (BodyShape::Json { paths: theirs }, BodyShape::Json { paths: ours }) => {
            drifted.extend(json(theirs, ours, measure));
        }
        (BodyShape::Beginning { paths: theirs }, BodyShape::Json { paths: ours }) => {
            // What is extra may stand in the rest.
            drifted.extend(json(theirs, ours, measure).into_iter().filter(|one| one.what != What::Extra));
        }
        (theirs, ours) => {
            let (theirs, ours) = (kind_of_body(theirs, measure), kind_of_body(ours, measure));
            if theirs != ours {
                drifted.push(Drifted { what: What::Body, at: String::new(), theirs, ours });
            }
        }
    }
    drifted
}

fn kind_of_body(body: &BodyShape, measure: Measure<'_>) -> String {
    match (body, measure) {
        (BodyShape::Empty, _) => "nothing".to_owned(),
        (BodyShape::Json { .. } | BodyShape::Beginning { .. }, _) => "JSON".to_owned(),
        (BodyShape::Form { .. }, _) => "a form".to_owned(),
        (BodyShape::Other { content } | BodyShape::Unreadable { content }, Measure::Pair) => content.clone(),
        // Which file it is, is chance.
        (BodyShape::Other { .. } | BodyShape::Unreadable { .. }, Measure::Group(_)) => "bytes".to_owned(),
    }
}

fn headers(theirs: &AnswerShape, ours: &AnswerShape) -> Vec<Drifted> {
    let values = |answer: &AnswerShape, name: &str| {
        let values = answer.headers.iter().filter(|(known, _)| known == name);
        let values: Vec<&str> = values.map(|(_, value)| value.as_str()).collect();
        if values.is_empty() { ABSENT.to_owned() } else { values.join(", ") }
    };
    // There is no answer without headers, but there are recordings without them.
    if theirs.headers.is_empty() {
        return Vec::new();
    }
    let names: BTreeSet<&str> = theirs.headers.iter().chain(&ours.headers).map(|(name, _)| name.as_str()).collect();
    let names = names.into_iter().filter(|name| !OF_THE_SERVER.contains(name));
    names
        .map(|name| (name, values(theirs, name), values(ours, name)))
        .filter(|(_, theirs, ours)| theirs != ours)
        .map(|(name, theirs, ours)| Drifted { what: What::Header, at: name.to_owned(), theirs, ours })
        .collect()
}

fn json(theirs: &[JsonPath], ours: &[JsonPath], measure: Measure<'_>) -> Vec<Drifted> {
    let find = |paths: &[JsonPath], path: &str| paths.iter().find(|known| known.path == path).cloned();
    let has = |paths: &[JsonPath], path: &str| paths.iter().any(|known| known.path == path);
    // Where the whole is missing, its members are not listed too.
    let parent_is_in = |paths: &[JsonPath], path: &JsonPath| path.parent().is_none_or(|parent| has(paths, parent));
    let types = |path: &JsonPath| {
        let absent = path.is_optional.then_some(ABSENT);
        path.types.iter().map(String::as_str).chain(absent).collect::<Vec<_>>().join(" or ")
    };
    let mut drifted = Vec::new();
    for path in theirs.iter().filter(|path| parent_is_in(ours, path)) {
        let is_element = path.path.ends_with("[]");
        match find(ours, &path.path) {
            None if !is_element && measure.requires(path) && is_object(ours, path) => drifted.push(Drifted {
                what: What::Missing,
                at: path.path.clone(),
                theirs: types(path),
                ours: ABSENT.to_owned(),
            }),
            None => {}
            Some(own) => {
                let known = measure.kinds(path);
                let is_same = |kind: &String| known.contains(kind) || measure.has_type(&path.path, kind);
                let is_more = matches!(measure, Measure::Pair) && known.len() > measure.kinds(&own).len();
                if is_more || !measure.kinds(&own).iter().all(is_same) {
                    let (theirs, ours) = (types(path), types(&own));
                    drifted.push(Drifted { what: What::Type, at: path.path.clone(), theirs, ours });
                }
            }
        }
    }
    let is_extra = |path: &&JsonPath| {
        !path.path.ends_with("[]") && !has(theirs, &path.path) && !measure.has(&path.path) && is_object(theirs, path)
    };
    drifted.extend(ours.iter().filter(|path| parent_is_in(theirs, path)).filter(is_extra).map(|path| Drifted {
        what: What::Extra,
        at: path.path.clone(),
        theirs: ABSENT.to_owned(),
        ours: types(path),
    }));
    drifted.extend(orders(theirs, ours));
    drifted
}

/// Whether what a path is in is an object there.
fn is_object(paths: &[JsonPath], path: &JsonPath) -> bool {
    let around = path.parent().and_then(|parent| paths.iter().find(|known| known.path == parent));
    around.is_none_or(|around| around.types.contains("object"))
}

/// The objects whose common members stand in another order.
fn orders(theirs: &[JsonPath], ours: &[JsonPath]) -> Vec<Drifted> {
    let members = |paths: &[JsonPath], of: &str, others: &[JsonPath]| {
        let members = paths.iter().filter(|path| path.parent() == Some(of) && !path.path.ends_with("[]"));
        let common = members.filter(|path| others.iter().any(|other| other.path == path.path));
        common.map(|path| path.leaf().to_owned()).collect::<Vec<_>>()
    };
    let mut objects: Vec<&str> = theirs.iter().filter_map(|path| parent(&path.path)).collect();
    objects.dedup();
    let mut seen = BTreeSet::new();
    objects.retain(|object| seen.insert(*object));
    let pairs =
        objects.into_iter().map(|object| (object, members(theirs, object, ours), members(ours, object, theirs)));
    // One member of each object is enough.
    pairs
        .filter_map(|(object, theirs, ours)| {
            let (theirs, ours) = theirs.into_iter().zip(ours).find(|(theirs, ours)| theirs != ours)?;
            Some(Drifted { what: What::Order, at: object.to_owned(), theirs, ours })
        })
        .collect()
}
