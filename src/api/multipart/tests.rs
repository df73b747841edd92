//! The traces that uploads leave, good and bad ones, and where faults strike.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::Request;
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};
use sha2::{Digest, Sha256};
use twox_hash::XxHash3_128;

use super::digest::Digests;
use super::rule::UploadRule;
use super::trace::{MAX_PARTS, UploadEnd, UploadTrace};
use super::{Upload, dissect};
use crate::api::disposition::NamedBy;
use crate::api::error::ApiError;
use crate::api::query::Query;
use crate::api::request_info::RequestInfo;
use crate::api::state::Api;
use crate::api::trace::{FaultHooks, RequestTrace, UploadFault, UploadPosition};
use crate::config::{Config, FixtureSource, Limits};
use crate::domain::file::{File, FileName, NewFile};
use crate::domain::ids::OrgId;

const FILE: &str = "Content-Disposition: form-data; name=\"file\"; filename=\"a.txt\"";
const TEXT: &str = "Content-Disposition: form-data; name=\"comment\"";

fn state() -> Api {
    let fixtures = r#"{"users": [{"login": "u", "uid": 1, "firstName": "A", "lastName": "B", "email": "u@example.com",
        "cloudUid": "c", "passportUid": 2}]}"#;
    let limits = Limits {
        max_file_bytes: 1_000_000,
        max_memory_bytes: 2_000_000,
        max_part_header_bytes: 3000,
        max_form_overhead_bytes: 5000,
        max_parts: 40,
        ..Limits::default()
    };
    let config = Config { limits, fixtures: FixtureSource::Text(fixtures.to_owned()), ..Config::default() };
    Api::new(config, String::new()).expect("good fixtures")
}

fn part(headers: &str, content: &[u8]) -> Vec<u8> {
    [b"--XYZ\r\n", headers.as_bytes(), b"\r\n\r\n", content, b"\r\n"].concat()
}

fn form(parts: &[Vec<u8>]) -> Vec<u8> {
    [&parts.concat()[..], b"--XYZ--\r\n"].concat()
}

/// A body in pieces. After the last one it ends, or stalls for ever.
fn pieces(body: &[u8], size: usize, is_stuck: bool) -> Body {
    let pieces: Vec<_> =
        body.chunks(size).map(|piece| Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece))).collect();
    let rest = if is_stuck { stream::pending().left_stream() } else { stream::empty().right_stream() };
    Body::from_stream(stream::iter(pieces).chain(rest))
}

fn request(content_type: &str, body: Body) -> Request {
    let request = Request::post("/v2/attachments/?filename=query.txt").header("Content-Type", content_type);
    request.body(body).expect("a good request")
}

const FORM_TYPE: &str = "multipart/form-data; boundary=XYZ";

/// Reads a body that comes in pieces, and stores the file in a world.
fn upload(state: &Api, request_trace: &Arc<RequestTrace>, body: &[u8]) -> Result<File, ApiError> {
    let upload = Upload::of(traced(request(FORM_TYPE, pieces(body, 1000, false)), request_trace));
    let file: NewFile = upload.receive(state, None).now_or_never().expect("nothing to wait for")?;
    state.worlds().write(&OrgId::new("test"), |world| {
        let actor = Arc::clone(world.users().default_actor());
        Ok(world.upload(file, &actor).file().clone())
    })
}

/// What was found in a body, and the state, which holds the file.
fn uploaded(body: &[u8]) -> (Arc<RequestTrace>, Api) {
    let (state, request_trace) = (state(), Arc::new(RequestTrace::default()));
    drop(upload(&state, &request_trace, body));
    (request_trace, state)
}

/// The same request, seen by this trace.
fn traced(mut request: Request, trace: &Arc<RequestTrace>) -> Request {
    Query::attach(&mut request);
    request.extensions_mut().insert(RequestInfo { trace: Some(Arc::clone(trace)), ..RequestInfo::default() });
    request
}

fn trace_of(request_trace: &RequestTrace) -> &UploadTrace {
    request_trace.upload().expect("a trace")
}

/// The rule that a body broke, and where.
fn broken(body: &[u8]) -> (&'static str, u64) {
    let (request_trace, state) = uploaded(body);
    assert_eq!(state.budget().used_bytes(), 0);
    refusal(trace_of(&request_trace))
}

