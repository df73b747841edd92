//! `GET /_mock/events`: a tick for whatever changes the journal, and nothing else.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use futures_util::FutureExt;
use http_body_util::BodyExt;
use serde_json::json;
use tracker_mock::{Config, Limits, TrackerMock};

use crate::support::socket::{Connection, bare_head, in_time};
use crate::support::{Api, Call};

/// A stream of events.
struct Stream(Body);

impl Stream {
    async fn open(api: &Api, call: &Call) -> Self {
        let response = api.send_and_leave(call.request()).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        let mut stream = Self(response.into_body());
        assert_eq!(stream.next().await, "retry: 1000\n\n");
        stream
    }

    async fn next(&mut self) -> String {
        let frame = in_time("an event", self.0.frame()).await.expect("a stream without end").expect("no error");
        String::from_utf8(frame.into_data().expect("data").to_vec()).expect("UTF-8")
    }

    /// Whether nothing comes, however often it is looked.
    fn is_quiet(&mut self) -> bool {
        self.0.frame().now_or_never().is_none()
    }
}

fn tick(newest: u64, requests: usize, dropped: u64) -> String {
    format!("id: {newest}\ndata: {{\"newest\":{newest},\"requests\":{requests},\"dropped\":{dropped}}}\n\n")
}

fn watch(path: &str) -> Call {
    Call::bare(Method::GET, path)
}

async fn ask_as(api: &Api, org: &str) {
    api.send(Call::get("/v2/myself").org(org).request()).await;
}

#[tokio::test(start_paused = true)]
async fn each_change_of_the_journal_is_a_tick_of_its_world_and_of_all() {
    let api = Api::new();
    let mut all = Stream::open(&api, &watch("/_mock/events")).await;
    let mut one = Stream::open(&api, &watch("/_mock/events?org=a")).await;
    assert_eq!((all.next().await, one.next().await), (tick(0, 0, 0), tick(0, 0, 0)));
    ask_as(&api, "b").await;
    assert_eq!(all.next().await, tick(1, 1, 0));
    assert!(one.is_quiet(), "a request to another world");
    ask_as(&api, "a").await;
    assert_eq!((all.next().await, one.next().await), (tick(2, 2, 0), tick(2, 1, 0)));
    api.call(Method::DELETE, "/_mock/requests?org=a").await;
    assert_eq!((all.next().await, one.next().await), (tick(1, 1, 0), tick(0, 0, 0)));
    // The control plane is not in the journal.
    api.get("/_mock/health").await;
    assert!(all.is_quiet() && one.is_quiet());
}

#[tokio::test(start_paused = true)]
async fn many_requests_are_one_tick_a_tenth_of_a_second_later() {
    let api = Api::with(set!(Config::default(); limits: set!(Limits::default(); max_journal_records: 3)));
    let mut stream = Stream::open(&api, &watch("/_mock/events")).await;
    assert_eq!(stream.next().await, tick(0, 0, 0));
    let began = tokio::time::Instant::now();
    for _ in 0..5 {
        ask_as(&api, "a").await;
    }
    assert_eq!(stream.next().await, tick(5, 3, 2));
    let later = began.elapsed();
    assert!(later >= Duration::from_millis(90) && later < Duration::from_millis(200), "{later:?}");
    // While nothing happens, only a comment comes, which browsers skip.
    let began = tokio::time::Instant::now();
    assert_eq!(stream.next().await, ":\n\n");
    assert!(began.elapsed() >= Duration::from_secs(15), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn who_comes_back_is_told_only_what_is_new() {
    let api = Api::new();
    ask_as(&api, "a").await;
    for (seen, told) in [("1", false), ("0", true), ("7", true), ("none", true)] {
        let call = watch("/_mock/events").header("Last-Event-ID", seen);
        let mut stream = Stream::open(&api, &call).await;
        assert_eq!(stream.next().await, if told { tick(1, 1, 0) } else { ":\n\n".to_owned() }, "{seen}");
    }
}

#[tokio::test]
async fn a_wrong_call_is_refused() {
    let api = Api::new();
    let answer = api.get("/_mock/events?world=a").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let expected = json!({
        "errors": {"world": "\"world\" is not known here. Known: org."}, "errorMessages": [], "statusCode": 400});
    assert_eq!(answer.json(), expected);

    let off = Api::with(set!(Config::default(); limits: set!(Limits::default(); max_journal_records: 0)));
    let answer = off.get("/_mock/events").await;
    let message = "The journal is off: the server runs with --journal-records 0.";
    let expected = json!({"errors": {}, "errorMessages": [message], "statusCode": 400});
    assert_eq!((answer.status, answer.json()), (StatusCode::BAD_REQUEST, expected));
}

/// Else every open page would hold up the end of the server.
#[tokio::test]
async fn an_open_stream_ends_with_the_server() {
    let mock = TrackerMock::start().await.expect("a free port");
    let mut connection = Connection::open(mock.address()).await;
    let head = bare_head("GET /_mock/events HTTP/1.1", &[]);
    connection.sender.send(&head).await;
    let (status, _) = connection.receiver.head().await;
    assert_eq!(status, StatusCode::OK);
    in_time("the end of the server", mock.shutdown()).await;
    let rest = connection.receiver.rest().await;
    let text = String::from_utf8_lossy(&rest);
    assert!(text.contains(&tick(0, 0, 0)) && text.ends_with("0\r\n\r\n"), "{text:?}");
}
