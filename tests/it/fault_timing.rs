//! Faults that take time, with a clock of the runtime that jumps to whatever is waited for.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use crate::support::{Answer, Api, Call, Form};

async fn arm(api: &Api, rule: Value) {
    let answer = api.send_json("PUT", "/_mock/faults?org=test", &json!({ "rules": [rule] })).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
}

/// The answer, and how long it took.
async fn timed(answer: impl Future<Output = Answer>) -> (Answer, Duration) {
    let begun = Instant::now();
    let answer = answer.await;
    (answer, begun.elapsed())
}

/// About as long; the runtime's clock counts in milliseconds.
#[track_caller]
fn assert_took(actual: Duration, expected: Duration) {
    let difference = actual.abs_diff(expected);
    assert!(difference < Duration::from_millis(50) + expected / 10, "{actual:?} instead of {expected:?}");
}

fn upload(bytes: &[u8]) -> Call {
    Call::upload("/v2/attachments/", &Form::file("a.bin", bytes))
}

#[tokio::test(start_paused = true)]
async fn a_delay_anywhere_holds_up_the_answer_and_nothing_else() {
    let api = Api::new();
    for at in [
        json!("before"),
        json!("after"),
        json!({ "request": "part-headers" }),
        json!({ "request": { "afterFileBytes": 3 } }),
        json!({ "request": "before-closing-boundary" }),
        json!({ "answer": { "afterBytes": 10 } }),
        json!({ "answer": "half" }),
    ] {
        arm(&api, json!({ "at": at, "match": { "operation": "upload_temp_file" }, "do": { "delay": "90s" } })).await;
        let (answer, took) = timed(api.send(upload(b"bytes").request())).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{at}");
        assert_eq!(answer.json()["size"], 5, "{at}");
        assert_took(took, Duration::from_secs(90));
        // Meanwhile the world is open for others.
        let mut delayed = Box::pin(api.send(upload(b"bytes").request()));
        timeout(Duration::from_secs(10), &mut delayed).await.expect_err("still delayed");
        let (other, took) = timed(api.get("/v2/attachments/4")).await;
        assert_eq!((other.status, took), (StatusCode::OK, Duration::ZERO), "{at}");
        assert_eq!(delayed.await.status, StatusCode::CREATED, "{at}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_delay_comes_before_what_happens_then() {
    let api = Api::new();
    for at in [json!("before"), json!("after"), json!({ "request": "part-headers" })] {
        arm(&api, json!({ "at": at, "do": { "delay": 2500, "status": 503 } })).await;
        let (answer, took) = timed(api.send(upload(b"bytes").request())).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{at}");
        assert_took(took, Duration::from_millis(2500));
    }
    assert_eq!(api.state().await["temporaryFiles"].as_array().map(Vec::len), Some(1), "that of after");
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_takes_its_time_from_the_place_on() {
    let api = Api::new();
    let id = api.upload("a.bin", &[7; 10_000]).await;
    for (at, bytes_per_second, seconds) in [
        (json!({ "answer": { "afterBytes": 0 } }), 1000, 10),
        (json!({ "answer": { "afterBytes": 8000 } }), 1000, 2),
        (json!({ "answer": "half" }), 5, 1000),
        (json!({ "answer": { "afterBytes": 9990 } }), 1, 10),
    ] {
        arm(&api, json!({ "at": at, "do": { "bytesPerSecond": bytes_per_second } })).await;
        let (answer, took) = timed(api.get(&format!("/v2/attachments/{id}/a.bin"))).await;
        assert_eq!(answer.header("content-length"), Some("10000"));
        assert!(answer.body.len() == 10_000 && answer.body.iter().all(|&byte| byte == 7), "{at}");
        assert_took(took, Duration::from_secs(seconds));
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_upload_takes_its_time_from_the_place_on() {
    let api = Api::new();
    let bytes: Vec<u8> = (0..20_000_u32).map(|number| number as u8).collect();
    for (at, bytes_per_second, seconds) in [
        (json!({ "request": "part-headers" }), 1000, 20),
        (json!({ "request": { "afterFileBytes": 15_000 } }), 500, 10),
    ] {
        for call in [upload(&bytes), upload(&bytes).chunked()] {
            arm(&api, json!({ "at": at, "do": { "bytesPerSecond": bytes_per_second } })).await;
            let (answer, took) = timed(api.send(call.request())).await;
            assert_eq!(answer.status, StatusCode::CREATED, "{at}");
            assert_took(took, Duration::from_secs(seconds));
            let path = answer.json()["content"].as_str().expect("a URL").replace("http://tracker.test", "");
            assert_eq!(api.get(&path).await.body, bytes, "{at}");
        }
    }
}

/// Also where the name, and so the rule, is known only in the body.
#[tokio::test(start_paused = true)]
async fn a_slow_upload_of_a_certain_file() {
    let api = Api::new();
    let rule = json!({ "preset": "slow-upload", "match": { "file": "*.bin" }, "do": { "bytesPerSecond": 100 } });
    arm(&api, rule).await;
    let (_, took) = timed(api.send(upload(&[0; 1000]).request())).await;
    assert_took(took, Duration::from_secs(10));
    let other = Call::upload("/v2/attachments/", &Form::file("a.txt", &[0; 1000]));
    let (answer, took) = timed(api.send(other.request())).await;
    assert_eq!((answer.status, took), (StatusCode::CREATED, Duration::ZERO));
}

/// A request that stalls is not kept for ever.
#[tokio::test(start_paused = true)]
async fn a_stall_ends_after_ten_minutes() {
    let api = Api::new();
    arm(&api, json!({ "do": { "connection": "stall" } })).await;
    let (_, took) = timed(api.get("/v2/myself")).await;
    assert_took(took, Duration::from_secs(600));
}
