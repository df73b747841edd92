//! Clients that take their time: each is given up once it is too slow, is told so in the error format, and leaves
//! nothing behind; and however many of them there are, others are answered.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use tokio::task::JoinSet;
use tracker_mock::{Clock, Config, Limits, TrackerMock};

use crate::support::program::{Program, health};
use crate::support::socket::{
    Connection, Framing, Sender, form_type, head, in_time, until, upload, without_what_varies,
};
use crate::support::{Answer, Form, NOW, ORG};

/// Longer than a test takes.
const LONG: Duration = Duration::from_secs(600);

async fn start(limits: Limits) -> TrackerMock {
    let config = set!(Config::default(); limits, clock: Clock::frozen_at(NOW));
    TrackerMock::builder().config(config).start().await.expect("a free port")
}

/// Limits with these times, and no least rate.
fn patience(header_read_timeout: Duration, idle_timeout: Duration) -> Limits {
    set!(Limits::default(); header_read_timeout, idle_timeout, min_upload_bytes_per_second: 0)
}

const SHORT: Duration = Duration::from_millis(100);

/// An upload without its end.
fn begun_upload(framing: Framing) -> Vec<u8> {
    let mut request = upload(&Form::file("a.bin", &[b'x'; 60_000]), framing);
    request.truncate(request.len() - 10_000);
    request
}

/// Sends a byte from time to time for as long as the server takes it.
async fn drip(sender: &mut Sender, byte: u8, pause: Duration) {
    while sender.try_send(&[byte]).await.is_ok() {
        tokio::time::sleep(pause).await;
    }
}

/// The answer, and that nothing follows it.
async fn last_answer(connection: &mut Connection) -> Answer {
    let answer = connection.receiver.answer().await;
    assert_eq!(connection.receiver.rest().await, "");
    answer.assert_error();
    assert_eq!(answer.header("connection"), Some("close"));
    answer
}

#[tokio::test]
async fn a_head_that_does_not_come_in_time_is_given_up() {
    let mock = start(patience(SHORT, LONG)).await;
    let mut seen = Vec::new();
    for begin in [&b"G"[..], b"GET /_mock/health HTTP/1.1\r\nHost: ", b"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n"] {
        let mut fresh = Connection::open(mock.address()).await;
        fresh.sender.send(begin).await;
        seen.push(without_what_varies(last_answer(&mut fresh).await));

        let mut used = Connection::open(mock.address()).await;
        assert_eq!(used.exchange(&health()).await.status, StatusCode::OK);
        used.sender.send(begin).await;
        seen.push(without_what_varies(last_answer(&mut used).await));
    }
    seen.dedup();
    insta::assert_snapshot!(seen.join("\n\n"));
    mock.shutdown().await;
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_for_ever_is_given_up() {
    let mock = start(patience(SHORT, LONG)).await;
    let Connection { mut sender, mut receiver } = Connection::open(mock.address()).await;
    sender.send(b"GET /").await;
    let dripping = tokio::spawn(async move { drip(&mut sender, b'a', Duration::from_millis(2)).await });
    let answer = receiver.answer().await;
    assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT, "{}", answer.text());
    answer.assert_error();
    in_time("sending away a client that goes on", dripping).await.expect("no panic");
    mock.shutdown().await;
}

