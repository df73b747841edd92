//! Every row of the endpoint table, read from the source, and `docs/endpoints.md`, which lists the same rows for people.
//!
//! A new row fails these tests until it has a sample request here and a line in the document.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use axum::http::StatusCode;
use serde_json::json;

use crate::support::{Answer, Api, Call, Form, PROJECT, PROJECT_WITH_FILES, images};

/// An image that nothing holds yet.
const TEMP_FILE: &str = "30";
/// A comment of [`PROJECT`].
const COMMENT: &str = "22";

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    method: String,
    path: String,
    handler: String,
}

impl Row {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    fn source(&self) -> String {
        let (resource, _) = self.handler.split_once("::").expect("a function of a module");
        format!("src/api/{resource}.rs")
    }
}

/// What a request to a row of the table looks like.
pub(crate) struct Sample {
    pub(crate) row: &'static str,
    /// For each placeholder of the path what it stands for.
    pub(crate) names: &'static [&'static str],
    pub(crate) query: &'static str,
    pub(crate) body: Body,
    pub(crate) status: StatusCode,
}

#[derive(Clone, Copy)]
pub(crate) enum Body {
    None,
    Json(&'static str),
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
        let path = format!("/{version}{}{}{}", path.trim_end_matches('/'), if slash { "/" } else { "" }, self.query);
        let call = Call::new(method.parse().expect("a method"), &path);
        match self.body {
            Body::None => call,
            Body::Json(text) => call.header("Content-Type", "application/json").body(text),
            Body::File => Call::upload(&path, &Form::file("new.txt", b"some text")),
        }
    }

    fn placeholders(&self) -> Vec<&'static str> {
        self.row.split('/').filter(|part| part.starts_with('{')).collect()
    }
}

