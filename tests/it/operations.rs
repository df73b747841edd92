//! What is said of operations is true: each documented parameter is read and no other, each documented status can be
//! reached, and bodies are what their schemas say. That every answer is documented is checked with every request, in
//! `support/documented.rs`. The description is read from the OpenAPI document.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::{Value, json};
use tracker_mock::{Config, FixtureSource, Limits};

use crate::endpoints::{Body, Sample, samples, world};
use crate::support::documented::{Documented, is_valid};
use crate::support::{Answer, Api, Call, Form, PROJECT};

/// A body that some limits leave no room for.
const LARGE: usize = 150_000;

#[test]
fn every_row_of_the_table_is_documented() {
    let documented: BTreeSet<_> =
        Documented::all().iter().map(|one| format!("{} {}", one.method.to_uppercase(), one.path)).collect();
    let rows: BTreeSet<_> = samples().iter().map(|sample| sample.row.trim_end_matches('/').to_owned()).collect();
    let missing: Vec<_> = rows.difference(&documented).collect();
    assert!(missing.is_empty(), "{missing:#?}");
    let control = documented.difference(&rows).all(|row| row.contains(" /_mock/"));
    assert!(control, "{:#?}", documented.difference(&rows));
}

#[tokio::test]
async fn every_documented_parameter_is_read() {
    let api = world().await;
    let before = api.state().await;
    let mut checked = 0;
    for sample in samples() {
        for parameter in operation(&sample).parameters("query") {
            let name = text(&parameter["name"]);
            let Some(wrong) = wrong_query(name, &parameter["schema"]) else { continue };
            let answer = api.send(with_query(&sample, &[name], &wrong).request()).await;
            let context = format!("{} with {wrong}: {}", sample.row, answer.text());
            assert!([400, 422].contains(&answer.status.as_u16()), "{context}");
            assert_eq!(
                answer.json()["errors"].as_object().map(|errors| errors.contains_key(name)),
                Some(true),
                "{context}"
            );
            checked += 1;
        }
        if operation(&sample).parameters("header").iter().any(|parameter| parameter["name"] == "If-Match") {
            let answer = api.send(call(&sample).header("If-Match", "\"new\"").request()).await;
            // Of a file it is a tag, and not a version.
            let expected = if sample.row.starts_with("GET ") { 412 } else { 400 };
            assert_eq!(answer.status.as_u16(), expected, "{} with a wrong If-Match", sample.row);
        }
    }
    assert!(checked > 90, "{checked}");
    assert_eq!(api.state().await, before);
}

/// Parameters of other operations, with values that those refuse, and headers of others.
#[tokio::test]
async fn what_is_not_documented_is_not_read() {
    let known: Vec<(&str, &Value)> = samples()
        .iter()
        .flat_map(|sample| operation(sample).parameters("query"))
        .map(|parameter| (text(&parameter["name"]), &parameter["schema"]))
        .collect();
    for sample in samples() {
        let documented = operation(&sample).parameters("query");
        let own = |name: &str| documented.iter().any(|parameter| parameter["name"] == name && !is_ignored(parameter));
        let foreign: BTreeSet<_> = known
            .iter()
            .filter(|(name, _)| !own(name))
            .collect::<Vec<_>>()
            .into_iter()
            .map(|(name, schema)| wrong_query(name, schema).unwrap_or_else(|| format!("{name}=anything")))
            .collect();
        let plain = world().await.send(call(&sample).request()).await;
        let query = foreign.into_iter().collect::<Vec<_>>().join("&");
        let mut other = with_query(&sample, &[], &query);
        if operation(&sample).parameters("header").is_empty() {
            other =
                ["If-Match", "If-None-Match", "Range"].iter().fold(other, |call, name| call.header(name, "\"new\""));
        }
        let other = world().await.send(other.request()).await;
        assert_eq!(
            other.status,
            sample.status,
            "{} with {query}: {}",
            sample.row,
            String::from_utf8_lossy(&other.body)
        );
        assert_eq!(plain.body, other.body, "{} with {query}", sample.row);
    }
}

#[tokio::test]
async fn every_documented_status_is_reached() {
    let state = world().await.state().await;
    let used_bytes = Api::loaded(&state).used_bytes();
    for sample in samples() {
        // To be too slow or one too many takes a socket: `slow.rs`.
        for status in operation(&sample).statuses().into_iter().filter(|status| ![408, 503].contains(status)) {
            let limits = match status {
                413 => set!(Limits::default(); max_file_bytes: LARGE as u64 - 1),
                507 => set!(Limits::default(); max_memory_bytes: used_bytes + 10),
                _ => Limits::default(),
            };
            let state = if status == 423 { at_the_last_version(&state) } else { state.clone() };
            let api = Api::with(set!(Config::default(); fixtures: FixtureSource::Text(state.to_string()), limits));
            let answer = reach(&api, &sample, status).await;
            let body = String::from_utf8_lossy(&answer.body);
            assert_eq!(answer.status.as_u16(), status, "{}: {body}", sample.row);
        }
    }
}

