//! Pictures: their sizes are read from the bytes of every upload, and their thumbnails made from them.

#![no_main]

use axum::body::Body;
use axum::http::Request;
use libfuzzer_sys::fuzz_target;
use tracker_mock_fuzz::{Answer, with_bench};

const FRONT: &[u8] = b"--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n";
const BACK: &[u8] = b"\r\n--b--\r\n";

fuzz_target!(init: forgive_decoders(), |input: &[u8]| {
    with_bench(|bench| {
        let body = Body::from([FRONT, input, BACK].concat());
        let kind = "multipart/form-data; boundary=b";
        let upload = Request::post("/v2/attachments/").header("content-type", kind).body(body).expect("a request");
        let uploaded = bench.ask(upload);
        // The bytes may hold a boundary, or be too many.
        if uploaded.status.as_u16() == 201 {
            let id = uploaded.json()["id"].as_str().expect("an id").to_owned();
            check(&uploaded, &bench.get(&format!("/v2/thumbnails/{id}")));
            check(&uploaded, &bench.get(&format!("/v2/thumbnails/{id}")));
        }
    });
});

/// A decoder that panics is caught and counts as a damaged picture. It runs on a thread of its own, where libFuzzer would
/// end everything at once; what is not caught arrives here all the same.
fn forgive_decoders() {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().name() != Some("tokio-rt-worker") {
            default(panic);
        }
    }));
}

fn check(uploaded: &Answer, thumbnail: &Answer) {
    let described = uploaded.json();
    let is_promised = described.get("thumbnail").is_some();
    assert!(!is_promised || described.get("metadata").is_some());
    match thumbnail.status.as_u16() {
        200 => {
            let size = described["metadata"]["size"].as_str().and_then(|size| size.split_once('x')).expect("a size");
            let pixels = |text: &str| text.parse::<u32>().expect("a number");
            let (width, height) = (pixels(size.0), pixels(size.1));
            let number = |at: usize| u32::from_be_bytes(thumbnail.body[at..at + 4].try_into().expect("four bytes"));
            assert!(thumbnail.body.starts_with(b"\x89PNG\r\n\x1a\n") && &thumbnail.body[12..16] == b"IHDR");
            let (shown_width, shown_height) = (number(16), number(20));
            assert!((1..=256).contains(&shown_width) && (1..=256).contains(&shown_height));
            assert!(shown_width <= width.max(1) && shown_height <= height.max(1), "{size:?}");
        }
        404 | 507 => {}
        status => panic!("{status} for a thumbnail"),
    }
}
