//! Requests that are made to be misread, and names that are made to mislead: each has the answer of the standard, and
//! nothing that hides in one of them is ever answered.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use tracker_mock::{Clock, Config, TrackerMock};

use crate::support::socket::{Connection, Framing, bare_head, form_type, head, upload};
use crate::support::{Form, NOW, ORG};

async fn start() -> TrackerMock {
    let config = set!(Config::default(); clock: Clock::frozen_at(NOW));
    TrackerMock::builder().config(config).start().await.expect("a free port")
}

/// What stands behind a request, and is answered only if the server takes the end of that request for here.
const NEXT: &[u8] = b"GET /_mock/health HTTP/1.1\r\nHost: next\r\nConnection: close\r\n\r\n";

/// The statuses of all answers on a connection that sends these bytes, up to its end, which the server has to bring.
async fn statuses(mock: &TrackerMock, bytes: &[u8]) -> Vec<u16> {
    let mut connection = Connection::open(mock.address()).await;
    connection.sender.send(bytes).await;
    let mut seen = Vec::new();
    while let Some(answer) = connection.receiver.next_answer().await {
        if !answer.status.is_success() {
            answer.assert_error();
        }
        seen.push(answer.status.as_u16());
    }
    seen
}

/// A search that takes any JSON object, with these header lines, and then something else.
fn search(fields: &str, body: &[u8]) -> Vec<u8> {
    let line = "POST /v2/issues/_count HTTP/1.1";
    let common = format!("{line}\r\nHost: a\r\nAuthorization: OAuth t\r\nX-Org-ID: {ORG}\r\n");
    [common.as_bytes(), fields.as_bytes(), b"\r\n\r\n", body, NEXT].concat()
}

const CHUNKED: &[u8] = b"2\r\n{}\r\n0\r\n\r\n";

#[tokio::test]
async fn a_request_whose_end_is_in_doubt_is_the_last() {
    let mock = start().await;
    for (fields, body, status) in [
        // RFC 9112, section 6.3: by the transfer coding, and then the connection is closed.
        ("Content-Length: 3\r\nTransfer-Encoding: chunked", CHUNKED, 200),
        ("Transfer-Encoding: chunked\r\nContent-Length: 3", CHUNKED, 200),
        ("Content-Length: 2\r\nContent-Length: 3", b"{}", 400),
        ("Content-Length: 2, 3", b"{}", 400),
        ("Content-Length: 2, 2", b"{}", 400),
        ("Content-Length: +2", b"{}", 400),
        ("Content-Length: -2", b"{}", 400),
        ("Content-Length: 0x2", b"{}", 400),
        ("Content-Length: 2a", b"{}", 400),
        ("Content-Length: ", b"{}", 400),
        ("Content-Length: 99999999999999999999999", b"{}", 400),
        ("Content-Length: 18446744073709551615", b"{}", 431),
        ("Content-Length : 2", b"{}", 400),
        ("Content-Length\t: 2", b"{}", 400),
        ("Content-Length:\r\n 2", b"{}", 400),
        ("X: y\r\n Content-Length: 2", b"{}", 400),
        ("X: y\rContent-Length: 2", b"{}", 400),
        ("X: y\0\r\nContent-Length: 2", b"{}", 400),
        ("Transfer-Encoding: xchunked", CHUNKED, 400),
        ("Transfer-Encoding: chunked, gzip", CHUNKED, 400),
        ("Transfer-Encoding: gzip, chunked", CHUNKED, 400),
        ("Transfer-Encoding: chunked, chunked", CHUNKED, 400),
        ("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", CHUNKED, 400),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", CHUNKED, 400),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", CHUNKED, 400),
        ("Transfer-Encoding: identity", b"{}", 400),
        ("Transfer-Encoding: chunked;q=1", CHUNKED, 400),
        ("Transfer-Encoding: \"chunked\"", CHUNKED, 400),
        ("Transfer-Encoding: chunked,", CHUNKED, 400),
        ("Transfer-Encoding: ", b"{}", 400),
        ("Transfer-Encoding:\u{b}chunked", CHUNKED, 400),
        ("Transfer-Encoding : chunked", CHUNKED, 400),
        ("Transfer-Encoding:\r\n chunked", CHUNKED, 400),
    ] {
        assert_eq!(statuses(&mock, &search(fields, body)).await, [status], "{fields:?}");
    }
    mock.shutdown().await;
}

