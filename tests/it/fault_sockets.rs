//! What faults do to a connection, byte by byte, and what a Rust client makes of that.

use std::time::Duration;

use axum::http::StatusCode;
use reqwest::Client;
use reqwest::multipart::Part;
use serde_json::json;
use tracker_mock::{
    AnswerPlace, ArmedFault, Clock, Config, Fault, Limits, Place, Preset, RequestPlace, TrackerMock, WorldHandle,
};

use crate::support::socket::{Connection, End, Framing, form_type, head, in_time, upload};
use crate::support::{Form, NOW, ORG};

/// Longer than what is not held up takes.
const A_WHILE: Duration = Duration::from_millis(100);

/// A server whose clock stands still, and which does not wait for anybody when it stops.
async fn start() -> (TrackerMock, WorldHandle) {
    let limits = set!(Limits::default(); shutdown_grace: Duration::ZERO);
    let config = set!(Config::default(); limits, clock: Clock::frozen_at(NOW));
    let mock = TrackerMock::builder().config(config).start().await.expect("a free port");
    let world = mock.world(ORG);
    (mock, world)
}

fn arm(world: &WorldHandle, fault: Fault) {
    world.arm([fault]).expect("a good rule");
}

fn fired(world: &WorldHandle) -> u64 {
    world.faults().iter().map(|fault| fault.fired).sum()
}

fn get(path: &str) -> Vec<u8> {
    head(&format!("GET {path} HTTP/1.1"), &[])
}

const FILE: &str = "/v2/attachments/4/notes.txt";

/// A way to end a connection, and how the client sees it.
type Way = (fn(Fault) -> Fault, End);

const ENDINGS: [Way; 2] = [(Fault::close, End::Closed), (Fault::reset, End::Reset)];

#[tokio::test]
async fn before_the_effect_the_connection_ends_without_an_answer() {
    let (mock, world) = start().await;
    for (ends, expected) in ENDINGS {
        for framing in Framing::BOTH {
            arm(&world, ends(Fault::at(Place::Before)));
            let mut client = Connection::open(mock.address()).await;
            client.sender.send(&upload(&Form::file("a.txt", &[7; 300_000]), framing)).await;
            assert_eq!(client.receiver.end().await, (Vec::new(), expected));
            assert_eq!(fired(&world), 1);
        }
    }
    assert!(world.temp_files().is_empty());
    mock.shutdown().await;
}

#[tokio::test]
async fn behind_the_effect_the_answer_is_lost() {
    let (mock, world) = start().await;
    for (ends, expected) in ENDINGS {
        arm(&world, ends(Fault::at(Place::After)));
        let mut client = Connection::open(mock.address()).await;
        client.sender.send(&upload(&Form::file("a.txt", b"bytes"), Framing::ContentLength)).await;
        assert_eq!(client.receiver.end().await, (Vec::new(), expected));
        assert_eq!(fired(&world), 1);
        // The journal has the request, without an answer.
        let request = world.requests().pop().expect("a request");
        assert_eq!((request.operation.as_deref(), request.status), (Some("upload_temp_file"), None));
    }
    assert_eq!(world.temp_files().len(), 2);
    mock.shutdown().await;
}

#[tokio::test]
async fn an_answer_breaks_off_under_its_full_length() {
    let (mock, world) = start().await;
    let whole = Connection::open(mock.address()).await.exchange(&get(FILE)).await.body;
    assert!(whole.len() > 10);
    for (place, length) in [
        (AnswerPlace::AfterBytes(0), 0),
        (AnswerPlace::AfterBytes(7), 7),
        (AnswerPlace::AfterBytes(whole.len() as u64 - 1), whole.len() - 1),
        (AnswerPlace::Half, whole.len() / 2),
    ] {
        for (ends, expected) in ENDINGS {
            arm(&world, ends(Fault::at(Place::Answer(place))));
            let mut client = Connection::open(mock.address()).await;
            client.sender.send(&get(FILE)).await;
            let (status, headers) = client.receiver.head().await;
            assert_eq!(status, StatusCode::OK);
            assert_eq!(headers["content-length"], whole.len().to_string());
            let (body, end) = client.receiver.end().await;
            assert_eq!(end, expected, "{place:?}");
            assert_eq!(body, whole[..length], "{place:?}");
            assert_eq!(fired(&world), 1);
        }
    }
    mock.shutdown().await;
}

