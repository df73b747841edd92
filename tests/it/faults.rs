//! Arming and disarming faults, and which requests they are about.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use bytes::Bytes;
use serde_json::{Value, json};
use tracker_mock::{AnonymousPolicy, Config, Fault, Place, Preset, TrackerMock};

use crate::support::{Answer, Api, Call, Form, Log, ORG, PROJECT, PROJECT_WITH_FILES, bare_request};

const FAULTS: &str = "/_mock/faults?org=test";

/// Arms these rules in the default world.
async fn arm(api: &Api, rules: Value) -> Value {
    let answer = api.send_json("PUT", FAULTS, &json!({ "rules": rules })).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()
}

/// How often each rule matched and fired.
async fn counts(api: &Api) -> Vec<(u64, u64)> {
    let rules = api.get(FAULTS).await.json()["rules"].clone();
    let number = |rule: &Value, name: &str| rule[name].as_u64().expect("a number");
    let rules = rules.as_array().expect("a list");
    for rule in rules {
        assert_eq!(rule["neverFired"], number(rule, "fired") == 0, "{rule}");
    }
    rules.iter().map(|rule| (number(rule, "matched"), number(rule, "fired"))).collect()
}

#[tokio::test]
async fn what_is_armed_is_shown_whole() {
    let api = Api::new();
    let mut log = Log::default();
    let rules = json!({ "rules": [
        { "do": { "status": 500 } },
        { "preset": "flaky-503", "name": "twice", "match": { "file": "*.pdf" }, "times": 3 },
        { "preset": "rate-limit", "do": { "headers": { "Retry-After": 5 } } },
        { "preset": "rate-limit", "times": 1, "do": { "connection": "reset", "delay": "2m" } },
        {
            "name": "all of it",
            "match": {
                "operation": ["upload_temp_file", "upload_to_issue"],
                "method": "POST",
                "path": "/*/attachments/**",
                "file": "отчёт*",
            },
            "skip": 1,
            "times": 2,
            "at": { "request": { "afterFileBytes": 1024 } },
            "do": { "delay": "1500ms", "status": 418, "headers": { "X-Mood": "bad" }, "body": { "b": [1, null], "a": "" } },
        },
        { "at": "after", "do": { "delay": 20, "connection": "reset" } },
        { "at": { "answer": { "afterBytes": 10 } }, "do": { "bytesPerSecond": 100 } },
        { "at": { "answer": "half" }, "do": { "connection": "stall" } },
    ] });
    log.send_json(&api, "PUT", FAULTS, &rules).await;
    log.send(&api, "GET", &Call::get(FAULTS)).await;
    insta::assert_snapshot!(log.text());
}

