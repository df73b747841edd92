//! `GET /_mock/evidence`: the tables of `docs/fidelity.md` as data.

use axum::http::StatusCode;
use serde_json::Value;

use crate::support::{Api, assert_refused};

const MEMBERS: [&str; 7] = ["section", "behaviour", "whatWeDo", "why", "class", "source", "tests"];

async fn evidence(api: &Api, query: &str) -> Vec<Value> {
    let answer = api.get(&format!("/_mock/evidence{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json().as_array().expect("a list").clone()
}

/// The document as it is written, with nothing but the lines of its tables, and its headings.
fn document() -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/fidelity.md");
    std::fs::read_to_string(path).expect("it can be read")
}

/// Written out again, the records are the lines of the document.
#[tokio::test]
async fn the_document_is_served_row_by_row() {
    let document = document();
    let mut lines = document.lines().filter(|line| line.starts_with("| ") || line.starts_with("## "));
    // What stands before is no table of behaviours.
    let first = lines.by_ref().find(|line| *line == "## Every request").expect("a section");
    let is_row = |line: &&str| !line.starts_with("| ---") && !line.starts_with("| Behaviour | What we do |");
    let expected: Vec<&str> = std::iter::once(first).chain(lines.filter(is_row)).collect();

    let mut written = Vec::new();
    let mut section = String::new();
    for record in evidence(&Api::new(), "").await {
        let members: Vec<_> = record.as_object().expect("an object").keys().collect();
        assert_eq!(members, MEMBERS);
        let text = |member: &str| record[member].as_str().expect("a text");
        if text("section") != section {
            section = text("section").to_owned();
            written.push(format!("## {section}"));
        }
        let tests = record["tests"].as_array().expect("a list").iter();
        let tests: Vec<_> = tests.map(|name| format!("`{}`", name.as_str().expect("a name"))).collect();
        let cells = ["behaviour", "whatWeDo", "why", "class", "source"].map(text).join(" | ");
        written.push(format!("| {cells} | {} |", tests.join(", ")));
    }
    assert_eq!(written, expected);
}

#[tokio::test]
async fn one_class_at_a_time() {
    let api = Api::new();
    let all = evidence(&api, "").await;
    assert!(all.len() > 100, "{}", all.len());
    let mut sum = 0;
    for class in ["S", "P", "C", "D"] {
        let some = evidence(&api, &format!("?class={class}")).await;
        assert!(!some.is_empty() && some.iter().all(|record| record["class"] == class), "{class}");
        sum += some.len();
    }
    assert_eq!(sum, all.len());
    for (query, path) in [("?class=s", "class"), ("?class=", "class"), ("?clas=S", "clas"), ("?org=test", "org")] {
        let answer = api.get(&format!("/_mock/evidence{query}")).await;
        assert_refused(&answer, StatusCode::BAD_REQUEST, path, &query.into());
    }
}