/// What is not longer than the place has no such place, and what has no body has none at all.
#[tokio::test]
async fn an_answer_without_the_place_is_whole() {
    let (mock, world) = start().await;
    let length = Connection::open(mock.address()).await.exchange(&get(FILE)).await.body.len() as u64;
    arm(&world, Fault::at(Place::Answer(AnswerPlace::AfterBytes(length))).close());
    let mut client = Connection::open(mock.address()).await;
    assert_eq!(client.exchange(&get(FILE)).await.body.len() as u64, length);
    assert_eq!(client.exchange(&get("/v2/attachments/99/other.txt")).await.status, StatusCode::NOT_FOUND);
    let deletion = head("DELETE /v2/issues/JUNE-2/attachments/7 HTTP/1.1", &[]);
    assert_eq!(client.exchange(&deletion).await.status, StatusCode::NO_CONTENT);
    let fault = &world.faults()[0];
    assert_eq!((fault.matched, fault.fired), (3, 0));
    mock.shutdown().await;
}

/// Part of an upload that its client is still sending.
fn begun_upload(file_bytes: usize) -> Vec<u8> {
    let length = ("Content-Length", "10000000");
    let mut bytes = head("POST /v2/attachments/ HTTP/1.1", &[("Content-Type", &form_type()), length]);
    let form = Form::file("a.txt", b"");
    let headers = form.bytes().windows(4).position(|window| window == b"\r\n\r\n").expect("headers") + 4;
    bytes.extend(&form.bytes()[..headers]);
    bytes.extend(vec![7; file_bytes]);
    bytes
}

#[tokio::test]
async fn an_upload_is_answered_while_it_is_still_sent() {
    let (mock, world) = start().await;
    for (place, file_bytes) in [
        (RequestPlace::PartHeaders, 0),
        (RequestPlace::AfterFileBytes(0), 1),
        (RequestPlace::AfterFileBytes(5000), 5001),
    ] {
        arm(&world, Fault::at(Place::Request(place)).status(503).header("Retry-After", "1").times(1));
        let mut client = Connection::open(mock.address()).await;
        client.sender.send(&begun_upload(file_bytes)).await;
        let answer = client.receiver.answer().await;
        assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, Some("1")), "{place:?}");
        assert_eq!(fired(&world), 1, "{place:?}");
        // The client that sends on all the same can use the connection again.
        let sent = begun_upload(file_bytes).len() - begun_upload(0).len();
        let headers = begun_upload(0).len()
            - head("POST /v2/attachments/ HTTP/1.1", &[("Content-Type", &form_type()), ("Content-Length", "10000000")])
                .len();
        client.sender.send(&vec![7; 10_000_000 - sent - headers]).await;
        assert_eq!(client.exchange(&get("/v2/myself")).await.status, StatusCode::OK, "{place:?}");
    }
    assert!(world.temp_files().is_empty());
    mock.shutdown().await;
}

/// The file is there, and the end of the form has not come.
#[tokio::test]
async fn an_upload_is_answered_before_its_closing_boundary() {
    let (mock, world) = start().await;
    arm(&world, Fault::at(Place::Request(RequestPlace::BeforeClosingBoundary)).status(500));
    let mut client = Connection::open(mock.address()).await;
    let request = upload(&Form::file("a.txt", b"bytes"), Framing::ContentLength);
    let (sent, rest) = request.split_at(request.len() - "--\r\n".len());
    client.sender.send(sent).await;
    assert_eq!(client.receiver.answer().await.status, StatusCode::INTERNAL_SERVER_ERROR);
    client.sender.send(rest).await;
    assert_eq!(client.exchange(&get("/v2/myself")).await.status, StatusCode::OK);
    assert!(world.temp_files().is_empty());
    mock.shutdown().await;
}

