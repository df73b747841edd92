//! The conditions on requests that fault rules, the journal's filters, `verify` and `wait` share: each is asked in all
//! four, and means the same.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use futures_util::stream;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use tracker_mock::{Fault, Place, RequestMatch, TrackerMock};

use crate::support::{Api, Call, Form, PROJECT, assert_refused, request};

const FAULTS: &str = "/_mock/faults?org=test";

/// The filter in a query string. What it has many of is written with its name behind a dot.
fn spelled(matching: &Value) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let text = |value: &Value| encoded(&value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let mut filter = String::new();
    for (name, value) in matching.as_object().expect("conditions") {
        let named =
            value.as_object().map(|members| members.iter().map(|(key, value)| (format!("{name}.{key}"), value)));
        for (name, value) in named.map_or_else(|| vec![(name.clone(), value)], Iterator::collect) {
            for value in value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice) {
                filter += &format!("&{}={}", encoded(&name), text(value));
            }
        }
    }
    filter
}

/// Whether the one request meets the conditions, by a rule, a filter, a check and a wait, which must say the same.
async fn meets(matching: &Value, call: &Call) -> bool {
    let api = Api::new();
    let plain = api.send(call.request()).await.status;
    let filter = spelled(matching);
    let listed = api.get(&format!("/_mock/requests?org=test{filter}")).await;
    assert_eq!(listed.status, StatusCode::OK, "{matching}: {}", listed.text());
    let is_listed = listed.json().as_array().expect("a list").len() == 1;
    let waited = api.get(&format!("/_mock/requests/wait?org=test&timeout=0ms{filter}")).await;
    assert_eq!(waited.status == StatusCode::OK, is_listed, "{matching} {call:?}: {}", waited.text());
    let checked = api.send_json("POST", "/_mock/verify?org=test", &json!({"match": matching})).await;
    assert_eq!(checked.status, StatusCode::OK, "{matching}: {}", checked.text());
    assert_eq!(checked.json()["ok"], is_listed, "{matching} {call:?}: {}", checked.text());
    let rules = json!({"rules": [{"match": matching, "do": {"status": 599}}]});
    let armed = api.send_json("PUT", FAULTS, &rules).await;
    assert_eq!(armed.json()["rules"][0]["rule"]["match"], *matching, "{}", armed.text());
    let struck = api.send(call.request()).await.status;
    assert_eq!(struck.as_u16() == 599, is_listed, "{matching} {call:?}: {struck}, without the rule {plain}");
    let told = api.get(FAULTS).await.json()["rules"][0].clone();
    assert_eq!([&told["matched"], &told["fired"]], [&json!(u8::from(is_listed)); 2], "{matching}");
    is_listed
}

