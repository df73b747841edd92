//! Whatever arrives as a form, in whatever pieces: what is malformed is refused and leaves nothing behind, and what is
//! well-formed is stored byte for byte.

use std::io;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::stream;
use http_body_util::BodyExt;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;
use tower::ServiceExt;
use tracker_mock::testing::App;
use tracker_mock::{Clock, Config, Limits};

use crate::support::{Answer, Form, NOW, ORG, request};

/// Longer than any body takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// One application for all cases of a test, put back to the fixtures after each.
struct Server {
    runtime: tokio::runtime::Runtime,
    app: App,
    router: Router,
    pristine: (Value, u64),
}

impl Server {
    fn new() -> Self {
        let limits = set!(Limits::default(); max_file_bytes: 50_000, max_form_overhead_bytes: 50_000);
        let config = set!(Config::default(); clock: Clock::frozen_at(NOW), limits);
        let app = App::new(config, "http://127.0.0.1:8080".to_owned()).expect("good fixtures");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let mut server = Self { runtime, router: app.router(), app, pristine: (Value::Null, 0) };
        server.pristine = server.holds();
        server
    }

    /// Everything that the world shows, and the memory in use.
    fn holds(&self) -> (Value, u64) {
        let export = request(Method::GET, &format!("/_mock/state?org={ORG}")).body(Body::empty());
        (self.send(export.expect("a good request")).json(), self.app.budget().used_bytes())
    }

    fn reset(&self) {
        self.app.worlds().reset(None);
        assert_eq!(self.holds(), self.pristine);
    }

    fn upload(&self, query: &str, content_type: &[u8], body: Body) -> Answer {
        let upload = request(Method::POST, &format!("/v2/attachments/{query}")).header("Content-Type", content_type);
        self.send(upload.body(body).expect("a good request"))
    }

    fn send(&self, request: axum::http::Request<Body>) -> Answer {
        let answer = async {
            let Ok(response) = self.router.clone().oneshot(request).await;
            let (head, body) = response.into_parts();
            let body = body.collect().await.expect("a body without errors").to_bytes();
            Answer { status: head.status, headers: head.headers, body }
        };
        self.runtime.block_on(async { tokio::time::timeout(PATIENCE, answer).await }).expect("an answer in time")
    }

    /// The file that was stored last: its name, its size and its bytes.
    fn last_file(&self) -> (String, Bytes) {
        let (world, _) = self.holds();
        let file = world["temporaryFiles"].as_array().and_then(|files| files.last()).expect("a file").clone();
        let content = match (&file["content"]["text"], &file["content"]["base64"]) {
            (Value::String(text), Value::Null) => text.clone().into_bytes(),
            (Value::Null, Value::String(base64)) => STANDARD.decode(base64).expect("base64"),
            other => panic!("{other:?}"),
        };
        (file["name"].as_str().expect("a name").to_owned(), content.into())
    }
}

/// How a body comes in.
#[derive(Clone, Debug)]
struct Delivery {
    /// The sizes of its pieces, again and again.
    piece_bytes: Vec<usize>,
    /// Whether the runtime gets to do something else before each piece.
    pauses: bool,
    /// Whether the connection breaks after the last.
    breaks: bool,
}

impl Delivery {
    fn of(&self, body: &[u8]) -> Body {
        // The work per piece grows with what is waiting, so large bodies do not come in single bytes.
        let least = body.len() / 1000 + 1;
        let mut pieces = Vec::new();
        let mut rest = body;
        for size in self.piece_bytes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at((*size).max(least).min(rest.len()));
            pieces.push(Ok(Bytes::copy_from_slice(piece)));
            rest = after;
        }
        if self.breaks {
            pieces.push(Err(io::Error::from(io::ErrorKind::ConnectionReset)));
        }
        let pauses = self.pauses;
        Body::from_stream(stream::unfold(pieces.into_iter(), move |mut pieces| async move {
            if pauses {
                tokio::task::yield_now().await;
            }
            pieces.next().map(|piece| (piece, pieces))
        }))
    }
}

fn delivery() -> impl Strategy<Value = Delivery> {
    let size = prop_oneof![1..8_usize, 1..200_usize, 200..70_000_usize];
    (vec(size, 1..6), any::<bool>()).prop_map(|(piece_bytes, pauses)| Delivery { piece_bytes, pauses, breaks: false })
}

