//! `/v2/issues/{key}/checklistItems` and `/v2/entities/{type}/{id}/checklistItems`

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Api, Call, GOAL, Log, PROJECT};

const ISSUE: &str = "/v3/issues/JUNE-2";
const FIRST: &str = "6586d91f99a40000000000c1";
const SECOND: &str = "6586d91f99a40000000000c2";

fn texts(items: &Value) -> Vec<&str> {
    items.as_array().expect("a list").iter().map(|item| item["text"].as_str().expect("a text")).collect()
}

fn ids(items: &Value) -> Vec<String> {
    items.as_array().expect("a list").iter().map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
}

async fn send(api: &Api, log: &mut Log, method: &str, path: &str, body: &Value) -> Value {
    let call = if body.is_null() {
        Call::new(method.parse().expect("a method"), path)
    } else {
        Call::json(method, path, body)
    };
    let answer = log.send(api, &format!("{method} {body}"), &call.token("lead-token")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    if answer.text().contains("\"self\"") {
        api.assert_selfs_resolve(&answer).await;
    }
    answer.json()
}

/// The answers to changes have the counts of before, all others the true ones.
#[tokio::test]
async fn of_an_issue() {
    let api = Api::new();
    let mut log = Log::default();
    let path = format!("{ISSUE}/checklistItems");
    let version = api.get(ISSUE).await.json()["version"].as_u64().expect("a number");
    send(&api, &mut log, "GET", &path, &Value::Null).await;
    let first = json!({
        "text": "*First*", "checked": true, "assignee": 1_900_000_003,
        "deadline": {"date": "2021-05-09T00:00:00.000+0000", "deadlineType": "date"}, "url": "https://example.com/1",
    });
    let added = send(&api, &mut log, "POST", &path, &first).await;
    assert_eq!((added.get("checklistTotal"), added.get("checklistDone")), (None, None));
    assert_eq!(added["version"], version + 1);
    send(&api, &mut log, "POST", &path, &json!({"id": "mine", "text": "Second"})).await;
    let listed = send(&api, &mut log, "GET", &path, &Value::Null).await;
    let seen = send(
        &api,
        &mut log,
        "GET",
        &format!("{ISSUE}?fields=checklistItems,checklistDone,checklistTotal"),
        &Value::Null,
    )
    .await;
    assert_eq!(
        (&seen["checklistItems"], &seen["checklistDone"], &seen["checklistTotal"]),
        (&listed, &json!(1), &json!(2))
    );

    let item = format!("{path}/{}", ids(&listed)[0]);
    let change = json!({"text": null, "checked": false, "assignee": null, "deadline": null});
    let unchecked = send(&api, &mut log, "PATCH", &item, &change).await;
    assert_eq!((&unchecked["checklistDone"], &unchecked["checklistTotal"]), (&json!(1), &json!(2)));
    let stays = &unchecked["checklistItems"][0];
    for member in ["id", "text", "assignee", "deadline"] {
        assert_eq!(stays[member], listed[0][member], "{member}");
    }
    send(&api, &mut log, "PATCH", &item, &json!({"assignee": {}, "deadline": {}})).await;
    let all = json!([{"text": "One", "checked": true}, {"text": "Two", "assignee": "lead", "deadline": "2030-01-01"}]);
    let rewritten = send(&api, &mut log, "PATCH", &item, &all).await;
    assert_eq!(texts(&rewritten["checklistItems"]), ["One", "Two"]);
    assert_eq!(ids(&rewritten["checklistItems"]), ids(&listed));

    let copy = Api::loaded(&api.state().await);
    assert_eq!(copy.state().await, api.state().await);
    assert_eq!(copy.get(ISSUE).await.text(), api.get(ISSUE).await.text());

    send(&api, &mut log, "DELETE", &item, &Value::Null).await;
    let cleared = send(&api, &mut log, "DELETE", &path, &Value::Null).await;
    assert_eq!((cleared.get("checklistItems"), &cleared["checklistTotal"]), (None, &json!(1)));
    let issue = api.get(ISSUE).await.json();
    for member in ["checklistItems", "checklistDone", "checklistTotal"] {
        assert_eq!(issue.get(member), None, "{member}");
    }
    let changelog = api.get(&format!("{ISSUE}/changelog?field=checklistItems")).await.json();
    let diffs: Vec<_> = changelog.as_array().expect("a list").iter().map(|entry| &entry["fields"][0]).collect();
    assert_eq!(diffs.len(), 7, "{changelog}");
    assert_eq!((&diffs[6]["from"], &diffs[6]["to"]), (&json!(["[ ] Two lead 2030-01-01"]), &json!(null)));
    assert_eq!((&issue["version"], &issue["updatedBy"]["display"]), (&json!(version + 7), &json!("Project Lead")));
    insta::assert_snapshot!(log.text());
}

#[tokio::test]
async fn of_an_entity() {
    let api = Api::new();
    let mut log = Log::default();
    let project = format!("/v2/entities/project/{PROJECT}");
    let (path, fields) = (format!("{project}/checklistItems"), "?fields=checklistItems");
    let before = api.get(&project).await.json()["version"].as_u64().expect("a number");
    let new =
        json!([{"text": "Third"}, {"text": "Fourth", "checked": true, "assignee": "client", "deadline": "2024-01-12"}]);
    let added = send(&api, &mut log, "POST", &format!("{path}{fields}&expand=attachments"), &new).await;
    let items = &added["fields"]["checklistItems"];
    assert_eq!(texts(items), ["First step", "Second step", "Third", "Fourth"]);
    let third = &ids(items)[2];

    let moved = json!({"before": SECOND});
    let moved = send(&api, &mut log, "POST", &format!("{path}/{third}/_move{fields}"), &moved).await;
    assert_eq!(texts(&moved["fields"]["checklistItems"]), ["First step", "Third", "Second step", "Fourth"]);
    let onto_itself = json!({"before": third});
    send(&api, &mut log, "POST", &format!("{path}/{third}/_move"), &onto_itself).await;

    let changed = json!([{"id": third, "text": "Other"}, {"id": FIRST, "text": "First", "checked": true, "assignee": 1_900_000_003}]);
    let changed = send(&api, &mut log, "PATCH", &format!("{path}{fields}"), &changed).await;
    assert_eq!(texts(&changed["fields"]["checklistItems"]), ["First", "Other", "Second step", "Fourth"]);
    let change = json!({"text": "Changed", "checked": true});
    send(&api, &mut log, "PATCH", &format!("{path}/{third}{fields}"), &change).await;
    let one_less = send(&api, &mut log, "DELETE", &format!("{path}/{SECOND}{fields}"), &Value::Null).await;
    assert_eq!(texts(&one_less["fields"]["checklistItems"]), ["First", "Changed", "Fourth"]);
    let copy = Api::loaded(&api.state().await);
    assert_eq!(copy.state().await, api.state().await);
    let none =
        send(&api, &mut log, "DELETE", &format!("{path}{fields}&notify=false&notifyAuthor=true"), &Value::Null).await;
    assert_eq!((&none["fields"]["checklistItems"], &none["version"]), (&json!([]), &json!(before + 7)));

    let events =
        send(&api, &mut log, "GET", &format!("{project}/events/_relative?newEventsOnTop=true&perPage=7"), &Value::Null)
            .await;
    let diffs = events["events"].as_array().expect("a list").iter().map(|event| &event["changes"][0]["field"]["id"]);
    // To move an item before itself changes nothing that the history tells.
    assert_eq!(diffs.filter(|field| **field == "checklistItems").count(), 6, "{events}");
    assert_eq!(api.get("/_mock/outbox?org=test").await.text().trim(), "[]");
    insta::assert_snapshot!(log.text());
}

/// A goal without a checklist gets one.
#[tokio::test]
async fn of_a_goal() {
    let api = Api::new();
    let path = format!("/v3/entities/goal/{GOAL}/checklistItems?fields=checklistItems");
    let answer = api.send_json("POST", &path, &json!({"text": "One"})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(texts(&answer.json()["fields"]["checklistItems"]), ["One"]);
}

#[tokio::test]
async fn changes_that_are_refused() {
    let api = Api::new();
    let mut log = Log::default();
    let (issue, entity) = (format!("{ISSUE}/checklistItems"), format!("/v3/entities/project/{PROJECT}/checklistItems"));
    let items = api.send_json("POST", &issue, &json!({"text": "One"})).await.json();
    let one = format!("{issue}/{}", items["checklistItems"][0]["id"].as_str().expect("an id"));
    api.send_json("POST", &issue, &json!({"text": "Two"})).await;
    let before = api.state().await;
    for (method, path, body, field) in [
        ("POST", &issue, json!({}), "text"),
        ("POST", &issue, json!({"text": " "}), "text"),
        ("POST", &issue, json!({"text": "x", "checked": "yes"}), "checked"),
        ("POST", &issue, json!({"text": "x", "assignee": "nobody"}), "assignee"),
        ("POST", &issue, json!({"text": "x", "deadline": {"date": "tomorrow"}}), "deadline"),
        ("POST", &issue, json!({"text": "x", "deadline": {}}), "deadline"),
        ("POST", &issue, json!([{"text": "x"}]), ""),
        ("PATCH", &one, json!({"text": ""}), "text"),
        ("PATCH", &one, json!({"assignee": 0}), "assignee"),
        ("PATCH", &one, json!({"assignee": ""}), "assignee"),
        ("PATCH", &one, json!({"deadline": {"day": "2024-01-01"}}), "deadline"),
        ("PATCH", &one, json!([{"text": "1"}, {"text": "2"}, {"text": "3"}]), "checklistItems"),
        ("PATCH", &one, json!([{"text": "1"}, {"checked": 1}]), "checked"),
        ("POST", &entity, json!([{"text": "x"}, {"checked": true}]), "text"),
        ("PATCH", &entity, json!([{"text": "x"}]), "id"),
        ("PATCH", &entity, json!([{"id": FIRST}]), "text"),
        ("PATCH", &entity, json!([{"id": FIRST, "text": "x"}, {"id": "none", "text": "x"}]), "id"),
        ("PATCH", &format!("{entity}/{FIRST}"), json!({"checked": []}), "checked"),
        ("POST", &format!("{entity}/{FIRST}/_move"), json!({}), "before"),
        ("POST", &format!("{entity}/{FIRST}/_move"), json!({"before": "none"}), "before"),
        ("POST", &format!("{entity}?fields=none"), json!({"text": "x"}), "fields"),
    ] {
        let call = Call::json(method, path, &body);
        let refused = log.send(&api, &format!("{method} {body}"), &call).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{method} {path} {body}");
        let errors = refused.json()["errors"].as_object().expect("an object").clone();
        assert_eq!(errors.keys().map(String::as_str).collect::<String>(), field, "{method} {path} {body}");
    }
    let russian = Call::json("PATCH", &one, &json!([{}, {}, {}])).header("Accept-Language", "ru");
    assert_eq!(log.send(&api, "in Russian", &russian).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    for (method, path) in [
        (Method::DELETE, format!("{issue}/{FIRST}")),
        (Method::DELETE, format!("{entity}/none")),
        (Method::DELETE, "/v3/issues/JUNE-99/checklistItems".to_owned()),
        (Method::GET, "/v3/issues/JUNE-99/checklistItems".to_owned()),
    ] {
        let refused = log.send(&api, "unknown", &Call::new(method, &path)).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(api.state().await, before);
    insta::assert_snapshot!(log.text());
}
