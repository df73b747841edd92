//! The traces that uploads leave in the journal, good and bad ones, and where faults strike.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tracker_mock::{Config, Limits};
use twox_hash::XxHash3_128;

use super::{last_upload, part};
use crate::support::{Api, Form, WORLD_BYTES, request};

const FILE: &str = "Content-Disposition: form-data; name=\"file\"; filename=\"a.txt\"";
const TEXT: &str = "Content-Disposition: form-data; name=\"comment\"";

/// What is charged for a stored file beside its bytes.
const FILE_RECORD_BYTES: u64 = 512;

fn limited() -> Api {
    let limits = set!(Limits::default();
        max_file_bytes: 1_000_000,
        max_memory_bytes: 2_000_000,
        max_part_header_bytes: 3000,
        max_form_overhead_bytes: 5000,
        max_parts: 40,
    );
    Api::with(set!(Config::default(); limits))
}

fn form(parts: &[Vec<u8>]) -> Vec<u8> {
    [&parts.concat()[..], b"--XYZ--\r\n"].concat()
}

/// An upload whose body comes in pieces. After the last one it ends, or stalls for ever.
fn upload(body: &[u8], size: usize, is_stuck: bool) -> Request<Body> {
    let pieces: Vec<_> =
        body.chunks(size).map(|piece| Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece))).collect();
    let rest = if is_stuck { stream::pending().left_stream() } else { stream::empty().right_stream() };
    let body = Body::from_stream(stream::iter(pieces).chain(rest));
    let request = request(Method::POST, "/v2/attachments/").header("Content-Type", "multipart/form-data; boundary=XYZ");
    request.body(body).expect("a good request")
}

/// What the journal shows of the upload of this body.
async fn uploaded(api: &Api, body: &[u8]) -> Value {
    api.send(upload(body, 1000, false)).await;
    last_upload(api).await
}

/// The rule that a body broke, and where.
async fn broken(body: &[u8]) -> (String, u64) {
    let api = limited();
    let before = api.used_bytes();
    let trace = uploaded(&api, body).await;
    assert_eq!(api.used_bytes(), before);
    refusal(&trace)
}

fn refusal(trace: &Value) -> (String, u64) {
    let Value::Object(refused) = &trace["refused"] else { panic!("{trace}") };
    assert!(refused["message"].as_str().is_some_and(|message| !message.is_empty()));
    (refused["rule"].as_str().expect("a rule").to_owned(), number(&refused["at"]))
}

fn number(value: &Value) -> u64 {
    value.as_u64().expect("a number")
}

fn xxh3_128(content: &[u8]) -> Value {
    format!("{:032x}", XxHash3_128::oneshot(content)).into()
}

fn sha_256(content: &[u8]) -> Value {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}

#[tokio::test]
async fn all_of_a_good_form() {
    let file_headers = format!("{FILE}; filename*=UTF-8''b.txt\r\nContent-Type: text/plain");
    let body = form(&[part(TEXT, b"some text"), part(&file_headers, b"content"), part(TEXT, b"")]);
    let body = [b"preamble\r\n", &body[..], b"epilogue"].concat();
    let trace = uploaded(&limited(), &body).await;
    assert_eq!(trace["refused"], Value::Null);
    assert_eq!((&trace["preambleBytes"], &trace["epilogueBytes"]), (&json!(10), &json!(8)));
    assert_eq!((&trace["bodyBytes"], &trace["partCount"]), (&json!(body.len()), &json!(3)));
    assert_eq!((&trace["name"]["value"], &trace["name"]["from"]), (&json!("b.txt"), &json!("filename*")));
    let parts = trace["parts"].as_array().expect("a list");
    let contents = [(&b"some text"[..], Value::Null), (b"content", sha_256(b"content")), (b"", Value::Null)];
    assert_eq!(parts.len(), contents.len());
    for (part, (content, sha_256)) in parts.iter().zip(contents) {
        assert_eq!((&part["xxh3-128"], &part["sha-256"]), (&xxh3_128(content), &sha_256));
        let [at, content_at, bytes] = ["at", "contentAt", "bytes"].map(|member| number(&part[member]) as usize);
        assert_eq!(body[content_at..][..bytes], *content);
        assert!(body[at..].starts_with(b"--XYZ\r\n"));
        assert_eq!(content_at - number(&part["headerBytes"]) as usize - at, 7);
        assert_eq!(part["complete"], true);
    }
    let names = ["name", "filename", "filename*", "contentType"].map(|member| &parts[1][member]);
    assert_eq!(names, ["file", "a.txt", "UTF-8''b.txt", "text/plain"]);
    assert_eq!(parts[2]["filename"], Value::Null);
}