fn is_delimited(bytes: &[u8]) -> bool {
    let delimiter = format!("--{}", Form::BOUNDARY);
    bytes.windows(delimiter.len()).any(|window| window == delimiter.as_bytes())
}

/// The bytes of a file, many of them made of what forms are made of.
fn content() -> impl Strategy<Value = Bytes> {
    let piece = prop_oneof![
        vec(any::<u8>(), 0..40),
        select(vec!["\r\n", "\r", "\n", "--", "\r\n--", "----test", "\r\n----test-boundary", "\r\n\r\n", "\0"])
            .prop_map(|text| text.as_bytes().to_vec()),
    ];
    let pieces = vec(piece, 0..12).prop_map(|pieces| pieces.concat());
    let large = (any::<u8>(), 0..50_000_usize).prop_map(|(byte, length)| vec![byte; length]);
    prop_oneof![4 => pieces, 1 => large]
        .prop_map(Bytes::from)
        .prop_filter("the boundary is in none of them", |bytes| !is_delimited(bytes))
}

/// A name that a file may have.
fn name() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        8 => any::<char>(),
        1 => select("\"'%+ ;=.&?#<>|*:22ABCDabcdфы👩🏽‍💻\u{2028}\u{feff}\u{301}".chars().collect::<Vec<_>>()),
    ]
    .prop_map(|character| if character.is_control() || "/\\".contains(character) { 'x' } else { character });
    prop_oneof![4 => vec(character.clone(), 1..30), 1 => vec(character, 255..=255)]
        .prop_map(|characters| characters.into_iter().collect())
}

/// How the name of a file is told.
#[derive(Clone, Copy, Debug)]
enum Naming {
    /// `filename="..."` with `\"`.
    Backslash,
    /// `filename="..."` with `%22`.
    Percent,
    /// `filename*=UTF-8''...`
    Extended,
    /// `?filename=...`, and a part that says something else.
    Query,
}

impl Naming {
    /// Whether this way can tell this name: in quotes, the escapes of browsers stand for what they escape.
    fn can_tell(self, name: &str) -> bool {
        let escapes = ["%22", "%0D", "%0d", "%0A", "%0a"];
        match self {
            Self::Backslash | Self::Percent => !escapes.iter().any(|escape| name.contains(escape)),
            Self::Extended | Self::Query => true,
        }
    }

    fn disposition(self, name: &str) -> String {
        let parameter = match self {
            Self::Backslash => format!("filename=\"{}\"", name.replace('"', "\\\"")),
            Self::Percent => format!("filename=\"{}\"", name.replace('"', "%22")),
            Self::Extended => format!("filename*=UTF-8''{}", utf8_percent_encode(name, NON_ALPHANUMERIC)),
            Self::Query => "filename=\"file\"".to_owned(),
        };
        format!("Content-Disposition: form-data; name=\"file\"; {parameter}")
    }

    fn query(self, name: &str) -> String {
        match self {
            Self::Backslash | Self::Percent | Self::Extended => String::new(),
            Self::Query => format!("?filename={}", utf8_percent_encode(name, NON_ALPHANUMERIC)),
        }
    }
}

/// A body, and what is said of it.
#[derive(Clone, Debug)]
struct Upload {
    kind: &'static str,
    content_type: Bytes,
    body: Bytes,
}

impl Upload {
    fn new(kind: &'static str, body: impl AsRef<[u8]>) -> Self {
        let content_type = format!("multipart/form-data; boundary={}", Form::BOUNDARY).into();
        Self { kind, content_type, body: Bytes::copy_from_slice(body.as_ref()) }
    }
}

/// A form that is fine, to be broken.
fn good_form() -> impl Strategy<Value = Vec<u8>> {
    content().prop_map(|content| Form::file("a.txt", &content).bytes().to_vec())
}

fn part(headers: &[u8], content: &[u8]) -> Vec<u8> {
    let boundary = Form::BOUNDARY.as_bytes();
    [b"--", boundary, b"\r\n", headers, b"\r\n\r\n", content, b"\r\n--", boundary, b"--\r\n"].concat()
}

