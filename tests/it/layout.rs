//! How JSON of the control plane is laid out: a line for programs, many for people. The API answers as the real service.

use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::support::{Answer, Api, Call};

const CALLS: [(&str, &str); 6] = [
    ("GET", "/_mock/health"),
    ("GET", "/_mock/requests?org=test"),
    ("GET", "/_mock/requests/1"),
    ("GET", "/_mock/requests?org="),
    ("GET", "/_mock/nothing"),
    ("DELETE", "/_mock/health"),
];

async fn ask(api: &Api, (method, path): (&str, &str), more: &str, accept: Option<&str>) -> Answer {
    let separator = if path.contains('?') { "&" } else { "?" };
    let query = if more.is_empty() { String::new() } else { format!("{separator}{more}") };
    let mut call = Call::bare(method.parse::<Method>().expect("a method"), &format!("{path}{query}"));
    if let Some(accept) = accept {
        call = call.header("Accept", accept);
    }
    api.send(call.request()).await
}

#[tokio::test]
async fn json_ends_with_a_line_break() {
    for language in ["en", "ru"] {
        let api = Api::new();
        api.get("/v2/myself").await;
        for call in CALLS {
            let request = Call::bare(call.0.parse().expect("a method"), call.1).header("Accept-Language", language);
            let answer = api.send(request.request()).await;
            let one_line = format!("{}\n", answer.json());
            assert_eq!(answer.text(), one_line, "{call:?}");
        }
    }
}

#[tokio::test]
async fn people_get_it_indented() {
    let api = Api::new();
    api.get("/v2/myself").await;
    const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8";
    for (more, accept, is_indented) in [
        ("", None, false),
        ("", Some("*/*"), false),
        ("", Some("application/json"), false),
        ("", Some("application/json, text/plain, */*"), false),
        ("", Some("text/plain;q=0.5, application/json"), false),
        ("", Some(BROWSER), true),
        ("", Some("text/plain"), true),
        ("pretty", None, true),
        ("pretty=true", Some("application/json"), true),
        ("pretty=false", Some(BROWSER), false),
    ] {
        for call in CALLS {
            let answer = ask(&api, call, more, accept).await;
            let json = answer.json();
            let indented = format!("{}\n", serde_json::to_string_pretty(&json).expect("JSON"));
            let expected = if is_indented { indented } else { format!("{json}\n") };
            assert_eq!(answer.text(), expected, "{call:?} {more} {accept:?}");
        }
    }
}

#[tokio::test]
async fn a_state_is_always_indented() {
    let api = Api::new();
    for accept in [None, Some("application/json")] {
        let answer = ask(&api, ("GET", "/_mock/state?org=test"), "", accept).await;
        assert!(answer.text().starts_with("{\n  \"") && answer.text().ends_with("}\n"), "{}", answer.text());
    }
}

#[tokio::test]
async fn the_api_answers_without_a_byte_too_many() {
    let api = Api::new();
    for path in ["/v2/myself?pretty", "/v2/nothing?pretty"] {
        let answer = api.send(Call::get(path).header("Accept", "text/html").request()).await;
        assert_eq!(answer.text(), answer.json().to_string(), "{path}");
    }
}

/// A misspelt name is still one.
#[tokio::test]
async fn only_that_name_asks_for_it() {
    let answer = Api::new().get("/_mock/requests?org=test&prety").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.json()["errors"]["prety"].is_string(), "{}", json!(answer.text()));
}
