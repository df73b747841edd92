//! Every row of the endpoint table. Sample requests are made from the OpenAPI document: its examples of path segments,
//! required parameters and bodies. A new row is tested as soon as it is described.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::support::documented::Documented;
use crate::support::{Answer, Api, Call, Form, PORTFOLIO, PROJECT, PROJECT_WITH_FILES, images};

/// An image that nothing holds yet.
const TEMP_FILE: &str = "30";
/// A comment of [`PROJECT`].
const COMMENT: &str = "22";

/// An item of the checklist of `JUNE-2`.
const ITEM: &str = "65a298e51715600000000000";

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    method: String,
    path: String,
}

impl Row {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// What a request to a row of the table looks like.
pub(crate) struct Sample {
    /// The method and the path.
    pub(crate) row: &'static str,
    /// For each placeholder of the path what it stands for.
    pub(crate) names: Vec<&'static str>,
    pub(crate) query: String,
    pub(crate) body: Body,
    pub(crate) status: StatusCode,
}

#[derive(Clone, Copy)]
pub(crate) enum Body {
    None,
    Json(&'static Value),
    File,
}

impl Sample {
    /// The request, with these names in its path.
    pub(crate) fn call(&self, version: &str, names: &[&str], slash: bool) -> Call {
        let (method, path) = self.row.split_once(' ').expect("a method and a path");
        let mut names = names.iter();
        let segments =
            path.split('/').map(|part| if part.starts_with('{') { names.next().expect("a name") } else { part });
        let path = segments.collect::<Vec<_>>().join("/");
        let path = format!("/{version}{}{}{}", path, if slash { "/" } else { "" }, self.query);
        let call = Call::new(method.parse().expect("a method"), &path);
        match self.body {
            Body::None => call,
            Body::Json(value) => call.header("Content-Type", "application/json").body(value.to_string()),
            Body::File => Call::upload(&path, &Form::file("new.txt", b"some text")),
        }
    }

    fn placeholders(&self) -> Vec<&'static str> {
        self.row.split('/').filter(|part| part.starts_with('{')).collect()
    }
}

/// The names where those of the document are not in the world that [`world`] makes: files that are images, comments of
/// entities, and issues that a file can be imported to.
const OTHER_NAMES: [(&str, &[&str]); 13] = [
    ("get_attachment", &[TEMP_FILE]),
    ("download_file", &[TEMP_FILE, "picture.png"]),
    ("download_thumbnail", &[TEMP_FILE]),
    ("get_entity_comment", &["project", PROJECT, COMMENT]),
    ("edit_entity_comment", &["project", PROJECT, COMMENT]),
    ("delete_entity_comment", &["project", PROJECT, COMMENT]),
    ("edit_checklist_item", &["JUNE-2", ITEM]),
    ("delete_checklist_item", &["JUNE-2", ITEM]),
    ("import_to_issue", &["JUNE-4"]),
    ("get_issue_file", &["JUNE-4", "31"]),
    ("download_issue_file", &["JUNE-4", "31", "picture.png"]),
    ("download_issue_thumbnail", &["JUNE-4", "31"]),
    ("import_to_comment", &["JUNE-4", "23"]),
];

/// One request for each row, which succeeds in the world that [`world`] makes.
pub(crate) fn samples() -> Vec<Sample> {
    let emulated = Documented::all().iter().filter(|operation| !operation.path.starts_with("/_mock"));
    emulated.map(sample).collect()
}

fn sample(operation: &Documented) -> Sample {
    let example = |parameter: &&'static Value| parameter["example"].as_str().expect("an example");
    let other = OTHER_NAMES.iter().find(|(name, _)| *name == operation.name()).map(|(_, names)| names.to_vec());
    let names = other.unwrap_or_else(|| operation.parameters("path").iter().map(example).collect());
    let required = operation.parameters("query").into_iter().filter(|parameter| parameter["required"] == true);
    let pairs: Vec<_> = required
        .map(|parameter| {
            let value = utf8_percent_encode(example(&parameter), NON_ALPHANUMERIC);
            format!("{}={value}", parameter["name"].as_str().expect("a name"))
        })
        .collect();
    Sample {
        row: operation.row(),
        names,
        query: if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) },
        body: match (operation.request_example(), operation.takes_form()) {
            (Some(value), _) => Body::Json(value),
            (None, true) => Body::File,
            (None, false) => Body::None,
        },
        status: StatusCode::from_u16(operation.statuses()[0]).expect("a status"),
    }
}

