//! `jq`, as far as the documents use it: paths such as `.[-1].upload`, objects such as `{id, of: .attempts.of}`, and
//! pipes between them.

use serde_json::{Map, Value};

/// Applies `jq FILTER` to a text. Prints one value a line.
pub(super) fn apply(filter: &str, json: &str) -> String {
    let json = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"));
    let stages = filter.split(" | ").map(str::trim);
    let values = stages.fold(vec![json], |values, stage| values.iter().flat_map(|value| one(stage, value)).collect());
    values.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
}

fn one(stage: &str, value: &Value) -> Vec<Value> {
    match stage.strip_prefix('{').and_then(|stage| stage.strip_suffix('}')) {
        Some(members) => vec![object(members, value)],
        None => path(stage, value),
    }
}

fn object(members: &str, value: &Value) -> Value {
    let mut made = Map::new();
    for member in members.split(',').map(str::trim) {
        let (name, place) = match member.split_once(": ") {
            Some((name, place)) => (name, place.to_owned()),
            None => (member, format!(".{member}")),
        };
        let mut found = path(&place, value);
        assert_eq!(found.len(), 1, "{member}");
        made.insert(name.trim_matches('"').to_owned(), found.remove(0));
    }
    Value::Object(made)
}

/// The values at a path; `[]` is every member.
fn path(path: &str, value: &Value) -> Vec<Value> {
    let mut found = vec![value.clone()];
    for step in path.replace('[', ".[").split('.').filter(|step| !step.is_empty()) {
        let index = step.strip_prefix('[').and_then(|step| step.strip_suffix(']'));
        found = found.iter().flat_map(|value| step_into(value, step, index)).collect();
    }
    found
}

fn step_into(value: &Value, step: &str, index: Option<&str>) -> Vec<Value> {
    match (value, index) {
        (Value::Array(members), Some("")) => members.clone(),
        (Value::Array(members), Some(index)) => {
            let index: i64 = index.parse().unwrap_or_else(|_| panic!("no index: {step}"));
            let from_end = i64::try_from(members.len()).expect("few") + index;
            let place = usize::try_from(if index < 0 { from_end } else { index }).expect("a member");
            vec![members.get(place).cloned().unwrap_or_default()]
        }
        (Value::Object(members), None) => vec![members.get(step.trim_matches('"')).cloned().unwrap_or_default()],
        (Value::Null, None) => vec![Value::Null],
        _ => panic!("{step} of {value}"),
    }
}
