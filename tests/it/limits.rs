//! The options that bound what clients may take, and what happens where the system itself sets a bound.

use std::time::{Duration, Instant};

use axum::http::StatusCode;

use serde_json::json;
use tracker_mock::{Config, Limits};

use crate::support::program::{Program, health, with_option};
use crate::support::socket::{Connection, Framing, bare_head, form_type, head, until, upload};
use crate::support::{Api, Form, WORLD_BYTES};

#[tokio::test]
async fn the_largest_head_is_an_option() {
    with_option("max-header-size", Some("1KiB"), async |program| {
        let with_field = |bytes| bare_head("GET /_mock/health HTTP/1.1", &[("X-Large", &"a".repeat(bytes))]);
        assert_eq!(program.exchange(&with_field(900)).await.status, StatusCode::OK);
        for bytes in [1000, 100_000] {
            let answer = program.exchange(&with_field(bytes)).await;
            assert_eq!(answer.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "{}", answer.text());
            answer.assert_error();
            assert!(answer.text().contains("larger than 1024 bytes"), "{}", answer.text());
        }
    })
    .await;
}

#[tokio::test]
async fn a_head_may_be_larger_than_what_is_read_at_once() {
    let program = Program::start(&["--max-header-size", "4MiB"], &[]);
    let request = bare_head("GET /_mock/health HTTP/1.1", &[("X-Large", &"a".repeat(3 * 1024 * 1024))]);
    assert_eq!(program.exchange(&request).await.status, StatusCode::OK);
    program.stop("TERM").assert_clean();
}

#[tokio::test]
async fn the_number_of_worlds_is_an_option() {
    with_option("max-worlds", Some("1"), async |program| {
        let form = Form::file("a.txt", b"text");
        assert_eq!(program.upload(&form).await.status, StatusCode::CREATED);
        let request = String::from_utf8(upload(&form, Framing::ContentLength)).expect("UTF-8");
        let answer = program.exchange(request.replace("X-Org-ID: test", "X-Org-ID: test-2").as_bytes()).await;
        assert_eq!(answer.status, StatusCode::INSUFFICIENT_STORAGE, "{}", answer.text());
        assert!(answer.text().contains("--max-worlds"), "{}", answer.text());
    })
    .await;
}

#[tokio::test]
async fn the_headers_of_a_part_are_bounded_by_an_option() {
    with_option("max-part-header-size", Some("1KiB"), async |program| {
        let form = |bytes| {
            let headers = "Content-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nX-Large: ";
            Form::part(&format!("{headers}{}", "a".repeat(bytes)), b"text")
        };
        assert_eq!(program.upload(&form(500)).await.status, StatusCode::CREATED);
        let answer = program.upload(&form(1000)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text());
        assert!(answer.text().contains("more than 1024 bytes of headers"), "{}", answer.text());
    })
    .await;
}

#[tokio::test]
async fn the_parts_of_a_form_are_bounded_by_an_option() {
    with_option("max-parts", Some("3"), async |program| {
        let text = "Content-Disposition: form-data; name=\"text\"";
        let form = |texts| (0..texts).fold(Form::file("a.txt", b"text"), |form, _| form.and_part(text, b"x"));
        assert_eq!(program.upload(&form(2)).await.status, StatusCode::CREATED);
        let answer = program.upload(&form(3)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text());
        assert!(answer.text().contains("more than 3 parts"), "{}", answer.text());
    })
    .await;
}

