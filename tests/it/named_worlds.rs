//! `/_mock/worlds`, and what is told of a world whose name nobody has used.

use axum::http::StatusCode;
use serde_json::{Value, json};
use tracker_mock::{Config, Limits, TrackerMock};

use crate::support::{Answer, Api, Call};

async fn read(api: &Api, org: &str) {
    assert_eq!(api.send(Call::get("/v2/myself").org(org).request()).await.status, StatusCode::OK);
}

async fn worlds(api: &Api) -> Value {
    api.get("/_mock/worlds").await.json()
}

fn unknown(answer: &Answer) -> Option<&str> {
    answer.headers.get("x-unknown-world").map(|value| str::from_utf8(value.as_bytes()).expect("UTF-8"))
}

#[tokio::test]
async fn those_that_somebody_has_named_are_listed() {
    let api = Api::new();
    assert_eq!(worlds(&api).await, json!([]));
    read(&api, "read").await;
    read(&api, "read").await;
    api.upload("a.txt", b"text").await;
    let rules = json!({"rules": [{"preset": "flaky-503"}, {"preset": "rate-limit"}]});
    api.send_json("PUT", "/_mock/faults?org=armed", &rules).await;
    let expected = json!([
        {"org": "armed", "changed": false, "requests": 0, "faults": 2},
        {"org": "read", "changed": false, "requests": 2, "faults": 0},
        {"org": "test", "changed": true, "requests": 1, "faults": 0},
    ]);
    assert_eq!(worlds(&api).await, expected);
    // To ask for a world is not to name it.
    api.get("/_mock/outbox?org=asked").await;
    api.get("/_mock/state?org=asked").await;
    assert_eq!(worlds(&api).await, expected);
    // Its coverage is left by a reset, but not by one of all worlds.
    api.post("/_mock/reset?org=test").await;
    let reset = json!({"org": "test", "changed": false, "requests": 0, "faults": 0});
    assert_eq!(worlds(&api).await, json!([expected[0], expected[1], reset]));
    api.post("/_mock/reset?all=true").await;
    assert_eq!(worlds(&api).await, json!([]));
}

#[tokio::test]
async fn a_fresh_one_is_nobody_elses() {
    let api = Api::new();
    read(&api, "world-2").await;
    for org in ["world-1", "world-3"] {
        let answer = api.post("/_mock/worlds").await;
        assert_eq!((answer.status, answer.json()), (StatusCode::CREATED, json!({ "org": org })));
        assert_eq!(unknown(&api.get(&format!("/_mock/requests?org={org}")).await), None);
    }
    // A reset does not give a name to a second test.
    api.post("/_mock/reset?all=true").await;
    assert_eq!(api.post("/_mock/worlds").await.json(), json!({"org": "world-4"}));
}

#[tokio::test]
async fn there_is_no_fresh_one_where_there_is_no_room() {
    let limits = set!(Limits::default(); max_worlds: 1);
    let api = Api::with(set!(Config::default(); limits));
    assert_eq!(api.post("/_mock/worlds").await.status, StatusCode::CREATED);
    let answer = api.post("/_mock/worlds").await;
    assert_eq!(answer.status, StatusCode::INSUFFICIENT_STORAGE, "{}", answer.text());
    assert_eq!(worlds(&api).await.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn an_empty_answer_says_that_a_name_may_be_misspelt() {
    let api = Api::new();
    read(&api, "my-test").await;
    read(&api, "проект").await;
    for (org, said) in [
        ("my-tset", Some("Nobody has named \"my-tset\" yet. Did you mean \"my-test\"?")),
        ("xyz", Some("Nobody has named \"xyz\" yet.")),
        ("%D0%BF%D1%80%D0%BE%D0%B5%D0%BA", Some("Nobody has named \"проек\" yet. Did you mean \"проект\"?")),
        ("a%0Ab", Some("Nobody has named \"a\\nb\" yet.")),
        ("my-test", None),
    ] {
        for path in ["requests", "requests/wait?timeout=1ms&count=9", "coverage", "coverage?format=text", "outbox"] {
            let separator = if path.contains('?') { '&' } else { '?' };
            let answer = api.get(&format!("/_mock/{path}{separator}org={org}")).await;
            assert_eq!(unknown(&answer), said, "{path} {org}");
        }
        let checked =
            api.send_json("POST", &format!("/_mock/verify?org={org}"), &json!({"match": {}, "count": 0})).await;
        assert_eq!(unknown(&checked), said, "{org}");
    }
    assert_eq!(unknown(&api.get("/_mock/requests?all=true&method=PUT").await), None);
}

/// A request that names an organisation is enough, whatever came of it.
#[tokio::test]
async fn a_refused_request_names_its_world_too() {
    let api = Api::new();
    api.send(Call::get("/v2/nothing").org("refused").request()).await;
    assert_eq!(unknown(&api.get("/_mock/outbox?org=refused").await), None);
}

#[tokio::test]
async fn the_library_has_fresh_ones_too() {
    let mock = TrackerMock::start().await.expect("a free port");
    let (one, other) = (mock.fresh_world(), mock.fresh_world());
    assert_eq!((one.org(), other.org()), ("world-1", "world-2"));
    mock.shutdown().await;
}
