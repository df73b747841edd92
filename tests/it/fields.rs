//! `GET /v2/fields`, `GET /v2/fields/{id}`, `GET /v2/fields/categories`, `GET /v2/fields/categories/{id}`

use axum::http::StatusCode;

use crate::support::Api;

#[tokio::test]
async fn all_fields() {
    let api = Api::new();
    let answer = api.get("/v2/fields/").await;
    insta::assert_snapshot!(answer.list_transcript());
    api.assert_selfs_resolve(&answer).await;
    assert_eq!(api.get("/v3/fields").await.text(), answer.text().replace("/v2/", "/v3/"));
}

/// The official Python client learns from the list which attributes an issue has, and which of them are lists.
#[tokio::test]
async fn every_field_says_what_clients_read_without_asking() {
    let fields = Api::new().get("/v2/fields").await.json();
    for field in fields.as_array().expect("an array") {
        for pointer in ["/id", "/key", "/name", "/schema/type", "/category/id", "/optionsProvider/type"] {
            assert!(field.pointer(pointer).is_some_and(serde_json::Value::is_string), "{pointer} of {field}");
        }
        let is_list = field["schema"]["type"] == "array";
        assert_eq!(field["schema"]["items"].is_string(), is_list, "{field}");
    }
}

#[tokio::test]
async fn one_field() {
    let api = Api::new();
    let fields = api.get("/v2/fields").await.json();
    let followers = fields.as_array().and_then(|all| all.iter().find(|field| field["id"] == "followers"));
    assert_eq!(Some(&api.get("/v2/fields/followers").await.json()), followers);
}

#[tokio::test]
async fn categories() {
    let api = Api::new();
    let answer = api.get("/v2/fields/categories").await;
    insta::assert_snapshot!(answer.list_transcript());
    api.assert_selfs_resolve(&answer).await;
}

#[tokio::test]
async fn unknown_ones() {
    let api = Api::new();
    for path in ["/v2/fields/no-such-field", "/v2/fields/Summary", "/v2/fields/categories/1"] {
        assert_eq!(api.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    insta::assert_snapshot!(api.get("/v2/fields/no-such-field").await.transcript());
    insta::assert_snapshot!(api.get("/v2/fields/categories/1").await.transcript());
}

#[tokio::test]
async fn who_may_ask() {
    let category = "/fields/categories/000000000000000000000001";
    Api::new().assert_guarded(&["/fields", "/fields/summary", "/fields/categories", category]).await;
}