#[tokio::test]
async fn an_upload_loses_its_connection_while_it_is_sent() {
    let (mock, world) = start().await;
    for (place, file_bytes) in [(RequestPlace::PartHeaders, 0), (RequestPlace::AfterFileBytes(5000), 5000)] {
        for (ends, expected) in ENDINGS {
            arm(&world, ends(Fault::at(Place::Request(place))));
            let mut client = Connection::open(mock.address()).await;
            client.sender.send(&begun_upload(file_bytes)).await;
            assert_eq!(client.receiver.end().await, (Vec::new(), expected), "{place:?}");
            assert_eq!(fired(&world), 1);
        }
    }
    for (ends, expected) in ENDINGS {
        arm(&world, ends(Fault::at(Place::Request(RequestPlace::BeforeClosingBoundary))));
        let mut client = Connection::open(mock.address()).await;
        client.sender.send(&upload(&Form::file("a.txt", b"bytes"), Framing::Chunked)).await;
        assert_eq!(client.receiver.end().await, (Vec::new(), expected));
        assert_eq!(fired(&world), 1);
    }
    assert!(world.temp_files().is_empty());
    mock.shutdown().await;
}

/// A file that ends before the place has no such place.
#[tokio::test]
async fn an_upload_without_the_place_is_stored() {
    let (mock, world) = start().await;
    arm(&world, Fault::at(Place::Request(RequestPlace::AfterFileBytes(6))).reset());
    let mut client = Connection::open(mock.address()).await;
    let answer = client.exchange(&upload(&Form::file("a.txt", b"bytes"), Framing::ContentLength)).await;
    assert_eq!((answer.status, fired(&world)), (StatusCode::CREATED, 0));
    // Neither has a request that is no upload.
    assert_eq!(client.exchange(&get("/v2/myself")).await.status, StatusCode::OK);
    assert_eq!(world.faults()[0].matched, 1);
    mock.shutdown().await;
}

#[tokio::test]
async fn a_server_that_stops_reading_holds_up_its_client() {
    let (mock, world) = start().await;
    arm(&world, Fault::at(Place::Request(RequestPlace::AfterFileBytes(1000))).stall());
    let mut client = Connection::open(mock.address()).await;
    client.sender.send(&begun_upload(1000)).await;
    // More than what fits into the buffers between the two.
    let rest = vec![7; 100_000_000];
    tokio::time::timeout(A_WHILE, client.sender.send(&rest)).await.expect_err("nobody reads");
    assert_eq!(fired(&world), 1);
    mock.shutdown().await;
}

/// A request that stalls gets nothing, whether it was done or not, and is over when its client goes away.
#[tokio::test]
async fn a_stalled_request_is_over_when_its_client_goes_away() {
    let (mock, world) = start().await;
    for (place, files) in [
        (Place::Before, 0),
        (Place::After, 1),
        (Place::Request(RequestPlace::PartHeaders), 1),
        (Place::Answer(AnswerPlace::AfterBytes(3)), 2),
    ] {
        arm(&world, Fault::at(place).stall());
        let mut client = Connection::open(mock.address()).await;
        client.sender.send(&upload(&Form::file("a.txt", b"bytes"), Framing::ContentLength)).await;
        if let Place::Answer(_) = place {
            assert_eq!(client.receiver.head().await.0, StatusCode::CREATED);
            assert_eq!(client.receiver.bytes(3).await.as_ref(), b"{\"s");
        }
        tokio::time::timeout(A_WHILE, client.receiver.end()).await.expect_err("nothing comes");
        assert_eq!((fired(&world), world.temp_files().len()), (1, files), "{place:?}");
        // A client that only closes its side does not read any more either.
        client.sender.finish().await;
        let (rest, _) = client.receiver.end().await;
        assert!(rest.is_empty(), "{place:?}");
    }
    mock.shutdown().await;
}

/// What waits for long, whether it was asked for by the client, by a rule or by a test.
async fn begin_waits(mock: &TrackerMock, world: &WorldHandle) -> Vec<Connection> {
    let delayed = head("GET /v2/myself HTTP/1.1", &[("Prefer", "delay=600000")]);
    let waiting = get("/_mock/requests/wait?org=nobody&timeout=300s");
    arm(world, Fault::at(Place::After).method("POST").delay(Duration::from_secs(600)));
    let faulted = upload(&Form::file("a.txt", b"bytes"), Framing::ContentLength);
    let mut clients = Vec::new();
    for request in [delayed, waiting, faulted] {
        let mut client = Connection::open(mock.address()).await;
        client.sender.send(&request).await;
        tokio::time::timeout(A_WHILE, client.receiver.end()).await.expect_err("nothing comes");
        clients.push(client);
    }
    clients
}