#[tokio::test]
async fn each_rule_has_its_name_and_its_place() {
    let good = form(&[part(FILE, b"content")]);
    let at = |needle: &str, body: &[u8]| {
        body.windows(needle.len()).position(|window| window == needle.as_bytes()).expect("it is in there") as u64
    };
    let other = [&part(FILE, b"content")[..], b"--XYZ1\r\n"].concat();
    let two = form(&[part(FILE, b"content"), part(FILE, b"")]);
    let headers_too_large = format!("{FILE}\r\nA: {}", "a".repeat(3000));
    let largest_headers = format!("{FILE}\r\nA: {}", "a".repeat(3000 - FILE.len() - "\r\nA: \r\n".len()));
    let file_end = at("\r\n--XYZ--", &good);
    let many = vec![part(TEXT, b""); 41];
    let too_large = form(&[part(FILE, &vec![b'x'; 1_000_001])]);
    for (body, rule, place) in [
        (Vec::new(), "cut-off", 0),
        (good[..good.len() - 3].to_vec(), "cut-off", good.len() as u64 - 3),
        (good[..30].to_vec(), "cut-off", 30),
        (b"--XYZ--".to_vec(), "no-file-part", 7),
        (other.clone(), "bad-boundary-line", at("1\r\n", &other)),
        (two, "two-file-parts", part(FILE, b"content").len() as u64),
        (form(&[part(&headers_too_large, b"")]), "part-headers-too-large", 3007),
        (form(&[part(format!("{largest_headers}a"), b"")]), "part-headers-too-large", 3007),
        ([&[b'p'; 6000], &good[..]].concat(), "too-much-beside-file", 5000),
        ([&good[..], &[b'e'; 5000]].concat(), "too-much-beside-file", file_end + 5000),
        (form(&many), "too-many-parts", many[..40].concat().len() as u64),
        (too_large.clone(), "file-too-large", at("xxx", &too_large) + 1_000_000),
    ] {
        assert_eq!(broken(&body).await, (rule.to_owned(), place));
    }
    for (headers, rule) in [
        ("no colon", "bad-part-headers"),
        ("A: b\n\nmore", "bad-part-headers"),
        (&*"A: b\r\n".repeat(33), "too-many-part-headers"),
        ("Content-Disposition: a\r\ncontent-disposition: a", "repeated-part-header"),
        (&*format!("{FILE}\r\nContent-Type: a/b\r\nContent-Type: a/b"), "repeated-part-header"),
        ("Content-Disposition: form-data; filename=\"a", "bad-disposition"),
        ("Content-Disposition: form-data; filename=\"\"", "bad-name"),
        ("Content-Disposition: form-data; filename=\"a\u{7f}\"", "bad-part-headers"),
    ] {
        let body = form(&[part(TEXT, b""), part(headers, b"")]);
        assert_eq!(broken(&body).await, (rule.to_owned(), part(TEXT, b"").len() as u64 + 7), "{headers}");
    }
    let exact = uploaded(&limited(), &form(&[part(&largest_headers, b"")])).await;
    assert_eq!(exact["refused"], Value::Null);
}

#[tokio::test]
async fn what_is_refused_before_it_is_read() {
    for (content_type, rule) in [("text/plain", "content-type"), ("multipart/form-data", "missing-boundary")] {
        let api = limited();
        let upload = request(Method::POST, "/v2/attachments/").header("Content-Type", content_type);
        api.send(upload.body(Body::from("body")).expect("a good request")).await;
        let trace = last_upload(&api).await;
        assert_eq!(refusal(&trace), (rule.to_owned(), 0));
        assert_eq!((&trace["bodyBytes"], &trace["partCount"]), (&json!(0), &json!(0)));
    }
}

/// Bytes that were taken and not kept have a digest too, small ones at once and large ones a little later.
#[tokio::test]
async fn refused_bytes_have_a_digest_and_their_memory_is_free() {
    for size in [0, 1, 1500, 500_000, 17_000_000] {
        let content = vec![b'x'; size];
        let api = Api::new();
        let before = api.used_bytes();
        let trace = uploaded(&api, &form(&[part(FILE, &content), part(FILE, b"another")])).await;
        assert_eq!(refusal(&trace).0, "two-file-parts");
        while api.used_bytes() > before {
            tokio::task::yield_now().await;
        }
        for trace in [trace, last_upload(&api).await] {
            let (part, other) = (&trace["parts"][0], &trace["parts"][1]);
            assert_eq!((&part["xxh3-128"], &part["sha-256"]), (&xxh3_128(&content), &Value::Null));
            assert_eq!(part["bytes"], size);
            assert_eq!((&other["xxh3-128"], &other["sha-256"]), (&Value::Null, &Value::Null));
        }
    }
}