#[tokio::test]
async fn wrong_rules_are_refused_and_nothing_is_armed_by_half() {
    let api = Api::new();
    let armed = arm(&api, json!([{ "name": "before", "do": { "status": 500 } }])).await;
    let mut log = Log::default();
    let good = json!({ "do": { "status": 503 } });
    let wrong_rules = [
        json!(1),
        json!({}),
        json!({ "do": {} }),
        json!({ "do": { "stats": 503 } }),
        json!({ "preset": "flaky" }),
        json!({ "name": "", "do": { "status": 503 } }),
        json!({ "skip": -1, "do": { "status": 503 } }),
        json!({ "times": 0, "do": { "status": 503 } }),
        json!({ "match": { "operation": "upload_tmp_file" }, "do": { "status": 503 } }),
        json!({ "match": { "operation": ["upload_temp_file", "attach"] }, "do": { "status": 503 } }),
        json!({ "match": { "operation": [] }, "do": { "status": 503 } }),
        json!({ "match": { "operation": [7] }, "do": { "status": 503 } }),
        json!({ "match": { "method": "PSOT" }, "do": { "status": 503 } }),
        json!({ "match": { "path": "v2/attachments" }, "do": { "status": 503 } }),
        json!({ "match": { "path": "/v2/a**" }, "do": { "status": 503 } }),
        json!({ "match": { "file": "x".repeat(1025) }, "do": { "status": 503 } }),
        json!({ "match": { "status": 200 }, "do": { "status": 503 } }),
        json!({ "match": { "since": 1 }, "do": { "status": 503 } }),
        json!({ "at": "during", "do": { "status": 503 } }),
        json!({ "at": "request", "do": { "status": 503 } }),
        json!({ "at": { "request": "afterFileBytes" }, "do": { "status": 503 } }),
        json!({ "at": { "request": { "afterFileBytes": "1 KiB" } }, "do": { "status": 503 } }),
        json!({ "at": { "answer": "middle" }, "do": { "connection": "close" } }),
        json!({ "match": { "operation": "get_issue" }, "at": { "request": "part-headers" }, "do": { "status": 503 } }),
        json!({ "match": { "method": "GET" }, "at": { "request": "part-headers" }, "do": { "status": 503 } }),
        json!({ "match": { "operation": "delete_issue_file" }, "at": { "answer": "half" }, "do": { "connection": "close" } }),
        json!({ "at": { "answer": "half" }, "do": { "status": 503 } }),
        json!({ "do": { "status": 101 } }),
        json!({ "do": { "status": 600 } }),
        json!({ "do": { "status": "503" } }),
        json!({ "do": { "status": 204, "body": "none" } }),
        json!({ "do": { "status": 503, "body": "x".repeat(65 * 1024) } }),
        json!({ "do": { "body": "lost" } }),
        json!({ "do": { "headers": { "Retry-After": "1" }, "connection": "close" } }),
        json!({ "do": { "status": 503, "headers": { "Content-Length": "1" } } }),
        json!({ "do": { "status": 503, "headers": { "not a name": "1" } } }),
        json!({ "do": { "status": 503, "headers": { "X-Split": "a\r\nb" } } }),
        json!({ "do": { "status": 503, "headers": { "X-List": ["a", ["b"]] } } }),
        json!({ "do": { "status": 503, "connection": "close" } }),
        json!({ "preset": "lost-answer", "at": { "answer": "half" }, "do": { "status": 500 } }),
        json!({ "do": { "connection": "drop" } }),
        json!({ "do": { "delay": "soon" } }),
        json!({ "do": { "delay": "-1s" } }),
        json!({ "do": { "delay": -1 } }),
        json!({ "do": { "delay": "11m" } }),
        json!({ "do": { "bytesPerSecond": 100 } }),
        json!({ "at": { "request": "before-closing-boundary" }, "do": { "bytesPerSecond": 100 } }),
        json!({ "at": { "answer": "half" }, "do": { "bytesPerSecond": 0 } }),
    ];
    for wrong in wrong_rules {
        let name = wrong.to_string();
        let name = if name.len() > 500 { "a long one".to_owned() } else { name };
        let call = Call::json("PUT", FAULTS, &json!({ "rules": [good, wrong] }));
        assert_eq!(log.send(&api, &name, &call).await.status, StatusCode::BAD_REQUEST, "{name}");
    }
    for (name, body) in [
        ("a list", json!([good])),
        ("no rules", json!({})),
        ("other members", json!({ "rules": [], "seed": 1 })),
        ("too many", json!({ "rules": vec![good.clone(); 101] })),
    ] {
        assert_eq!(log.send(&api, name, &Call::json("PUT", FAULTS, &body)).await.status, StatusCode::BAD_REQUEST);
    }
    log.send_json(&api, "PUT", "/_mock/faults", &json!({ "rules": [] })).await;
    log.send_json(&api, "PUT", "/_mock/faults?org=", &json!({ "rules": [] })).await;
    let russian = Call::json("PUT", FAULTS, &json!({ "rules": [{ "do": { "status": 1 } }] }));
    log.send(&api, "in Russian", &russian.header("Accept-Language", "ru")).await;
    insta::assert_snapshot!(log.text());
    assert_eq!(api.get(FAULTS).await.json(), armed);
}

/// A pattern that takes long to match would hold up every request of its world.
#[tokio::test]
async fn patterns_are_bounded() {
    let api = Api::new();
    let limits = "A pattern may have at most 1024 bytes, 32 stars and, of a path, 32 segments.";
    for (field, pattern) in [
        ("file", "*a".repeat(33)),
        ("file", "я".repeat(513)),
        ("path", format!("/{}", "*a".repeat(33))),
        ("path", "/a".repeat(33)),
    ] {
        let rule = json!({ "match": { field: pattern }, "do": { "status": 503 } });
        let answer = api.send_json("PUT", FAULTS, &json!({ "rules": [rule] })).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{pattern}");
        assert_eq!(answer.json()["errors"][format!("rules[0].match.{field}")], limits, "{pattern}");
    }
    arm(&api, json!([{ "match": { "file": "*a".repeat(32), "path": "/**".repeat(16) }, "do": { "status": 503 } }]))
        .await;
}