/// Bodies that are no form of one file, whatever is read into them.
fn malformed() -> impl Strategy<Value = Upload> {
    let boundary = Form::BOUNDARY;
    let disposition = "Content-Disposition: form-data; name=\"file\"; filename=\"a.txt\"";
    let cut = (good_form(), any::<Index>()).prop_map(|(form, at)| {
        // Without the last hyphen the closing boundary is none.
        let end = at.index(form.len() - "-\r\n".len() + 1);
        Upload::new("cut off", &form[..end])
    });
    let other_boundary = (good_form(), "[A-Z]{4,40}").prop_map(|(form, other)| {
        let content_type = format!("multipart/form-data; boundary={other}").into();
        Upload { content_type, ..Upload::new("another boundary", form) }
    });
    let bad_type = (
        good_form(),
        select(vec![
            "",
            "text/plain",
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=\"\"",
            "multipart/form-data; boundary",
            "multipart/mixed; boundary=----test-boundary",
            "multipart/form-data boundary=----test-boundary",
            "\u{fe}\u{ff}",
        ]),
    )
        .prop_map(|(form, content_type)| {
            let content_type = Bytes::from_static(content_type.as_bytes());
            Upload { content_type, ..Upload::new("a content type without a boundary", form) }
        });
    let unclosed = content().prop_map(move |content| {
        let body = [format!("--{boundary}\r\n{disposition}\r\n\r\n").as_bytes(), &content].concat();
        Upload::new("no final boundary", body)
    });
    let one_more = good_form()
        .prop_map(|form| Upload::new("a part after the last that does not come", &form[..form.len() - "--\r\n".len()]));
    let endless_headers = (content(), 0..3000_usize).prop_map(move |(content, lines)| {
        let headers = format!("--{boundary}\r\n{disposition}\r\n{}", "X-More: and more\r\n".repeat(lines));
        let content: Vec<u8> = content.into_iter().filter(|byte| *byte != b'\n').collect();
        Upload::new("headers without end", [headers.as_bytes(), &content].concat())
    });
    let large_headers = (content(), 1..20_usize).prop_map(move |(content, lines)| {
        let headers = format!("X-Large: {}\r\n", "x".repeat(100_000 / lines)).repeat(lines);
        Upload::new("100 kB of headers", part(format!("{headers}{disposition}").as_bytes(), &content))
    });
    let many_headers = (content(), 33..2000_usize).prop_map(move |(content, lines)| {
        let headers = "X: x\r\n".repeat(lines);
        Upload::new("very many headers", part(format!("{headers}{disposition}").as_bytes(), &content))
    });
    let two_files = (content(), content()).prop_map(|(one, other)| {
        let headers = "Content-Disposition: form-data; name=\"file\"; filename=\"b\"";
        Upload::new("two files", Form::file("a.txt", &one).and_part(headers, &other).bytes())
    });
    let no_file = (content(), 0..4_usize).prop_map(|(content, others)| {
        let headers = "Content-Disposition: form-data; name=\"text\"";
        let form = (0..others).fold(Form::part(headers, &content), |form, _| form.and_part(headers, b"text"));
        Upload::new("no file", form.bytes())
    });
    let nested = (content(), 1..5_usize).prop_map(move |(content, depth)| {
        let inner = (0..depth).fold(part(disposition.as_bytes(), &content), |inner, level| {
            let renamed = String::from_utf8_lossy(&inner).replace(boundary, &format!("inner-{level}"));
            let headers =
                format!("Content-Disposition: form-data; name=\"files\"\r\nContent-Type: multipart/mixed; boundary=inner-{level}");
            part(headers.as_bytes(), renamed.as_bytes())
        });
        Upload::new("nested multipart", inner)
    });
    let bad_byte = prop_oneof![Just(0), 1..9_u8, 11..13_u8, 14..32_u8, Just(0x7f), 0x80..=0xff_u8];
    let bad_name = (bad_byte, content(), "[a-z]{0,5}", "[a-z]{0,5}").prop_map(|(byte, content, before, after)| {
        let start = format!("Content-Disposition: form-data; name=\"file\"; filename=\"{before}");
        let headers = [start.as_bytes(), &[byte], after.as_bytes(), b"\""].concat();
        Upload::new("a control character or invalid UTF-8 in the name", part(&headers, &content))
    });
    let bad_disposition = (
        content(),
        select(vec![
            "filename=\"\"",
            "filename=",
            "filename=\"a.txt",
            "filename=\"a/\"",
            "filename=\"%0D\"",
            "filename*=UTF-8''%FF",
            "filename*=UTF-8''",
            "filename*=",
        ]),
    )
        .prop_map(|(content, parameter)| {
            let headers = format!("Content-Disposition: form-data; name=\"file\"; {parameter}");
            Upload::new("a name that is none", part(headers.as_bytes(), &content))
        });
    let bad_header_line = (
        content(),
        select(vec!["Content Disposition: x", "no colon", ": no name", "Имя: значение", "A: b\r\n\u{1}: c"]),
    )
        .prop_map(move |(content, line)| {
            Upload::new("a header that is none", part(format!("{line}\r\n{disposition}").as_bytes(), &content))
        });
    let noise = vec(any::<u8>(), 0..3000).prop_map(|noise| Upload::new("noise", noise));
    let too_large = (any::<u8>(), 50_001..60_000_usize)
        .prop_map(|(byte, size)| Upload::new("too large", Form::file("a.txt", &vec![byte; size]).bytes()));
    let wordy = (200..300_usize).prop_map(|hundreds| {
        let headers = "Content-Disposition: form-data; name=\"text\"";
        let text = vec![b'x'; 1000];
        let form = (0..hundreds).fold(Form::part(headers, &text), |form, _| form.and_part(headers, &text));
        Upload::new("too much beside the file", form.and_part(disposition, b"").bytes())
    });
    prop_oneof![
        4 => cut,
        2 => other_boundary,
        1 => bad_type,
        2 => unclosed,
        1 => one_more,
        2 => endless_headers,
        1 => large_headers,
        1 => many_headers,
        1 => two_files,
        1 => no_file,
        1 => nested,
        3 => bad_name,
        1 => bad_disposition,
        1 => bad_header_line,
        2 => noise,
        1 => too_large,
        1 => wordy,
    ]
}

