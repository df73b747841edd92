//! Patterns of names and of paths, in the filters of the journal; fault rules have the same.

use axum::http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use crate::support::{Answer, Api};

/// What the journal says of requests that fit a pattern.
async fn find(api: &Api, parameter: &str, pattern: &str) -> Answer {
    let pattern = utf8_percent_encode(pattern, NON_ALPHANUMERIC);
    api.get(&format!("/_mock/requests?all=true&{parameter}={pattern}")).await
}

/// Whether a pattern fits the request for this path.
async fn fits(parameter: &str, pattern: &str, path: &str) -> bool {
    let api = Api::new();
    api.get(path).await;
    let found = find(&api, parameter, pattern).await;
    assert_eq!(found.status, StatusCode::OK, "{pattern}: {}", found.text());
    found.json().as_array().expect("a list").len() == 1
}

async fn fits_name(pattern: &str, name: &str) -> bool {
    let name = utf8_percent_encode(name, NON_ALPHANUMERIC);
    fits("file", pattern, &format!("/v2/attachments/4?filename={name}")).await
}

#[tokio::test]
async fn a_star_is_any_part_of_a_name() {
    for (pattern, name, expected) in [
        ("report.pdf", "report.pdf", true),
        ("report.pdf", "report.pdfx", false),
        ("report*.pdf", "report.pdf", true),
        ("report*.pdf", "report-1.pdf.pdf", true),
        ("report*.pdf", "a report.pdf", false),
        ("*", "", true),
        ("", "", true),
        ("", "a", false),
        ("*отчёт*", "мой отчёт.txt", true),
        ("a*b*c", "abbbcbc", true),
        ("a*b*c", "abbbcb", false),
        ("ab*ba", "aba", false),
        ("**", "anything/at all", true),
        (r"\*", "*", true),
        (r"\*", "a", false),
        (r"50\**.txt", "50*off.txt", true),
        (r"50\**.txt", "50 off.txt", false),
        (r"a\\*", r"a\b", true),
        (r"a\\*", "a*", false),
        (r"a\b\", r"a\b\", true),
    ] {
        assert_eq!(fits_name(pattern, name).await, expected, "{pattern} {name}");
    }
}

#[tokio::test]
async fn stars_in_paths() {
    for (pattern, path, expected) in [
        ("/v2/attachments/", "/v2/attachments", true),
        ("/v2/attachments", "/v2/attachments/30", false),
        ("/*/attachments/*", "/v3/attachments/30", true),
        ("/*/attachments/*", "/v3/attachments/30/a.txt", false),
        ("/v2/attachments/3*", "/v2/attachments/30", true),
        ("/v2/**", "/v2", true),
        ("/v2/**", "/v2/issues/JUNE-2/comments", true),
        ("/**/comments/*", "/v2/issues/JUNE-2/comments/1", true),
        ("/**/comments/*", "/v2/issues/JUNE-2/comments", false),
        ("/**/comments/**/comments", "/comments/comments", true),
        ("/**/comments/**/comments", "/comments", false),
        ("/**/a/**/a/b", "/a/x/a/a/b", true),
        ("/**/**/a", "/a", true),
        ("/v2/**/v2", "/v2", false),
        ("/**", "/", true),
        (r"/v2/attachments/4/\*.txt", "/v2/attachments/4/*.txt", true),
        (r"/v2/attachments/4/\*.txt", "/v2/attachments/4/a.txt", false),
        (r"/v2/attachments/4/\**", "/v2/attachments/4/*.txt", true),
    ] {
        assert_eq!(fits("path", pattern, path).await, expected, "{pattern} {path}");
    }
}

#[tokio::test]
async fn what_is_no_pattern_of_a_path() {
    let api = Api::new();
    for text in ["", "v2/attachments", "/v2/a**", "/**b/c", "/v2/attachments?filename=a.txt"] {
        let answer = find(&api, "path", text).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{text}");
        let said = format!(
            "The value must be a path such as /v2/issues/*/attachments, not {text:?}. A path must begin with / and have no \
             query, and ** must be a whole segment, as in /v2/**/attachments."
        );
        assert_eq!(answer.json()["errors"]["path"], said);
    }
}

#[tokio::test]
async fn the_longest_patterns() {
    const MAX_BYTES: usize = 1024;
    const MAX_STARS: usize = 32;
    let stars = |count| format!("{}b", "*a".repeat(count));
    assert!(!fits_name(&stars(MAX_STARS), &"a".repeat(5_000)).await);
    assert!(fits_name(&stars(MAX_STARS), &format!("{}b", "a".repeat(5_000))).await);
    assert!(fits_name(&"a".repeat(MAX_BYTES), &"a".repeat(MAX_BYTES)).await);
    assert!(fits("path", &format!("{}/a", "/**".repeat(MAX_STARS / 2)), &"/a".repeat(MAX_STARS)).await);
    let api = Api::new();
    for (parameter, pattern) in [
        ("file", stars(MAX_STARS + 1)),
        ("file", "a".repeat(MAX_BYTES + 1)),
        ("path", "/a".repeat(MAX_STARS + 1)),
        ("path", format!("/{}", "a".repeat(MAX_BYTES))),
    ] {
        let answer = find(&api, parameter, &pattern).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{pattern}");
        assert!(answer.text().contains("A pattern may have at most 1024 bytes, 32 stars"), "{}", answer.text());
    }
}

/// A path that no endpoint has is a mistake in the test, in a filter and in a rule.
#[tokio::test]
async fn a_path_must_fit_an_endpoint() {
    let api = Api::new();
    for (pattern, closest) in [
        ("/v2/atachments/*", "/v2/attachments/{fileId}"),
        ("/v3/issue/*/attachments", "/v3/issues/{key}/attachments"),
        ("/*/isues/*/comments", "/v2/issues/{key}/comments"),
        ("/v3/isues/**", "/v3/issues/{key}"),
        ("/v2/attachments/4/a.txt/b", "/v2/attachments/{fileId}/{name}"),
        ("/v9/issues/**", "/v2/issues/{key}"),
    ] {
        let said = format!("{pattern:?} fits no endpoint. The closest one is {closest}.");
        let found = find(&api, "path", pattern).await;
        assert_eq!((found.status, &found.json()["errors"]), (StatusCode::BAD_REQUEST, &json!({"path": said})));
        let rules = json!({"rules": [{"match": {"path": pattern}, "do": {"status": 503}}]});
        let armed = api.send_json("PUT", "/_mock/faults?org=test", &rules).await;
        let expected = json!({"errors": {"rules[0].match.path": said}, "errorMessages": [], "statusCode": 400});
        assert_eq!((armed.status, armed.json()), (StatusCode::BAD_REQUEST, expected));
        let check = json!({"match": {"path": pattern}});
        let checked = api.send_json("POST", "/_mock/verify?org=test", &check).await;
        assert_eq!((checked.status, &checked.json()["errors"]["match.path"]), (StatusCode::BAD_REQUEST, &json!(said)));
    }
    assert_eq!(api.get("/_mock/faults?all=true").await.json(), json!({"rules": []}));
}
