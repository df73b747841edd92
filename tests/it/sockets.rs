//! What only shows on a socket: answers to clients that are still sending, what `hyper` refuses by itself, clients that
//! go away, and many of them at once.

use std::collections::HashSet;

use axum::http::StatusCode;
use tracker_mock::{Clock, Config, EntityType, Limits, TrackerMock};

use crate::support::socket::{Connection, Framing, bare_head, form_type, head, until, upload, without_what_varies};
use crate::support::{Form, NOW, ORG, PROJECT};

const MIB: usize = 1024 * 1024;

async fn start(limits: Limits) -> TrackerMock {
    let config = set!(Config::default(); limits, clock: Clock::frozen_at(NOW));
    TrackerMock::builder().config(config).start().await.expect("a free port")
}

fn small_files() -> Limits {
    set!(Limits::default(); max_file_bytes: 4000)
}

/// Everything that a world shows.
async fn state(mock: &TrackerMock) -> String {
    let mut connection = Connection::open(mock.address()).await;
    let request = bare_head(&format!("GET /_mock/state?org={ORG} HTTP/1.1"), &[]);
    connection.exchange(&request).await.text().to_owned()
}

async fn assert_healthy(connection: &mut Connection) {
    let answer = connection.exchange(&bare_head("GET /_mock/health HTTP/1.1", &[])).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
}

/// An upload that is refused before its body, or the whole of it, was read.
#[derive(Clone)]
struct Refused {
    status: u16,
    line: &'static str,
    headers: Vec<(&'static str, String)>,
    file_bytes: usize,
}

impl Refused {
    /// One of each status that an upload can be refused with early.
    fn all(file_bytes: usize) -> Vec<Self> {
        let upload = "POST /v2/attachments/ HTTP/1.1";
        let form = ("Content-Type", form_type());
        let token = ("Authorization", "OAuth some-token".to_owned());
        let org = ("X-Org-ID", ORG.to_owned());
        let refused = |status, line, headers: &[_]| Self { status, line, headers: headers.to_vec(), file_bytes };
        vec![
            refused(400, "POST /v2/attachments/?filename= HTTP/1.1", &[token.clone(), org.clone(), form.clone()]),
            refused(400, upload, &[token.clone(), org.clone(), ("Content-Type", "text/plain".to_owned())]),
            refused(401, upload, &[org.clone(), form.clone()]),
            refused(403, upload, &[token.clone(), form.clone()]),
            refused(404, "POST /v2/attachment HTTP/1.1", &[token.clone(), org.clone(), form.clone()]),
            refused(405, "PUT /v2/attachments/ HTTP/1.1", &[token.clone(), org.clone(), form.clone()]),
            refused(413, upload, &[token.clone(), org.clone(), form.clone()]),
        ]
    }

    /// The file over the limit fifty times, the others some eight times each.
    fn many() -> Vec<(Self, Framing)> {
        let all = Self::all(8 * MIB);
        let (too_large, others) = all.split_last().expect("some");
        let mut others = others.iter().cycle();
        let mut many = Vec::new();
        for _ in 0..25 {
            let other = others.next().expect("a cycle has no end");
            for framing in Framing::BOTH {
                many.extend([(too_large.clone(), framing), (other.clone(), framing)]);
            }
        }
        many
    }

    fn head(&self, framing: Framing, extra: &[(&str, &str)]) -> Vec<u8> {
        let (name, value) = framing.header(self.form().bytes());
        let mut headers: Vec<(&str, &str)> = self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        headers.push((name, &value));
        headers.extend(extra);
        bare_head(self.line, &headers)
    }

    fn form(&self) -> Form {
        Form::file("large.bin", &vec![b'x'; self.file_bytes])
    }

