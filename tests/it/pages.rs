//! `page` and `perPage`, and the headers of lists.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use serde_json::json;
use tracker_mock::Config;

use crate::support::{Api, request};

const LISTS: [&str; 7] = ["users", "queues", "fields", "fields/categories", "priorities", "issuetypes", "statuses"];

#[tokio::test]
async fn the_next_links_lead_through_the_whole_list() {
    let api = Api::new();
    for list in LISTS {
        let all = api.get(&format!("/v2/{list}")).await;
        let items = all.json().as_array().expect("an array").clone();
        assert_eq!(all.headers["x-total-count"], items.len().to_string(), "{list}");
        assert_eq!(all.headers["x-total-pages"], "1", "{list}");
        assert!(all.links().is_empty(), "{list}");

        for per_page in 1..=items.len() + 1 {
            let pages = items.len().div_ceil(per_page);
            let mut seen = Vec::new();
            let mut next = Some(format!("http://tracker.test/v2/{list}?perPage={per_page}"));
            while let Some(url) = next {
                let page = api.follow(&url).await;
                assert_eq!(page.headers["x-total-count"], items.len().to_string(), "{url}");
                assert_eq!(page.headers["x-total-pages"], pages.to_string(), "{url}");
                let shown = page.json();
                let shown = shown.as_array().expect("an array");
                assert!((1..=per_page).contains(&shown.len()), "{url}");
                seen.extend(shown.iter().cloned());
                let links = page.links();
                assert_eq!(links.is_empty(), pages == 1, "{url}");
                if let Some((_, first)) = links.iter().find(|(relation, _)| relation == "first") {
                    assert_eq!(api.follow(first).await.json()[0], items[0], "{first}");
                }
                if let Some((_, last)) = links.iter().find(|(relation, _)| relation == "last") {
                    assert_eq!(api.follow(last).await.json()[0], items[(pages - 1) * per_page], "{last}");
                }
                next = links.into_iter().find(|(relation, _)| relation == "next").map(|(_, url)| url);
            }
            assert_eq!(seen, items, "{list}");
        }
    }
}

#[tokio::test]
async fn an_empty_list_has_no_page_and_no_links() {
    let nothing = json!({"filter": {"summary": "such a summary has nothing"}});
    let answer = Api::new().send_json("POST", "/v2/entities/project/_search", &nothing).await;
    assert_eq!(answer.json()["hits"], 0, "{}", answer.text());
    assert_eq!((answer.header("x-total-count"), answer.header("x-total-pages")), (Some("0"), Some("0")));
    assert!(answer.links().is_empty());
}

#[tokio::test]
async fn a_page_in_the_middle() {
    let answer = Api::new().get("/v3/users/?perPage=2&page=2&email=a%2Bb&unknown").await;
    insta::assert_snapshot!(answer.list_transcript());
}

/// The official Python client replaces the braces by `&page=N`.
#[tokio::test]
async fn clients_may_jump_to_any_page_of_queues() {
    let api = Api::new();
    let page = api.get("/v2/queues?expand=&perPage=1").await;
    insta::assert_snapshot!(page.list_transcript());
    let (_, seek) = page.links().into_iter().find(|(relation, _)| relation == "seek").expect("rel=seek");
    let second = api.follow(&seek.replace("{&page}", "&page=2")).await;
    assert_eq!(second.json()[0]["key"], "TREK");
    assert_eq!(second.json().as_array().expect("an array").len(), 1);
}

#[tokio::test]
async fn a_page_after_the_last_is_empty() {
    let api = Api::new();
    for list in LISTS {
        let answer = api.get(&format!("/v2/{list}?page=4294967295&perPage=10000")).await;
        assert_eq!((answer.status, answer.text()), (StatusCode::OK, "[]"), "{list}");
        let after = api.get(&format!("/v2/{list}?page=4294967295&perPage=1")).await.links();
        assert!(after.iter().all(|(relation, _)| relation != "next"), "{after:?}");
    }
}

#[tokio::test]
async fn numbers_are_decimal_digits() {
    let api = Api::new();
    for query in ["page=1", "page=4294967295&perPage=10000", "perPage=007", "PAGE=0"] {
        assert_eq!(api.get(&format!("/v2/users?{query}")).await.status, StatusCode::OK, "{query}");
    }
}

#[tokio::test]
async fn links_keep_the_other_parameters() {
    let path = "/v3/queues?expand=&page=1&filename=%26%3E%2B+%D1%84&perPage=1";
    let base = "http://tracker.test/v3/queues?expand=&filename=%26%3E%2B%20%D1%84&perPage=1";
    let expected = [("first", "&page=1"), ("next", "&page=2"), ("last", "&page=2"), ("seek", "{&page}")];
    let expected = expected.map(|(relation, end)| (relation.to_owned(), format!("{base}{end}")));
    assert_eq!(Api::new().get(path).await.links(), expected);
}

#[tokio::test]
async fn bad_numbers() {
    let api = Api::new();
    for list in LISTS {
        for (query, parameter) in [
            ("page=0", "page"),
            ("page=-1", "page"),
            ("page=two&perPage=2", "page"),
            ("page=", "page"),
            ("page=1.0", "page"),
            ("page=%2B1", "page"),
            ("page=4294967296", "page"),
            ("page=1&page=2", "page"),
            ("perPage=0", "perPage"),
            ("perPage=1.5", "perPage"),
            ("perPage=10001", "perPage"),
            ("perPage=%D9%A1", "perPage"),
            ("perPage=18446744073709551616", "perPage"),
            ("perPage=1&perPage=2", "perPage"),
        ] {
            let answer = api.get(&format!("/v2/{list}?{query}")).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{list}?{query}: {}", answer.text());
            let errors = answer.json()["errors"].clone();
            assert_eq!(errors.as_object().expect("an object").keys().collect::<Vec<_>>(), [parameter]);
        }
    }
    insta::assert_snapshot!(api.get("/v2/users?perPage=0").await.transcript());
}

#[tokio::test]
async fn links_are_on_the_public_url() {
    let api = Api::with(set!(Config::default(); public_url: Some("https://tracker.example".to_owned())));
    let request = request(Method::GET, "/v2/queues?perPage=1").body(Body::empty()).expect("a good request");
    let links = api.send(request).await.links();
    let expected = [
        ("first", "https://tracker.example/v2/queues?perPage=1&page=1"),
        ("next", "https://tracker.example/v2/queues?perPage=1&page=2"),
        ("last", "https://tracker.example/v2/queues?perPage=1&page=2"),
        ("seek", "https://tracker.example/v2/queues?perPage=1{&page}"),
    ];
    assert_eq!(links, expected.map(|(relation, url)| (relation.to_owned(), url.to_owned())));
}
