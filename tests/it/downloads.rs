//! `GET /v2/attachments/{fileId}/{name}`

use axum::body::Body;
use axum::http::{Method, StatusCode};
use bytes::Bytes;
use image::{DynamicImage, ImageFormat};
use proptest::prelude::*;
use serde_json::json;
use tracker_mock::{Clock, Config, FileNamePolicy};

use crate::support::{Answer, Api, Form, PROJECT, request};

/// The `content` URL of an uploaded file, without scheme and host.
async fn upload(api: &Api, form: &Form) -> String {
    let answer = api.post_form("/v2/attachments/", form).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    path_of(answer.json()["content"].as_str().expect("a URL"))
}

fn path_of(url: &str) -> String {
    url.strip_prefix("http://tracker.test").expect("the host of the test").to_owned()
}

async fn ask(api: &Api, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = headers.iter().fold(request(method, path), |request, (name, value)| request.header(*name, *value));
    api.send(request.body(Body::empty()).expect("a good request")).await
}

async fn get(api: &Api, path: &str, headers: &[(&str, &str)]) -> Answer {
    ask(api, Method::GET, path, headers).await
}

fn typed(name: &str, kind: &str, bytes: &[u8]) -> Form {
    let disposition = format!("Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"");
    Form::part(&format!("{disposition}\r\nContent-Type: {kind}"), bytes)
}

fn picture(format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    DynamicImage::new_rgb8(4, 3).write_to(&mut bytes, format).expect("a picture");
    bytes.into_inner()
}

/// Bytes that look random and are the same each time.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    };
    std::iter::repeat_with(&mut next).take(length).collect()
}

fn head(answer: Answer) -> String {
    Answer { body: Bytes::new(), ..answer }.transcript()
}

#[tokio::test]
async fn a_text_file() {
    let api = Api::new();
    let path = upload(&api, &Form::file("отчёт за май.txt", b"0123456789")).await;
    insta::assert_snapshot!(get(&api, &path, &[]).await.transcript());
}

#[tokio::test]
async fn a_head_request() {
    let api = Api::new();
    let path = upload(&api, &Form::file("a.txt", b"0123456789")).await;
    let whole = get(&api, &path, &[]).await;
    // A range means nothing to a HEAD.
    for headers in [[].as_slice(), &[("Range", "bytes=2-4")], &[("Range", "bytes=10-")]] {
        let answer = ask(&api, Method::HEAD, &path, headers).await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, 0), "{headers:?}");
        assert_eq!(answer.headers, whole.headers, "{headers:?}");
    }
}

#[tokio::test]
async fn a_part_of_a_file() {
    let api = Api::new();
    let path = upload(&api, &Form::file("a.txt", b"0123456789")).await;
    insta::assert_snapshot!(get(&api, &path, &[("Range", "bytes=2-4")]).await.transcript());
}

#[tokio::test]
async fn a_range_without_bytes() {
    let api = Api::new();
    let path = upload(&api, &Form::file("a.txt", b"0123456789")).await;
    insta::assert_snapshot!(get(&api, &path, &[("Range", "bytes=10-")]).await.transcript());
    let russian = get(&api, &path, &[("Range", "bytes=-0"), ("Accept-Language", "ru")]).await;
    insta::assert_snapshot!(russian.transcript());
}

#[tokio::test]
async fn an_unchanged_file() {
    let api = Api::new();
    let path = upload(&api, &Form::file("a.txt", b"0123456789")).await;
    let etag = get(&api, &path, &[]).await.headers["etag"].to_str().expect("ASCII").to_owned();
    insta::assert_snapshot!(get(&api, &path, &[("If-None-Match", &etag)]).await.transcript());
}

