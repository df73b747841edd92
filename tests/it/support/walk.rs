//! Follows the URLs in answers, as clients do.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use serde_json::Value;

use super::{Answer, Api, bare_request, request};

/// The base URL that the clients of the tests use.
const HOST: &str = "http://tracker.test";

impl Api {
    /// Sends `GET` to an absolute URL from an answer.
    pub(crate) async fn follow(&self, url: &str) -> Answer {
        let path = url.strip_prefix(HOST).unwrap_or_else(|| panic!("{url} is not on the host of the request"));
        self.get(path).await
    }

    /// Checks that every `self` in an answer, and in the answers behind those URLs, leads to the object that it belongs
    /// to.
    ///
    /// A comment refers to its file through its entity, while the file itself is at the root.
    pub(crate) async fn assert_selfs_resolve(&self, answer: &Answer) {
        let mut open = selfs(&answer.json());
        assert!(!open.is_empty(), "no self in {}", answer.text());
        let mut seen = BTreeSet::new();
        while let Some(url) = open.pop_first() {
            let object = self.follow(&url).await;
            assert_eq!(object.status, StatusCode::OK, "{url}: {}", object.text());
            assert_eq!(object.json()["self"], through_entity(&url).unwrap_or_else(|| url.clone()), "{}", object.text());
            seen.insert(url);
            open.extend(selfs(&object.json()).into_iter().filter(|url| !seen.contains(url)));
        }
    }

    /// Checks that every part of a `_relative` list agrees with the whole list: pages that start at an item, in both
    /// orders, and the surroundings of each item.
    pub(crate) async fn assert_relative(&self, path: &str, list: &str, newest_on_top: &str) {
        let part = async |query: String| {
            let answer = self.get(&format!("{path}?{query}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text());
            let part = answer.json();
            let flags = ["hasPrev", "hasNext"].map(|flag| part[flag].as_bool().expect("a boolean"));
            (part[list].as_array().expect("a list").clone(), flags)
        };
        let (oldest_first, flags) = part("perPage=10000".to_owned()).await;
        assert_eq!(flags, [false, false]);
        assert!(oldest_first.len() > 4, "too few for a test");
        let newest_first: Vec<_> = oldest_first.iter().rev().cloned().collect();
        for (order, items) in [
            (String::new(), &oldest_first),
            (format!("&{newest_on_top}=False&direction=forward"), &oldest_first),
            (format!("&{newest_on_top}=true"), &newest_first),
            ("&direction=backward".to_owned(), &newest_first),
            (format!("&{newest_on_top}=true&direction=backward"), &oldest_first),
        ] {
            for per_page in 1..=items.len() + 1 {
                let mut seen = Vec::new();
                loop {
                    let from = seen.last().map_or_else(String::new, |last| format!("&from={}", id(last)));
                    let (page, flags) = part(format!("perPage={per_page}{order}{from}")).await;
                    assert!(page.len() <= per_page);
                    assert_eq!(flags, [!seen.is_empty(), seen.len() + page.len() < items.len()], "{per_page}{order}");
                    if page.is_empty() {
                        break;
                    }
                    seen.extend(page);
                }
                assert_eq!(&seen, items, "{per_page}{order}");
                for item in items {
                    let (around, flags) = part(format!("perPage={per_page}{order}&selected={}", id(item))).await;
                    let start = items.iter().position(|other| *other == around[0]).expect("an item of the list");
                    let end = start + around.len();
                    assert_eq!(around, items[start..end]);
                    assert_eq!(flags, [start > 0, end < items.len()], "{per_page}{order}");
                    let place = around.iter().position(|other| other == item).expect("the item itself");
                    let before_and_after = (place, around.len() - 1 - place);
                    let centred = before_and_after.0.abs_diff(before_and_after.1) <= 1;
                    assert!(centred || flags != [true, true], "{per_page}{order}: {before_and_after:?}");
                }
            }
        }
    }

    /// Checks that these paths answer only to authorized `GET` requests from an organisation.
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
    /// As [`Answer::transcript`], with each object of a list on its own line.
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

/// The root URL of a file that is referred to through an entity.
fn through_entity(url: &str) -> Option<String> {
    let (holder, file) = url.split_once("/attachments/")?;
    let (base, _) = holder.split_once("/entities/")?;
    Some(format!("{base}/attachments/{file}"))
}

/// The id of an item, as written in a query.
fn id(item: &Value) -> String {
    item["id"].as_str().map_or_else(|| item["id"].to_string(), str::to_owned)
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
