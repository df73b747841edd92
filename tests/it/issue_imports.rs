//! `POST /v2/issues/_import`, and what is imported into such an issue.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{Api, Call, Form, Log, NOW};

const PATH: &str = "/v3/issues/_import";

/// What every import needs, and more.
fn with(more: Value) -> Value {
    let mut body = json!({
        "queue": "JUNE", "summary": "Old", "createdAt": "2017-08-29T12:34:41.740+0000", "createdBy": 1_900_000_003,
    });
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    body
}

fn everything() -> Value {
    with(json!({
        "key": "JUNE-40", "updatedAt": "2017-09-09T14:24:31.140+0300", "updatedBy": "client",
        "resolvedAt": "2017-09-08T09:33:42.250Z", "resolvedBy": {"id": "1900000002"}, "resolution": 1,
        "status": "closed", "type": 1, "priority": 5, "description": "From elsewhere", "assignee": "lead",
        "tags": ["test", "tag"], "followers": [1_900_000_003, "lead"], "unique": "issue_5182786599824772824459",
        "deadline": "2017-09-07", "storyPoints": 1.0, "fixVersions": [4, 5], "votedBy": ["lead"],
    }))
}

#[tokio::test]
async fn an_issue_keeps_its_times_and_users() {
    let api = Api::new();
    let mut log = Log::default();
    for body in [with(json!({})), everything()] {
        let call = Call::json("POST", PATH, &body).token("lead-token");
        let imported = log.send(&api, &body.to_string(), &call).await;
        assert_eq!(imported.status, StatusCode::CREATED);
        api.assert_selfs_resolve(&imported).await;
        let key = imported.json()["key"].as_str().expect("a key").to_owned();
        assert_eq!(api.get(&format!("/v3/issues/{key}")).await.text(), imported.text());
    }
    let found = api.post("/v3/issues/_findByUnique?unique=issue_5182786599824772824459").await;
    assert_eq!(found.json()["key"], "JUNE-40");
    let next = api.send_json("POST", "/v3/issues", &json!({"queue": "JUNE", "summary": "Next"})).await.json();
    assert_eq!((&next["key"], &next["createdAt"]), (&json!("JUNE-41"), &json!(NOW)));
    let copy = Api::loaded(&api.state().await);
    assert_eq!(copy.state().await, api.state().await);
    assert_eq!(copy.get("/v3/issues/JUNE-40").await.text(), api.get("/v3/issues/JUNE-40").await.text());
    insta::assert_snapshot!(log.text());
}

