//! The journal: what it tells of requests, which of them it lists, and for how long it keeps them.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use futures_util::FutureExt;
use serde_json::{Value, json};
use tracker_mock::{Config, Limits, Secrets};

use crate::support::{Answer, Api, Call, Form, PROJECT, WORLD_BYTES, bare_request, request};

/// The journal of all worlds, unless the query names one.
async fn journal(api: &Api, query: &str) -> Vec<Value> {
    let (all, query) = (if query.contains("org=") { "" } else { "all=true" }, query.trim_start_matches('?'));
    let answer = api.get(&format!("/_mock/requests?{all}&{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json().as_array().expect("a list").clone()
}

/// A record without what is other each time.
fn timeless(mut record: Value) -> Value {
    let fields = record.as_object_mut().expect("an object");
    let time = fields.remove("time").expect("a time");
    assert!(time.as_str().is_some_and(|time| time.ends_with("+0000")), "{time}");
    let duration = fields.remove("durationMs").expect("a duration");
    assert!(duration.as_f64().is_some_and(|millis| (0.0..60_000.0).contains(&millis)), "{duration}");
    record
}

fn ids(records: &[Value]) -> Vec<u64> {
    records.iter().map(|record| record["id"].as_u64().expect("a number")).collect()
}

#[tokio::test]
async fn everything_about_a_request_is_told() {
    let api = Api::new();
    let call = Call::json("POST", "/v2/entities/project/4/comments?expand=html", &json!({"text": "Hello"}));
    let call = call.header("Content-Type", "application/json").header("X-Org-ID", "my-test").token("lead-token");
    api.send(call.request()).await;
    let [record] = &journal(&api, "").await[..] else { panic!("one record") };
    let record = timeless(record.clone());
    let answer = record["responseText"].as_str().expect("a text").to_owned();
    assert_eq!(serde_json::from_str::<Value>(&answer).expect("JSON")["text"], "Hello");
    assert_eq!(
        record,
        json!({
            "id": 1,
            "requestId": "request-1",
            "org": "my-test",
            "actor": {"id": "1900000002", "login": "lead", "display": "Project Lead"},
            "operation": "add_entity_comment",
            "method": "POST",
            "path": "/v2/entities/project/4/comments",
            "query": "expand=html",
            "headers": {
                "authorization": "OAuth ***",
                "content-type": "application/json",
                "host": "tracker.test",
                "x-org-id": "my-test",
                "x-request-id": "request-1",
            },
            "requestBytes": 16,
            "requestText": "{\"text\":\"Hello\"}",
            "status": 200,
            "responseBytes": answer.len(),
            "responseText": answer,
            "deviations": [],
        })
    );
    assert_eq!(timeless(api.get("/_mock/requests/1").await.json()), record);
    let missing = api.get("/_mock/requests/2").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND, "{}", missing.text());
}

/// The log has both, so a line leads to its record.
#[tokio::test]
async fn a_record_is_found_by_its_number_and_by_its_request_id() {
    let api = Api::new();
    for (id, path) in [("a/b c", "/v2/myself"), ("1", "/v2/users"), ("twice", "/v2/queues"), ("twice", "/v2/fields")] {
        api.send(Call::get(path).header("X-Request-Id", id).request()).await;
    }
    let answer = api.send(Call::get("/v2/statuses").without("X-Request-Id").request()).await;
    let made = answer.header("x-request-id").expect("an id").to_owned();
    let long = "x".repeat(300);
    api.send(Call::get("/v2/priorities").header("X-Request-Id", &long).request()).await;
    for (id, number, request_id) in [
        ("1", 1, "a/b c"),
        ("a%2Fb%20c", 1, "a/b c"),
        ("2", 2, "1"),
        ("twice", 4, "twice"),
        (made.as_str(), 5, made.as_str()),
        (long.as_str(), 6, &long[..256]),
    ] {
        let record = api.get(&format!("/_mock/requests/{id}")).await.json();
        assert_eq!((&record["id"], &record["requestId"]), (&json!(number), &json!(request_id)), "{id}");
    }
    for id in ["7", "01", "nobody", "twice2"] {
        assert_eq!(api.get(&format!("/_mock/requests/{id}")).await.status, StatusCode::NOT_FOUND, "{id}");
    }
    let posted = Call::json("POST", "/v2/issues/JUNE-2/comments", &json!({"text": "a"})).header("X-Request-Id", "mine");
    api.send(posted.request()).await;
    assert_eq!(api.get("/_mock/requests/mine/body").await.text(), "{\"text\":\"a\"}");
}

/// Also what is refused, what is no endpoint and what has no organisation; but not what a test asks the server itself.
#[tokio::test]
async fn every_request_to_the_api_is_kept() {
    let api = Api::new();
    api.get("/v2/nothing").await;
    api.send(bare_request(Method::GET, "/v2/myself").body(Body::empty()).expect("a request")).await;
    api.get("/elsewhere").await;
    api.get("/_mockery").await;
    api.get("/_mock/outbox?org=test").await;
    let told: Vec<_> = journal(&api, "")
        .await
        .into_iter()
        .map(|record| json!([record["path"], record["operation"], record["org"], record["actor"], record["status"]]))
        .collect();
    assert_eq!(
        told,
        [
            json!(["/v2/nothing", null, "test", null, 404]),
            json!(["/v2/myself", "get_myself", null, null, 401]),
            json!(["/elsewhere", null, "test", null, 404]),
            json!(["/_mockery", null, "test", null, 404]),
        ]
    );
}

#[tokio::test]
async fn texts_are_cut_and_files_are_not_kept() {
    let api = Api::new();
    let text = "й".repeat(2000);
    api.send_json("POST", "/v2/entities/project/4/comments", &json!({"text": text})).await;
    let id = api.upload("big.bin", &[7; 100_000]).await;
    api.get(&format!("/v2/attachments/{id}/big.bin")).await;
    let records = journal(&api, "").await;
    let kept = records[0]["requestText"].as_str().expect("a text");
    assert!(kept.starts_with("{\"text\":\"йй") && kept.len() <= 1026, "{} bytes", kept.len());
    assert_eq!(records[0]["requestBytes"], 4011);
    assert_eq!(records[1]["requestText"], Value::Null);
    assert_eq!((&records[2]["responseBytes"], &records[2]["responseText"]), (&json!(100_000), &Value::Null));
    assert!(records.iter().all(|record| record.to_string().len() < 4096), "{records:?}");
}

#[tokio::test]
async fn filters_take_what_fits_all_of_them() {
    let api = Api::new();
    api.get("/v2/myself").await; // 1
    api.get("/v2/entities/project/4").await; // 2
    api.get("/v2/entities/project/5").await; // 3
    api.post("/v2/entities/project/4/attachments/77").await; // 4
    let elsewhere = request(Method::GET, "/v2/myself").header("X-Cloud-Org-ID", "other").body(Body::empty());
    api.send(elsewhere.expect("a request")).await; // 5
    let second = journal(&api, "?since=1&limit=1").await;
    let times: Vec<_> = journal(&api, "").await.iter().map(|record| record["time"].clone()).collect();
    for (query, expected) in [
        ("", &[1, 2, 3, 4, 5][..]),
        ("?org=other", &[5]),
        ("?org=nobody", &[]),
        ("?operation=get_myself", &[1, 5]),
        ("?operation=get_myself&org=test", &[1]),
        ("?method=post", &[4]),
        ("?status=404", &[3, 4]),
        ("?status=2xx", &[1, 2, 5]),
        ("?path=/v2/entities/project/4", &[2]),
        ("?since=3", &[4, 5]),
        ("?limit=2", &[4, 5]),
        ("?status=404&limit=1", &[4]),
    ] {
        let found = journal(&api, query).await;
        assert_eq!(ids(&found), expected, "{query}");
    }
    let since_first = times[0].as_str().expect("a time").replace('+', "%2B");
    assert_eq!(ids(&journal(&api, &format!("?since={since_first}")).await), [1, 2, 3, 4, 5]);
    assert!(journal(&api, "?since=2999-01-01T00:00:00Z").await.is_empty());
    assert_eq!(ids(&second), [5]);
    assert_eq!(api.get("/_mock/requests?all=true&limit=1").await.header("x-total-count"), Some("5"));
}

#[tokio::test]
async fn wrong_filters_are_refused() {
    let api = Api::new();
    for (query, field, said) in [
        ("operation=uploadTempFile", "operation", "upload_temp_file"),
        ("status=abc", "status", "The value must be a status such as 404 or 4xx, not \"abc\"."),
        ("status=9xx", "status", "The value must be a status such as 404 or 4xx, not \"9xx\"."),
        ("method=a%20b", "method", "Known: GET"),
        (
            "since=yesterday",
            "since",
            "The value must be the id of a request, or a time such as 2024-01-13T14:06:29.747+0000, not \"yesterday\".",
        ),
        ("limit=0", "limit", "from 1"),
    ] {
        let answer = api.get(&format!("/_mock/requests?all=true&{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}: {}", answer.text());
        let message = answer.json()["errors"][field].as_str().expect(field).to_owned();
        assert!(message.contains(said), "{query}: {message}");
    }
    let stars = "*a".repeat(33);
    for (query, field) in [(format!("file={stars}"), "file"), (format!("path=/{stars}"), "path")] {
        let answer = api.get(&format!("/_mock/requests?all=true&{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}: {}", answer.text());
        let limits = "A pattern may have at most 1024 bytes, 32 stars and, of a path, 32 segments.";
        assert_eq!(answer.json()["errors"][field], limits, "{query}");
    }
    for query in ["count=0", "timeout=5", "timeout=1h", "timeout="] {
        let answer = api.get(&format!("/_mock/requests/wait?all=true&{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}: {}", answer.text());
    }
}

#[tokio::test]
async fn the_oldest_make_room_and_numbers_are_never_used_again() {
    let limits = set!(Limits::default(); max_journal_records: 3);
    let api = Api::with(set!(Config::default(); limits));
    for _ in 0..5 {
        api.get("/v2/myself").await;
    }
    assert_eq!(ids(&journal(&api, "").await), [3, 4, 5]);
    let answer = api.call(Method::DELETE, "/_mock/requests?all=true").await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert!(journal(&api, "").await.is_empty());
    api.get("/v2/myself").await;
    assert_eq!(ids(&journal(&api, "").await), [6]);
}

/// What was forgotten on purpose leaves its place to others.
#[tokio::test]
async fn the_oldest_stay_where_others_were_forgotten() {
    let limits = set!(Limits::default(); max_journal_records: 3);
    let api = Api::with(set!(Config::default(); limits));
    let ask = async |org| {
        let request = bare_request(Method::GET, "/v2/myself").header("Authorization", "OAuth token");
        api.send(request.header("X-Org-ID", org).body(Body::empty()).expect("a request")).await
    };
    for org in ["one", "other", "one"] {
        ask(org).await;
    }
    api.call(Method::DELETE, "/_mock/requests?org=other").await;
    ask("one").await;
    assert_eq!(ids(&journal(&api, "").await), [1, 3, 4]);
    ask("other").await;
    assert_eq!(ids(&journal(&api, "").await), [3, 4, 5]);
}

/// That nothing was found is no proof where something was dropped, and the answers say so.
#[tokio::test]
async fn what_was_dropped_is_told_where_it_matters() {
    let limits = set!(Limits::default(); max_journal_records: 3);
    let api = Api::with(set!(Config::default(); limits));
    let dropped = async || {
        let listed = api.get("/_mock/requests?all=true&limit=1").await;
        listed.header("x-dropped-count").and_then(|count| count.parse::<u64>().ok()).expect("a count")
    };
    for _ in 0..3 {
        api.get("/v2/myself").await;
    }
    assert_eq!(dropped().await, 0);
    let check = json!({"match": {"operation": "get_issue"}});
    let verdict = verify(&api, &check).await.json();
    assert_eq!((&verdict["dropped"], &verdict["note"]), (&json!(0), &Value::Null));

    for _ in 0..2 {
        api.get("/v2/myself").await;
    }
    assert_eq!(dropped().await, 2);
    let note = "2 older requests are no longer in the journal and may have been among them: raise --journal-records.";
    let twice = json!({"operation": "get_myself"});
    for (check, ok, doubtful) in [
        (check, false, true),
        (json!({"match": {"operation": "get_issue"}, "atLeast": 3}), false, false),
        (json!({"match": {"operation": "get_issue"}, "count": 0}), true, true),
        (json!({"match": {"operation": "get_issue"}, "atMost": 2}), true, false),
        (json!({"match": twice}), true, false),
        (json!({"match": twice, "count": 3}), true, true),
        (json!({"match": twice, "count": 2}), false, false),
        (json!({"match": twice, "count": 5}), false, true),
    ] {
        let verdict = verify(&api, &check).await.json();
        assert_eq!((&verdict["ok"], &verdict["dropped"]), (&json!(ok), &json!(2)), "{check}");
        assert_eq!(verdict["note"], if doubtful { json!(note) } else { Value::Null }, "{check}");
    }
    let waited = api.get("/_mock/requests/wait?all=true&operation=get_issue&timeout=1ms").await;
    assert_eq!((waited.status, &waited.json()["dropped"]), (StatusCode::REQUEST_TIMEOUT, &json!(2)));
    assert_eq!(waited.json()["errorMessages"], json!([format!("0 of 1 requests came within 1ms. {note}")]));

    // What one world forgets was not all that could have been dropped.
    api.call(Method::DELETE, "/_mock/requests?org=test").await;
    assert_eq!(dropped().await, 2);
    api.call(Method::DELETE, "/_mock/requests?all=true").await;
    assert_eq!(dropped().await, 0);
}

#[tokio::test]
async fn one_world_is_forgotten_and_the_others_stay() {
    let api = Api::new();
    for org in ["one", "two", "one"] {
        let call = request(Method::GET, "/v2/myself").header("X-Cloud-Org-ID", org).body(Body::empty());
        api.send(call.expect("a request")).await;
    }
    api.call(Method::DELETE, "/_mock/requests?org=one").await;
    assert_eq!(ids(&journal(&api, "").await), [2]);
}

/// A check of a journal that keeps nothing would hold or fail for no reason, so it is refused.
#[tokio::test]
async fn a_journal_of_no_records_is_off() {
    let limits = set!(Limits::default(); max_journal_records: 0);
    let api = Api::with(set!(Config::default(); limits));
    let off = "The journal is off: the server runs with --journal-records 0.";
    for path in ["/_mock/requests?all=true", "/_mock/requests/wait?org=test", "/_mock/coverage?all=true&format=text"] {
        let answer = api.get(path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}: {}", answer.text());
        assert_eq!(answer.json()["errorMessages"], json!([off]), "{path}");
    }
    let never = verify(&api, &json!({"match": {"status": "5xx"}, "count": 0})).await;
    assert_eq!((never.status, never.json()["errorMessages"].clone()), (StatusCode::BAD_REQUEST, json!([off])));
    let faults = verify(&api, &json!({"faults": "all-fired"})).await;
    assert_eq!(
        (faults.status, faults.json()),
        (StatusCode::OK, json!({"ok": true, "message": "Every fault rule has fired.", "neverFired": []}))
    );
    assert_eq!(api.call(Method::DELETE, "/_mock/requests?all=true").await.status, StatusCode::NO_CONTENT);
}

/// Files come first: the journal takes what they leave.
#[tokio::test]
async fn it_gives_way_to_files() {
    let limits = set!(Limits::default(); max_memory_bytes: 200_000);
    let api = Api::with(set!(Config::default(); limits));
    for _ in 0..200 {
        api.get("/v2/myself").await;
    }
    // A long list would need memory of its own, so only the number is asked for.
    let count = async || -> usize {
        let listed = api.get("/_mock/requests?all=true&limit=1").await;
        listed.header("x-total-count").and_then(|count| count.parse().ok()).expect("a number")
    };
    let before = count().await;
    // All that the budget has: what the journal took is no reason to refuse a file.
    let room = usize::try_from(200_000 - api.used_bytes() - WORLD_BYTES / 2).expect("small");
    let id = api.upload("big.bin", &vec![7; room]).await;
    let listed = api.get("/_mock/requests?all=true&limit=1").await;
    assert_ne!(listed.header("x-dropped-count"), Some("0"));
    let after = count().await;
    assert!(before > 100 && after <= 1, "{before} records, and {after} beside file {id}");
    api.get("/v2/myself").await;
    assert!(count().await <= 1);
}

/// A client that goes away before there is an answer.
#[tokio::test]
async fn a_request_without_an_answer_is_kept_too() {
    let api = Api::new();
    let never = futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>();
    let call = request(Method::POST, "/v2/issues").body(Body::from_stream(never)).expect("a request");
    {
        let waiting = api.send(call);
        tokio::pin!(waiting);
        assert!(waiting.as_mut().now_or_never().is_none());
    }
    let records = journal(&api, "").await;
    assert_eq!((&records[0]["operation"], &records[0]["status"]), (&json!("create_issue"), &Value::Null));
}

#[tokio::test]
async fn a_wait_ends_when_enough_were_seen() {
    let api = Api::new();
    api.get("/v2/myself").await;
    let (waited, ()) =
        tokio::join!(api.get("/_mock/requests/wait?all=true&operation=get_myself&count=2&timeout=60s"), async {
            api.get("/v2/users").await;
            api.get("/v2/myself").await;
        });
    assert_eq!(waited.status, StatusCode::OK, "{}", waited.text());
    assert_eq!(ids(waited.json().as_array().expect("a list")), [1, 3]);
}

#[tokio::test]
async fn a_wait_in_vain_tells_what_came_close() {
    let api = Api::new();
    api.get("/v2/myself").await;
    api.get("/v2/entities/project/5").await;
    let waited = api.get("/_mock/requests/wait?all=true&operation=get_entity&status=200&timeout=1ms").await;
    assert_eq!(waited.status, StatusCode::REQUEST_TIMEOUT);
    assert_eq!(
        waited.json(),
        json!({
            "errors": {},
            "errorMessages": ["0 of 1 requests came within 1ms."],
            "statusCode": 408,
            "ok": false,
            "message": "Expected at least 1 request with operation get_entity, status 200; seen 0 among 2 in the journal. The \
                        nearest other one is request 2, GET /v2/entities/project/5, answered 404: status is \"404\" and not \
                        \"200\".",
            "count": 0,
            "expected": "at least 1",
            "matching": [],
            "dropped": 0,
            "nearest": [
                {
                    "id": 2,
                    "request": "GET /v2/entities/project/5",
                    "status": 404,
                    "differs": [{"what": "status", "expected": "200", "actual": "404"}],
                },
                {
                    "id": 1,
                    "request": "GET /v2/myself",
                    "status": 200,
                    "differs": [{"what": "operation", "expected": "get_entity", "actual": "get_myself"}],
                },
            ],
        })
    );
}

async fn verify(api: &Api, check: &Value) -> Answer {
    api.send_json("POST", "/_mock/verify?org=test", check).await
}

#[tokio::test]
async fn a_check_counts_what_matches() {
    let api = Api::new();
    for _ in 0..2 {
        api.get("/v2/myself").await;
    }
    for (check, ok) in [
        (json!({"match": {"operation": "get_myself"}}), true),
        (json!({"match": {"operation": "get_myself", "status": 200}, "count": 2}), true),
        (json!({"match": {"path": "/v2/myself", "method": "get"}, "count": 1}), false),
        (json!({"match": {"status": "2xx"}, "atLeast": 3}), false),
        (json!({"match": {"status": "2xx"}, "atLeast": 1, "atMost": 2}), true),
        (json!({"match": {"status": "4xx"}, "atMost": 0}), true),
        (json!({"match": {"status": "4xx"}}), false),
        (json!({"match": {}, "count": 2}), true),
    ] {
        let answer = verify(&api, &check).await;
        assert_eq!(answer.status, StatusCode::OK, "{check}: {}", answer.text());
        let verdict = answer.json();
        assert_eq!(verdict["ok"], ok, "{check}: {verdict}");
        assert!(!ok || verdict["nearest"] == json!([]), "{check}: {verdict}");
    }
    let elsewhere = api.send_json("POST", "/_mock/verify?org=other", &json!({"match": {}, "count": 0})).await;
    assert_eq!(elsewhere.json()["ok"], true);
}

#[tokio::test]
async fn a_check_that_says_nothing_or_contradicts_itself_is_refused() {
    let api = Api::new();
    for (check, field, said) in [
        (json!({}), "match", "Set match to what the requests must be, faults to \"all-fired\", or strict to {}."),
        (json!({"match": {"operation": "get_mysel"}}), "match.operation", "get_myself"),
        (json!({"match": {"status": "often"}}), "match.status", "a status"),
        (json!({"match": {"status": 99}}), "match.status", "a status"),
        (json!({"match": {"operations": "get_myself"}}), "match.operations", "operation"),
        (json!({"match": {}, "count": 1, "atLeast": 1}), "atLeast", "count"),
        (json!({"match": {}, "atLeast": 3, "atMost": 2}), "atMost", "It must not be less than atLeast, which is 3."),
        (json!({"match": {}, "count": -1}), "count", "whole number"),
        (json!({"faults": "some-fired"}), "faults", "all-fired"),
        (json!({"faults": "all-fired", "count": 1}), "count", "It counts what fits match, so set match too."),
    ] {
        let answer = verify(&api, &check).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{check}: {}", answer.text());
        let message = answer.json()["errors"][field].as_str().unwrap_or_else(|| panic!("{}", answer.text())).to_owned();
        assert!(message.contains(said), "{check}: {message}");
    }
}

async fn arm(api: &Api, rules: &Value) {
    let answer = api.send_json("PUT", "/_mock/faults?org=test", &json!({"rules": rules})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
}

#[tokio::test]
async fn a_check_finds_rules_that_never_fired() {
    let api = Api::new();
    let check = json!({"match": {"status": 503}, "count": 2, "faults": "all-fired"});
    arm(&api, &json!([{"preset": "flaky-503"}, {"name": "late", "match": {"operation": "get_myself"}, "do": {"status": 500}}])).await;
    for _ in 0..2 {
        api.get("/v2/myself").await;
    }
    let verdict = verify(&api, &check).await.json();
    assert_eq!((&verdict["ok"], &verdict["count"]), (&json!(false), &json!(2)), "{verdict}");
    assert_eq!(verdict["neverFired"][0]["rule"]["name"], "late", "{verdict}");
    let coverage = api.get("/_mock/coverage?all=true&operation=get_myself").await.json();
    assert_eq!(
        coverage["faults"],
        json!([{"goal": "flaky-503 in test", "count": 2}, {"goal": "late in test", "count": 0}])
    );
    api.get("/v2/myself").await;
    // Who called is told as well where rules were looked at and none struck.
    api.get("/v2/users").await;
    assert_eq!(journal(&api, "?operation=list_users").await[0]["actor"]["login"], "author");
    let verdict = verify(&api, &check).await.json();
    assert_eq!((&verdict["ok"], &verdict["neverFired"]), (&json!(true), &json!([])), "{verdict}");
    assert_eq!(
        verify(&api, &json!({"faults": "all-fired"})).await.json(),
        json!({"ok": true, "message": "Every fault rule has fired.", "neverFired": []})
    );
}

/// What an upload was made of: sizes, places, names and digests.
#[tokio::test]
async fn an_upload_is_taken_apart() {
    let api = Api::new();
    let form = Form::part("Content-Disposition: form-data; name=\"note\"", b"hi").and_part(
        "Content-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain",
        b"abc",
    );
    let mut body = b"preamble\r\n".to_vec();
    body.extend(form.bytes());
    body.extend(b"epilogue");
    let call = Call::post("/v2/attachments/?filename=b.txt")
        .header("Content-Type", "multipart/form-data; boundary=----test-boundary")
        .body(&body);
    let answer = api.send(call.request()).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let record = &journal(&api, "").await[0];
    insta::assert_snapshot!("journal_upload", serde_json::to_string_pretty(&record["upload"]).expect("JSON"));
    assert_eq!(record["requestBytes"], body.len());
    assert_eq!(record["deviations"][0]["kind"], "ignored-part", "{record}");
    // Where the record says that the file is, it is.
    let at = usize::try_from(record["upload"]["parts"][1]["contentAt"].as_u64().expect("a place")).expect("small");
    assert_eq!(&body[at..at + 3], b"abc");
}

#[tokio::test]
async fn the_first_broken_rule_of_an_upload_is_named_with_its_place() {
    let api = Api::new();
    let twice =
        Form::file("a.txt", b"one").and_part("Content-Disposition: form-data; name=\"b\"; filename=\"b\"", b"two");
    api.post_form("/v2/attachments/", &twice).await;
    let record = &journal(&api, "").await[0];
    let refused = &record["upload"]["refused"];
    assert_eq!(refused["rule"], "two-file-parts", "{record}");
    assert_eq!(refused["message"], "The multipart body has more than one file; upload them one by one.");
    let at = usize::try_from(refused["at"].as_u64().expect("a place")).expect("small");
    assert!(
        twice.bytes()[at..].starts_with(b"------test-boundary\r\nContent-Disposition: form-data; name=\"b\""),
        "{at}"
    );
    // What came of the first file was not kept, so it has the fast digest alone.
    let first = &record["upload"]["parts"][0];
    assert_eq!((&first["bytes"], &first["sha-256"]), (&json!(3), &Value::Null));
    assert_eq!(first["xxh3-128"], format!("{:032x}", twox_hash::XxHash3_128::oneshot(b"one")));
}

/// The official Python client repeats an upload without rewinding the file. The journal says so.
#[tokio::test]
async fn a_retry_that_sends_nothing_stands_out() {
    let api = Api::new();
    arm(&api, &json!([{"preset": "flaky-503"}])).await;
    for (content, status) in [(&b"sixteen bytes ok"[..], 503), (b"", 503), (b"", 201)] {
        let answer = api.post_form("/v2/attachments/", &Form::file("report.pdf", content)).await;
        assert_eq!(answer.status.as_u16(), status);
    }
    let records = journal(&api, "").await;
    let attempts = &records[2]["attempts"];
    assert_eq!((&attempts["number"], &attempts["of"]), (&json!(3), &json!(3)));
    let seen: Vec<_> = attempts["requests"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| json!([one["id"], one["status"], one["faulted"], one["bytes"]]))
        .collect();
    assert_eq!(seen, [json!([1, 503, true, 16]), json!([2, 503, true, 0]), json!([3, 201, false, 0])]);
    assert_eq!(records[0]["deviations"], json!([]));
    for record in &records[1..] {
        assert_eq!(record["deviations"][0]["kind"], "retry-empty", "{record}");
        assert_eq!(
            record["deviations"][0]["message"],
            "This retries request 1, which had sent 16 bytes, but sent no bytes. Rewind the file before a retry."
        );
    }
    assert_eq!(records[1]["fault"]["name"], "flaky-503", "{}", records[1]);
}

/// Whoever reads twice, or uploads again what went well, does nothing wrong.
#[tokio::test]
async fn what_is_no_retry_is_no_deviation() {
    let api = Api::new();
    for content in ["first", "another"] {
        api.upload("a.txt", content.as_bytes()).await;
        api.get("/v2/myself").await;
    }
    let records = journal(&api, "").await;
    assert!(records.iter().all(|record| record["deviations"] == json!([])), "{records:?}");
    assert_eq!(records[2]["attempts"]["of"], 2, "uploads of the same name within seconds are told together");
    assert_eq!(records[3]["attempts"], Value::Null);
    // The same bytes again after a failure are how it should be.
    arm(&api, &json!([{"preset": "flaky-503", "times": 1}])).await;
    for _ in 0..2 {
        api.post_form("/v2/attachments/", &Form::file("b.txt", b"the same")).await;
    }
    let records = journal(&api, "?file=b.*").await;
    assert_eq!(ids(&records), [5, 6]);
    assert_eq!((&records[1]["attempts"]["of"], &records[1]["deviations"]), (&json!(2), &json!([])));
    // Other bytes are not.
    arm(&api, &json!([{"preset": "flaky-503", "times": 1}])).await;
    for content in ["aaaa", "bbbb"] {
        api.post_form("/v2/attachments/", &Form::file("c.txt", content.as_bytes())).await;
    }
    assert_eq!(journal(&api, "?file=c.txt&status=201").await[0]["deviations"][0]["kind"], "retry-differs");
}

#[tokio::test]
async fn secrets_are_masked() {
    let shown = Api::with(set!(Config::default(); secrets: Secrets::Shown));
    for (header, sent, masked) in [
        ("Authorization", "OAuth a-token", "OAuth ***"),
        ("Authorization", "bearer a-token", "bearer ***"),
        ("Authorization", "a-token and-more", "***"),
        ("Authorization", "OAuth", "***"),
        ("Proxy-Authorization", "Basic dXNlcjpw", "Basic ***"),
        ("Cookie", "session=1", "***"),
        ("X-Forwarded-Authorization", "Bearer a-token", "Bearer ***"),
        ("X-Api-Key", "key", "***"),
        ("X-Auth-Token", "a-token", "***"),
        ("Client-Secret", "a secret", "***"),
        ("X-Tokyo", "a city", "a city"),
    ] {
        let api = Api::new();
        api.send(Call::get("/v2/myself").header(header, sent).request()).await;
        let name = header.to_lowercase();
        assert_eq!(journal(&api, "").await[0]["headers"][&name], masked, "{header}: {sent}");
        shown.send(Call::get("/v2/myself").header(header, sent).request()).await;
        assert_eq!(journal(&shown, "").await.last().expect("a record")["headers"][&name], sent);
    }
    let query = "a=1&access_token=x%3D&OAUTH_TOKEN=y&%74oken=z&secret&client_secret=&filename=token.txt";
    let api = Api::new();
    for (api, expected) in [
        (&api, "a=1&access_token=***&OAUTH_TOKEN=***&%74oken=***&secret&client_secret=***&filename=token.txt"),
        (&shown, query),
    ] {
        api.get(&format!("/v2/myself?{query}")).await;
        assert_eq!(journal(api, "").await.last().expect("a record")["query"], expected);
    }
}

/// A client can send thousands, and a journal that told each would be larger than all that was sent.
#[tokio::test]
async fn many_deviations_are_counted() {
    let api = Api::new();
    let field = |number| format!("Content-Disposition: form-data; name=\"part{number}\"");
    let file = Form::file("a.txt", b"text");
    let ignored = (0..20).fold(file, |form, number| form.and_part(&field(number), b"x"));
    assert_eq!(api.send(ignored.request("/v2/attachments/")).await.status, StatusCode::CREATED);
    let long = "я".repeat(1000);
    api.get(&format!("/v2/myself?{}&{}", vec!["a"; 999].join("&"), long)).await;
    for (record, more) in [(0, "4 more"), (1, "984 more")] {
        let deviations = journal(&api, "").await[record]["deviations"].clone();
        let deviations = deviations.as_array().expect("a list");
        assert_eq!(deviations.len(), 17);
        let last = deviations[16]["message"].as_str().expect("a text");
        assert!(last.starts_with(more), "{last}");
    }
    api.get(&format!("/v2/myself?{long}")).await;
    let message = journal(&api, "").await[2]["deviations"][0]["message"].clone();
    assert!(message.as_str().expect("a text").len() < 300, "{message}");
}

/// A member of a body that nobody reads is a slip, and the answer does not tell.
#[tokio::test]
async fn unknown_members_of_bodies_are_named() {
    let entity = format!("/v2/entities/project/{PROJECT}");
    let issue = "/v2/issues/JUNE-2";
    let comments = format!("{issue}/comments");
    let said = |members: &[(&str, &str)], operation: &str| -> Vec<String> {
        let said = members.iter().map(|(member, hint)| {
            format!("The member {member:?} of the body is not documented for {operation}; {hint}")
        });
        said.collect()
    };
    let mean = |member: &str| format!("did you mean {member:?}?");
    let of_comments = "it has text, attachmentIds, summonees, maillistSummonees, markupType.";
    for (method, path, body, operation, members) in [
        (
            "POST",
            &*comments,
            r#"{"text":"x","attachmentsIds":["30"]}"#,
            "add_issue_comment",
            vec![("attachmentsIds", mean("attachmentIds"))],
        ),
        (
            "POST",
            &comments,
            r#"{"text":"x","attachments":["30"]}"#,
            "add_issue_comment",
            vec![("attachments", mean("attachmentIds"))],
        ),
        ("POST", &comments, r#"{"text":"x","markupType":"md"}"#, "add_issue_comment", vec![]),
        ("POST", &comments, r#"{"text":"x","y":{"text":1}}"#, "add_issue_comment", vec![("y", of_comments.to_owned())]),
        (
            "POST",
            "/v2/entities/project",
            r#"{"fields":{"summary":"x"},"attachmentIds":["999"]}"#,
            "create_entity",
            vec![("attachmentIds", "it has fields, links.".to_owned())],
        ),
        ("PATCH", &entity, r#"{"field":{"summary":"x"}}"#, "update_entity", vec![("field", mean("fields"))]),
        (
            "POST",
            &format!("{entity}/links"),
            r#"[{"relationship":"relates","entity":{"id":"65a1ba7b46b9746df2eecc96","display":"x"},"enity":1}]"#,
            "add_entity_links",
            vec![("enity", mean("entity"))],
        ),
        ("POST", "/v2/entities/project/_search", r#"{"filtr":{}}"#, "search_entities", vec![("filtr", mean("filter"))]),
        ("POST", "/v2/issues/_search", r#"{"queue":"JUNE","kyes":[]}"#, "search_issues", vec![("kyes", mean("keys"))]),
        (
            "POST",
            &format!("{issue}/transitions/start_progress/_execute"),
            r#"{"coment":"x"}"#,
            "execute_transition",
            vec![("coment", mean("comment"))],
        ),
        (
            "POST",
            &format!("{issue}/checklistItems"),
            r#"{"text":"x","checkd":true}"#,
            "add_checklist_item",
            vec![("checkd", mean("checked"))],
        ),
        // Issues have fields of their own.
        (
            "PATCH",
            issue,
            r#"{"sumary":"x","attachmentsIds":[],"storyPoints":3,"64ef--mine":1,"attachments":[],"favorite":true}"#,
            "update_issue",
            vec![("sumary", mean("summary")), ("attachmentsIds", mean("attachmentIds"))],
        ),
        (
            "PATCH",
            issue,
            r#"{"links":[{"relationship":"relates","issue":"TREK-1","isue":1}]}"#,
            "update_issue",
            vec![("links.isue", mean("issue"))],
        ),
        (
            "POST",
            &comments,
            r#"{"text":"x","attachmentIds":[],"summonees":[{"id":"lead","name":1}],"maillistSummonees":[]}"#,
            "add_issue_comment",
            vec![],
        ),
    ] {
        let api = Api::new();
        let call = Call::json(method, path, &Value::Null).header("Content-Type", "application/json").body(body);
        let answer = api.send(call.request()).await;
        assert!(answer.status.is_success(), "{body}: {}", answer.text());
        let deviations = journal(&api, "").await[0]["deviations"].clone();
        let deviations = deviations.as_array().expect("a list");
        let members: Vec<_> = members.iter().map(|(member, hint)| (*member, hint.as_str())).collect();
        let messages: Vec<_> =
            deviations.iter().map(|one| one["message"].as_str().expect("a text").to_owned()).collect();
        assert_eq!(messages, said(&members, operation), "{body}");
        assert!(deviations.iter().all(|one| one["kind"] == "unknown-member"), "{deviations:?}");
    }
}

/// Of the values that a member has, the last counts. What is not kept whole is not looked at.
#[tokio::test]
async fn members_that_are_there_twice_are_named() {
    let api = Api::new();
    let send = async |body: String| {
        let call =
            Call::json("POST", "/v2/issues/JUNE-2/comments", &Value::Null).header("Content-Type", "application/json");
        let answer = api.send(call.body(body).request()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        let last = journal(&api, "").await;
        (answer.json()["text"].clone(), last.last().expect("a record")["deviations"].clone())
    };
    let (text, deviations) = send(r#"{"text":"a","text":"b"}"#.to_owned()).await;
    let message = "In the body, \"text\" is given twice at line 1 column 23; the last one counted.";
    let rule = "section 1, JSON: names in an object are unique (RFC 8259)";
    assert_eq!(text, "b");
    assert_eq!(deviations, json!([{"kind": "repeated-member", "message": message, "rule": rule}]));
    let (_, deviations) = send(json!({"text": "a".repeat(17_000), "txt": 1}).to_string()).await;
    assert_eq!(deviations, json!([]));
    let many: serde_json::Map<String, Value> = (0..20).map(|number| (format!("member{number}"), json!(1))).collect();
    let mut many = Value::Object(many);
    many["text"] = json!("x");
    let (_, deviations) = send(many.to_string()).await;
    let deviations = deviations.as_array().expect("a list");
    let last = "4 more members were ignored; they are not listed.";
    assert_eq!((deviations.len(), &deviations[16]["message"]), (17, &json!(last)));
}

/// What the documents do not know, each with a word of what would be right.
#[tokio::test]
async fn deviations_are_named() {
    let comments = format!("/v2/entities/project/{PROJECT}/comments");
    let form = |path: &str| Form::file("a.txt", b"text").request(path);
    for (call, kind, said) in [
        (
            form("/v2/attachments/?fileName=b.txt"),
            Some("unknown-parameter"),
            "\"fileName\" is not documented for upload_temp_file and was ignored; did you mean \"filename\"?",
        ),
        (Call::get("/v2/myself?verbose=1").request(), Some("unknown-parameter"), "it has none"),
        (form("/v2/attachments/?filename=b.txt"), None, ""),
        (Call::get("/v2/myself").body("{\"a\": 1}").request(), Some("unexpected-body"), "takes no body; the 8 bytes"),
        (Call::get("/v2/myself").body(" null ").request(), None, ""),
        (Call::get("/v2/myself").header("Content-Type", "application/json").request(), None, ""),
        (
            Call::post(&comments).header("Content-Type", "text/plain").body("{\"text\": \"a\"}").request(),
            Some("wrong-content-type"),
            "was \"text/plain\"",
        ),
        (
            Call::json("POST", &comments, &json!({"text": "a"})).header("Content-Type", "application/json").request(),
            None,
            "",
        ),
    ] {
        let api = Api::new();
        let answer = api.send(call).await;
        assert!(answer.status.is_success(), "{said}: {}", answer.text());
        let deviations = journal(&api, "").await[0]["deviations"].clone();
        let deviations = deviations.as_array().expect("a list");
        match kind {
            None => assert_eq!(deviations.len(), 0, "{deviations:?}"),
            Some(kind) => {
                assert_eq!((deviations.len(), &deviations[0]["kind"]), (1, &json!(kind)), "{deviations:?}");
                let message = deviations[0]["message"].as_str().expect("a text");
                assert!(message.contains(said), "{message}");
                assert!(deviations[0]["rule"].as_str().is_some_and(|rule| rule.starts_with("section ")));
            }
        }
    }
}