#[tokio::test]
async fn chunks_that_are_none_end_the_connection() {
    let mock = start().await;
    let long = "a".repeat(300_000);
    for body in [
        "FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n",
        "-2\r\n{}\r\n0\r\n\r\n",
        "+2\r\n{}\r\n0\r\n\r\n",
        "0x2\r\n{}\r\n0\r\n\r\n",
        "2 and more\r\n{}\r\n0\r\n\r\n",
        " 2\r\n{}\r\n0\r\n\r\n",
        "\r\n{}\r\n0\r\n\r\n",
        "2\n{}\r\n0\r\n\r\n",
        "2\r\n{}\n0\r\n\r\n",
        "2\r\n{}XX0\r\n\r\n",
        "1\r\n{}\r\n0\r\n\r\n",
        "2;a\nb\r\n{}\r\n0\r\n\r\n",
        &format!("2;{long}\r\n{{}}\r\n0\r\n\r\n"),
        &format!("2\r\n{{}}\r\n0\r\nX: {long}\r\n\r\n"),
        "2\r\n{}\r\n0\n\n",
        // The next request stands where only trailers may.
        "2\r\n{}\r\n0\r\n",
    ] {
        let request = search("Transfer-Encoding: chunked", body.as_bytes());
        let short = &body[..body.len().min(30)];
        assert_eq!(statuses(&mock, &request).await, [400], "{short:?}");
    }
    mock.shutdown().await;
}

#[tokio::test]
async fn what_is_only_unusual_is_understood() {
    let mock = start().await;
    for (fields, body) in [
        ("Content-Length: 2 \t", &b"{}"[..]),
        ("Content-Length: 2\r\nContent-Length: 2", b"{}"),
        ("CONTENT-LENGTH:2", b"{}"),
        ("Transfer-Encoding:\tCHUNKED", CHUNKED),
        ("Transfer-Encoding: chunked", b"02;name=value\r\n{}\r\n000\r\n\r\n"),
        ("Transfer-Encoding: chunked", b"1\r\n{\r\n1\r\n}\r\n0\r\nX-Trailer: y\r\nContent-Length: 1000\r\n\r\n"),
        ("Content-Length: 2\r\nExpect: nonsense", b"{}"),
        ("Content-Length: 2\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk", b"{}"),
        ("Content-Length: 2\r\nConnection: upgrade\r\nUpgrade: websocket", b"{}"),
        ("Content-Length: 2\r\nConnection: Content-Length", b"{}"),
    ] {
        assert_eq!(statuses(&mock, &search(fields, body)).await, [200, 200], "{fields:?}");
    }
    mock.shutdown().await;
}

