//! Which worlds a call of the control plane is about: it says so itself, in the query or by the headers that clients of
//! the API send, and no call is about all worlds by accident.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Api, Call};

const CALLS: [(&str, &str, &str); 12] = [
    ("POST", "/_mock/reset", ""),
    ("GET", "/_mock/clock", ""),
    ("PUT", "/_mock/clock", r#"{"advance": "1s"}"#),
    ("GET", "/_mock/ids", ""),
    ("PUT", "/_mock/ids", r#"{"seed": 7}"#),
    ("GET", "/_mock/faults", ""),
    ("DELETE", "/_mock/faults", ""),
    ("GET", "/_mock/requests", ""),
    ("GET", "/_mock/requests/wait?count=1&timeout=1ms", ""),
    ("DELETE", "/_mock/requests", ""),
    ("POST", "/_mock/verify", r#"{"match": {}}"#),
    ("GET", "/_mock/coverage", ""),
];

/// Those that concern exactly one world.
const OF_ONE: [(&str, &str, &str); 4] = [
    ("PUT", "/_mock/faults", r#"{"rules": [{"preset": "rate-limit"}]}"#),
    ("GET", "/_mock/outbox", ""),
    ("GET", "/_mock/state", ""),
    ("PUT", "/_mock/state", include_str!("../../fixtures/default.json")),
];

fn call((method, path, body): (&str, &str, &str), query: &str) -> Call {
    let separator = if path.contains('?') { "&" } else { "?" };
    let call = Call::bare(method.parse().expect("a method"), &format!("{path}{separator}{query}"));
    if body.is_empty() { call } else { call.body(body) }
}

/// What all worlds hold, and what of two was asked, armed and set.
async fn everything(api: &Api) -> Value {
    let mut all = json!({});
    for path in ["/_mock/requests?all=true", "/_mock/faults?all=true", "/_mock/clock?all=true", "/_mock/ids?all=true"] {
        all[path] = api.get(path).await.json();
    }
    for org in ["one", "two"] {
        all[org] = api.state_of(org).await;
    }
    all
}

async fn two_worlds() -> Api {
    let api = Api::new();
    for org in ["one", "two"] {
        api.send(Call::json("POST", "/v2/issues/JUNE-2/comments", &json!({"text": "Hello"})).org(org).request()).await;
    }
    api
}

/// A body of one error, for the field `org` or `all`.
fn refusal(field: &str, message: &str) -> Value {
    json!({"errors": {field: message}, "errorMessages": [], "statusCode": 400})
}

#[tokio::test]
async fn a_call_that_names_no_world_is_refused_with_the_ways_to_name_one() {
    let api = two_worlds().await;
    let before = everything(&api).await;
    let one = "Name an organisation by ?org=ID or by the header X-Org-ID.";
    let all = "Say which world is meant: name its organisation by ?org=ID or by the header X-Org-ID, or ask for all \
               worlds by ?all=true.";
    for (calls, message) in [(&CALLS[..], all), (&OF_ONE[..], one)] {
        for &case in calls {
            for headerless in [call(case, ""), call(case, "").org("not provided"), call(case, "").org(" ")] {
                let answer = api.send(headerless.request()).await;
                let path = case.1;
                assert_eq!(answer.json(), refusal("org", message), "{path}");
                assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
            }
        }
    }
    let off = api.send(call(CALLS[0], "all=false").request()).await;
    assert_eq!(off.json(), refusal("org", all));
    assert_eq!(everything(&api).await, before);
}

#[tokio::test]
async fn a_header_names_the_world_as_the_query_does() {
    for case in CALLS.into_iter().chain(OF_ONE) {
        let by_query = two_worlds().await;
        let expected = by_query.send(call(case, "org=one").request()).await;
        assert_ne!(expected.status, StatusCode::BAD_REQUEST, "{case:?}: {}", expected.text());
        for header in ["X-Org-ID", "X-Cloud-Org-ID"] {
            for query in ["", "org=one"] {
                let by_header = two_worlds().await;
                let answer = by_header.send(call(case, query).header(header, "one").request()).await;
                assert_eq!(answer.status, expected.status, "{case:?}");
                if !case.1.starts_with("/_mock/requests") {
                    assert_eq!(answer.text(), expected.text(), "{case:?}");
                }
                for org in ["one", "two"] {
                    assert_eq!(by_header.state_of(org).await, by_query.state_of(org).await, "{case:?} {org}");
                }
            }
        }
    }
}

/// What a script with a header for all its requests does that means to reset its own world.
#[tokio::test]
async fn a_reset_with_a_header_leaves_other_worlds_alone() {
    let api = two_worlds().await;
    let others = api.state_of("two").await;
    let answer = api.send(Call::bare(Method::POST, "/_mock/reset").org("one").request()).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert!(api.is_untouched("one"));
    assert_eq!(api.state_of("two").await, others);
}

#[tokio::test]
async fn names_that_contradict_each_other_are_refused() {
    let api = two_worlds().await;
    let before = everything(&api).await;
    let both = "Both \"one\" and \"two\" are named, by ?org= and by headers. Name one world.";
    let all = "An organisation is named too, by ?org= or by a header. Ask for it, or for all.";
    for case in CALLS {
        for (call, field, message) in [
            (call(case, "org=one").org("two"), "org", both),
            (call(case, "org=one").header("X-Cloud-Org-ID", "two"), "org", both),
            (call(case, "").org("two").header("X-Cloud-Org-ID", "one"), "org", both),
            (call(case, "org=one&all=true"), "all", all),
            (call(case, "all=true").org("one"), "all", all),
        ] {
            let answer = api.send(call.request()).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{call:?}: {}", answer.text());
            assert_eq!(answer.json(), refusal(field, message), "{call:?}");
        }
    }
    for query in ["all=1", "all="] {
        let answer = api.send(call(CALLS[0], query).request()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}: {}", answer.text());
    }
    assert_eq!(everything(&api).await, before);
}

#[tokio::test]
async fn a_body_that_nobody_reads_is_refused() {
    let api = two_worlds().await;
    let before = everything(&api).await;
    let message = "This call takes no body. Name a world by ?org=ID or by the header X-Org-ID.";
    let expected = json!({"errors": {}, "errorMessages": [message], "statusCode": 400});
    for (method, path) in [("POST", "/_mock/reset?all=true"), ("DELETE", "/_mock/requests?all=true")] {
        for body in [r#"{"org": "one"}"#, "[]", "org=one", "{"] {
            let answer = api.send(call((method, path, body), "").request()).await;
            assert_eq!((answer.status, answer.json()), (StatusCode::BAD_REQUEST, expected.clone()), "{path} {body}");
        }
    }
    assert_eq!(everything(&api).await, before);
    for body in ["{}", " null\n", "\n"] {
        let answer = api.send(call(("POST", "/_mock/reset?org=one", body), "").request()).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{body}");
    }
}

/// As in the header, where they are no part of the name.
#[tokio::test]
async fn spaces_around_a_name_do_not_count() {
    let api = Api::new();
    for query in ["org=%20one", "org=one%20", "org=+one"] {
        let answer = api.send(call(OF_ONE[0], query).request()).await;
        assert_eq!(answer.json()["rules"][0]["org"], "one", "{query}");
    }
    let answer = api.send(call(OF_ONE[0], "org=%20").request()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.json()["errorMessages"], json!([]));
    assert!(answer.text().contains("It is empty. Name an organisation"), "{}", answer.text());
    let worlds = api.get("/_mock/worlds").await.json();
    let names: Vec<_> = worlds.as_array().expect("a list").iter().map(|world| &world["org"]).collect();
    assert_eq!(names, ["one"]);
}
