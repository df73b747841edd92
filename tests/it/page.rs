//! The page at `/_mock/`, and the calls that only it needs: the files of a world and small pictures of them.

use std::io::Read;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use bytes::Bytes;
use flate2::read::GzDecoder;
use http_body_util::BodyExt;
use serde_json::json;
use tracker_mock::Config;

use crate::support::{Api, Call, Form, PROJECT, bare_request};

/// The names of scripts, style and library.
const FILES: [&str; 16] = [
    "api.js",
    "app.js",
    "coverage.js",
    "detail.js",
    "faults.js",
    "feed.js",
    "files.js",
    "list.js",
    "picture.js",
    "preact-htm.js",
    "route.js",
    "setting.js",
    "show.js",
    "snippets.js",
    "style.css",
    "texts.js",
];

/// Script, style and library together, in bytes.
const MOST_BYTES: usize = 80 * 1024;

/// What a browser asks for a document.
fn browse(path: &str) -> Request<Body> {
    let accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    bare_request(Method::GET, path).header("Accept", accept).body(Body::empty()).expect("a good request")
}

async fn read(api: &Api, request: Request<Body>) -> (StatusCode, HeaderMap, Bytes) {
    let (head, body) = api.send_and_leave(request).await.into_parts();
    (head.status, head.headers, body.collect().await.expect("a body").to_bytes())
}

async fn read_text(api: &Api, path: &str) -> String {
    let (status, _, body) = read(api, browse(path)).await;
    assert_eq!(status, StatusCode::OK, "{path}");
    String::from_utf8(body.to_vec()).expect("UTF-8")
}

#[tokio::test]
async fn a_browser_gets_the_page_and_all_that_it_names() {
    let api = Api::new();
    let page = read_text(&api, "/_mock/").await;
    for name in ["page/style.css", "page/app.js", "page/icon.svg", "page/plain.html"] {
        assert!(page.contains(&format!("\"{name}\"")) || page.contains(&format!("={name}\"")), "{name}");
        read_text(&api, &format!("/_mock/{name}")).await;
    }
    assert!(!page.contains("<script>") && !page.contains("<style") && !page.contains(" on"), "{page}");
    // Every script is known, and those that it imports are there.
    for name in FILES {
        let text = read_text(&api, &format!("/_mock/page/{name}")).await;
        for import in text.split(" from './").skip(1).map(|rest| rest.split('\'').next().expect("a name")) {
            assert!(FILES.contains(&import), "{name} imports {import}");
        }
    }
}

#[tokio::test]
async fn the_page_stays_small() {
    let api = Api::new();
    let mut total = 0;
    for name in FILES {
        total += read_text(&api, &format!("/_mock/page/{name}")).await.len();
    }
    assert!(total < MOST_BYTES, "{total} bytes");
}

