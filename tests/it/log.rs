//! The log of the program: a line for each request, that says what happened and leads to the record in the journal.

use serde_json::{Value, json};

use crate::support::program::{Program, health};
use crate::support::socket::{Framing, bare_head, form_type, head, upload};
use crate::support::{Form, ORG};

/// What stands behind the time of each line, and the lines below it, without what is other each time.
fn lines(stderr: &str) -> Vec<String> {
    let timeless = |line: &str| {
        let line = match line.split_once(' ') {
            Some((time, rest)) if time.ends_with('Z') => rest.to_owned(),
            _ => line.to_owned(),
        };
        let words = line.split(' ').map(|word| match word.strip_suffix("ms") {
            Some(number) if number.parse::<f64>().is_ok() => "_ms",
            _ => word,
        });
        words.collect::<Vec<_>>().join(" ")
    };
    stderr.lines().map(timeless).collect()
}

/// What a program logs of these requests, without its first and last line.
async fn logged(arguments: &[&str], requests: &[Vec<u8>]) -> Vec<String> {
    let program = Program::start(arguments, &[]);
    let mut connection = program.connect().await;
    for request in requests {
        connection.exchange(request).await;
    }
    drop(connection);
    let ended = program.stop("TERM");
    ended.assert_clean();
    let mut lines = lines(&ended.stderr);
    if lines.first().is_some_and(|line| line.contains("INFO started")) {
        assert_eq!(lines.pop().as_deref(), Some(" INFO stopping"));
        lines.remove(0);
    }
    lines
}

fn get(path: &str) -> Vec<u8> {
    head(&format!("GET {path} HTTP/1.1"), &[])
}

#[tokio::test]
async fn each_request_is_one_compact_line() {
    let no_org = bare_head("POST /v2/attachments?filename=%0A HTTP/1.1", &[("X-Org-Id", "a\"b")]);
    let file = Form::file("a.txt", b"text");
    let lines =
        logged(&[], &[upload(&file, Framing::Chunked), get("/v2/attachments/31"), no_org, get("/_mock/worlds")]).await;
    let org = format!("org={ORG}");
    assert_eq!(
        lines,
        [
            format!(" INFO 201 POST /v2/attachments/ {org} operation=upload_temp_file _ms #1 id=request-1"),
            format!(" WARN 404 GET /v2/attachments/31 {org} operation=get_attachment _ms #2 id=request-1: File \"31\" does not exist."),
            " WARN 401 POST /v2/attachments?filename=%0A org=\"a\\\"b\" operation=upload_temp_file _ms #3 id=request-1: Authorization header is missing. Send \"Authorization: OAuth <token>\".".to_owned(),
            " INFO 200 GET /_mock/worlds operation=list_worlds _ms id=request-1".to_owned(),
        ]
    );
}

/// The reason stands in the line as in the answer, in its language, with the field that it is about.
#[tokio::test]
async fn a_line_gives_the_reason_in_the_words_of_the_answer() {
    let russian = head("GET /v2/nowhere HTTP/1.1", &[("Accept-Language", "ru")]);
    let upload = upload(&Form::file("a", b""), Framing::ContentLength);
    let requests = [russian, get("/_mock/requests"), upload, upload_of("other")];
    let lines = logged(&["--max-worlds", "1"], &requests).await;
    let unknown = format!(" WARN 404 GET /v2/nowhere org={ORG} _ms #1 id=request-1: GET /v2/nowhere не эмулируется.");
    assert!(lines[0].starts_with(&unknown), "{lines:?}");
    assert!(lines[1].contains(" id=request-1: org: Say which world is meant: "), "{lines:?}");
    // What is the server's own fault is an error.
    assert!(
        lines[3].starts_with("ERROR 507 POST /v2/attachments/ org=other operation=upload_temp_file _ms #3 "),
        "{lines:?}"
    );
}

/// An upload to the world of another organisation.
fn upload_of(org: &str) -> Vec<u8> {
    let upload = String::from_utf8(upload(&Form::file("a", b""), Framing::ContentLength)).expect("text");
    upload.replace(&format!("X-Org-ID: {ORG}"), &format!("X-Org-ID: {org}")).into_bytes()
}