#[tokio::test]
async fn a_request_in_the_body_of_another_is_no_request() {
    let mock = start().await;
    let length = NEXT.len();
    for line in ["GET /_mock/health HTTP/1.1", "GET /_mock/nothing HTTP/1.1", "DELETE /v2/attachments HTTP/1.1"] {
        let request = format!("{line}\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
        let seen = statuses(&mock, &[request.as_bytes(), NEXT, NEXT].concat()).await;
        assert_eq!((seen.len(), seen[1]), (2, 200), "{line}: {seen:?}");
    }
    mock.shutdown().await;
}

#[tokio::test]
async fn targets_of_every_form_have_an_answer() {
    let mock = start().await;
    for (line, status) in [
        ("GET http://elsewhere.test/_mock/health HTTP/1.1", 200),
        ("GET ftp://user:password@elsewhere.test/_mock/health HTTP/1.1", 200),
        ("GET http://elsewhere.test HTTP/1.1", 404),
        ("GET elsewhere.test:80 HTTP/1.1", 404),
        ("CONNECT elsewhere.test:80 HTTP/1.1", 404),
        ("OPTIONS * HTTP/1.1", 404),
        ("GET * HTTP/1.1", 404),
        ("get /_mock/health HTTP/1.1", 405),
        ("GET //_mock/health HTTP/1.1", 404),
        ("GET /_mock//health HTTP/1.1", 404),
        ("GET /v2/../_mock/health HTTP/1.1", 404),
        ("GET /_mock/./health HTTP/1.1", 404),
        ("GET /_mock/%2e%2e/_mock/health HTTP/1.1", 404),
        ("GET /_mock\\health HTTP/1.1", 404),
        ("GET /_mock/health%00 HTTP/1.1", 404),
        ("GET /_mock/%68ealth HTTP/1.1", 404),
    ] {
        let request = [bare_head(line, &[]), NEXT.to_vec()].concat();
        assert_eq!(statuses(&mock, &request).await, [status, 200], "{line}");
    }
    for line in [
        "GET  /_mock/health HTTP/1.1",
        "GET /_mock/health HTTP/1.10",
        "GET /_mock/he\0alth HTTP/1.1",
        "GET /_mock/health?# HTTP/1.1",
        "GET http://elsewhere.test/_mock/health#a HTTP/1.1",
        " GET / HTTP/1.1",
    ] {
        let request = [bare_head(line, &[]), NEXT.to_vec()].concat();
        assert_eq!(statuses(&mock, &request).await, [400], "{line:?}");
    }
    mock.shutdown().await;
}

#[tokio::test]
async fn no_path_leads_out_of_the_world() {
    let mock = start().await;
    let mut connection = Connection::open(mock.address()).await;
    let stored = connection.exchange(&upload(&Form::file("../../etc/passwd", b"text"), Framing::ContentLength)).await;
    assert_eq!(stored.json()["name"], "passwd");
    for path in [
        "/v2/attachments/30/../../../etc/passwd",
        "/v2/attachments/30/..%2f..%2fetc%2fpasswd",
        "/v2/attachments/30/%2e%2e%2fpasswd",
        "/v2/attachments/30/..%5cpasswd",
        "/v2/attachments/30/..\\passwd",
        "/v2/attachments/30/passwd%00.txt",
        "/v2/attachments/30/passwd/",
        "/v2/attachments/..%2f30/passwd",
        "/v2/attachments/%2e%2e/%2e%2e/etc/passwd",
        "/v2/attachments/30/%c0%ae%c0%ae%c0%afpasswd",
        "/v2/attachments/30/.%00./passwd",
        "/etc/passwd",
        "/../etc/passwd",
    ] {
        let answer = connection.exchange(&head(&format!("GET {path} HTTP/1.1"), &[])).await;
        match path {
            // A slash at the end is optional everywhere.
            "/v2/attachments/30/passwd/" => assert_eq!(answer.text(), "text"),
            // Whatever a file is asked for as, it is that file.
            _ if answer.status == StatusCode::OK => assert_eq!(answer.text(), "text", "{path}"),
            _ => {
                assert!([400, 404].contains(&answer.status.as_u16()), "{path}: {} {}", answer.status, answer.text());
                answer.assert_error();
            }
        }
    }
    for name in ["..%2fa.txt", "..%5Ca.txt", "a%00.txt", "a%0D%0AX: y.txt", "%C2%85.txt"] {
        let mut request = upload(&Form::file("a.txt", b"text"), Framing::ContentLength);
        let target = format!("POST /v2/attachments/?filename={} HTTP/1.1", name.replace(' ', "%20"));
        request.splice(.."POST /v2/attachments/ HTTP/1.1".len(), target.into_bytes());
        let answer = connection.exchange(&request).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name}: {}", answer.text());
        answer.assert_error();
    }
    mock.shutdown().await;
}