fn refusal(trace: &UploadTrace) -> (&'static str, u64) {
    match &trace.end {
        UploadEnd::Refused(refusal) => {
            assert!(!refusal.message.is_empty());
            (refusal.rule.as_str(), refusal.at)
        }
        UploadEnd::Accepted | UploadEnd::Faulted => panic!("{:?}", trace.end),
    }
}

#[test]
fn all_of_a_good_form() {
    let file_headers = format!("{FILE}; filename*=UTF-8''b.txt\r\nContent-Type: text/plain");
    let body = form(&[part(TEXT, b"some text"), part(&file_headers, b"content"), part(TEXT, b"")]);
    let body = [b"preamble\r\n", &body[..], b"epilogue"].concat();
    let (request_trace, _state) = uploaded(&body);
    let trace = trace_of(&request_trace);
    assert!(matches!(trace.end, UploadEnd::Accepted), "{:?}", trace.end);
    assert_eq!((trace.preamble_bytes, trace.epilogue_bytes), (Some(10), Some(8)));
    assert_eq!((trace.body_bytes, trace.part_count), (body.len() as u64, 3));
    let (name, by) = trace.name.as_ref().expect("a name");
    assert_eq!((name.as_str(), *by), ("b.txt", NamedBy::ExtendedFileName));
    let xxh3_128 = |bytes| Some(XxHash3_128::oneshot(bytes));
    for (part, (content, sha_256)) in trace.parts.iter().zip([
        (&b"some text"[..], None),
        (b"content", Some(Sha256::digest(b"content").into())),
        (b"", None),
    ]) {
        assert_eq!(part.digests(), Digests { xxh3_128: xxh3_128(content), sha_256 });
        assert_eq!(body[part.content_at as usize..][..part.bytes as usize], *content);
        assert!(body[part.at as usize..].starts_with(b"--XYZ\r\n"));
        assert_eq!(part.content_at - part.header_bytes as u64 - part.at, 7);
        assert!(part.is_whole);
    }
    let names = &trace.parts[1].names;
    assert_eq!(names.name.as_deref(), Some("file"));
    assert_eq!(names.file_name.as_deref(), Some("a.txt"));
    assert_eq!(names.extended_file_name.as_deref(), Some("UTF-8''b.txt"));
    assert_eq!(names.content_type.as_deref(), Some("text/plain"));
    assert_eq!(trace.parts[2].names.file_name, None);
}

#[test]
fn each_rule_has_its_name_and_its_place() {
    let good = form(&[part(FILE, b"content")]);
    let at = |needle: &str, body: &[u8]| {
        body.windows(needle.len()).position(|window| window == needle.as_bytes()).expect("it is in there") as u64
    };
    assert_eq!(broken(b""), ("cut-off", 0));
    assert_eq!(broken(&good[..good.len() - 3]), ("cut-off", good.len() as u64 - 3));
    assert_eq!(broken(&good[..30]), ("cut-off", 30));
    assert_eq!(broken(b"--XYZ--"), ("no-file-part", 7));
    let other = [&part(FILE, b"content")[..], b"--XYZ1\r\n"].concat();
    assert_eq!(broken(&other), ("bad-boundary-line", at("1\r\n", &other)));
    let two = form(&[part(FILE, b"content"), part(FILE, b"")]);
    assert_eq!(broken(&two), ("two-file-parts", part(FILE, b"content").len() as u64));
    for (headers, rule) in [
        ("no colon", "bad-part-headers"),
        ("A: b\n\nmore", "bad-part-headers"),
        (&*"A: b\r\n".repeat(33), "bad-part-headers"),
        ("Content-Disposition: form-data; filename=\"a", "bad-disposition"),
        ("Content-Disposition: form-data; filename=\"\"", "bad-name"),
        ("Content-Disposition: form-data; filename=\"a\u{7f}\"", "bad-part-headers"),
    ] {
        assert_eq!(broken(&form(&[part(TEXT, b""), part(headers, b"")])), (rule, part(TEXT, b"").len() as u64 + 7));
    }
    let large = format!("{FILE}\r\nA: {}", "a".repeat(3000));
    assert_eq!(broken(&form(&[part(&large, b"")])), ("part-headers-too-large", 3007));
    let exact = format!("{FILE}\r\nA: {}", "a".repeat(3000 - FILE.len() - "\r\nA: \r\n".len()));
    assert!(matches!(trace_of(&uploaded(&form(&[part(&exact, b"")])).0).end, UploadEnd::Accepted));
    assert_eq!(broken(&form(&[part(&format!("{exact}a"), b"")])), ("part-headers-too-large", 3007));
    assert_eq!(broken(&[&[b'p'; 6000], &good[..]].concat()), ("too-much-beside-file", 5000));
    let file_end = at("\r\n--XYZ--", &good);
    assert_eq!(broken(&[&good[..], &[b'e'; 5000]].concat()), ("too-much-beside-file", file_end + 5000));
    let many = vec![part(TEXT, b""); 41];
    assert_eq!(broken(&form(&many)), ("too-many-parts", many[..40].concat().len() as u64));
    let large = form(&[part(FILE, &vec![b'x'; 1_000_001])]);
    assert_eq!(broken(&large), ("file-too-large", at("xxx", &large) + 1_000_000));
}