/// One request for each row, which succeeds in the world that [`world`] makes.
#[rustfmt::skip]
pub(crate) fn samples() -> Vec<Sample> {
    const IMPORT: &str = "?filename=old.txt&createdAt=2024-01-13T14:06:29.747%2B0000&createdBy=author";
    let ok = |row, names, body| Sample { row, names, query: "", body, status: StatusCode::OK };
    let created = |row, names, query, body| Sample { row, names, query, body, status: StatusCode::CREATED };
    let deleted = |row, names| Sample { row, names, query: "", body: Body::None, status: StatusCode::NO_CONTENT };
    let get = |row, names| ok(row, names, Body::None);
    vec![
        created("POST /attachments/", &[], "", Body::File),
        get("GET /attachments/{fileId}", &[TEMP_FILE]),
        get("GET /attachments/{fileId}/{name}", &[TEMP_FILE, "picture.png"]),
        get("GET /thumbnails/{fileId}", &[TEMP_FILE]),
        created("POST /entities/{type}", &["goal"], "", Body::Json(r#"{"fields": {"summary": "New"}}"#)),
        ok("POST /entities/{type}/_search", &["project"], Body::Json("{}")),
        get("GET /entities/{type}/{id}", &["project", PROJECT]),
        ok("PATCH /entities/{type}/{id}", &["project", PROJECT], Body::Json(r#"{"fields": {"tags": ["new"]}}"#)),
        deleted("DELETE /entities/{type}/{id}", &["project", PROJECT]),
        get("GET /entities/{type}/{id}/events/_relative", &["project", PROJECT]),
        get("GET /entities/{type}/{id}/attachments", &["project", PROJECT_WITH_FILES]),
        ok("POST /entities/{type}/{id}/attachments/{fileId}", &["project", PROJECT, TEMP_FILE], Body::None),
        get("GET /entities/{type}/{id}/attachments/{fileId}", &["project", PROJECT_WITH_FILES, "4"]),
        deleted("DELETE /entities/{type}/{id}/attachments/{fileId}", &["project", PROJECT_WITH_FILES, "4"]),
        created("POST /entities/{type}/{id}/comments", &["project", PROJECT], "", Body::Json(r#"{"text": "New"}"#)),
        get("GET /entities/{type}/{id}/comments", &["project", PROJECT]),
        get("GET /entities/{type}/{id}/comments/_relative", &["project", PROJECT]),
        get("GET /entities/{type}/{id}/comments/{commentId}", &["project", PROJECT, COMMENT]),
        ok("PATCH /entities/{type}/{id}/comments/{commentId}", &["project", PROJECT, COMMENT], Body::Json(r#"{"text": "Other"}"#)),
        deleted("DELETE /entities/{type}/{id}/comments/{commentId}", &["project", PROJECT, COMMENT]),
        created("POST /issues/", &[], "", Body::Json(r#"{"queue": "JUNE", "summary": "New"}"#)),
        ok("POST /issues/_search", &[], Body::Json(r#"{"queue": "JUNE"}"#)),
        ok("POST /issues/_count", &[], Body::Json(r#"{"filter": {"queue": "JUNE"}}"#)),
        Sample { query: "?unique=only-one", ..ok("POST /issues/_findByUnique", &[], Body::None) },
        get("GET /issues/{key}", &["JUNE-2"]),
        ok("PATCH /issues/{key}", &["JUNE-2"], Body::Json(r#"{"summary": "Other"}"#)),
        created("POST /issues/{key}/attachments/", &["JUNE-2"], "", Body::File),
        get("GET /issues/{key}/attachments", &["JUNE-2"]),
        created("POST /issues/{key}/attachments/_import", &["JUNE-4"], IMPORT, Body::File),
        get("GET /issues/{key}/attachments/{fileId}", &["JUNE-4", "31"]),
        deleted("DELETE /issues/{key}/attachments/{fileId}/", &["JUNE-2", "7"]),
        get("GET /issues/{key}/attachments/{fileId}/{name}", &["JUNE-4", "31", "picture.png"]),
        get("GET /issues/{key}/thumbnails/{fileId}", &["JUNE-4", "31"]),
        created("POST /issues/{key}/comments", &["JUNE-2"], "", Body::Json(r#"{"text": "New"}"#)),
        get("GET /issues/{key}/comments", &["JUNE-2"]),
        get("GET /issues/{key}/comments/_relative", &["JUNE-2"]),
        get("GET /issues/{key}/comments/{id}", &["JUNE-2", "1"]),
        ok("PATCH /issues/{key}/comments/{id}", &["JUNE-2", "1"], Body::Json(r#"{"text": "Other"}"#)),
        deleted("DELETE /issues/{key}/comments/{id}", &["JUNE-2", "1"]),
        created("POST /issues/{key}/comments/{id}/attachments/_import", &["JUNE-4", "23"], IMPORT, Body::File),
        get("GET /myself", &[]),
        get("GET /users", &[]),
        get("GET /users/{id}", &["lead"]),
        get("GET /queues", &[]),
        get("GET /queues/{key}", &["JUNE"]),
        get("GET /fields", &[]),
        get("GET /fields/{id}", &["summary"]),
        get("GET /fields/categories", &[]),
        get("GET /fields/categories/{id}", &["000000000000000000000001"]),
        get("GET /priorities", &[]),
        get("GET /priorities/{id}", &["normal"]),
        get("GET /issuetypes", &[]),
        get("GET /issuetypes/{id}", &["task"]),
        get("GET /statuses", &[]),
        get("GET /statuses/{id}", &["open"]),
    ]
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
    ] {
        let answer = api.send(Call::post(path).body(body.to_string()).request()).await;
        assert_eq!((answer.status, &answer.json()[member]), (StatusCode::CREATED, &expected), "{}", answer.text());
    }
    api
}

#[test]
fn every_row_has_a_sample() {
    let rows: Vec<_> = table().iter().map(Row::name).collect();
    let samples: Vec<_> = samples().iter().map(|sample| sample.row).collect();
    assert_eq!(samples, rows);
}

/// In both versions, with and without a slash at the end, the same request gets the same answer.
#[tokio::test]
async fn every_endpoint_answers_however_its_path_is_written() {
    for sample in samples() {
        let mut answers = Vec::new();
        for (version, slash) in [("v2", false), ("v2", true), ("v3", false), ("v3", true)] {
            let api = world().await;
            let answer = api.send(sample.call(version, sample.names, slash).request()).await;
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
        assert_eq!(answers.len(), 1, "{}: {answers:#?}", sample.row);
    }
}

#[tokio::test]
async fn every_endpoint_needs_authorization_and_an_organization() {
    let api = world().await;
    let before = api.state().await;
    for sample in samples() {
        for (version, slash) in [("v2", false), ("v2", true), ("v3", false), ("v3", true)] {
            let call = sample.call(version, sample.names, slash);
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
                let answer = api.send(sample.call(version, sample.names, slash).method(method).request()).await;
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
        let call = Sample { query: "?unknown=%FF", ..sample }.call("v2", sample.names, false);
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
            let (unknown, expected) = match placeholder {
                "{type}" => (["issue", "Project", "%20"], StatusCode::BAD_REQUEST),
                // The first is of the right form and free, the others are no ids at all.
                "{commentId}" => (["2", "x", "%2F"], StatusCode::NOT_FOUND),
                _ => (["000000000000000000000000", "no-such-name", "%00"], StatusCode::NOT_FOUND),
            };
            for name in unknown {
                let mut names = sample.names.to_vec();
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
    assert_eq!(checked.len(), 16, "{checked:#?}");
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

/// A line of `docs/endpoints.md`.
#[derive(Debug)]
struct Line {
    row: Row,
    source: String,
    reference: String,
    class: String,
}

#[test]
fn the_document_lists_every_endpoint() {
    let mut listed: Vec<_> = document().into_iter().map(|line| line.row).collect();
    let mut rows = table();
    listed.sort();
    rows.sort();
    assert_eq!(listed, rows, "docs/endpoints.md, and the table of src/api/mod.rs");
}

#[test]
fn every_line_of_the_document_leads_to_its_handler() {
    for Line { row, source, reference, class } in document() {
        let name = row.name();
        assert_eq!(source, row.source(), "{name}");
        assert!(["S", "P", "D"].contains(&class.as_str()), "{name}: {class:?}");
        let documentation = documentation_of(&row);
        let first = format!("`{} /v2{}`", row.method, row.path);
        assert_eq!(documentation.first(), Some(&first), "{name}: the first line of {} in {source}", row.handler);
        let said = documentation.iter().find_map(|line| line.split_once("Reference: ")).expect("a reference").1;
        let said = said.strip_prefix('`').and_then(|page| page.split('`').next()).unwrap_or("none");
        assert_eq!(reference.trim_matches('`'), said, "{name}: the reference page that {source} names");
    }
}

/// The lines of documentation above a handler.
fn documentation_of(row: &Row) -> Vec<String> {
    let (_, function) = row.handler.split_once("::").expect("a function of a module");
    let text = read(&row.source());
    let (before, _) =
        text.split_once(&format!("fn {function}")).unwrap_or_else(|| panic!("no handler {}", row.handler));
    let above = before.rsplit('\n').skip(1).take_while(|line| line.starts_with("///"));
    let mut lines: Vec<_> = above.map(|line| line.trim_start_matches('/').trim().to_owned()).collect();
    lines.reverse();
    lines
}

fn document() -> Vec<Line> {
    let columns = ["Method", "Path", "Source", "Handler", "Reference", "Class"];
    let text = read("docs/endpoints.md");
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let rows = text.lines().filter(|line| line.starts_with('|')).map(cells);
    let mut rows = rows.filter(|cells| cells.len() == columns.len() && !cells[0].starts_with("---"));
    assert_eq!(rows.next().expect("a head"), columns);
    let plain = |cell: &str| cell.trim_matches('`').to_owned();
    let line = |cells: Vec<String>| {
        let [method, path, source, handler, reference, class] = cells.try_into().expect("six cells");
        // `[text](../src/api/x.rs)`: the link works from the folder of the document.
        let source = source.split_once("](../").and_then(|(_, target)| target.strip_suffix(')')).expect("a link");
        let row = Row { method, path: plain(&path), handler: plain(&handler) };
        Line { row, source: source.to_owned(), reference, class }
    };
    rows.filter(|cells| cells != &columns).map(line).collect()
}

/// The rows of `src/api/mod.rs`, in its order.
fn table() -> Vec<Row> {
    let row = |line: &str| {
        let (method, rest) = line.trim().strip_suffix("),")?.split_once("(\"")?;
        let (path, handler) = rest.split_once("\", ")?;
        Some(Row { method: method.to_uppercase(), path: path.to_owned(), handler: handler.to_owned() })
    };
    let rows: Vec<_> = read("src/api/mod.rs").lines().filter_map(row).collect();
    assert!(rows.len() > 50, "the table is not where it was: {} rows", rows.len());
    rows
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}
