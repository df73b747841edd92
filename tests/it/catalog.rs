//! `GET /v2/priorities`, `/v2/issuetypes`, `/v2/statuses`, and each with `/{id}`

use axum::body::Body;
use axum::http::{Method, StatusCode};

use crate::support::{Api, request};

const LISTS: [&str; 4] = ["priorities", "issuetypes", "statuses", "resolutions"];

#[tokio::test]
async fn all_of_each() {
    let api = Api::new();
    let mut transcript = String::new();
    for list in LISTS {
        let answer = api.get(&format!("/v2/{list}")).await;
        transcript.push_str(&format!("GET /v2/{list}\n{}\n\n", answer.list_transcript()));
        api.assert_selfs_resolve(&answer).await;
        assert_eq!(api.get(&format!("/v3/{list}")).await.text(), answer.text().replace("/v2/", "/v3/"));
    }
    insta::assert_snapshot!(transcript);
}

#[tokio::test]
async fn one_by_id_and_by_key() {
    let api = Api::new();
    for list in LISTS {
        for item in api.get(&format!("/v2/{list}")).await.json().as_array().expect("an array") {
            assert_eq!(&api.get(&format!("/v2/{list}/{}", item["id"])).await.json(), item);
            assert_eq!(&api.get(&format!("/v2/{list}/{}", item["key"].as_str().expect("a key"))).await.json(), item);
        }
    }
}

#[tokio::test]
async fn unknown_ones() {
    let api = Api::new();
    let mut transcript = String::new();
    for list in LISTS {
        for name in ["0", "01", "no-such-key"] {
            let answer = api.get(&format!("/v2/{list}/{name}")).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{list}/{name}");
            transcript.push_str(&format!("{}\n", answer.text()));
        }
    }
    insta::assert_snapshot!(transcript);
    assert_eq!(api.get("/v2/priorities/NORMAL").await.status, StatusCode::NOT_FOUND);
}

/// These, and the other things around issues that can be asked for in vain.
#[tokio::test]
async fn unknown_ones_in_russian() {
    let api = Api::new();
    let mut transcript = String::new();
    for path in [
        "priorities/0",
        "issuetypes/0",
        "statuses/0",
        "fields/none",
        "fields/categories/none",
        "queues/none",
        "users/none",
        "users?page=0",
    ] {
        let request = request(Method::GET, &format!("/v2/{path}")).header("Accept-Language", "ru");
        let answer = api.send(request.body(Body::empty()).expect("a good request")).await;
        transcript.push_str(&format!("{}\n", answer.text()));
    }
    insta::assert_snapshot!(transcript);
}

#[tokio::test]
async fn who_may_ask() {
    let api = Api::new();
    api.assert_guarded(&["/priorities", "/priorities/normal", "/issuetypes", "/issuetypes/1"]).await;
    api.assert_guarded(&["/statuses", "/statuses/open"]).await;
}