#[test]
fn what_is_refused_before_it_is_read() {
    for (content_type, expected) in
        [("text/plain", ("content-type", 0)), ("multipart/form-data", ("missing-boundary", 0))]
    {
        let (state, request_trace) = (state(), Arc::new(RequestTrace::default()));
        let upload = Upload::of(traced(request(content_type, Body::from("body")), &request_trace));
        let _ = upload.receive(&state, None).now_or_never().expect("nothing to wait for").expect_err("no form");
        let trace = trace_of(&request_trace);
        assert_eq!((refusal(trace), trace.body_bytes, trace.part_count), (expected, 0, 0));
    }
}

/// Bytes that were taken and not kept have a digest too, small ones at once and large ones a little later.
#[tokio::test]
async fn refused_bytes_have_a_digest_and_their_memory_is_free() {
    for size in [0, 1, 1500, 500_000] {
        let content = vec![b'x'; size];
        let (state, request_trace) = (state(), Arc::new(RequestTrace::default()));
        let body = form(&[part(FILE, &content), part(FILE, b"another")]);
        upload(&state, &request_trace, &body).expect_err("two files");
        let part = &trace_of(&request_trace).parts[0];
        let xxh3_128 = Some(XxHash3_128::oneshot(&content));
        assert_eq!(part.digests(), Digests { xxh3_128, sha_256: None });
        assert_eq!(part.bytes, size as u64);
        while state.budget().used_bytes() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(part.digests().xxh3_128, xxh3_128);
        assert_eq!(trace_of(&request_trace).parts[1].digests(), Digests::default());
    }
}

#[test]
fn a_digest_survives_the_file_if_it_was_asked_for() {
    let (request_trace, state) = uploaded(&form(&[part(FILE, b"content")]));
    let before = trace_of(&request_trace).parts[0].digests();
    state.worlds().reset(None);
    assert_eq!(state.budget().used_bytes(), 0);
    let after = trace_of(&request_trace).parts[0].digests();
    assert_eq!(after, Digests { xxh3_128: None, ..before });
    assert!(after.sha_256.is_some());
}

#[test]
fn a_client_that_goes_away_leaves_a_trace() {
    let (state, request_trace) = (state(), Arc::new(RequestTrace::default()));
    let body = [part(TEXT, b"text"), part(FILE, b"content")].concat();
    let upload = Upload::of(traced(request(FORM_TYPE, pieces(&body, 10, true)), &request_trace));
    assert!(upload.receive(&state, None).now_or_never().is_none());
    let trace = trace_of(&request_trace);
    assert_eq!(refusal(trace), ("cut-off", body.len() as u64));
    assert_eq!((trace.body_bytes, trace.epilogue_bytes), (body.len() as u64, None));
    let file = &trace.parts[1];
    // The line break behind it may belong to a boundary.
    assert_eq!((file.bytes, file.is_whole), (7, false));
    assert_eq!(file.digests().xxh3_128, Some(XxHash3_128::oneshot(b"content")));
    assert_eq!(state.budget().used_bytes(), 0);
}

#[test]
fn a_record_is_bounded() {
    let name = "n".repeat(1200);
    let headers = format!("Content-Disposition: form-data; name=\"{name}\"\r\nContent-Type: {name}");
    let mut state_limits = Limits { max_form_overhead_bytes: u64::MAX, ..Limits::default() };
    state_limits.max_parts = 1000;
    let state = Api::new(Config { limits: state_limits, ..Config::default() }, String::new()).expect("fixtures");
    let request_trace = Arc::new(RequestTrace::default());
    let parts = [vec![part(&headers, b"text"); 500], vec![part(FILE, b"content")]].concat();
    upload(&state, &request_trace, &form(&parts)).expect("a good form");
    let trace = trace_of(&request_trace);
    assert_eq!((trace.parts.len(), trace.part_count), (MAX_PARTS, 501));
    let names = &trace.parts[0].names;
    assert_eq!(names.name.as_ref().map(String::len), Some(1024));
    assert_eq!(names.content_type.as_ref().map(String::len), Some(1024));
    assert!(trace.memory_bytes() < 200_000, "{}", trace.memory_bytes());
}