/// Comments and files come within the life of the issue, and files of a comment within that of the comment.
#[tokio::test]
async fn what_belongs_to_it_is_imported_too() {
    let api = Api::new();
    let mut log = Log::default();
    let body = with(json!({"updatedAt": "2025-01-01T00:00:00.000+0000", "updatedBy": "lead"}));
    let future = api.send_json("POST", PATH, &body).await;
    assert_eq!(future.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", future.text());
    let body = with(json!({"updatedAt": "2024-01-01T00:00:00.000+0000", "updatedBy": "lead"}));
    let issue =
        format!("/v3/issues/{}", api.send_json("POST", PATH, &body).await.json()["key"].as_str().expect("a key"));
    let written = json!({"text": "Old", "createdAt": "2019-02-03T04:05:06.000+0000", "createdBy": "lead"});
    let comment = log.send_json(&api, "POST", &format!("{issue}/comments/_import"), &written).await;
    let comment = format!("{issue}/comments/{}", comment.json()["id"]);
    for (path, created_at, expected) in [
        (&issue, "2022-05-06T07:08:09.000%2B0000", StatusCode::CREATED),
        (&comment, "2019-02-03T04:05:06.000%2B0000", StatusCode::CREATED),
        (&issue, "2016-05-06T07:08:09.000%2B0000", StatusCode::UNPROCESSABLE_ENTITY),
        (&issue, "2024-01-02T07:08:09.000%2B0000", StatusCode::UNPROCESSABLE_ENTITY),
        (&comment, "2022-05-06T07:08:09.000%2B0000", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let path = format!("{path}/attachments/_import?filename=a.txt&createdAt={created_at}&createdBy=lead");
        let answer = log.send(&api, &path, &Call::upload(&path, &Form::file("b.txt", b"old"))).await;
        assert_eq!(answer.status, expected, "{path}");
    }
    let files = api.get(&format!("{issue}/attachments")).await.json();
    assert_eq!(files.as_array().map(Vec::len), Some(2), "{files}");
    let seen = api.get(&issue).await.json();
    assert_eq!((&seen["version"], &seen["updatedAt"]), (&json!(1), &json!("2024-01-01T00:00:00.000+0000")));
    let state = api.state().await;
    assert_eq!(Api::loaded(&state).state().await, state);
    insta::assert_snapshot!(log.text());
}

#[tokio::test]
async fn imports_that_are_refused() {
    let api = Api::new();
    let mut log = Log::default();
    assert_eq!(api.send_json("POST", PATH, &with(json!({"unique": "taken"}))).await.status, StatusCode::CREATED);
    let before = api.state().await;
    let resolved = |at: &str| json!({"resolution": "fixed", "resolvedAt": at, "resolvedBy": "lead"});
    for (more, field) in [
        (json!({"queue": null}), "queue"),
        (json!({"summary": " "}), "summary"),
        (json!({"createdAt": null}), "createdAt"),
        (json!({"createdBy": null}), "createdBy"),
        (json!({"createdBy": "nobody"}), "createdBy"),
        (json!({"createdAt": "2017-08-29"}), "createdAt"),
        (json!({"createdAt": "2024-01-13T14:06:29.748+0000"}), "createdAt"),
        (json!({"updatedAt": "2018-01-01T00:00:00.000+0000"}), "updatedBy"),
        (json!({"updatedBy": "lead"}), "updatedAt"),
        (json!({"updatedAt": "2017-01-01T00:00:00.000+0000", "updatedBy": "lead"}), "updatedAt"),
        (json!({"updatedAt": "2024-02-01T00:00:00.000+0000", "updatedBy": "lead"}), "updatedAt"),
        (json!({"resolution": "fixed"}), "resolvedAt"),
        (json!({"resolution": "fixed", "resolvedAt": "2017-08-29T12:34:41.740+0000"}), "resolvedBy"),
        (json!({"resolvedBy": "lead"}), "resolution"),
        (json!({"resolution": "none", "resolvedAt": NOW, "resolvedBy": "lead"}), "resolution"),
        (resolved("2017-08-29T12:34:41.741+0000"), "resolvedAt"),
        (json!({"status": 99}), "status"),
        (json!({"type": "none"}), "type"),
        (json!({"key": "TREK-40"}), "key"),
        (json!({"key": "JUNE-0"}), "key"),
        (json!({"key": "JUNE-040"}), "key"),
        (json!({"key": "JUNE-1000000000000000000"}), "key"),
        (json!({"attachmentIds": ["99"]}), "attachmentIds"),
    ] {
        let refused = log.send(&api, &more.to_string(), &Call::json("POST", PATH, &with(more.clone()))).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{more}");
        assert!(refused.json()["errors"].get(field).is_some(), "{more}: {}", refused.text());
    }
    for (more, field) in [(json!({"unique": "taken"}), "unique"), (json!({"key": "JUNE-2"}), "key")] {
        let call = Call::json("POST", PATH, &with(more.clone())).header("Accept-Language", "ru");
        let refused = log.send(&api, &more.to_string(), &call).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{more}");
        assert!(refused.json()["errors"].get(field).is_some(), "{more}: {}", refused.text());
    }
    assert_eq!(api.state().await, before);
    insta::assert_snapshot!(log.text());
}