/// The headers of a download are those of any other, whatever the file is called.
#[tokio::test]
async fn a_name_stays_within_its_header() {
    let mock = start().await;
    let mut connection = Connection::open(mock.address()).await;
    let mut header_names = Vec::new();
    for name in [
        "plain.txt",
        "a\"; filename=\"b.exe",
        "a%0d%0aSet-Cookie: x=y.txt",
        "a\u{2028}b\u{2029}.txt",
        "\u{202e}txt.exe",
        "'a'; filename*=UTF-8''b.exe",
        "a,b;c=d.txt",
        "=?utf-8?B?YQ==?=.txt",
        "..",
        "%",
        "%2e%2e",
        "{}<>|^`~#?&+.txt",
        "имя 👩🏽‍💻.txt",
    ] {
        let target = utf8_percent_encode(name, NON_ALPHANUMERIC);
        let mut request = upload(&Form::file("a.txt", b"text"), Framing::ContentLength);
        let line = format!("POST /v2/attachments/?filename={target} HTTP/1.1");
        request.splice(.."POST /v2/attachments/ HTTP/1.1".len(), line.into_bytes());
        let stored = connection.exchange(&request).await;
        assert_eq!(stored.status, StatusCode::CREATED, "{name:?}: {}", stored.text());
        assert_eq!(stored.json()["name"], name);

        let id = stored.json()["id"].as_str().expect("an id").to_owned();
        let answer = connection.exchange(&head(&format!("GET /v2/attachments/{id}/{target} HTTP/1.1"), &[])).await;
        assert_eq!((answer.status, answer.text()), (StatusCode::OK, "text"), "{name:?}");
        let disposition = answer.header("content-disposition").expect("a disposition");
        assert!(disposition.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{disposition:?}");
        assert_eq!(disposition.matches('"').count(), 2, "{disposition:?}");
        let (_, extended) = disposition.rsplit_once("; filename*=UTF-8''").expect("the exact name");
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~%".contains(&byte);
        assert!(extended.bytes().all(plain), "{disposition:?}");
        header_names.push(answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>());
    }
    header_names.dedup();
    assert_eq!(header_names.len(), 1, "{header_names:?}");
    mock.shutdown().await;
}

#[tokio::test]
async fn a_query_stays_within_its_link() {
    let mock = start().await;
    let mut connection = Connection::open(mock.address()).await;
    for query in [
        "perPage=1",
        "perPage=1&a=%22%3E;rel=%22next%22,%20%3Chttp://evil.test/%3E",
        "perPage=1&%0D%0AX-Evil:%20y=%3E,%3C",
    ] {
        let answer = connection.exchange(&head(&format!("GET /v2/users?{query} HTTP/1.1"), &[])).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text());
        let link = answer.header("link").expect("more pages");
        let targets: Vec<&str> = link.split(", ").map(|one| one.split('>').next().expect("a target")).collect();
        assert_eq!(targets.len(), 3, "{link}");
        assert!(targets.iter().all(|target| target.starts_with("<http://tracker.test/v2/users?")), "{link}");
        assert!(!answer.headers.contains_key("x-evil"));
    }
    mock.shutdown().await;
}

#[tokio::test]
async fn an_overlong_uri_is_414_however_long_it_is() {
    let mock = start().await;
    for (bytes, status) in [(60_000, 404), (66_000, 414), (130_000, 414), (140_000, 414), (3_000_000, 414)] {
        for line in [
            format!("GET /{} HTTP/1.1", "a".repeat(bytes)),
            format!("GET /v2/users?{} HTTP/1.0", "a=&".repeat(bytes / 3)),
        ] {
            let status = if line.ends_with("1.0") && status == 404 { 401 } else { status };
            let used = bare_head("GET /_mock/health HTTP/1.1", &[]);
            let long = bare_head(&line, &[("Connection", "close")]);
            assert_eq!(statuses(&mock, &long).await, [status], "{bytes}");
            assert_eq!(statuses(&mock, &[used, long].concat()).await, [200, status], "{bytes} after another");
        }
    }
    mock.shutdown().await;
}

