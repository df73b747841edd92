//! Fixtures: the embedded world, contents from files, and what is said of a fixture that is wrong.

use std::fmt::Write;

use axum::http::StatusCode;
use serde_json::{Value, json};
use tracker_mock::testing::App;
use tracker_mock::{Config, FixtureSource, Limits};

use crate::support::{Api, Call, Folder, GOAL, NOW, PORTFOLIO, PROJECT, PROJECT_WITH_FILES, content};

/// One of everything that a fixture can hold.
const GOOD: &str = r#"{
  "users": [
    {"login": "one", "uid": 1, "firstName": "A", "lastName": "B", "email": "1@example.com", "cloudUid": "c1", "passportUid": 11, "tokens": ["t1"]},
    {"login": "two", "uid": 2, "firstName": "C", "lastName": "D", "email": "2@example.com", "cloudUid": "c2", "passportUid": 12, "tokens": ["t2"]}
  ],
  "queues": [
    {"id": 1, "key": "FIRST", "name": "First", "lead": "one"},
    {"id": 2, "key": "SECOND", "name": "Second", "lead": "two"}
  ],
  "entities": [
    {
      "type": "project",
      "id": "aaaaaaaaaaaaaaaaaaaaaaa1",
      "shortId": 1,
      "version": 5,
      "createdBy": "one",
      "createdAt": "2024-01-01T00:00:00.000+0000",
      "updatedAt": "2024-01-04T00:00:00.000+0000",
      "fields": {
        "summary": "A project",
        "lead": "two",
        "teamUsers": ["one", "two"],
        "parentEntity": {"primary": "aaaaaaaaaaaaaaaaaaaaaaa2", "secondary": []},
        "issueQueues": ["FIRST"],
        "start": "2024-02-29",
        "checklistItems": [{"id": "ddddddddddddddddddddddd1", "text": "An item", "deadline": "2024-03-01"}]
      },
      "attachments": [
        {"id": "4", "name": "a.txt", "createdBy": "one", "createdAt": "2024-01-02T00:00:00.000+0000", "content": {"text": "text"}},
        {"id": "5", "name": "b.bin", "mimetype": "image/png", "createdBy": "two", "createdAt": "2024-01-03T00:00:00.000+0000", "content": {"base64": "AAEC"}}
      ],
      "events": [
        {"id": "eeeeeeeeeeeeeeeeeeeeeee1", "time": "2024-01-01T00:00:00.000+0000", "actor": "one", "change": "created"},
        {"id": "eeeeeeeeeeeeeeeeeeeeeee2", "time": "2024-01-02T00:00:00.000+0000", "actor": "one", "change": {"fileAdded": {"id": "4", "name": "a.txt"}}}
      ]
    },
    {"type": "portfolio", "id": "aaaaaaaaaaaaaaaaaaaaaaa2", "shortId": 1, "createdBy": "two", "createdAt": "2024-01-01T00:00:00.000+0000", "fields": {"summary": "A portfolio"}},
    {"type": "project", "id": "aaaaaaaaaaaaaaaaaaaaaaa3", "shortId": 3, "createdBy": "two", "createdAt": "2024-01-01T00:00:00.000+0000", "fields": {"summary": "Another"}}
  ],
  "issues": [
    {
      "id": "bbbbbbbbbbbbbbbbbbbbbbb1",
      "key": "FIRST-1",
      "summary": "An issue",
      "createdBy": "one",
      "createdAt": "2024-01-01T00:00:00.000+0000",
      "attachments": [{"id": "6", "name": "c.txt", "createdBy": "one", "createdAt": "2024-01-02T00:00:00.000+0000", "content": {"text": "text"}}],
      "comments": [
        {"id": 1, "text": "A comment", "createdBy": "two", "createdAt": "2024-01-02T00:00:00.000+0000"},
        {"id": 2, "longId": "ccccccccccccccccccccccc2", "text": "Another", "createdBy": "two", "createdAt": "2024-01-02T00:00:00.000+0000"}
      ]
    },
    {"id": "bbbbbbbbbbbbbbbbbbbbbbb2", "key": "SECOND-1", "summary": "Another issue", "createdBy": "one", "createdAt": "2024-01-01T00:00:00.000+0000"}
  ],
  "temporaryFiles": [
    {"id": "7", "name": "d.txt", "createdBy": "two", "createdAt": "2024-01-04T00:00:00.000+0000", "content": {"text": "text"}}
  ],
  "outbox": [
    {
      "time": "2024-01-02T00:00:00.000+0000",
      "actor": {"id": "1", "login": "one", "display": "A B"},
      "entity": {"type": "project", "id": "aaaaaaaaaaaaaaaaaaaaaaa1"},
      "file": {"id": "4", "name": "a.txt"},
      "notify": true,
      "notifyAuthor": false,
      "recipients": [{"user": {"id": "2", "login": "two", "display": "C D"}, "roles": ["lead"]}]
    }
  ],
  "counters": {"nextFile": 8, "nextComment": 3}
}"#;

