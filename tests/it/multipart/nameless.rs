//! Forms whose file has no name of its own, and inputs that were left empty.

use axum::http::StatusCode;
use serde_json::{Value, json};
use tracker_mock::{Config, Limits};

use super::last_record;
use crate::support::{Answer, Api, Form, content, images};

const NAMED: &str = "/v2/attachments/?filename=a.bin";
const PLAIN: &str = "Content-Disposition: form-data; name=\"file\"";
const OCTETS: &str = "Content-Disposition: form-data; name=\"file\"\r\nContent-Type: application/octet-stream";
const TEXT: &str = "Content-Disposition: form-data; name=\"comment\"";
const TYPED_TEXT: &str = "Content-Disposition: form-data; name=\"comment\"\r\nContent-Type: text/plain; charset=utf-8";
const FILE: &str = "Content-Disposition: form-data; name=\"file\"; filename=\"b.txt\"";
const EMPTY: &str =
    "Content-Disposition: form-data; name=\"second\"; filename=\"\"\r\nContent-Type: application/octet-stream";

fn form(parts: &[(&str, &[u8])]) -> Form {
    let [(headers, bytes), rest @ ..] = parts else { panic!("no parts") };
    rest.iter().fold(Form::part(headers, bytes), |form, (headers, bytes)| form.and_part(headers, bytes))
}

/// The upload was taken with this name and these bytes.
async fn assert_stored(api: &Api, answer: &Answer, name: &str, bytes: &[u8]) {
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    assert_eq!((&answer.json()["name"], &answer.json()["size"]), (&json!(name), &json!(bytes.len())));
    let state = api.state().await;
    assert_eq!(content(state["temporaryFiles"].as_array().and_then(|files| files.last()).expect("a file")), bytes);
}

/// The kinds of the deviations of the last upload.
async fn kinds(api: &Api) -> Vec<Value> {
    let deviations = last_record(api).await["deviations"].clone();
    deviations.as_array().expect("a list").iter().map(|deviation| deviation["kind"].clone()).collect()
}

#[tokio::test]
async fn a_query_names_the_part_that_has_no_name() {
    let png = images::png();
    for (what, parts, bytes) in [
        ("the only part, of text", vec![(PLAIN, &b"some text"[..])], &b"some text"[..]),
        ("the only part, empty", vec![(PLAIN, b"")], b""),
        ("the only part, of bytes", vec![(PLAIN, &png)], &png),
        ("by its type, behind a text", vec![(TEXT, b"a"), (OCTETS, b"some text")], b"some text"),
        ("by its type, before a text", vec![(OCTETS, b"some text"), (TYPED_TEXT, b"a")], b"some text"),
        ("by its bytes", vec![(TEXT, "отчёт\r\n".as_bytes()), (PLAIN, &png), (TEXT, b"a")], &png),
        ("bytes that are no UTF-8", vec![(TYPED_TEXT, b"a\xff"), (TEXT, b"a")], b"a\xff"),
        ("bytes that end within a character", vec![(TEXT, b"a\xd0"), (TEXT, b"a")], b"a\xd0"),
        ("a control character", vec![(TEXT, b"a\0"), (TEXT, b"a")], b"a\0"),
        ("beside an empty input", vec![(EMPTY, b""), (OCTETS, b"some text")], b"some text"),
    ] {
        let api = Api::new();
        let answer = api.post_form(NAMED, &form(&parts)).await;
        assert_stored(&api, &answer, "a.bin", bytes).await;
        let record = last_record(&api).await;
        let name = &record["upload"]["name"];
        assert_eq!((&name["value"], &name["from"]), (&json!("a.bin"), &json!("?filename=")), "{what}");
        let stored: Vec<_> = record["upload"]["parts"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|part| !part["sha-256"].is_null())
            .collect();
        assert_eq!(stored.iter().filter(|stored| **stored).count(), 1, "{what}");
        assert_eq!(kinds(&api).await.iter().filter(|kind| **kind == "unnamed-file").count(), 1, "{what}");
        assert_eq!(kinds(&api).await.len(), parts.len(), "{what}: the others were ignored");
    }
}

#[tokio::test]
async fn a_part_that_has_a_name_comes_before_those_without() {
    for parts in
        [vec![(OCTETS, &b"bytes"[..]), (FILE, b"file")], vec![(FILE, b"file"), (OCTETS, b"bytes"), (OCTETS, b"more")]]
    {
        let api = Api::new();
        let before = api.used_bytes();
        let answer = api.post_form(NAMED, &form(&parts)).await;
        assert_stored(&api, &answer, "a.bin", b"file").await;
        assert_eq!(kinds(&api).await, vec![json!("ignored-part"); parts.len() - 1]);
        api.reset_worlds();
        assert_eq!(api.used_bytes(), before);
    }
}

