//! Named snapshots of a world.

use axum::http::StatusCode;
use serde_json::json;
use tracker_mock::{Config, Limits, TrackerMock};

use crate::support::{Api, assert_refused};

const READY: &str = "/_mock/snapshots/ready?org=test";

#[tokio::test]
async fn a_world_is_put_back_as_often_as_it_is_needed() {
    let api = Api::new();
    api.upload("kept.txt", b"kept").await;
    assert_eq!(api.call(axum::http::Method::PUT, READY).await.status, StatusCode::NO_CONTENT);
    let before = api.state().await;
    for _ in 0..2 {
        api.upload("more.txt", b"more").await;
        assert_ne!(api.state().await, before);
        assert_eq!(api.post("/_mock/snapshots/ready/restore?org=test").await.status, StatusCode::NO_CONTENT);
        assert_eq!(api.state().await, before);
    }
    // What comes after a restore has the ids that it had the first time.
    assert_eq!(api.upload("again.txt", b"again").await, "31");
    assert_eq!(api.get("/_mock/snapshots?org=test").await.json(), json!([{"name": "ready"}]));
    assert_eq!(api.get("/_mock/snapshots?org=another").await.json(), json!([]));
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_404_with_those_that_do() {
    let api = Api::new();
    let restore = async |name: &str| api.post(&format!("/_mock/snapshots/{name}/restore?org=test")).await;
    let said = |message: &str| json!({"errors": {}, "errorMessages": [message], "statusCode": 404});
    assert_eq!(restore("ready").await.json(), said("This world has no snapshot \"ready\", and no other."));
    let before = api.state().await;
    api.call(axum::http::Method::PUT, READY).await;
    assert_eq!(restore("reddy").await.json(), said("This world has no snapshot \"reddy\". It has: ready."));
    let delete = async || api.call(axum::http::Method::DELETE, READY).await;
    assert_eq!(delete().await.status, StatusCode::NO_CONTENT);
    assert_eq!(delete().await.json(), said("This world has no snapshot \"ready\", and no other."));
    assert_eq!(api.state().await, before);
}

#[tokio::test]
async fn they_are_bounded_and_go_with_a_reset() {
    let api = Api::new();
    let idle = api.used_bytes();
    let put = async |name: &str, org: &str| {
        api.call(axum::http::Method::PUT, &format!("/_mock/snapshots/{name}?org={org}")).await
    };
    for number in 0..32 {
        assert_eq!(put(&number.to_string(), "test").await.status, StatusCode::NO_CONTENT);
    }
    let many = put("more", "test").await;
    assert_refused(&many, StatusCode::BAD_REQUEST, "name", &json!("33"));
    let long = put(&"x".repeat(101), "test").await;
    assert_refused(&long, StatusCode::BAD_REQUEST, "name", &json!("long"));
    assert_eq!(put("0", "test").await.status, StatusCode::NO_CONTENT, "in place of another");
    assert_eq!(put("0", "another").await.status, StatusCode::NO_CONTENT);
    assert!(api.used_bytes() > idle + 33 * 4096, "{}", api.used_bytes());

    api.post("/_mock/reset?org=test&keep=state").await;
    assert_eq!(api.get("/_mock/snapshots?org=test").await.json().as_array().map(Vec::len), Some(32));
    api.post("/_mock/reset?org=test").await;
    assert_eq!(api.get("/_mock/snapshots?org=test").await.json(), json!([]));
    assert_eq!(api.get("/_mock/snapshots?org=another").await.json(), json!([{"name": "0"}]));
    api.post("/_mock/reset?all=true").await;
    assert_eq!(api.used_bytes(), idle);
}

#[tokio::test]
async fn one_that_does_not_fit_is_507() {
    let limits = set!(Limits::default(); max_memory_bytes: 64 << 10);
    let api = Api::with(set!(Config::default(); limits: limits));
    let mut statuses = Vec::new();
    for number in 0..20 {
        let path = format!("/_mock/snapshots/{number}?org=test");
        statuses.push(api.call(axum::http::Method::PUT, &path).await.status);
    }
    assert_eq!((statuses[0], statuses[19]), (StatusCode::NO_CONTENT, StatusCode::INSUFFICIENT_STORAGE));
}

#[tokio::test]
async fn a_rust_test_does_the_same() {
    let mock = TrackerMock::start().await.expect("a free port");
    let world = mock.world("test");
    world.snapshot("empty");
    let before = world.state();
    world.load_state(&before.replace("\"JUNE\"", "\"JULY\"")).expect_err("keys of issues begin with that of a queue");
    world.restore("empty");
    assert_eq!(world.state(), before);
    mock.shutdown().await;
}
