//! The fixture format: `fixtures/schema.json` is what the code says, `fixtures/README.md` says what the schema says, and
//! the schema tells good documents from bad ones as loading does.

use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::{Value, json};
use tracker_mock::DEFAULT_FIXTURES;
use tracker_mock::testing::App;
use tracker_mock::testing::schema;
use tracker_mock::{Config, FixtureSource};

use crate::support::{Api, PROJECT};

const README: &str = include_str!("../../fixtures/README.md");

#[test]
fn the_file_is_what_the_code_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/schema.json");
    let expected = format!("{:#}\n", schema());
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &expected).expect("it can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "fixtures/schema.json is out of date; write it with: UPDATE_SCHEMA=1 cargo test --test it schema"
    );
}

#[tokio::test]
async fn the_embedded_fixtures_and_saved_states_are_valid() {
    let validator = validator();
    let embedded = serde_json::from_str(DEFAULT_FIXTURES).expect("JSON");
    assert_valid(&validator, &embedded);

    let api = Api::new();
    api.upload("stays temporary.bin", b"\0\xff").await;
    let file = api.upload("text.txt", b"some text").await;
    let attached = api.post(&format!("/v2/entities/project/{PROJECT}/attachments/{file}?notifyAuthor=true")).await;
    assert_eq!(attached.status, 200, "{}", attached.text());
    let state = api.state().await;
    assert_eq!(state["temporaryFiles"][0]["content"], json!({"base64": "AP8="}));
    assert_eq!(state["outbox"].as_array().map(Vec::len), Some(1));
    assert_valid(&validator, &state);
}

#[test]
fn what_the_schema_refuses_does_not_load() {
    let validator = validator();
    for (pointer, value) in [
        ("/users", json!([])),
        ("/users", Value::Null),
        ("/users/0/uid", json!("1001")),
        ("/users/0/passportUid", json!(-1)),
        ("/users/0/nickname", json!("anya")),
        ("/unknown", json!(1)),
        ("/entities/0/type", json!("epic")),
        ("/entities/0/id", json!("65F000000000000000000001")),
        ("/entities/0/id", json!("65f0")),
        ("/entities/0/version", json!(0)),
        ("/entities/0/shortId", json!(0)),
        ("/entities/0/createdAt", json!("yesterday")),
        ("/entities/0/updatedAt", json!("2024-03-12")),
        ("/entities/0/events", json!([])),
        ("/entities/0/fields/summary", Value::Null),
        ("/entities/0/fields/summary", json!(" ")),
        ("/entities/0/fields/start", json!("2024-03-12T08:00:00.000+0000")),
        ("/entities/0/fields/checklistItems", json!([{"id": "1", "text": "", "checked": true}])),
        (
            "/entities/0/comments",
            json!([{"id": 0, "text": "a", "createdBy": "anna", "createdAt": "2024-03-12T08:00:00Z"}]),
        ),
        ("/users/0/tokens", json!([""])),
        ("/users/0/tokens", json!(["a token "])),
        ("/entities/0/fields/teamUsers", json!("anna")),
        ("/entities/0/fields/parentEntity", json!({"primary": "1"})),
        ("/entities/0/fields/parentEntity", json!({"secondary": ["x"]})),
        (
            "/entities/0/events",
            json!([{"id": "1", "time": "2024-03-12T08:00:00Z", "actor": "anna", "change": "created"}]),
        ),
        (
            "/entities/0/events",
            json!([{"id": "65f000000000000000000002", "time": "2024-03-12T08:00:00Z", "actor": "anna", "change": "renamed"}]),
        ),
        ("/entities/0/attachments/0/id", json!("01")),
        ("/entities/0/attachments/0/id", json!(1)),
        ("/entities/0/attachments/0/name", json!("")),
        ("/entities/0/attachments/0/name", json!("a/b.txt")),
        ("/entities/0/attachments/0/name", json!("a\\b.txt")),
        ("/entities/0/attachments/0/name", json!("line\nbreak")),
        ("/entities/0/attachments/0/name", json!("я".repeat(256))),
        ("/entities/0/attachments/0/content", json!({})),
        ("/entities/0/attachments/0/content", json!({"text": "a", "base64": "YQ=="})),
        ("/entities/0/attachments/0/content", json!({"hex": "61"})),
        ("/entities/0/attachments/0/content", json!("Make it blue.")),
        ("/queues", json!([{"id": 1, "key": "june", "name": "June", "lead": "anna"}])),
        ("/issues", json!([issue("June-1")])),
        ("/issues", json!([issue("JUNE-0")])),
        ("/temporaryFiles", json!([{"id": "7"}])),
        ("/outbox", json!([notification("epic", "author")])),
        ("/outbox", json!([notification("project", "passer-by")])),
        ("/outbox", json!([with_member("event", json!("fileRenamed"))])),
        ("/outbox", json!([with_member("recipients", json!([]))])),
        ("/counters", json!({"nextFile": 0, "nextComment": 1})),
        ("/counters", json!({"nextFile": 9, "nextComment": 0})),
        ("/counters", json!({"nextGoal": 0})),
    ] {
        let wrong = with(pointer, value.clone());
        assert!(!validator.is_valid(&wrong), "the schema accepts {value} at {pointer}");
        assert!(load(&wrong).is_err(), "{value} at {pointer} loads");
    }
    // The same places with good values: the list above would prove nothing if the document were wrong elsewhere.
    for (pointer, value) in [
        ("/entities/0/fields/parentEntity", json!({"secondary": []})),
        (
            "/entities/0/events",
            json!([{"id": "65f000000000000000000002", "time": "2024-03-12T08:00:00Z", "actor": "anna", "change": "created"}]),
        ),
        ("/entities/0/attachments/0/name", json!("я".repeat(255))),
        ("/entities/0/updatedAt", json!("2024-03-12T12:00:00.5+03:00")),
        ("/queues", json!([{"id": 1, "key": "JUNE", "name": "June", "lead": "anna"}])),
        ("/outbox", json!([notification("project", "author")])),
        ("/outbox", json!([without_event("project", "author")])),
        ("/counters", json!({"nextFile": 9, "nextComment": 1})),
        ("/counters", json!({"nextProject": 2, "nextPortfolio": 1, "nextGoal": 1})),
        ("/users/0/tokens", json!(["a", "a token"])),
    ] {
        let right = with(pointer, value);
        assert_valid(&validator, &right);
        load(&right).unwrap_or_else(|error| panic!("{pointer}: {error}"));
    }
}