/// A world in which every sample finds what it names.
pub(crate) async fn world() -> Api {
    let api = Api::new();
    for expected in [TEMP_FILE, "31"] {
        assert_eq!(api.upload("picture.png", &images::png()).await, expected);
    }
    let issue = json!({"queue": "JUNE", "summary": "An image", "unique": "only-one", "attachmentIds": ["31"]});
    for (path, body, member, expected) in [
        ("/v2/issues", issue, "key", json!("JUNE-4")),
        (&format!("/v2/entities/project/{PROJECT}/comments"), json!({"text": "A comment"}), "id", json!(22)),
        ("/v2/issues/JUNE-4/comments", json!({"text": "A comment"}), "id", json!(23)),
        ("/v2/issues/JUNE-2/links", json!({"relationship": "relates", "issue": "JUNE-3"}), "id", json!(1)),
        ("/v2/issues/JUNE-2/checklistItems", json!({"text": "An item", "checked": true}), "key", json!("JUNE-2")),
        (
            &format!("/v2/entities/project/{PROJECT}/links"),
            json!({"relationship": "relates", "entity": PORTFOLIO}),
            "",
            json!(null),
        ),
        ("/v2/issues/JUNE-2/comments/1/reactions/LIKE", json!(null), "id", json!(1)),
    ] {
        let answer = api.send(Call::post(path).body(body.to_string()).request()).await;
        let is_change =
            path.contains("/entities/") || path.contains("/reactions/") || path.ends_with("/checklistItems");
        let status = if is_change { StatusCode::OK } else { StatusCode::CREATED };
        let found = answer.json().get(member).cloned().unwrap_or_default();
        assert_eq!((answer.status, found), (status, expected), "{}", answer.text());
    }
    let snapshot = api.call(Method::PUT, "/_mock/snapshots/ready?org=test").await;
    assert_eq!(snapshot.status, StatusCode::NO_CONTENT);
    api
}

#[test]
fn every_row_has_a_sample() {
    let rows: BTreeSet<_> = table().iter().map(|row| row.name().trim_end_matches('/').to_owned()).collect();
    let samples: BTreeSet<_> = samples().iter().map(|sample| sample.row.to_owned()).collect();
    assert_eq!(samples, rows);
}

/// Whose answers differ between the versions by more than the version.
const DIFFERENT: [&str; 1] = ["POST /attachments"];

/// In both versions, with and without a slash at the end, the same request gets the same answer.
#[tokio::test]
async fn every_endpoint_answers_however_its_path_is_written() {
    for sample in samples() {
        let mut answers = Vec::new();
        for (version, slash) in [("v2", false), ("v2", true), ("v3", false), ("v3", true)] {
            let api = world().await;
            let answer = api.send(sample.call(version, &sample.names, slash).request()).await;
            let context = format!("{} in {version}, slash: {slash}", sample.row);
            assert_eq!(answer.status, sample.status, "{context}: {:?}", answer.body);
            assert_eq!(answer.header("location"), None, "{context}");
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            let other = if version == "v2" { "tracker.test/v3" } else { "tracker.test/v2" };
            assert!(!body.contains(other), "{context}: {body}");
            let neutral = body.replace(&format!("tracker.test/{version}"), "tracker.test/V");
            // An event tells the version of the request that asks for it.
            answers.push(neutral.replace(&format!("\"transport\":\"{version}\""), "\"transport\":\"V\""));
        }
        answers.dedup();
        let different = if DIFFERENT.contains(&sample.row) { 2 } else { 1 };
        assert_eq!(answers.len(), different, "{}: {answers:#?}", sample.row);
    }
}

#[tokio::test]
async fn every_endpoint_needs_authorization_and_an_organization() {
    let api = world().await;
    let before = api.state().await;
    for sample in samples() {
        for (version, slash) in [("v2", false), ("v2", true), ("v3", false), ("v3", true)] {
            let call = sample.call(version, &sample.names, slash);
            for (header, expected) in [("Authorization", StatusCode::UNAUTHORIZED), ("X-Org-ID", StatusCode::FORBIDDEN)]
            {
                let answer = api.send(call.clone().without(header).request()).await;
                assert_error(&answer, expected, &format!("{} without {header}", sample.row));
            }
        }
    }
    assert_eq!(api.state().await, before);
}

#[tokio::test]
async fn every_path_names_its_methods() {
    let api = world().await;
    let (table, before) = (table(), api.state().await);
    for sample in samples() {
        let (_, path) = sample.row.split_once(' ').expect("a method and a path");
        let same = |row: &&Row| row.path.trim_end_matches('/') == path.trim_end_matches('/');
        let mut allowed: Vec<_> = table.iter().filter(same).map(|row| row.method.as_str()).collect();
        if allowed.contains(&"GET") {
            allowed.push("HEAD");
        }
        let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"];
        for method in methods.iter().filter(|method| !allowed.contains(method)) {
            for (version, slash) in [("v2", false), ("v3", true)] {
                let answer = api.send(sample.call(version, &sample.names, slash).method(method).request()).await;
                let context = format!("{method} instead of {}", sample.row);
                assert_eq!(answer.header("allow"), Some(allowed.join(", ").as_str()), "{context}");
                if *method == "HEAD" {
                    assert_eq!((answer.status, answer.text()), (StatusCode::METHOD_NOT_ALLOWED, ""), "{context}");
                } else {
                    assert_error(&answer, StatusCode::METHOD_NOT_ALLOWED, &context);
                }
            }
        }
    }
    assert_eq!(api.state().await, before);
}

