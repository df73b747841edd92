//! `/v2/issues/{key}/transitions`, and what is done with them.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{Api, Call, Log, NOW};

const PATH: &str = "/v3/issues/JUNE-2/transitions";

fn ids(transitions: &Value) -> Vec<&str> {
    transitions.as_array().expect("a list").iter().map(|one| one["id"].as_str().expect("a text")).collect()
}

#[tokio::test]
async fn from_open_to_closed_and_back() {
    let api = Api::new();
    let mut log = Log::default();
    let listed = log.send(&api, "open", &Call::get(PATH)).await;
    api.assert_selfs_resolve(&listed).await;
    let expanded = api.get("/v3/issues/JUNE-2?expand=transitions").await.json();
    assert_eq!(expanded["transitions"], listed.json());

    let started = log.send_json(&api, "POST", &format!("{PATH}/start_progress/_execute"), &json!({})).await;
    assert_eq!(started.status, StatusCode::OK);
    let closing = json!({"resolution": {"key": "wontFix"}, "comment": "No", "summary": "Closed", "tags": ["x"]});
    let call = Call::json("POST", &format!("{PATH}/close/_execute"), &closing).token("lead-token");
    let closed = log.send(&api, "close", &call).await;
    api.assert_selfs_resolve(&closed).await;
    let issue = log.send(&api, "closed", &Call::get("/v3/issues/JUNE-2?expand=comments")).await;
    api.assert_selfs_resolve(&issue).await;
    let copy = Api::loaded(&api.state().await);
    assert_eq!(copy.state().await, api.state().await);
    assert_eq!(copy.get("/v3/issues/JUNE-2?expand=comments").await.text(), issue.text());

    log.send(&api, "reopen", &Call::post(&format!("{PATH}/reopen/_execute")).header("Accept-Language", "ru")).await;
    let reopened = api.get("/v3/issues/JUNE-2").await.json();
    let status = |member: &str| reopened[member]["key"].as_str();
    assert_eq!(
        (status("status"), status("previousStatus"), reopened.get("resolution")),
        (Some("open"), Some("closed"), None)
    );
    assert_eq!((reopened.get("resolvedAt"), &reopened["statusStartTime"]), (None, &json!(NOW)));
    // The fixture has version 3.
    assert_eq!(reopened["version"], 6);
    insta::assert_snapshot!(log.text());
}

/// Whatever the status is, there is a way on, and it leads where it says.
#[tokio::test]
async fn every_status_has_a_way_on() {
    let statuses = Api::new().get("/v3/statuses").await.json();
    for status in statuses.as_array().expect("a list") {
        let mut state = Api::new().state().await;
        state["issues"][0]["status"] = status["key"].clone();
        let transitions = Api::loaded(&state).get(PATH).await.json();
        assert!(!ids(&transitions).is_empty(), "{status}");
        for transition in transitions.as_array().expect("a list") {
            let api = Api::loaded(&state);
            let answer = api.post(&format!("{PATH}/{}/_execute", transition["id"].as_str().expect("an id"))).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
            let issue = api.get("/v3/issues/JUNE-2").await.json();
            assert_eq!(issue["status"], transition["to"]);
            assert_eq!(issue.get("resolution").is_some(), issue["status"]["key"] == "closed");
        }
    }
}

#[tokio::test]
async fn transitions_that_are_refused() {
    let api = Api::new();
    let before = api.state().await;
    let mut log = Log::default();
    for (status, path, body) in [
        (404, "/v3/issues/JUNE-99/transitions/close/_execute", json!({})),
        (409, "/v3/issues/JUNE-2/transitions/reopen/_execute", json!({"comment": ""})),
        (404, "/v3/issues/JUNE-2/transitions/no-such/_execute", json!({})),
        (422, "/v3/issues/JUNE-2/transitions/close/_execute", json!({"resolution": "no-such"})),
        (422, "/v3/issues/JUNE-2/transitions/close/_execute", json!({"comment": ""})),
        (422, "/v3/issues/JUNE-2/transitions/close/_execute", json!({"assignee": "nobody"})),
        (422, "/v3/issues/JUNE-2/transitions/close/_execute", json!([])),
    ] {
        let refused = log.send_json(&api, "POST", path, &body).await;
        assert_eq!(refused.status, status, "{path} {body}");
    }
    for id in ["reopen", "no-such"] {
        let call = Call::post(&format!("/v3/issues/JUNE-2/transitions/{id}/_execute")).header("Accept-Language", "ru");
        log.send(&api, "in Russian", &call).await;
    }
    let unavailable = log.send(&api, "one that is not offered", &Call::get(&format!("{PATH}/reopen"))).await;
    assert_eq!(unavailable.status, StatusCode::NOT_FOUND);
    insta::assert_snapshot!(log.text());
    assert_eq!(api.state().await, before);
}

/// Of two clients that close an issue one is told that another did.
#[tokio::test]
async fn an_issue_is_closed_once() {
    let api = Api::new();
    let path = format!("{PATH}/close/_execute");
    let (one, other) = tokio::join!(api.post(&path), api.post(&path));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [StatusCode::OK, StatusCode::CONFLICT]);
    assert_eq!(api.get("/v3/issues/JUNE-2").await.json()["version"], 4);
    let closings = api.get("/v3/issues/JUNE-2/changelog?type=IssueWorkflow").await.json();
    assert_eq!(closings.as_array().map(Vec::len), Some(1));
}