#[tokio::test]
async fn presets_are_rules_that_can_be_armed() {
    let api = Api::new();
    let presets = api.get("/_mock/faults/presets").await.json();
    insta::assert_json_snapshot!(presets);
    for preset in presets["presets"].as_array().expect("a list") {
        let armed = arm(&api, json!([{ "preset": preset["preset"] }])).await;
        assert_eq!(armed["rules"][0]["rule"], *preset);
        let written_out = arm(&api, json!([preset])).await;
        assert_eq!(written_out, armed);
    }
}

#[tokio::test]
async fn each_world_has_its_own() {
    let api = Api::new();
    for (org, status) in [("one", 501), ("two", 502)] {
        let rules = json!({ "rules": [{ "do": { "status": status } }] });
        api.send_json("PUT", &format!("/_mock/faults?org={org}"), &rules).await;
    }
    let ask = async |org| api.send(Call::get("/v2/myself").org(org).request()).await.status.as_u16();
    assert_eq!([ask("one").await, ask("two").await, ask("three").await], [501, 502, 200]);
    let all = api.get("/_mock/faults?all=true").await.json();
    assert_eq!(
        all["rules"].as_array().expect("a list").iter().map(|rule| &rule["org"]).collect::<Vec<_>>(),
        ["one", "two"]
    );
    assert_eq!(api.call(Method::DELETE, "/_mock/faults?org=one").await.status, StatusCode::NO_CONTENT);
    assert_eq!([ask("one").await, ask("two").await, ask("three").await], [200, 502, 200]);
    assert_eq!(api.call(Method::DELETE, "/_mock/faults?all=true").await.status, StatusCode::NO_CONTENT);
    assert_eq!([ask("one").await, ask("two").await, ask("three").await], [200, 200, 200]);
    assert_eq!(api.get("/_mock/faults?all=true").await.json(), json!({ "rules": [] }));
}

/// The operation, method, path and file decide, and all of them must fit.
#[tokio::test]
async fn which_requests_a_rule_is_about() {
    let api = Api::new();
    let upload = |name: &str| Call::upload("/v2/attachments/", &Form::file(name, b"bytes"));
    let attach = format!("/v2/entities/project/{PROJECT}/attachments/4");
    let notes = format!("/v2/entities/project/{PROJECT_WITH_FILES}/attachments/4");
    for (matching, call, expected) in [
        (json!({}), Call::get("/v2/myself"), true),
        (json!({}), Call::get("/v2/nowhere"), true),
        (json!({}), Call::get("/"), true),
        (json!({ "operation": "get_myself" }), Call::get("/v3/myself/"), true),
        (json!({ "operation": "get_myself" }), Call::get("/v2/users"), false),
        (json!({ "operation": "get_myself" }), Call::get("/v2/nowhere"), false),
        (json!({ "operation": "download_file" }), Call::get("/v2/attachments/4/notes.txt").method("HEAD"), true),
        (json!({ "operation": ["get_user", "get_myself"] }), Call::get("/v2/myself"), true),
        (json!({ "method": "GET" }), Call::get("/v2/myself"), true),
        (json!({ "method": "GET" }), Call::get("/v2/myself").method("HEAD"), false),
        (json!({ "method": ["HEAD", "POST"] }), Call::get("/v2/myself").method("HEAD"), true),
        (json!({ "path": "/v2/myself" }), Call::get("/v2/myself/?expand=x"), true),
        (json!({ "path": "/*/myself/" }), Call::get("/v3/myself"), true),
        (json!({ "path": "/v2/attachments/**" }), Call::get("/v2/attachments/4/notes.txt"), true),
        (json!({ "path": "/v2/attachments/*" }), Call::get("/v2/attachments/4/notes.txt"), false),
        (json!({ "path": "/**/схема.png" }), Call::get("/v2/attachments/5/%D1%81%D1%85%D0%B5%D0%BC%D0%B0.png"), true),
        (json!({ "path": "/**/notes.txt", "method": "POST" }), Call::get("/v2/attachments/4/notes.txt"), false),
        (json!({ "path": "/**" }), Call::get("/_mock/health"), false),
        (json!({ "file": "notes.txt" }), Call::get("/v2/attachments/4/notes.txt"), true),
        (json!({ "file": "notes.txt" }), Call::get("/v2/attachments/4"), true),
        (json!({ "file": "notes.txt" }), Call::get(&notes), true),
        (json!({ "file": "notes.txt" }), Call::get("/v2/attachments/4").org("another"), false),
        (json!({ "file": "notes.txt" }), Call::get("/v2/attachments/5"), false),
        (json!({ "file": "notes.txt" }), Call::get("/v2/attachments/400"), false),
        (json!({ "file": "notes.txt" }), Call::get("/v2/attachments/400/notes.txt"), true),
        (json!({ "file": "*" }), Call::get("/v2/myself"), false),
        (json!({ "file": "new name.txt" }), Call::post(&format!("{attach}?filename=new+name.txt")), true),
        (json!({ "file": "*.pdf" }), upload("report.pdf"), true),
        (json!({ "file": "*.PDF" }), upload("report.pdf"), false),
        (json!({ "file": "report.pdf" }), upload("C:\\docs\\report.pdf"), true),
        (json!({ "file": "*.pdf" }), Call::upload("/v2/attachments/?filename=a.pdf", &Form::file("file", b"")), true),
        (json!({ "file": "file" }), Call::upload("/v2/attachments/?filename=a.pdf", &Form::file("file", b"")), false),
        (json!({ "file": "*.pdf", "operation": "upload_to_issue" }), upload("report.pdf"), false),
    ] {
        arm(&api, json!([{ "match": matching, "do": { "status": 599 } }])).await;
        let status = api.send(call.request()).await.status;
        assert_eq!(status.as_u16() == 599, expected, "{matching} {call:?}: {status}");
        let count = u64::from(expected);
        assert_eq!(counts(&api).await, [(count, count)], "{matching} {call:?}");
    }
}

