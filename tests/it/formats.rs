//! Records of the journal in the formats of other tools.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{Api, Call, Form};

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
  --data-binary '{"text":"It'\''s \"here\""}'
"#;
    assert_eq!(one(&api, 1, "curl").await, expected);

    let form = Form::file("../../it's.txt", b"text").and_part("Content-Disposition: form-data; name=\"note\"", b"x");
    api.post_form("/v2/attachments/", &form).await;
    let expected = r#"curl -X POST 'http://tracker.test/v2/attachments/' \
  -H 'authorization: OAuth ***' \
  -H 'x-org-id: test' \
  -H 'x-request-id: request-1' \
  -F 'file=@"it'\''s.txt";filename="../../it'\''s.txt"' \
  -F 'note='
"#;
    assert_eq!(one(&api, 2, "curl").await, expected);
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
