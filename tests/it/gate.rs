//! Web pages and foreign names: the control plane keeps them out, and the API lets the pages in that it is told to.

use axum::http::{Method, StatusCode};
use serde_json::json;
use tracker_mock::Config;

use crate::support::{Answer, Api, Call, Form};

fn reset() -> Call {
    Call::bare(Method::POST, "/_mock/reset?all=true").header("Host", "localhost:8080")
}

fn upload() -> Call {
    Call::upload("/v2/attachments/", &Form::file("a.txt", b"text"))
}

/// Whether a call of the control plane gets through. One that does not leaves everything as it was.
async fn gets_through(config: &Config, call: &Call) -> bool {
    let api = Api::with(config.clone());
    api.upload("a.txt", b"text").await;
    let answer = api.send(call.request()).await;
    let is_untouched = api.is_untouched("test");
    match answer.status {
        StatusCode::NO_CONTENT => assert!(is_untouched),
        StatusCode::FORBIDDEN => assert!(!is_untouched),
        status => panic!("{status}: {}", answer.text()),
    }
    is_untouched
}

#[tokio::test]
async fn a_page_of_another_origin_is_kept_out() {
    let config = set!(Config::default(); cors_origins: vec!["http://localhost:3000".to_owned()]);
    let public = "https://mock.example.org".to_owned();
    let config = set!(config; public_url: Some(public));
    for (origin, host, expected) in [
        ("http://localhost:8080", "localhost:8080", true),
        ("HTTP://LocalHost:8080", "localhost:8080", true),
        ("http://localhost", "localhost:80", true),
        ("https://localhost", "localhost:443", true),
        ("http://localhost:3000", "localhost:8080", true),
        ("https://mock.example.org", "10.0.0.1:8080", true),
        ("http://localhost:3001", "localhost:8080", false),
        ("https://localhost:3000", "localhost:8080", false),
        ("http://localhost", "localhost:8080", false),
        ("http://evil.example", "localhost:8080", false),
        ("null", "localhost:8080", false),
        ("", "localhost:8080", false),
    ] {
        for site in ["cross-site", "same-site", "same-origin"] {
            let call = reset().header("Host", host).header("Origin", origin).header("Sec-Fetch-Site", site);
            assert_eq!(gets_through(&config, &call).await, expected, "{origin} {host} {site}");
        }
    }
}

/// A picture in a page, or a form that is sent, says no origin in some browsers.
#[tokio::test]
async fn a_page_of_another_site_is_kept_out_without_an_origin() {
    for (site, expected) in [("cross-site", false), ("same-site", true), ("same-origin", true), ("none", true)] {
        let call = reset().header("Sec-Fetch-Site", site);
        assert_eq!(gets_through(&Config::default(), &call).await, expected, "{site}");
    }
}

#[tokio::test]
async fn a_name_that_a_stranger_may_own_is_refused() {
    let allowed_hosts = vec!["mock.example.org".to_owned(), ".lan.example".to_owned()];
    let config = set!(Config::default(); allowed_hosts);
    let config = set!(config; public_url: Some("https://public.example:8443".to_owned()));
    for (host, expected) in [
        ("127.0.0.1:8080", true),
        ("192.168.0.7", true),
        ("[::1]:8080", true),
        ("localhost", true),
        ("LOCALHOST.:8080", true),
        ("tracker:8080", true),
        ("app.localhost:8080", true),
        ("mac.local", true),
        ("host.docker.internal:8080", true),
        ("tracker.test", true),
        ("tracker.default.svc.cluster.local:80", true),
        ("mock.example.org:8080", true),
        ("Mock.Example.org", true),
        ("a.b.lan.example", true),
        ("lan.example", true),
        ("public.example", true),
        ("evil.example:8080", false),
        ("127.0.0.1.nip.io", false),
        ("localhost.evil.example", false),
        ("local.evil.example", false),
        ("x.mock.example.org", false),
        ("evillan.example", false),
        ("cluster.example", false),
    ] {
        assert_eq!(gets_through(&config, &reset().header("Host", host)).await, expected, "{host}");
    }
    assert!(gets_through(&config, &reset().without("Host")).await);
}