#[tokio::test]
async fn what_waits_is_over_when_its_client_goes_away() {
    let (mock, world) = start().await;
    for mut client in begin_waits(&mock, &world).await {
        client.sender.finish().await;
        let (rest, _) = client.receiver.end().await;
        assert!(rest.is_empty());
    }
    mock.shutdown().await;
}

/// A server that stops would give requests in flight an hour, but none waits for what it waited for.
#[tokio::test]
async fn what_waits_is_answered_when_the_server_stops() {
    let limits = set!(Limits::default(); shutdown_grace: Duration::from_secs(3600));
    let config = set!(Config::default(); limits);
    let mock = TrackerMock::builder().config(config).start().await.expect("a free port");
    let world = mock.world(ORG);
    let clients = begin_waits(&mock, &world).await;
    in_time("the server stops", mock.shutdown()).await;
    for (mut client, expected) in clients.into_iter().zip([200, 408, 201]) {
        assert_eq!(client.receiver.head().await.0, expected);
    }
}

/// Also where nobody could see that the client has gone, because it had more to send.
#[tokio::test]
async fn what_stalls_is_over_when_its_fault_is_disarmed() {
    let (mock, world) = start().await;
    let ways: [fn(&WorldHandle); 2] = [WorldHandle::disarm, |world| arm(world, Fault::preset(Preset::RateLimit))];
    for (disarm, place) in ways.into_iter().zip([Place::Before, Place::Request(RequestPlace::PartHeaders)]) {
        arm(&world, Fault::at(place).stall());
        let mut client = Connection::open(mock.address()).await;
        client.sender.send(&upload(&Form::file("a.txt", b"bytes"), Framing::ContentLength)).await;
        tokio::time::timeout(A_WHILE, client.receiver.end()).await.expect_err("nothing comes");
        disarm(&world);
        assert_eq!(client.receiver.end().await, (Vec::new(), End::Closed), "{place:?}");
        assert_eq!(world.requests().len(), 1);
        world.clear_requests();
    }
    mock.shutdown().await;
}

#[tokio::test]
async fn a_slow_answer_comes_whole() {
    let (mock, world) = start().await;
    let whole = Connection::open(mock.address()).await.exchange(&get(FILE)).await.body;
    arm(&world, Fault::at(Place::Answer(AnswerPlace::AfterBytes(5))).bytes_per_second(whole.len() as u64 * 10));
    let mut client = Connection::open(mock.address()).await;
    let begun = tokio::time::Instant::now();
    assert_eq!(client.exchange(&get(FILE)).await.body, whole);
    assert!(begun.elapsed() > Duration::from_millis(50), "{:?}", begun.elapsed());
    // And the connection is as good as before.
    assert_eq!(client.exchange(&get("/v2/myself")).await.status, StatusCode::OK);
    mock.shutdown().await;
}

#[tokio::test]
async fn two_servers_have_nothing_to_do_with_each_other() {
    let ((first, world), (second, _)) = (start().await, start().await);
    arm(&world, Fault::preset(Preset::RateLimit));
    let ask =
        async |mock: &TrackerMock| Connection::open(mock.address()).await.exchange(&get("/v2/myself")).await.status;
    assert_eq!((ask(&first).await.as_u16(), ask(&second).await.as_u16()), (429, 200));
    first.shutdown().await;
    second.shutdown().await;
}

