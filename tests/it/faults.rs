//! Arming and disarming faults, and which requests they are about.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{Api, Call, Form, Log, ORG, PROJECT_WITH_FILES};

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
        json!({ "match": { "method": "post" }, "do": { "status": 503 } }),
        json!({ "match": { "path": "v2/attachments" }, "do": { "status": 503 } }),
        json!({ "match": { "path": "/v2/a**" }, "do": { "status": 503 } }),
        json!({ "match": { "file": "x".repeat(1001) }, "do": { "status": 503 } }),
        json!({ "match": { "status": 200 }, "do": { "status": 503 } }),
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
        json!({ "do": { "status": 503, "headers": { "X-List": ["a"] } } }),
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
    let all = api.get("/_mock/faults").await.json();
    assert_eq!(
        all["rules"].as_array().expect("a list").iter().map(|rule| &rule["org"]).collect::<Vec<_>>(),
        ["one", "two"]
    );
    assert_eq!(
        api.call("DELETE".parse().expect("a method"), "/_mock/faults?org=one").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!([ask("one").await, ask("two").await, ask("three").await], [200, 502, 200]);
    assert_eq!(api.call("DELETE".parse().expect("a method"), "/_mock/faults").await.status, StatusCode::NO_CONTENT);
    assert_eq!([ask("one").await, ask("two").await, ask("three").await], [200, 200, 200]);
    assert_eq!(api.get("/_mock/faults").await.json(), json!({ "rules": [] }));
}
