//! `/v2/issues/{key}/changelog`

use std::collections::HashMap;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Api, Call, Form, Log, NOW};

const PATH: &str = "/v3/issues/JUNE-2/changelog";

fn types(changes: &Value) -> Vec<&str> {
    changes.as_array().expect("a list").iter().map(|one| one["type"].as_str().expect("a text")).collect()
}

async fn send(api: &Api, method: &str, path: &str, body: &Value) {
    let answer = api.send_json(method, &format!("/v3/issues{path}"), body).await;
    assert!(answer.status.is_success(), "{method} {path}: {}", answer.text());
}

/// Everything that can happen to an issue: fields of each kind, files, comments, a transition and links.
#[tokio::test]
async fn everything_that_happens_to_an_issue() {
    let api = Api::new();
    api.upload("first.txt", b"1").await;
    api.upload("second.txt", b"2").await;
    api.upload("third.txt", b"3").await;
    send(&api, "POST", "", &json!({"queue": "JUNE", "summary": "New", "attachmentIds": ["30"]})).await;
    let fields = json!({
        "summary": "Newer", "description": "Text", "type": "bug", "priority": "blocker", "assignee": "lead",
        "followers": ["author", "lead"], "tags": ["one", "two"], "parent": "JUNE-2", "attachmentIds": ["31"],
    });
    send(&api, "PATCH", "/JUNE-4", &fields).await;
    send(&api, "PATCH", "/JUNE-4", &json!({"description": null, "followers": {"remove": "lead"}, "parent": null}))
        .await;
    send(&api, "PATCH", "/JUNE-4", &json!({"attachmentIds": ["32"]})).await;
    // Nothing differs.
    send(&api, "PATCH", "/JUNE-4", &json!({"summary": "Newer"})).await;
    api.post_form("/v3/issues/JUNE-4/attachments", &Form::file("fourth.txt", b"4")).await;
    send(&api, "POST", "/JUNE-4/comments", &json!({"text": "A comment"})).await;
    send(&api, "PATCH", "/JUNE-4/comments/22", &json!({"text": "Another"})).await;
    send(&api, "POST", "/JUNE-4/links", &json!({"relationship": "depends on", "issue": "TREK-1"})).await;
    send(&api, "POST", "/JUNE-4/transitions/close/_execute", &json!({"comment": "Done", "tags": []})).await;
    send(&api, "POST", "/JUNE-4/transitions/reopen/_execute", &json!({})).await;

    let mut log = Log::default();
    let listed = log.send(&api, "all", &Call::get("/v3/issues/JUNE-4/changelog")).await;
    api.assert_selfs_resolve(&listed).await;
    let call = Call::get("/v2/issues/TREK-1/changelog").header("Accept-Language", "ru");
    let other = log.send(&api, "of the other issue", &call).await;
    assert_eq!(types(&other.json()), ["IssueCreated", "IssueLinked"]);
    for path in ["/JUNE-4/comments/22", "/JUNE-4/attachments/33", "/JUNE-4/links/1"] {
        let call = Call::new(Method::DELETE, &format!("/v3/issues{path}")).token("lead-token");
        assert_eq!(api.send(call.request()).await.status, StatusCode::NO_CONTENT, "{path}");
    }
    let last = listed.json()[types(&listed.json()).len() - 1]["id"].as_str().expect("an id").to_owned();
    log.send(&api, "what went", &Call::get(&format!("/v3/issues/JUNE-4/changelog?id={last}"))).await;
    insta::assert_snapshot!(log.text());

    let copy = Api::loaded(&api.state().await);
    assert_eq!(copy.state().await, api.state().await);
    for path in ["/v3/issues/JUNE-4/changelog", "/v2/issues/TREK-1/changelog"] {
        assert_eq!(copy.get(path).await.text(), api.get(path).await.text(), "{path}");
    }
}