#[tokio::test]
async fn each_condition_means_the_same_everywhere() {
    let myself = || Call::get("/v2/myself?a=1&b=two+words&a=3");
    let comment = |body: Value| Call::json("POST", &format!("/v2/entities/project/{PROJECT}/comments"), &body);
    let typed = |kind: &str| {
        let head = format!("Content-Disposition: form-data; name=\"data\"; filename=\"a.bin\"\r\nContent-Type: {kind}");
        let note = "Content-Disposition: form-data; name=\"note\"\r\nContent-Type: text/plain";
        Call::upload("/v2/attachments/", &Form::part(note, b"hi").and_part(&head, b"bytes"))
    };
    let bad = comment(json!({"text": 1}));
    for (matching, call, expected) in [
        (json!({"operation": ["get_user", "get_myself"]}), myself(), true),
        (json!({"method": "get"}), myself(), true),
        (json!({"query": {"a": "1"}}), myself(), true),
        (json!({"query": {"a": "3"}}), myself(), true),
        (json!({"query": {"a": ["1", "3"]}}), myself(), true),
        (json!({"query": {"a": ["1", "2"]}}), myself(), false),
        (json!({"query": {"A": "1"}}), myself(), false),
        (json!({"query": {"b": "two *"}}), myself(), true),
        (json!({"query": {"a": "*", "c": "*"}}), myself(), false),
        (json!({"header": {"X-Tool": "py*"}}), myself().header("X-Tool", "python/3"), true),
        (json!({"header": {"x-tool": "java*"}}), myself().header("X-Tool", "python/3"), false),
        (json!({"header": {"X-Tool": ["a", "b"]}}), myself().header("X-Tool", "a").and_header("X-Tool", "b"), true),
        (json!({"header": {"X-Tool": "*"}}), myself(), false),
        (json!({"header": {"Authorization": r"OAuth \*\*\*"}}), myself(), true),
        (json!({"header": {"Authorization": "OAuth some-token"}}), myself(), false),
        (json!({"actor": "author"}), myself(), true),
        (json!({"actor": "1900000002"}), myself().token("lead-token"), true),
        (json!({"actor": "author"}), myself().token("lead-token"), false),
        (json!({"actor": "*"}), myself().without("Authorization"), false),
        (json!({"json": {"/text": "*bug*"}}), comment(json!({"text": "A bug!"})), true),
        (json!({"json": {"/text": "*bug*"}}), comment(json!({"text": "Fine"})), false),
        (json!({"json": {"/text": "1"}}), bad.clone(), true),
        (
            json!({"json": {"/summonees/1": "team*"}}),
            comment(json!({"text": "a", "summonees": ["lead", "team-1"]})),
            true,
        ),
        (
            json!({"json": {"/summonees": "*lead*"}}),
            comment(json!({"text": "a", "summonees": ["lead", "team-1"]})),
            true,
        ),
        (json!({"json": {"/a~1b": "1"}}), comment(json!({"text": "a", "a/b": 1})), true),
        (json!({"json": {"": "*"}}), comment(json!({"text": "a"})), true),
        (json!({"json": {"/text": "*"}}), comment(json!({"texts": "a"})), false),
        (json!({"json": {"/text": "*"}}), comment(json!({})).body("{"), false),
        (json!({"json": {"/text": "a"}}), comment(json!({})).body("\u{feff}{\"text\": \"a\"}"), true),
        (json!({"json": {"/text": "*"}}), myself(), false),
        (json!({"part": "data"}), typed("image/png"), true),
        (json!({"part": "no*"}), typed("image/png"), true),
        (json!({"part": "file"}), typed("image/png"), false),
        (json!({"partType": "image/*"}), typed("image/png"), true),
        (json!({"partType": "text/csv"}), typed("text/csv; charset=utf-8"), true),
        (json!({"partType": "text/csv; charset=*"}), typed("text/csv; charset=utf-8"), true),
        (json!({"partType": "text/csv"}), typed("image/png"), false),
        (json!({"part": "data", "partType": "text/plain"}), typed("image/png"), false),
        (json!({"part": "note", "partType": "text/plain"}), typed("image/png"), true),
        (json!({"part": "*"}), myself(), false),
        (
            json!({"file": "a.*", "part": "data", "actor": "author", "query": {"x": "y"}}),
            typed("image/png").query("x=y"),
            true,
        ),
    ] {
        assert_eq!(meets(&matching, &call).await, expected, "{matching} {call:?}");
    }
}

/// What only JSON can say: a value that is no text must be equal.
#[tokio::test]
async fn a_member_that_is_no_text_is_equal_or_not() {
    let api = Api::new();
    let sent = json!({"text": "a", "n": 3, "yes": true, "nothing": null, "list": [1, {"b": 2, "a": 1}]});
    api.send_json("POST", "/v2/issues/JUNE-2/comments", &sent).await;
    for (member, value, ok) in [
        ("/n", json!(3), true),
        ("/n", json!(4), false),
        ("/n", json!("3"), true),
        ("/yes", json!(true), true),
        ("/yes", json!(false), false),
        ("/nothing", json!(null), true),
        ("/absent", json!(null), false),
        ("/list/1", json!({"a": 1, "b": 2}), true),
        ("/list", json!([1]), false),
    ] {
        let check = json!({"match": {"json": {member: value}}});
        let answer = api.send_json("POST", "/_mock/verify?org=test", &check).await;
        assert_eq!(answer.json()["ok"], ok, "{check}: {}", answer.text());
    }
}

/// Bodies are looked into up to 16 KiB, by rules and in the journal, and arrive whole all the same.
#[tokio::test]
async fn a_long_body_is_not_looked_into() {
    const KEPT: usize = 16 * 1024;
    for (bytes, expected) in [(KEPT, true), (KEPT + 1, false), (200_000, false)] {
        let body = json!({"text": "a".repeat(bytes - json!({"text": ""}).to_string().len())});
        let comment = Call::json("POST", "/v2/issues/JUNE-2/comments", &body);
        for call in [comment.clone(), comment.chunked()] {
            assert_eq!(meets(&json!({"json": {"/text": "a*"}}), &call).await, expected, "{bytes}");
        }
        let api = Api::new();
        let rules = json!({"rules": [{"match": {"json": {"/text": "b*"}}, "do": {"status": 599}}]});
        api.send_json("PUT", FAULTS, &rules).await;
        let stored = api.send_json("POST", "/v2/issues/JUNE-2/comments", &body).await;
        assert_eq!((stored.status, &stored.json()["text"]), (StatusCode::CREATED, &body["text"]), "{bytes}");
    }
}