#[tokio::test]
async fn the_size_of_json() {
    let comment = |bytes: usize| {
        let body = format!("{{\"text\": \"{}\"}}", "x".repeat(bytes));
        let length = body.len().to_string();
        let mut request = head("POST /v2/issues/JUNE-2/comments HTTP/1.1", &[("Content-Length", &length)]);
        request.extend(body.bytes());
        request
    };
    with_option("max-json-size", Some("100KiB"), async |program| {
        assert_eq!(program.exchange(&comment(90_000)).await.status, StatusCode::CREATED);
        let answer = program.exchange(&comment(110_000)).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", answer.text());
    })
    .await;
    let program = Program::start(&[], &[]);
    assert_eq!(program.exchange(&comment(1_000_000)).await.status, StatusCode::CREATED);
    assert_eq!(program.exchange(&comment(1 << 20)).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    // Where none is due, less is read.
    for (bytes, status) in [(60_000, StatusCode::OK), (70_000, StatusCode::PAYLOAD_TOO_LARGE)] {
        let mut request = head("GET /v2/myself HTTP/1.1", &[("Content-Length", &(bytes + 2).to_string())]);
        request.extend(format!("\"{}\"", "x".repeat(bytes)).bytes());
        assert_eq!(program.exchange(&request).await.status, status);
    }
    program.stop("TERM").assert_clean();
}

/// What a body of many small values takes is refused before it is taken, and a body that is done costs nothing.
#[tokio::test]
async fn json_is_charged_while_it_is_read() {
    let limits = set!(Limits::default(); max_memory_bytes: 4 << 20);
    let api = Api::with(set!(Config::default(); limits));
    let used = api.used_bytes();
    let comment = |values: usize| json!({"text": "a", "ignored": vec![0; values]});
    for (values, status) in [(40_000, 507), (20_000, 201), (40_000, 507)] {
        let answer = api.send_json("POST", "/v2/issues/JUNE-2/comments", &comment(values)).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert!(api.used_bytes() <= used + WORLD_BYTES);
    }
}

#[tokio::test]
async fn the_connections_at_once_are_bounded_by_an_option() {
    with_option("max-connections", Some("1"), async |program| {
        let mut first = program.connect().await;
        assert_eq!(first.exchange(&health()).await.status, StatusCode::OK);
        let mut second = program.connect().await;
        second.sender.send(&health()).await;
        let pause = Duration::from_millis(200);
        tokio::time::timeout(pause, second.receiver.head()).await.expect_err("it waits for the first to end");
        drop(first);
        assert_eq!(second.receiver.head().await.0, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn the_uploads_at_once_are_bounded_by_an_option() {
    with_option("max-uploads", Some("1"), async |program| {
        let form = Form::file("a.txt", b"text");
        let length = form.bytes().len().to_string();
        let wanted = [("Content-Type", &*form_type()), ("Content-Length", &length), ("Expect", "100-continue")];
        let mut first = program.connect().await;
        let interim = first.exchange(&head("POST /v2/attachments/ HTTP/1.1", &wanted)).await;
        assert_eq!(interim.status, StatusCode::CONTINUE);
        let mut second = program.connect().await;
        second.sender.send(&upload(&form, Framing::ContentLength)).await;
        for _ in 0..20 {
            program.exchange(&health()).await;
        }
        let id = |answer: crate::support::Answer| answer.json()["id"].as_str().expect("an id").to_owned();
        assert_eq!(id(first.exchange(form.bytes()).await), "30", "the second did not overtake it");
        assert_eq!(id(second.receiver.answer().await), "31");
    })
    .await;
}

/// Asserts that the connection ends with a 408 that names the option to change.
async fn assert_given_up(connection: &mut Connection, option: &str) {
    let answer = connection.receiver.answer().await;
    assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT, "{}", answer.text());
    assert!(answer.text().contains(option), "{}", answer.text());
    assert_eq!(connection.receiver.rest().await, "");
}

#[tokio::test]
async fn the_time_for_a_head_is_an_option() {
    with_option("header-timeout", Some("50ms"), async |program| {
        assert_eq!(program.connect().await.receiver.rest().await, "");
        let mut connection = program.connect().await;
        connection.sender.send(b"GET /_mock/health HTTP/1.1\r\n").await;
        assert_given_up(&mut connection, "--header-timeout").await;
    })
    .await;
}

#[tokio::test]
async fn the_time_without_a_byte_is_an_option() {
    with_option("idle-timeout", Some("50ms"), async |program| {
        let mut connection = program.connect().await;
        let request = upload(&Form::file("a.txt", b"some text"), Framing::ContentLength);
        connection.sender.send(&request[..request.len() - 1]).await;
        assert_given_up(&mut connection, "--idle-timeout").await;
    })
    .await;
}

#[tokio::test]
async fn the_least_rate_is_an_option() {
    let rate = "1000000000";
    for (arguments, variables) in [
        (&["--idle-timeout", "1s", "--min-upload-rate", rate][..], &[][..]),
        (&["--idle-timeout", "1s"], &[("TRACKER_MOCK_MIN_UPLOAD_RATE", rate)]),
    ] {
        let program = Program::start(arguments, variables);
        let Connection { mut sender, receiver } = program.connect().await;
        sender.send(&upload(&Form::file("a.bin", &[b'x'; 60_000]), Framing::ContentLength)[..50_000]).await;
        let dripping = tokio::spawn(async move {
            while sender.try_send(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let mut receiver = receiver;
        let answer = receiver.answer().await;
        assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT, "{}", answer.text());
        assert!(answer.text().contains("--min-upload-rate"), "{}", answer.text());
        dripping.abort();
        program.stop("TERM").assert_clean();
    }
}

/// The connections that find no place wait in the kernel, and the log says why once, not fifty times a second.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_server_without_files_for_more_connections_goes_on_when_there_are_some_again() {
    const FILES: u32 = 64;
    let program = Program::start_with_files(FILES);
    let since = Instant::now();
    let mut connections = Vec::new();
    for _ in 0..100 {
        let mut connection = program.connect().await;
        connection.sender.send(&health()).await;
        connections.push(connection);
    }
    let folder = format!("/proc/{}/fd", program.id());
    let open = || std::fs::read_dir(&folder).expect("a process").count();
    until("taking all files", async || open() >= FILES as usize).await;
    for connection in &mut connections[..30] {
        assert_eq!(connection.receiver.answer().await.status, StatusCode::OK, "those that are in are served");
    }
    let late = connections.split_off(95);
    drop(connections);
    for mut connection in late {
        assert_eq!(connection.receiver.answer().await.status, StatusCode::OK);
    }
    let lasted = since.elapsed();
    let ended = program.stop("TERM");
    ended.assert_clean();
    let complaints = ended.stderr.matches("cannot accept a connection").count() as u64;
    assert!((1..=1 + lasted.as_secs() / 10).contains(&complaints), "{lasted:?}\n{}", ended.stderr);
}

/// The first 64 connections may have large buffers; further ones take shorter heads, and are charged.
#[tokio::test]
async fn many_connections_are_charged_and_take_shorter_heads() {
    let program = Program::start(&["--max-memory", "1MiB"], &[]);
    let large = bare_head("GET /_mock/health HTTP/1.1", &[("X-Large", &"a".repeat(60_000))]);
    let mut roomy = Vec::new();
    for _ in 0..64 {
        let mut connection = program.connect().await;
        assert_eq!(connection.exchange(&large).await.status, StatusCode::OK);
        roomy.push(connection);
    }
    let mut small = program.connect().await;
    assert_eq!(small.exchange(&health()).await.status, StatusCode::OK);
    let refused = small.exchange(&large).await;
    assert_eq!(refused.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    assert!(refused.text().contains("open at most 64 connections"), "{}", refused.text());

    // For so many there is no memory: some of them wait until others end.
    let (mut waiting, mut served) = (Vec::new(), Vec::new());
    for _ in 0..20 {
        let mut connection = program.connect().await;
        connection.sender.send(&health()).await;
        waiting.push(connection);
    }
    let mut late = Vec::new();
    for mut connection in waiting {
        match tokio::time::timeout(Duration::from_millis(200), connection.receiver.head()).await {
            Ok((status, _)) => served.push((connection, status)),
            Err(_) => late.push(connection),
        }
    }
    assert!(served.iter().all(|(_, status)| *status == StatusCode::OK));
    assert!((3..10).contains(&late.len()), "{} wait", late.len());
    drop((roomy, served));
    for mut connection in late {
        assert_eq!(connection.receiver.head().await.0, StatusCode::OK);
    }
    program.stop("TERM").assert_clean();
}
