//! The OpenAPI document: `docs/openapi.json` is what the code says and what the server answers, and what it says of
//! answers is what handlers answer.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::Api;
use crate::support::documented::Documented;

#[test]
fn the_file_is_what_the_code_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    let expected = format!("{:#}\n", tracker_mock::openapi());
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &expected).expect("it can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "docs/openapi.json is out of date; write it with: UPDATE_SCHEMA=1 cargo test --test it openapi"
    );
}

/// What the journal knows of the members of bodies is what the document says.
#[test]
fn the_members_of_bodies_are_those_of_the_document() {
    let document = tracker_mock::openapi();
    let mut lines = String::new();
    for operation in Documented::all().iter().filter(|operation| !operation.path.starts_with("/_mock/")) {
        let value = &document["paths"][operation.path][operation.method];
        let content = &value["requestBody"]["content"]["application/json"];
        let mut paths = Vec::new();
        gather(&document, &content["schema"], "", &mut paths);
        if !paths.is_empty() {
            lines += &format!("{} {}\n", operation.name(), paths.join(" "));
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/control/journal/members.txt");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &lines).expect("it can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == lines, "{path:?} is out of date; write it with: UPDATE_SCHEMA=1 cargo test --test it openapi");
}

/// The members of objects that a schema describes. What may be something else than one object, or a list of them, is not
/// described here: clients send whole objects where an id is enough.
fn gather(document: &Value, schema: &Value, at: &str, paths: &mut Vec<String>) {
    fn forms<'a>(document: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
        if let Some(target) = schema["$ref"].as_str() {
            return forms(document, document.pointer(&target[1..]).expect("what it refers to"));
        }
        match schema["anyOf"].as_array() {
            Some(choices) => choices.iter().flat_map(|choice| forms(document, choice)).collect(),
            None => vec![schema],
        }
    }
    let forms: Vec<_> = forms(document, schema).into_iter().filter(|form| form["type"] != "null").collect();
    let is_one = |form: &&&Value| form.get("properties").is_some() && form["additionalProperties"] != false;
    let objects: Vec<_> = forms.iter().filter(is_one).collect();
    let lists = forms.iter().filter(|form| form.get("items").is_some());
    if objects.len() > 1 || objects.len() + lists.clone().count() < forms.len() {
        return;
    }
    for list in lists.filter(|_| objects.is_empty()) {
        gather(document, &list["items"], at, paths);
    }
    for object in objects {
        if object["additionalProperties"] == true {
            paths.push("*".to_owned());
        }
        for (name, member) in object["properties"].as_object().expect("an object") {
            let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
            paths.push(path.clone());
            gather(document, member, &path, paths);
        }
    }
}

#[tokio::test]
async fn the_server_answers_the_file() {
    let answer = Api::new().get("/_mock/openapi.json").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.text(), include_str!("../../docs/openapi.json"));
}

/// What the server itself may do to a request is documented, and is nothing that a client is to reach.
#[tokio::test]
async fn what_belongs_to_no_operation_is_documented_once() {
    let document = tracker_mock::openapi();
    let prefer = json!({"$ref": "#/components/parameters/Prefer"});
    let of_bodies = ["408", "503"];
    let (mut all, mut with_bodies) = (0, 0);
    for operation in Documented::all() {
        let (name, value) = (operation.name(), &document["paths"][operation.path][operation.method]);
        let is_emulated = !operation.path.starts_with("/_mock/");
        let parameters = value["parameters"].as_array().map_or(&[][..], Vec::as_slice);
        assert_eq!(parameters.contains(&prefer), is_emulated, "{name}");
        let takes_body = value.get("requestBody").is_some();
        for status in of_bodies {
            let answer = value["responses"].get(status).filter(|answer| answer.get("$ref").is_some());
            assert_eq!(answer.is_some(), takes_body, "{status} of {name}");
        }
        all += 1;
        with_bodies += usize::from(takes_body);
    }
    assert!(with_bodies > 15 && all > 50, "{with_bodies} of {all}");
    let header = &document["components"]["parameters"]["Prefer"];
    assert_eq!((&header["in"], &header["required"]), (&json!("header"), &json!(false)));
    assert!(document["components"]["responses"]["ServiceUnavailable"]["headers"].get("Retry-After").is_some());

    let coverage = Api::new().get("/_mock/coverage?all=true").await.text().to_owned();
    let goals = |status: &str| coverage.matches(&format!("\"status {status}\"")).count();
    assert!(goals("404") > 20);
    assert_eq!(of_bodies.map(goals), [0, 0]);
}