/// A rule that asks for JSON decides before anything is done, so one behind it strikes in time.
#[tokio::test]
async fn rules_behind_one_that_asks_for_json_strike_too() {
    let api = Api::new();
    let rules = json!({"rules": [
        {"name": "bug", "match": {"json": {"/text": "bug"}}, "do": {"status": 501}},
        {"name": "all", "do": {"status": 502}},
    ]});
    api.send_json("PUT", FAULTS, &rules).await;
    let comments = "/v2/issues/JUNE-2/comments";
    let before = api.state().await;
    for (body, status) in [(json!({"text": "bug"}), 501), (json!({"text": "other"}), 502)] {
        assert_eq!(api.send_json("POST", comments, &body).await.status, status, "{body}");
    }
    let attach = format!("/v2/entities/project/{PROJECT}/attachments/4");
    assert_eq!(api.send_json("POST", &attach, &json!({"notify": false})).await.status, 502);
    assert_eq!(api.state().await, before);
    let broken = stream::iter([Ok("{\"text\": "), Err(std::io::Error::other("gone"))]);
    let broken = request(Method::POST, comments).body(Body::from_stream(broken));
    assert_eq!(api.send(broken.expect("a request")).await.status, 502);
    let records = api.get("/_mock/requests?org=test&json./text=bug").await.json();
    assert_eq!(records[0]["fault"], json!({"rule": 0, "name": "bug", "at": "before", "what": "status 501"}));
}

/// Behind the file's part nothing has come yet when a rule decides.
#[tokio::test]
async fn a_rule_sees_the_parts_up_to_the_file() {
    let note = "Content-Disposition: form-data; name=\"note\"";
    let form = Form::file("a.txt", b"bytes").and_part(note, b"hi");
    let api = Api::new();
    let rules = json!({"rules": [{"match": {"part": "note"}, "do": {"status": 599}}]});
    api.send_json("PUT", FAULTS, &rules).await;
    let stored = api.send(Call::upload("/v2/attachments/", &form).request()).await;
    assert_eq!(stored.status, StatusCode::CREATED);
    let found = api.get("/_mock/requests?org=test&part=note").await.json();
    assert_eq!(found.as_array().expect("a list").len(), 1);
}