#[tokio::test]
async fn faults_and_deviations_are_told() {
    let rules = json!({"rules": [{"preset": "flaky-503", "times": 1}, {"match": {"operation": "get_user"}, "do": {"connection": "close"}}]});
    let rules = rules.to_string();
    let arm = [
        bare_head("PUT /_mock/faults?org=test HTTP/1.1", &[("Content-Length", &rules.len().to_string())]),
        rules.into_bytes(),
    ];
    let empty = upload(&Form::file("a.txt", b""), Framing::ContentLength);
    let lines = logged(
        &[],
        &[
            arm.concat(),
            upload(&Form::file("a.txt", b"text"), Framing::ContentLength),
            empty,
            get("/v2/myself?foo=1&bar=2"),
            head("GET /v2/myself HTTP/1.1", &[("Prefer", "code=404")]),
            head("GET /v2/myself?foo=1 HTTP/1.1", &[("Prefer", "code=503")]),
        ],
    )
    .await;
    assert_eq!(
        lines[1..],
        [
            " INFO 503 POST /v2/attachments/ org=test operation=upload_temp_file _ms #1 id=request-1: fault \"flaky-503\" struck: status 503",
            " WARN 201 POST /v2/attachments/ org=test operation=upload_temp_file _ms #2 id=request-1",
            "    retry-empty: This retries request 1, which had sent 4 bytes, but sent no bytes. Rewind the file before a retry.",
            " WARN 200 GET /v2/myself?foo=1&bar=2 org=test operation=get_myself _ms #3 id=request-1",
            "    unknown-parameter: The parameter \"foo\" is not documented for get_myself and was ignored; it has none.",
            "    unknown-parameter: The parameter \"bar\" is not documented for get_myself and was ignored; it has none.",
            " INFO 404 GET /v2/myself org=test operation=get_myself _ms #4 id=request-1: fault \"Prefer\" struck: status 404",
            // The fault is no mistake of the client, but the parameter is.
            " WARN 503 GET /v2/myself?foo=1 org=test operation=get_myself _ms #5 id=request-1: fault \"Prefer\" struck: status 503",
            "    unknown-parameter: The parameter \"foo\" is not documented for get_myself and was ignored; it has none.",
        ]
    );
}

/// One whose connection a fault closes, and one that the server gives up when it stops.
#[tokio::test]
async fn a_request_without_an_answer_is_told_too() {
    let program = Program::start(&[], &[]);
    let rules = json!({"rules": [{"match": {"operation": "get_user"}, "do": {"connection": "close"}}]}).to_string();
    let arm = bare_head("PUT /_mock/faults?org=test HTTP/1.1", &[("Content-Length", &rules.len().to_string())]);
    assert_eq!(program.exchange(&[arm, rules.into_bytes()].concat()).await.status, 200);
    let mut closed = program.connect().await;
    closed.sender.send(&get("/v2/users/lead")).await;
    assert_eq!(closed.receiver.rest().await, "");
    let mut half = program.connect().await;
    half.sender.send(&head("POST /v2/issues HTTP/1.1", &[("Content-Length", "100")])).await;
    // It has been accepted once a later one was answered.
    program.exchange(&health()).await;
    let ended = program.stop("TERM");
    let told = lines(&ended.stderr);
    for expected in [
        " INFO --- GET /v2/users/lead org=test operation=get_user _ms #1 id=request-1: fault \"rule 0\" struck: close",
        " WARN --- POST /v2/issues org=test operation=create_issue _ms #2 id=request-1: There was no answer: the client went away, or the server stopped.",
    ] {
        assert!(told.iter().any(|line| line == expected), "{expected}: {told:?}");
    }
}

