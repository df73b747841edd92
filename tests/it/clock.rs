//! `/_mock/clock`: what time it is in a world, and when that changes.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use chrono::DateTime;
use proptest::prelude::*;
use serde_json::{Value, json};
use tracker_mock::testing::Span;
use tracker_mock::{Clock, Timestamp};

use crate::support::names::encoded;
use crate::support::{Api, Call, Form, Log, NOW, ORG, assert_refused};

const CLOCK: &str = "/_mock/clock?org=test";

/// Sets a clock and gives the answer.
async fn set(api: &Api, path: &str, body: Value) -> Value {
    let answer = api.send_json("PUT", path, &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{body}: {}", answer.text());
    assert_eq!(api.get(path).await.json()["mode"], answer.json()["mode"]);
    answer.json()
}

/// What time it is in a world.
async fn now(api: &Api, org: &str) -> String {
    let clock = api.get(&format!("/_mock/clock?org={org}")).await.json();
    clock["now"].as_str().unwrap_or_else(|| panic!("{clock}")).to_owned()
}

/// When a file is uploaded to a world.
async fn uploaded_at(api: &Api, org: &str) -> String {
    let upload = Call::upload("/v2/attachments/", &Form::file("a.txt", b"text")).org(org);
    api.send(upload.request()).await.json()["createdAt"].as_str().expect("a time").to_owned()
}

async fn reset(api: &Api, query: &str) {
    assert_eq!(api.post(&format!("/_mock/reset{query}")).await.status, StatusCode::NO_CONTENT);
}

/// The instant that a second hand shows.
fn at(second: u32) -> String {
    format!("2024-02-01T00:00:{second:02}.000+0000")
}

#[tokio::test]
async fn every_form_is_shown_as_it_was_set() {
    let api = Api::new();
    let mut log = Log::default();
    for body in [
        json!({"mode": "freeze", "at": "2025-01-01T03:00:00.5+03:00"}),
        json!({"advance": "1h30m"}),
        json!({"advance": 250}),
        json!({"mode": "tick", "step": "250ms"}),
        json!({"advance": "1day"}),
        json!({"mode": "tick", "at": "0001-01-01T00:00:00Z", "step": 1000}),
        json!({"mode": "freeze"}),
        json!({"mode": "freeze", "at": "9999-12-31T23:59:59.998Z"}),
        json!({"mode": null, "at": null, "step": null, "advance": "1ms"}),
    ] {
        let answer = log.send_json(&api, "PUT", CLOCK, &body).await;
        assert_eq!(api.get(CLOCK).await.text(), answer.text());
    }
    insta::assert_snapshot!(log.text());
}

#[tokio::test]
async fn a_clock_that_runs_goes_on_by_itself() {
    let api = Api::new();
    let machine = set(&api, CLOCK, json!({"mode": "run"})).await;
    assert_eq!(machine["aheadMs"], 0);
    let now = |clock: &Value| Timestamp::parse(clock["now"].as_str().expect("a time")).expect("a timestamp");
    assert!((now(&machine).unix_millis() - Clock::System.now().unix_millis()).abs() < 60_000, "{machine}");
    assert_eq!(set(&api, CLOCK, json!({"advance": "2h"})).await["aheadMs"], 7_200_000);
    assert_eq!(set(&api, CLOCK, json!({"mode": "run"})).await["aheadMs"], 0);

    let start = Timestamp::parse("2001-02-03T04:05:06.007+0000").expect("a timestamp");
    for body in [json!({"mode": "run", "at": start.to_string()}), json!({"advance": "1d"})] {
        let clock = set(&api, CLOCK, body).await;
        assert!(clock["aheadMs"].as_i64().expect("a number") < 0, "{clock}");
    }
    let ran_from = start.unix_millis() + 86_400_000;
    let uploaded = Timestamp::parse(&uploaded_at(&api, ORG).await).expect("a timestamp").unix_millis();
    assert!((ran_from..ran_from + 60_000).contains(&uploaded), "{uploaded}");
}

/// Each command that records a time is one step later than the one before, and records one time only.
#[tokio::test]
async fn a_clock_that_ticks_goes_on_with_each_command() {
    let api = Api::new();
    set(&api, CLOCK, json!({"mode": "tick", "at": at(0), "step": "1s"})).await;
    let json = |method, path, body: Value| Call::json(method, path, &body);
    let file = || Form::file("a.txt", b"text");
    let import = format!("filename=b.txt&createdAt={}&createdBy=lead", encoded(&at(9)));
    let mut second = 0;
    // How many instants each takes, and what comes of it.
    for (ticks, status, call) in [
        (1, 201, Call::upload("/v2/attachments/", &file())),
        (0, 200, Call::get("/v2/attachments/30")),
        (0, 200, Call::get("/v2/attachments/30/a.txt")),
        (0, 404, Call::post("/v2/entities/project/4/attachments/99")),
        (1, 200, Call::post("/v2/entities/project/4/attachments/30?expand=all")),
        (0, 200, Call::get("/v2/entities/project/4?expand=all&fields=checklistItems")),
        (0, 200, json("POST", "/v2/entities/project/_search", json!({"filter": {"author": "me()"}}))),
        (1, 201, Call::upload("/v2/attachments/", &file())),
        (
            1,
            200,
            json(
                "PATCH",
                "/v2/entities/goal/1",
                json!({"fields": {"checklistItems": [{"text": "t"}]}, "comment": "c", "attachmentIds": ["31"]}),
            ),
        ),
        (1, 200, json("POST", "/v2/entities/portfolio", json!({"fields": {"summary": "s"}}))),
        (0, 422, json("POST", "/v2/entities/project", json!({"fields": {"summary": ""}}))),
        (1, 200, json("POST", "/v2/entities/portfolio/3/comments", json!({"text": "c"}))),
        (0, 204, Call::new(Method::DELETE, "/v2/entities/portfolio/3")),
        (1, 204, Call::new(Method::DELETE, "/v2/entities/goal/1/attachments/31")),
        (1, 201, Call::upload("/v2/attachments/", &file())),
        (1, 201, json("POST", "/v2/issues", json!({"summary": "s", "queue": "JUNE", "attachmentIds": [32]}))),
        (1, 200, json("PATCH", "/v2/issues/JUNE-4", json!({"summary": "t"}))),
        (0, 412, json("PATCH", "/v2/issues/JUNE-4?version=7", json!({"summary": "t"}))),
        (1, 201, Call::upload("/v2/issues/JUNE-4/attachments/", &file())),
        (0, 201, Call::upload(&format!("/v2/issues/JUNE-4/attachments/_import?{import}"), &file())),
        (1, 201, json("POST", "/v2/issues/JUNE-4/comments", json!({"text": "c"}))),
        (1, 200, json("PATCH", "/v2/issues/JUNE-4/comments/24", json!({"text": "d"}))),
        (1, 204, Call::new(Method::DELETE, "/v2/issues/JUNE-4/comments/24")),
        (1, 204, Call::new(Method::DELETE, "/v2/issues/JUNE-4/attachments/33")),
    ] {
        let before = api.state().await.to_string();
        let answer = api.send(call.request()).await;
        assert_eq!(answer.status, status, "{call:?}: {}", answer.text());
        let after = api.state().await.to_string();
        let recorded: Vec<_> =
            (0..60).map(at).filter(|time| after.matches(time).count() > before.matches(time).count()).collect();
        let expected: Vec<_> = (second..second + ticks).map(at).collect();
        // An import brings its own time along.
        assert!(recorded == expected || call.request().uri().path().ends_with("_import"), "{recorded:?}: {call:?}");
        second += ticks;
        assert_eq!(now(&api, ORG).await, at(second), "{call:?}");
    }
    assert_eq!(second, 15);
}

/// A create that records several times records one: its answer has no other.
#[tokio::test]
async fn what_is_created_was_created_and_changed_at_one_instant() {
    let api = Api::new();
    set(&api, CLOCK, json!({"mode": "tick", "at": at(0), "step": "1s"})).await;
    for (second, path, body) in [
        (0, "/v2/entities/goal", json!({"fields": {"summary": "s"}})),
        (1, "/v2/issues", json!({"summary": "s", "queue": "JUNE"})),
        (2, "/v2/issues/JUNE-4/comments", json!({"text": "c"})),
        (3, "/v2/entities/goal/1/comments", json!({"text": "c"})),
    ] {
        let answer = api.send_json("POST", path, &body).await.json();
        assert_eq!([&answer["createdAt"], &answer["updatedAt"]], [&json!(at(second)); 2], "{path}");
    }
}

/// At the end of the calendar a clock stands still, and is not advanced.
#[tokio::test]
async fn there_is_no_year_10000() {
    let api = Api::new();
    let last = "9999-12-31T23:59:59.999+0000";
    set(&api, CLOCK, json!({"mode": "tick", "at": "9999-12-31T23:59:59Z", "step": "300ms"})).await;
    let mut times = Vec::new();
    for _ in 0..6 {
        times.push(uploaded_at(&api, ORG).await);
    }
    assert_eq!(times[2..], ["9999-12-31T23:59:59.600+0000", "9999-12-31T23:59:59.900+0000", last, last]);
    for body in [json!({"advance": 1}), json!({"advance": u64::MAX}), json!({"advance": "500000y"})] {
        let answer = api.send_json("PUT", CLOCK, &body).await;
        assert_refused(&answer, StatusCode::BAD_REQUEST, "advance", &body);
    }
    set(&api, CLOCK, json!({"mode": "run", "at": last})).await;
    assert_eq!(now(&api, ORG).await, last);
    let answer = api.send_json("PUT", CLOCK, &json!({"advance": "1ms"})).await;
    assert_refused(&answer, StatusCode::BAD_REQUEST, "advance", &answer.json());
}

#[tokio::test]
async fn what_is_wrong_changes_nothing() {
    let api = Api::new();
    set(&api, CLOCK, json!({"mode": "tick", "at": at(0), "step": "1s"})).await;
    let before = api.get(CLOCK).await;
    let mut log = Log::default();
    for body in [
        json!({}),
        json!([]),
        json!({"at": at(1)}),
        json!({"step": "1s"}),
        json!({"mode": "freze"}),
        json!({"mode": true}),
        json!({"mode": "freeze", "time": at(1)}),
        json!({"mode": "freeze", "at": "2024-01-13"}),
        json!({"mode": "freeze", "at": "0000-12-31T23:59:59Z"}),
        json!({"mode": "freeze", "at": "10000-01-01T00:00:00Z"}),
        json!({"mode": "freeze", "at": 0}),
        json!({"mode": "freeze", "step": "1s"}),
        json!({"mode": "run", "at": at(1), "step": "1s"}),
        json!({"mode": "tick"}),
        json!({"mode": "tick", "step": "0s"}),
        json!({"mode": "tick", "step": -1}),
        json!({"mode": "tick", "step": 1.5}),
        json!({"mode": "tick", "step": "10us"}),
        json!({"mode": "tick", "step": "soon"}),
        json!({"advance": "1s", "mode": "freeze"}),
        json!({"advance": "1s", "at": at(1)}),
        json!({"advance": "1s", "step": "1s"}),
        json!({"advance": "-1s"}),
        json!({"advance": ""}),
        json!({"advance": ["1s"]}),
    ] {
        let answer = log.send_json(&api, "PUT", CLOCK, &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
    }
    for (name, path, body) in [
        ("no body", CLOCK, ""),
        ("no JSON", CLOCK, "mode=run"),
        ("the same member twice", CLOCK, r#"{"advance": "1s", "advance": "2s"}"#),
        ("an unknown parameter", "/_mock/clock?all=true&organization=test", r#"{"mode": "run"}"#),
        ("an empty organisation", "/_mock/clock?org=", r#"{"mode": "run"}"#),
    ] {
        let answer = log.send(&api, name, &Call::post(path).method("PUT").body(body)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name}");
    }
    let russian = Call::json("PUT", CLOCK, &json!({"mod": "run"})).header("Accept-Language", "ru");
    log.send(&api, "in Russian", &russian).await;
    assert_eq!(api.get(CLOCK).await.text(), before.text());
    insta::assert_snapshot!(log.text());
}

#[tokio::test]
async fn all_worlds_are_set_at_once() {
    let api = Api::new();
    uploaded_at(&api, "changed").await;
    set(&api, "/_mock/clock?org=own", json!({"mode": "freeze", "at": "2000-01-01T00:00:00Z"})).await;
    set(&api, "/_mock/clock?all=true", json!({"mode": "tick", "at": at(0), "step": "1s"})).await;
    // Each has a clock of its own, so each begins at the beginning.
    for org in ["changed", "own", "to-come"] {
        assert_eq!([uploaded_at(&api, org).await, uploaded_at(&api, org).await], [at(0), at(1)], "{org}");
    }
    set(&api, "/_mock/clock?all=true", json!({"advance": "10s"})).await;
    for (org, expected) in [("changed", at(12)), ("own", at(12)), ("another-to-come", at(10))] {
        assert_eq!(uploaded_at(&api, org).await, expected, "{org}");
    }

    // A world that is reset starts as all of them do now; when all are, as configured.
    reset(&api, "?org=own").await;
    assert_eq!((now(&api, "own").await, now(&api, "changed").await), (at(10), at(13)));
    reset(&api, "?all=true").await;
    for org in ["changed", "own", "to-come"] {
        assert_eq!(uploaded_at(&api, org).await, NOW, "{org}");
    }
    assert_eq!(api.get("/_mock/clock?all=true").await.json(), json!({"mode": "freeze", "now": NOW}));
}

/// Of all worlds, or of none: one that cannot be advanced keeps the others from it.
#[tokio::test]
async fn an_advance_of_all_worlds_is_whole() {
    let api = Api::new();
    set(&api, "/_mock/clock?org=late", json!({"mode": "freeze", "at": "9999-12-31T00:00:00Z"})).await;
    uploaded_at(&api, "changed").await;
    let body = json!({"advance": "2d"});
    assert_refused(
        &api.send_json("PUT", "/_mock/clock?all=true", &body).await,
        StatusCode::BAD_REQUEST,
        "advance",
        &body,
    );
    for org in ["changed", "to-come"] {
        assert_eq!(now(&api, org).await, NOW, "{org}");
    }
    assert_eq!(now(&api, "late").await, "9999-12-31T00:00:00.000+0000");
}

/// To look at a clock costs no memory.
#[tokio::test]
async fn a_world_whose_clock_is_read_is_not_made() {
    let api = Api::new();
    assert_eq!(now(&api, ORG).await, NOW);
    assert!(api.is_untouched(ORG));
}

/// The first millisecond of the year 1, and the last one of the year 9999.
const FIRST_MILLIS: i64 = -62_135_596_800_000;
const LAST_MILLIS: i64 = 253_402_300_799_999;

proptest! {
    #[test]
    fn every_instant_is_printed_as_chrono_prints_it(millis in FIRST_MILLIS..=LAST_MILLIS) {
        let time = DateTime::from_timestamp_millis(millis).expect("a time");
        let read = Timestamp::parse(&time.to_rfc3339()).expect("a time");
        prop_assert_eq!(read.unix_millis(), millis);
        prop_assert_eq!(read.to_string(), time.format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string());
    }
}

#[test]
fn prints_three_fraction_digits_and_a_numeric_offset() {
    for (given, printed) in [
        ("2024-01-13T14:06:29.747+0000", "2024-01-13T14:06:29.747+0000"),
        ("2024-01-13T14:06:29Z", "2024-01-13T14:06:29.000+0000"),
        ("2024-01-13T14:06:29.7+03:00", "2024-01-13T11:06:29.700+0000"),
        ("2024-01-13T14:06:29.123987+0300", "2024-01-13T11:06:29.123+0000"),
    ] {
        assert_eq!(Timestamp::parse(given).map(|time| time.to_string()).as_deref(), Some(printed), "{given}");
    }
}

#[test]
fn refuses_what_is_no_instant() {
    for text in ["", "2024-01-13", "2024-01-13T14:06:29", "2024-02-30T00:00:00Z", "yesterday", "0000-01-01T00:00:00Z"] {
        assert_eq!(Timestamp::parse(text), None, "{text}");
    }
}

#[test]
fn durations_are_read_and_written() {
    for (text, millis, written) in [
        ("250ms", 250, "250ms"),
        ("5s", 5_000, "5s"),
        ("1h30m", 5_400_000, "1h 30m"),
        ("1h 30m", 5_400_000, "1h 30m"),
        ("90s", 90_000, "1m 30s"),
        ("1500us 500us", 2, "2ms"),
        ("0s", 0, "0ms"),
    ] {
        let span = Span::parse(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!((span.0, span.to_string().as_str()), (Duration::from_millis(millis), written), "{text}");
        assert_eq!(Span::parse(written), Some(span));
    }
}

#[test]
fn other_texts_are_no_durations() {
    for text in ["", "5", "-5s", "s", "5 parsecs", "1us", "1500us", "99999999999999999999s", "five seconds"] {
        assert_eq!(Span::parse(text), None, "{text}");
    }
}
