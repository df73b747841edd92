//! What single requests ask to happen to them: `Prefer: code=404`, `Prefer: delay=250`.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode};
use serde_json::json;
use tokio::time::Instant;

use crate::support::{Answer, Api, Call, Form, ORG, assert_refused};

fn preferring(preferences: &str) -> Call {
    upload().header("Prefer", preferences)
}

fn upload() -> Call {
    Call::upload("/v2/attachments/", &Form::file("a.txt", b"bytes"))
}

async fn send(api: &Api, call: Call) -> Answer {
    api.send(call.request()).await
}

#[tokio::test]
async fn a_request_gets_the_status_that_it_asks_for_and_nothing_is_done() {
    let api = Api::new();
    let answer = send(&api, preferring("code=507")).await;
    insta::assert_snapshot!(answer.transcript());
    let russian = send(&api, preferring("code=404").header("Accept-Language", "ru")).await;
    assert_eq!(russian.json()["errorMessages"][0], "Заголовок Prefer запросил 404 Not Found.");
    // Those that no operation documents, but the reference's page of errors.
    for code in [423, 428] {
        let asked = send(&api, preferring(if code == 423 { "code=423" } else { "code=428" })).await;
        assert_eq!((asked.status.as_u16(), &asked.json()["statusCode"]), (code, &serde_json::json!(code)));
    }
    // Whatever else is wrong with it.
    let bare = send(&api, Call::bare(axum::http::Method::GET, "/v3/myself").header("Prefer", "code=500")).await;
    assert_eq!(bare.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(api.is_untouched(ORG));
    assert_eq!(send(&api, upload()).await.status, StatusCode::CREATED);
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_as_long_as_it_asks_to() {
    let api = Api::new();
    for (preferences, status, applied) in [
        ("delay=2500", 201, Some("delay=2500")),
        ("delay=2500, code=503", 503, Some("code=503, delay=2500")),
        ("code=201; why=fun, delay=\"2500\"", 201, Some("code=201, delay=2500")),
    ] {
        let begun = Instant::now();
        let answer = send(&api, preferring(preferences)).await;
        assert_eq!((answer.status.as_u16(), answer.header("preference-applied")), (status, applied), "{preferences}");
        let late = begun.elapsed().saturating_sub(Duration::from_millis(2500));
        assert!(late < Duration::from_millis(10), "{preferences}: {:?}", begun.elapsed());
    }
}

/// The answer to a request for an issue with these headers.
async fn ask(api: &Api, preferences: &[&'static str]) -> Answer {
    let mut request = Call::get("/v2/issues/JUNE-2").request();
    for preference in preferences {
        request.headers_mut().append("Prefer", HeaderValue::from_static(preference));
    }
    api.send(request).await
}

#[tokio::test(start_paused = true)]
async fn every_way_to_write_a_preference() {
    let api = Api::new();
    for (preferences, status, applied) in [
        (&["code=404"][..], 404, Some("code=404")),
        (&["delay=250"], 200, Some("delay=250")),
        (&["code=404, delay=250"], 404, Some("code=404, delay=250")),
        (&["delay=250", "code=404"], 404, Some("code=404, delay=250")),
        (&["Code = \"404\" ; detail=\"a, code=500; b\" , DELAY=0"], 404, Some("code=404, delay=0")),
        (&["code=404, code=500", "code=503"], 404, Some("code=404")),
        (&["respond-async, wait=10, return=minimal"], 200, None),
        (&["handling=\"lenient, code=404\""], 200, None),
        (&["x=\"\\\", code=404\", delay=1"], 200, Some("delay=1")),
        (&["", ",,", ";"], 200, None),
    ] {
        let answer = ask(&api, preferences).await;
        assert_eq!((answer.status.as_u16(), answer.header("preference-applied")), (status, applied), "{preferences:?}");
    }
}

#[tokio::test]
async fn what_is_no_preference_is_refused() {
    let api = Api::new();
    for preference in [
        "code",
        "code=",
        "code=4040",
        "code=+40",
        "code=999",
        "code=201",
        "code=ok",
        "delay",
        "delay=-1",
        "delay=1.5",
        "delay=+1",
        "delay=600001",
    ] {
        assert_refused(&ask(&api, &[preference]).await, StatusCode::BAD_REQUEST, "Prefer", &json!(preference));
    }
}

#[tokio::test]
async fn what_is_no_failure_happens_as_it_does() {
    let api = Api::new();
    for (call, status, applied) in [
        (preferring("code=201"), 201, Some("code=201")),
        (preferring("respond-async, return=minimal"), 201, None),
        (preferring(""), 201, None),
        // These depend on the request.
        (Call::get("/v2/attachments/4/notes.txt").header("Prefer", "code=206"), 200, None),
        (
            Call::get("/v2/attachments/4/notes.txt").header("Prefer", "code=206").header("Range", "bytes=0-1"),
            206,
            Some("code=206"),
        ),
        (Call::get("/v2/attachments/400/notes.txt").header("Prefer", "code=200"), 404, None),
        // There is no operation that has statuses.
        (Call::get("/v2/nowhere").header("Prefer", "code=503"), 404, None),
        (Call::get("/_mock/health").header("Prefer", "code=503"), 200, None),
    ] {
        let answer = send(&api, call.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.header("preference-applied")), (status, applied), "{call:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_not_done() {
    let api = Api::new();
    let mut said = Vec::new();
    for preferences in ["code=418", "code=200", "code=teapot", "delay=1s", "delay=900000"] {
        let answer = send(&api, preferring(preferences)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{preferences}");
        said.push(answer.text().to_owned());
    }
    insta::assert_snapshot!(said.join("\n"));
    assert!(api.is_untouched(ORG));
}

/// A request that is answered as it asks to be comes to no rule; one that only waits comes to them all.
#[tokio::test(start_paused = true)]
async fn rules_and_preferences() {
    let api = Api::new();
    let rules = json!({ "rules": [{ "do": { "status": 429 } }] });
    api.send_json("PUT", "/_mock/faults?org=test", &rules).await;
    for (preferences, status, matched) in [("code=503", 503, 0), ("delay=20", 429, 1), ("code=201", 429, 2)] {
        assert_eq!(send(&api, preferring(preferences)).await.status.as_u16(), status, "{preferences}");
        let armed = api.get("/_mock/faults?all=true").await.json();
        assert_eq!(armed["rules"][0]["matched"], matched, "{preferences}");
    }
}