#[tokio::test]
async fn the_first_that_is_open_strikes_and_those_before_it_have_matched() {
    let api = Api::new();
    let rule = |name: &str, skip: u64, times: Option<u64>| json!({ "name": name, "skip": skip, "times": times, "do": { "status": 503, "body": name } });
    arm(&api, json!([rule("a", 1, Some(2)), rule("b", 2, Some(1)), rule("c", 0, Some(1))])).await;
    let mut answers = Vec::new();
    for _ in 0..6 {
        let answer = api.get("/v2/myself").await;
        answers.push(if answer.status == StatusCode::OK { "ok".to_owned() } else { answer.text().to_owned() });
    }
    // The first passes a and b and is c's; a has the next two; b, which passed one before, has to pass one more.
    assert_eq!(answers, ["c", "a", "a", "ok", "b", "ok"]);
    assert_eq!(counts(&api).await, [(6, 2), (4, 1), (3, 1)]);
}

#[tokio::test]
async fn arming_again_starts_afresh_and_a_reset_disarms() {
    let api = Api::new();
    let rules = json!([{ "preset": "flaky-503" }]);
    arm(&api, rules.clone()).await;
    assert_eq!(api.get("/v2/myself").await.status.as_u16(), 503);
    arm(&api, rules.clone()).await;
    let statuses = [api.get("/v2/myself").await, api.get("/v2/myself").await, api.get("/v2/myself").await];
    assert_eq!(statuses.map(|answer| answer.status.as_u16()), [503, 503, 200]);
    for reset in ["/_mock/reset?org=test", "/_mock/reset?all=true&keep=state", "/_mock/reset?all=true"] {
        arm(&api, rules.clone()).await;
        assert_eq!(api.post(reset).await.status, StatusCode::NO_CONTENT);
        assert_eq!(api.get("/_mock/faults?all=true").await.json(), json!({ "rules": [] }), "{reset}");
        assert_eq!(api.get("/v2/myself").await.status, StatusCode::OK, "{reset}");
    }
    arm(&api, rules).await;
    assert_eq!(arm(&api, json!([])).await, json!({ "rules": [] }));
    assert_eq!(api.get("/v2/myself").await.status, StatusCode::OK);
}

