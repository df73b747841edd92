//! The strict verdict by `POST /_mock/verify`, and from Rust.

use std::panic::{AssertUnwindSafe, catch_unwind};

use axum::http::StatusCode;
use futures_util::FutureExt;
use serde_json::{Value, json};
use tracker_mock::{Fault, FindingKind, Place, Preset, StrictCheck, TrackerMock};

use crate::support::{Api, Call};

async fn verify(api: &Api, org: &str, body: Value) -> Value {
    let answer = api.send_json("POST", &format!("/_mock/verify?{org}"), &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn what_a_test_should_not_let_pass_is_found() {
    let api = Api::new();
    let nothing = json!({"ok": true, "message": "A strict check finds nothing.", "strict": {"ok": true, "count": 0, "findings": []}});
    assert_eq!(verify(&api, "org=test", json!({"strict": {}})).await, nothing);

    api.get("/v2/myself?foo=1").await;
    api.get("/v2/worklog").await;
    let faults = json!({"rules": [{"name": "late", "do": {"delay": "1ms"}, "match": {"operation": "attach_file"}}]});
    assert_eq!(api.send_json("PUT", "/_mock/faults?org=test", &faults).await.status, StatusCode::OK);
    let unknown_parameter = "request 1, GET /v2/myself: The parameter \"foo\" is not documented for get_myself and was ignored; it has none.";
    let answered = api.get("/v2/worklog").await.json()["errorMessages"][0].clone();
    let unknown_endpoint =
        |id: u64| format!("request {id}, GET /v2/worklog: {}", answered.as_str().expect("a message"));
    let findings = json!([
        {"kind": "unknown-parameter", "message": unknown_parameter, "request": 1, "org": "test"},
        {"kind": "unknown-endpoint", "message": unknown_endpoint(2), "request": 2, "org": "test"},
        {"kind": "unknown-endpoint", "message": unknown_endpoint(3), "request": 3, "org": "test"},
        {"kind": "fault-never-fired", "message": "the fault \"late\" never fired: no request matched it", "org": "test"},
    ]);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let told = |finding: &Value| format!("{}: {}", text(&finding["kind"]), text(&finding["message"]));
    let message = findings.as_array().expect("a list").iter().map(told).collect::<Vec<_>>().join("\n");
    let expected = json!({"ok": false, "message": message, "strict": {"ok": false, "count": 4, "findings": findings}});
    assert_eq!(verify(&api, "org=test", json!({"strict": {"allow": []}})).await, expected);
    assert_eq!(verify(&api, "all=true", json!({"strict": {}})).await, expected);
    assert_eq!(verify(&api, "org=another", json!({"strict": {}})).await, nothing);

    let allow = json!({"strict": {"allow": ["unknown-parameter", "unknown-endpoint"]}});
    let left = verify(&api, "org=test", allow).await;
    assert_eq!(left["strict"]["findings"], json!([findings[3]]));
    let allow = json!({"strict": {"allow": ["unknown-parameter", "unknown-endpoint", "fault-never-fired"]}});
    assert_eq!(verify(&api, "org=test", allow).await, nothing);
}

#[tokio::test]
async fn of_many_findings_the_first_are_listed() {
    let api = Api::new();
    for _ in 0..120 {
        api.get("/v2/worklog").await;
    }
    let found = verify(&api, "org=test", json!({"strict": {}})).await["strict"].clone();
    assert_eq!((&found["count"], found["findings"].as_array().map(Vec::len)), (&json!(120), Some(100)));
}

#[tokio::test]
async fn a_kind_that_does_not_exist_is_refused() {
    let answer =
        Api::new().send_json("POST", "/_mock/verify?org=test", &json!({"strict": {"allow": ["retry-emty"]}})).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let message = "\"retry-emty\" is not known here. Did you mean retry-empty?";
    assert_eq!(answer.json(), json!({"errors": {"strict.allow[0]": message}, "errorMessages": [], "statusCode": 400}));
}

#[tokio::test]
async fn a_rust_test_asks_the_same_and_after_the_end_too() {
    let mut mock = TrackerMock::start().await.expect("a free port");
    let world = mock.world("test");
    world.arm([Fault::at(Place::Before).status(503).times(1)]).expect("a valid rule");
    let url = format!("{}/v2/myself?foo=1", mock.url());
    let request = || reqwest::Client::new().get(&url).header("Authorization", "OAuth t").header("X-Org-ID", "test");
    request().send().await.expect("an answer");
    mock.finish().await;
    assert!(request().send().await.is_err(), "it is over");

    assert_eq!(mock.requests().len(), 1);
    let verdict = world.strict(&StrictCheck::new());
    let expected = "unknown-parameter: request 1, GET /v2/myself: \
                    The parameter \"foo\" is not documented for get_myself and was ignored; it has none.";
    assert_eq!(verdict.to_string(), expected);
    let known = FindingKind::UnknownParameter;
    assert!(mock.strict(&StrictCheck::new().allow(known)).ok);
    assert!(mock.world("another").strict(&StrictCheck::new()).ok);
    mock.shutdown().await;
}

/// A request that deviates, to a server that is checked when it is dropped.
async fn deviating(mock: TrackerMock) -> TrackerMock {
    let request = reqwest::Client::new().get(format!("{}/v2/myself?foo=1", mock.url()));
    request.header("Authorization", "OAuth t").header("X-Org-ID", "test").send().await.expect("an answer");
    mock
}

#[tokio::test]
async fn dropping_a_strict_server_panics_with_the_verdict() {
    let found = "tracker-mock found what no test should let pass:\n\
                 unknown-parameter: request 1, GET /v2/myself: \
                 The parameter \"foo\" is not documented for get_myself and was ignored; it has none.\n\
                 fault-never-fired: the fault \"flaky-503\" never fired: no request matched it";
    let start = || async {
        let mock = deviating(TrackerMock::start_strict().await.expect("a free port")).await;
        mock.world("test").arm([Fault::preset(Preset::Flaky503)]).expect("a valid rule");
        mock
    };
    let mock = start().await;
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(mock))).expect_err("it panics");
    assert_eq!(dropped.downcast_ref::<String>().map(String::as_str), Some(found));
    let shut_down = AssertUnwindSafe(start().await.shutdown()).catch_unwind().await.expect_err("it panics");
    assert_eq!(shut_down.downcast_ref::<String>().map(String::as_str), Some(found));

    // A second panic would end the whole process.
    let mock = start().await;
    let failed = catch_unwind(AssertUnwindSafe(|| {
        let _mock = mock;
        panic!("the test failed");
    }));
    assert_eq!(failed.expect_err("it panics").downcast_ref::<&str>(), Some(&"the test failed"));
}

#[tokio::test]
async fn dropping_a_strict_server_lets_pass_what_is_allowed() {
    drop(TrackerMock::start_strict().await.expect("a free port"));
    let known = FindingKind::UnknownParameter;
    let builder = TrackerMock::builder().strict(StrictCheck::new().allow(known));
    drop(deviating(builder.start().await.expect("a free port")).await);
    drop(deviating(TrackerMock::start().await.expect("a free port")).await);
}

#[tokio::test]
async fn a_request_without_an_organization_is_found_among_all() {
    let api = Api::new();
    api.send(Call::get("/v2/worklog").without("x-org-id").request()).await;
    assert_eq!(verify(&api, "org=test", json!({"strict": {}})).await["ok"], true);
    assert_eq!(verify(&api, "all=true", json!({"strict": {}})).await["strict"]["count"], 1);
}