#[tokio::test]
async fn what_could_be_several_files_or_none_is_refused() {
    let no_file = "The multipart body has no file: no part has a filename in its Content-Disposition.";
    for (path, parts, message) in [
        (NAMED, vec![(OCTETS, &b"one"[..]), (OCTETS, b"other")], no_file),
        (NAMED, vec![(PLAIN, b"\0"), (OCTETS, b"other"), (OCTETS, b"third")], no_file),
        (NAMED, vec![(TEXT, b"one"), (PLAIN, b"other")], no_file),
        ("/v2/attachments/", vec![(OCTETS, b"\0")], no_file),
        ("/v2/attachments/", vec![(EMPTY, b""), (TEXT, b"text")], "The file name is empty."),
        ("/v2/attachments/", vec![(EMPTY, b"bytes"), (FILE, b"file")], "The file name is empty."),
        (
            "/v2/attachments/",
            vec![(FILE, b"file"), (EMPTY, b"bytes")],
            "The multipart body has more than one file; upload them one by one.",
        ),
    ] {
        let api = Api::new();
        let before = (api.state().await, api.used_bytes());
        let answer = api.post_form(path, &form(&parts)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text());
        let body = answer.json();
        let said = [&body["errorMessages"][0], &body["errors"]["file"]];
        assert!(said.contains(&&json!(message)), "{body}");
        answer.assert_error();
        assert_eq!((api.state().await, api.used_bytes()), before);
    }
}

/// A browser sends an empty part for an input that was left empty.
#[tokio::test]
async fn an_input_that_was_left_empty_is_no_second_file() {
    for (path, name) in [("/v2/attachments/", "b.txt"), (NAMED, "a.bin")] {
        for parts in [
            vec![(FILE, &b"file"[..]), (EMPTY, b"")],
            vec![(EMPTY, b""), (FILE, b"file")],
            vec![(EMPTY, b""), (FILE, b"file"), (EMPTY, b""), (TEXT, b"text")],
        ] {
            let api = Api::new();
            let answer = api.post_form(path, &form(&parts)).await;
            assert_stored(&api, &answer, name, b"file").await;
            assert_eq!(kinds(&api).await, vec![json!("ignored-part"); parts.len() - 1]);
        }
    }
    // By itself it is the file that the query names.
    for bytes in [&b""[..], b"bytes"] {
        let api = Api::new();
        let answer = api.post_form(NAMED, &form(&[(TEXT, b"text"), (EMPTY, bytes)])).await;
        assert_stored(&api, &answer, "a.bin", bytes).await;
    }
}

/// A file without a name may be as large as any other, and what is beside it may not.
#[tokio::test]
async fn a_file_without_a_name_has_the_limits_of_a_file() {
    let limits = set!(Limits::default(); max_file_bytes: 100_000, max_form_overhead_bytes: 5000);
    let large = vec![b'x'; 100_000];
    let too_large = vec![b'x'; 100_001];
    for (parts, status) in [
        (vec![(PLAIN, &large[..])], 201),
        (vec![(OCTETS, &large), (TEXT, b"text")], 201),
        (vec![(TEXT, b"text"), (OCTETS, &large)], 201),
        (vec![(PLAIN, &too_large)], 413),
        (vec![(OCTETS, &large[..90_000]), (TEXT, &large[..6000])], 400),
        (vec![(TEXT, &large[..6000]), (OCTETS, b"bytes")], 400),
        (vec![(OCTETS, &large[..6000]), (FILE, b"file")], 400),
        (vec![(OCTETS, &large[..6000]), (OCTETS, b"bytes"), (FILE, b"file")], 400),
        (vec![(OCTETS, b"bytes"), (OCTETS, b"bytes"), (FILE, &large)], 201),
    ] {
        let api = Api::with(set!(Config::default(); limits: limits.clone()));
        let before = api.used_bytes();
        let answer = api.post_form(NAMED, &form(&parts)).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
        if status == 201 {
            assert!(api.used_bytes() > before);
        } else {
            answer.assert_error();
            assert_eq!(api.used_bytes(), before);
        }
    }
}

/// Faults strike it at the end of the form, because which part is the file is not known before.
#[tokio::test]
async fn faults_find_a_file_without_a_name() {
    for (at, status) in [
        (json!({"request": "part-headers"}), 503),
        (json!({"request": {"afterFileBytes": 4}}), 503),
        (json!({"request": {"afterFileBytes": 5}}), 201),
        (json!("before"), 503),
    ] {
        let api = Api::new();
        let rules = json!({"rules": [{"match": {"file": "a.bin"}, "at": at, "do": {"status": 503}}]});
        assert_eq!(api.send_json("PUT", "/_mock/faults?org=test", &rules).await.status, StatusCode::OK);
        let answer = api.post_form(NAMED, &form(&[(TEXT, b"text"), (OCTETS, b"four")])).await;
        assert_eq!(answer.status.as_u16(), status, "{at}: {}", answer.text());
    }
}
