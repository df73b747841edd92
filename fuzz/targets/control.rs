//! JSON bodies of the control plane. The input is a byte that chooses the endpoint, and its body. What is refused is
//! refused with 400, and nothing of it is armed, set or loaded; what is armed does not break the server.

#![no_main]

use axum::body::Body;
use axum::http::{Method, Request};
use libfuzzer_sys::{Corpus, fuzz_target};
use tracker_mock_fuzz::{Bench, with_bench};

const FAULTS: &str = "/_mock/faults?org=fuzz";

const ENDPOINTS: [(Method, &str); 6] = [
    (Method::PUT, FAULTS),
    (Method::POST, "/_mock/verify?org=fuzz"),
    (Method::PUT, "/_mock/clock?org=fuzz"),
    (Method::PUT, "/_mock/ids?org=fuzz"),
    (Method::PUT, "/_mock/state?org=fuzz"),
    (Method::POST, FAULTS),
];

/// What shows whether something was armed or set.
const SHOWN: [&str; 3] = [FAULTS, "/_mock/clock?org=fuzz", "/_mock/ids?org=fuzz"];

/// What meets the faults.
const TRAFFIC: [(Method, &str); 4] = [
    (Method::POST, "/v2/attachments/"),
    (Method::POST, "/v2/entities/project/1/attachments/5"),
    (Method::GET, "/v2/attachments/3/digits.txt"),
    (Method::GET, "/v2/issues/Q-1"),
];

const FORM: &str =
    "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\n0123456789\r\n--b--\r\n";

fuzz_target!(|input: &[u8]| -> Corpus {
    let Some((choice, body)) = input.split_first() else { return Corpus::Reject };
    let (method, path) = &ENDPOINTS[usize::from(*choice) % ENDPOINTS.len()];
    with_bench(|bench| {
        bench.reset_all();
        // Something to verify.
        bench.get("/v2/myself");
        let before = shown(bench);
        let request = Request::builder().method(method).uri(*path).body(Body::from(body.to_vec())).expect("a request");
        let answer = bench.send(request);
        match answer.status.as_u16() {
            200 | 204 if *path == FAULTS => meet(bench),
            200 | 204 => {}
            400 | 413 => assert_eq!(shown(bench), before),
            status => panic!("{status}: {}", answer.text()),
        }
        if path.ends_with("state?org=fuzz") && answer.status.is_success() {
            let again = Bench::new(&bench.world()).expect("what was loaded is a world");
            assert_eq!(again.world(), bench.world());
        }
    });
    Corpus::Keep
});

fn shown(bench: &Bench) -> Vec<String> {
    SHOWN.iter().map(|path| bench.get(path).text().to_owned()).collect()
}

/// Whatever is armed may happen to these; the control plane it does not concern.
fn meet(bench: &Bench) {
    for (method, path) in TRAFFIC {
        for _ in 0..2 {
            let request = Request::builder().method(&method).uri(path);
            let request = request.header("content-type", "multipart/form-data; boundary=b");
            let body = if path.ends_with('/') { Body::from(FORM) } else { Body::empty() };
            bench.try_ask(request.body(body).expect("a request"));
        }
    }
    assert_eq!(bench.get(FAULTS).status.as_u16(), 200);
    assert_eq!(bench.get("/_mock/requests?org=fuzz").status.as_u16(), 200);
    let disarm = Request::delete(FAULTS).body(Body::empty()).expect("a request");
    assert_eq!(bench.ask(disarm).status.as_u16(), 204);
    assert_eq!(bench.get("/v2/myself").status.as_u16(), 200);
}
