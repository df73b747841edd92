//! `tracker-mock record`: a proxy that writes down what it passes on, without what it says.

use std::path::PathBuf;
use std::process::Output;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Response, StatusCode};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tracker_mock::{Config, Gateway, Identity, Limits, OtherHosts, REAL_HOSTS, TrackerMock};

use crate::support::program::{Program, command, run, text};
use crate::support::socket::{
    Connection, Framing, bare_head, form_type, head, in_time, own_loopback, until, until_refused, upload,
};
use crate::support::{Folder, Form};

/// Uploads a file to an issue of its organisation, and asks for something that is not emulated.
const CLIENT: &str = r#"
import os, sys, urllib.request, urllib.error
base = sys.argv[1] if len(sys.argv) > 1 else os.environ["TRACKER_MOCK_URL"]
headers = {"Authorization": "OAuth hunter2", "X-Org-ID": "4815162342"}
def ask(path, body=None, **more):
    try:
        return urllib.request.urlopen(urllib.request.Request(base + path, body, {**headers, **more})).status
    except urllib.error.HTTPError as error:
        return error.code
form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="hunter2.txt"\r\n\r\nhunter2\r\n--b--\r\n'
kind = {"Content-Type": "multipart/form-data; boundary=b"}
print(ask("/v2/issues/JUNE-2/attachments/?hunter2=hunter2", form, **kind), ask("/v2/issues/JUNE-2/hunter2"))
sys.exit(7)
"#;

/// A recorder that serves until a signal.
struct Recorder {
    program: Program,
    folder: Folder,
}

impl Recorder {
    fn start(service: &str, options: &[&str]) -> Self {
        Self::with(service, options, &[])
    }

    fn with(service: &str, options: &[&str], variables: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let out = folder.path().join("out.ndjson");
        let words = ["record", "--to", service, "--listen", "--out", out.to_str().expect("UTF-8")];
        Self { program: Program::start(&[&words, options].concat(), variables), folder }
    }

    async fn connect(&self) -> Connection {
        self.program.connect().await
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("out.ndjson")
    }

    fn written(&self) -> String {
        std::fs::read_to_string(self.file()).expect("a file")
    }

    fn lines(&self) -> Vec<Value> {
        lines(&self.written())
    }

    async fn until_lines(&self, count: usize) -> Vec<Value> {
        until("the lines", || std::future::ready(self.lines().len() == count)).await;
        self.lines()
    }

    /// Ends it, and gives what it says at the end, after the name of the file.
    fn end(self) -> String {
        let ended = self.program.stop("TERM");
        ended.assert_clean();
        ended.stderr
    }
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Records a command, and gives what it left in the file.
fn record(service: &str, options: &[&str], words: &[&str]) -> (Output, Vec<Value>) {
    record_with(service, options, words, &[])
}

fn record_with(service: &str, options: &[&str], words: &[&str], variables: &[(&str, &str)]) -> (Output, Vec<Value>) {
    let folder = Folder::new();
    let out = folder.path().join("out.ndjson");
    let own = ["record", "--to", service, "--out", out.to_str().expect("UTF-8")];
    let words = [&own, options, &["--"], words].concat();
    let ran = command(&words, variables).output().expect("it starts");
    (ran, lines(&std::fs::read_to_string(out).unwrap_or_default()))
}

/// A service that says the bytes that a test wants.
struct RawService(TcpListener);

impl RawService {
    async fn start() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.expect("a free port"))
    }

    fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().expect("an address"))
    }

    /// The head of the next request on a new connection, and the connection.
    async fn hear(&self) -> (String, TcpStream) {
        let (mut stream, _) = in_time("a request", self.0.accept()).await.expect("a connection");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(in_time("a head", stream.read_u8()).await.expect("a byte"));
        }
        (String::from_utf8_lossy(&head).into_owned(), stream)
    }
}

