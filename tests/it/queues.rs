//! `GET /v2/queues`, `GET /v2/queues/{key}`

use axum::http::StatusCode;

use crate::support::Api;

#[tokio::test]
async fn all_queues() {
    let api = Api::new();
    let answer = api.get("/v2/queues").await;
    insta::assert_snapshot!(answer.list_transcript());
    api.assert_selfs_resolve(&answer).await;
    assert_eq!(api.get("/v3/queues/").await.text(), answer.text().replace("/v2/", "/v3/"));
}

#[tokio::test]
async fn a_queue_with_everything() {
    let api = Api::new();
    let answer = api.get("/v2/queues/JUNE?expand=all").await;
    insta::assert_snapshot!(answer.transcript());
    api.assert_selfs_resolve(&answer).await;
    assert_eq!(api.get("/v2/queues/1?expand=team,types&expand=versions,workflows").await.text(), answer.text());
    assert_eq!(api.get("/v2/queues?expand=all").await.json()[0], answer.json());
}

#[tokio::test]
async fn expand_shows_what_it_names() {
    let api = Api::new();
    let plain = api.get("/v2/queues/TREK").await.json();
    for (value, added) in [
        ("", vec![]),
        ("projects,components,fields,issueTypesConfig", vec![]),
        ("team", vec!["teamUsers"]),
        ("types", vec!["issueTypes"]),
        ("versions", vec!["versions"]),
        ("workflows", vec!["workflows"]),
    ] {
        let answer = api.get(&format!("/v2/queues/TREK?expand={value}")).await.json();
        let keys = answer.as_object().expect("an object").keys();
        let further: Vec<_> = keys.filter(|key| plain.get(key.as_str()).is_none()).collect();
        assert_eq!(further, added, "{value}");
    }
    for path in ["/v2/queues/TREK?expand=team,Types", "/v2/queues?expand=team,Types"] {
        let answer = api.get(path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(answer.json()["errors"]["expand"].as_str().is_some_and(|text| text.contains("\"Types\"")), "{path}");
    }
}

#[tokio::test]
async fn an_unknown_queue() {
    let api = Api::new();
    for name in ["NONE", "june", "0", "01", "3", "JUNE-2"] {
        let answer = api.get(&format!("/v2/queues/{name}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}: {}", answer.text());
    }
    insta::assert_snapshot!(api.get("/v2/queues/june").await.transcript());
}

#[tokio::test]
async fn who_may_ask() {
    Api::new().assert_guarded(&["/queues", "/queues/JUNE", "/queues/2"]).await;
}
