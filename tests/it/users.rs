//! `GET /v2/myself`, `GET /v2/users`, `GET /v2/users/{id}`

use axum::body::Body;
use axum::http::{Method, StatusCode};
use tracker_mock::Config;
use tracker_mock::FixtureSource;

use crate::support::{Api, request};

#[tokio::test]
async fn myself() {
    let api = Api::new();
    let answer = api.get("/v2/myself").await;
    insta::assert_snapshot!(answer.transcript());
    api.assert_selfs_resolve(&answer).await;
    assert_eq!(api.get("/v3/myself").await.text(), answer.text().replace("/v2/", "/v3/"));
}

#[tokio::test]
async fn myself_is_the_owner_of_the_token() {
    let mut request = request(Method::GET, "/v2/myself").body(Body::empty()).expect("a good request");
    request.headers_mut().insert("Authorization", "Bearer lead-token".parse().expect("ASCII"));
    let answer = Api::new().send(request).await;
    assert_eq!((&answer.json()["login"], &answer.json()["uid"]), (&"lead".into(), &1_900_000_002_u64.into()));
}

#[tokio::test]
async fn all_users() {
    let api = Api::new();
    let answer = api.get("/v2/users").await;
    insta::assert_snapshot!(answer.list_transcript());
    api.assert_selfs_resolve(&answer).await;
}

#[tokio::test]
async fn a_user_by_each_of_the_names() {
    let api = Api::new();
    for name in ["1900000003", "team-1", "login:team-1", "login%3Ateam%2D1"] {
        let answer = api.get(&format!("/v2/users/{name}")).await;
        assert_eq!(answer.json()["self"], "http://tracker.test/v2/users/1900000003", "{name}");
    }
    assert_eq!(api.get("/v2/users/1900000003").await.json(), api.get("/v2/users").await.json()[2]);
}

#[tokio::test]
async fn digits_are_a_uid_unless_they_are_marked_as_a_login() {
    let user = |login: &str, uid: u64| {
        serde_json::json!({"login": login, "uid": uid, "firstName": "A", "lastName": "B", "email": "a@example.com",
            "cloudUid": format!("cloud{uid}"), "passportUid": uid})
    };
    let fixture = serde_json::json!({"users": [user("77", 1), user("other", 77)]}).to_string();
    let api = Api::with(set!(Config::default(); fixtures: FixtureSource::Text(fixture)));
    assert_eq!(api.get("/v2/users/77").await.json()["login"], "other");
    assert_eq!(api.get("/v2/users/login:77").await.json()["uid"], 1);
}

#[tokio::test]
async fn an_unknown_user() {
    let api = Api::new();
    for name in
        ["nobody", "0", "login:1900000001", "login:", "Lead", "01900000003", "99999999999999999999999", "lead%2F"]
    {
        let answer = api.get(&format!("/v2/users/{name}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}: {}", answer.text());
    }
    insta::assert_snapshot!(api.get("/v2/users/nobody").await.transcript());
}

#[tokio::test]
async fn who_may_ask() {
    Api::new().assert_guarded(&["/myself", "/users", "/users/lead"]).await;
}