#[tokio::test]
async fn a_rule_in_rust_is_the_same_as_in_json() {
    let (mock, world) = start().await;
    let fault = Fault::at(Place::Request(RequestPlace::AfterFileBytes(10)))
        .named("all of it")
        .operation("upload_temp_file")
        .operation("upload_to_issue")
        .method("POST")
        .path("/v2/**")
        .file("*.pdf")
        .skip(1)
        .times(2)
        .delay(Duration::from_millis(1500))
        .status(503)
        .header("Retry-After", "1")
        .body("busy");
    world.arm([fault, Fault::preset(Preset::LostAnswer).method("POST").stall()]).expect("good rules");
    let show = async || Connection::open(mock.address()).await.exchange(&get("/_mock/faults?org=test")).await.json();
    let in_rust = show().await;
    let body = json!({ "rules": [
        {
            "name": "all of it",
            "match": {
                "operation": ["upload_temp_file", "upload_to_issue"], "method": "POST", "path": "/v2/**", "file": "*.pdf",
            },
            "skip": 1,
            "times": 2,
            "at": { "request": { "afterFileBytes": 10 } },
            "do": { "delay": "1s 500ms", "status": 503, "headers": { "Retry-After": 1 }, "body": "busy" },
        },
        { "preset": "lost-answer", "match": { "method": "POST" }, "do": { "connection": "stall" } },
    ] });
    let body = body.to_string();
    let mut request = head("PUT /_mock/faults?org=test HTTP/1.1", &[("Content-Length", &body.len().to_string())]);
    request.extend(body.bytes());
    let in_json = Connection::open(mock.address()).await.exchange(&request).await.json();
    assert_eq!(in_rust, in_json);
    assert_eq!(
        world.faults().iter().map(ArmedFault::name).collect::<Vec<_>>(),
        [Some("all of it"), Some("lost-answer")]
    );
    // What is wrong is said in the same words, and leaves what was armed.
    let wrong = Fault::at(Place::Answer(AnswerPlace::Half)).status(503);
    let error = world.arm([Fault::preset(Preset::RateLimit), wrong]).expect_err("an impossible place");
    assert!(error.to_string().starts_with("rules[1].do.status: "), "{error}");
    assert_eq!(show().await, in_json);
    mock.shutdown().await;
}

/// What a program sees that uses a common client.
struct Program {
    client: Client,
    url: String,
}

impl Program {
    fn new(mock: &TrackerMock) -> Self {
        Self { client: Client::builder().no_proxy().build().expect("a client"), url: mock.url() }
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = method.parse().expect("a method");
        let request = self.client.request(method, format!("{}{path}", self.url));
        request.header("Authorization", "OAuth some-token").header("X-Org-ID", ORG)
    }

    async fn upload(&self, bytes: Vec<u8>) -> reqwest::Result<StatusCode> {
        let form = reqwest::multipart::Form::new().part("file", Part::bytes(bytes).file_name("a.bin"));
        let response = self.request("POST", "/v2/attachments/").multipart(form).send();
        Ok(in_time("the upload", response).await?.status())
    }

    async fn download(&self) -> reqwest::Result<usize> {
        let response = in_time("the head", self.request("GET", FILE).send()).await?;
        Ok(in_time("the body", response.bytes()).await?.len())
    }
}

#[tokio::test]
async fn what_a_client_in_rust_makes_of_it() {
    let (mock, world) = start().await;
    let program = Program::new(&mock);
    let length = program.download().await.expect("no fault");

    arm(&world, Fault::preset(Preset::Flaky503));
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(program.upload(vec![1; 100]).await.expect("an answer").as_u16());
    }
    assert_eq!(statuses, [503, 503, 201]);

    arm(&world, Fault::preset(Preset::LostAnswer));
    let error = program.upload(vec![2; 100]).await.expect_err("no answer");
    assert!(error.is_request() && !error.is_connect(), "{error:?}");
    assert_eq!(program.upload(vec![2; 100]).await.expect("an answer"), StatusCode::CREATED);
    assert_eq!(world.temp_files().len(), 3, "the retry stored it twice");

    arm(&world, Fault::at(Place::Request(RequestPlace::AfterFileBytes(100_000))).reset());
    let error = program.upload(vec![3; 3_000_000]).await.expect_err("no answer");
    assert!(error.is_request(), "{error:?}");
    assert_eq!(world.temp_files().len(), 3);

    arm(&world, Fault::preset(Preset::TruncatedDownload));
    let error = program.download().await.expect_err("half of it");
    assert!(error.is_body() || error.is_decode(), "{error:?}");
    assert_eq!(program.download().await.expect("all of it"), length);

    arm(&world, Fault::preset(Preset::SlowUpload).bytes_per_second(1_000_000));
    let begun = tokio::time::Instant::now();
    assert_eq!(program.upload(vec![4; 100_000]).await.expect("an answer"), StatusCode::CREATED);
    assert!(begun.elapsed() > Duration::from_millis(90), "{:?}", begun.elapsed());
    mock.shutdown().await;
}