#[tokio::test]
async fn a_digest_survives_the_file_if_it_was_asked_for() {
    let api = limited();
    let before = api.used_bytes();
    let asked = uploaded(&api, &form(&[part(FILE, b"content")])).await;
    assert_eq!(asked["parts"][0]["xxh3-128"], xxh3_128(b"content"));
    api.reset_worlds();
    assert_eq!(api.used_bytes(), before);
    let part = &last_upload(&api).await["parts"][0];
    assert_eq!((&part["xxh3-128"], &part["sha-256"]), (&Value::Null, &sha_256(b"content")));
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_a_trace() {
    let api = limited();
    let before = api.used_bytes();
    let body = [part(TEXT, b"text"), part(FILE, b"content")].concat();
    assert!(api.send(upload(&body, 10, true)).now_or_never().is_none());
    let trace = last_upload(&api).await;
    assert_eq!(refusal(&trace), ("cut-off".to_owned(), body.len() as u64));
    assert_eq!((&trace["bodyBytes"], &trace["epilogueBytes"]), (&json!(body.len()), &Value::Null));
    let file = &trace["parts"][1];
    // The line break behind it may belong to a boundary.
    assert_eq!((&file["bytes"], &file["complete"]), (&json!(7), &json!(false)));
    assert_eq!(file["xxh3-128"], xxh3_128(b"content"));
    assert_eq!(api.used_bytes(), before);
}

/// The journal keeps no more than what the limit of memory leaves, so a record that is still there is smaller.
#[tokio::test]
async fn a_record_is_bounded() {
    let name = "n".repeat(1200);
    let headers = format!("Content-Disposition: form-data; name=\"{name}\"\r\nContent-Type: {name}");
    let parts = [vec![part(&headers, b"text"); 500], vec![part(FILE, b"content")]].concat();
    let max_memory_bytes = Api::new().used_bytes() + WORLD_BYTES + 200_000;
    let limits = set!(Limits::default(); max_form_overhead_bytes: u64::MAX, max_parts: 1000, max_memory_bytes);
    let api = Api::with(set!(Config::default(); limits));
    let trace = uploaded(&api, &form(&parts)).await;
    assert_eq!(trace["refused"], Value::Null);
    assert_eq!((trace["parts"].as_array().map(Vec::len), &trace["partCount"]), (Some(32), &json!(501)));
    let [name, content_type] = ["name", "contentType"].map(|member| trace["parts"][0][member].as_str());
    assert_eq!((name.map(str::len), content_type.map(str::len)), (Some(1024), Some(1024)));
}

async fn arm(api: &Api, at: &Value, action: &Value) {
    let rules = json!({"rules": [{"match": {"file": "a.txt"}, "at": at, "do": action}]});
    let answer = api.send_json("PUT", "/_mock/faults?org=test", &rules).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
}

#[tokio::test(start_paused = true)]
async fn a_fault_strikes_exactly_where_it_waits() {
    let body = form(&[part(FILE, &[b'x'; 3000]), part(TEXT, b"text")]);
    for (at, taken) in [
        (json!({"request": "part-headers"}), Some(0)),
        (json!({"request": {"afterFileBytes": 0}}), Some(0)),
        (json!({"request": {"afterFileBytes": 1}}), Some(1)),
        (json!({"request": {"afterFileBytes": 1234}}), Some(1234)),
        (json!({"request": {"afterFileBytes": 3000}}), Some(3000)),
        (json!({"request": {"afterFileBytes": 3001}}), None),
        (json!({"request": "before-closing-boundary"}), Some(3000)),
        (json!("before"), Some(3000)),
    ] {
        // The upload waits there, and goes on.
        let api = limited();
        arm(&api, &at, &json!({"delay": "1s"})).await;
        let begun = tokio::time::Instant::now();
        let answer = api.send(upload(&body, 1000, false)).await;
        assert_eq!((answer.status, &answer.json()["size"]), (StatusCode::CREATED, &json!(3000)), "{at}");
        assert_eq!(begun.elapsed().as_secs(), u64::from(taken.is_some()), "{at}");
        assert_eq!(last_upload(&api).await["refused"], Value::Null);
        let Some(taken) = taken else { continue };

        // No more than what it has taken is held meanwhile. It ends there when the client goes away.
        let api = limited();
        arm(&api, &at, &json!({"connection": "stall"})).await;
        let before = api.used_bytes();
        {
            let waiting = api.send(upload(&body, 1000, false));
            tokio::pin!(waiting);
            assert!(waiting.as_mut().now_or_never().is_none());
            assert_eq!(api.used_bytes() - before, FILE_RECORD_BYTES + taken, "{at}");
        }
        assert_ended_by_fault(&last_upload(&api).await, taken);

        // It ends there with an error.
        let api = limited();
        arm(&api, &at, &json!({"status": 500})).await;
        assert_eq!(api.send(upload(&body, 1000, false)).await.status, StatusCode::INTERNAL_SERVER_ERROR, "{at}");
        assert_ended_by_fault(&last_upload(&api).await, taken);
    }
}

fn assert_ended_by_fault(trace: &Value, taken: u64) {
    assert_eq!((&trace["refused"], &trace["parts"][0]["bytes"]), (&Value::Null, &json!(taken)));
    assert_eq!(trace["parts"][0]["xxh3-128"], xxh3_128(&vec![b'x'; taken as usize]));
}

/// A fault that answers before the handler reads the upload all the same.
#[tokio::test]
async fn an_upload_that_nobody_handles_is_seen_whole_and_leaves_nothing() {
    let api = limited();
    let rules = json!({"rules": [{"do": {"status": 503}}]});
    api.send_json("PUT", "/_mock/faults?org=test", &rules).await;
    let before = api.used_bytes();
    let body = form(&[part(TEXT, b"text"), part(FILE, &[b'x'; 3000])]);
    let named = |body: &[u8]| {
        let mut upload = upload(body, 700, false);
        *upload.uri_mut() = "/v2/attachments/?filename=query.txt".parse().expect("a URI");
        upload
    };
    assert_eq!(api.send(named(&body)).await.status, StatusCode::SERVICE_UNAVAILABLE);
    let trace = last_upload(&api).await;
    assert_eq!(trace["refused"], Value::Null);
    assert_eq!((&trace["name"]["value"], &trace["name"]["from"]), (&json!("query.txt"), &json!("?filename=")));
    let file = &trace["parts"][1];
    assert_eq!((&file["xxh3-128"], &file["sha-256"]), (&xxh3_128(&[b'x'; 3000]), &Value::Null));
    assert_eq!((&file["bytes"], api.used_bytes()), (&json!(3000), before));

    let cut = &body[..body.len() - 100];
    assert_eq!(api.send(named(cut)).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refusal(&last_upload(&api).await), ("cut-off".to_owned(), cut.len() as u64));
}

/// RFC 2046 lets the boundary follow the empty line at once.
#[tokio::test]
async fn a_part_without_a_body_is_an_empty_file() {
    let bodiless = [b"--XYZ\r\n", FILE.as_bytes(), b"\r\n\r\n"].concat();
    for (parts, expected) in [(vec![bodiless.clone()], 1), (vec![bodiless.clone(), part(TEXT, b"text")], 2)] {
        let api = limited();
        let answer = api.send(upload(&form(&parts), 7, false)).await;
        assert_eq!((answer.status, &answer.json()["size"]), (StatusCode::CREATED, &json!(0)));
        let trace = last_upload(&api).await;
        assert_eq!((&trace["partCount"], &trace["parts"][0]["bytes"]), (&json!(expected), &json!(0)));
        assert_eq!(trace["parts"][0]["sha-256"], sha_256(b""));
    }
    let two = form(&[bodiless.clone(), bodiless.clone()]);
    assert_eq!(broken(&two).await, ("two-file-parts".to_owned(), bodiless.len() as u64));
    let text_and_file = form(&[[b"--XYZ\r\n", TEXT.as_bytes(), b"\r\n\r\n"].concat(), part(FILE, b"content")]);
    let trace = uploaded(&limited(), &text_and_file).await;
    assert_eq!((&trace["refused"], &trace["parts"][1]["sha-256"]), (&Value::Null, &sha_256(b"content")));
}

/// Apache's library and others write the headers of parts as mail has them.
#[tokio::test]
async fn folded_headers_of_a_part_are_read() {
    let headers = "Content-Disposition: form-data;\r\n name=\"file\";\r\n\tfilename=\"a\r\n b.txt\"\r\nContent-Type:\r\n text/csv";
    let api = limited();
    let answer = api.send(upload(&form(&[part(headers, b"content")]), 5, false)).await.json();
    assert_eq!(
        (&answer["name"], &answer["mimetype"], &answer["size"]),
        (&json!("a b.txt"), &json!("text/csv"), &json!(7))
    );
    let record = super::last_record(&api).await;
    assert_eq!(record["upload"]["parts"][0]["headerBytes"], headers.len() + 4);
    assert_eq!(record["deviations"], json!([]));
}

/// What the journal gives of the body of the last upload.
async fn kept_body(api: &Api) -> crate::support::Answer {
    let id = super::last_record(api).await["id"].clone();
    api.get(&format!("/_mock/requests/{id}/body")).await
}

#[tokio::test]
async fn the_beginning_of_a_refused_upload_can_be_fetched() {
    let long = [&form(&[part(FILE, &[b'\xff'; 3000]), part(FILE, b"another")])[..]].concat();
    let typed = |content_type: &'static str, body: &[u8]| {
        let upload = request(Method::POST, "/v2/attachments/").header("Content-Type", content_type);
        upload.body(Body::from(body.to_vec())).expect("a good request")
    };
    let gzip = request(Method::POST, "/v2/attachments/")
        .header("Content-Type", "multipart/form-data; boundary=XYZ")
        .header("Content-Encoding", "gzip");
    let waiting =
        request(Method::POST, "/v2/attachments/").header("Content-Type", "text/plain").header("Expect", "100-continue");
    for (upload, kept) in [
        (upload(&long, 10, false), Some(&long[..1024])),
        (upload(&long, 100_000, false), Some(&long[..1024])),
        (upload(b"no form at all", 3, false), Some(b"no form at all")),
        (typed("text/plain", b"a\0b"), Some(b"a\0b")),
        (typed("multipart/form-data", b"--XYZ\r\n"), Some(b"--XYZ\r\n")),
        (gzip.body(Body::from("\x1f")).expect("a good request"), Some(b"\x1f")),
        (waiting.body(Body::from("body")).expect("a good request"), None),
        (upload(b"", 1, false), None),
        (upload(&form(&[part(FILE, b"content")]), 5, false), None),
    ] {
        let api = limited();
        api.send(upload).await;
        let answer = kept_body(&api).await;
        match kept {
            Some(kept) => {
                assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, kept));
                assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
                assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
            }
            None => {
                let message = "The journal has no body of request 1: it keeps the first KiB of texts, and of uploads that were refused for their form.";
                assert_eq!(answer.json(), json!({"errors": {}, "errorMessages": [message], "statusCode": 404}));
            }
        }
    }
    let api = limited();
    let answer = api.get("/_mock/requests/7/body").await;
    let message = "The journal has no request 7: there was none, or it was forgotten since.";
    assert_eq!(answer.json(), json!({"errors": {}, "errorMessages": [message], "statusCode": 404}));
    // Of text there is what the record shows, too.
    let call =
        crate::support::Call::post("/v2/issues/_count").header("Content-Type", "application/json").body("{\"a\": ");
    api.send(call.request()).await;
    let answer = api.get("/_mock/requests/1/body").await;
    assert_eq!((answer.status, answer.text()), (StatusCode::OK, "{\"a\": "));
}