async fn mock() -> TrackerMock {
    TrackerMock::start().await.expect("a free port")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_recorded_as_shapes() {
    let mock = mock().await;
    let (ran, lines) = record(&mock.url(), &[], &["python3", "-c", CLIENT]);
    assert_eq!((ran.status.code(), text(&ran.stdout).as_str()), (Some(7), "201 404\n"));
    let said = text(&ran.stderr);
    let (counts, rest) = said.split_once(", in ").expect("a file");
    assert_eq!(counts, "tracker-mock: 2 exchanges, 1 of unknown operations");
    assert!(rest.ends_with("out.ndjson; no values in it\n"), "{said}");

    assert_eq!(
        lines[0],
        json!({
            "format": 1, "operation": "upload_to_issue", "method": "POST", "path": "/v2/issues/{key#1}/attachments",
            "query": [["?", "<text 1-16>"]],
            "requestHeaders": [
                ["authorization", "oauth"], ["content-length", "decimal"], ["content-type", "multipart/form-data"],
                ["x-org-id", "decimal"],
            ],
            "request": {"kind": "form", "closed": true, "parts": [
                {"name": "file", "filename": "ASCII, text 1-16", "content": "text, below 1 KiB"},
            ]},
            "status": 201,
            "headers": [["content-length", "decimal"], ["content-type", "application/json"], ["x-request-id", "uuid"]],
            "body": {"kind": "json", "paths": [
                ["$", "object"], ["$.self", "url /v2/issues/{key}/attachments/{fileId}"], ["$.id", "decimal #2"],
                ["$.name", "text 1-16"], ["$.content", "url /v2/issues/{key}/attachments/{fileId}/{name}"],
                ["$.createdBy", "object"], ["$.createdBy.self", "url /v2/users/{id}"], ["$.createdBy.id", "decimal #3"],
                ["$.createdBy.display", "text 1-16"], ["$.createdBy.cloudUid", "text 17-64"],
                ["$.createdBy.passportUid", "integer"], ["$.createdAt", "time .3 +0000"], ["$.mimetype", "text/plain"],
                ["$.size", "integer"],
            ]},
        })
    );
    assert_eq!(
        [&lines[1]["operation"], &lines[1]["path"], &lines[1]["status"], &lines[1]["body"]["paths"]],
        [
            &Value::Null,
            &json!("/v2/issues/{?#1}/{?#4}"),
            &json!(404),
            &json!([
                ["$", "object"],
                ["$.errors", "object"],
                ["$.errorMessages", "array"],
                ["$.errorMessages[]", "text 65-255"],
                ["$.statusCode", "integer"]
            ]),
        ]
    );
    assert_eq!(mock.world("4815162342").requests().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_keeps_the_organisation_and_the_token_that_it_has() {
    let mock = mock().await;
    let words = ["sh", "-c", "echo $TRACKER_MOCK_URL $TRACKER_MOCK_ORG $TRACKER_MOCK_TOKEN $API"];
    let own = [("TRACKER_MOCK_ORG", "mine"), ("TRACKER_MOCK_TOKEN", "secret")];
    let (ran, _) = record_with(&mock.url(), &["--env", "API={url}/v2"], &words, &own);
    let printed = text(&ran.stdout);
    let url = printed.split(' ').next().expect("a URL");
    assert!(url.starts_with("http://127.0.0.1:") && url != mock.url(), "{url}");
    assert_eq!(printed, format!("{url} mine secret {url}/v2\n"));
    let nothing = "tracker-mock: no exchange came, so nothing was written; tracker-mock doctor -- COMMAND says where \
                   requests go\n";
    assert_eq!(text(&ran.stderr), nothing);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_said_with_the_code_2() {
    let folder = Folder::new();
    let taken = folder.write("taken.ndjson", b"kept");
    let (taken, none) = (taken.to_str().expect("UTF-8"), folder.path().join("none"));
    let [none, new] = [none.join("a.ndjson"), folder.path().join("new.ndjson")];
    let [none, new] = [&none, &new].map(|path| path.to_str().expect("UTF-8"));
    let beyond = "it listens on 127.0.0.1, ::1 or localhost alone, because tokens and files pass through it unencrypted; \
                  from another machine, forward a port to it, as by ssh -L";
    let exists = format!("{taken} exists; remove it, or name another file by --out");
    let missing = format!("cannot write {none}: No such file or directory (os error 2)");
    let (to, listen) = (["--to", "http://127.0.0.1:9", "--out"], ["--listen"]);
    let cases: [(&[&str], &str); 12] = [
        (&[&to[..], &[taken], &listen].concat(), &exists),
        (&[&to[..], &[none], &listen].concat(), &missing),
        (&[&to[..], &[new], &listen, &["--host", "0.0.0.0"]].concat(), beyond),
        (&[&to[..], &[new], &listen, &["--host", "::"]].concat(), beyond),
        (&[&to[..], &[new], &listen, &["--host", "example.org"]].concat(), beyond),
        (&[&to[..], &[new]].concat(), "<COMMAND>..."),
        (&[&to[..], &[new], &listen, &["--", "true"]].concat(), "'--listen' cannot be used with '[COMMAND]...'"),
        (&["--out", new, "--listen"], "--to <URL>"),
        (&[&to[..], &[new], &listen, &["--sealed"]].concat(), "'--listen' cannot be used with '--sealed[=<WHEN>]'"),
        (
            &["--to", "tracker", "--out", new, "--listen"],
            "tracker is no URL of a server; write https://HOST or http://HOST:PORT",
        ),
        (
            &[&to[..], &[new], &["--env", "A={org}", "--", "true"]].concat(),
            "--env A: there is no {org}: the service knows yours alone",
        ),
        (&[&to[..], &[new], &["--", "/nothing/here"]].concat(), "cannot run /nothing/here: No such file or directory"),
    ];
    for (words, reason) in cases {
        let ran = run(&[&["record"], words].concat(), &[]);
        let said = text(&ran.stderr);
        assert_eq!((ran.status.code(), text(&ran.stdout).as_str()), (Some(2), ""), "{reason}: {said}");
        assert!(said.contains(reason) && said.starts_with("tracker-mock: "), "{reason}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(!folder.path().join("new.ndjson").exists(), "{reason}");
    }
    assert_eq!(std::fs::read(taken).expect("a file"), b"kept");
}

/// The command comes to its end even so, and so do its requests.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_cannot_be_written_is_said_at_the_end() {
    let (mock, folder) = (mock().await, Folder::new());
    let out = folder.path().join("out.ndjson");
    let out = out.to_str().expect("UTF-8");
    for (script, code) in [("", 2), ("; exit 9", 9)] {
        let asking = format!("{CLIENT}\n").replace("sys.exit(7)", "");
        let own = command(&["record", "--to", &mock.url(), "--out", out, "--"], &[]);
        let mut shell = std::process::Command::new("sh");
        // No file may have any content, and the signal about that is not looked at.
        shell.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""]).arg(own.get_program()).args(own.get_args());
        shell.args(["sh", "-c", &format!("python3 -c \"$0\"{script}"), &asking]);
        let ran = shell.output().expect("it starts");
        assert_eq!((ran.status.code(), text(&ran.stdout).as_str()), (Some(code), "201 404\n"));
        assert_eq!(text(&ran.stderr), format!("tracker-mock: cannot write {out}: File too large (os error 27)\n"));
        std::fs::remove_file(out).expect("an empty file");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let recorder = Recorder::start(&mock().await.url(), &[]);
    let mode = std::fs::metadata(recorder.file()).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_and_answers_pass_byte_for_byte() {
    let service = RawService::start().await;
    let recorder = Recorder::start(&service.url(), &[]);
    let mut client = recorder.connect().await;
    let host = service.url().split_off("http://".len());
    let request =
        b"PROPFIND /v2//issues/%d0%96/a%2Fb%2f../?a=%2F+b&&c=%zz&d HTTP/1.1\r\nHost: elsewhere\r\nX-First: 1\r\n\
                   Accept-Encoding: gzip\r\nX-Twice: a\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\n\
                   X-Twice: b,  c\r\nKeep-Alive: timeout=5\r\nContent-Length: 4\r\n\r\n\0\r\n\xff";
    client.sender.send(request).await;
    let (head, mut stream) = service.hear().await;
    let mut lines: Vec<&str> = head.trim_end().split("\r\n").collect();
    lines.sort_unstable();
    let host = format!("host: {host}");
    let expected = ["PROPFIND /v2//issues/%d0%96/a%2Fb%2f../?a=%2F+b&&c=%zz&d HTTP/1.1", "content-length: 4", &host];
    assert_eq!(lines, [&expected[..], &["x-first: 1", "x-twice: a", "x-twice: b,  c"]].concat());
    let mut body = [0; 4];
    in_time("a body", stream.read_exact(&mut body)).await.expect("a body");
    assert_eq!(&body, b"\0\r\n\xff");

    let answer =
        b"HTTP/1.1 299 Quite So\r\nDate: today\r\nX-Last: \xff\r\nSet-Cookie: a\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\
                   Set-Cookie: b\r\nContent-Length: 3\r\n\r\n\x00\x01\xfe";
    stream.write_all(answer).await.expect("sent");
    let expected = b"HTTP/1.1 299 Quite So\r\ndate: today\r\nx-last: \xff\r\nset-cookie: a\r\nset-cookie: b\r\n\
                     content-length: 3\r\n\r\n\x00\x01\xfe";
    assert_eq!(client.receiver.bytes(expected.len()).await, &expected[..]);
    // It was written before the last byte went out.
    let line = &recorder.lines()[0];
    assert_eq!([&line["method"], &line["status"], &line["operation"]], [&json!("?"), &json!(299), &Value::Null]);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_without_a_body_have_none() {
    let service = RawService::start().await;
    let recorder = Recorder::start(&service.url(), &[]);
    for (method, answer) in [
        ("GET", "204 No Content\r\n"),
        ("GET", "304 Not Modified\r\netag: \"a\"\r\n"),
        ("HEAD", "200 OK\r\ncontent-length: 7000\r\n"),
        ("HEAD", "200 OK\r\n"),
        ("GET", "200 OK\r\ncontent-length: 0\r\n"),
        ("DELETE", "404 Not Found\r\ncontent-length: 0\r\n"),
    ] {
        let mut client = recorder.connect().await;
        client.sender.send(&bare_head(&format!("{method} /v2/myself HTTP/1.1"), &[("Connection", "close")])).await;
        let (_, mut stream) = service.hear().await;
        let answer = format!("HTTP/1.1 {answer}date: today\r\n");
        stream.write_all(format!("{answer}\r\n").as_bytes()).await.expect("sent");
        drop(stream);
        let came = String::from_utf8(client.receiver.rest().await.to_vec()).expect("text");
        let sorted = |text: &str| {
            let mut lines: Vec<_> = text.split("\r\n").map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&came), sorted(&format!("{answer}connection: close\r\n\r\n")), "{method}");
    }
    let bodies: Vec<_> = recorder.lines().iter().map(|line| line["body"]["kind"].clone()).collect();
    assert_eq!(bodies, ["empty"; 6]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_length_comes_in_chunks() {
    let service = RawService::start().await;
    let recorder = Recorder::start(&service.url(), &[]);
    let mut client = recorder.connect().await;
    let request = bare_head("POST /v2/x HTTP/1.1", &[("Transfer-Encoding", "chunked"), ("Content-Type", "text/plain")]);
    client.sender.send(&[&request[..], b"3\r\nabc\r\n"].concat()).await;
    let (head, mut stream) = service.hear().await;
    assert!(head.contains("\r\ntransfer-encoding: chunked\r\n"), "{head}");
    let mut sent = [0; 8];
    // It does not wait for the rest.
    in_time("a chunk", stream.read_exact(&mut sent)).await.expect("a chunk");
    assert_eq!(&sent, b"3\r\nabc\r\n");
    client.sender.send(b"0\r\n\r\n").await;
    stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n").await.expect("sent");
    let (_, headers) = client.receiver.head().await;
    assert_eq!(headers["transfer-encoding"], "chunked");
    assert_eq!(client.receiver.bytes(7).await, "2\r\nab\r\n"[..]);
    assert_eq!(recorder.lines(), Vec::<Value>::new());
    stream.write_all(b"0\r\n\r\n").await.expect("sent");
    assert_eq!(client.receiver.bytes(5).await, "0\r\n\r\n"[..]);
    let line = &recorder.until_lines(1).await[0];
    assert_eq!(line["request"], json!({"kind": "other", "content": "text, below 1 KiB"}));
    assert_eq!(line["body"], json!({"kind": "other", "content": "text, below 1 KiB"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_waits_for_100_continue_gets_it() {
    let mock = mock().await;
    let recorder = Recorder::start(&mock.url(), &[]);
    let mut client = recorder.connect().await;
    let form = Form::file("a.txt", b"Hello");
    let headers = [
        ("Content-Length", &*form.bytes().len().to_string()),
        ("Expect", "100-continue"),
        ("Content-Type", &form_type()),
    ];
    client.sender.send(&head("POST /v2/attachments/ HTTP/1.1", &headers)).await;
    let (status, _) = client.receiver.head().await;
    assert_eq!(status, StatusCode::CONTINUE);
    client.sender.send(form.bytes()).await;
    assert_eq!(client.receiver.answer().await.status, StatusCode::CREATED);
    let line = &recorder.lines()[0];
    assert_eq!(line["requestHeaders"][3], json!(["expect", "100-continue"]));
    assert_eq!(line["request"]["kind"], "form");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_cannot_be_reached_is_a_502() {
    let nobody = format!("http://{}:1", own_loopback());
    let recorder = Recorder::start(&nobody, &[]);
    let answer = recorder.program.upload(&Form::file("a.txt", b"Hello")).await;
    assert_eq!(
        (answer.status, &answer.headers["content-type"]),
        (StatusCode::BAD_GATEWAY, &HeaderValue::from_static("application/json"))
    );
    let message = answer.json()["errorMessages"][0].as_str().expect("a message").to_owned();
    assert_eq!(answer.json(), json!({"errors": {}, "errorMessages": [message], "statusCode": 502}));
    let expected = format!("tracker-mock record got no answer from {nobody}: client error (Connect): ");
    assert!(message.starts_with(&expected) && message.ends_with("Connection refused (os error 111)"), "{message}");
    let lines = recorder.until_lines(1).await;
    assert_eq!([&lines[0]["operation"], &lines[0]["status"]], [&json!("upload_temp_file"), &Value::Null]);
    assert_eq!([&lines[0]["headers"], &lines[0]["body"]["kind"]], [&json!([]), &json!("unreadable")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_is_recorded() {
    let service = RawService::start().await;
    let recorder = Recorder::start(&service.url(), &[]);

    // While it waits for its answer.
    let mut client = recorder.connect().await;
    client.sender.send(&head("GET /v2/myself HTTP/1.1", &[])).await;
    let (_, mut stream) = service.hear().await;
    drop(client);
    let lines = recorder.until_lines(1).await;
    assert_eq!([&lines[0]["operation"], &lines[0]["status"]], [&json!("get_myself"), &Value::Null]);
    assert_eq!(in_time("the end", stream.read(&mut [0])).await.expect("an end"), 0);

    // In the middle of its form.
    let mut client = recorder.connect().await;
    let whole = upload(&Form::file("a.txt", b"Hello"), Framing::ContentLength);
    client.sender.send(&whole[..whole.len() - 30]).await;
    let (_, mut stream) = service.hear().await;
    client.reset();
    let lines = recorder.until_lines(2).await;
    assert_eq!([&lines[1]["operation"], &lines[1]["status"]], [&json!("upload_temp_file"), &Value::Null]);
    assert_eq!(lines[1]["request"], json!({"kind": "unreadable", "content": "text, below 1 KiB"}));
    // Whether the service gets an end or a reset does not matter.
    drop(in_time("the end", stream.read_to_end(&mut Vec::new())).await);

    // In the middle of the answer.
    let mut client = recorder.connect().await;
    client.sender.send(&head("GET /v2/users HTTP/1.1", &[])).await;
    let (_, mut stream) = service.hear().await;
    let answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9000000\r\n\r\n[1";
    stream.write_all(answer.as_bytes()).await.expect("sent");
    client.receiver.head().await;
    client.reset();
    let flood = async { while stream.write_all(&[b' '; 10_000]).await.is_ok() {} };
    in_time("the end", flood).await;
    let lines = recorder.until_lines(3).await;
    assert_eq!([&lines[2]["status"], &lines[2]["body"]["kind"]], [&json!(200), &json!("unreadable")]);

    assert!(recorder.end().contains("3 exchanges, 0 of unknown operations"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_comes_while_the_client_still_sends() {
    let service = RawService::start().await;
    let recorder = Recorder::start(&service.url(), &[]);
    let mut client = recorder.connect().await;
    let whole = upload(&Form::file("a.txt", b"Hello"), Framing::ContentLength);
    client.sender.send(&whole[..whole.len() - 30]).await;
    let (_, mut stream) = service.hear().await;
    stream.write_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno").await.expect("sent");
    assert_eq!(client.receiver.answer().await.status, StatusCode::PAYLOAD_TOO_LARGE);
    client.reset();
    let lines = recorder.until_lines(1).await;
    assert_eq!([&lines[0]["status"], &lines[0]["request"]["kind"]], [&json!(413), &json!("unreadable")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_lets_what_goes_on_finish() {
    let service = RawService::start().await;
    let recorder = Recorder::start(&service.url(), &["--host", &own_loopback().to_string()]);
    let mut client = recorder.connect().await;
    client.sender.send(&head("GET /v2/myself HTTP/1.1", &[])).await;
    let (_, mut stream) = service.hear().await;
    recorder.program.signal("INT");
    until_refused(recorder.program.address).await;
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await.expect("sent");
    assert_eq!(client.receiver.answer().await.status, StatusCode::OK);
    let file = recorder.file();
    let (ended, _folder) = (recorder.program.wait(std::time::Instant::now()), recorder.folder);
    ended.assert_clean();
    assert!(ended.stderr.contains("1 exchange, 0 of unknown operations"), "{}", ended.stderr);
    assert_eq!(lines(&std::fs::read_to_string(file).expect("a file"))[0]["status"], 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_breaks_off_breaks_off() {
    let service = RawService::start().await;
    let recorder = Recorder::start(&service.url(), &[]);
    let mut client = recorder.connect().await;
    client.sender.send(&head("GET /v2/myself HTTP/1.1", &[])).await;
    let (_, mut stream) = service.hear().await;
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc").await.expect("sent");
    drop(stream);
    client.receiver.head().await;
    assert_eq!(client.receiver.rest().await, "abc"[..]);
    let lines = recorder.until_lines(1).await;
    assert_eq!(lines[0]["body"], json!({"kind": "unreadable", "content": "text, below 1 KiB"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_ambiguous_does_not_pass() {
    let service = RawService::start().await;
    let recorder = Recorder::start(&service.url(), &[]);
    for (request, status) in [
        ("GET /v2/a#b HTTP/1.1\r\nHost: a\r\n\r\n", StatusCode::BAD_REQUEST),
        ("GET /v2/a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", StatusCode::BAD_REQUEST),
        ("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", StatusCode::NOT_IMPLEMENTED),
    ] {
        let answer = recorder.program.exchange(request.as_bytes()).await;
        assert_eq!(answer.status, status, "{request}");
        assert_eq!(answer.json()["statusCode"], status.as_u16(), "{request}");
    }
    assert_eq!(recorder.written(), "");
}

/// How much the process has had in memory at most, in bytes.
#[cfg(target_os = "linux")]
fn peak_memory(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("a process");
    let (_, peak) = status.split_once("VmHWM:").expect("a peak");
    peak.split_whitespace().next().expect("a number").parse::<usize>().expect("a number") * 1024
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_pass_with_little_memory() {
    const PIECE: usize = 64 * 1024;
    const PIECES: usize = 1024;
    const HEAD: &[u8] = b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"large\"\r\n\r\n";
    const END: &[u8] = b"\r\n--b--\r\n";
    let answer = async |request: Request| {
        let mut bytes = request.into_body().into_data_stream();
        let mut count = 0;
        while let Some(piece) = bytes.next().await {
            count += piece.expect("bytes").len();
        }
        assert_eq!(count, HEAD.len() + PIECE * PIECES + END.len());
        let pieces = stream::iter((0..PIECES).map(|_| Ok::<_, std::io::Error>(Bytes::from_static(&[b'y'; PIECE]))));
        Response::new(Body::from_stream(pieces))
    };
    let limits = set!(Limits::default(); min_upload_bytes_per_second: 0);
    let service =
        TrackerMock::builder().config(set!(Config::default(); limits)).serving(Router::new().fallback(answer));
    let service = service.start().await.expect("a free port");
    let recorder = Recorder::start(&service.url(), &[]);
    let before = peak_memory(recorder.program.id());

    let mut client = recorder.connect().await;
    let length = (HEAD.len() + PIECE * PIECES + END.len()).to_string();
    let kind = ("Content-Type", "multipart/form-data; boundary=b");
    let headers = [("Content-Length", &*length), ("Connection", "close"), kind];
    client.sender.send(&head("PUT /v2/large HTTP/1.1", &headers)).await;
    client.sender.send(HEAD).await;
    for _ in 0..PIECES {
        client.sender.send(&[b'x'; PIECE]).await;
    }
    client.sender.send(END).await;
    let (status, _) = client.receiver.head().await;
    assert_eq!(status, StatusCode::OK);
    let mut count = 0;
    for _ in 0..PIECES {
        count += client.receiver.bytes(PIECE).await.len();
    }
    assert_eq!(count, PIECE * PIECES);
    client.receiver.rest().await;
    let grown = peak_memory(recorder.program.id()) - before;
    // Twice eight are kept, and a vector that grows has both sizes for a moment.
    assert!(grown < 40 * 1024 * 1024, "{grown} bytes more");
    let line = &recorder.lines()[0];
    let part = json!({"name": "file", "filename": "ASCII, text 1-16", "content": "text, 1 MiB or more"});
    assert_eq!(line["request"], json!({"kind": "form", "parts": [part], "closed": true}));
    assert_eq!(line["body"], json!({"kind": "unreadable", "content": "text, 1 MiB or more"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_with_tls_is_known_by_what_the_system_trusts() {
    let identity = Identity::of_own_authority(&["localhost", "127.0.0.1"]).expect("good names");
    let folder = Folder::new();
    let trusted = folder.write("ca.pem", identity.ca_pem().as_bytes());
    let gateway = Arc::new(Gateway::new(identity, REAL_HOSTS, OtherHosts::Refuse));
    let service = TrackerMock::builder().gateway(gateway).start().await.expect("a free port");
    let url = format!("https://localhost:{}", service.address().port());
    let variables = [("SSL_CERT_FILE", trusted.to_str().expect("UTF-8"))];
    let (ran, lines) = record_with(&url, &[], &["python3", "-c", CLIENT], &variables);
    assert_eq!(text(&ran.stdout), "201 404\n", "{}", text(&ran.stderr));
    assert_eq!(lines.len(), 2);

    let other = Identity::of_own_authority(&["localhost"]).expect("good names");
    let other = folder.write("other.pem", other.ca_pem().as_bytes());
    let variables = [("SSL_CERT_FILE", other.to_str().expect("UTF-8"))];
    let (ran, lines) = record_with(&url, &[], &["python3", "-c", CLIENT], &variables);
    assert_eq!(text(&ran.stdout), "502 502\n");
    assert_eq!(lines.iter().map(|line| &line["status"]).collect::<Vec<_>>(), [&Value::Null, &Value::Null]);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_https_the_recorder_is_the_real_hosts() {
    let mock = mock().await;
    let real = format!("https://{}", REAL_HOSTS[0]);
    let (ran, lines) = record(&mock.url(), &["--https"], &["python3", "-c", CLIENT, &real]);
    assert_eq!((ran.status.code(), text(&ran.stdout).as_str()), (Some(7), "201 404\n"), "{}", text(&ran.stderr));
    let paths: Vec<_> = lines.iter().map(|line| line["path"].as_str().expect("a path")).collect();
    assert_eq!(paths, ["/v2/issues/{key#1}/attachments", "/v2/issues/{?#1}/{?#4}"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_kept_if_asked_for_but_no_credentials() {
    let mock = mock().await;
    let (ran, lines) = record(&mock.url(), &["--values"], &["python3", "-c", CLIENT]);
    let said = text(&ran.stderr);
    let said: Vec<&str> = said.lines().collect();
    assert!(said[0].starts_with("tracker-mock: --values: "), "{said:?}");
    assert!(said[0].ends_with("out.ndjson will have everything that is said but credentials"), "{said:?}");
    assert!(said[1].ends_with("out.ndjson; IT HAS NAMES, VALUES AND FILES, so keep it to yourself"), "{said:?}");
    let values = &lines[0]["values"];
    assert_eq!(values["target"], "/v2/issues/JUNE-2/attachments/?hunter2=hunter2");
    let headers = values["requestHeaders"].as_array().expect("headers");
    assert!(headers.contains(&json!(["authorization", "OAuth ***"])), "{headers:?}");
    assert!(headers.contains(&json!(["x-org-id", "4815162342"])), "{headers:?}");
    assert!(values["requestBody"]["text"].as_str().is_some_and(|text| text.contains("filename=\"hunter2.txt\"")));
    assert!(values["body"]["text"].as_str().is_some_and(|text| text.contains("\"name\":\"hunter2.txt\"")));
    assert_eq!(values["status"], 201);
}

/// Passes a request on, and the answer to it back. What goes over the wire is written with `\n` for the ends of lines of heads.
async fn pass_on(recorder: &Recorder, service: &RawService, request: (&str, &str), answer: (&str, &str)) {
    let message = |(head, body): (&str, &str)| {
        let head = head.replace('\n', "\r\n");
        format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
    };
    let mut client = recorder.connect().await;
    client.sender.send(&message(request)).await;
    let (_, mut stream) = service.hear().await;
    stream.write_all(&message(answer)).await.expect("sent");
    client.receiver.answer().await;
}

/// What the lines say of requests and answers of all forms.
#[tokio::test(flavor = "multi_thread")]
async fn a_shape_tells_the_form_of_everything() {
    let service = RawService::start().await;
    let recorder = Recorder::start(&service.url(), &[]);
    let form = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"secret.txt\"\r\n\
                Content-Type: text/plain\r\n\r\nsecret\r\n--b--\r\n";
    pass_on(
        &recorder,
        &service,
        (
            "POST /v2/attachments/?filename=secret&secret=1 HTTP/1.1\nHost: h\nAuthorization: OAuth secret\n\
             Content-Type: multipart/form-data; boundary=b\nX-Secret: secret",
            form,
        ),
        ("HTTP/1.1 201 x\nContent-Type: application/json;charset=UTF-8", r#"{"id": "31", "name": "secret.txt"}"#),
    )
    .await;
    let attach = "POST /v2/entities/project/secret-project/attachments/31?notify=false&expand=attachments,secret";
    pass_on(
        &recorder,
        &service,
        (&format!("{attach} HTTP/1.1\nHost: h\nAuthorization: secret\nAccept-Language: ru"), ""),
        (
            "HTTP/1.1 200 x\nContent-Type: text/plain\nETag: W/\"secret\"\n\
             Content-Disposition: attachment; filename=\"secret.txt\"; filename*=UTF-8''s%20t\n\
             Link: <https://secret/?page=2>; rel=\"next\", <https://secret>; rel=secret\nX-Total-Count: 12\n\
             Retry-After: 3\nCache-Control: max-age=31536000, private\nSet-Cookie: secret\nX-Secret: secret\n\
             Last-Modified: Sat, 13 Jan 2024 14:06:29 GMT",
            "secret",
        ),
    )
    .await;
    let lines = recorder.until_lines(2).await;
    assert_eq!(
        lines,
        [
            json!({
                "format": 1, "operation": "upload_temp_file", "method": "POST", "path": "/v2/attachments",
                "query": [["filename", "<text 1-16>"], ["?", "<decimal #1>"]],
                "requestHeaders": [
                    ["authorization", "oauth"], ["content-length", "decimal"], ["content-type", "multipart/form-data"],
                ],
                "request": {"kind": "form", "closed": true, "parts": [{
                    "name": "file", "filename": "ASCII, text 1-16", "contentType": "text/plain", "content": "text, below 1 KiB",
                }]},
                "status": 201,
                "headers": [["content-length", "decimal"], ["content-type", "application/json; charset=utf-8"]],
                "body": {"kind": "json", "paths": [["$", "object"], ["$.id", "decimal #2"], ["$.name", "text 1-16"]]},
            }),
            json!({
                "format": 1, "operation": "attach_file", "method": "POST",
                "path": "/v2/entities/project/{id#3}/attachments/{fileId#2}",
                "query": [["notify", "false"], ["expand", "<text 17-64>"]],
                "requestHeaders": [["accept-language", "ru"], ["authorization", "?"], ["content-length", "decimal"]],
                "request": {"kind": "empty"}, "status": 200,
                "headers": [
                    ["cache-control", "max-age, private"],
                    ["content-disposition", "attachment; filename=\"ASCII\"; filename*=percent"],
                    ["content-length", "decimal"], ["content-type", "text/plain"], ["etag", "weak tag"],
                    ["last-modified", "HTTP date"], ["link", "next, ?"], ["retry-after", "decimal"],
                    ["x-total-count", "decimal"],
                ],
                "body": {"kind": "other", "content": "text, below 1 KiB"},
            }),
        ]
    );
}

/// What the lines say of a body, each in place of what the value says.
#[tokio::test(flavor = "multi_thread")]
async fn a_shape_of_json_has_paths_and_types() {
    let service = RawService::start().await;
    let recorder = Recorder::start(&service.url(), &[]);
    let formats = json!({
        "createdAt": "2024-11-17T19:18:36.433+0000", "updatedAt": "2024-11-17T19:18:36Z", "start": "2024-11-17",
        "self": "https://api.tracker.yandex.net/v2/issues/SECRET-1/attachments/7", "content": "https://secret.example/secret",
        "id": "4159", "longId": "65a1ba7b46b9746df2eecc96", "unique": "65a1ba7b-46b9-746d-f2ee-cc9600000000",
        "key": "TEST-5", "name": "4159", "size": "348x348", "mimetype": "image/png", "value": "",
        "display": "я".repeat(17), "text": "x".repeat(2000),
        "attachments": [{"mimetype": "application/x-secret"}, {"mimetype": "test secret"}],
    });
    let names = json!({
        "createdBy": 1, "passportUid": 1, "commentCount": 1, "filename*": 1, "": 1, "hunter2": 1, "correcthorse": 1,
        "SECRET": 1, "A": 1, "EN": 1, "created by": 1, "6063181a59590573909db929--createdBy": 1, "пароль": 1,
    });
    let elements = json!([
        {"id": "7", "name": "secret.txt", "size": 5, "createdBy": {"id": "1100000000000001"}, "checked": true},
        {"id": "8", "name": "", "thumbnail": "https://secret/v2/issues/A-1/thumbnails/8", "size": 6, "createdBy": null,
         "checked": false, "s3cret": {"hunter2": 1.5}, "tags": []},
    ]);
    let asked = ["GET /v3/issues/A-1/attachments/", "POST /v2/issues/_search", "PUT /v2/issues/A-1"];
    for (asked, body) in asked.into_iter().zip([formats, names, elements]) {
        let request = format!("{asked} HTTP/1.1\nHost: h");
        let answer = ("HTTP/1.1 200 x\nContent-Type: application/json", &*body.to_string());
        pass_on(&recorder, &service, (&request, ""), answer).await;
    }
    let lines = recorder.until_lines(3).await;
    let told: Vec<_> = lines.iter().map(|line| json!([line["operation"], line["body"]["paths"]])).collect();
    assert_eq!(
        told,
        [
            json!([
                "list_issue_files",
                [
                    ["$", "object"],
                    ["$.createdAt", "time .3 +0000"],
                    ["$.updatedAt", "time .0 Z"],
                    ["$.start", "date"],
                    ["$.self", "url /v2/issues/{key}/attachments/{fileId}"],
                    ["$.content", "url ?"],
                    ["$.id", "decimal #2"],
                    ["$.longId", "hex-24 #3"],
                    ["$.unique", "uuid #4"],
                    ["$.key", "issue-key #5"],
                    ["$.name", "text 1-16"],
                    ["$.size", "dimensions"],
                    ["$.mimetype", "image/png"],
                    ["$.value", "text empty"],
                    ["$.display", "text 17-64"],
                    ["$.text", "text 1024+"],
                    ["$.attachments", "array"],
                    ["$.attachments[]", "object"],
                    ["$.attachments[].mimetype", "media-type ?|text 1-16"],
                ]
            ]),
            json!([
                "search_issues",
                [
                    ["$", "object"],
                    ["$.createdBy", "integer"],
                    ["$.passportUid", "integer"],
                    ["$.commentCount", "integer"],
                    ["$.filename*", "integer"],
                    ["$.?1", "integer"],
                    ["$.?2", "integer"],
                    ["$.?3", "integer"],
                    ["$.?4", "integer"],
                    ["$.?5", "integer"],
                    ["$.?6", "integer"],
                    ["$.?7", "integer"],
                    ["$.?8", "integer"],
                    ["$.?9", "integer"],
                ]
            ]),
            json!([
                null,
                [
                    ["$", "array"],
                    ["$[]", "object"],
                    ["$[].id", "decimal #6 #8"],
                    ["$[].name", "text 1-16|text empty"],
                    ["$[].thumbnail?", "url /v2/issues/{key}/thumbnails/{fileId}"],
                    ["$[].size", "integer"],
                    ["$[].createdBy", "null|object"],
                    ["$[].createdBy.id", "decimal #7"],
                    ["$[].checked", "boolean"],
                    ["$[].?1?", "object"],
                    ["$[].?1.?1", "number"],
                    ["$[].tags?", "array empty"],
                ]
            ]),
        ]
    );
}

/// What is poured in: the same places with other secrets.
const SECRETS: [[(&str, &str); 12]; 2] = [
    [
        ("{word}", "hunter2"),
        ("{METHOD}", "HUNTER"),
        ("{number}", "4815162342"),
        ("{hex}", "deadbeefdeadbeefdeadbeef"),
        ("{uuid}", "deadbeef-dead-beef-dead-beefdeadbeef"),
        ("{key}", "ZION-1999"),
        ("{name}", "тайна"),
        ("{percent}", "%D1%82%D0%B0%D0%B9%D0%BD%D0%B0"),
        ("{base64}", "aHVudGVyMg=="),
        ("{mail}", "neo@zion.example"),
        ("{host}", "zion.example"),
        ("{time}", "1999-03-31T12:34:56.789+0000"),
    ],
    [
        ("{word}", "qwerty9"),
        ("{METHOD}", "QWERTY"),
        ("{number}", "1123581321"),
        ("{hex}", "0123456789abcdef01234567"),
        ("{uuid}", "01234567-89ab-cdef-0123-456789abcdef"),
        ("{key}", "MARS-2049"),
        ("{name}", "ключи"),
        ("{percent}", "%D0%BA%D0%BB%D1%8E%D1%87%D0%B8"),
        ("{base64}", "cXdlcnR5OQ=="),
        ("{mail}", "ann@mars.example"),
        ("{host}", "mars.example"),
        ("{time}", "2049-10-11T01:02:03.004+0000"),
    ],
];

const JSON: &str = r#"{"{word}": {"{name}": ["{word}", {"id": "{hex}", "{hex}": {"{uuid}": "{uuid}", "{METHOD}": {number}}}]},
    "summary": "{word}", "id": "{number}", "key": "{key}", "self": "https://{host}/v2/issues/{key}", "email": "{mail}",
    "name": "{base64}", "createdAt": "{time}", "{word}{word}": null, "projectId": {number}, "createdBy": {"{METHOD}": "{percent}"},
    "content": "https://{word}:{word}@{host}/{word}?{word}={word}#{word}", "mimetype": "{word}/{word}", "tags": ["{word}", "{name}"],
    "errors": {"{word}": "{word} {name}"}, "errorMessages": ["{word}: {mail}"], "statusCode": 422, "type": "{word}"}"#;

const FORM: &str = "--{word}\r\nContent-Disposition: form-data; name=\"{word}\"; filename=\"{name}\"; {word}={word}\r\n\
    X-{word}: {word}\r\nContent-Type: text/{word}; charset={word}\r\n\r\n{word} {name} {base64}\r\n--{word}\r\n\
    Content-Disposition: form-data; name=\"file\"; filename=\"{word}.txt\"; filename*=UTF-8''{percent}\r\n\
    Content-Type: {word}\r\n\r\n\u{0}{word}\u{0}\r\n--{word}--\r\n";

/// Requests: the line, further headers, the body.
const POURED: [(&str, &str, &str); 10] = [
    (
        "POST /v2/attachments/?filename={percent}.txt&{word}={word}&{percent}={number}",
        "Content-Type: multipart/form-data; boundary={word}\r\n",
        FORM,
    ),
    (
        "PATCH /v3/issues/{key}?fields={word},{percent}&{word}&expand={hex}",
        "Content-Type: application/json; charset={word}\r\n",
        JSON,
    ),
    ("{METHOD} /v2/{word}/{percent}/{hex}", "X-{word}: {word}\r\nIf-Match: {word}\r\nAccept: {word}/{word}\r\n", ""),
    (
        "GET /v2/issues/{key}/attachments/{number}/{percent}.txt",
        "If-None-Match: \"{word}\"\r\nRange: {word}=1-2\r\nAccept-Language: {word}\r\n",
        "",
    ),
    (
        "GET /{word}/{name}/{uuid}/{mail}?{base64}",
        "If-Modified-Since: {word}\r\nIf-Range: {word}\r\nProxy-Authorization: {word}\r\n",
        "",
    ),
    (
        "POST /v2/entities/project/{hex}",
        "Content-Type: application/json\r\nContent-Encoding: {word}\r\n",
        "{\"{word}\": ",
    ),
    ("POST /v2/entities/{word}/{uuid}/attachments/{number}", "Content-Type: application/{word}\r\n", "{base64}"),
    ("PUT /v2/issues/{key}/comments/{word}", "Content-Type: multipart/{word}; {word}={word}\r\n", FORM),
    ("POST /v2/users/{mail}", "Content-Type: {word}\r\n", "\u{80}{word}\u{ff}"),
    ("GET https://{host}/v2/users/{word}?id={number}", "", ""),
];

/// The headers of every answer.
const ANSWERED: [&str; 16] = [
    "ETag: \"{word}\"",
    "Link: <https://{host}/v2/issues?page={number}>; rel=\"{word}\", <{word}>; rel=\"next\"; {word}={word}",
    "Location: https://{host}/{word}/{number}",
    "Content-Disposition: attachment; filename=\"{word}.txt\"; {word}={word}; filename*=UTF-8''{percent}",
    "Set-Cookie: {word}={word}; Domain={host}",
    "X-{word}: {word}",
    "X-Request-Id: {word}",
    "X-Total-Count: {number}",
    "X-Total-Pages: {word}",
    "Retry-After: {word}",
    "Cache-Control: {word}={number}, private",
    "WWW-Authenticate: {word} realm=\"{word}\"",
    "Allow: {METHOD}, GET",
    "Last-Modified: {word}",
    "Content-Range: {word} 1-2/{number}",
    "Accept-Ranges: {word}",
];

/// Records all of this with these secrets in it.
async fn pour(secrets: &[(&str, &str)]) -> String {
    let fill = |text: &str| secrets.iter().fold(text.to_owned(), |text, (place, secret)| text.replace(place, secret));
    let service = RawService::start().await;
    let recorder = Recorder::start(&service.url(), &[]);
    for (index, (line, headers, body)) in POURED.into_iter().enumerate() {
        // Characters up to U+00FF of these stand for bytes that are no UTF-8.
        let bytes = |text: &str| {
            if text.contains('\u{80}') { text.chars().map(|one| one as u8).collect() } else { text.as_bytes().to_vec() }
        };
        let body = bytes(&fill(body));
        let head = format!(
            "{line} HTTP/1.1\r\nHost: {{host}}\r\nAuthorization: {{word}} {{word}}\r\nX-Org-ID: {{word}}\r\nCookie: {{word}}={{word}}\r\n\
             X-Cloud-Org-ID: {{number}}\r\nUser-Agent: {{word}}\r\n{headers}Content-Length: {}\r\n\r\n",
            body.len()
        );
        let mut client = recorder.connect().await;
        client.sender.send(&[fill(&head).into_bytes(), body].concat()).await;
        let (_, mut stream) = service.hear().await;
        let (kind, body) = if index % 3 == 2 {
            ("text/{word}", "{word} {name} {mail}")
        } else {
            ("application/json;charset={word}", JSON)
        };
        let body = fill(body);
        // Or the next request may come by this connection, which nobody reads any longer.
        let head = format!(
            "HTTP/1.1 422 {{word}}\r\n{}\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            ANSWERED.join("\r\n"),
            body.len()
        );
        stream.write_all(&[fill(&head), body].concat().into_bytes()).await.expect("sent");
        let answer = client.receiver.answer().await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        recorder.until_lines(index + 1).await;
    }
    recorder.written()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_the_file_wherever_it_was() {
    let [first, second] = [pour(&SECRETS[0]).await, pour(&SECRETS[1]).await];
    for (_, secret) in SECRETS[0] {
        let secret = secret.to_lowercase();
        assert!(!first.to_lowercase().contains(&secret), "{secret}: {first}");
    }
    // Whatever the secrets are, the file is the same: it cannot tell anything of them.
    for (first, second) in lines(&first).into_iter().zip(lines(&second)) {
        assert_eq!(first, second);
    }
    assert_eq!(first, second);
    assert_eq!(first.lines().count(), POURED.len());
    assert!(first.is_ascii());
}
