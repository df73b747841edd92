//! Following the URLs in answers, as clients do.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use serde_json::Value;

use super::{Answer, Api, bare_request, request};

/// Where clients of the tests are.
const HOST: &str = "http://tracker.test";

impl Api {
    /// `GET` of an absolute URL from an answer.
    pub(crate) async fn follow(&self, url: &str) -> Answer {
        let path = url.strip_prefix(HOST).unwrap_or_else(|| panic!("{url} is not on the host of the request"));
        self.get(path).await
    }

    /// Every `self` in an answer, and in the answers that these lead to, gives the object that it belongs to.
    pub(crate) async fn assert_selfs_resolve(&self, answer: &Answer) {
        let mut open = selfs(&answer.json());
        assert!(!open.is_empty(), "no self in {}", answer.text());
        let mut seen = BTreeSet::new();
        while let Some(url) = open.pop_first() {
            let object = self.follow(&url).await;
            assert_eq!(object.status, StatusCode::OK, "{url}: {}", object.text());
            assert_eq!(object.json()["self"], url.as_str(), "{}", object.text());
            seen.insert(url);
            open.extend(selfs(&object.json()).into_iter().filter(|url| !seen.contains(url)));
        }
    }

    /// Only authorized `GET` requests from an organisation get an answer from these paths.
    pub(crate) async fn assert_guarded(&self, paths: &[&str]) {
        for path in paths.iter().flat_map(|path| ["v2", "v3"].map(|version| format!("/{version}{path}"))) {
            for path in [path.clone(), format!("{path}/")] {
                let bare = |name, value| bare_request(Method::GET, &path).header(name, value);
                let refused = [
                    (bare("X-Org-ID", "test"), StatusCode::UNAUTHORIZED),
                    (bare("Authorization", "OAuth some-token"), StatusCode::FORBIDDEN),
                    (request(Method::DELETE, &path), StatusCode::METHOD_NOT_ALLOWED),
                    (request(Method::GET, &path), StatusCode::OK),
                ];
                for (request, expected) in refused {
                    let answer = self.send(request.body("null".into()).expect("a good request")).await;
                    assert_eq!(answer.status, expected, "{path}: {}", answer.text());
                    if expected == StatusCode::METHOD_NOT_ALLOWED {
                        assert_eq!(answer.headers["allow"], "GET, HEAD", "{path}");
                    }
                }
            }
        }
    }
}

impl Answer {
    /// As [`Answer::transcript`], with each object of a list on a line of its own.
    pub(crate) fn list_transcript(&self) -> String {
        self.transcript().replace("},{\"self\"", "},\n{\"self\"")
    }

    /// The URLs of the header `Link`, each with its relation.
    pub(crate) fn links(&self) -> Vec<(String, String)> {
        let Some(header) = self.headers.get("link") else { return Vec::new() };
        let member = |member: &str| {
            let (url, relation) = member.split_once(">; rel=\"").expect("a URL and a relation");
            let url = url.strip_prefix('<').expect("a URL in angle brackets");
            (relation.strip_suffix('"').expect("a quoted relation").to_owned(), url.to_owned())
        };
        header.to_str().expect("ASCII").split(", ").map(member).collect()
    }
}

fn selfs(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Object(members) => {
            let own = members.get("self").map(|url| url.as_str().expect("self is a string").to_owned());
            own.into_iter().chain(members.values().flat_map(selfs)).collect()
        }
        Value::Array(items) => items.iter().flat_map(selfs).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => BTreeSet::new(),
    }
}
