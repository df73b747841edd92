//! What began before a reset or a disarm does not count after it.

use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use bytes::Bytes;
use futures_util::{FutureExt, stream};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tracker_mock::{AnswerPlace, Config, Fault, Limits, Place, RequestPlace, TrackerMock, WorldHandle};

use crate::support::socket::{Connection, Framing, head, upload};
use crate::support::{Api, Form, ORG, request};

/// Long enough for what comes at all.
const A_WHILE: Duration = Duration::from_millis(100);

async fn start() -> (TrackerMock, WorldHandle) {
    let limits = set!(Limits::default(); shutdown_grace: Duration::ZERO);
    let mock = TrackerMock::builder().config(set!(Config::default(); limits)).start().await.expect("a free port");
    let world = mock.world(ORG);
    (mock, world)
}

const WAYS: [fn(&TrackerMock, &WorldHandle); 4] = [
    |_, world| world.disarm(),
    |_, world| world.reset(),
    |_, world| world.reset_keeping_state(),
    |mock, _| mock.reset(),
];

async fn begin(mock: &TrackerMock, request: &[u8]) -> Connection {
    let mut client = Connection::open(mock.address()).await;
    client.sender.send(request).await;
    client
}

#[tokio::test]
async fn a_delay_is_over() {
    let (mock, world) = start().await;
    let long = Duration::from_secs(600);
    let get = head("GET /v2/myself HTTP/1.1", &[]);
    let asked = head("GET /v2/myself HTTP/1.1", &[("Prefer", "delay=600000")]);
    let form = upload(&Form::file("a.txt", b"bytes"), Framing::ContentLength);
    for end in WAYS {
        for (fault, request, status) in [
            (Fault::at(Place::Before).operation("get_user").status(503), &asked, 200),
            (Fault::at(Place::Before).delay(long), &get, 200),
            (Fault::at(Place::Before).delay(long).status(503), &get, 503),
            (Fault::at(Place::After).delay(long), &form, 201),
            (Fault::at(Place::Request(RequestPlace::PartHeaders)).delay(long), &form, 201),
        ] {
            world.arm([fault]).expect("a good rule");
            let mut client = begin(&mock, request).await;
            tokio::time::timeout(A_WHILE, client.receiver.head()).await.expect_err("nothing comes");
            end(&mock, &world);
            assert_eq!(client.receiver.head().await.0, status);
        }
    }
    mock.shutdown().await;
}

/// Of the world of another, it is not.
#[tokio::test]
async fn a_delay_goes_on_when_another_world_is_reset() {
    let (mock, world) = start().await;
    let asked = head("GET /v2/myself HTTP/1.1", &[("Prefer", "delay=600000")]);
    let mut client = begin(&mock, &asked).await;
    tokio::time::timeout(A_WHILE, client.receiver.head()).await.expect_err("nothing comes");
    mock.world("other").reset();
    tokio::time::timeout(A_WHILE, client.receiver.head()).await.expect_err("nothing comes");
    world.reset();
    assert_eq!(client.receiver.head().await.0, 200);
    mock.shutdown().await;
}

#[tokio::test]
async fn a_slow_transfer_goes_on_at_full_speed() {
    let (mock, world) = start().await;
    let get = head("GET /v2/attachments/4/notes.txt HTTP/1.1", &[]);
    let form = upload(&Form::file("a.txt", &[b'x'; 5000]), Framing::ContentLength);
    for end in WAYS {
        world.arm([Fault::at(Place::Answer(AnswerPlace::AfterBytes(5))).bytes_per_second(1)]).expect("a good rule");
        let mut client = begin(&mock, &get).await;
        let (status, headers) = client.receiver.head().await;
        let length: usize = headers["content-length"].to_str().expect("a number").parse().expect("a number");
        assert!(status == 200 && length > 10, "{status} {length}");
        client.receiver.bytes(5).await;
        end(&mock, &world);
        client.receiver.bytes(length - 5).await;

        world.arm([Fault::at(Place::Request(RequestPlace::PartHeaders)).bytes_per_second(1)]).expect("a good rule");
        let mut client = begin(&mock, &form).await;
        tokio::time::timeout(A_WHILE, client.receiver.head()).await.expect_err("nothing comes");
        end(&mock, &world);
        assert_eq!(client.receiver.head().await.0, 201);
    }
    mock.shutdown().await;
}

/// A request whose body comes when the test sends it.
fn unfinished() -> (axum::http::Request<Body>, oneshot::Sender<Bytes>) {
    let (rest, comes) = oneshot::channel();
    let body = Body::from_stream(stream::once(comes));
    let search = request(Method::POST, "/v2/issues/_search").header("Content-Type", "application/json").body(body);
    (search.expect("a request"), rest)
}

#[tokio::test]
async fn a_request_is_not_recorded() {
    for (method, path, recorded, counted) in [
        (Method::POST, "/_mock/reset?org=test", 0, 1),
        (Method::POST, "/_mock/reset?all=true", 0, 0),
        (Method::POST, "/_mock/reset?org=test&keep=state", 0, 1),
        (Method::DELETE, "/_mock/coverage?org=test", 1, 0),
        (Method::DELETE, "/_mock/requests?org=test", 0, 1),
        (Method::DELETE, "/_mock/requests?all=true", 0, 1),
        (Method::POST, "/_mock/reset?org=other", 1, 1),
        (Method::DELETE, "/_mock/requests?org=other", 1, 1),
    ] {
        let api = Api::new();
        let (search, rest) = unfinished();
        let mut asked = pin!(api.send(search));
        assert!(asked.as_mut().now_or_never().is_none());
        assert_eq!(api.call(method, path).await.status, StatusCode::NO_CONTENT, "{path}");
        rest.send(Bytes::from_static(b"{}")).expect("somebody who reads it");
        assert_eq!(asked.await.status, StatusCode::OK, "{path}");
        let reached = api.get("/_mock/coverage?all=true").await.json()["reached"].clone();
        let records = api.get("/_mock/requests?all=true").await.json().as_array().map(Vec::len);
        assert_eq!((records, reached), (Some(recorded), json!(counted)), "{path}");
        // The next one is.
        api.get("/v2/myself").await;
        assert_eq!(api.get("/_mock/requests?org=test").await.json().as_array().map(Vec::len), Some(recorded + 1));
    }
}

#[tokio::test]
async fn a_wait_counts_afresh() {
    let api = Api::new();
    let mut waiting = pin!(api.get("/_mock/requests/wait?org=test&count=2&timeout=60s"));
    api.get("/v2/myself").await;
    assert!(waiting.as_mut().now_or_never().is_none());
    assert_eq!(api.call(Method::DELETE, "/_mock/requests?org=test").await.status, StatusCode::NO_CONTENT);
    api.get("/v2/myself").await;
    assert!(waiting.as_mut().now_or_never().is_none());
    api.get("/v2/myself").await;
    let answer = waiting.await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let ids: Vec<Value> = answer.json().as_array().expect("a list").iter().map(|one| one["id"].clone()).collect();
    assert_eq!(ids, [2, 3]);
}