/// A world in which nothing can be changed any more.
fn at_the_last_version(state: &Value) -> Value {
    let mut state = state.clone();
    for list in ["entities", "issues"] {
        for holder in state[list].as_array_mut().expect("a list") {
            holder["version"] = 11_100.into();
            for comment in holder["comments"].as_array_mut().expect("a list") {
                comment["version"] = 11_100.into();
            }
        }
    }
    state
}

/// A request that is answered with a status that its operation documents.
async fn reach(api: &Api, sample: &Sample, status: u16) -> Answer {
    let success = sample.status.as_u16();
    let segments = sample.row.split('/').filter(|segment| segment.starts_with('{'));
    let placeholder = segments.collect::<Vec<_>>().iter().rposition(|segment| !["{type}", "{name}"].contains(segment));
    let call = match (status, sample.body) {
        (status, _) if status == success => call(sample),
        (206, _) => call(sample).header("Range", "bytes=0-0"),
        (304, _) => call(sample).header("If-None-Match", "*"),
        (400, _) => with_query(sample, &[], "unknown=%FF"),
        (401, _) => call(sample).without("Authorization"),
        (403, _) => call(sample).without("X-Org-ID"),
        (404, _) if placeholder.is_none() => with_query(sample, &["unique"], "unique=no-such-value"),
        (404, _) => {
            let mut names = sample.names.to_vec();
            names[placeholder.expect("a name")] = "no-such-name";
            sample.call("v2", &names, false)
        }
        (409, _) if sample.row.ends_with("/_execute") => sample.call("v2", &["JUNE-2", "reopen"], false),
        (409, _) if sample.row.ends_with("/links") => {
            call(sample).body(r#"{"relationship": "relates", "issue": "JUNE-3"}"#)
        }
        (409, _) => {
            let again = json!({"queue": "JUNE", "summary": "Again", "unique": "only-one", "createdAt": "2024-01-03T10:00:00Z", "createdBy": "lead"});
            call(sample).body(again.to_string())
        }
        (412, Body::None) => call(sample).header("If-Match", "\"another\""),
        (412, _) => with_query(sample, &[], "version=99"),
        (413 | 507, Body::File) => {
            let form = Form::file("large.bin", &vec![b'x'; LARGE]);
            call(sample).body(form.bytes())
        }
        (415, _) => call(sample).header("Content-Encoding", "gzip"),
        (416, _) => call(sample).header("Range", "bytes=99999999-"),
        (422, Body::File) => with_query(sample, &["createdAt"], "createdAt=1990-01-01T00:00:00.000%2B0000"),
        (422, Body::Json(_)) => call(sample).body("1"),
        (422, Body::None) => with_query(sample, &[], "fields=no-such-field"),
        (423, _) | (507, Body::None) => call(sample),
        (status, _) => panic!("how is {status} reached with {}?", sample.row),
    };
    api.send(call.request()).await
}

/// `expand` and `fields` with all that they know: every part of every answer is seen, and is documented.
#[tokio::test]
async fn everything_that_can_be_shown_is_documented() {
    let mut shown = 0;
    for sample in samples() {
        let lists = operation(&sample)
            .parameters("query")
            .into_iter()
            .filter(|parameter| parameter["schema"]["items"].get("enum").is_some());
        let everything: Vec<_> = lists
            .map(|parameter| {
                let known = parameter["schema"]["items"]["enum"].as_array().expect("what it knows");
                format!("{}={}", text(&parameter["name"]), known.iter().map(text).collect::<Vec<_>>().join(","))
            })
            .collect();
        if everything.is_empty() {
            continue;
        }
        let answer = world().await.send(with_query(&sample, &[], &everything.join("&")).request()).await;
        assert_eq!(answer.status, sample.status, "{}: {}", sample.row, answer.text());
        shown += 1;
    }
    assert!(shown > 20, "{shown}");
}

#[tokio::test]
async fn every_operation_of_the_control_plane_answers_as_documented() {
    for operation in Documented::all().iter().filter(|operation| operation.path.starts_with("/_mock/")) {
        // Its answer has no end; `watching.rs` reads it.
        if operation.name() == "watch_events" {
            continue;
        }
        let (path, body) = match operation.name() {
            "wait_for_requests" => ("/_mock/requests/wait?all=true&timeout=0ms".to_owned(), Value::Null),
            "get_request" => ("/_mock/requests/1".to_owned(), Value::Null),
            "get_request_body" => {
                let records = world().await.get("/_mock/requests?all=true").await.json();
                let records = records.as_array().expect("a list");
                let kept = records.iter().find(|record| record.get("requestText").is_some()).expect("a body in text");
                (format!("/_mock/requests/{}/body", kept["id"]), Value::Null)
            }
            "get_preview" => ("/_mock/files/5/preview?org=test".to_owned(), Value::Null),
            "import_world" => (format!("{}?org=test", operation.path), Api::new().state().await),
            "arm_faults" | "add_faults" => {
                (format!("{}?org=test", operation.path), json!({"rules": [{"preset": "rate-limit"}]}))
            }
            "take_snapshot" => ("/_mock/snapshots/new?org=test".to_owned(), Value::Null),
            "restore_snapshot" => ("/_mock/snapshots/ready/restore?org=test".to_owned(), Value::Null),
            "delete_snapshot" => ("/_mock/snapshots/ready?org=test".to_owned(), Value::Null),
            "delete_world" => ("/_mock/worlds/test".to_owned(), Value::Null),
            "verify" => (format!("{}?org=test", operation.path), json!({"match": {"method": "POST"}, "count": 5})),
            "set_clock" => (format!("{}?all=true", operation.path), json!({"mode": "tick", "step": "1s"})),
            "set_ids" => (format!("{}?all=true", operation.path), json!({"seed": 7})),
            _ if operation.parameters("query").iter().any(|parameter| parameter["name"] == "org") => {
                (format!("{}?org=test", operation.path), Value::Null)
            }
            _ => (operation.path.to_owned(), Value::Null),
        };
        // It has made requests already, so there is something to tell of.
        let api = world().await;
        let answer = if body.is_null() {
            api.call(operation.method.to_uppercase().parse().expect("a method"), &path).await
        } else {
            api.send_json(&operation.method.to_uppercase(), &path, &body).await
        };
        assert!(answer.status.is_success(), "{}: {}", operation.name(), answer.text());
    }
}

/// What a handler refuses because of its type or form, its schema refuses too. (What it accepts is checked with every
/// request.)
#[tokio::test]
async fn wrong_bodies_are_wrong_by_their_schemas() {
    let api = world().await;
    let before = api.state().await;
    let entity = format!("/v2/entities/project/{PROJECT}");
    let comments = format!("{entity}/comments");
    let fields = |fields: Value| json!({"fields": fields});
    let mut cases: Vec<(&str, &str, &str, Value)> = Vec::new();
    for body in [
        json!({}),
        json!({"fields": {}}),
        json!({"fields": []}),
        fields(json!({"summary": " "})),
        fields(json!({"summary": null, "tags": []})),
        json!({"fields": {"summary": "New"}, "links": {"relationship": "relates"}}),
        json!({"fields": {"summary": "New"}, "links": [{"relationship": "hates", "entity": PROJECT}]}),
    ] {
        cases.push(("create_entity", "POST", "/v2/entities/goal", body));
    }
    for body in [
        fields(json!({"summary": ""})),
        fields(json!({"no-such-field": 1})),
        fields(json!({"description": 1})),
        fields(json!({"lead": true})),
        fields(json!({"lead": {"name": "lead"}})),
        fields(json!({"teamUsers": "lead"})),
        fields(json!({"followers": {"append": ["lead"]}})),
        fields(json!({"followers": {"replace": [{"target": "lead"}]}})),
        fields(json!({"tags": [1]})),
        fields(json!({"tags": {"add": 1}})),
        fields(json!({"start": "tomorrow"})),
        fields(json!({"checklistItems": [{"checked": true}]})),
        fields(json!({"checklistItems": [{"text": "Do", "checked": "yes"}]})),
        fields(json!({"teamAccess": "yes"})),
        fields(json!({"entityStatus": 1})),
        fields(json!({"parentEntity": true})),
        fields(json!({"issueQueues": true})),
        json!({"comment": ""}),
        json!({"comment": ["text"]}),
        json!({"attachmentIds": "30"}),
        json!({"attachmentIds": [true]}),
    ] {
        cases.push(("update_entity", "PATCH", &entity, body));
    }
    for body in [
        json!({"input": 1}),
        json!({"filter": []}),
        json!({"filter": {"summary": {"from": 1}}}),
        json!({"orderBy": ["summary"]}),
        json!({"orderAsc": "yes"}),
        json!({"rootOnly": 1}),
    ] {
        cases.push(("search_entities", "POST", "/v2/entities/project/_search", body));
    }
    for body in [json!({}), json!({"text": ""}), json!({"text": 1}), json!({"text": "New", "summonees": "lead"})] {
        cases.push(("add_entity_comment", "POST", &comments, body.clone()));
        cases.push(("add_issue_comment", "POST", "/v2/issues/JUNE-2/comments", body));
    }
    for body in [json!({}), json!({"text": 1}), json!({"text": "x", "deadline": {}})] {
        cases.push(("add_checklist_item", "POST", "/v2/issues/JUNE-2/checklistItems", body));
    }
    let checklist = format!("{entity}/checklistItems");
    let item = format!("{checklist}/6586d91f99a40000000000c1");
    let to = format!("{item}/_move");
    cases.push(("add_entity_checklist_items", "POST", &checklist, json!([{"text": "x"}, {"checked": true}])));
    cases.push(("edit_entity_checklist_item", "PATCH", &item, json!({"assignee": {"login": true}})));
    cases.push(("move_entity_checklist_item", "POST", &to, json!({"before": 1})));
    for body in [json!({"text": "\t"}), json!({"text": []}), json!({"attachmentIds": 30})] {
        cases.push(("edit_issue_comment", "PATCH", "/v2/issues/JUNE-2/comments/1", body));
    }
    for body in [
        json!({}),
        json!({"summary": "New"}),
        json!({"queue": "JUNE", "summary": ""}),
        json!({"queue": ["JUNE"], "summary": "New"}),
        json!({"queue": "JUNE", "summary": "New", "unique": 1}),
        json!({"queue": "JUNE", "summary": "New", "assignee": true}),
    ] {
        cases.push(("create_issue", "POST", "/v2/issues/", body));
    }
    for body in [
        json!({"queue": "JUNE", "summary": "New", "createdBy": "lead"}),
        json!({"queue": "JUNE", "summary": "New", "createdAt": "yesterday", "createdBy": "lead"}),
        json!({"queue": "JUNE", "createdAt": "2024-01-03T10:00:00.000+0000", "createdBy": "lead"}),
    ] {
        cases.push(("import_issue", "POST", "/v2/issues/_import", body));
    }
    for body in [
        json!({"summary": null}),
        json!({"description": 1}),
        json!({"type": []}),
        json!({"priority": {"display": "normal"}}),
        json!({"followers": "lead"}),
        json!({"tags": {"clear": true}}),
        json!({"parent": {"display": "JUNE-3"}}),
        json!({"links": {"relationship": "relates", "issue": "TREK-1"}}),
        json!({"links": [{"relationship": "relates", "issue": true}]}),
    ] {
        cases.push(("update_issue", "PATCH", "/v2/issues/JUNE-2", body));
    }
    for body in [json!({}), json!({"relationship": "hates", "issue": "TREK-1"}), json!({"relationship": "relates"})] {
        cases.push(("add_issue_link", "POST", "/v2/issues/JUNE-2/links", body));
    }
    for body in [json!({"queue": true}), json!({"keys": [null]}), json!({"filter": {"tags": [[]]}})] {
        cases.push(("search_issues", "POST", "/v2/issues/_search", body));
    }
    for (operation, method, path, body) in cases {
        let schema = Documented::named(operation).request_schema().expect("it takes JSON");
        assert!(!is_valid(schema, &body), "{operation} is documented to take {body}");
        let answer = api.send_json(method, path, &body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{operation} with {body}: {}", answer.text());
    }
    assert_eq!(api.state().await, before);
}

/// The name of a parameter with a value that whoever reads it refuses; `None` if it is documented to be ignored.
fn wrong_query(name: &str, schema: &Value) -> Option<String> {
    let value = match (schema["type"].as_str(), schema["format"].as_str()) {
        // Any names will do.
        (Some("array"), _) if schema["items"].get("enum").is_none() => return None,
        (None, _) if schema.get("enum").is_none() => return None,
        (Some("integer"), _) => "-1",
        (Some("boolean") | Some("array") | None, _) => "no-such-value",
        (Some("string"), Some("timestamp")) => "yesterday",
        (Some("string"), _) if schema.get("maxLength").is_some() => "a/b",
        // Any text will do, but only one.
        (Some("string"), _) => return Some(format!("{name}=a&{name}=b")),
        (Some(other), _) => panic!("{name} is a {other}"),
    };
    Some(format!("{name}={value}"))
}

fn is_ignored(parameter: &Value) -> bool {
    parameter["schema"] == json!({})
}

fn operation(sample: &Sample) -> Documented {
    let (method, path) = sample.row.split_once(' ').expect("a method and a path");
    let is = |one: &&Documented| one.path == path.trim_end_matches('/') && one.method.eq_ignore_ascii_case(method);
    *Documented::all().iter().find(is).unwrap_or_else(|| panic!("{} is not documented", sample.row))
}

fn call(sample: &Sample) -> Call {
    sample.call("v2", &sample.names, false)
}

/// The sample with more in its query, in place of the parameters named.
fn with_query(sample: &Sample, without: &[&str], more: &str) -> Call {
    let given = sample.query.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty());
    let kept = given.filter(|pair| !without.iter().any(|name| pair.split('=').next() == Some(name)));
    let query = kept.chain([more]).collect::<Vec<_>>().join("&");
    call(sample).query(&query)
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