/// Nothing in a part is decoded, so one that says that it is encoded is stored as it came.
#[tokio::test]
async fn a_part_that_is_encoded_is_a_deviation() {
    for (header, is_told) in [
        ("Content-Transfer-Encoding: base64", true),
        ("content-transfer-encoding:  Quoted-Printable", true),
        ("Content-Encoding: gzip", true),
        ("Content-Transfer-Encoding: 8bit", false),
        ("Content-Transfer-Encoding: binary", false),
        ("Content-Encoding: identity", false),
        ("X-Encoding: base64", false),
    ] {
        let api = Api::new();
        let answer = api.post_form("/v2/attachments/", &Form::part(&format!("{FILE}\r\n{header}"), b"dGV4dA==")).await;
        assert_eq!((answer.status, &answer.json()["size"]), (StatusCode::CREATED, &json!(8)));
        let deviations = api.get("/_mock/requests?org=test").await.json()[0]["deviations"].clone();
        let (name, value) = header.split_once(':').expect("a header");
        let message = format!(
            "The part \"file\" says \"{name}: {}\"; the file was stored as sent, not decoded. Send the bytes themselves.",
            value.trim()
        );
        let rule =
            "section 1, encoded bodies: nothing is decoded; in a form no part is encoded (RFC 7578, section 4.7)";
        let told = json!([{"kind": "encoded-part", "message": message, "rule": rule}]);
        assert_eq!(deviations, if is_told { told } else { json!([]) }, "{header}");
    }
}