const EVENTS: &str = r#""events": [
        {"id": "eeeeeeeeeeeeeeeeeeeeeee1", "time": "2024-01-01T00:00:00.000+0000", "actor": "one", "change": "created"},
        {"id": "eeeeeeeeeeeeeeeeeeeeeee2", "time": "2024-01-02T00:00:00.000+0000", "actor": "one", "change": {"fileAdded": {"id": "4", "name": "a.txt"}}}
      ]"#;

const RECIPIENTS: &str =
    r#""recipients": [{"user": {"id": "2", "login": "two", "display": "C D"}, "roles": ["lead"]}]"#;

fn load(text: &str, limits: Limits) -> Result<App, String> {
    let fixtures = FixtureSource::Text(text.to_owned());
    App::new(set!(Config::default(); fixtures, limits), String::new()).map_err(|error| error.to_string())
}

/// The good fixture with one thing changed.
fn with(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    GOOD.replacen(from, to, 1)
}

/// What is said of a wrong fixture, and the place that it points to.
fn complaint(name: &str, text: &str, limits: Limits) -> String {
    let error = load(text, limits).expect_err(name);
    let first = error.split_once("fixtures:").and_then(|(_, rest)| rest.split_once("fixtures:")).expect("a place").1;
    let mut place = first.splitn(3, ':').map(str::parse::<usize>);
    let (Some(Ok(line)), Some(Ok(column))) = (place.next(), place.next()) else {
        panic!("{name}: no place in {error}");
    };
    let shown: Vec<_> = text.lines().nth(line - 1).unwrap_or("").chars().skip(column - 1).take(60).collect();
    let there = format!("there: {}", String::from_iter(shown));
    format!("# {name}\n{error}\n{}\n", there.trim_end())
}

#[test]
fn the_good_one_loads() {
    for text in [GOOD, &format!("\u{feff}{GOOD}")] {
        load(text, Limits::default()).map(drop).expect("good fixtures");
    }
}