    fn body(&self, framing: Framing) -> Vec<u8> {
        framing.encode(self.form().bytes())
    }
}

#[tokio::test]
async fn a_file_over_the_limit_is_refused_whichever_way_its_length_is_known() {
    let mock = start(small_files()).await;
    let before = state(&mock).await;
    let mut seen = Vec::new();
    for framing in Framing::BOTH {
        for size in [4001, 2 * MIB] {
            let request = upload(&Form::file("large.bin", &vec![b'x'; size]), framing);
            let answer = Connection::open(mock.address()).await.exchange(&request).await;
            seen.push(without_what_varies(answer));
        }
        let request = upload(&Form::file("just-right.bin", &[b'x'; 4000]), framing);
        let answer = Connection::open(mock.address()).await.exchange(&request).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        mock.reset();
    }
    seen.dedup();
    insta::assert_snapshot!(seen.join("\n\n"));
    assert_eq!(state(&mock).await, before);
    mock.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_sends_everything_first_can_read_the_answer() {
    let mock = start(small_files()).await;
    for (refused, framing) in Refused::many() {
        let mut connection = Connection::open(mock.address()).await;
        connection.sender.send(&refused.head(framing, &[])).await;
        let answer = connection.exchange(&refused.body(framing)).await;
        assert_eq!(answer.status.as_u16(), refused.status, "{framing:?} {}", answer.text());
        answer.assert_error();
        assert_healthy(&mut connection).await;
    }
    mock.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_reads_while_it_sends_has_the_answer_before_it_is_done() {
    let mock = start(small_files()).await;
    for (refused, framing) in Refused::many() {
        let mut connection = Connection::open(mock.address()).await;
        let body = refused.body(framing);
        let (first, second) = body.split_at(body.len() / 2);
        connection.sender.send(&refused.head(framing, &[])).await;
        let answer = connection.exchange(first).await;
        assert_eq!(answer.status.as_u16(), refused.status, "{framing:?} {}", answer.text());
        answer.assert_error();
        connection.sender.send(second).await;
        assert_healthy(&mut connection).await;
    }
    mock.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_ends_with_the_answer_does_not_end_in_a_reset() {
    let mock = start(small_files()).await;
    for (refused, framing) in Refused::many() {
        let mut connection = Connection::open(mock.address()).await;
        let request = [refused.head(framing, &[("Connection", "close")]), refused.body(framing)].concat();
        let answer = connection.exchange(&request).await;
        assert_eq!(answer.status.as_u16(), refused.status, "{framing:?} {}", answer.text());
        answer.assert_error();
        assert_eq!(connection.receiver.rest().await, "");
    }
    mock.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_expects_continue_is_told_the_outcome_without_it() {
    let mock = start(small_files()).await;
    for refused in Refused::all(2 * MIB) {
        let framing = Framing::ContentLength;
        let mut connection = Connection::open(mock.address()).await;
        let answer = connection.exchange(&refused.head(framing, &[("Expect", "100-continue")])).await;
        assert_eq!(answer.status.as_u16(), refused.status, "{}", answer.text());
        answer.assert_error();
        assert_eq!(answer.header("connection"), Some("close"), "{}", answer.text());
        assert_eq!(connection.receiver.rest().await, "", "a body will not come, so nothing can follow it");
    }
    mock.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_expects_continue_and_does_not_wait_for_it_can_read_the_answer() {
    let mock = start(small_files()).await;
    for (refused, framing) in Refused::many() {
        let mut connection = Connection::open(mock.address()).await;
        let head = refused.head(framing, &[("Expect", "100-continue")]);
        let mut answer = connection.exchange(&[head, refused.body(framing)].concat()).await;
        if answer.status == StatusCode::CONTINUE {
            answer = connection.receiver.answer().await;
        }
        assert_eq!(answer.status.as_u16(), refused.status, "{framing:?} {}", answer.text());
        answer.assert_error();
    }
    mock.shutdown().await;
}

#[tokio::test]
async fn who_expects_continue_gets_it_when_the_body_is_wanted() {
    let mock = start(small_files()).await;
    let form = Form::file("a.txt", b"some text");
    let length = form.bytes().len().to_string();
    let headers = [("Content-Type", &*form_type()), ("Content-Length", &length), ("Expect", "100-continue")];
    let mut connection = Connection::open(mock.address()).await;
    let interim = connection.exchange(&head("POST /v2/attachments/ HTTP/1.1", &headers)).await;
    assert_eq!(interim.status, StatusCode::CONTINUE);
    let answer = connection.exchange(form.bytes()).await;
    assert_eq!((answer.status, answer.header("connection")), (StatusCode::CREATED, None), "{}", answer.text());
    assert_healthy(&mut connection).await;
    // Without a body there is nothing to wait for.
    let bodiless = connection.exchange(&bare_head("GET /_mock/health HTTP/1.1", &[("Expect", "100-continue")])).await;
    assert_eq!((bodiless.status, bodiless.header("connection")), (StatusCode::OK, None));
    assert_healthy(&mut connection).await;
    mock.shutdown().await;
}

/// Requests that `hyper` answers by itself or hands on in an unusual form, and the bytes of each.
fn unusual_requests() -> Vec<(&'static str, Vec<u8>)> {
    let get = "GET /_mock/health HTTP/1.1";
    let health = |fields: &[(&str, &str)]| bare_head(get, fields);
    let health_at = |path: &str| bare_head(&format!("GET {path} HTTP/1.1"), &[]);
    let form = Form::file("a.txt", b"some text");
    let upload_with = |fields: &[(&str, &str)], body: &[u8]| {
        let mut request =
            head("POST /v2/attachments/ HTTP/1.1", &[&[("Content-Type", &*form_type())], fields].concat());
        request.extend(body);
        request
    };
    let length = form.bytes().len().to_string();
    let chunked = Framing::Chunked.encode(form.bytes());
    vec![
        ("no HTTP at all", b"hello\r\n\r\n".to_vec()),
        ("a TLS greeting", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()),
        ("HTTP/0.9", b"GET /_mock/health\r\n\r\n".to_vec()),
        ("HTTP/2 without asking", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec()),
        ("HTTP/2.0 in the request line", b"GET /_mock/health HTTP/2.0\r\n\r\n".to_vec()),
        ("a space in the path", b"GET /_mock/ health HTTP/1.1\r\n\r\n".to_vec()),
        ("a control character in the path", b"GET /_mock/\x01health HTTP/1.1\r\n\r\n".to_vec()),
        (
            "raw UTF-8 in the path",
            "GET /_mock/здоровье HTTP/1.1\r\nHost: a\r\nX-Request-Id: request-1\r\n\r\n".as_bytes().to_vec(),
        ),
        ("a raw # in the path", health_at("/_mock/health#a")),
        ("an overlong URI", bare_head(&format!("GET /{} HTTP/1.1", "a".repeat(70_000)), &[])),
        ("a header that is too large", health(&[("X-Large", &"a".repeat(2 * MIB))])),
        ("too many headers", health(&[("X-Many", "a"); 200])),
        ("a header without a colon", b"GET /_mock/health HTTP/1.1\r\nHost\r\n\r\n".to_vec()),
        ("a space before the colon", b"GET /_mock/health HTTP/1.1\r\nHost : a\r\n\r\n".to_vec()),
        ("no Host", b"GET /_mock/health HTTP/1.1\r\nX-Request-Id: request-1\r\n\r\n".to_vec()),
        ("two Hosts", health(&[("Host", "tracker.test")])),
        ("NUL in a header", health(&[("X-Nul", "a\0b")])),
        ("a folded header", health(&[("X-Folded", "a\r\n b")])),
        ("Content-Length that is no number", upload_with(&[("Content-Length", "many")], form.bytes())),
        ("a negative Content-Length", upload_with(&[("Content-Length", "-1")], form.bytes())),
        (
            "two different Content-Length",
            upload_with(&[("Content-Length", &length), ("Content-Length", "1")], form.bytes()),
        ),
        (
            "the same Content-Length twice",
            upload_with(&[("Content-Length", &length), ("Content-Length", &length)], form.bytes()),
        ),
        (
            "both Content-Length and Transfer-Encoding",
            upload_with(&[("Content-Length", "1"), ("Transfer-Encoding", "chunked")], &chunked),
        ),
        ("an unknown Transfer-Encoding", upload_with(&[("Transfer-Encoding", "gzip")], form.bytes())),
        ("a coding before chunked", upload_with(&[("Transfer-Encoding", "gzip, chunked")], &chunked)),
        ("a bad chunk size", upload_with(&[("Transfer-Encoding", "chunked")], b"xyz\r\nabc\r\n0\r\n\r\n")),
        ("CONNECT", bare_head("CONNECT tracker.test:443 HTTP/1.1", &[])),
        ("OPTIONS *", bare_head("OPTIONS * HTTP/1.1", &[])),
        ("TRACE", bare_head("TRACE /v2/attachments/ HTTP/1.1", &[])),
        ("a method of its own", bare_head("BREW /v2/attachments/ HTTP/1.1", &[])),
        ("an upgrade", health(&[("Connection", "Upgrade"), ("Upgrade", "websocket")])),
        ("absolute form", bare_head("GET http://elsewhere.test/_mock/health/ HTTP/1.1", &[])),
        ("HTTP/1.0", bare_head("GET /_mock/health HTTP/1.0", &[])),
        ("HTTP/1.0 without Host", b"GET /_mock/health HTTP/1.0\r\nX-Request-Id: request-1\r\n\r\n".to_vec()),
        (
            "HTTP/1.0 with Transfer-Encoding",
            b"POST /v2/attachments/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_vec(),
        ),
        ("line feeds alone", b"GET /_mock/health HTTP/1.1\nHost: a\nX-Request-Id: request-1\n\n".to_vec()),
        ("empty lines in front", [b"\r\n\r\n".to_vec(), health(&[])].concat()),
    ]
}

#[tokio::test]
async fn unusual_requests_get_an_answer_and_do_no_harm() {
    let mock = start(small_files()).await;
    let mut seen = Vec::new();
    for (what, request) in unusual_requests() {
        mock.reset();
        let mut connection = Connection::open(mock.address()).await;
        connection.sender.send(&request).await;
        connection.sender.finish().await;
        let answer = connection.receiver.answer().await;
        if !answer.status.is_success() {
            answer.assert_error();
        }
        assert_eq!(connection.receiver.rest().await, "", "{what}");
        let mut text = without_what_varies(answer);
        // What the fixtures take is another thing.
        if let Some((front, rest)) = text.split_once("\"used\":") {
            text = format!("{front}\"used\":?{}", rest.trim_start_matches(|one: char| one.is_ascii_digit()));
        }
        seen.push(format!("=== {what}\n{text}"));
        assert_healthy(&mut Connection::open(mock.address()).await).await;
    }
    insta::assert_snapshot!(seen.join("\n\n"));
    mock.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_cannot_be_parsed_are_answered_however_much_follows() {
    let mock = start(small_files()).await;
    for _ in 0..10 {
        for (_, request) in unusual_requests() {
            let mut connection = Connection::open(mock.address()).await;
            connection.sender.send(&[request, vec![b'x'; 8 * MIB]].concat()).await;
            connection.sender.finish().await;
            let answer = connection.receiver.answer().await;
            if !answer.status.is_success() {
                answer.assert_error();
            }
            connection.receiver.rest().await;
        }
    }
    mock.shutdown().await;
}

#[tokio::test]
async fn a_kept_http_1_0_connection_is_answered_in_the_error_format_too() {
    let mock = start(small_files()).await;
    let mut connection = Connection::open(mock.address()).await;
    let keep = bare_head("GET /_mock/health HTTP/1.0", &[("Connection", "keep-alive")]);
    assert_eq!(connection.exchange(&keep).await.status, StatusCode::OK);
    let answer = connection.exchange(b"hello\r\n\r\n").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    answer.assert_error();
    assert_eq!(connection.receiver.rest().await, "");
    mock.shutdown().await;
}

#[tokio::test]
async fn an_answer_to_head_has_no_body() {
    let mock = start(small_files()).await;
    let mut connection = Connection::open(mock.address()).await;
    for (path, status) in [("/_mock/health", 200), ("/_mock/nothing", 404), ("/v2/attachments/", 405)] {
        connection.sender.send(&bare_head(&format!("HEAD {path} HTTP/1.1"), &[])).await;
        let (answered, headers) = connection.receiver.head().await;
        assert_eq!(answered.as_u16(), status);
        assert_eq!(headers["content-type"], "application/json");
        assert_ne!(headers["content-length"], "0", "the length that GET has");
        assert_healthy(&mut connection).await;
    }
    mock.shutdown().await;
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_turn() {
    let mock = start(small_files()).await;
    let mut requests = Vec::new();
    for framing in Framing::BOTH {
        requests.extend(upload(&Form::file("a.txt", b"some text"), framing));
        requests.extend(upload(&Form::file("large.bin", &[b'x'; 5000]), framing));
        requests.extend(bare_head("GET /_mock/health HTTP/1.1", &[]));
    }
    requests.extend(b"hello\r\n\r\n");
    let mut connection = Connection::open(mock.address()).await;
    connection.sender.send(&requests).await;
    for expected in [201, 413, 200, 201, 413, 200, 400] {
        let answer = connection.receiver.answer().await;
        assert_eq!(answer.status.as_u16(), expected, "{}", answer.text());
    }
    assert_eq!(connection.receiver.rest().await, "");
    let names: Vec<String> = mock.world(ORG).temp_files().iter().map(|file| file.id.to_string()).collect();
    assert_eq!(names, ["30", "31"]);
    mock.shutdown().await;
}

/// Whether a file of this size has room now. It does not stay.
async fn has_room(mock: &TrackerMock, bytes: usize) -> bool {
    let request = upload(&Form::file("probe.bin", &vec![b'x'; bytes]), Framing::ContentLength);
    let answer = Connection::open(mock.address()).await.exchange(&request).await;
    match answer.status {
        StatusCode::CREATED => mock.world(ORG).reset(),
        StatusCode::INSUFFICIENT_STORAGE => {}
        _ => panic!("{} {}", answer.status, answer.text()),
    }
    answer.status == StatusCode::CREATED
}

#[tokio::test]
async fn a_client_that_goes_away_in_mid_upload_leaves_nothing_behind() {
    let mock = start(set!(Limits::default(); max_memory_bytes: MIB as u64)).await;
    let before = state(&mock).await;
    for framing in Framing::BOTH {
        for leave in [drop::<Connection>, Connection::reset] {
            let request = upload(&Form::file("large.bin", &vec![b'x'; 900_000]), framing);
            let mut connection = Connection::open(mock.address()).await;
            connection.sender.send(&request[..800_000]).await;
            until("receiving what was sent", async || !has_room(&mock, 500_000).await).await;
            leave(connection);
            until("giving back the memory", async || has_room(&mock, 1_000_000).await).await;
            assert_eq!(state(&mock).await, before);
        }
    }
    mock.shutdown().await;
}

#[tokio::test]
async fn the_memory_budget_is_refused_in_whole_and_a_reset_gives_room_again() {
    let mock = start(set!(Limits::default(); max_memory_bytes: MIB as u64)).await;
    let large = Form::file("large.bin", &vec![b'x'; 900_000]);
    let mut seen = Vec::new();
    for framing in Framing::BOTH {
        let mut connection = Connection::open(mock.address()).await;
        assert_eq!(connection.exchange(&upload(&large, framing)).await.status, StatusCode::CREATED);
        let full = state(&mock).await;
        for _ in 0..50 {
            seen.push(without_what_varies(connection.exchange(&upload(&large, framing)).await));
        }
        assert_eq!(state(&mock).await, full);
        let reset = connection.exchange(&bare_head("POST /_mock/reset?all=true HTTP/1.1", &[])).await;
        assert_eq!(reset.status, StatusCode::NO_CONTENT);
        assert_eq!(connection.exchange(&upload(&large, framing)).await.status, StatusCode::CREATED);
        mock.reset();
    }
    seen.dedup();
    insta::assert_snapshot!(seen.join("\n\n"));
    mock.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_concurrent_attaches_exactly_one_succeeds() {
    let mock = start(Limits::default()).await;
    let version = mock.world(ORG).entity(EntityType::Project, PROJECT).expect("the project").version;
    let mut first = Connection::open(mock.address()).await;
    let mut second = Connection::open(mock.address()).await;
    for number in 0..1000_u64 {
        let name = format!("{number}.txt");
        let uploaded = first.exchange(&upload(&Form::file(&name, b"x"), Framing::ContentLength)).await;
        let body = uploaded.json();
        let id = body["id"].as_str().expect("an id");
        let attach = head(
            &format!("POST /v2/entities/project/{PROJECT}/attachments/{id} HTTP/1.1"),
            &[("Content-Type", "application/json"), ("Content-Length", "0")],
        );
        tokio::join!(first.sender.send(&attach), second.sender.send(&attach));
        let (one, other) = tokio::join!(first.receiver.answer(), second.receiver.answer());
        let (won, lost) = if one.status == StatusCode::OK { (one, other) } else { (other, one) };
        assert_eq!(won.status, StatusCode::OK, "{}", won.text());
        assert_eq!(won.json()["version"], version + number + 1, "{}", won.text());
        assert_eq!(lost.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", lost.text());
        lost.assert_error();
    }
    let project = mock.world(ORG).entity(EntityType::Project, PROJECT).expect("the project");
    let names: Vec<String> = project.attachments.iter().map(|attached| attached.file().name.to_string()).collect();
    assert_eq!(names, (0..1000).map(|number| format!("{number}.txt")).collect::<Vec<_>>());
    assert_eq!(mock.world(ORG).outbox().len(), 1000);
    assert!(mock.world(ORG).temp_files().is_empty());
    mock.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_uploads_do_not_mix() {
    let mock = start(Limits::default()).await;
    let address = mock.address();
    let uploads: Vec<_> = (0..64_u8)
        .map(|number| {
            tokio::spawn(async move {
                let content = vec![number; MIB];
                let framing = if number % 2 == 0 { Framing::ContentLength } else { Framing::Chunked };
                let request = upload(&Form::file(&format!("{number}.bin"), &content), framing);
                let answer = Connection::open(address).await.exchange(&request).await;
                assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
                let body = answer.json();
                assert_eq!(body["size"], MIB);
                body["id"].as_str().expect("an id").to_owned()
            })
        })
        .collect();
    let mut ids = HashSet::new();
    for upload in uploads {
        ids.insert(upload.await.expect("an upload that works"));
    }
    assert_eq!(ids.len(), 64);
    let files = mock.world(ORG).temp_files();
    assert_eq!(files.iter().map(|file| file.id.to_string()).collect::<HashSet<_>>(), ids);
    for file in files {
        let number: u8 = file.name.as_str().trim_end_matches(".bin").parse().expect("its number");
        assert_eq!(file.blob.len(), MIB);
        assert!(file.blob.iter().all(|&byte| byte == number), "{}", file.name);
    }
    mock.shutdown().await;
}

/// HTTP/1.1 takes a request without a length for one without a body, so the form is another request, or none.
#[tokio::test]
async fn an_upload_without_a_length_has_no_body() {
    let mock = start(Limits::default()).await;
    let before = state(&mock).await;
    let mut connection = Connection::open(mock.address()).await;
    let request = head("POST /v2/attachments/ HTTP/1.1", &[("Content-Type", &form_type())]);
    let answer = connection.exchange(&request).await;
    let message = "The request has no body. A form needs Content-Length, or Transfer-Encoding: chunked.";
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let expected = serde_json::json!({"errors": {}, "errorMessages": [message], "statusCode": 400});
    assert_eq!(answer.json(), expected);
    assert_eq!(state(&mock).await, before);
}