#[tokio::test]
async fn what_follows_a_request_too_slowly_is_given_up_after_its_answer() {
    let mock = start(patience(SHORT, SHORT)).await;
    let mut connection = Connection::open(mock.address()).await;
    connection.sender.send(&[health(), b"GET /_mock/he".to_vec()].concat()).await;
    assert_eq!(connection.receiver.answer().await.status, StatusCode::OK);
    assert_eq!(last_answer(&mut connection).await.status, StatusCode::REQUEST_TIMEOUT);
    mock.shutdown().await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_without_a_word() {
    let mock = start(patience(SHORT, LONG)).await;
    let mut fresh = Connection::open(mock.address()).await;
    assert_eq!(fresh.receiver.rest().await, "");
    let mut used = Connection::open(mock.address()).await;
    for request in [health(), upload(&Form::file("a.txt", b"text"), Framing::Chunked), health()] {
        assert!(used.exchange(&request).await.status.is_success());
    }
    assert_eq!(used.receiver.rest().await, "");
    mock.shutdown().await;
}

#[tokio::test]
async fn a_body_that_stops_coming_is_given_up() {
    let mock = start(patience(LONG, SHORT)).await;
    let json = |body: &[u8]| {
        let length = [("Content-Length", "1000"), ("Accept-Language", "ru")];
        [head("POST /v2/issues HTTP/1.1", &length), body.to_vec()].concat()
    };
    let mut seen = Vec::new();
    for request in [
        begun_upload(Framing::ContentLength),
        begun_upload(Framing::Chunked),
        head(
            "POST /v2/attachments/ HTTP/1.1",
            &[("Content-Type", &form_type()), ("Content-Length", "10"), ("Expect", "100-continue")],
        ),
        json(b"{\"summary\": \""),
        json(b""),
    ] {
        let mut connection = Connection::open(mock.address()).await;
        connection.sender.send(&request).await;
        if request.ends_with(b"100-continue\r\n\r\n") {
            assert_eq!(connection.receiver.answer().await.status, StatusCode::CONTINUE);
        }
        seen.push(without_what_varies(last_answer(&mut connection).await));
    }
    seen.dedup();
    insta::assert_snapshot!(seen.join("\n\n"));
    assert!(mock.world(ORG).temp_files().is_empty());
    mock.shutdown().await;
}

#[tokio::test]
async fn a_body_that_comes_byte_by_byte_for_ever_is_given_up_and_its_memory_is_free() {
    const MIB: usize = 1024 * 1024;
    let limits =
        set!(patience(LONG, Duration::from_secs(2)); max_memory_bytes: MIB as u64, min_upload_bytes_per_second: 10_000);
    let mock = start(limits).await;
    for framing in Framing::BOTH {
        let Connection { mut sender, mut receiver } = Connection::open(mock.address()).await;
        let request = upload(&Form::file("a.bin", &vec![b'x'; 900_000]), framing);
        // Far from the end of its chunk, which takes any byte.
        sender.send(&request[..770_000]).await;
        let dripping = tokio::spawn(async move { drip(&mut sender, b'x', Duration::from_millis(2)).await });
        let answer = receiver.answer().await;
        assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT, "{}", answer.text());
        answer.assert_error();
        assert!(answer.text().contains("less than 10000 bytes per second"), "{}", answer.text());
        // There is room for a file that has none beside the one given up, while its client still sends.
        let request = upload(&Form::file("b.bin", &vec![b'x'; 900_000]), framing);
        until("giving back the memory", async || {
            let answer = Connection::open(mock.address()).await.exchange(&request).await;
            assert!([201, 507].contains(&answer.status.as_u16()), "{}", answer.text());
            answer.status == StatusCode::CREATED
        })
        .await;
        assert!(!dripping.is_finished(), "it is sent away later");
        mock.reset();
        dripping.abort();
    }
    mock.shutdown().await;
}

#[tokio::test]
async fn an_upload_waits_for_its_turn() {
    let mock = start(set!(patience(LONG, LONG); max_uploads: 2)).await;
    let mut first = [Connection::open(mock.address()).await, Connection::open(mock.address()).await];
    let request = upload(&Form::file("first.bin", &[b'x'; 60_000]), Framing::ContentLength);
    for connection in &mut first {
        let wanted = [("Content-Type", &*form_type()), ("Content-Length", "1000"), ("Expect", "100-continue")];
        connection.sender.send(&head("POST /v2/attachments/ HTTP/1.1", &wanted)).await;
        // That its body is wanted says that it has its turn.
        assert_eq!(connection.receiver.answer().await.status, StatusCode::CONTINUE);
    }
    let address = mock.address();
    let waiting = tokio::spawn(async move { Connection::open(address).await.exchange(&request).await });
    // What needs no turn is answered meanwhile, here in a world that has files by now.
    let mut other = Connection::open(mock.address()).await;
    for _ in 0..20 {
        assert_eq!(other.exchange(&health()).await.status, StatusCode::OK);
    }
    assert!(!waiting.is_finished() && mock.world(ORG).temp_files().is_empty());
    let [gone, _stays] = first;
    drop(gone);
    let answer = in_time("the turn of the upload", waiting).await.expect("no panic");
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    mock.shutdown().await;
}