#[test]
fn what_is_said_of_wrong_ones() {
    let mut complaints = String::new();
    for (name, text) in [
        ("nothing", String::new()),
        ("no object", "[]".to_owned()),
        ("cut off", GOOD[..GOOD.len() - 10].to_owned()),
        ("a comma too many", with(r#""tokens": ["t1"]}"#, r#""tokens": ["t1"],}"#)),
        ("no comma", with(r#""shortId": 1,"#, r#""shortId": 1"#)),
        ("something after the end", with("\"nextComment\": 3}\n}", "\"nextComment\": 3}\n}}")),
        ("an unknown key", with(r#""queues": ["#, r#""queue": ["#)),
        ("an unknown key inside", with(r#""summary": "A project""#, r#""sumary": "A project""#)),
        ("a key twice", with(r#""uid": 2,"#, r#""uid": 2, "uid": 2,"#)),
        ("a key is missing", with(r#""email": "2@example.com", "#, "")),
        ("a string for a number", with(r#""shortId": 3"#, r#""shortId": "3""#)),
        ("a number for a string", with(r#""id": "7""#, r#""id": 7"#)),
        ("a negative number", with(r#""version": 5"#, r#""version": -5"#)),
        ("two contents", with(r#"{"base64": "AAEC"}"#, r#"{"base64": "AAEC", "text": "text"}"#)),
        ("a list for an object", with(r#"{"nextFile": 8, "nextComment": 3}"#, "[null, null]")),
        (
            "a list for an object in a list",
            with(r#"{"id": "2", "login": "two", "display": "C D"}"#, r#"["2", "two", "C D"]"#),
        ),
        (
            "a list for the object of a name",
            with(r#"{"fileAdded": {"id": "4", "name": "a.txt"}}"#, r#"{"fileAdded": ["4", "a.txt"]}"#),
        ),
        ("no content", with(r#"{"base64": "AAEC"}"#, "{}")),
        ("content that is no object", with(r#"{"base64": "AAEC"}"#, r#""AAEC""#)),
        ("an unknown kind of content", with(r#"{"base64": "AAEC"}"#, r#"{"url": "http://localhost"}"#)),
        ("an unknown change", with(r#""change": "created""#, r#""change": "deleted""#)),
        ("no users", r#"{"users": []}"#.to_owned()),
        ("a login twice", with(r#""login": "two", "uid""#, r#""login": "one", "uid""#)),
        ("a uid twice", with(r#""uid": 2"#, r#""uid": 1"#)),
        ("a token twice", with(r#"["t2"]"#, r#"["t3", "t1"]"#)),
        ("a queue key twice", with(r#""key": "SECOND""#, r#""key": "FIRST""#)),
        ("a queue id twice", with(r#""id": 2, "key""#, r#""id": 1, "key""#)),
        ("a queue key in lower case", with(r#""key": "SECOND""#, r#""key": "Second""#)),
        ("an unknown lead of a queue", with(r#""lead": "two"}"#, r#""lead": "three"}"#)),
        ("an entity id twice", with(r#""id": "aaaaaaaaaaaaaaaaaaaaaaa3""#, r#""id": "aaaaaaaaaaaaaaaaaaaaaaa1""#)),
        ("a shortId twice in a type", with(r#""shortId": 3"#, r#""shortId": 1"#)),
        ("an unknown type", with(r#""type": "portfolio""#, r#""type": "programme""#)),
        (
            "an entity id in capitals",
            with(r#""id": "aaaaaaaaaaaaaaaaaaaaaaa3""#, r#""id": "AAAAAAAAAAAAAAAAAAAAAAA3""#),
        ),
        ("an unknown creator", with(r#""createdBy": "one""#, r#""createdBy": "1""#)),
        (
            "an unknown user in a field",
            with(
                r#""lead": "two",
        "team"#,
                r#""lead": "nobody",
        "team"#,
            ),
        ),
        ("an unknown user in a list", with(r#"["one", "two"]"#, r#"["one", "nobody"]"#)),
        ("an unknown queue in a field", with(r#"["FIRST"]"#, r#"["FIRST", "THIRD"]"#)),
        (
            "an unknown parent",
            with(r#""primary": "aaaaaaaaaaaaaaaaaaaaaaa2""#, r#""primary": "aaaaaaaaaaaaaaaaaaaaaaa9""#),
        ),
        ("a parent that is no id", with(r#""primary": "aaaaaaaaaaaaaaaaaaaaaaa2""#, r#""primary": "2""#)),
        ("a day for a time", with(r#""updatedAt": "2024-01-04T00:00:00.000+0000""#, r#""updatedAt": "2024-01-04""#)),
        ("a day that does not exist", with("2024-01-03", "2024-02-30")),
        ("a version that is too low", with(r#""version": 5"#, r#""version": 1"#)),
        ("a version below the first", with(r#""version": 5"#, r#""version": 0"#)),
        ("a shortId below the first", with(r#""shortId": 3"#, r#""shortId": 0"#)),
        ("a comment's id below the first", with(r#""id": 2, "longId""#, r#""id": 0, "longId""#)),
        ("no summary of an entity", with(r#""summary": "Another""#, r#""summary": """#)),
        ("a blank summary of an issue", with(r#""summary": "An issue""#, r#""summary": " \t""#)),
        ("a blank comment", with(r#""text": "A comment""#, r#""text": " ""#)),
        ("a blank item of a checklist", with("An item", "")),
        ("a deadline that does not exist", with("2024-03-01", "2024-02-30")),
        ("a time for a day", with(r#""2024-02-29""#, r#""2024-02-29T00:00:00.000+0000""#)),
        ("a day that is not written out", with(r#""2024-02-29""#, r#""2024-2-9""#)),
        ("a day with a sign", with(r#""2024-02-29""#, r#""+024-02-29""#)),
        ("a history without events", with(EVENTS, r#""events": []"#)),
        ("an empty token", with(r#"["t1"]"#, r#"["t1", ""]"#)),
        ("a token with space around it", with(r#"["t1"]"#, r#"["t1 "]"#)),
        ("an outbox about another type", with(r#""entity": {"type": "project""#, r#""entity": {"type": "goal""#)),
        ("an unknown event in the outbox", with(r#""notify": true"#, r#""event": "created", "notify": true"#)),
        ("nobody is told", with(RECIPIENTS, r#""recipients": []"#)),
        ("somebody is told for no reason", with(r#""roles": ["lead"]"#, r#""roles": []"#)),
        ("an event's id that is none", with("eeeeeeeeeeeeeeeeeeeeeee2", "event")),
        ("a file id twice", with(r#""id": "7""#, r#""id": "4""#)),
        ("a file id with a leading zero", with(r#""id": "7""#, r#""id": "07""#)),
        ("a name with a slash", with(r#""name": "b.bin""#, r#""name": "b/b.bin""#)),
        ("an empty name", with(r#""name": "b.bin""#, r#""name": """#)),
        ("a type of file that is none", with("image/png", "picture")),
        ("wrong base64", with("AAEC", "A*EC")),
        ("base64 that is cut off", with("AAEC", "AAE")),
        ("a path, but no file that it is relative to", with(r#"{"base64": "AAEC"}"#, r#"{"path": "b.bin"}"#)),
        ("an issue key twice", with("SECOND-1", "FIRST-1")),
        ("an issue id twice", with("bbbbbbbbbbbbbbbbbbbbbbb2", "bbbbbbbbbbbbbbbbbbbbbbb1")),
        ("an issue key without a number", with("SECOND-1", "SECOND-")),
        ("an issue of an unknown queue", with("SECOND-1", "THIRD-1")),
        ("a comment's id twice", with(r#""id": 2, "longId""#, r#""id": 1, "longId""#)),
        ("a comment's long id that is none", with("ccccccccccccccccccccccc2", "2")),
        (
            "an unknown recipient",
            with(r#"{"id": "2", "login": "two", "display""#, r#"{"id": "2", "login": "2", "display""#),
        ),
        ("an unknown role", with(r#"["lead"]"#, r#"["leader"]"#)),
        ("a counter of files that is too low", with(r#""nextFile": 8"#, r#""nextFile": 7"#)),
        ("a counter of comments that is too low", with(r#""nextComment": 3"#, r#""nextComment": 2"#)),
        ("a file id beyond all counting", with(r#""id": "7""#, r#""id": "18446744073709551615""#)),
        ("a shortId beyond all counting", with(r#""shortId": 3"#, r#""shortId": 18446744073709551615"#)),
        ("a version beyond all counting", with(r#""version": 5"#, r#""version": 18446744073709551615"#)),
        ("a comment's id beyond all counting", with(r#""id": 2, "longId""#, r#""id": 18446744073709551615, "longId""#)),
        ("a counter beyond all counting", with(r#""nextFile": 8"#, r#""nextFile": 18446744073709551615"#)),
        ("a counter of issues of an unknown queue", with(r#""nextFile": 8"#, r#""nextIssues": {"THIRD": 1}"#)),
        ("a number beyond all numbers", with(r#""nextFile": 8"#, r#""nextFile": 18446744073709551616"#)),
    ] {
        writeln!(complaints, "{}", complaint(name, &text, Limits::default())).expect("a string");
    }
    let small_files = set!(Limits::default(); max_file_bytes: 3);
    writeln!(complaints, "{}", complaint("a file over the limit", GOOD, small_files)).expect("a string");
    insta::assert_snapshot!(complaints.trim_end());
    let small_memory = set!(Limits::default(); max_memory_bytes: 8000);
    let refused = load(GOOD, small_memory).map(drop).expect_err("too little memory");
    assert_eq!(refused, "the fixtures do not fit into 8000 bytes of memory: raise --max-memory");
}

/// What is of the wrong form is all said together, and what breaks the rules then; up to a number.
#[test]
fn several_mistakes_are_said_at_once() {
    let of_form = with(r#""login": "two""#, r#""logn": "two""#)
        .replace(r#""key": "SECOND", "name""#, r#""key": "SECOND", "nam""#)
        .replace(r#""shortId": 3"#, r#""shortId": "3""#)
        .replace(r#""type": "portfolio""#, r#""type": "portfolo""#)
        .replace(r#""text": "A comment""#, r#""text": 5"#)
        .replace(r#""id": "7""#, r#""id": 7"#)
        .replace(r#""nextFile": 8"#, r#""nextFiles": 8"#);
    let of_rules = with(
        r#""lead": "two",
        "teamUsers": ["one", "two"]"#,
        r#""lead": "tow",
        "teamUser": ["one"]"#,
    )
    .replace(r#""start": "2024-02-29""#, r#""start": "2024-02-30""#)
    .replace(r#""createdBy": "two", "createdAt": "2024-01-03"#, r#""createdBy": "six", "createdAt": "2024-01-03"#)
    .replace(r#""key": "SECOND-1""#, r#""key": "SECND-1""#)
    .replace(r#""text": "A comment""#, r#""text": " ""#)
    .replace(r#""id": "7""#, r#""id": "4""#);
    let said = |text: &str| load(text, Limits::default()).map(drop).expect_err("mistakes");
    insta::assert_snapshot!([said(&of_form), said(&of_rules)].join("\n\n"));

    let user = r#"{"login": "one", "uid": 1, "fistName": "A"}"#;
    let many = said(&format!("{{\"users\": [{}]}}", [user; 30].join(",\n")));
    assert!(
        many.starts_with("wrong fixtures: 20 or more mistakes:\nfixtures:1:12: users[0].firstName: A value"),
        "{many}"
    );
    assert_eq!(many.lines().count(), 21, "{many}");
}

/// Wherever the format has an object: a list of the very values of its members is none.
#[test]
fn no_list_stands_for_an_object() {
    fn objects(value: &Value, path: &str) -> Vec<String> {
        let inside: Vec<String> = match value {
            Value::Object(members) => {
                members.iter().flat_map(|(name, member)| objects(member, &format!("{path}/{name}"))).collect()
            }
            Value::Array(items) => {
                items.iter().enumerate().flat_map(|(index, item)| objects(item, &format!("{path}/{index}"))).collect()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
        };
        let itself = value.is_object().then(|| path.to_owned());
        itself.into_iter().chain(inside).collect()
    }
    let good: Value = serde_json::from_str(GOOD).expect("good fixtures");
    let paths = objects(&good, "");
    assert!(paths.len() > 30, "{paths:?}");
    for path in paths {
        let mut wrong = good.clone();
        let object = wrong.pointer_mut(&path).expect("an object");
        *object = object.as_object().expect("an object").values().cloned().collect();
        let error = load(&wrong.to_string(), Limits::default()).map(drop).expect_err(&path);
        assert!(error.contains("not a list."), "{path}: {error}");
    }
}

/// A file that declares a path gets the bytes of the file there, seen from the folder of the fixture file.
#[tokio::test]
async fn contents_may_come_from_files() {
    let folder = Folder::new();
    folder.write("sub/bytes.bin", b"\0\xff\r\n");
    let text = with(r#"{"base64": "AAEC"}"#, r#"{"path": "sub/bytes.bin"}"#);
    let path = folder.write("fixtures.json", text.as_bytes());
    let api = Api::with(set!(Config::default(); fixtures: FixtureSource::File(path)));
    drop(folder);
    let state = api.state().await;
    let entities = state["entities"].as_array().expect("a list");
    let project = entities.iter().find(|entity| entity["shortId"] == 1).expect("the project");
    assert_eq!(content(&project["attachments"][1]), b"\0\xff\r\n");
}

#[test]
fn what_is_said_of_files_that_cannot_be_read() {
    let folder = Folder::new();
    let said = |path: std::path::PathBuf| {
        let config = set!(Config::default(); fixtures: FixtureSource::File(path));
        let error = App::new(config, String::new()).map(drop).expect_err("wrong fixtures").to_string();
        error.replace(&folder.path().display().to_string(), "FOLDER")
    };
    let wrong = |from, to| folder.write("fixtures.json", with(from, to).as_bytes());
    let mut complaints = vec![
        said(folder.path().join("nothing.json")),
        said(folder.path().to_owned()),
        said(folder.write("not-utf-8.json", b"\xff")),
        said(wrong(r#""uid": 2"#, r#""uid": 1"#)),
    ];
    complaints.push(said(wrong(r#"{"base64": "AAEC"}"#, r#"{"path": "nothing.bin"}"#)));
    complaints.push(said(wrong(r#"{"base64": "AAEC"}"#, r#"{"path": "."}"#)));
    insta::assert_snapshot!(complaints.join("\n"));
}

/// A mistake in a path must not fill the memory of the machine.
#[cfg(unix)]
#[test]
fn a_file_is_read_no_further_than_it_may_be_long() {
    let folder = Folder::new();
    let path = folder.write("fixtures.json", with(r#"{"base64": "AAEC"}"#, r#"{"path": "/dev/zero"}"#).as_bytes());
    let limits = set!(Limits::default(); max_file_bytes: 100_000);
    let config = set!(Config::default(); fixtures: FixtureSource::File(path), limits: limits);
    let error = App::new(config, String::new()).map(drop).expect_err("too long").to_string();
    assert!(error.contains("and --max-file-size allows 100000."), "{error}");
}

/// A mimetype that is left out is found as for an upload; the order of files and the counters are kept.
#[tokio::test]
async fn what_is_left_out_is_filled_in() {
    let text =
        GOOD.replace(",\n  \"counters\": {\"nextFile\": 8, \"nextComment\": 3}", "").replace(r#""version": 5,"#, "");
    let api = Api::with(set!(Config::default(); fixtures: FixtureSource::Text(text)));
    let state = api.state().await;
    assert_eq!(state["counters"]["nextFile"], 8);
    assert_eq!(state["counters"]["nextComment"], 3);
    let entities = state["entities"].as_array().expect("a list");
    assert_eq!((&entities[0]["version"], &entities[1]["version"]), (&json!(3), &json!(1)));
    assert_eq!(entities[1]["updatedAt"], entities[1]["createdAt"]);
    assert_eq!(entities[1]["events"].as_array().map(Vec::len), Some(1));
    assert_eq!(entities[0]["attachments"][0]["mimetype"], "text/plain");
    assert_eq!(state["users"][0]["display"], "A B");
    let upload =
        api.send(Call::upload("/v2/attachments/", &crate::support::Form::file("a", b"")).token("t2").request()).await;
    assert_eq!((upload.status, &upload.json()["createdAt"]), (StatusCode::CREATED, &json!(NOW)));
    assert_eq!(upload.json()["createdBy"]["display"], "C D");
}

/// Numbers that are counted on from have a highest value, and from there counting goes on without harm.
#[tokio::test]
async fn numbers_near_the_end_of_their_range() {
    let mut text = GOOD.to_owned();
    for (from, to) in [
        (r#""shortId": 1,"#, r#""shortId": 999999999999999999,"#),
        (r#""id": "7""#, r#""id": "999999999999999998""#),
        (r#""id": 2, "longId""#, r#""id": 999999999999999998, "longId""#),
        (r#""nextFile": 8, "nextComment": 3"#, r#""nextFile": 999999999999999999, "nextComment": 999999999999999999"#),
    ] {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    let api = Api::with(set!(Config::default(); fixtures: FixtureSource::Text(text)));
    assert_eq!(api.upload("a.txt", b"text").await, "999999999999999999");
    assert_eq!(api.upload("a.txt", b"text").await, "1000000000000000000");
    let attached = api.post("/v2/entities/project/999999999999999999/attachments/1000000000000000000").await;
    assert_eq!((attached.status, &attached.json()["version"]), (StatusCode::OK, &json!(6)));
}

/// What the documentation promises of it.
#[tokio::test]
async fn the_embedded_world() {
    let state = Api::new().state().await;
    let list = |key: &str| state[key].as_array().expect("a list").clone();
    let entity = |id: &str| list("entities").into_iter().find(|entity| entity["id"] == id).expect("the entity");
    let count = |value: &Value| value.as_array().map_or(0, Vec::len);
    assert!(list("users").len() >= 4);

    let project = entity(PROJECT);
    assert_eq!(
        (&project["type"], &project["shortId"], count(&project["attachments"])),
        (&json!("project"), &json!(4), 0)
    );
    let fields = &project["fields"];
    assert!(fields["author"].is_string() && fields["lead"].is_string());
    assert_eq!((count(&fields["teamUsers"]), count(&fields["clients"]), count(&fields["followers"])), (2, 1, 1));

    let project = entity(PROJECT_WITH_FILES);
    assert_eq!(
        (&project["type"], &project["shortId"], count(&project["attachments"])),
        (&json!("project"), &json!(6), 2)
    );
    assert_eq!((&entity(PORTFOLIO)["type"], &entity(PORTFOLIO)["shortId"]), (&json!("portfolio"), &json!(2)));
    assert_eq!((&entity(GOAL)["type"], &entity(GOAL)["shortId"]), (&json!("goal"), &json!(1)));

    let keys =
        |list: Vec<Value>| list.iter().map(|one| one["key"].as_str().expect("a key").to_owned()).collect::<Vec<_>>();
    for key in ["JUNE", "TREK"] {
        assert!(keys(list("queues")).contains(&key.to_owned()));
    }
    for key in ["JUNE-2", "JUNE-3", "TREK-1"] {
        assert!(keys(list("issues")).contains(&key.to_owned()));
    }
}

/// One of the two files is a real image: its bytes can be decoded to the end by their own format's rules.
#[tokio::test]
async fn the_embedded_image_is_a_whole_png() {
    let state = Api::new().state().await;
    let entities = state["entities"].as_array().expect("a list").iter();
    let files = entities.flat_map(|entity| entity["attachments"].as_array().expect("a list"));
    let images: Vec<_> = files.filter(|file| file["mimetype"] == "image/png").map(content).collect();
    let [image] = &images[..] else { panic!("{} images", images.len()) };
    assert_eq!(image[..8], *b"\x89PNG\r\n\x1a\n");
    let (mut at, mut chunks) = (8, Vec::new());
    while at < image.len() {
        let length = u32::from_be_bytes(image[at..at + 4].try_into().expect("four bytes")) as usize;
        chunks.push(&image[at + 4..at + 8]);
        at += length + 12;
    }
    assert_eq!((at, chunks.first(), chunks.last()), (image.len(), Some(&&b"IHDR"[..]), Some(&&b"IEND"[..])));
}

/// A line and a column are those of the value, or of the deepest value on the way to it, and columns are characters.
#[test]
fn mistakes_are_found_by_line_and_column() {
    let user = |uid: &str| format!("{{\n  \"users\": [\n    {{\"login\": \"é\"{uid}}}\n  ]\n}}");
    for (text, expected) in [
        ("[]".to_owned(), "fixtures:1:1: The value must be an object, not a list."),
        ("{\n  \"users\": {}}".to_owned(), "fixtures:2:12: users: The value must be a list, not an object."),
        (user(", \"uid\": \"\""), "fixtures:3:27: users[0].uid: The value must be a whole number from 0 up, not \"\"."),
        (user(""), "fixtures:3:5: users[0].uid: A value is required."),
        ("{}".to_owned(), "fixtures:1:1: users: A value is required."),
    ] {
        let said = load(&text, Limits::default()).map(drop).expect_err(&text);
        assert!(said.contains(expected), "{said}");
    }
}