/// The bytes of the file that were held when a fault struck, and the upload.
fn struck(at: UploadPosition, error: Option<ApiError>) -> (Vec<u64>, Arc<RequestTrace>, Result<File, ApiError>) {
    let (state, seen) = (state(), Arc::new(Mutex::new(Vec::new())));
    let (budget, seen_at) = (Arc::clone(state.budget()), Arc::clone(&seen));
    let plan_upload = Box::new(move |name: &str| {
        assert_eq!(name, "a.txt");
        let (budget, seen, error) = (Arc::clone(&budget), Arc::clone(&seen_at), error.clone());
        let strike = async move {
            seen.lock().expect("no panic").push(budget.used_bytes());
            error.map_or(Ok(()), Err)
        };
        Some(UploadFault { at, strike: Box::pin(strike) })
    });
    let request_trace = Arc::new(RequestTrace::new(None, Some(FaultHooks { plan_upload, fired: Arc::default() })));
    let stored = upload(&state, &request_trace, &form(&[part(FILE, &[b'x'; 3000]), part(TEXT, b"text")]));
    let seen = std::mem::take(&mut *seen.lock().expect("no panic"));
    // Its record is charged too.
    (seen.iter().map(|bytes| bytes - 512).collect(), request_trace, stored)
}

#[test]
fn a_fault_strikes_exactly_where_it_waits() {
    for (at, expected) in [
        (UploadPosition::PartHeaders, vec![0]),
        (UploadPosition::FileBytes(0), vec![0]),
        (UploadPosition::FileBytes(1), vec![1]),
        (UploadPosition::FileBytes(1234), vec![1234]),
        (UploadPosition::FileBytes(3000), vec![3000]),
        (UploadPosition::FileBytes(3001), vec![]),
        (UploadPosition::BeforeClosingBoundary, vec![3000]),
        (UploadPosition::BodyRead, vec![3000]),
    ] {
        let (seen, request_trace, stored) = struck(at, None);
        assert_eq!(seen, expected, "{at:?}");
        assert_eq!(stored.expect("it goes on").blob.len(), 3000);
        assert!(matches!(trace_of(&request_trace).end, UploadEnd::Accepted));

        let (seen, request_trace, stored) = struck(at, Some(ApiError::Internal));
        assert_eq!((seen, stored.is_err()), (expected.clone(), !expected.is_empty()), "{at:?}");
        let trace = trace_of(&request_trace);
        if let [taken] = expected[..] {
            assert!(matches!(trace.end, UploadEnd::Faulted));
            assert_eq!(trace.parts[0].bytes, taken);
            let digest = XxHash3_128::oneshot(&vec![b'x'; taken as usize]);
            assert_eq!(trace.parts[0].digests().xxh3_128, Some(digest));
        }
    }
}

#[test]
fn a_dissected_upload_is_seen_whole_and_leaves_nothing() {
    let (state, request_trace) = (state(), Arc::new(RequestTrace::default()));
    let body = form(&[part(TEXT, b"text"), part(FILE, &[b'x'; 3000])]);
    dissect(&state, traced(request(FORM_TYPE, pieces(&body, 700, false)), &request_trace))
        .now_or_never()
        .expect("no waiting");
    let trace = trace_of(&request_trace);
    assert!(matches!(trace.end, UploadEnd::Accepted));
    assert_eq!(trace.name, Some((FileName::new("query.txt").expect("a name"), NamedBy::Query)));
    let xxh3_128 = Some(XxHash3_128::oneshot(&[b'x'; 3000]));
    assert_eq!(trace.parts[1].digests(), Digests { xxh3_128, sha_256: None });
    assert_eq!((trace.parts[1].bytes, state.budget().used_bytes()), (3000, 0));

    let request_trace = Arc::new(RequestTrace::default());
    let cut = &body[..body.len() - 100];
    dissect(&state, traced(request(FORM_TYPE, pieces(cut, 700, false)), &request_trace))
        .now_or_never()
        .expect("no waiting");
    assert_eq!(refusal(trace_of(&request_trace)), (UploadRule::CutOff.as_str(), cut.len() as u64));
}
