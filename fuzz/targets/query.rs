//! Paths and queries. The input is a byte that chooses the method and the endpoint, and its query; or, for the last
//! endpoint, a whole path with its query. Bytes that no URL may have are escaped.

#![no_main]

use std::fmt::Write;

use axum::body::Body;
use axum::http::{Method, Request, Uri};
use libfuzzer_sys::{Corpus, fuzz_target};
use percent_encoding::percent_decode_str;
use tracker_mock_fuzz::{Answer, with_bench};

const ATTACH: &str = "/v2/entities/project/1/attachments/5";

const ENDPOINTS: [(Method, &str); 24] = [
    (Method::POST, ATTACH),
    (Method::GET, "/v2/entities/project/2"),
    (Method::PATCH, "/v2/entities/project/2"),
    (Method::DELETE, "/v2/entities/project/2"),
    (Method::DELETE, "/v2/entities/project/2/attachments/1"),
    (Method::GET, "/v2/entities/project/2/events/_relative"),
    (Method::GET, "/v2/entities/project/2/comments"),
    (Method::GET, "/v2/entities/project/2/comments/_relative"),
    (Method::POST, "/v2/entities/project/_search"),
    (Method::GET, "/v2/issues/Q-1"),
    (Method::PATCH, "/v2/issues/Q-1"),
    (Method::POST, "/v2/issues/_search"),
    (Method::POST, "/v2/issues/_findByUnique"),
    (Method::GET, "/v2/issues/Q-1/comments"),
    (Method::POST, "/v2/issues/Q-1/attachments/_import"),
    (Method::GET, "/v2/users"),
    (Method::GET, "/v3/queues"),
    (Method::GET, "/v3/fields"),
    (Method::GET, "/_mock/state"),
    (Method::GET, "/_mock/requests"),
    (Method::POST, "/_mock/reset"),
    (Method::GET, ""),
    (Method::POST, ""),
    (Method::DELETE, ""),
];

fuzz_target!(|input: &[u8]| -> Corpus {
    let Some((choice, rest)) = input.split_first() else { return Corpus::Reject };
    let (method, path) = &ENDPOINTS[usize::from(*choice) % ENDPOINTS.len()];
    let rest = escaped(rest);
    let separator = if path.is_empty() { "/" } else { "?" };
    let Ok(uri) = format!("{path}{separator}{rest}").parse::<Uri>() else { return Corpus::Reject };
    with_bench(|bench| {
        bench.reset_all();
        let request = Request::builder().method(method).uri(&uri).body(Body::empty()).expect("a request");
        let answer = bench.send(request);
        if *path == ATTACH {
            check_name(&rest, &answer, &bench.get("/v2/attachments/5"));
        }
    });
    Corpus::Keep
});

fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'#' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | 0..=b' ' | 0x7f.. => {
                write!(text, "%{byte:02X}").expect("a string");
            }
            plain => text.push(char::from(*plain)),
        }
    }
    text
}

/// What `?filename=` says, read here once more, is what the file is called from then on.
fn check_name(query: &str, attached: &Answer, file: &Answer) {
    let names: Vec<String> = query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .filter(|(name, _)| decoded(name).as_deref() == Some("filename"))
        .filter_map(|(_, value)| decoded(value))
        .collect();
    let name = file.json()["name"].as_str().expect("a name").to_owned();
    match (attached.status.as_u16(), names.as_slice()) {
        (200, []) => assert_eq!(name, "temporary.txt"),
        (200, [given]) => assert_eq!(&name, given),
        (200, several) => panic!("{several:?} and yet attached as {name:?}"),
        (_, _) => assert_eq!(name, "temporary.txt"),
    }
}

fn decoded(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}