#[tokio::test]
async fn an_upload_whose_turn_does_not_come_is_refused() {
    let mock = start(set!(patience(LONG, Duration::from_secs(1)); max_uploads: 1)).await;
    let Connection { mut sender, receiver: _receiver } = Connection::open(mock.address()).await;
    sender.send(&begun_upload(Framing::ContentLength)).await;
    let dripping = tokio::spawn(async move { drip(&mut sender, b'x', Duration::from_millis(20)).await });
    let request = upload(&Form::file("b.bin", &[b'x'; 3_000_000]), Framing::ContentLength);
    let mut waiting = Connection::open(mock.address()).await;
    let answer = waiting.exchange(&request).await;
    insta::assert_snapshot!(without_what_varies(answer));
    assert_eq!(waiting.receiver.rest().await, "");
    assert!(!dripping.is_finished());
    dripping.abort();
    mock.shutdown().await;
}

#[tokio::test]
async fn slow_uploads_give_up_their_slots() {
    let limits = set!(patience(LONG, Duration::from_secs(1)); max_uploads: 2, min_upload_bytes_per_second: 10_000);
    let mock = start(limits).await;
    let mut dripping = JoinSet::new();
    for _ in 0..6 {
        let Connection { mut sender, receiver } = Connection::open(mock.address()).await;
        sender.send(&begun_upload(Framing::ContentLength)).await;
        dripping.spawn(async move {
            drip(&mut sender, b'x', Duration::from_millis(20)).await;
            drop(receiver);
        });
    }
    let request = upload(&Form::file("b.bin", b"some text"), Framing::ContentLength);
    until("an upload that gets through", async || {
        let answer = Connection::open(mock.address()).await.exchange(&request).await;
        assert!([201, 503].contains(&answer.status.as_u16()), "{}", answer.text());
        answer.status == StatusCode::CREATED
    })
    .await;
    dripping.shutdown().await;
    mock.shutdown().await;
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answer_is_given_up() {
    let mock = start(patience(LONG, Duration::from_millis(30))).await;
    let mut connection = Connection::open(mock.address()).await;
    let stored = connection.exchange(&upload(&Form::file("a.bin", &[b'x'; 20_000_000]), Framing::Chunked)).await;
    let path = format!("GET /v2/attachments/{}/a.bin HTTP/1.1", stored.json()["id"].as_str().expect("an id"));
    let mut silent = Connection::open(mock.address()).await;
    silent.sender.send(&head(&path, &[])).await;
    in_time("giving up", drip(&mut silent.sender, b'x', Duration::from_millis(5))).await;
    mock.shutdown().await;
}

/// In a process of its own, so that the connections of neither side use up the files of the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_is_answered_at_once_while_many_upload_slowly() {
    const SLOW: usize = 500;
    let program = Program::start(&[], &[]);
    let mut dripping = JoinSet::new();
    for _ in 0..SLOW {
        let Connection { mut sender, receiver } = program.connect().await;
        sender.send(&begun_upload(Framing::ContentLength)).await;
        dripping.spawn(async move {
            drip(&mut sender, b'x', Duration::from_millis(50)).await;
            drop(receiver);
        });
    }
    let mut took = Vec::new();
    for _ in 0..51 {
        let since = Instant::now();
        assert_eq!(program.exchange(&health()).await.status, StatusCode::OK);
        took.push(since.elapsed());
    }
    took.sort_unstable();
    assert!(took[took.len() / 2] < Duration::from_millis(100), "{took:?}");
    // There is a slot for one more upload.
    assert_eq!(program.upload(&Form::file("b.bin", b"some text")).await.status, StatusCode::CREATED);
    assert!(dripping.try_join_next().is_none() && dripping.len() == SLOW, "all of them were at it");
    dripping.shutdown().await;
    program.stop("TERM").assert_clean();
}