#[tokio::test]
async fn ten_thousand_parameters_are_read_quickly() {
    let mock = start().await;
    let mut connection = Connection::open(mock.address()).await;
    for (target, status) in [
        (format!("/v2/users?{}", "a=1&".repeat(10_000)), 200),
        (format!("/v2/users?{}", (0..10_000).map(|n| format!("{n}&")).collect::<String>()), 200),
        (format!("/v2/users?{}", "perPage&".repeat(8_000)), 400),
        (format!("/v2/issues/JUNE-2?{}", "expand=,&".repeat(7_000)), 200),
        (format!("/v2/entities/project/4?{}", "fields=a&".repeat(7_000)), 422),
        (format!("/v2/entities/project/4?fields={}", "a,".repeat(10_000)), 422),
        (format!("/_mock/requests?org=test&{}", "method=GET&".repeat(5_000)), 400),
    ] {
        let since = Instant::now();
        let answer = connection.exchange(&head(&format!("GET {target} HTTP/1.1"), &[])).await;
        let took = since.elapsed();
        assert_eq!(answer.status.as_u16(), status, "{}: {}", &target[..40], answer.text());
        assert!(took < Duration::from_secs(5), "{}: {took:?}", &target[..40]);
    }
    mock.shutdown().await;
}

#[tokio::test]
async fn http_1_0_is_spoken() {
    let mock = start().await;
    let form = Form::file("a.txt", b"text");
    let v1_0 = |connection: &str| {
        let request = upload(&form, Framing::ContentLength);
        let request = String::from_utf8(request).expect("UTF-8");
        request.replacen("HTTP/1.1\r\n", &format!("HTTP/1.0\r\nConnection: {connection}\r\n"), 1).into_bytes()
    };
    let health = b"GET /_mock/health HTTP/1.0\r\n\r\n".to_vec();
    assert_eq!(statuses(&mock, &[health.clone(), NEXT.to_vec()].concat()).await, [200], "it closes by itself");
    assert_eq!(statuses(&mock, &[v1_0("close"), NEXT.to_vec()].concat()).await, [201]);
    assert_eq!(statuses(&mock, &[v1_0("keep-alive"), v1_0("keep-alive"), health].concat()).await, [201, 201, 200]);
    let chunked = b"POST /v2/issues/_count HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
    assert_eq!(statuses(&mock, &[&chunked[..], NEXT].concat()).await, [400], "HTTP/1.0 has no codings");
    mock.shutdown().await;
}

/// hyper would cut the target there, and the file would have another name.
#[tokio::test]
async fn a_raw_hash_in_the_target_is_refused_and_cuts_no_name() {
    let mock = start().await;
    let state = async || {
        let answer = Connection::open(mock.address())
            .await
            .exchange(&head(&format!("GET /_mock/state?org={ORG} HTTP/1.1"), &[]))
            .await;
        answer.text().to_owned()
    };
    let before = state().await;
    let form = Form::file("a.txt", b"text");
    let length = form.bytes().len().to_string();
    let fields = [("Content-Type", &*form_type()), ("Content-Length", &length)];
    let named = [head("POST /v2/attachments/?filename=C#.txt HTTP/1.1", &fields), form.bytes().to_vec()].concat();
    let read = head("GET /v2/attachments/4/report#1.pdf HTTP/1.1", &[]);
    let message = "The request's URI has a raw #, and what follows it would be lost. Write it as %23.";
    for request in [&named, &read] {
        for size in [1, 7, request.len()] {
            let mut connection = Connection::open(mock.address()).await;
            for piece in request.chunks(size) {
                connection.sender.try_send(piece).await.expect("a peer that reads");
            }
            let answer = connection.receiver.answer().await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text());
            assert_eq!(answer.json(), json!({"errors": {}, "errorMessages": [message], "statusCode": 400}));
            assert_eq!(answer.headers["connection"], "close");
        }
    }
    // On a connection that was used before, and behind a request that was sent with it.
    for head_first in [health(), upload(&form, Framing::ContentLength), [health(), health()].concat()] {
        let mut connection = Connection::open(mock.address()).await;
        let first = connection.exchange(&head_first).await;
        assert!(first.status.is_success());
        connection.sender.send(&read).await;
        let mut last = connection.receiver.answer().await;
        if last.status == StatusCode::OK {
            last = connection.receiver.answer().await;
        }
        assert_eq!(last.status, StatusCode::BAD_REQUEST, "{}", last.text());
    }
    assert_eq!(statuses(&mock, &[health(), read.clone()].concat()).await, [200, 400]);
    mock.world(ORG).reset();
    assert_eq!(state().await, before);
    // The journal knows what came of it.
    Connection::open(mock.address()).await.exchange(&named).await;
    let seen = mock.world(ORG).requests();
    let refused = seen.last().expect("a record");
    assert_eq!((refused.status, refused.query.as_deref()), (Some(400), Some("filename=C")));
    assert!(refused.response_text.as_deref().is_some_and(|text| text.contains(message)));
    mock.shutdown().await;
}