#[tokio::test]
async fn what_is_no_http_is_told_and_tls_in_a_sentence() {
    let program = Program::start(&[], &[]);
    // The beginning of a ClientHello.
    let hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".as_slice();
    for bytes in [hello, b"nonsense\x1b[31m\r\n\r\n", b"GET /v2/myself?token=abc HTTP/9\r\n\r\n"] {
        assert_eq!(program.exchange(bytes).await.status, 400);
    }
    let records = program.exchange(&get("/_mock/requests?all=true")).await.json();
    let ids: Vec<_> = (0..3).map(|index| records[index]["requestId"].as_str().expect("an id").to_owned()).collect();
    let ended = program.stop("TERM");
    ended.assert_clean();
    let tls = "TLS was sent to this port, which speaks plain HTTP: begin the address with http:// and not https://.";
    let not_http = "The request is not valid HTTP/1.1.";
    assert_eq!(
        lines(&ended.stderr)[1..4],
        [
            format!(" WARN 400 #1 id={}: {tls}", ids[0]),
            format!(" WARN 400 - \"nonsense\\\\u{{1b}}[31m\" #2 id={}: {not_http}", ids[1]),
            format!(" WARN 400 GET /v2/myself?token=*** #3 id={}: {not_http}", ids[2]),
        ]
    );
}

#[tokio::test]
async fn details_are_told_at_debug_without_secrets() {
    let text = json!({"text": format!("one\ntwo{}", "x".repeat(2000))}).to_string();
    let comment = head(
        "POST /v2/issues/JUNE-2/comments HTTP/1.1",
        &[("Content-Type", "application/json"), ("Content-Length", &text.len().to_string())],
    );
    let requests = [[comment, text.into_bytes()].concat(), health()];
    for (arguments, token) in
        [(&["--log-level", "debug"][..], "OAuth ***"), (&["--log-level", "debug", "--unmask"], "OAuth some-token")]
    {
        let lines = logged(arguments, &requests).await;
        assert_eq!(
            lines[0],
            " INFO 201 POST /v2/issues/JUNE-2/comments org=test operation=add_issue_comment _ms #1 id=request-1"
        );
        for expected in [
            format!("    > authorization: {token}"),
            "    > host: tracker.test".to_owned(),
            "    < content-type: application/json".to_owned(),
        ] {
            assert!(lines.contains(&expected), "{expected}: {lines:?}");
        }
        let body = lines.iter().find_map(|line| line.strip_prefix("    > {")).expect("a body");
        assert_eq!((body.len() + 1, body.starts_with("\"text\":\"one\\ntwox")), (1024, true), "{body}");
        assert!(
            lines
                .iter()
                .any(|line| line.starts_with("    < {\"self\":\"http://tracker.test/v2/issues/JUNE-2/comments/"))
        );
        assert!(lines.iter().any(|line| line.starts_with("DEBUG 200 GET /_mock/health operation=get_health _ms ")));
    }
    assert_eq!(logged(&[], &[health()]).await, Vec::<String>::new());
}

#[tokio::test]
async fn the_wire_is_told_at_trace_without_secrets() {
    let request = head("GET /v2/myself?access_token=abc HTTP/1.1", &[("X-Api-Key", "my-key")]);
    for (arguments, is_masked) in
        [(&["--log-level", "trace"][..], true), (&["--log-level", "trace", "--unmask"], false)]
    {
        let lines = logged(arguments, std::slice::from_ref(&request)).await;
        let received = lines.iter().find(|line| line.starts_with("TRACE received ")).expect("a line").as_str();
        let expected = format!("TRACE received bytes={} start=\"GET /v2/myself?access_token=", request.len());
        assert!(received.starts_with(&expected), "{received}");
        for secret in ["abc", "some-token", "my-key"] {
            assert_eq!(received.contains(secret), !is_masked, "{received}");
        }
        assert!(received.contains("\\r\\nHost: tracker.test\\r\\n"), "{received}");
        let sent = lines.iter().find(|line| line.starts_with("TRACE sent ")).expect("a line");
        assert!(sent.contains("start=\"HTTP/1.1 200 OK\\r\\n"), "{sent}");
    }
}

/// A head that comes in pieces must not show a secret whose name came before.
#[tokio::test]
async fn a_secret_that_comes_in_two_pieces_is_masked_on_the_wire() {
    let program = Program::start(&["--log-level", "trace"], &[]);
    let mut connection = program.connect().await;
    connection
        .sender
        .send(b"GET /v2/myself HTTP/1.1\r\nHost: tracker.test\r\nX-Org-ID: test\r\nAuthorization: OAu")
        .await;
    program.exchange(&health()).await;
    connection.sender.send(b"th my-token\r\n\r\n").await;
    connection.receiver.answer().await;
    let ended = program.stop("TERM");
    assert!(ended.stderr.contains("received") && !ended.stderr.contains("my-token"), "{}", ended.stderr);
}

