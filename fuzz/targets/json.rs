//! JSON bodies of the API. The input is a byte that chooses the endpoint, and its body.

#![no_main]

use axum::body::Body;
use axum::http::{Method, Request};
use libfuzzer_sys::{Corpus, fuzz_target};
use serde_json::Value;
use tracker_mock_fuzz::{Bench, with_bench};

/// Endpoints, and what holds the version that a success must raise by one.
const ENDPOINTS: [(Method, &str, Option<&str>); 15] = [
    (Method::POST, "/v2/entities/project", None),
    (Method::POST, "/v2/entities/goal", None),
    (Method::PATCH, "/v2/entities/project/2?expand=all", Some("/v2/entities/project/2")),
    (Method::POST, "/v2/entities/project/_search", None),
    (Method::POST, "/v2/entities/project/2/comments?expand=all", None),
    (Method::PATCH, "/v2/entities/project/2/comments/2?expand=all", Some("/v2/entities/project/2/comments/2")),
    (Method::POST, "/v2/issues?expand=attachments", None),
    (Method::PATCH, "/v2/issues/Q-1?expand=attachments", Some("/v2/issues/Q-1")),
    (Method::POST, "/v2/issues/_search", None),
    (Method::POST, "/v2/issues/_count", None),
    (Method::POST, "/v2/issues/Q-1/comments?expand=all", None),
    (Method::PATCH, "/v2/issues/Q-1/comments/1?expand=all", Some("/v2/issues/Q-1/comments/1")),
    (Method::GET, "/v2/issues/Q-1", None),
    (Method::POST, "/v2/entities/project/2/links", None),
    (Method::POST, "/v2/issues/Q-1/comments/_import", None),
];

fuzz_target!(|input: &[u8]| -> Corpus {
    let Some((choice, body)) = input.split_first() else { return Corpus::Reject };
    let (method, path, versioned) = &ENDPOINTS[usize::from(*choice) % ENDPOINTS.len()];
    with_bench(|bench| {
        let version = |path: &str| bench.get(path).json()["version"].as_u64().expect("a version");
        let before = versioned.map(version);
        let request = Request::builder().method(method).uri(*path).body(Body::from(body.to_vec())).expect("a request");
        let answer = bench.send(request);
        if !answer.status.is_success() {
            return;
        }
        let answer = answer.json();
        if let (Some(path), Some(before)) = (versioned, before) {
            assert_eq!((&answer["version"], version(path)), (&Value::from(before + 1), before + 1));
        }
        if let Some(url) = answer["self"].as_str() {
            is_there(bench, url);
        }
        // What was accepted can be saved and loaded.
        let world = bench.world();
        let again = Bench::new(&world).unwrap_or_else(|| panic!("what was made does not load: {world}"));
        assert_eq!(again.world(), world);
    });
    Corpus::Keep
});

fn is_there(bench: &Bench, url: &str) {
    let path = url.strip_prefix("http://tracker.test").expect("our host");
    assert_eq!(bench.get(path).status.as_u16(), 200, "{path}");
}
