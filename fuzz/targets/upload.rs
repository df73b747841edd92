//! Multipart bodies. The input is the `Content-Type`, the query and the body, each of the first two ended by a line
//! feed.
//!
//! However the body is cut into pieces, the answer is the same; and what is accepted is what stood between a line end
//! and the boundary, byte for byte.

#![no_main]

use axum::body::Body;
use axum::http::{HeaderValue, Request, Uri};
use bytes::Bytes;
use futures_util::stream;
use libfuzzer_sys::{Corpus, fuzz_target};
use tracker_mock_fuzz::{Answer, Bench, find, with_bench};

fuzz_target!(|input: &[u8]| -> Corpus {
    let mut parts = input.splitn(3, |byte| *byte == b'\n');
    let (Some(kind), Some(query), Some(body)) = (parts.next(), parts.next(), parts.next()) else {
        return Corpus::Reject;
    };
    let Some(uri) = uri(query) else { return Corpus::Reject };
    let Ok(kind) = HeaderValue::from_bytes(kind) else { return Corpus::Reject };
    with_bench(|bench| check(bench, &uri, &kind, body));
    Corpus::Keep
});

fn uri(query: &[u8]) -> Option<Uri> {
    let query = std::str::from_utf8(query).ok()?;
    format!("/v2/attachments/?{query}").parse().ok()
}

fn check(bench: &Bench, uri: &Uri, kind: &HeaderValue, body: &[u8]) {
    let upload = |form: Body| bench.ask(Request::post(uri).header("content-type", kind).body(form).expect("a request"));
    let whole = upload(Body::from(body.to_vec()));
    let is_stored = whole.status.as_u16() == 201;
    assert!(is_stored || matches!(whole.status.as_u16(), 400 | 413), "{whole:?}");
    if is_stored {
        check_file(bench, &whole, kind, body);
    }
    let sizes = [if body.len() < 200 { 1 } else { 199 }, 2 + body.len() % 61];
    for size in sizes {
        if is_stored {
            bench.reset();
        }
        let pieces: Vec<_> = body.chunks(size).map(Bytes::copy_from_slice).map(Ok::<_, std::io::Error>).collect();
        let in_pieces = upload(Body::from_stream(stream::iter(pieces)));
        assert_eq!(in_pieces.status, whole.status, "{size}");
        assert_eq!(in_pieces.text(), whole.text(), "{size}");
        if is_stored {
            check_file(bench, &in_pieces, kind, body);
        }
    }
    if !is_stored {
        bench.check_untouched();
    }
}

fn check_file(bench: &Bench, uploaded: &Answer, kind: &HeaderValue, body: &[u8]) {
    let described = uploaded.json();
    let content = described["content"].as_str().expect("a URL").strip_prefix("http://tracker.test").expect("our host");
    let file = bench.get(content);
    assert_eq!(file.status.as_u16(), 200, "{content}");
    assert_eq!(described["size"], file.body.len());
    let name = described["name"].as_str().expect("a name");
    assert!(
        (1..=255).contains(&name.chars().count()) && !name.chars().any(|one| one.is_control() || "/\\".contains(one))
    );
    assert_eq!(file.header("content-type"), described["mimetype"].as_str());

    // A boundary that needs no understanding of the header.
    let kind = kind.as_bytes();
    let Some(start) = find(kind, b"boundary=").next().map(|place| place + "boundary=".len()) else { return };
    let boundary = &kind[start..];
    if boundary.is_empty() || !boundary.iter().all(u8::is_ascii_alphanumeric) {
        return;
    }
    let end = [b"\r\n--", boundary].concat();
    let is_there = |place: usize| body[..place].ends_with(b"\n") && body[place + file.body.len()..].starts_with(&end);
    assert!(find(body, &file.body).any(is_there), "{:?} is not what was sent", file.body);
}
