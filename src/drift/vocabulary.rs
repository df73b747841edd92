//! The words of the documented API: its routes, the names in its bodies, and the values that it lists. They are no secret,
//! so the shape of an exchange may have them. They come from the OpenAPI document.

use std::collections::HashSet;

use serde_json::{Map, Value};

/// What a shape has in place of a word that is not documented.
pub(crate) const UNKNOWN: &str = "?";

/// The versions that paths begin with.
const VERSIONS: [&str; 2] = ["v2", "v3"];

/// A documented operation.
pub(crate) struct Route {
    pub(crate) method: String,
    /// The `operationId`.
    pub(crate) operation: String,
    pub(crate) segments: Vec<Segment>,
}

/// A segment of a path.
pub(crate) enum Segment {
    Word(String),
    Parameter(String),
}

/// Whether a name that nobody documents may stand in a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NamesShown {
    /// Only if it is made of documented words.
    Documented,
    All,
}

impl Route {
    /// The path below the version, as documented.
    pub(crate) fn pattern(&self) -> String {
        let segments = self.segments.iter().map(|segment| match segment {
            Segment::Word(word) => format!("/{word}"),
            Segment::Parameter(name) => format!("/{{{name}}}"),
        });
        segments.collect()
    }
}

pub(crate) struct Vocabulary {
    pub(crate) names: NamesShown,
    pub(crate) routes: Vec<Route>,
    /// Names of members and parameters, and listed values.
    known: HashSet<String>,
    /// The single words of these, in lower case.
    words: HashSet<String>,
}

impl Vocabulary {
    pub(crate) fn new(names: NamesShown) -> Self {
        let document = tracker_mock::testing::openapi_document();
        let mut vocabulary = Self { names, routes: Vec::new(), known: HashSet::new(), words: HashSet::new() };
        vocabulary.learn(&document);
        let paths = document["paths"].as_object().into_iter().flatten();
        for (path, operations) in paths.filter(|(path, _)| !path.starts_with("/_mock")) {
            let segments = path.split('/').filter(|segment| !segment.is_empty());
            for (method, operation) in operations.as_object().into_iter().flatten() {
                let Some(name) = operation["operationId"].as_str() else { continue };
                let segments = segments.clone().map(|segment| {
                    let parameter = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
                    parameter
                        .map_or_else(|| Segment::Word(segment.to_owned()), |name| Segment::Parameter(name.to_owned()))
                });
                vocabulary.routes.push(Route {
                    method: method.to_uppercase(),
                    operation: name.to_owned(),
                    segments: segments.collect(),
                });
            }
        }
        vocabulary
    }

    fn learn(&mut self, document: &Value) {
        match document {
            Value::Object(members) => {
                self.learn_members(members);
                members.values().for_each(|value| self.learn(value));
            }
            Value::Array(items) => items.iter().for_each(|item| self.learn(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn learn_members(&mut self, members: &Map<String, Value>) {
        let properties = members.get("properties").and_then(Value::as_object).into_iter().flatten();
        let parameter = members.get("name").filter(|_| members.contains_key("in")).and_then(Value::as_str);
        let values = members.get("enum").and_then(Value::as_array).into_iter().flatten();
        let names = properties.map(|(name, _)| name.as_str()).chain(parameter).chain(values.filter_map(Value::as_str));
        for name in names {
            self.words.extend(words(name));
            self.known.insert(name.to_owned());
        }
    }

    /// Whether this is a documented name or value.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.known.contains(name)
    }

    /// Whether a shape may have this name of a member.
    pub(crate) fn allows(&self, name: &str) -> bool {
        let is_camel_case = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic());
        self.names == NamesShown::All
            || self.knows(name)
            || is_camel_case && words(name).all(|word| word.len() > 1 && self.words.contains(&word))
    }

    /// The route of a path, of this method if one is given, and what the path has for the parameters of the route.
    pub(crate) fn route<'p>(&self, method: Option<&str>, path: &'p str) -> Option<(&Route, Vec<&'p str>)> {
        let mut given = path.split('/').filter(|segment| !segment.is_empty());
        given.next().filter(|version| VERSIONS.contains(version))?;
        let given: Vec<&str> = given.collect();
        let fits = |route: &&Route| {
            route.segments.len() == given.len()
                && route.segments.iter().zip(&given).all(|(segment, given)| match segment {
                    Segment::Word(word) => word == given,
                    Segment::Parameter(_) => true,
                })
                && method.is_none_or(|method| method == route.method || method == "HEAD" && route.method == "GET")
        };
        let parameters =
            |route: &Route| route.segments.iter().filter(|segment| matches!(segment, Segment::Parameter(_))).count();
        let route = self.routes.iter().filter(fits).min_by_key(|route| parameters(route))?;
        let values = route.segments.iter().zip(&given).filter(|(segment, _)| matches!(segment, Segment::Parameter(_)));
        Some((route, values.map(|(_, value)| *value).collect()))
    }
}

/// The words of a name in camel case, in lower case.
fn words(name: &str) -> impl Iterator<Item = String> {
    let starts = name.char_indices().filter(|(at, letter)| *at > 0 && letter.is_uppercase()).map(|(at, _)| at);
    let starts: Vec<usize> = std::iter::once(0).chain(starts).chain([name.len()]).collect();
    starts.windows(2).map(|pair| name[pair[0]..pair[1]].to_lowercase()).collect::<Vec<_>>().into_iter()
}