#[tokio::test]
async fn if_none_match() {
    let api = Api::new();
    let path = upload(&api, &Form::file("a.txt", b"0123456789")).await;
    let etag = get(&api, &path, &[]).await.headers["etag"].to_str().expect("ASCII").to_owned();
    for (header, expected) in [
        (etag.clone(), 304),
        (format!("W/{etag}"), 304),
        (format!("\"other\", W/\"x,y\" , {etag}"), 304),
        ("*".to_owned(), 304),
        ("\"other\"".to_owned(), 200),
        (etag.trim_matches('"').to_owned(), 200),
        (format!("\"a b\", {}x\"", etag.trim_end_matches('"')), 200),
        (String::new(), 200),
        ("\"".to_owned(), 200),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let answer = ask(&api, method, &path, &[("If-None-Match", &header)]).await;
            assert_eq!(answer.status, expected, "{header}");
        }
        // It comes before the range, and makes If-Modified-Since meaningless.
        let always = [("If-None-Match", header.as_str()), ("If-Modified-Since", "Fri, 31 Dec 9999 23:59:59 GMT")];
        assert_eq!(get(&api, &path, &always).await.status, expected, "{header}");
        let with_range = [("If-None-Match", header.as_str()), ("Range", "bytes=0-0")];
        let expected = if expected == 200 { 206 } else { expected };
        assert_eq!(get(&api, &path, &with_range).await.status, expected, "{header}");
    }
}

#[tokio::test]
async fn if_modified_since() {
    let api = Api::new();
    let path = upload(&api, &Form::file("a.txt", b"0123456789")).await;
    // The clock of the tests stands at 14:06:29.747.
    for (date, expected) in [
        ("Sat, 13 Jan 2024 14:06:29 GMT", 304),
        ("Sat, 13 Jan 2024 14:06:30 GMT", 304),
        ("Saturday, 13-Jan-24 14:06:29 GMT", 304),
        ("Sat Jan 13 14:06:29 2024", 304),
        ("Sat, 13 Jan 2024 14:06:28 GMT", 200),
        ("yesterday", 200),
        ("", 200),
    ] {
        assert_eq!(get(&api, &path, &[("If-Modified-Since", date)]).await.status, expected, "{date}");
    }
}

#[tokio::test]
async fn if_range() {
    let api = Api::new();
    let path = upload(&api, &Form::file("a.txt", b"0123456789")).await;
    let etag = get(&api, &path, &[]).await.headers["etag"].to_str().expect("ASCII").to_owned();
    for (validator, expected) in [
        (etag.clone(), 206),
        // A weak tag does not say that the bytes are the same.
        (format!("W/{etag}"), 200),
        ("\"other\"".to_owned(), 200),
        // Nor does a time of whole seconds.
        ("Sat, 13 Jan 2024 14:06:29 GMT".to_owned(), 200),
        ("Sat, 13 Jan 2024 14:06:30 GMT".to_owned(), 200),
        ("nonsense".to_owned(), 200),
    ] {
        let answer = get(&api, &path, &[("Range", "bytes=2-4"), ("If-Range", &validator)]).await;
        assert_eq!(answer.status, expected, "{validator}");
        assert_eq!(answer.text(), if expected == 206 { "234" } else { "0123456789" });
    }
    // Without a match there is no range that could fail.
    let answer = get(&api, &path, &[("Range", "bytes=10-"), ("If-Range", "\"other\"")]).await;
    assert_eq!(answer.status, StatusCode::OK);
}

/// The answer to these headers is 412 and names one of them, if `expected` is that.
async fn assert_wanted(api: &Api, path: &str, headers: &[(&str, &str)], expected: u16) {
    for method in [Method::GET, Method::HEAD] {
        let answer = ask(api, method.clone(), path, headers).await;
        let is_part = method == Method::GET && headers.iter().any(|(name, _)| *name == "Range") && expected == 200;
        assert_eq!(answer.status, if is_part { 206 } else { expected }, "{method} {headers:?}");
        if expected == 412 && method == Method::GET {
            let name = headers[0].0;
            let message = format!("The file is not the one that {name} asks for: another has its id now.");
            assert_eq!(answer.json(), json!({"errors": {name: message}, "errorMessages": [], "statusCode": 412}));
        }
    }
}

