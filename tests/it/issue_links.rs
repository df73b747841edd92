//! `/v2/issues/{key}/links` and `/v2/linktypes`

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Api, Call, Log};

const LINKS: &str = "/v3/issues/JUNE-2/links";

/// The links of an issue, each as type, direction and key of the other one.
async fn links(api: &Api, key: &str) -> Vec<String> {
    let links = api.get(&format!("/v3/issues/{key}/links")).await.json();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let line = |link: &Value| [&link["type"]["id"], &link["direction"], &link["object"]["key"]].map(text).join(" ");
    links.as_array().expect("a list").iter().map(line).collect()
}

async fn link(api: &Api, key: &str, relationship: &str, issue: &str) -> StatusCode {
    let body = json!({"relationship": relationship, "issue": issue});
    api.send_json("POST", &format!("/v3/issues/{key}/links"), &body).await.status
}

#[tokio::test]
async fn from_the_first_to_none() {
    let api = Api::new();
    let mut log = Log::default();
    let body = json!({"relationship": "depends on", "issue": "TREK-1"});
    let call = Call::json("POST", LINKS, &body).token("lead-token");
    let added = log.send(&api, "link", &call).await;
    assert_eq!(added.status, StatusCode::CREATED);
    api.assert_selfs_resolve(&added).await;
    let listed = log
        .send(&api, "the other side, in Russian", &Call::get("/v2/issues/TREK-1/links").header("Accept-Language", "ru"))
        .await;
    api.assert_selfs_resolve(&listed).await;
    assert_eq!(api.get(&format!("{LINKS}/1")).await.text(), added.text());
    let issue = api.get("/v3/issues/JUNE-2?expand=links").await.json();
    assert_eq!(issue["links"], json!([added.json()]));
    // The fixture has version 3.
    assert_eq!((&issue["version"], &issue["updatedBy"]["display"]), (&json!(3), &json!("Project Lead")));
    assert_eq!(api.get("/v3/issues/TREK-1").await.json()["updatedBy"], issue["updatedBy"]);

    let copy = Api::loaded(&api.state().await);
    assert_eq!(copy.state().await, api.state().await);
    for path in [LINKS, "/v3/issues/TREK-1/links"] {
        assert_eq!(copy.get(path).await.text(), api.get(path).await.text(), "{path}");
    }
    assert_eq!(link(&copy, "TREK-1", "relates", "JUNE-2").await, StatusCode::CREATED);
    assert_eq!(links(&copy, "JUNE-2").await, ["depends outward TREK-1", "relates outward TREK-1"]);

    // From either side.
    let deleted = api.call(Method::DELETE, "/v3/issues/TREK-1/links/1").await;
    assert_eq!((deleted.status, deleted.text()), (StatusCode::NO_CONTENT, ""));
    assert_eq!((links(&api, "JUNE-2").await.len(), links(&api, "TREK-1").await.len()), (0, 0));
    assert_eq!(api.call(Method::DELETE, &format!("{LINKS}/1")).await.status, StatusCode::NOT_FOUND);
    insta::assert_snapshot!(log.text());
}

/// Each relationship of the page, and what both issues have then.
#[tokio::test]
async fn each_relationship_has_another_side() {
    let api = Api::new();
    for (key, kind) in [("JUNE-2", "epic"), ("TREK-1", "epic")] {
        api.send_json("PATCH", &format!("/v3/issues/{key}"), &json!({"type": kind})).await;
    }
    for (relationship, own, other) in [
        ("relates", "relates inward TREK-1", "relates outward JUNE-2"),
        ("is dependent by", "depends inward TREK-1", "depends outward JUNE-2"),
        ("depends on", "depends outward TREK-1", "depends inward JUNE-2"),
        ("is subtask for", "subtask inward TREK-1", "subtask outward JUNE-2"),
        ("is parent task for", "subtask outward TREK-1", "subtask inward JUNE-2"),
        ("duplicates", "duplicates outward TREK-1", "duplicates inward JUNE-2"),
        ("is duplicated by", "duplicates inward TREK-1", "duplicates outward JUNE-2"),
        ("is epic of", "epic outward TREK-1", "epic inward JUNE-2"),
        ("has epic", "epic inward TREK-1", "epic outward JUNE-2"),
    ] {
        let api = Api::loaded(&api.state().await);
        assert_eq!(link(&api, "JUNE-2", relationship, "TREK-1").await, StatusCode::CREATED, "{relationship}");
        assert_eq!(links(&api, "JUNE-2").await, [own]);
        assert_eq!(links(&api, "TREK-1").await, [other]);
        let copy = Api::loaded(&api.state().await);
        assert_eq!(
            (links(&copy, "JUNE-2").await, links(&copy, "TREK-1").await),
            (vec![own.to_owned()], vec![other.to_owned()])
        );
    }
}