#[tokio::test]
async fn who_is_kept_out_is_told_how_to_get_in() {
    let api = Api::new();
    for (call, message) in [
        (
            reset().header("Origin", "http://localhost:3000"),
            "A web page of http://localhost:3000 may not call the control plane. To let it, start the server with \
             --cors-origin http://localhost:3000.",
        ),
        (
            reset().header("Sec-Fetch-Site", "cross-site"),
            "A web page of another site may not call the control plane. Open its address directly.",
        ),
        (
            reset().header("Host", "evil.example:8080"),
            "The control plane does not answer under the name evil.example, which may be anybody's. Call it by an \
             address or as localhost, or start the server with --allowed-hosts evil.example.",
        ),
    ] {
        let answer = api.send(call.request()).await;
        let expected = json!({"errors": {}, "errorMessages": [message], "statusCode": 403});
        assert_eq!((answer.status, answer.json()), (StatusCode::FORBIDDEN, expected), "{call:?}");
        assert_eq!(answer.header("x-request-id"), Some("request-1"));
    }
}

/// It needs no gate: it has no authority to lend, and the real service is open to any name too.
#[tokio::test]
async fn the_api_is_open_to_any_host_and_origin() {
    let api = Api::new();
    let call = upload().header("Host", "evil.example").header("Origin", "http://evil.example");
    let answer = api.send(call.header("Sec-Fetch-Site", "cross-site").request()).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
}

fn cors_headers(answer: &Answer) -> Vec<String> {
    let of_cors = answer.headers.iter().filter(|(name, _)| name.as_str().starts_with("access-control-"));
    let mut lines: Vec<_> = of_cors.map(|(name, value)| format!("{name}: {}", value.to_str().expect("text"))).collect();
    lines.sort();
    lines
}

fn preflight(origin: &str) -> Call {
    Call::bare(Method::OPTIONS, "/v2/attachments/")
        .header("Origin", origin)
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "authorization,x-org-id")
}

const EXPOSED: &str =
    "access-control-expose-headers: x-total-count,x-total-pages,link,x-request-id,content-disposition,etag";

#[tokio::test]
async fn pages_get_no_cors_headers_unless_told_otherwise() {
    let api = Api::new();
    let answer = api.send(upload().header("Origin", "http://localhost:3000").request()).await;
    assert_eq!(cors_headers(&answer), Vec::<String>::new());
    let refused = api.send(preflight("http://localhost:3000").request()).await;
    assert_eq!(refused.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(cors_headers(&refused), Vec::<String>::new());
}

#[tokio::test]
async fn pages_of_a_listed_origin_may_use_the_api() {
    let origin = "http://localhost:3000";
    for (listed, others) in [(origin, false), ("*", true)] {
        let api = Api::with(set!(Config::default(); cors_origins: vec![listed.to_owned()]));
        for (origin, allowed) in [(origin, true), ("http://localhost:3001", others)] {
            let mut preflighted = vec![
                "access-control-allow-credentials: true".to_owned(),
                "access-control-allow-headers: authorization,x-org-id".to_owned(),
                "access-control-allow-methods: POST".to_owned(),
            ];
            let mut read = vec!["access-control-allow-credentials: true".to_owned(), EXPOSED.to_owned()];
            if allowed {
                let line = format!("access-control-allow-origin: {origin}");
                preflighted.insert(3, line.clone());
                read.insert(1, line);
            }
            let answer = api.send(preflight(origin).request()).await;
            assert_eq!((answer.status, answer.text()), (StatusCode::OK, ""), "{listed} {origin}");
            assert_eq!(cors_headers(&answer), preflighted, "{listed} {origin}");
            // What is refused, unknown, or the work of a fault can be read too.
            for call in [upload(), upload().without("Authorization"), Call::get("/v2/nothing")] {
                let call = call.header("Origin", origin);
                for call in [call.clone(), call.header("Prefer", "code=503")] {
                    assert_eq!(cors_headers(&api.send(call.request()).await), read, "{listed} {origin} {call:?}");
                }
            }
        }
    }
}

/// A preflight is the browser's question and not the client's.
#[tokio::test]
async fn preflights_are_not_recorded() {
    let api = Api::with(set!(Config::default(); cors_origins: vec!["*".to_owned()]));
    api.send(preflight("http://localhost:3000").request()).await;
    assert_eq!(api.get("/_mock/requests?all=true").await.json(), json!([]));
}

/// Who opens the API to all pages has not opened all worlds to them.
#[tokio::test]
async fn a_star_does_not_open_the_control_plane() {
    let config = set!(Config::default(); cors_origins: vec!["*".to_owned()]);
    for origin in ["http://localhost:3000", "*"] {
        let call = reset().header("Origin", origin).header("Sec-Fetch-Site", "same-site");
        assert!(!gets_through(&config, &call).await, "{origin}");
    }
}