#[tokio::test]
async fn if_match() {
    let api = Api::new();
    let path = upload(&api, &Form::file("a.txt", b"0123456789")).await;
    let etag = get(&api, &path, &[]).await.headers["etag"].to_str().expect("ASCII").to_owned();
    for (header, expected) in [
        (etag.clone(), 200),
        (format!("\"other\", {etag}"), 200),
        ("*".to_owned(), 200),
        (format!("W/{etag}"), 412),
        ("\"other\"".to_owned(), 412),
        (etag.trim_matches('"').to_owned(), 412),
        (String::new(), 412),
    ] {
        let condition = ("If-Match", header.as_str());
        assert_wanted(&api, &path, &[condition], expected).await;
        assert_wanted(&api, &path, &[condition, ("Range", "bytes=2-4")], expected).await;
        // It comes before the other conditions, before a range without bytes, and makes If-Unmodified-Since meaningless.
        assert_wanted(&api, &path, &[condition, ("If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT")], expected)
            .await;
        let known = if expected == 200 { 304 } else { expected };
        assert_wanted(&api, &path, &[condition, ("If-None-Match", &etag)], known).await;
        let unsatisfiable = if expected == 200 { 416 } else { expected };
        let answer = get(&api, &path, &[condition, ("Range", "bytes=10-")]).await;
        assert_eq!(answer.status, unsatisfiable, "{header}");
    }
}

#[tokio::test]
async fn if_unmodified_since() {
    let api = Api::new();
    let path = upload(&api, &Form::file("a.txt", b"0123456789")).await;
    // The clock of the tests stands at 14:06:29.747.
    for (date, expected) in [
        ("Sat, 13 Jan 2024 14:06:29 GMT", 200),
        ("Sat, 13 Jan 2024 14:06:30 GMT", 200),
        ("Sat, 13 Jan 2024 14:06:28 GMT", 412),
        ("Saturday, 13-Jan-24 14:06:28 GMT", 412),
        ("yesterday", 200),
        ("", 200),
    ] {
        let condition = ("If-Unmodified-Since", date);
        assert_wanted(&api, &path, &[condition], expected).await;
        if date == "Sat, 13 Jan 2024 14:06:29 GMT" {
            // Another file may be of the same second.
            assert_eq!(get(&api, &path, &[condition, ("Range", "bytes=2-4")]).await.status, StatusCode::OK);
        } else {
            assert_wanted(&api, &path, &[condition, ("Range", "bytes=2-4")], expected).await;
        }
        let known = if expected == 200 { 304 } else { expected };
        assert_wanted(&api, &path, &[condition, ("If-None-Match", "*")], known).await;
    }
}

/// After a reset another file has the id, and with the clock of a test the very second.
#[tokio::test]
async fn a_download_that_is_resumed_after_a_reset_mixes_no_two_files() {
    let api = Api::new();
    let path = upload(&api, &Form::file("a.txt", b"the first file")).await;
    let first = get(&api, &path, &[]).await;
    let value = |name: &str| first.headers[name].to_str().expect("ASCII").to_owned();
    api.post("/_mock/reset?org=test").await;
    assert_eq!(upload(&api, &Form::file("a.txt", b"another file!!")).await, path);
    let rest = ("Range", "bytes=7-");
    for (condition, expected) in [
        (("If-Match", value("etag")), 412),
        (("If-Range", value("etag")), 200),
        (("If-Range", value("last-modified")), 200),
        (("If-Unmodified-Since", value("last-modified")), 200),
    ] {
        let answer = get(&api, &path, &[(condition.0, &condition.1), rest]).await;
        assert_eq!(answer.status, expected, "{condition:?}");
        assert!(expected == 412 || answer.text() == "another file!!", "{condition:?}");
    }
}

#[tokio::test]
async fn parts_at_the_edges_of_a_file() {
    let api = Api::new();
    let path = upload(&api, &Form::file("a.txt", b"0123456789")).await;
    for (range, expected) in [
        ("bytes=0-0", Some("0")),
        ("bytes=9-", Some("9")),
        ("bytes=0-18446744073709551615", Some("0123456789")),
        ("bytes=-10", Some("0123456789")),
        ("bytes=-11", Some("0123456789")),
        ("bytes=10-", None),
        ("bytes=10-20", None),
        ("bytes=-0", None),
    ] {
        let answer = get(&api, &path, &[("Range", range)]).await;
        let status = if expected.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::RANGE_NOT_SATISFIABLE };
        assert_eq!(answer.status, status, "{range}");
        assert!(expected.is_none_or(|expected| answer.text() == expected), "{range}: {}", answer.text());
    }
}