/// In the bodies of a new issue, a change and a transition; what is there already stays as it is.
#[tokio::test]
async fn links_come_with_other_changes() {
    let api = Api::new();
    let two = json!([
        {"relationship": "is subtask for", "issue": "JUNE-2"},
        {"relationship": "relates", "issue": {"key": "TREK-1"}},
        {"relationship": "relates", "issue": "TREK-1"},
    ]);
    let body = json!({"queue": "JUNE", "summary": "New", "links": two});
    let created = api.send_json("POST", "/v3/issues?expand=links", &body).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.text());
    api.assert_selfs_resolve(&created).await;
    assert_eq!(created.json()["links"], api.get("/v3/issues/JUNE-4/links").await.json());
    assert_eq!(links(&api, "JUNE-4").await, ["subtask inward JUNE-2", "relates inward TREK-1"]);
    let change = json!({"links": [{"relationship": "relates", "issue": "JUNE-4"}, {"relationship": "depends on", "issue": "JUNE-4"}]});
    let changed = api.send_json("PATCH", "/v3/issues/TREK-1?expand=links", &change).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text());
    assert_eq!(links(&api, "TREK-1").await, ["relates outward JUNE-4", "depends outward JUNE-4"]);
    let closing = json!({"links": [{"relationship": "duplicates", "issue": "JUNE-3"}]});
    let closed = api.send_json("POST", "/v3/issues/JUNE-4/transitions/close/_execute", &closing).await;
    assert_eq!(closed.status, StatusCode::OK, "{}", closed.text());
    assert_eq!(links(&api, "JUNE-3").await, ["duplicates inward JUNE-4"]);
}

/// Neither by a change nor by a transition.
#[tokio::test]
async fn an_issue_is_not_its_own_parent() {
    let api = Api::new();
    let before = api.state().await;
    for (method, path) in
        [("PATCH", "/v3/issues/JUNE-2"), ("POST", "/v3/issues/JUNE-2/transitions/start_progress/_execute")]
    {
        let refused = api.send_json(method, path, &json!({"parent": "JUNE-2", "comment": "x"})).await;
        let errors = json!({"parent": "Nothing can be linked to itself, or be its own parent."});
        assert_eq!(refused.json(), json!({"errors": errors, "errorMessages": [], "statusCode": 422}), "{path}");
        assert_eq!(refused.status, 422);
    }
    // Nor in a saved world.
    for (things, key, own) in [("issues", "parent", "key"), ("entities", "parentEntity", "id")] {
        let mut saved = before.clone();
        let id = saved[things][0][own].clone();
        match things {
            "issues" => saved[things][0][key] = id,
            _ => saved[things][0]["fields"][key] = json!({"primary": id}),
        }
        let refused = api.send_json("PUT", "/_mock/state?org=test", &saved).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text());
        let errors = refused.json()["errors"].as_object().expect("an object").clone();
        let (place, message) = errors.iter().next().expect("an error");
        assert!(place.starts_with(&format!("{things}[0]")) && place.ends_with(key), "{place}");
        assert!(message.as_str().expect("a text").contains("Nothing can be linked to itself, or be its own parent."));
    }
    assert_eq!(api.state().await, before);
}