/// Like a limiter of requests in front of the API, which looks at nothing else.
#[tokio::test]
async fn before_comes_before_everything_that_may_be_wrong() {
    let api = Api::new();
    arm(&api, json!([{ "preset": "rate-limit" }])).await;
    let broken = Form::part("Content-Disposition: form-data; name=\"file\"", b"no file name");
    for call in [
        Call::get("/v2/myself").without("Authorization"),
        Call::get("/v2/entities/planet/1"),
        Call::get("/v2/nowhere"),
        Call::get("/v2/myself").method("DELETE"),
        Call::get("/v2/myself?a=%FF"),
        Call::post("/v2/issues").body("{"),
        Call::upload("/v2/attachments/?filename=", &Form::file("a", b"")),
        Call::upload("/v2/attachments/", &broken),
        Call::post("/v2/attachments/"),
    ] {
        let answer = api.send(call.request()).await;
        assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (429, Some("1")), "{call:?}");
    }
    assert_eq!(counts(&api).await, [(9, 9)]);
    assert!(api.is_untouched(ORG));
    assert_eq!(api.get("/v2/myself").await.status.as_u16(), 429);
    // Of no world, or of another.
    let without_org = Call::get("/v2/myself").without("X-Org-ID").request();
    assert_eq!(api.send(without_org).await.status, StatusCode::FORBIDDEN);
    assert_eq!(api.send(Call::get("/v2/myself").org("another").request()).await.status, StatusCode::OK);
    assert_eq!(api.get("/_mock/health").await.status, StatusCode::OK);
}

#[tokio::test]
async fn without_an_organisation_the_world_is_that_of_anonymous_requests() {
    let api = Api::with(set!(Config::default(); anonymous: AnonymousPolicy::Allow));
    let rules = json!({ "rules": [{ "preset": "flaky-503", "times": 1 }] });
    api.send_json("PUT", "/_mock/faults?org=default", &rules).await;
    let bare = || bare_request(Method::GET, "/v2/myself").body(Body::empty()).expect("a good request");
    assert_eq!(api.send(bare()).await.status.as_u16(), 503);
    assert_eq!(api.send(bare()).await.status.as_u16(), 200);
}

/// A rule may wait for the name of a file in the body; those behind it wait for their turn.
#[tokio::test]
async fn the_order_holds_when_a_name_is_known_only_later() {
    let api = Api::new();
    let rules = json!([
        { "name": "pdf", "match": { "file": "*.pdf" }, "do": { "status": 501 } },
        { "name": "any", "do": { "status": 502 } },
    ]);
    arm(&api, rules).await;
    let status = async |call: Call| api.send(call.request()).await.status.as_u16();
    let form = |name| Form::file(name, b"bytes");
    assert_eq!(status(Call::upload("/v2/attachments/", &form("a.pdf"))).await, 501);
    assert_eq!(status(Call::upload("/v2/attachments/", &form("a.txt"))).await, 502);
    let whole = form("a.pdf");
    let cut = Call::upload("/v2/attachments/", &whole).body(&whole.bytes()[..whole.bytes().len() - 10]);
    // Nobody comes to know the name of these.
    assert_eq!(status(Call::post("/v2/attachments/")).await, 502);
    assert_eq!(status(Call::upload("/v2/attachments/", &form("a.pdf")).without("Authorization")).await, 502);
    assert_eq!(status(cut).await, 501);
    assert_eq!(counts(&api).await, [(2, 2), (3, 3)]);
    assert!(api.is_untouched(ORG));
}

#[tokio::test]
async fn an_answer_in_place_of_the_real_one() {
    let api = Api::new();
    let mut text = String::new();
    let mut note = |name: &str, answer: &Answer| text += &format!("# {name}\n{}\n\n", answer.transcript());
    let answers = [
        json!({ "status": 503 }),
        json!({ "status": 499 }),
        json!({ "status": 429, "headers": { "Retry-After": "120", "X-Reason": "tired" } }),
        json!({ "status": 502, "body": { "b": 1, "a": [] } }),
        json!({ "status": 200, "body": null, "headers": { "Content-Type": "application/json" } }),
        json!({ "status": 204 }),
    ];
    for answer in answers {
        arm(&api, json!([{ "do": answer }])).await;
        let answered = api.get("/v2/myself").await;
        note(&answer.to_string(), &answered);
    }
    arm(&api, json!([{ "do": { "status": 502, "body": "<h1>Bad Gateway</h1>", "headers": { "content-type": "text/html" } } }])).await;
    note("HTML", &api.get("/v2/myself").await);
    arm(&api, json!([{ "do": { "status": 302, "body": "there", "headers": { "Location": "/v2/users" } } }])).await;
    note("a redirect", &api.get("/v2/myself").await);
    arm(&api, json!([{ "preset": "flaky-503" }])).await;
    note("a preset", &api.get("/v2/myself").await);
    note("in Russian", &api.send(Call::get("/v2/myself").header("Accept-Language", "ru").request()).await);
    arm(&api, json!([{ "do": { "status": 500, "body": "a text" } }])).await;
    note("a text, in Russian", &api.send(Call::get("/v2/myself").header("Accept-Language", "ru").request()).await);
    insta::assert_snapshot!(text);
}

