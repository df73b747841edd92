//! `/v2/entities/{type}/{id}/links`

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Api, GOAL, Log, PORTFOLIO, PROJECT, PROJECT_WITH_FILES};

fn links(kind: &str, id: &str) -> String {
    format!("/v3/entities/{kind}/{id}/links")
}

fn types(links: &Value) -> Vec<&str> {
    links.as_array().expect("a list").iter().map(|link| link["type"].as_str().expect("a text")).collect()
}

#[tokio::test]
async fn from_the_first_to_none() {
    let api = Api::new();
    let mut log = Log::default();
    let path = links("project", PROJECT);
    log.send(&api, "none", &crate::support::Call::get(&path)).await;
    let two = json!([
        {"relationship": "is dependent by", "entity": PROJECT_WITH_FILES},
        {"relationship": "works towards", "entity": 1},
    ]);
    let added = log.send_json(&api, "POST", &path, &two).await;
    assert_eq!(added.status, StatusCode::OK);
    log.send_json(&api, "POST", &path, &json!({"relationship": "parent entity", "entity": PORTFOLIO})).await;
    // What is there already stays as it is.
    log.send_json(&api, "POST", &path, &json!({"relationship": "works towards", "entity": GOAL})).await;
    log.send(&api, "with fields", &crate::support::Call::get(&format!("{path}?fields=summary,entityStatus"))).await;
    for (kind, id, expected) in [
        ("project", PROJECT_WITH_FILES, "depends on"),
        ("goal", GOAL, "is supported by"),
        ("portfolio", PORTFOLIO, "child entity"),
    ] {
        assert_eq!(types(&api.get(&links(kind, id)).await.json()), [expected], "{kind}");
    }
    let version = |answer: Value| answer["version"].clone();
    assert_eq!(version(api.get(&format!("/v3/entities/project/{PROJECT}")).await.json()), 77);

    let copy = Api::loaded(&api.state().await);
    assert_eq!(copy.state().await, api.state().await);
    let other = format!("{path}?right={GOAL}");
    let deleted = api.call(Method::DELETE, &other).await;
    assert_eq!((deleted.status, deleted.text()), (StatusCode::OK, ""));
    assert_eq!(types(&api.get(&path).await.json()), ["is dependent by", "parent entity"]);
    assert_eq!(api.get(&links("goal", GOAL)).await.json(), json!([]));
    assert_eq!(api.call(Method::DELETE, &other).await.status, StatusCode::NOT_FOUND);
    api.call(Method::DELETE, &format!("/v3/entities/project/{PROJECT_WITH_FILES}")).await;
    assert_eq!(types(&api.get(&path).await.json()), ["parent entity"]);
    insta::assert_snapshot!(log.text());
}

/// A number is a short id, of the type that the relationship asks for before any other.
#[tokio::test]
async fn short_ids_are_looked_up_by_relationship() {
    let api = Api::new();
    // A goal, a portfolio and a project of the number 1 and 2 and 4.
    for (relationship, entity, kind, id) in [
        ("works towards", json!(1), "goal", GOAL),
        ("parent entity", json!("2"), "portfolio", PORTFOLIO),
        ("relates", json!(6), "project", PROJECT_WITH_FILES),
        ("depends on", json!({"id": GOAL}), "goal", GOAL),
    ] {
        let body = json!({
            "fields": {"summary": relationship}, "links": [{"relationship": relationship, "entity": entity}],
        });
        let created = api.send_json("POST", "/v3/entities/project", &body).await;
        assert_eq!(created.status, StatusCode::OK, "{}", created.text());
        let own = created.json()["id"].as_str().expect("an id").to_owned();
        assert_eq!(types(&api.get(&links("project", &own)).await.json()), [relationship]);
        assert!(!api.get(&links(kind, id)).await.json().as_array().expect("a list").is_empty());
    }
}

#[tokio::test]
async fn links_that_are_refused() {
    let api = Api::new();
    let before = api.state().await;
    let mut log = Log::default();
    for (status, path, body) in [
        (422, links("project", PROJECT), json!({})),
        (422, links("project", PROJECT), json!({"relationship": "relates"})),
        (422, links("project", PROJECT), json!({"relationship": "hates", "entity": GOAL})),
        (422, links("project", PROJECT), json!({"relationship": "relates", "entity": "999"})),
        (422, links("project", PROJECT), json!([{"relationship": "relates", "entity": GOAL}, {}])),
        (422, links("project", PROJECT), json!(["relates"])),
        (422, links("project", PROJECT), json!("relates")),
        (404, links("project", "99"), json!({"relationship": "relates", "entity": GOAL})),
        (400, links("issue", PROJECT), json!({"relationship": "relates", "entity": GOAL})),
    ] {
        let refused = log.send_json(&api, "POST", &path, &body).await;
        assert_eq!(refused.status, status, "{body}");
    }
    // Not with itself, whichever way it is asked for.
    let itself = json!({"relationship": "relates", "entity": PROJECT});
    let many = json!([{"relationship": "relates", "entity": GOAL}, itself]);
    let own = format!("/v3/entities/project/{PROJECT}");
    for (method, path, body, field) in [
        ("POST", links("project", PROJECT), itself.clone(), "entity"),
        ("POST", links("project", PROJECT), many, "entity"),
        ("PATCH", own.clone(), json!({"fields": {"summary": "x"}, "links": [itself]}), "entity"),
        ("PATCH", own.clone(), json!({"fields": {"parentEntity": PROJECT}}), "parentEntity"),
        ("PATCH", own.clone(), json!({"fields": {"parentEntity": {"secondary": [GOAL, PROJECT]}}}), "parentEntity"),
    ] {
        let refused = api.send_json(method, &path, &body).await;
        let errors = json!({field: "Nothing can be linked to itself, or be its own parent."});
        assert_eq!(refused.json(), json!({"errors": errors, "errorMessages": [], "statusCode": 422}), "{body}");
        assert_eq!(refused.status, 422);
    }
    for (status, query) in [(400, ""), (404, "?right="), (404, "?right=99"), (404, &*format!("?right={GOAL}"))] {
        let call = crate::support::Call::new(Method::DELETE, &format!("{}{query}", links("project", PROJECT)));
        assert_eq!(log.send(&api, query, &call).await.status, status, "{query}");
    }
    insta::assert_snapshot!(log.text());
    assert_eq!(api.state().await, before);
}