/// Heads that cannot be parsed hold secrets too. The log and the journal show none of them.
#[tokio::test]
async fn the_secrets_of_malformed_heads_are_masked() {
    let program = Program::start(&["--log-level", "trace"], &[]);
    for head in [
        &["GET /v2/myself HTTP/1.1\r\nAuthorization:\r\n OAuth my-token\r\n\r\n"][..],
        &["GET /v2/myself HTTP/1.1\r\nAuthorization: OAuth\r\n", "\tmy-token\r\n more of my-token\r\n\r\n"],
        &["GET /v2/myself HTTP/1.1\r\nAuthor", "ization: OAuth\r\n my-token\r\n\r\n"],
        &["GET /v2/myself HTTP/1.1\r\nCookie : session=my-token\r\n\r\n"],
        &["GET /v2/myself HTTP/1.1\r\nX-Auth-Token my-token\r\n\r\n"],
        &["GET /v2/myself HTTP/1.1\r\n authorization: OAuth my-token\r\n\r\n"],
        &["GET /v2/myself HTTP/1.1\r\nAccept: a\rAuthorization: OAuth my-token\r\n\r\n"],
        &["GET /v2/myself?a=1\rAuthorization: OAuth my-token\r\n\r\n"],
        &["Authorization: OAuth my-token\r\n\r\n"],
    ] {
        let mut connection = program.connect().await;
        let (last, firsts) = head.split_last().expect("a piece");
        for piece in firsts {
            connection.sender.send(piece.as_bytes()).await;
            // Once this was answered, the piece has been read.
            program.exchange(&health()).await;
        }
        assert_eq!(connection.exchange(last.as_bytes()).await.status, 400, "{head:?}");
    }
    let journal = program.exchange(&get("/_mock/requests?all=true")).await;
    assert!(!journal.text().contains("my-token"), "{}", journal.text());
    let log = program.stop("TERM").stderr;
    for shown in
        ["\\r\\nAuthorization: ***\\r\\n...", "\\r\\nCookie***\\r", "GET /v2/myself?a=1 ", " - Authorization*** "]
    {
        assert!(log.contains(shown) && !log.contains("my-token"), "{shown}: {log}");
    }
}

#[tokio::test]
async fn secrets_are_masked_in_the_log() {
    for (arguments, expected) in
        [(&[][..], "GET /v2/myself?access_token=*** "), (&["--unmask"], "GET /v2/myself?access_token=abc ")]
    {
        let lines = logged(arguments, &[bare_head("GET /v2/myself?access_token=abc HTTP/1.1", &[])]).await;
        assert!(lines[0].contains(expected), "{lines:?}");
    }
}