#[tokio::test]
async fn an_empty_file() {
    let api = Api::new();
    let path = upload(&api, &Form::file("empty", b"")).await;
    let answer = get(&api, &path, &[]).await;
    assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, 0));
    assert_eq!(answer.headers["content-length"], "0");
    let answer = get(&api, &path, &[("Range", "bytes=0-0")]).await;
    assert_eq!(
        (answer.status, answer.headers["content-range"].as_bytes()),
        (StatusCode::RANGE_NOT_SATISFIABLE, b"bytes */0".as_slice())
    );
    assert_eq!(get(&api, &path, &[("Range", "bytes=0-")]).await.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(get(&api, &path, &[("Range", "bytes=-5")]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn several_ranges_and_malformed_ones_are_answered_whole() {
    let api = Api::new();
    let path = upload(&api, &Form::file("a.txt", b"0123456789")).await;
    for range in [
        "bytes=0-1,4-5",
        "bytes=0-0, 20-30",
        "bytes=0-1,-0",
        "bytes=5-2",
        "bytes=20-12",
        "bytes=x-",
        "bytes=a-b",
        "bytes=",
        "bytes=-",
        "bytes",
        "bytes 0-1",
        "bytes=0-1;2",
        "lines=1-2",
        "0-1",
        "",
    ] {
        let answer = get(&api, &path, &[("Range", range)]).await;
        assert_eq!((answer.status, answer.text()), (StatusCode::OK, "0123456789"), "{range}");
        assert!(!answer.headers.contains_key("content-range"));
    }
    let twice = get(&api, &path, &[("Range", "bytes=0-1"), ("Range", "bytes=2-3")]).await;
    assert_eq!(twice.status, StatusCode::OK);
}

/// A range as a client may mean it, and what a reader of RFC 9110 expects of it.
#[derive(Clone, Debug)]
enum Meant {
    From(u64, Option<u64>),
    Last(u64),
}

impl Meant {
    fn header(&self) -> String {
        match self {
            Self::From(first, Some(last)) => format!("bytes={first}-{last}"),
            Self::From(first, None) => format!("bytes={first}-"),
            Self::Last(length) => format!("bytes=-{length}"),
        }
    }

    fn includes(&self, position: u64, size: u64) -> bool {
        match *self {
            Self::From(first, last) => first <= position && last.is_none_or(|last| position <= last),
            Self::Last(length) => position + length >= size,
        }
    }
}

fn meant() -> impl Strategy<Value = Meant> {
    let place = || prop_oneof![8 => 0..40_u64, 1 => any::<u64>()];
    prop_oneof![
        (place(), proptest::option::of(place())).prop_map(|(a, b)| Meant::From(a, b)),
        place().prop_map(Meant::Last)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_range_gives_the_bytes_that_it_names(bytes in proptest::collection::vec(any::<u8>(), 1..40), meant in meant()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let answer = runtime.block_on(async {
            let api = Api::new();
            let path = upload(&api, &Form::file("a", &bytes)).await;
            get(&api, &path, &[("Range", &meant.header())]).await
        });
        let size = bytes.len() as u64;
        let named: Vec<u64> = (0..size).filter(|&at| meant.includes(at, size)).collect();
        let inverted = matches!(meant, Meant::From(first, Some(last)) if last < first);
        match (named.first().zip(named.last()), inverted) {
            (_, true) => prop_assert_eq!((answer.status, answer.body), (StatusCode::OK, Bytes::from(bytes))),
            (None, false) => {
                prop_assert_eq!(answer.status, StatusCode::RANGE_NOT_SATISFIABLE);
                prop_assert_eq!(answer.headers["content-range"].to_str().expect("ASCII"), format!("bytes */{size}"));
                prop_assert_eq!(answer.json()["statusCode"].as_u64(), Some(416));
            }
            (Some((first, last)), false) => {
                let expected: Vec<u8> = named.iter().map(|&at| bytes[usize::try_from(at).expect("small")]).collect();
                prop_assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT);
                let range = format!("bytes {first}-{last}/{size}");
                prop_assert_eq!(answer.headers["content-range"].to_str().expect("ASCII"), range);
                prop_assert_eq!(answer.headers["content-length"].to_str().expect("ASCII"), expected.len().to_string());
                prop_assert_eq!(answer.body, Bytes::from(expected));
            }
        }
    }

    #[test]
    fn no_range_header_is_too_strange(header in "(bytes=)?[ -~]{0,40}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let answer = runtime.block_on(async {
            let api = Api::new();
            let path = upload(&api, &Form::file("a", b"0123456789")).await;
            get(&api, &path, &[("Range", &header), ("If-None-Match", &header), ("If-Range", &header)]).await
        });
        prop_assert!([200, 206, 304, 416].contains(&answer.status.as_u16()), "{}", answer.status);
    }
}

#[tokio::test]
async fn bytes_come_back_identical_under_every_name() {
    let api = Api::new();
    for name in [
        "a",
        "отчёт за май.pdf",
        "100% + sure?.txt",
        "a&b=c#d;e.txt",
        "say \"hi\".txt",
        "👩‍💻.bin",
        "...",
        "a'b(c)[d]{e}.x",
    ] {
        for length in [0, 1, 1000] {
            let bytes = noise(length);
            let path = upload(&api, &Form::file(name, &bytes)).await;
            for path in [path.clone(), format!("{path}/"), path.replace("/v2/", "/v3/")] {
                let answer = get(&api, &path, &[]).await;
                assert_eq!((answer.status, answer.body.as_ref()), (StatusCode::OK, bytes.as_slice()), "{path}");
                assert_eq!(answer.headers["content-length"], length.to_string());
            }
        }
    }
}

#[tokio::test]
async fn a_large_file_and_its_end() {
    let api = Api::new();
    let bytes = noise(5 * 1024 * 1024);
    let path = upload(&api, &Form::file("large.bin", &bytes)).await;
    let answer = get(&api, &path, &[]).await;
    assert!(answer.body == bytes);
    let answer = get(&api, &path, &[("Range", "bytes=-100000")]).await;
    assert!(answer.body == bytes[bytes.len() - 100_000..]);
}

#[tokio::test]
async fn an_attached_file_under_its_new_name() {
    let api = Api::new();
    let path = upload(&api, &Form::file("old.txt", b"text")).await;
    let id = path.split('/').nth(3).expect("an id");
    let attach = format!("/v2/entities/project/{PROJECT}/attachments/{id}?filename=new.txt&expand=attachments");
    let answer = api.post(&attach).await;
    let content = path_of(answer.json()["attachments"][0]["content"].as_str().expect("a URL"));
    assert_eq!(get(&api, &content, &[]).await.text(), "text");
    // The old name is another name now, and the file is sent under it all the same.
    let answer = get(&api, &path, &[]).await;
    assert_eq!((answer.status, answer.text()), (StatusCode::OK, "text"));
    assert_eq!(answer.headers["content-disposition"], "attachment; filename=\"old.txt\"; filename*=UTF-8''old.txt");
}

/// What is asked for under another name is sent, and the journal says what it is called.
#[tokio::test]
async fn another_name_is_a_deviation() {
    let api = Api::new();
    let png = picture(ImageFormat::Png);
    let id = api.upload("a.png", &png).await;
    for (path, disposition) in [
        (format!("/v2/attachments/{id}/b.html"), "inline; filename=\"b.html\"; filename*=UTF-8''b.html"),
        (format!("/v3/attachments/{id}/%0D%0AX:%20y"), "inline; filename=\"__X: y\"; filename*=UTF-8''%0D%0AX%3A%20y"),
        ("/v2/issues/JUNE-2/attachments/7/x.csv".to_owned(), "attachment; filename=\"x.csv\"; filename*=UTF-8''x.csv"),
    ] {
        let answer = get(&api, &path, &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.headers["content-disposition"], disposition, "{path}");
    }
    assert_eq!(get(&api, &format!("/v2/attachments/{id}/a.png"), &[]).await.body, png.as_slice());
    let told: Vec<_> = api
        .get("/_mock/requests?all=true&method=GET")
        .await
        .json()
        .as_array()
        .expect("a list")
        .iter()
        .map(|record| record["deviations"].clone())
        .collect();
    let deviation = |name: &str| {
        serde_json::json!([{
            "kind": "other-file-name",
            "message": format!("The file is called {name:?}; it was sent under the name in the path."),
            "rule": "section 4, downloads: another name is answered all the same",
        }])
    };
    assert_eq!(told, [deviation("a.png"), deviation("a.png"), deviation("report.csv"), serde_json::json!([])]);
}

#[tokio::test]
async fn names_may_have_to_be_exact() {
    let api = Api::with(set!(Config::default(); file_names: FileNamePolicy::Exact));
    let id = api.upload("a.txt", b"text").await;
    assert_eq!(get(&api, &format!("/v2/attachments/{id}/a.txt"), &[]).await.text(), "text");
    let before = api.state().await;
    let refused = get(&api, &format!("/v2/attachments/{id}/b.txt"), &[]).await;
    assert_eq!(
        (refused.status, refused.text()),
        (
            StatusCode::NOT_FOUND,
            r#"{"errors":{},"errorMessages":["File 30 is called \"a.txt\", not \"b.txt\"."],"statusCode":404}"#
        )
    );
    let refused = get(&api, "/v2/issues/JUNE-2/attachments/7/other.csv", &[]).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    assert_eq!(api.state().await, before);
}

#[tokio::test]
async fn what_is_not_there() {
    let api = Api::new();
    let id = api.upload("a.txt", b"text").await;
    insta::assert_snapshot!(get(&api, "/v2/attachments/999/a.txt", &[]).await.transcript());
    let other_world = request(Method::GET, &format!("/v2/attachments/{id}/a.txt")).body(Body::empty());
    let mut other_world = other_world.expect("a good request");
    other_world.headers_mut().insert("X-Org-ID", "another".parse().expect("a value"));
    assert_eq!(api.send(other_world).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn documents_do_not_run_in_a_browser() {
    let api = Api::new();
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".as_slice();
    let html = b"<script>alert(1)</script>".as_slice();
    let png = picture(ImageFormat::Png);
    for (form, kind) in [
        (typed("a.html", "text/html", html), "text/html"),
        (typed("a.svg", "image/svg+xml", svg), "image/svg+xml"),
        (typed("a.png", "image/svg+xml", svg), "image/svg+xml"),
        // What it says it is counts as much as what it is.
        (typed("a.png", "image/png", html), "image/png"),
        (typed("a.html", "text/html", &png), "text/html"),
        (typed("a.svg", "image/svg+xml", &png), "image/svg+xml"),
        (typed("a.pdf", "application/pdf", b"%PDF-1.7"), "application/pdf"),
    ] {
        let path = upload(&api, &form).await;
        let answer = get(&api, &path, &[]).await;
        assert_eq!(answer.headers["content-type"], kind);
        let disposition = answer.headers["content-disposition"].to_str().expect("ASCII");
        assert!(disposition.starts_with("attachment;"), "{kind}: {disposition}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers["content-security-policy"], "sandbox");
    }
}

#[tokio::test]
async fn raster_images_are_shown() {
    let api = Api::new();
    for (format, name) in [
        (ImageFormat::Png, "a.png"),
        (ImageFormat::Jpeg, "a.jpg"),
        (ImageFormat::Gif, "a.gif"),
        (ImageFormat::WebP, "a.webp"),
        (ImageFormat::Bmp, "a.bmp"),
    ] {
        let path = upload(&api, &Form::file(name, &picture(format))).await;
        let answer = get(&api, &path, &[]).await;
        assert_eq!(answer.headers["content-type"], format.to_mime_type());
        let disposition = answer.headers["content-disposition"].to_str().expect("ASCII");
        assert_eq!(disposition, format!("inline; filename=\"{name}\"; filename*=UTF-8''{name}"));
    }
    let path = upload(&api, &Form::file("image.png", &picture(ImageFormat::Png))).await;
    insta::assert_snapshot!(head(get(&api, &path, &[]).await));
}

#[tokio::test]
async fn names_cannot_add_headers() {
    let api = Api::new();
    let id = api.upload("file", b"text").await;
    for (given, plain, extended) in [
        ("a.txt", "a.txt", "a.txt"),
        ("a%20b%3Bc.txt", "a b;c.txt", "a%20b%3Bc.txt"),
        ("%22%3B%20x%3D%22", "_; x=_", "%22%3B%20x%3D%22"),
        ("100%25.txt", "100_.txt", "100%25.txt"),
        ("a%5C%0D%0AX:%20y", "a___X: y", "a%5C%0D%0AX%3A%20y"),
        ("%D0%BE%D1%82%D1%87%D1%91%D1%82.txt", "_____.txt", "%D0%BE%D1%82%D1%87%D1%91%D1%82.txt"),
    ] {
        let answer = get(&api, &format!("/v2/attachments/{id}/{given}"), &[]).await;
        let expected = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{extended}");
        assert_eq!(answer.headers["content-disposition"].as_bytes(), expected.as_bytes(), "{given}");
    }
    for name in ["a\"; filename*=UTF-8''evil.exe; x=\".txt", "a\\\".txt", "%0D%0AX-Evil: 1.txt", "x; y=z.txt"] {
        let path =
            format!("/v2/attachments/?filename={}", name.bytes().map(|b| format!("%{b:02X}")).collect::<String>());
        let answer = api.post_form(&path, &Form::file("file", b"text")).await;
        if answer.status == StatusCode::BAD_REQUEST {
            assert!(name.contains('\\'), "{name}");
            continue;
        }
        let answer = get(&api, &path_of(answer.json()["content"].as_str().expect("a URL")), &[]).await;
        let disposition = answer.headers["content-disposition"].to_str().expect("ASCII");
        let quoted: Vec<&str> = disposition.split('"').collect();
        assert_eq!(quoted.len(), 3, "{disposition}");
        assert_eq!((quoted[0], quoted[2].matches(';').count()), ("attachment; filename=", 1), "{disposition}");
        assert!(!answer.headers.contains_key("x-evil"));
    }
}

#[tokio::test]
async fn a_reset_world_issues_the_id_again_and_not_the_tag() {
    let api = Api::new();
    let first = upload(&api, &Form::file("a.txt", b"before")).await;
    let before = get(&api, &first, &[]).await.headers["etag"].to_str().expect("ASCII").to_owned();
    api.post("/_mock/reset?all=true").await;
    let second = upload(&api, &Form::file("a.txt", b"after ")).await;
    assert_eq!(first, second);
    let answer = get(&api, &second, &[("If-None-Match", &before)]).await;
    assert_eq!((answer.status, answer.text()), (StatusCode::OK, "after "));
    assert_eq!(answer.headers["cache-control"], "private, no-cache");
}

#[tokio::test]
async fn a_file_from_before_1970_has_no_last_modified() {
    let clock = Clock::frozen_at("1969-07-20T20:17:40.000+0000");
    let api = Api::with_clock(Config::default(), clock);
    let path = upload(&api, &Form::file("a.txt", b"text")).await;
    let answer = get(&api, &path, &[("If-Modified-Since", "Sat, 13 Jan 2024 14:06:29 GMT")]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(!answer.headers.contains_key("last-modified"));
}

/// An answer that is still being sent keeps its bytes, and their place in the budget, when the file is gone.
#[tokio::test]
async fn a_body_outlives_its_file() {
    let api = Api::new();
    let before = api.used_bytes();
    let path = upload(&api, &Form::file("a.bin", &noise(1000))).await;
    let answer = get(&api, &path, &[]).await;
    api.post("/_mock/reset?all=true").await;
    assert_eq!(answer.body, noise(1000));
    assert_eq!(api.used_bytes() - before, 1000 + 512);
    drop(answer);
    assert_eq!(api.used_bytes(), before);
}

#[tokio::test]
async fn without_authorization_or_with_another_method() {
    let api = Api::new();
    let path = upload(&api, &Form::file("a.txt", b"text")).await;
    let bare = crate::support::bare_request(Method::GET, &path).body(Body::empty()).expect("a good request");
    assert_eq!(api.send(bare).await.status, StatusCode::UNAUTHORIZED);
    let answer = api.post(&path).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.headers["allow"], "GET, HEAD");
    // What the official Python client sends with every download.
    let null = request(Method::GET, &path).header("Content-Type", "application/json").body(Body::from("null"));
    assert_eq!(api.send(null.expect("a good request")).await.text(), "text");
}