/// The issue was changed when and by whom its last change says.
#[tokio::test]
async fn the_last_change_is_the_issues() {
    let api = Api::new();
    for (method, path, body) in [
        ("POST", "/comments", json!({"text": "A comment"})),
        ("PATCH", "/comments/22", json!({"text": "Another"})),
        ("DELETE", "/comments/22", json!(null)),
        ("DELETE", "/attachments/7", json!(null)),
        ("POST", "/links", json!({"relationship": "relates", "issue": "TREK-1"})),
        ("DELETE", "/links/1", json!(null)),
        ("POST", "/transitions/close/_execute", json!({})),
    ] {
        for token in ["lead-token", "author-token"] {
            let api = Api::loaded(&api.state().await);
            let call = Call::json(method, &format!("/v3/issues/JUNE-2{path}"), &body).token(token);
            assert!(api.send(call.request()).await.status.is_success(), "{method} {path}");
            let (issue, changes) = (api.get("/v3/issues/JUNE-2").await.json(), api.get(PATH).await.json());
            let last = changes.as_array().expect("a list").last().expect("a change");
            assert_eq!((&last["updatedAt"], &last["updatedBy"]), (&json!(NOW), &issue["updatedBy"]), "{method} {path}");
            assert_eq!(issue["updatedAt"], NOW, "{method} {path}");
        }
        send(&api, method, &format!("/JUNE-2{path}"), &body).await;
    }
}

/// Imports are of the past, and are told of nowhere.
#[tokio::test]
async fn imports_are_not_told_of() {
    let api = Api::new();
    let before = api.get(PATH).await.json();
    let old = json!({"text": "Old", "createdAt": "2024-01-03T10:00:00.000+0000", "createdBy": "author"});
    send(&api, "POST", "/JUNE-2/comments/_import", &old).await;
    let import =
        "/v3/issues/JUNE-2/attachments/_import?filename=a.txt&createdAt=2024-01-03T10:00:00.000%2B0000&createdBy=lead";
    assert_eq!(api.post_form(import, &Form::file("a.txt", b"text")).await.status, StatusCode::CREATED);
    assert_eq!(api.get(PATH).await.json(), before);
}

