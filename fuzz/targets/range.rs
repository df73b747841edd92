//! Downloads with conditions and ranges. The input is a byte that chooses the method and the file, and up to six
//! lines: `Range`, `If-Range`, `If-None-Match`, `If-Modified-Since`, `If-Match`, `If-Unmodified-Since`; an empty line is
//! no header.

#![no_main]

use axum::body::Body;
use axum::http::{HeaderValue, Method, Request};
use libfuzzer_sys::{Corpus, fuzz_target};
use tracker_mock_fuzz::{Answer, with_bench};

/// Files of the world: path, and the bytes that the world has there.
const FILES: [(&str, &[u8]); 4] = [
    ("/v2/attachments/1/old.txt", b"zz"),
    ("/v2/attachments/2/empty.txt", b""),
    ("/v2/attachments/3/digits.txt", b"0123456789abcdefghijklmnopqrstuvwxyz"),
    ("/v2/issues/Q-1/attachments/4/of%20comment.txt", b"A"),
];

const NAMES: [&str; 6] = ["range", "if-range", "if-none-match", "if-modified-since", "if-match", "if-unmodified-since"];

fuzz_target!(|input: &[u8]| -> Corpus {
    let Some((choice, lines)) = input.split_first() else { return Corpus::Reject };
    let (path, bytes) = FILES[usize::from(choice % 4)];
    let method = if choice & 4 == 0 { Method::GET } else { Method::HEAD };
    let mut request = Request::builder().method(&method).uri(path);
    let mut given = Vec::new();
    for (name, line) in NAMES.into_iter().zip(lines.split(|byte| *byte == b'\n')).filter(|(_, line)| !line.is_empty()) {
        let Ok(value) = HeaderValue::from_bytes(line) else { return Corpus::Reject };
        request = request.header(name, value);
        given.push((name, line));
    }
    let answer = with_bench(|bench| bench.send(request.body(Body::empty()).expect("a request")));
    check(&method, bytes, &given, &answer);
    Corpus::Keep
});

fn check(method: &Method, bytes: &[u8], given: &[(&str, &[u8])], answer: &Answer) {
    let has = |name| given.iter().any(|(given, _)| *given == name);
    let etag = answer.header("etag");
    match answer.status.as_u16() {
        200 => {
            assert_eq!(answer.header("content-length"), Some(bytes.len().to_string().as_str()));
            assert_eq!((answer.header("content-range"), answer.header("accept-ranges")), (None, Some("bytes")));
            assert!(etag.is_some());
            assert!(method == Method::HEAD || answer.body == bytes);
        }
        206 => {
            assert!(method == Method::GET && has("range") && etag.is_some());
            let range = answer.header("content-range").and_then(|text| text.strip_prefix("bytes ")).expect("a range");
            let (range, size) = range.split_once('/').expect("a size");
            let (first, last) = range.split_once('-').expect("two ends");
            let (first, last): (usize, usize) = (first.parse().expect("a number"), last.parse().expect("a number"));
            assert_eq!(size, bytes.len().to_string());
            assert_eq!(answer.body, bytes[first..=last]);
        }
        304 => assert!(etag.is_some() && (has("if-none-match") || has("if-modified-since"))),
        412 => assert!(has("if-match") || has("if-unmodified-since")),
        416 => {
            assert!(has("range"));
            assert_eq!(answer.header("content-range"), Some(format!("bytes */{}", bytes.len()).as_str()));
        }
        status => panic!("{status} for a download"),
    }
    if let ([("range", range)], &Method::GET) = (given, method)
        && let Some(expected) = simple_range(range, bytes.len() as u128)
    {
        let part = expected.map(|(first, last)| &bytes[first as usize..=last as usize]);
        assert_eq!((answer.status.as_u16() == 206).then_some(&answer.body[..]), part);
        assert_eq!(answer.status.as_u16() == 416, part.is_none());
    }
}

/// What RFC 9110 says of `bytes=a-b`, `bytes=a-` and `bytes=-n`: the first and last byte, or none for a range that
/// cannot be satisfied. No answer for anything else, nor for leading zeros: a server may ignore ranges.
fn simple_range(header: &[u8], size: u128) -> Option<Option<(u128, u128)>> {
    let (first, last) = std::str::from_utf8(header).ok()?.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
        plain.then(|| text.parse::<u64>().ok())
    };
    let (first, last) = (number(first)?.map(u128::from), number(last)?.map(u128::from));
    match (first, last) {
        (Some(first), Some(last)) if first > last => None,
        (Some(first), last) if header.ends_with(b"-") || last.is_some() => {
            Some((first < size).then(|| (first, last.unwrap_or(size).min(size - 1))))
        }
        (None, Some(length)) if header.starts_with(b"bytes=-") && size > 0 => {
            Some((length > 0).then(|| (size - length.min(size), size - 1)))
        }
        _ => None,
    }
}