/// Whatever a client sends, a line ends where the log ends it, and no terminal obeys it.
#[tokio::test]
async fn nothing_that_a_client_sends_can_forge_a_line() {
    let form = Form::part("Content-Disposition: form-data; name=\"file\"; filename=\"a\u{1b}[31m\u{202e}?.txt\"", b"");
    let (name, length) = ("Content-Length", form.bytes().len().to_string());
    let named = [
        head("POST /v2/attachments/ HTTP/1.1", &[("Content-Type", &form_type()), (name, &length)]),
        form.bytes().to_vec(),
    ];
    let text = "{\u{1b}]0;title\u{7}\r\n\u{2028}2026-01-01 INFO 200 GET /\u{7f}";
    let commented = head("POST /v2/issues/JUNE-2/comments HTTP/1.1", &[(name, &text.len().to_string())]);
    let forged = bare_head(
        "GET /v2/users/%0A%1B%5B2J%E2%80%AE HTTP/1.1",
        &[("X-Org-ID", "x INFO 200\u{9b}31m\u{2028}y"), ("Authorization", "OAuth t")],
    );
    let forged = String::from_utf8(forged).expect("text").replace("request-1", "1: ok \"x\" \\");
    for arguments in [&["--log-level", "trace"][..], &["--log-level", "trace", "--log-format", "json"]] {
        let requests =
            [named.concat(), [commented.clone(), text.as_bytes().to_vec()].concat(), forged.clone().into_bytes()];
        let program = Program::start(arguments, &[]);
        for request in &requests {
            program.exchange(request).await;
        }
        let ended = program.stop("TERM");
        ended.assert_clean();
        let is_safe = |one: char| !one.is_control() && !"\u{200f}\u{2028}\u{202e}".contains(one);
        for line in ended.stderr.lines() {
            assert!(line.chars().all(is_safe), "{line:?}");
            let begins = line.starts_with("    ") || line.starts_with('{') || line.starts_with("20");
            assert!(begins && !line.starts_with("2026-01-01"), "{line:?}");
        }
        if arguments.len() == 2 {
            let quoted = r#"org="x INFO 200\u{9b}31m\u{2028}y" operation=get_user"#;
            assert!(
                ended.stderr.contains(quoted) && ended.stderr.contains(r#" id="1: ok \"x\" \\": "#),
                "{}",
                ended.stderr
            );
        }
    }
}

#[tokio::test]
async fn the_log_can_be_json_with_the_same_fields() {
    for (arguments, variables) in
        [(&["--log-format", "json"][..], &[][..]), (&[], &[("TRACKER_MOCK_LOG_FORMAT", "json")])]
    {
        let program = Program::start(arguments, variables);
        program.exchange(&get("/v2/myself?a=1&b=2")).await;
        program.exchange(&get("/v2/attachments/31")).await;
        program.exchange(&head("GET /v2/myself HTTP/1.1", &[("Prefer", "code=503")])).await;
        let ended = program.stop("TERM");
        ended.assert_clean();
        let parse = |line: &str| -> Value {
            let mut line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
            let fields = line.as_object_mut().expect("an object");
            assert!(fields.remove("timestamp").is_some_and(|time| time.is_string()));
            assert!(fields.remove("duration_ms").is_none_or(|millis| millis.is_f64()));
            line
        };
        let told: Vec<Value> = ended.stderr.lines().map(parse).collect();
        let deviation = |name: &str| {
            format!(
                "unknown-parameter: The parameter {name:?} is not documented for get_myself and was ignored; it has none."
            )
        };
        assert_eq!(
            told[1..4],
            [
                json!({
                    "level": "WARN", "status": 200, "method": "GET", "path": "/v2/myself?a=1&b=2", "org": "test", "operation": "get_myself",
                    "id": 1, "request_id": "request-1", "deviations": [deviation("a"), deviation("b")], "message": "request",
                }),
                json!({
                    "level": "WARN", "status": 404, "method": "GET", "path": "/v2/attachments/31", "org": "test", "operation": "get_attachment",
                    "id": 2, "request_id": "request-1", "reason": "File \"31\" does not exist.", "message": "request",
                }),
                json!({
                    "level": "INFO", "status": 503, "method": "GET", "path": "/v2/myself", "org": "test", "operation": "get_myself",
                    "id": 3, "request_id": "request-1", "fault": "Prefer", "struck": "status 503", "message": "request",
                }),
            ]
        );
        assert_eq!((&told[0]["message"], &told[4]["message"]), (&json!("started"), &json!("stopping")));
    }
}

/// In any letter case.
#[tokio::test]
async fn the_log_level_is_the_least_that_is_logged() {
    let requests = [get("/v2/myself"), get("/v2/attachments/31")];
    for (level, expected) in
        [("OFF", &[][..]), ("Error", &[]), ("waRn", &[" WARN 404"]), ("INFO", &[" INFO 200", " WARN 404"])]
    {
        let lines = logged(&["--log-level", level], &requests).await;
        assert_eq!(lines.iter().map(|line| &line[..9]).collect::<Vec<_>>(), expected, "{level}");
    }
    let program = Program::start(&[], &[("TRACKER_MOCK_LOG_LEVEL", "Off")]);
    program.exchange(&get("/v2/nowhere")).await;
    assert_eq!(program.stop("TERM").stderr, "");
}