#[tokio::test]
async fn what_is_no_condition_is_refused_everywhere() {
    let api = Api::new();
    let many = |prefix: &str| Value::Object((0..17).map(|n| (format!("{prefix}{n}"), json!("a"))).collect());
    let limits = "A pattern may have at most 1024 bytes, 32 stars and, of a path, 32 segments.";
    for (matching, place, said) in [
        (json!({"operation": "get_mysel"}), "operation", "\"get_mysel\" is not known here. Did you mean get_myself?"),
        (
            json!({"method": "PSOT"}),
            "method",
            "\"PSOT\" is not known here. Did you mean POST? Known: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, CONNECT, TRACE.",
        ),
        (
            json!({"header": {"a b": "c"}}),
            "header.a b",
            "A header cannot have this name. Use letters, digits and hyphens.",
        ),
        (json!({"query": {"a": "*a".repeat(33)}}), "query.a", limits),
        (json!({"header": {"a": "*a".repeat(33)}}), "header.a", limits),
        (json!({"json": {"/a": "*a".repeat(33)}}), "json./a", limits),
        (json!({"actor": "x".repeat(1025)}), "actor", limits),
        (json!({"part": "x".repeat(1025)}), "part", limits),
        (json!({"partType": "x".repeat(1025)}), "partType", limits),
        (json!({"query": many("a")}), "query", "There are 17 conditions; 16 are allowed."),
        (json!({"header": many("a")}), "header", "There are 17 conditions; 16 are allowed."),
        (json!({"json": many("/a")}), "json", "There are 17 conditions; 16 are allowed."),
    ] {
        let error = |place: String| json!({"errors": {place: said}, "errorMessages": [], "statusCode": 400});
        let filter = spelled(&matching);
        for path in ["/_mock/requests", "/_mock/requests/wait"] {
            let answer = api.get(&format!("{path}?org=test{filter}")).await;
            assert_eq!((answer.status, answer.json()), (StatusCode::BAD_REQUEST, error(place.to_owned())), "{filter}");
        }
        let checked = api.send_json("POST", "/_mock/verify?org=test", &json!({"match": matching})).await;
        assert_eq!((checked.status, checked.json()), (StatusCode::BAD_REQUEST, error(format!("match.{place}"))));
        let rules = json!({"rules": [{"match": matching, "do": {"status": 503}}]});
        let armed = api.send_json("PUT", FAULTS, &rules).await;
        assert_eq!((armed.status, armed.json()), (StatusCode::BAD_REQUEST, error(format!("rules[0].match.{place}"))));
    }
    let no_pointer = json!({"match": {"json": {"text": "c"}}});
    let refused = api.send_json("POST", "/_mock/verify?org=test", &no_pointer).await;
    let said = "Name a member by a JSON Pointer, such as /fields/summary.";
    assert_eq!(refused.json()["errors"]["match.json.text"], said);
    for wrong in ["queri.a=1", "json.text=c", "json./a=1&json./a=2", "status=abc"] {
        let answer = api.get(&format!("/_mock/requests?org=test&{wrong}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}: {}", answer.text());
    }
    assert_eq!(api.get(FAULTS).await.json(), json!({"rules": []}));
}

/// A check can be limited to what came after a request, as the list can.
#[tokio::test]
async fn a_check_takes_since() {
    let api = Api::new();
    for _ in 0..3 {
        api.get("/v2/myself").await;
    }
    for (since, count) in [(json!(1), 2), (json!("2"), 1), (json!("2000-01-01T00:00:00.000+0000"), 3)] {
        let check = json!({"match": {"since": since}, "count": count});
        let answer = api.send_json("POST", "/_mock/verify?org=test", &check).await;
        assert_eq!(answer.json()["ok"], true, "{check}: {}", answer.text());
    }
    let wrong = json!({"match": {"since": "soon"}});
    let refused = api.send_json("POST", "/_mock/verify?org=test", &wrong).await;
    assert_refused(&refused, StatusCode::BAD_REQUEST, "match.since", &wrong);
}

/// A rule takes memory, and its conditions do.
#[tokio::test]
async fn conditions_are_charged() {
    let api = Api::new();
    let before = api.used_bytes();
    let conditions = Value::Object((0..16).map(|n| (format!("a{n}"), json!("*".repeat(32)))).collect());
    let rules = json!({"rules": [{"match": {"query": conditions}, "do": {"status": 503}}]});
    api.send_json("PUT", FAULTS, &rules).await;
    // Each star costs a piece of text.
    assert!(api.used_bytes() - before > 16 * 32 * 64, "{}", api.used_bytes() - before);
}

/// A header that an answer has twice is written as a list, in JSON and in Rust.
#[tokio::test]
async fn a_header_can_be_given_twice() {
    let api = Api::new();
    let action = json!({"status": 503, "headers": {"Set-Cookie": ["a=1", "b=2"], "Retry-After": 1}});
    let armed = api.send_json("PUT", FAULTS, &json!({"rules": [{"do": action}]})).await;
    let shown = json!({"status": 503, "headers": {"Set-Cookie": ["a=1", "b=2"], "Retry-After": "1"}});
    assert_eq!(armed.json()["rules"][0]["rule"]["do"], shown);
    let answer = api.get("/v2/myself").await;
    assert_eq!(answer.headers.get_all("set-cookie").iter().collect::<Vec<_>>(), ["a=1", "b=2"]);
    assert_eq!(answer.header("retry-after"), Some("1"));

    let mock = TrackerMock::start().await.expect("a free port");
    let world = mock.world("test");
    world.arm([Fault::at(Place::Before).status(503).header("X-A", "1").header("X-A", "2")]).expect("a good rule");
    let armed = serde_json::to_value(&world.faults()[0]).expect("JSON");
    assert_eq!(armed["rule"]["do"]["headers"], json!({"X-A": ["1", "2"]}));
    mock.shutdown().await;
}

#[tokio::test]
async fn the_library_has_each_condition() {
    let mock = TrackerMock::start().await.expect("a free port");
    let world = mock.world("test");
    let wanted = RequestMatch::new()
        .operation("add_issue_comment")
        .method("post")
        .path("/v2/issues/*/comments")
        .query("expand", "html")
        .header("X-Tool", "test*")
        .json("/text", "*bug*")
        .json("/n", 3)
        .actor("lead");
    world.arm([Fault::at(Place::After).matching(wanted.clone()).status(503)]).expect("a good rule");
    let client = reqwest::Client::new();
    let comment = client
        .post(format!("{}/v2/issues/JUNE-2/comments?expand=html", mock.url()))
        .header("X-Org-ID", "test")
        .header("X-Tool", "test/1")
        .bearer_auth("lead-token")
        .json(&json!({"text": "A bug", "n": 3}));
    let other = comment.try_clone().expect("a body in memory").json(&json!({"text": "Fine", "n": 3}));
    for (call, status) in [(comment, 503), (other, 201)] {
        assert_eq!(call.send().await.expect("an answer").status(), status);
    }
    assert_eq!(world.find_requests(&wanted).iter().map(|one| one.id.number()).collect::<Vec<_>>(), [1]);
    world.wait_for_requests(&wanted, 1, Duration::from_secs(30)).await.expect("it came");
    let upload = RequestMatch::new().part("file").part_type("text/*").file("*.txt").status(200);
    let verdict = world.verify(&upload, 1..);
    let message = "Expected at least 1 request with file *.txt, part file, partType text/*, status 200; seen 0 among 2 in \
                   the journal. The nearest other one is request 2, POST /v2/issues/JUNE-2/comments, answered 201: it has \
                   no file, which should be \"*.txt\", it has no part, which should be \"file\", it has no partType, which \
                   should be \"text/*\", status is \"201\" and not \"200\".";
    assert_eq!((verdict.ok, verdict.to_string(), &*verdict.message), (false, message.to_owned(), message));
    for late in [RequestMatch::new().status(200), RequestMatch::new().after(world.requests()[0].id)] {
        let refused = world.arm([Fault::at(Place::Before).matching(late).status(503)]).expect_err("no answer yet");
        assert!(
            refused.to_string().ends_with("A rule is chosen before there is an answer, so it cannot ask for this.")
        );
    }
    mock.shutdown().await;
}

/// What a check says can be the message of an assertion.
#[tokio::test]
async fn a_check_says_what_was_expected_what_was_seen_and_what_came_nearest() {
    let api = Api::new();
    let verify = async |check: Value| api.send_json("POST", "/_mock/verify?org=test", &check).await.json();
    let nothing = verify(json!({"match": {}})).await;
    assert_eq!(nothing["message"], "Expected at least 1 request; seen 0 among 0 in the journal.");
    api.get("/v2/issues/JUNE-2?expand=links").await;
    api.get("/v2/myself").await;
    let near = verify(json!({"match": {"operation": "get_issue", "query": {"expand": "comments"}}, "count": 2})).await;
    assert_eq!(
        near["message"],
        "Expected exactly 2 requests with operation get_issue, query.expand comments; seen 0 among 2 in the journal. The \
         nearest other one is request 1, GET /v2/issues/JUNE-2, answered 200: query.expand is \"links\" and not \
         \"comments\"."
    );
    let differs = json!([{"what": "query.expand", "expected": "comments", "actual": "links"}]);
    assert_eq!(near["nearest"][0]["differs"], differs);
    let rules = json!({"rules": [{"preset": "flaky-503"}, {"do": {"status": 500}}]});
    api.send_json("PUT", FAULTS, &rules).await;
    let both = verify(json!({"match": {"status": "2xx"}, "atLeast": 1, "atMost": 2, "faults": "all-fired"})).await;
    assert_eq!(
        both["message"],
        "Expected 1 to 2 requests with status 2xx; seen 2 among 2 in the journal.\nFault rules that never fired: \
         \"flaky-503\" in test, rule 1 in test."
    );
    api.send_json("PUT", FAULTS, &json!({"rules": []})).await;
    let fired = verify(json!({"faults": "all-fired"})).await;
    assert_eq!(fired, json!({"ok": true, "message": "Every fault rule has fired.", "neverFired": []}));
}

/// What a client prefers that nobody knows is ignored, and told.
#[tokio::test]
async fn unknown_preferences_are_deviations() {
    let api = Api::new();
    let rule = "RFC 7240, section 2: a preference that is not known is ignored";
    let deviation = |message: &str| json!({"kind": "unknown-preference", "message": message, "rule": rule});
    for (id, (given, told)) in (1..).zip([
        ("cod=404", json!([deviation("The preference \"cod\" in Prefer is not known here and was ignored; did you mean \"code\"?")])),
        (
            "respond-async, Delay=1, CODE=200;x=y",
            json!([deviation("The preference \"respond-async\" in Prefer is not known here and was ignored; there are code and delay.")]),
        ),
        ("delay=0", json!([])),
    ]) {
        let answer = api.send(Call::get("/v2/myself").header("Prefer", given).request()).await;
        assert_eq!(answer.status, StatusCode::OK, "{given}");
        let record = api.get(&format!("/_mock/requests/{id}")).await.json();
        assert_eq!(record["deviations"], told, "{given}");
    }
    let many = vec!["x"; 30].join(",");
    api.send(Call::get("/v2/myself").header("Prefer", many).request()).await;
    let record = api.get("/_mock/requests/4").await.json();
    assert_eq!(record["deviations"].as_array().expect("a list").len(), 17);
}