#[tokio::test]
async fn links_that_are_refused() {
    let api = Api::new();
    assert_eq!(link(&api, "JUNE-2", "relates", "TREK-1").await, StatusCode::CREATED);
    let before = (api.state().await, api.used_bytes());
    let mut log = Log::default();
    for (status, key, body) in [
        (422, "JUNE-2", json!({})),
        (422, "JUNE-2", json!({"relationship": "relates"})),
        (422, "JUNE-2", json!({"relationship": "depends of", "issue": "JUNE-3"})),
        (422, "JUNE-2", json!({"relationship": "relates", "issue": "JUNE-99"})),
        (422, "JUNE-2", json!({"relationship": "relates", "issue": "JUNE-2"})),
        (422, "JUNE-2", json!({"relationship": "is epic of", "issue": "JUNE-3"})),
        (422, "JUNE-2", json!([])),
        (409, "JUNE-2", json!({"relationship": "relates", "issue": "TREK-1"})),
        (409, "TREK-1", json!({"relationship": "relates", "issue": "JUNE-2"})),
        (404, "JUNE-99", json!({"relationship": "relates", "issue": "JUNE-2"})),
    ] {
        let refused = log.send_json(&api, "POST", &format!("/v3/issues/{key}/links"), &body).await;
        assert_eq!(refused.status, status, "{body}");
    }
    for (status, method, path, links) in [
        (422, "PATCH", "/v3/issues/JUNE-2", json!([{"relationship": "relates", "issue": "JUNE-2"}])),
        (
            422,
            "PATCH",
            "/v3/issues/JUNE-2",
            json!([{"relationship": "relates", "issue": "JUNE-3"}, {"issue": "TREK-1"}]),
        ),
        (422, "POST", "/v3/issues", json!([{"relationship": "has epic", "issue": "JUNE-3"}])),
        (
            422,
            "POST",
            "/v3/issues/JUNE-2/transitions/close/_execute",
            json!([{"relationship": "relates", "issue": "no"}]),
        ),
    ] {
        let body = json!({"queue": "JUNE", "summary": "Changed", "links": links});
        let refused = log.send_json(&api, method, path, &body).await;
        assert_eq!(refused.status, status, "{method} {path} {body}");
    }
    for (method, path) in [(Method::GET, "99"), (Method::GET, "01"), (Method::DELETE, "x")] {
        let call = Call::new(method, &format!("{LINKS}/{path}"));
        assert_eq!(log.send(&api, path, &call).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let russian = Call::json("POST", LINKS, &json!({"relationship": "relates", "issue": "TREK-1"}));
    log.send(&api, "in Russian", &russian.header("Accept-Language", "ru")).await;
    insta::assert_snapshot!(log.text());
    assert_eq!((api.state().await, api.used_bytes()), before);
}

#[tokio::test]
async fn the_types_of_links() {
    let api = Api::new();
    let mut log = Log::default();
    let all = log.send(&api, "all", &Call::get("/v2/linktypes")).await;
    api.assert_selfs_resolve(&all).await;
    log.send(&api, "one", &Call::get("/v3/linktypes/depends").header("Accept-Language", "ru")).await;
    log.send(&api, "none", &Call::get("/v2/linktypes/hates")).await;
    insta::assert_snapshot!(log.text());
}

/// A fixture says each link once, in either issue.
#[tokio::test]
async fn links_of_fixtures() {
    let state = Api::new().state().await;
    let with = |links: Value| {
        let mut state = state.clone();
        state["issues"][0]["links"] = links;
        state["counters"].as_object_mut().expect("an object").remove("nextLink");
        state
    };
    let saved = |id: u64, relationship: &str, issue: &str| {
        let (by, at) = ("lead", "2024-01-13T14:06:29.747+0000");
        json!({"id": id, "relationship": relationship, "issue": issue, "createdBy": by, "createdAt": at})
    };
    let key = state["issues"][0]["key"].as_str().expect("a key");
    let loaded = Api::loaded(&with(json!([saved(7, "depends on", "TREK-1")])));
    assert_eq!(links(&loaded, "TREK-1").await, [format!("depends inward {key}")]);
    assert_eq!(link(&loaded, key, "relates", "TREK-1").await, StatusCode::CREATED);
    assert_eq!(loaded.state().await["counters"]["nextLink"], 9);

    let api = Api::new();
    for (links, expected) in [
        (json!([saved(0, "relates", "TREK-1")]), "The value must be a number from 1 up, not 0."),
        (json!([saved(1, "relates", "TREK-1"), saved(1, "relates", "JUNE-3")]), "The link id \"1\" is used twice."),
        (
            json!([saved(1, "relates", "TREK-1"), saved(2, "relates", "TREK-1")]),
            "There is a link \"relates\" to TREK-1 already.",
        ),
        (json!([saved(1, "relates", "TREK-9")]), "There is no issue \"TREK-9\"."),
        (json!([saved(1, "hates", "TREK-1")]), "\"hates\" is not known here."),
        (json!([saved(1, "has epic", "TREK-1")]), "The epic of an issue must be an issue of the type epic."),
        (json!([saved(1, "relates", key)]), "Nothing can be linked to itself, or be its own parent."),
    ] {
        let refused = api.send_json("PUT", "/_mock/state?org=test", &with(links)).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text());
        let errors = refused.json()["errors"].as_object().expect("an object").clone();
        let (place, message) = errors.iter().next().expect("an error");
        assert!(place.starts_with("issues[0].links["), "{place}");
        assert!(message.as_str().expect("a text").contains(expected), "{message}");
    }
    assert_eq!(api.state().await, state);
}