#[tokio::test]
async fn every_answer_of_the_page_keeps_foreign_content_out() {
    let api = Api::new();
    for (path, kind) in [
        ("/_mock/", "text/html; charset=utf-8"),
        ("/_mock/page/plain.html", "text/html; charset=utf-8"),
        ("/_mock/page/app.js", "text/javascript; charset=utf-8"),
        ("/_mock/page/style.css", "text/css; charset=utf-8"),
        ("/_mock/page/icon.svg", "image/svg+xml"),
    ] {
        let (_, headers, _) = read(&api, browse(path)).await;
        let header = |name: &str| headers.get(name).map(|value| value.to_str().expect("text")).unwrap_or_default();
        assert_eq!(header("content-type"), kind, "{path}");
        let policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";
        assert_eq!(header("content-security-policy"), policy, "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert_eq!(header("cache-control"), "no-cache", "{path}");
    }
}

#[tokio::test]
async fn files_are_packed_for_those_who_take_that() {
    let api = Api::new();
    let plain = read_text(&api, "/_mock/page/app.js").await;
    for (accepted, is_packed) in [("gzip, deflate, br", true), ("GZIP;q=0.5", true), ("gzip;q=0", false), ("br", false)]
    {
        let mut request = browse("/_mock/page/app.js");
        request.headers_mut().insert("accept-encoding", accepted.parse().expect("a value"));
        let (_, headers, body) = read(&api, request).await;
        assert_eq!(headers.get("content-encoding").is_some_and(|value| value == "gzip"), is_packed, "{accepted}");
        let mut text = String::new();
        if is_packed {
            assert!(body.len() < plain.len() / 2, "{}", body.len());
            GzDecoder::new(&body[..]).read_to_string(&mut text).expect("good gzip");
        } else {
            text = String::from_utf8(body.to_vec()).expect("UTF-8");
        }
        assert_eq!(text, plain, "{accepted}");
    }
}

/// A page without the slash would look for its files beside the control plane.
#[tokio::test]
async fn without_its_slash_the_page_is_elsewhere() {
    let (status, headers, _) = read(&Api::new(), browse("/_mock")).await;
    assert_eq!((status, &headers["location"]), (StatusCode::PERMANENT_REDIRECT, &"_mock/".parse().expect("a value")));
}

#[tokio::test]
async fn to_programs_the_page_is_no_endpoint() {
    let api = Api::new();
    let message = |method: &str, path: &str, closest: &str| {
        let message = format!("{method} {path} is not an endpoint that is emulated. The closest one is {closest}.");
        json!({"errors": {}, "errorMessages": [message], "statusCode": 404})
    };
    for (call, expected) in [
        (Call::bare(Method::GET, "/_mock/"), message("GET", "/_mock/", "GET /_mock/health")),
        (Call::bare(Method::GET, "/_mock").header("Accept", "*/*"), message("GET", "/_mock", "GET /_mock/health")),
        (
            Call::bare(Method::GET, "/_mock/").header("Accept", "text/html;q=0, application/json"),
            message("GET", "/_mock/", "GET /_mock/health"),
        ),
        (
            Call::bare(Method::POST, "/_mock/").header("Accept", "text/html"),
            message("POST", "/_mock/", "POST /_mock/reset"),
        ),
    ] {
        let answer = api.send(call.request()).await;
        // People who read JSON in a browser get it indented; it says the same.
        assert_eq!((answer.status, answer.json()), (StatusCode::NOT_FOUND, expected), "{call:?}");
    }
    let absent = api.get("/_mock/page/absent.js").await;
    assert_eq!(absent.status, StatusCode::NOT_FOUND);
    assert!(absent.text().contains("GET /_mock/page/absent.js is not an endpoint"), "{}", absent.text());
}

#[tokio::test]
async fn a_page_of_another_origin_gets_no_page() {
    let mut request = browse("/_mock/");
    request.headers_mut().insert("origin", "http://evil.example".parse().expect("a value"));
    assert_eq!(read(&Api::new(), request).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn without_scripts_the_newest_hundred_requests_are_a_table() {
    let api = Api::new();
    for number in 0..101 {
        api.get(&format!("/v2/users/{number}")).await;
    }
    api.send(Call::get("/v2/entities/project/none?%3Cscript%3E=1").org("a<i>").request()).await;
    let html = read_text(&api, "/_mock/page/plain.html").await;
    assert_eq!(html.matches("<tr><td>").count(), 100);
    assert!(html.contains("<td>102</td>") && html.contains("<td>3</td>") && !html.contains("<td>2</td>"), "{html}");
    assert!(html.find("<td>102</td>") < html.find("<td>101</td>"));
    for shown in
        ["<td>a&lt;i&gt;</td>", "&quot;&lt;script&gt;&quot; is not documented", "<td>get_entity</td><td>404</td>"]
    {
        assert!(html.contains(shown), "{shown}: {html}");
    }
    assert!(!html.contains("<script") && !html.contains("<i>"), "{html}");
}

#[tokio::test]
async fn the_page_shows_all_files_of_a_world() {
    let api = Api::new();
    let org = "files";
    let upload = |name: &str, bytes: &[u8]| Call::upload("/v2/attachments/", &Form::file(name, bytes)).org(org);
    let uploaded = api.send(upload("<b>.txt", b"text").request()).await.json();
    let attached = api.send(upload("on-entity.txt", b"more").request()).await.json();
    let attach = format!("/v2/entities/project/{PROJECT}/attachments/{}", attached["id"].as_str().expect("an id"));
    api.send(Call::post(&attach).org(org).request()).await;
    let files = api.get("/_mock/files?org=files").await.json();
    let file = |id: &serde_json::Value| {
        files.as_array().expect("a list").iter().find(|file| file["id"] == *id).expect("a file").clone()
    };
    let temporary = json!({
        "id": uploaded["id"], "name": "<b>.txt", "mimetype": "text/plain", "size": 4,
        "createdAt": "2024-01-13T14:06:29.747+0000", "createdBy": "author", "hasPreview": false});
    assert_eq!(file(&uploaded["id"]), temporary);
    assert_eq!(file(&attached["id"])["holder"], json!({"kind": "project", "id": PROJECT}));
    let ids: Vec<u64> = files
        .as_array()
        .expect("a list")
        .iter()
        .map(|file| file["id"].as_str().expect("an id").parse().expect("a number"))
        .collect();
    assert!(ids.is_sorted_by(|one, other| one > other), "{ids:?}");
    let holders: Vec<String> =
        files.as_array().expect("a list").iter().map(|file| file["holder"].to_string()).collect();
    assert!(holders.iter().any(|holder| holder.contains("\"comment\"") && holder.contains("\"of\"")), "{holders:?}");
    assert!(holders.iter().any(|holder| holder.contains("\"issue\"")), "{holders:?}");
    // Looking makes no world of its own.
    api.get("/_mock/files?org=looked-at").await;
    assert!(api.is_untouched("looked-at"));
}

#[tokio::test]
async fn a_preview_is_a_picture_of_our_own_making() {
    let api = Api::with(Config::default());
    let preview = api.get("/_mock/files/5/preview?org=test").await;
    assert_eq!((preview.status, preview.header("content-type")), (StatusCode::OK, Some("image/png")));
    assert_eq!(preview.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(preview.header("content-security-policy"), Some("sandbox"));
    assert!(preview.body.starts_with(b"\x89PNG"), "{:?}", preview.body);
    let thumbnail = api.get("/v2/thumbnails/5").await;
    assert_eq!(preview.body, thumbnail.body);

    // A drawing could have scripts, so it has none.
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    let id = api.upload("drawing.svg", svg).await;
    let answer = api.get(&format!("/_mock/files/{id}/preview?org=test")).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let message = &answer.json()["errorMessages"][0];
    assert!(message.as_str().is_some_and(|message| message.contains(&id)), "{message}");
    for path in ["/_mock/files/999/preview?org=test", "/_mock/files/5/preview?org=test&size=3"] {
        let status = api.get(path).await.status;
        assert!([StatusCode::NOT_FOUND, StatusCode::BAD_REQUEST].contains(&status), "{path}: {status}");
    }
}