/// What is in a file is no request, even if it looks like one with a `#`.
#[tokio::test]
async fn a_file_may_hold_requests_with_a_hash() {
    let mock = start().await;
    let mut connection = Connection::open(mock.address()).await;
    let log = "GET /_mock/health#a HTTP/1.1\r\n".repeat(200);
    let form = Form::file("access.log", log.as_bytes());
    for framing in Framing::BOTH {
        let answer = connection.exchange(&upload(&form, framing)).await;
        assert_eq!((answer.status, &answer.json()["size"]), (StatusCode::CREATED, &json!(log.len())));
        let answer = connection.exchange(&health()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    }
    mock.shutdown().await;
}

fn health() -> Vec<u8> {
    bare_head("GET /_mock/health HTTP/1.1", &[])
}

#[tokio::test]
async fn what_is_no_request_is_in_the_journal() {
    let mock = start().await;
    let too_large = [&b"GET /v2/myself?token=abc HTTP/1.1\r\nHost: a\r\nX-Large: "[..], &[b'a'; 200_000]].concat();
    let invalid = "The request is not valid HTTP/1.1.";
    let mut expected = Vec::new();
    for (bytes, status, method, path, words) in [
        (&b"hello\r\n\r\n"[..], 400, "-", "hello", invalid),
        (
            b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
            400,
            "-",
            "\\u{16}\\u{3}\\u{1}\\u{2}\\u{0}\\u{1}\\u{0}\\u{1}\u{fffd}\\u{3}\\u{3}",
            "TLS was sent to this port, which speaks plain HTTP: begin the address with http:// and not https://.",
        ),
        (b"GET /v2/a b HTTP/1.1\r\n\r\n", 400, "GET", "/v2/a b", invalid),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "PRI", "*", "HTTP/2 is not supported. Send HTTP/1.1."),
        (&too_large, 431, "GET", "/v2/myself", "is larger than"),
        (
            b"GET /v2/myself HTTP/1.1\r\nX-Org-ID: test\r\n\r\n",
            400,
            "GET",
            "/v2/myself",
            "The request has no Host header.",
        ),
        (b"GET /_mock/he alth HTTP/1.1\r\n\r\n", 400, "", "", ""),
    ] {
        let mut connection = Connection::open(mock.address()).await;
        connection.sender.send(bytes).await;
        connection.sender.finish().await;
        assert_eq!(connection.receiver.answer().await.status.as_u16(), status);
        connection.receiver.rest().await;
        if !method.is_empty() {
            expected.push((status, method, path, words));
        }
    }
    let answer =
        Connection::open(mock.address()).await.exchange(&bare_head("GET /_mock/requests?all=true HTTP/1.1", &[])).await;
    let records = answer.json();
    let records = records.as_array().expect("a list");
    assert_eq!(records.len(), expected.len(), "{records:#?}");
    for (record, (status, method, path, words)) in records.iter().zip(expected) {
        assert_eq!(
            (&record["status"], &record["method"], &record["path"]),
            (&json!(status), &json!(method), &json!(path))
        );
        assert!(record["responseText"].as_str().is_some_and(|text| text.contains(words)), "{record}");
    }
    assert_eq!(records[4]["query"], "token=***");
    assert_eq!(records[5]["org"], ORG);
    mock.shutdown().await;
}
