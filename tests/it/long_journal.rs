//! A journal of many requests: what of it is listed, and that long chains and paths cost no more than their length.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{Api, Call};

/// The ids of a list, and how many there are in all.
async fn page(api: &Api, path: &str) -> (Vec<u64>, String) {
    let answer = api.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    let ids = answer.json().as_array().expect("a list").iter().map(|one| one["id"].as_u64().expect("an id")).collect();
    (ids, answer.header("x-total-count").expect("a count").to_owned())
}

#[tokio::test]
async fn the_newest_thousand_are_listed_unless_told_otherwise() {
    let api = Api::new();
    for _ in 0..1001 {
        api.get("/v2/myself").await;
    }
    let newest: Vec<u64> = (2..=1001).collect();
    for path in ["/_mock/requests?org=test", "/_mock/requests/wait?org=test&count=1001"] {
        assert_eq!(page(&api, path).await, (newest.clone(), "1001".to_owned()), "{path}");
        assert_eq!(page(&api, &format!("{path}&limit=2")).await, (vec![1000, 1001], "1001".to_owned()), "{path}");
        assert_eq!(page(&api, &format!("{path}&limit=10000")).await.0.len(), 1001, "{path}");
    }
}

#[tokio::test]
async fn no_more_than_ten_thousand_are_listed() {
    let api = Api::new();
    for path in ["/_mock/requests?org=test&limit=10001", "/_mock/requests/wait?org=test&limit=10001"] {
        let answer = api.get(path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        let message = "Parameter limit must be a whole number from 1 to 10000, not \"10001\".";
        let expected = json!({"errors": {"limit": message}, "errorMessages": [], "statusCode": 400});
        assert_eq!(answer.json(), expected, "{path}");
    }
}

/// With each of a thousand attempts all thousand would be a million.
#[tokio::test]
async fn of_many_attempts_those_around_the_request_are_listed() {
    let api = Api::new();
    for attempt in 0..40 {
        // The second attempt sends most, and all others are compared with it.
        let body = if attempt == 1 { json!({"filter": {"queue": "JUNE"}}) } else { json!({}) };
        let call = Call::json("POST", "/v2/issues/_search", &body).header("Prefer", "code=503");
        let call = call.header("Content-Type", "application/json");
        assert_eq!(api.send(call.request()).await.status, StatusCode::SERVICE_UNAVAILABLE);
    }
    let records = api.get("/_mock/requests?org=test").await.json();
    for (id, first) in [(1, 1), (9, 1), (20, 12), (33, 25), (40, 25)] {
        let attempts = &records[id - 1]["attempts"];
        assert_eq!((&attempts["number"], &attempts["of"]), (&json!(id), &json!(40)));
        let listed: Vec<_> = attempts["requests"].as_array().expect("a list").iter().map(|one| &one["id"]).collect();
        assert_eq!(listed, (first..first + 16).collect::<Vec<u64>>(), "{id}");
    }
    let message = "This retries request 2, which had sent 27 bytes, but sent 2 bytes. Rewind the file before a retry.";
    assert_eq!(records[39]["deviations"][0]["message"], message);
    assert_eq!(records[0]["deviations"], Value::Array(Vec::new()));
}

/// `**` has no more than so many places to be tried at.
#[tokio::test]
async fn the_first_segments_of_a_long_path_are_told_apart() {
    let api = Api::new();
    let path = |count| format!("{}/b", "/a".repeat(count));
    for count in [254, 255, 256] {
        api.get(&path(count)).await;
    }
    for (pattern, expected) in [("/**/b", &[1, 2][..]), ("/**/a", &[]), ("/**/a*b", &[3]), ("/*/**", &[1, 2, 3])] {
        assert_eq!(page(&api, &format!("/_mock/requests?org=test&path={pattern}")).await.0, expected, "{pattern}");
    }
}