#[tokio::test]
async fn changes_by_field_and_type() {
    let api = Api::new();
    send(&api, "PATCH", "/JUNE-2", &json!({"summary": "New", "tags": ["x"]})).await;
    send(&api, "POST", "/JUNE-2/comments", &json!({"text": "A comment"})).await;
    send(&api, "POST", "/JUNE-2/links", &json!({"relationship": "relates", "issue": "TREK-1"})).await;
    send(&api, "POST", "/JUNE-2/transitions/close/_execute", &json!({})).await;
    send(&api, "PATCH", "/JUNE-2", &json!({"tags": null})).await;
    api.post_form("/v3/issues/JUNE-2/attachments", &Form::file("a.txt", b"text")).await;
    for (query, expected) in [
        ("field=status", vec!["IssueCreated", "IssueWorkflow"]),
        ("field=tags", vec!["IssueUpdated", "IssueUpdated"]),
        ("field=tags&perPage=1", vec!["IssueUpdated"]),
        ("field=attachments", vec!["IssueAttachmentAdded"]),
        ("field=comments", vec!["IssueCommentAdded"]),
        ("field=links", vec!["IssueLinked"]),
        ("field=assignee", vec![]),
        ("type=IssueUpdated", vec!["IssueUpdated", "IssueUpdated"]),
        ("type=IssueUpdated&field=summary", vec!["IssueUpdated"]),
        ("type=IssueWorkflow&field=tags", vec![]),
        ("type=IssueMoved", vec![]),
        (
            "id=",
            vec![
                "IssueCreated",
                "IssueUpdated",
                "IssueCommentAdded",
                "IssueLinked",
                "IssueWorkflow",
                "IssueUpdated",
                "IssueAttachmentAdded",
            ],
        ),
    ] {
        let answer = api.get(&format!("{PATH}?{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text());
        assert_eq!(types(&answer.json()), expected, "{query}");
    }
}

/// The next links lead through all changes, of all types or of one.
#[tokio::test]
async fn a_history_is_followed_to_its_end() {
    let api = Api::new();
    for number in 0..5 {
        send(&api, "PATCH", "/JUNE-2", &json!({"summary": format!("Summary {number}")})).await;
        send(&api, "POST", "/JUNE-2/comments", &json!({"text": "A comment"})).await;
    }
    for (filter, total) in [("", 11), ("type=IssueUpdated&", 5), ("field=comments&", 5)] {
        let whole = api.get(&format!("{PATH}?{filter}perPage=100")).await;
        assert_eq!(whole.header("link"), None);
        let (mut next, mut read) = (format!("{PATH}?{filter}perPage=2"), Vec::new());
        loop {
            let answer = api.get(&next).await;
            assert_eq!(answer.header("x-total-count"), Some(total.to_string().as_str()), "{next}");
            read.extend(answer.json().as_array().expect("a list").clone());
            let links: HashMap<_, _> = answer.links().into_iter().collect();
            assert_eq!(links["first"], format!("http://tracker.test{PATH}?{filter}perPage=2"), "{next}");
            let Some(link) = links.get("next") else { break };
            next = link.strip_prefix("http://tracker.test").expect("our host").to_owned();
        }
        assert_eq!(json!(read), whole.json());
        assert_eq!(read.len(), total);
    }
}

#[tokio::test]
async fn what_is_wrong() {
    let api = Api::new();
    let before = api.state().await;
    let mut log = Log::default();
    for (status, path) in [
        (404, "/v3/issues/JUNE-99/changelog"),
        (400, "/v3/issues/JUNE-2/changelog?id=000000000000000000000000"),
        (400, "/v3/issues/JUNE-2/changelog?id=1&id=2"),
        (400, "/v3/issues/JUNE-2/changelog?perPage=0"),
        (400, "/v3/issues/JUNE-2/changelog?type=a&type=b"),
        (404, "/v3/issues/JUNE-2/changelog/1"),
        (404, "/v3/issues/JUNE-99/changelog/1"),
    ] {
        assert_eq!(log.send(&api, path, &Call::get(path)).await.status, status, "{path}");
    }
    let russian = Call::get("/v3/issues/JUNE-2/changelog/1").header("Accept-Language", "ru");
    log.send(&api, "in Russian", &russian).await;
    insta::assert_snapshot!(log.text());
    assert_eq!(api.state().await, before);
}

#[tokio::test]
async fn histories_of_fixtures() {
    let state = Api::new().state().await;
    let with = |changelog: Value| {
        let mut state = state.clone();
        state["issues"][0]["changelog"] = changelog;
        state
    };
    let entry = |more: Value| {
        let mut entry = json!({"id": "0123456789abcdef01234567", "time": NOW, "actor": "lead", "type": "IssueUpdated"});
        entry.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        json!([entry])
    };
    let key = state["issues"][0]["key"].as_str().expect("a key");
    let path = format!("/v3/issues/{key}/changelog");
    // What a value names may be unknown.
    let fields = json!({"fields": [{"field": "assignee", "from": ["lead"], "to": ["nobody"]}]});
    let loaded = Api::loaded(&with(entry(fields)));
    let change = &loaded.get(&path).await.json()[0]["fields"][0];
    assert_eq!((&change["from"]["display"], &change["to"]), (&json!("Project Lead"), &json!("nobody")));
    assert_eq!(Api::loaded(&with(json!([]))).get(&path).await.json(), json!([]));

    let api = Api::new();
    for (changelog, place, expected) in [
        (entry(json!({"type": "IssueEaten"})), "type", "\"IssueEaten\" is not known here."),
        (entry(json!({"actor": "nobody"})), "actor", "There is no user \"nobody\"."),
        (entry(json!({"fields": [{"field": "colour"}]})), "fields[0].field", "\"colour\" is not known here."),
        (
            entry(json!({"link": {"type": "hates", "outward": true, "issue": key}})),
            "link.type",
            "\"hates\" is not known here.",
        ),
        (entry(json!({"link": {"type": "relates", "outward": true, "issue": "NO-1"}})), "link.issue", "\"NO-1\""),
        (entry(json!({"id": "1"})), "id", "24 lower-case hex digits"),
    ] {
        let refused = api.send_json("PUT", "/_mock/state?org=test", &with(changelog)).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text());
        let message = refused.json()["errors"][format!("issues[0].changelog[0].{place}")].clone();
        assert!(message.as_str().is_some_and(|message| message.contains(expected)), "{place}: {}", refused.text());
    }
    assert_eq!(api.state().await, state);
}
