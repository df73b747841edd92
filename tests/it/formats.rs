//! Records of the journal in the formats of other tools.

use axum::http::StatusCode;
use serde_json::{Value, json};
use tracker_mock::{RequestRecord, TrackerMock};

use crate::support::socket::Connection;
use crate::support::{Api, Call, Folder, Form};

async fn one(api: &Api, id: u64, format: &str) -> String {
    let answer = api.get(&format!("/_mock/requests/{id}?org=test&format={format}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    answer.text().to_owned()
}

#[tokio::test]
async fn a_request_is_a_command_line_of_curl() {
    let api = Api::new();
    let body = json!({"text": "It's \"here\""});
    api.send(Call::json("POST", "/v2/issues/JUNE-2/comments?x=1&y=%27", &body).request()).await;
    let expected = r#"curl -X POST 'http://tracker.test/v2/issues/JUNE-2/comments?x=1&y=%27' \
  -H 'authorization: OAuth ***' \
  -H 'x-org-id: test' \
  -H 'x-request-id: request-1' \
  -H 'content-type:' \
  --data-raw '{"text":"It'\''s \"here\""}'
"#;
    assert_eq!(one(&api, 1, "curl").await, expected);

    let form = Form::file("../../it's.txt", b"text").and_part("Content-Disposition: form-data; name=\"note\"", b"x");
    api.post_form("/v2/attachments/", &form).await;
    let expected = r##"# What was in the part "note" is not kept.
curl -X POST 'http://tracker.test/v2/attachments/' \
  -H 'authorization: OAuth ***' \
  -H 'x-org-id: test' \
  -H 'x-request-id: request-1' \
  -F 'file=@"it'\''s.txt";filename="../../it'\''s.txt"' \
  -F 'note='
"##;
    assert_eq!(one(&api, 2, "curl").await, expected);
}

/// What curl sends is what came, wherever curl is there to be asked.
#[tokio::test(flavor = "multi_thread")]
async fn curl_sends_a_request_again() {
    if std::process::Command::new("curl").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "there is no curl");
        return;
    }
    let mock = TrackerMock::start().await.expect("a server");
    let folder = Folder::new();
    folder.write("О \"x\", 1.txt", b"text");
    let json = "content-type: application/json\r\n";
    let long = json!({"text": "ы".repeat(5000)}).to_string();
    let form = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename*=UTF-8''%D0%9E%20%22x%22%2C%201.txt\r\n\
                Content-Type: application/x-foo; v=1\r\n\r\ntext\r\n--b--\r\n";
    for (line, headers, body) in [
        ("HEAD /v2/myself", "", ""),
        ("GET /v2/issues/JUNE-2?expand=a[]{b}&x=%5B", "", ""),
        ("GET /v2/issues/[x]/{y}", "", ""),
        ("GET /v2/issues/JUNE-2/../JUNE-1/./attachments", "", ""),
        ("GET /v2/myself", "x-empty:\r\nuser-agent: it's\r\n", ""),
        ("POST /v2/issues/JUNE-2/comments", json, &*long),
        ("POST /v2/issues/JUNE-2/comments", "", r#"{"text":"@'%"}"#),
        ("PATCH /v2/issues/JUNE-2", json, "@file"),
        ("DELETE /v2/issues/JUNE-2/comments/999", "", ""),
        ("POST /v2/attachments/", "content-type: multipart/form-data; boundary=b\r\n", form),
    ] {
        let head = format!(
            "{line} HTTP/1.1\r\nHost: {}\r\nAuthorization: OAuth t\r\nX-Org-ID: a\r\nX-Request-Id: r\r\nAccept: */*\r\n{headers}",
            mock.address()
        );
        let head = if headers.contains("user-agent") { head } else { head + "User-Agent: test\r\n" };
        let request = format!("{head}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
        let mut connection = Connection::open(mock.address()).await;
        connection.sender.send(request.as_bytes()).await;
        connection.receiver.end().await;
        let sent = last(&mock);
        let command = sent.curl();
        assert!(!command.contains('#'), "{command}");
        let script = format!("{} --silent --max-time 20 --output /dev/null", command.trim_end());
        let mut shell = tokio::process::Command::new("sh");
        let ran = shell.args(["-c", &script]).current_dir(folder.path()).output().await.expect("a shell");
        assert!(ran.status.success(), "{command}: {}", String::from_utf8_lossy(&ran.stderr));
        let again = last(&mock);
        assert_eq!(again.id.number(), sent.id.number() + 1, "{command}");
        assert_eq!(what_was_sent(&again), what_was_sent(&sent), "{command}");
    }
    // More than is kept is not sent, and the command says so.
    let long = json!({"text": "a".repeat(20_000)}).to_string();
    let request = format!(
        "POST /v2/issues/JUNE-2/comments HTTP/1.1\r\nHost: a\r\nAuthorization: OAuth t\r\nX-Org-ID: a\r\n\
         Content-Length: {}\r\n\r\n{long}",
        long.len()
    );
    Connection::open(mock.address()).await.exchange(request.as_bytes()).await;
    let note = format!("# Of the {} bytes of the body, the first 16384 are kept.\ncurl -X POST ", long.len());
    assert!(last(&mock).curl().starts_with(&note), "{}", last(&mock).curl());
}

fn last(mock: &TrackerMock) -> RequestRecord {
    mock.world("a").requests().pop().expect("a request")
}

/// All that a request says, but for what curl writes in its own way.
fn what_was_sent(record: &RequestRecord) -> Value {
    let mut headers = json!(record.headers);
    let members = headers.as_object_mut().expect("an object");
    for name in ["connection", "content-length"] {
        members.shift_remove(name);
    }
    if let Some(kind) =
        members.get_mut("content-type").filter(|kind| kind.as_str().is_some_and(|kind| kind.contains("boundary")))
    {
        *kind = json!("multipart/form-data");
    }
    let form = record.upload.as_ref();
    let parts = form.map(|form| {
        form.parts.iter().map(|part| json!([part.name, part.content_type, part.bytes])).collect::<Vec<_>>()
    });
    let name = form.and_then(|form| Some(form.name.as_ref()?.value.clone()));
    let bytes = record.request_bytes.filter(|_| form.is_none());
    json!([record.method, record.path, record.query, headers, bytes, record.request_text, parts, name])
}

#[tokio::test]
async fn a_request_is_shown_as_text() {
    let api = Api::new();
    api.send(Call::json("POST", "/v2/issues/JUNE-2/comments?x=1", &json!({"text": "Hello"})).request()).await;
    let raw = one(&api, 1, "raw").await;
    let (head, body) = raw.split_once("\r\n\r\n").expect("an empty line");
    let lines: Vec<&str> = head.split("\r\n").collect();
    assert_eq!(lines[0], "POST /v2/issues/JUNE-2/comments?x=1 HTTP/1.1");
    assert!(lines.contains(&"authorization: OAuth ***") && lines.contains(&"x-org-id: test"), "{raw}");
    assert_eq!(body, "{\"text\":\"Hello\"}");
}

#[tokio::test]
async fn a_request_of_another_world_is_not_found() {
    let api = Api::new();
    api.get("/v2/myself").await;
    let of = async |query: &str| api.get(&format!("/_mock/requests/1{query}")).await.status;
    assert_eq!(of("").await, StatusCode::OK);
    assert_eq!(of("?org=test").await, StatusCode::OK);
    assert_eq!(of("?org=another").await, StatusCode::NOT_FOUND);
    assert_eq!(of("?format=yaml").await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn many_are_an_archive_or_lines() {
    let api = Api::new();
    api.get("/v2/myself?x=1&y").await;
    api.send(Call::json("POST", "/v2/issues/JUNE-2/comments", &json!({"text": "Hello"})).request()).await;
    let of = async |format: &str| api.get(&format!("/_mock/requests?org=test&format={format}")).await;

    let lines = of("ndjson").await;
    assert_eq!(lines.header("content-type"), Some("application/x-ndjson"));
    let records: Vec<Value> = lines.text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(json!(records), of("json").await.json());
    assert_eq!(lines.header("x-total-count"), Some("2"));

    let archive = of("har").await;
    assert_eq!(archive.header("content-type"), Some("application/har+json"));
    let log = archive.json()["log"].clone();
    assert_eq!((&log["version"], &log["creator"]["name"]), (&json!("1.2"), &json!("tracker-mock")));
    let (first, second) = (&log["entries"][0], &log["entries"][1]);
    assert_eq!(first["startedDateTime"].as_str().map(|time| (time.len(), time.ends_with('Z'))), Some((24, true)));
    assert_eq!(first["request"]["queryString"], json!([{"name": "x", "value": "1"}, {"name": "y", "value": ""}]));
    assert_eq!(first["request"]["url"], "http://tracker.test/v2/myself?x=1&y");
    assert_eq!(
        (&first["response"]["status"], &first["response"]["content"]["mimeType"]),
        (&json!(200), &json!("application/json"))
    );
    assert_eq!(second["request"]["postData"], json!({"mimeType": "", "text": "{\"text\":\"Hello\"}"}));
    assert_eq!(second["request"]["bodySize"], 16);
}

#[tokio::test]
async fn an_archive_names_the_parts_of_a_form() {
    let api = Api::new();
    let form = "--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nx\r\n--b\r\nContent-Disposition: form-data; \
                name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nHello\r\n--b--\r\n";
    let upload = Call::post("/v2/attachments/").header("content-type", "multipart/form-data; boundary=b").body(form);
    api.send(upload.request()).await;
    let archive = api.get("/_mock/requests?org=test&format=har").await.json();
    let expected = json!({"mimeType": "multipart/form-data; boundary=b", "params": [
        {"name": "note", "fileName": null, "contentType": null},
        {"name": "file", "fileName": "a.txt", "contentType": "text/plain"},
    ]});
    assert_eq!(archive["log"]["entries"][0]["request"]["postData"], expected);
}