/// What was asked for is done, and then the client learns otherwise.
#[tokio::test]
async fn after_leaves_what_was_done() {
    let api = Api::new();
    arm(&api, json!([{ "at": "after", "times": 1, "do": { "status": 504 } }])).await;
    // Refused, so there is nothing behind it; the rule stays.
    let refused = api.post_form("/v2/attachments/?filename=", &Form::file("a.txt", b"bytes")).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(counts(&api).await, [(1, 0)]);
    let lost = api.post_form("/v2/attachments/", &Form::file("a.txt", b"bytes")).await;
    assert_eq!(
        (lost.status.as_u16(), lost.json()["errorMessages"][0].as_str()),
        (504, Some("Injected fault: 504 Gateway Timeout."))
    );
    let files = api.state().await["temporaryFiles"].clone();
    assert_eq!(files.as_array().expect("a list").iter().map(|file| &file["name"]).collect::<Vec<_>>(), ["a.txt"]);
    // A client that just tries again has it twice.
    api.upload("a.txt", b"bytes").await;
    assert_eq!(counts(&api).await, [(3, 1)]);
    assert_eq!(api.state().await["temporaryFiles"].as_array().expect("a list").len(), 2);
}

/// A request under way holds its right to be struck, so that `times` is never exceeded; one that is given up gives it
/// back.
#[tokio::test]
async fn a_request_that_is_given_up_gives_its_fault_back() {
    let api = Api::new();
    arm(&api, json!([{ "at": "after", "times": 1, "do": { "status": 504 } }])).await;
    let upload = async || api.post_form("/v2/attachments/", &Form::file("a.txt", b"bytes")).await.status.as_u16();
    let endless = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
    let endless = Form::file("a.txt", b"").request("/v2/attachments/").map(|_| endless);
    let mut waiting = Box::pin(api.send(endless));
    tokio::time::timeout(Duration::ZERO, &mut waiting).await.expect_err("no body yet");
    assert_eq!(counts(&api).await, [(1, 0)]);
    assert_eq!(upload().await, 201, "the one before may still be struck");
    drop(waiting);
    assert_eq!([upload().await, upload().await], [504, 201]);
    assert_eq!(counts(&api).await, [(4, 1)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_at_the_same_time_are_struck_as_often_as_said() {
    let api = Arc::new(Api::new());
    for at in ["before", "after"] {
        arm(&api, json!([{ "at": at, "skip": 10, "times": 7, "do": { "status": 503 } }])).await;
        let ask = || {
            let api = Arc::clone(&api);
            tokio::spawn(async move { api.post_form("/v2/attachments/", &Form::file("a.txt", b"bytes")).await.status })
        };
        let requests: Vec<_> = (0..100).map(|_| ask()).collect();
        let mut struck = 0;
        for request in requests {
            struck += usize::from(request.await.expect("an answer") == StatusCode::SERVICE_UNAVAILABLE);
        }
        assert_eq!((struck, counts(&api).await), (7, vec![(100, 7)]), "{at}");
    }
}

#[tokio::test]
async fn so_many_worlds_have_rules_at_most() {
    const MAX_WORLDS: usize = 10_000;
    let mock = TrackerMock::start().await.expect("a free port");
    let arm = |number: usize| {
        let rules = [Fault::at(Place::Before).status(503), Fault::preset(Preset::LostAnswer)];
        mock.world(number.to_string()).arm(rules)
    };
    for number in 0..MAX_WORLDS {
        arm(number).expect("room for it");
    }
    assert_eq!(arm(MAX_WORLDS).expect_err("one too many").path, "org");
    arm(0).expect("it has some already");
    mock.world("1").disarm();
    arm(MAX_WORLDS).expect("room for it again");
    mock.reset();
    assert!(mock.world("0").faults().is_empty() && mock.world("2").faults().is_empty());
    arm(1).expect("room for all again");
}