#[tokio::test]
async fn the_example_of_the_readme_loads() {
    let example = README.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    assert_valid(&validator(), &serde_json::from_str(example).expect("JSON"));

    let folder = folder("the_example_of_the_readme_loads");
    std::fs::write(folder.join("mine.json"), example).expect("it can be written");
    std::fs::write(folder.join("logo.png"), b"\x89PNG\r\n\x1a\n").expect("it can be written");
    let config = |name| set!(Config::default(); fixtures: FixtureSource::File(folder.join(name)));
    let state = Api::with(config("mine.json")).state().await;
    assert_eq!(state["entities"][0]["version"], 3);
    assert_eq!(state["entities"][0]["attachments"][1]["mimetype"], "image/png");
    assert_eq!(state["counters"]["nextFile"], 3);

    let wrong = example.replacen("\"createdBy\": \"anna\"", "\"createdBy\": \"carol\"", 1);
    std::fs::write(folder.join("wrong.json"), wrong).expect("it can be written");
    let error = App::new(config("wrong.json"), String::new()).expect_err("nobody is called carol").to_string();
    let shown = README.split("```text\ntracker-mock: ").nth(1).and_then(|rest| rest.lines().next()).expect("a message");
    assert_eq!(error.replace(&folder.join("wrong.json").display().to_string(), "mine.json"), shown);
}

#[test]
fn the_readme_names_every_key() {
    let mut keys = Vec::new();
    collect_keys(&schema(), &mut keys);
    assert!(keys.len() > 50, "the schema is not understood: {keys:?}");
    let quoted: Vec<&str> = README.split('`').collect();
    let missing: Vec<_> = keys.iter().filter(|key| !quoted.iter().any(|text| names(text, key))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Whether a quoted text is the key, or an example that has it.
fn names(text: &str, key: &str) -> bool {
    text == key || text.contains(&format!("\"{key}\""))
}

fn collect_keys(schema: &Value, keys: &mut Vec<String>) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::Object(properties)) = members.get("properties") {
                keys.extend(properties.keys().cloned());
            }
            members.values().for_each(|value| collect_keys(value, keys));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_keys(item, keys)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn validator() -> Validator {
    jsonschema::validator_for(&schema()).expect("a schema")
}

fn assert_valid(validator: &Validator, document: &Value) {
    let errors: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// A good document with `value` at `pointer`, added or replaced.
fn with(pointer: &str, value: Value) -> Value {
    let mut document = json!({
        "users": [{"login": "anna", "uid": 1001, "firstName": "Anna", "lastName": "Petrova", "email": "", "cloudUid": "", "passportUid": 1}],
        "entities": [{
            "type": "project",
            "id": "65f000000000000000000001",
            "shortId": 1,
            "createdBy": "anna",
            "createdAt": "2024-03-12T08:00:00.000+0000",
            "fields": {"summary": "Website"},
            "attachments": [{
                "id": "1",
                "name": "brief.txt",
                "createdBy": "anna",
                "createdAt": "2024-03-12T09:00:00.000+0000",
                "content": {"text": "Make it blue."}
            }]
        }]
    });
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    document.pointer_mut(parent).expect("a place")[key] = value;
    document
}

fn issue(key: &str) -> Value {
    json!({"id": "65f000000000000000000003", "key": key, "summary": "An issue", "createdBy": "anna", "createdAt": "2024-03-12T08:00:00Z"})
}

fn notification(kind: &str, role: &str) -> Value {
    let user = json!({"id": "1001", "login": "anna", "display": "Anna Petrova"});
    json!({
        "time": "2024-03-12T09:00:00.000+0000",
        "actor": user,
        "entity": {"type": kind, "id": "65f000000000000000000001"},
        "event": "fileAdded",
        "file": {"id": "1", "name": "brief.txt"},
        "notify": true,
        "notifyAuthor": true,
        "recipients": [{"user": user, "roles": [role]}]
    })
}

/// A good notification, but for one member.
fn with_member(key: &str, value: Value) -> Value {
    let mut record = notification("project", "author");
    record[key] = value;
    record
}

/// A notification as it was before entries told what happened.
fn without_event(kind: &str, role: &str) -> Value {
    let mut record = notification(kind, role);
    record.as_object_mut().expect("an object").remove("event");
    record
}

fn load(document: &Value) -> Result<App, String> {
    let config = set!(Config::default(); fixtures: FixtureSource::Text(document.to_string()));
    App::new(config, String::new()).map_err(|error| error.to_string())
}

/// An empty folder of this test's own.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    std::fs::create_dir_all(&folder).expect("it can be made");
    folder
}
