//! `tracker-mock verify`: recorded requests are sent again, and the answers compared.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Output;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use tracker_mock::TrackerMock;

use crate::support::Folder;
use crate::support::program::{self, text};

/// What was asked of a stand-in for the real service, as an HTTP archive has it.
struct Recorder {
    stand_in: TrackerMock,
    entries: Vec<Value>,
}

impl Recorder {
    async fn start() -> Self {
        Self { stand_in: TrackerMock::start().await.expect("a server"), entries: Vec::new() }
    }

    /// Asks, and keeps the exchange.
    async fn ask(&mut self, method: Method, path: &str, kind: &str, body: &str) -> Value {
        let url = format!("{}{path}", self.stand_in.url());
        let client = reqwest::Client::new();
        let request =
            client.request(method.clone(), &url).header("Authorization", "OAuth t").header("X-Org-ID", "real");
        let request = if kind.is_empty() { request } else { request.header("Content-Type", kind) };
        let answer = request.body(body.to_owned()).send().await.expect("an answer");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let bytes = answer.bytes().await.expect("a body");
        let pair = |name: &str, value: &str| json!({"name": name, "value": value});
        let headers: Vec<Value> =
            headers.iter().map(|(name, value)| pair(name.as_str(), value.to_str().expect("a text"))).collect();
        self.entries.push(json!({
            "request": {
                "method": method.as_str(), "url": url, "bodySize": body.len(),
                "headers": [pair("Authorization", "OAuth t"), pair("X-Org-ID", "real"), pair("Content-Type", kind)],
                "postData": {"mimeType": kind, "text": body},
            },
            "response": {
                "status": status, "headers": headers,
                "content": {"size": bytes.len(), "text": STANDARD.encode(&bytes), "encoding": "base64"},
            },
        }));
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    async fn get(&mut self, path: &str) -> Value {
        self.ask(Method::GET, path, "", "").await
    }

    async fn upload(&mut self, path: &str, name: &str) -> Value {
        let form = format!(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\nHello\r\n--b--\r\n"
        );
        self.ask(Method::POST, path, "multipart/form-data; boundary=b", &form).await
    }

    /// Changes the JSON of a kept answer.
    fn alter(&mut self, index: usize, change: impl FnOnce(&mut Value)) {
        let content = &mut self.entries[index]["response"]["content"];
        let bytes = STANDARD.decode(content["text"].as_str().expect("a text")).expect("base64");
        let mut body: Value = serde_json::from_slice(&bytes).expect("JSON");
        change(&mut body);
        *content = json!({"size": 0, "text": body.to_string()});
    }

    fn archive(&self) -> String {
        json!({"log": {"version": "1.2", "entries": self.entries}}).to_string()
    }
}

/// A walk through uploads, files of a project and of an issue that exists in no other world, comments and refusals.
async fn walk() -> Recorder {
    let mut recorder = Recorder::start().await;
    let file = recorder.upload("/v2/attachments/", "отчёт.txt").await;
    let id = file["id"].as_str().expect("an id");
    let project =
        recorder.ask(Method::POST, "/v3/entities/project", "application/json", r#"{"fields":{"summary":"P"}}"#).await;
    let project = project["id"].as_str().expect("an id");
    recorder.ask(Method::POST, &format!("/v2/entities/project/{project}/attachments/{id}?notify=false"), "", "").await;
    recorder.ask(Method::POST, &format!("/v2/entities/project/{project}/attachments/{id}"), "", "").await;
    recorder.get(&format!("/v2/entities/project/{project}?expand=attachments&fields=summary")).await;
    let issue = r#"{"queue":"TREK","summary":"I","assignee":"lead","type":{"key":"bug"}}"#;
    let issue = recorder.ask(Method::POST, "/v2/issues/", "application/json", issue).await;
    let key = issue["key"].as_str().expect("a key").to_owned();
    let mut last = String::new();
    for name in ["a.txt", "b.txt", "c.txt", "d.txt", "e.txt"] {
        let file = recorder.upload(&format!("/v2/issues/{key}/attachments/"), name).await;
        last = file["id"].as_str().expect("an id").to_owned();
    }
    recorder.get(&format!("/v2/issues/{key}/attachments")).await;
    recorder.get(&format!("/v2/issues/{key}/attachments/{last}/e.txt")).await;
    recorder.ask(Method::DELETE, &format!("/v2/issues/{key}/attachments/{last}/"), "", "").await;
    recorder.get(&format!("/v2/issues/{key}/attachments/{last}")).await;
    recorder.get("/v2/issues/NONE-1/attachments").await;
    let comment =
        recorder.ask(Method::POST, &format!("/v2/issues/{key}/comments"), "application/json", r#"{"text":"C"}"#).await;
    recorder.get(&format!("/v2/issues/{key}/comments/{}", comment["id"])).await;
    recorder
}

/// The verdicts on files, by what they are called, and how the program ended.
fn verify(files: &[(&str, &str)], options: &[&str]) -> (Vec<Value>, Output) {
    let folder = Folder::new();
    let paths: Vec<PathBuf> = files.iter().map(|(name, content)| folder.write(name, content.as_bytes())).collect();
    let report = folder.path().join("report.json");
    let mut arguments = vec!["verify", "--json", report.to_str().expect("UTF-8")];
    arguments.extend(options);
    arguments.extend(paths.iter().map(|path| path.to_str().expect("UTF-8")));
    let ran = program::run(&arguments, &[]);
    let found = std::fs::read(&report).map(|bytes| serde_json::from_slice(&bytes).expect("JSON"));
    (found.unwrap_or_default(), ran)
}

/// The verdicts that are not `same`: the case, the verdict, and what differs or why it cannot be told.
fn others(found: &[Value]) -> Vec<String> {
    let told = |finding: &Value| {
        let differences = finding["differences"].as_array().expect("a list").iter();
        let known = finding["known"].as_array().expect("a list").iter().map(|pair| &pair[0]);
        let mut told: Vec<String> = differences
            .chain(known)
            .map(|one| format!("{} {}: {} / {}", one["what"], one["at"], one["theirs"], one["ours"]).replace('"', ""))
            .collect();
        told.extend(finding["why"].as_str().map(str::to_owned));
        format!("{} {}: {}", finding["case"], finding["verdict"], told.join("; ")).replace('"', "")
    };
    found.iter().filter(|finding| finding["verdict"] != "same").map(told).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_like_those_of_the_stand_in_are_the_same() {
    let recorder = walk().await;
    let (found, ran) = verify(&[("walk.har", &recorder.archive())], &[]);
    assert_eq!(others(&found), Vec::<String>::new());
    assert_eq!((found.len(), ran.status.code()), (recorder.entries.len(), Some(0)));
    let shown = text(&ran.stdout);
    assert!(
        shown.starts_with("1 upload_temp_file      same\n2 create_entity         same\n3 attach_file           same\n"),
        "{shown}"
    );
    assert!(shown.contains("\n18 cases: 18 same\n"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_differs_is_told_at_its_place() {
    let mut recorder = walk().await;
    recorder.entries[3]["response"]["status"] = json!(409);
    recorder.alter(0, |file| file["size"] = json!("5"));
    recorder.alter(1, |project| {
        project.as_object_mut().expect("an object").shift_remove("version");
    });
    recorder.alter(2, |project| project["createdAt"] = json!("2024-01-13T14:06:29Z"));
    recorder.alter(4, |project| {
        let project = project.as_object_mut().expect("an object");
        let id = project.shift_remove("id").expect("an id");
        project.insert("id".to_owned(), id);
    });
    (6..11).for_each(|index| recorder.alter(index, |file| file["shared"] = json!(false)));
    recorder.alter(11, |files| files[0]["extra"] = json!(false));
    recorder.alter(12 + 1 + 2 + 1, |comment| comment["self"] = json!("https://api.tracker.yandex.net/v2/issues/A-1"));
    recorder.entries[12]["response"]["headers"] = json!([{"name": "Content-Type", "value": "text/html"}]);
    recorder.entries[13]["response"]["content"] = json!({"size": 2, "text": "{}"});
    let (found, ran) = verify(&[("walk.har", &recorder.archive())], &[]);
    let missing = |index| format!("{index} upload_to_issue differs: missing $.shared: boolean / absent");
    let mut expected = vec![
        "1 upload_temp_file differs: type $.size: decimal / integer".to_owned(),
        "2 create_entity differs: extra $.version: absent / integer".to_owned(),
        "3 attach_file differs: type $.createdAt: time .0 Z / time .3 +0000".to_owned(),
        "4 attach_file differs: status : 409 / 422".to_owned(),
        "5 get_entity differs: order $: version / id".to_owned(),
    ];
    expected.extend((7..12).map(missing));
    expected.extend([
        // What one answer has alone is not required, nor is what an element has alone.
        "13 download_issue_file differs: header accept-ranges: absent / bytes; header cache-control: absent / no-cache, \
         private; header content-disposition: absent / attachment; filename=\\ASCII\\; filename*=ASCII; header content-type: \
         text/html / text/plain; header etag: absent / tag; header last-modified: absent / HTTP date"
            .to_owned(),
        "14 delete_issue_file differs: body : JSON / nothing".to_owned(),
        "17 add_issue_comment differs: type $.self: url /v2/issues/{key} / url /v2/issues/{key}/comments/{id}".to_owned(),
    ]);
    assert_eq!(others(&found), expected);
    assert_eq!(ran.status.code(), Some(1));
    let shown = text(&ran.stdout);
    for sentence in [
        "status: the service answers 409, tracker-mock 422",
        "body: the service sends JSON, tracker-mock nothing",
        "missing: $.shared is boolean in the service, and tracker-mock lacks it",
        "extra: $.version is integer in tracker-mock, and the service lacks it",
        "type: $.size is decimal in the service, and integer in tracker-mock",
        "order: in $, version is where tracker-mock has id",
        "header: etag is absent in the service, and tag in tracker-mock",
    ] {
        assert!(shown.contains(&format!("\n    {sentence}\n")), "{sentence}: {shown}");
    }
    assert!(shown.ends_with("tracker-mock answers otherwise than the service, so the exit code is 1.\n"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_that_is_known_has_its_row() {
    let mut recorder = Recorder::start().await;
    // What the service refuses is known only if it succeeds here.
    for (method, path, status) in [
        (Method::GET, "/v2/myself", 401),
        (Method::GET, "/v2/issues/JUNE-2", 403),
        (Method::POST, "/v2/attachments/", 429),
        (Method::POST, "/v2/attachments/", 403),
        (Method::GET, "/v2/issues/JUNE-2", 404),
    ] {
        recorder.ask(method, path, "", "").await;
        recorder.entries.last_mut().expect("an entry")["response"]["status"] = json!(status);
    }
    let (found, ran) = verify(&[("known.har", &recorder.archive())], &[]);
    assert_eq!(
        others(&found),
        [
            "1 get_myself known: status : 401 / 200",
            "2 get_issue known: status : 403 / 200",
            "3 upload_temp_file known: status : 429 / 400",
            "4 upload_temp_file differs: status : 403 / 400",
            "5 get_issue differs: status : 404 / 200",
        ]
    );
    let rows: Vec<_> = found[..3].iter().map(|finding| &finding["known"][0][1]).collect();
    assert_eq!(rows, ["Meaning of a token", "Permissions", "Presets"]);
    assert_eq!(ran.status.code(), Some(1));
    assert!(text(&ran.stdout).contains("; see \"Permissions\" in docs/fidelity.md\n"), "{}", text(&ran.stdout));
    recorder.entries.truncate(3);
    assert_eq!(verify(&[("known.har", &recorder.archive())], &[]).1.status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_compared_says_why() {
    let mut recorder = Recorder::start().await;
    recorder.get("/v2/boards/1").await;
    recorder.upload("/v2/attachments/", "a.txt").await;
    recorder.get("/v2/myself").await;
    recorder.entries[1]["request"]["postData"] = json!(null);
    recorder.entries[2]["response"]["status"] = json!(0);
    recorder.get("/elsewhere").await;
    let (found, ran) = verify(&[("cannot.har", &recorder.archive())], &[]);
    assert_eq!(
        others(&found),
        [
            "1 GET /v2/boards/1 cannot-compare: no such operation is emulated",
            "2 upload_temp_file cannot-compare: the recording does not have the whole body of the request",
            "3 get_myself cannot-compare: the recording has no answer",
        ]
    );
    assert_eq!(ran.status.code(), Some(1));
    let shown = text(&ran.stdout);
    let expected = "3 cases: 3 cannot-compare\n\
                    1 exchange is with another server, and is left out.\n\
                    Nothing could be compared, so the exit code is 1.\n";
    assert!(shown.ends_with(expected), "{shown}");
}

/// Shapes have no values: what a request said is made up, and what its answer then says is not held against anybody.
#[test]
fn a_recording_without_values_is_sent_with_made_up_ones() {
    let line = |operation: &str, method: &str, path: &str, request: Value, status: u16, paths: Value| {
        json!({
            "format": 1, "operation": operation, "method": method, "path": path, "query": [],
            "requestHeaders": [["authorization", "oauth"], ["content-type", "application/json"]], "request": request,
            "status": status, "headers": [], "body": {"kind": "json", "paths": paths},
        })
        .to_string()
    };
    let form = json!({"kind": "form", "closed": true, "parts": [
        {"name": "file", "filename": "UTF-8, text 1-16", "contentType": "image/png", "content": "image/png, below 1 MiB"},
    ]});
    let cut = json!({"kind": "form", "closed": false, "parts": [{"name": "file", "filename": "ASCII, text 1-16", "content": "cut off"}]});
    let error = json!([
        ["$", "object"],
        ["$.errors", "object"],
        ["$.errorMessages", "array"],
        ["$.errorMessages[]", "text 17-64"],
        ["$.statusCode", "integer"]
    ]);
    let comment = json!({"kind": "json", "paths": [["$", "object"], ["$.text", "text 17-64"], ["$.attachmentIds", "array"],
                                                   ["$.attachmentIds[]", "decimal #2"]]});
    let issue = json!({"kind": "json", "paths": [["$", "object"], ["$.queue", "text 1-16"], ["$.summary", "text 1-16"],
                                                 ["$.type", "text 1-16"]]});
    let wrong = json!({"kind": "json", "paths": [["$", "object"], ["$.status", "text 1-16"]]});
    let empty = json!({"kind": "empty"});
    let created = json!([
        ["$", "object"],
        ["$.self", "url /v2/attachments/{fileId}"],
        ["$.id", "decimal #2"],
        ["$.thumbnail", "url /v2/thumbnails/{fileId}"],
        ["$.mimetype", "image/png"],
        ["$.metadata", "object"],
    ]);
    let lines = [
        line("upload_temp_file", "POST", "/v2/attachments", form, 201, created),
        line("upload_temp_file", "POST", "/v2/attachments", cut, 400, error.clone()),
        line(
            "add_issue_comment",
            "POST",
            "/v2/issues/{key#1}/comments",
            comment,
            201,
            json!([["$", "object"], ["$.id", "integer #3"]]),
        ),
        line(
            "get_issue_comment",
            "GET",
            "/v2/issues/{key#1}/comments/{id#3}",
            empty.clone(),
            200,
            json!([["$", "object"]]),
        ),
        line("get_issue_comment", "GET", "/v2/issues/{key#1}/comments/{id#9}", empty.clone(), 404, error),
        line(
            "get_entity_file",
            "GET",
            "/v2/entities/goal/{id#4}/attachments/{fileId#5}",
            empty,
            200,
            json!([["$", "object"]]),
        ),
        line("create_issue", "POST", "/v2/issues", issue, 201, json!([["$", "object"], ["$.key", "issue-key #6"]])),
        line("update_issue", "PATCH", "/v2/issues/{key#6}", wrong, 200, json!([["$", "object"]])),
    ];
    let (found, ran) = verify(&[("shapes.ndjson", &lines.join("\n"))], &[]);
    let verdicts: Vec<&str> = found.iter().map(|finding| finding["verdict"].as_str().expect("a text")).collect();
    // The recorded answers have few paths of those that ours have, which is what differs where nothing else does.
    assert_eq!(
        verdicts,
        ["differs", "same", "differs", "differs", "same", "differs", "differs", "cannot-compare"],
        "{}",
        text(&ran.stdout)
    );
    let kinds = |finding: &Value| {
        let kinds = finding["differences"].as_array().expect("a list").iter().map(|one| one["what"].to_string());
        kinds.collect::<BTreeSet<_>>()
    };
    for index in [0, 2, 3, 5, 6] {
        assert_eq!(kinds(&found[index]), BTreeSet::from(["\"extra\"".to_owned()]), "{}", found[index]);
    }
    assert_eq!(found[7]["why"], "the recording has no values, and with made-up ones the answer is 422 and not 200");
}

/// As vcrpy writes it: a text, bytes in base64, an answer that gzip packed, and no secrets.
#[test]
fn a_cassette_is_read() {
    let form = STANDARD.encode(
        b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\r\n\xff\x00\r\n--b--\r\n",
    );
    let mut packed = Vec::new();
    let body = br#"{"errors":{},"errorMessages":["x"],"statusCode":404}"#;
    let mut encoder = flate2::read::GzEncoder::new(&body[..], flate2::Compression::default());
    std::io::Read::read_to_end(&mut encoder, &mut packed).expect("packed");
    let packed = STANDARD.encode(packed);
    let cassette = format!(
        "interactions:\n- request:\n    body: !!binary |\n      {form}\n    headers:\n      Content-Type:\n      - multipart/form-data; \
         boundary=b\n    method: POST\n    uri: https://api.tracker.yandex.net/v2/attachments/\n  response:\n    body:\n      string: \
         '{{\"id\":7}}'\n    headers:\n      Content-Type:\n      - application/json\n    status:\n      code: 201\n      message: Created\n\
         - request:\n    body: null\n    headers: {{}}\n    method: GET\n    uri: \
         https://api.tracker.yandex.net/v2/issues/NONE-1\n  response:\n    body:\n      string: !!binary |\n        {packed}\n    \
         headers:\n      Content-Encoding:\n      - gzip\n      Content-Type:\n      - application/json\n    status:\n      code: \
         404\n      message: Not Found\nversion: 1\n"
    );
    let (found, ran) = verify(&[("cassette.yaml", &cassette)], &[]);
    let shown = text(&ran.stdout);
    assert_eq!(
        found[0]["differences"][0],
        json!({"what": "type", "at": "$.id", "theirs": "integer", "ours": "decimal"}),
        "{shown}"
    );
    let marked = verify(&[("cassette.yaml", &format!("\u{feff}{cassette}"))], &[]);
    assert_eq!(marked.0, found, "a byte order mark is skipped");
    assert_eq!((found.len(), &found[1]["verdict"]), (2, &json!("same")), "{shown}");
}

/// Browsers leave out bodies that they have not kept. Then the statuses and headers are compared, which is not all.
#[tokio::test(flavor = "multi_thread")]
async fn an_archive_may_be_without_bodies() {
    let mut recorder = Recorder::start().await;
    recorder.get("/v2/myself").await;
    recorder.get("/v2/issues/NONE-1").await;
    recorder.ask(Method::DELETE, "/v2/issues/JUNE-2/attachments/999", "", "").await;
    for entry in &mut recorder.entries {
        entry["response"].as_object_mut().expect("an object").shift_remove("content");
    }
    recorder.entries[1]["response"]["content"] = json!({"size": 500});
    recorder.entries[2]["response"] = json!({"status": 204, "headers": []});
    let (found, ran) = verify(&[("bare.har", &recorder.archive())], &[]);
    let why = "the file does not have the body of the answer; nothing else differs";
    let expected = [format!("1 get_myself cannot-compare: {why}"), format!("2 get_issue cannot-compare: {why}")];
    assert_eq!(others(&found), expected);
    assert_eq!((found.len(), ran.status.code()), (3, Some(0)));
    recorder.entries.truncate(2);
    assert_eq!(verify(&[("bare.har", &recorder.archive())], &[]).1.status.code(), Some(1));
}

/// Of an answer that is cut, what is there is compared. That is not enough to say that the whole is the same.
#[tokio::test(flavor = "multi_thread")]
async fn the_beginning_of_an_answer_is_compared() {
    let mut recorder = Recorder::start().await;
    recorder.get("/v2/fields").await;
    let whole = STANDARD.decode(recorder.entries[0]["response"]["content"]["text"].as_str().expect("a text"));
    let whole = String::from_utf8(whole.expect("base64")).expect("UTF-8");
    let mut found_in = |text: &str, size: usize| {
        recorder.entries[0]["response"]["content"] = json!({"size": size, "text": text});
        let (found, ran) = verify(&[("cut.har", &recorder.archive())], &[]);
        assert_eq!(ran.status.code(), Some(1));
        others(&found)
    };
    let unlike = whole.replace("\"id\":\"", "\"id\":true,\"was\":\"");
    let size = whole.len();
    let beginning = "1 list_fields cannot-compare: the file has the beginning of the answer alone, and no more could be \
                     compared; nothing else differs";
    // Wherever the cut is: in a text, behind a name, between two members.
    for end in (990..1040).step_by(3) {
        assert_eq!(found_in(&whole[..whole.floor_char_boundary(end)], size), [beginning]);
    }
    let found = found_in(&unlike[..unlike.floor_char_boundary(2000)], size);
    assert!(found.len() == 1 && found[0].starts_with("1 list_fields differs: type $[].id: boolean / "), "{found:?}");
    assert_eq!(found_in("<html>", 6), ["1 list_fields differs: body : bytes / JSON"]);
    let none = "1 list_fields cannot-compare: the file does not have the body of the answer; nothing else differs";
    assert_eq!(found_in("<html>", size), [none]);
}

/// Some archives name the type of a body beside it alone, and some have no body.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_sent_whole_or_not_at_all() {
    let mut recorder = Recorder::start().await;
    recorder.upload("/v2/attachments/", "a.txt").await;
    recorder.upload("/v2/attachments/", "b.txt").await;
    recorder.upload("/v2/attachments/", "c.txt").await;
    recorder.ask(Method::POST, "/v2/issues/JUNE-2/comments", "application/json", r#"{"text":"C"}"#).await;
    for index in [0, 2] {
        let headers = recorder.entries[index]["request"]["headers"].as_array_mut().expect("a list");
        headers.retain(|header| header["name"] != "Content-Type");
    }
    for index in 1..4 {
        let request = recorder.entries[index]["request"].as_object_mut().expect("an object");
        request.shift_remove("bodySize");
        if let Some(mime_type) = request.shift_remove("postData").and_then(|data| data.get("mimeType").cloned()) {
            request.insert("postData".to_owned(), json!({"mimeType": mime_type}));
        }
    }
    recorder.entries[1]["request"]["postData"] = Value::Null;
    let (found, ran) = verify(&[("requests.har", &recorder.archive())], &[]);
    let why = "cannot-compare: the recording does not have the whole body of the request";
    let expected =
        ["2 upload_temp_file", "3 upload_temp_file", "4 add_issue_comment"].map(|case| format!("{case} {why}"));
    assert_eq!((others(&found), ran.status.code()), (expected.to_vec(), Some(0)));
}

/// An archive of ours names the parts of forms, and has nothing of what was in them. Of an answer it has the first KiB,
/// if that is JSON.
#[tokio::test(flavor = "multi_thread")]
async fn the_archive_of_a_journal_is_read_too() {
    let recorder = walk().await;
    let (found, ran) = verify(&[("own.har", &recorder.stand_in.har())], &[]);
    let others: Vec<String> =
        others(&found).iter().filter_map(|told| Some(told.split_once(';')?.0.to_owned())).collect();
    let beginning = "cannot-compare: the file has the beginning of the answer alone, and no more could be compared";
    let expected = [
        format!("6 create_issue {beginning}"),
        format!("12 list_issue_files {beginning}"),
        "13 download_issue_file cannot-compare: the file does not have the body of the answer".to_owned(),
    ];
    assert_eq!(others, expected);
    assert_eq!((found.len(), ran.status.code()), (recorder.entries.len(), Some(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn several_files_have_worlds_of_their_own() {
    let recorder = walk().await;
    let archive = recorder.archive();
    let (found, ran) = verify(&[("one.har", &archive), ("two.har", &archive)], &["--junit", "/dev/stderr"]);
    assert_eq!(others(&found), Vec::<String>::new());
    assert_eq!(found.len(), 36);
    assert!(found[20]["case"].as_str().expect("a text").ends_with("two.har:3 attach_file"), "{}", found[20]);
    assert!(text(&ran.stderr).contains("<testsuite name=\"tracker-mock verify\" tests=\"36\" failures=\"0\">"));
}

#[test]
fn files_that_are_none_are_said_in_one_line() {
    let folder = Folder::new();
    let none = "it is no recording of tracker-mock, no HTTP archive, and no cassette of vcrpy";
    for (content, expected) in [
        ("", none.to_owned()),
        ("just text", none.to_owned()),
        ("[]", none.to_owned()),
        (r#"{"format": 1}"#, "line 1: missing field `method` at line 1 column 13".to_owned()),
        (r#"{"log": {"entries": [{}]}}"#, "it looks like an HTTP archive, but missing field `request`".to_owned()),
        ("interactions:\n- request: 1\n", "interaction 1 is not as vcrpy writes it".to_owned()),
    ] {
        let path = folder.write("file", content.as_bytes());
        let ran = program::run(&["verify", path.to_str().expect("UTF-8")], &[]);
        let expected = format!("tracker-mock: {}: {expected}\n", path.display());
        assert_eq!((text(&ran.stderr), ran.status.code()), (expected, Some(2)), "{content}");
    }
    let ran = program::run(&["verify", "/does/not/exist"], &[]);
    let expected = "tracker-mock: cannot read /does/not/exist: No such file or directory (os error 2)\n";
    assert_eq!((text(&ran.stderr).as_str(), ran.status.code()), (expected, Some(2)));
    let ran = program::run(&["verify"], &[]);
    assert_eq!(ran.status.code(), Some(2));
}