/// Also where an endpoint has no parameters.
#[tokio::test]
async fn every_endpoint_reads_the_whole_query() {
    let api = world().await;
    let before = api.state().await;
    for sample in samples() {
        let names = sample.names.clone();
        let call = Sample { query: "?unknown=%FF".to_owned(), ..sample }.call("v2", &names, false);
        let answer = api.send(call.request()).await;
        assert_error(&answer, StatusCode::BAD_REQUEST, sample.row);
        assert!(answer.json()["errors"]["unknown"].is_string(), "{}: {}", sample.row, answer.text());
    }
    assert_eq!(api.state().await, before);
}

/// Each name in a path, one at a time, is replaced by one that does not exist there.
#[tokio::test]
async fn every_unknown_name_is_refused() {
    let api = world().await;
    let before = api.state().await;
    for sample in samples() {
        for (at, placeholder) in sample.placeholders().into_iter().enumerate() {
            // A file is sent under any name.
            if placeholder == "{name}" {
                continue;
            }
            let (unknown, expected) = match placeholder {
                "{type}" => (["issue", "Project", "%20"], StatusCode::BAD_REQUEST),
                // The first is of the right form and free, the others are no ids at all.
                "{commentId}" => (["2", "x", "%2F"], StatusCode::NOT_FOUND),
                _ => (["000000000000000000000000", "no-such-name", "%00"], StatusCode::NOT_FOUND),
            };
            for name in unknown {
                let mut names = sample.names.clone();
                names[at] = name;
                for (version, slash) in [("v2", false), ("v3", true)] {
                    let answer = api.send(sample.call(version, &names, slash).request()).await;
                    assert_error(&answer, expected, &format!("{} with {names:?}", sample.row));
                }
            }
        }
    }
    assert_eq!(api.state().await, before);
}

/// What belongs to something else is not found under another name: a file of another entity, a comment of another issue.
#[tokio::test]
async fn what_belongs_elsewhere_is_not_found() {
    let api = world().await;
    let before = api.state().await;
    let elsewhere = |row: &str| match row.split_once(' ').expect("a method and a path").1.trim_end_matches('/') {
        "/entities/{type}/{id}" => Some(vec!["portfolio", PROJECT]),
        "/entities/{type}/{id}/attachments/{fileId}" => Some(vec!["project", PROJECT, "4"]),
        "/entities/{type}/{id}/comments/{commentId}" => Some(vec!["project", PROJECT_WITH_FILES, COMMENT]),
        "/issues/{key}/attachments/{fileId}" => Some(vec!["JUNE-3", "7"]),
        "/issues/{key}/attachments/{fileId}/{name}" => Some(vec!["JUNE-3", "31", "picture.png"]),
        "/issues/{key}/thumbnails/{fileId}" => Some(vec!["JUNE-3", "31"]),
        "/issues/{key}/changelog/{changeId}" => Some(vec!["JUNE-3", "6593a1523c6ef30000000006"]),
        "/issues/{key}/links/{linkId}" => Some(vec!["TREK-1", "1"]),
        "/entities/{type}/{id}/checklistItems/{itemId}" => {
            Some(vec!["project", PROJECT_WITH_FILES, "6586d91f99a40000000000c2"])
        }
        "/issues/{key}/checklistItems/{itemId}" => Some(vec!["JUNE-3", ITEM]),
        "/issues/{key}/comments/{id}/reactions/{reaction}" => Some(vec!["JUNE-3", "1", "LIKE"]),
        "/issues/{key}/comments/{id}" => Some(vec!["JUNE-3", "1"]),
        "/issues/{key}/comments/{id}/attachments/_import" => Some(vec!["JUNE-4", "1"]),
        _ => None,
    };
    let mut checked = BTreeSet::new();
    for sample in samples() {
        // An attach finds the file wherever it is and says that it is used.
        let Some(names) = elsewhere(sample.row).filter(|_| !sample.row.starts_with("POST /entities")) else { continue };
        checked.insert(sample.row);
        let answer = api.send(sample.call("v2", &names, false).request()).await;
        assert_error(&answer, StatusCode::NOT_FOUND, &format!("{} with {names:?}", sample.row));
    }
    assert_eq!(checked.len(), 25, "{checked:#?}");
    assert_eq!(api.state().await, before);
}

fn assert_error(answer: &Answer, expected: StatusCode, context: &str) {
    assert_eq!(answer.status, expected, "{context}: {}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/json"), "{context}");
    let body = answer.json();
    let keys: Vec<_> = body.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["errors", "errorMessages", "statusCode"], "{context}");
    assert_eq!(body["statusCode"], expected.as_u16(), "{context}");
    let fields = body["errors"].as_object().expect("an object").len();
    let messages = body["errorMessages"].as_array().expect("a list").len();
    assert!(fields + messages > 0, "{context}: {}", answer.text());
}

/// The rows of `docs/endpoints.md`, which is made from the endpoint table, in its order.
fn table() -> Vec<Row> {
    let text = include_str!("../../docs/endpoints.md");
    let rows = text.lines().filter_map(|line| {
        let (method, rest) = line.strip_prefix("| ")?.split_once(" | `/")?;
        let (path, _) = rest.split_once('`')?;
        Some(Row { method: method.to_owned(), path: format!("/{path}") })
    });
    rows.collect()
}