/// Bodies that a lenient reader may take and a strict one may not.
fn doubtful() -> impl Strategy<Value = Upload> {
    let boundary = Form::BOUNDARY;
    let line_feeds = good_form().prop_map(|form| {
        let body: Vec<u8> = form.into_iter().filter(|byte| *byte != b'\r').collect();
        Upload::new("LF instead of CRLF", body)
    });
    let preamble = (good_form(), content(), 0..120_000_usize).prop_map(|(form, noise, size)| {
        let preamble = [&noise[..], &vec![b'p'; size], b"\r\n"].concat();
        Upload::new("a preamble", [preamble, form].concat())
    });
    let epilogue = (good_form(), content(), 0..120_000_usize)
        .prop_map(|(form, noise, size)| Upload::new("an epilogue", [&form[..], &noise, &vec![b'e'; size]].concat()));
    let boundary_inside = (content(), content(), select(vec!["", "\r\n", "--", "--\r\n", " \r\n", "x"])).prop_map(
        move |(before, after, end)| {
            let content = [&before[..], format!("\r\n--{boundary}{end}").as_bytes(), &after].concat();
            Upload::new("the boundary inside the data", Form::file("a.txt", &content).bytes())
        },
    );
    let no_headers = content().prop_map(|content| Upload::new("a part without headers", part(b"", &content)));
    let shuffled = (good_form(), vec((any::<Index>(), any::<Index>()), 1..4)).prop_map(|(mut form, swaps)| {
        for (one, other) in swaps {
            let (one, other) = (one.index(form.len()), other.index(form.len()));
            form.swap(one, other);
        }
        Upload::new("bytes in the wrong places", form)
    });
    let damaged = (good_form(), vec((any::<Index>(), any::<u8>()), 1..4)).prop_map(|(mut form, changes)| {
        for (at, byte) in changes {
            let at = at.index(form.len());
            form[at] = byte;
        }
        Upload::new("bytes that changed", form)
    });
    prop_oneof![line_feeds, preamble, epilogue, boundary_inside, no_headers, shuffled, damaged]
}

/// A failing case is printed; it becomes a test of its own rather than a seed in a file.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

