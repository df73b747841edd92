//! The shape of JSON: its paths, in their order, each with its types.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::shaper::Shaper;
use super::text::{format_of, id, is_id};
use super::vocabulary::UNKNOWN;

/// The path of the whole.
pub(crate) const ROOT: &str = "$";

/// One path of JSON, such as `$.createdBy.id`, or `$[].id` for that of every element.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "WrittenPath", into = "WrittenPath")]
pub(crate) struct JsonPath {
    pub(crate) path: String,
    /// More than one where elements of an array differ.
    pub(crate) types: BTreeSet<String>,
    /// Whether some element of an array lacks it.
    pub(crate) is_optional: bool,
    /// The numbers of the ids that stand there.
    pub(crate) ids: Vec<u32>,
    /// How often it occurs, and how often as an object.
    count: usize,
    objects: usize,
}

/// How a path is written: with `?` behind it if it is optional, its types with `|` between them, and its ids as `#1`.
#[derive(Serialize, Deserialize)]
struct WrittenPath(String, String);

impl From<JsonPath> for WrittenPath {
    fn from(path: JsonPath) -> Self {
        let types: Vec<String> = path.types.into_iter().collect();
        let ids: String = path.ids.iter().map(|id| format!(" #{id}")).collect();
        Self(path.path + if path.is_optional { "?" } else { "" }, types.join("|") + &ids)
    }
}

impl From<WrittenPath> for JsonPath {
    fn from(WrittenPath(path, types): WrittenPath) -> Self {
        let mut words: Vec<&str> = types.split(" #").collect();
        let ids = words.split_off(1).into_iter().filter_map(|id| id.parse().ok()).collect();
        let types: BTreeSet<String> = words[0].split('|').map(str::to_owned).collect();
        // A name that is not documented is written as `?` too.
        let bare = path.strip_suffix('?').filter(|bare| !bare.ends_with('.'));
        let is_optional = bare.is_some();
        Self { path: bare.map_or(path.clone(), str::to_owned), types, is_optional, ids, count: 1, objects: 1 }
    }
}

impl JsonPath {
    fn new(path: String, kind: String) -> Self {
        let objects = usize::from(kind == "object");
        Self { path, types: BTreeSet::from([kind]), is_optional: false, ids: Vec::new(), count: 1, objects }
    }

    /// The path of what this one is in; `None` for the whole.
    pub(crate) fn parent(&self) -> Option<&str> {
        parent(&self.path)
    }

    /// The name of the member, or `[]`.
    pub(crate) fn leaf(&self) -> &str {
        self.path[self.parent().map_or(0, str::len)..].trim_start_matches('.')
    }
}

/// The path of what another path is in.
pub(crate) fn parent(path: &str) -> Option<&str> {
    path.strip_suffix("[]").or_else(|| path.rsplit_once('.').map(|(parent, _)| parent))
}

impl Shaper<'_> {
    /// The paths of this JSON.
    pub(crate) fn json(&mut self, value: &Value) -> Vec<JsonPath> {
        let mut paths = self.paths(value, ROOT, "");
        let objects: HashMap<String, usize> = paths.iter().map(|path| (path.path.clone(), path.objects)).collect();
        for path in &mut paths {
            let around = path.parent().and_then(|parent| objects.get(parent));
            path.is_optional = !path.path.ends_with("[]") && around.is_some_and(|objects| path.count < *objects);
        }
        paths
    }

    fn paths(&mut self, value: &Value, path: &str, member: &str) -> Vec<JsonPath> {
        match value {
            Value::Object(members) => {
                let mut paths = vec![JsonPath::new(path.to_owned(), "object".to_owned())];
                let mut unknown = 0;
                for (name, value) in members {
                    let shown = if self.vocabulary.allows(name) {
                        name.clone()
                    } else {
                        unknown += 1;
                        format!("{UNKNOWN}{unknown}")
                    };
                    paths.extend(self.paths(value, &format!("{path}.{shown}"), name));
                }
                paths
            }
            Value::Array(elements) => {
                let mut paths = Vec::new();
                for element in elements {
                    merge(&mut paths, self.paths(element, &format!("{path}[]"), member));
                }
                let kind = if elements.is_empty() { "array empty" } else { "array" };
                paths.insert(0, JsonPath::new(path.to_owned(), kind.to_owned()));
                paths
            }
            Value::String(text) => vec![self.text(path, member, text)],
            Value::Number(number) => {
                let kind = if number.is_f64() { "number" } else { "integer" };
                let mut path = JsonPath::new(path.to_owned(), kind.to_owned());
                if member == "id" || member.ends_with("Id") {
                    path.ids.push(self.number_of(&number.to_string()));
                }
                vec![path]
            }
            Value::Bool(_) => vec![JsonPath::new(path.to_owned(), "boolean".to_owned())],
            Value::Null => vec![JsonPath::new(path.to_owned(), "null".to_owned())],
        }
    }

    fn text(&mut self, path: &str, member: &str, text: &str) -> JsonPath {
        let format = format_of(member, text, self.vocabulary);
        let is_reference = is_id(&format) && id(text).is_some();
        let mut path = JsonPath::new(path.to_owned(), format);
        if is_reference {
            path.ids.push(self.number_of(text));
        }
        path
    }
}

/// Adds the paths of one more element, each new one behind the path that comes before it there.
fn merge(paths: &mut Vec<JsonPath>, more: Vec<JsonPath>) {
    if paths.is_empty() {
        *paths = more;
        return;
    }
    let mut at = 0;
    for path in more {
        let is_known = |known: &JsonPath| known.path == path.path;
        // Most elements are alike, so it is mostly the next one.
        let next = paths.get(at).filter(|next| is_known(next)).map(|_| at);
        match next.or_else(|| paths.iter().position(is_known)) {
            Some(known) => {
                at = known + 1;
                let known = &mut paths[known];
                known.types.extend(path.types);
                known.ids.extend(path.ids);
                known.count += path.count;
                known.objects += path.objects;
            }
            None => {
                paths.insert(at, path);
                at += 1;
            }
        }
    }
}
