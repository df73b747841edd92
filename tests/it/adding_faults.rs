//! `POST /_mock/faults`: rules behind those that are armed.

use axum::http::StatusCode;
use serde_json::{Value, json};
use tracker_mock::{Fault, Place, TrackerMock};

use crate::support::{Api, assert_refused};

const FAULTS: &str = "/_mock/faults?org=test";

fn rule(name: &str, status: u16) -> Value {
    json!({"name": name, "match": {"operation": "get_myself"}, "times": 1, "do": {"status": status}})
}

/// Each rule by its name, with its place and how often it matched and fired.
fn told(list: &Value) -> Vec<Value> {
    let rules = list["rules"].as_array().expect("a list").iter();
    rules.map(|rule| json!([rule["rule"]["name"], rule["index"], rule["matched"], rule["fired"]])).collect()
}

#[tokio::test]
async fn rules_are_added_behind_those_that_are_armed() {
    let api = Api::new();
    let first = api.send_json("POST", FAULTS, &json!({"rules": [rule("one", 503)]})).await;
    assert_eq!((first.status, told(&first.json())), (StatusCode::OK, vec![json!(["one", 0, 0, 0])]));
    assert_eq!(api.get("/v2/myself").await.status, 503);
    let more = api.send_json("POST", FAULTS, &json!({"rules": [rule("two", 502), rule("three", 500)]})).await;
    let expected = [json!(["one", 0, 1, 1]), json!(["two", 1, 0, 0]), json!(["three", 2, 0, 0])];
    assert_eq!(told(&more.json()), expected);
    assert_eq!(more.json(), api.get(FAULTS).await.json());
    for status in [502, 500, 200] {
        assert_eq!(api.get("/v2/myself").await.status, status);
    }
    let nothing = api.send_json("POST", FAULTS, &json!({"rules": []})).await;
    assert_eq!(told(&nothing.json()), [json!(["one", 0, 4, 1]), json!(["two", 1, 3, 1]), json!(["three", 2, 2, 1])]);
    let replaced = api.send_json("PUT", FAULTS, &json!({"rules": [rule("four", 504)]})).await;
    assert_eq!(told(&replaced.json()), [json!(["four", 0, 0, 0])]);
}

#[tokio::test]
async fn what_cannot_be_added_changes_nothing() {
    let api = Api::new();
    let many: Vec<_> = (0..99).map(|number| rule(&number.to_string(), 503)).collect();
    api.send_json("PUT", FAULTS, &json!({ "rules": many })).await;
    let before = api.get(FAULTS).await.json();
    let wrong = json!({"rules": [rule("good", 503), rule("bad", 99)]});
    assert_refused(&api.send_json("POST", FAULTS, &wrong).await, StatusCode::BAD_REQUEST, "rules[1].do.status", &wrong);
    let two = json!({"rules": [rule("a", 503), rule("b", 503)]});
    let answer = api.send_json("POST", FAULTS, &two).await;
    let message = "With those that are armed there are 101 rules; 100 are allowed.";
    let expected = json!({"errors": {"rules": message}, "errorMessages": [], "statusCode": 400});
    assert_eq!((answer.status, answer.json()), (StatusCode::BAD_REQUEST, expected));
    assert_eq!(api.get(FAULTS).await.json(), before);
    let used = api.used_bytes();
    api.send_json("POST", FAULTS, &json!({"rules": [rule("a", 503)]})).await;
    assert!(api.used_bytes() > used, "what is added is charged");
    api.send_json("PUT", FAULTS, &json!({"rules": []})).await;
    assert_eq!(api.used_bytes(), Api::new().used_bytes());
}

#[tokio::test]
async fn the_library_adds_too() {
    let mock = TrackerMock::start().await.expect("a free port");
    let world = mock.world("test");
    for status in [502, 503] {
        world.arm_more([Fault::at(Place::Before).status(status)]).expect("a good rule");
    }
    assert_eq!(world.faults().iter().map(|fault| fault.index).collect::<Vec<_>>(), [0, 1]);
    mock.shutdown().await;
}