#[test]
fn malformed_forms_are_refused_and_leave_nothing_behind() {
    let server = Server::new();
    proptest!(cases(400), |(upload in malformed(), mut delivery in delivery(), breaks: bool)| {
        delivery.breaks = breaks && upload.kind == "cut off";
        let answer = server.upload("", &upload.content_type, delivery.of(&upload.body));
        let expected = if upload.kind == "too large" { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST };
        prop_assert_eq!(answer.status, expected, "{}", answer.text());
        answer.assert_error();
        prop_assert_eq!(server.holds(), server.pristine.clone());
    });
}

#[test]
fn doubtful_forms_are_refused_or_stored_and_nothing_between() {
    let server = Server::new();
    proptest!(cases(400), |(upload in doubtful(), delivery in delivery())| {
        let answer = server.upload("", &upload.content_type, delivery.of(&upload.body));
        if answer.status == StatusCode::CREATED {
            let (name, content) = server.last_file();
            let body = answer.json();
            prop_assert_eq!(&body["name"], &name);
            prop_assert_eq!(&body["size"], content.len());
            let (_, used_bytes) = server.holds();
            prop_assert!(used_bytes >= server.pristine.1 + content.len() as u64);
            server.reset();
        } else {
            prop_assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text());
            answer.assert_error();
            prop_assert_eq!(server.holds(), server.pristine.clone());
        }
    });
}

#[test]
fn what_stands_around_a_form_does_not_touch_the_file() {
    let server = Server::new();
    let around = (vec(any::<u8>(), 0..30), 0..40_000_usize)
        .prop_map(|(noise, size)| Bytes::from([noise, vec![b' '; size]].concat()))
        .prop_filter("the boundary is not in it", |bytes| !is_delimited(bytes));
    proptest!(cases(100), |(
        content in content(), preamble in around.clone(), epilogue in around, delivery in delivery(),
    )| {
        let form = Form::file("a.txt", &content);
        let body = [&preamble[..], b"\r\n", form.bytes(), &epilogue].concat();
        let upload = Upload::new("a preamble and an epilogue", body);
        let answer = server.upload("", &upload.content_type, delivery.of(&upload.body));
        prop_assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        prop_assert_eq!(server.last_file(), ("a.txt".to_owned(), content));
        server.reset();
    });
}

#[test]
fn any_bytes_under_any_name_are_stored_whatever_the_pieces() {
    let server = Server::new();
    let naming = select(vec![Naming::Backslash, Naming::Percent, Naming::Extended, Naming::Query]);
    let type_line = select(vec!["", "\r\nContent-Type: application/octet-stream", "\r\nContent-Type: text/plain"]);
    let texts = vec("[a-z ]{0,50}", 0..3);
    proptest!(cases(400), |(
        content in content(), name in name(), naming in naming, type_line in type_line, texts in texts,
        delivery in delivery(),
    )| {
        prop_assume!(naming.can_tell(&name));
        let file = Form::part(&format!("{}{type_line}", naming.disposition(&name)), &content);
        let text_headers = "Content-Disposition: form-data; name=\"comment\"";
        let form = texts.iter().fold(file, |form, text| form.and_part(text_headers, text.as_bytes()));
        let content_type = Upload::new("", "").content_type;
        let answer = server.upload(&naming.query(&name), &content_type, delivery.of(form.bytes()));
        prop_assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        let body = answer.json();
        prop_assert_eq!(&body["name"], &name);
        prop_assert_eq!(&body["size"], content.len());
        prop_assert_eq!(server.last_file(), (name, content));
        server.reset();
    });
}

/// What comes behind the closing boundary is part of the request, so a connection that breaks there leaves half a request.
#[test]
fn a_body_that_breaks_off_behind_its_form_is_refused() {
    let server = Server::new();
    let upload = Upload::new("whole, and more to come", Form::file("a.txt", b"text").bytes());
    for breaks in [false, true] {
        let delivery = Delivery { piece_bytes: vec![10], pauses: false, breaks };
        let answer = server.upload("", &upload.content_type, delivery.of(&upload.body));
        if !breaks {
            assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
            server.reset();
            continue;
        }
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.text().contains("The request body ends too early."), "{}", answer.text());
        answer.assert_error();
        assert_eq!(server.holds(), server.pristine);
    }
}
