//! Coverage: what of the documented API a client has reached.

use axum::http::StatusCode;
use serde_json::{Value, json};
use tracker_mock::{Config, Limits};

use crate::support::{Api, Call, Form, PROJECT};

/// The counts of an operation's goals that are not 0.
async fn reached(api: &Api, query: &str, operation: &str) -> Value {
    let query = if query.is_empty() { "?all=true" } else { query };
    let report = api.get(&format!("/_mock/coverage{query}")).await.json();
    let operations = report["operations"].as_array().expect("a list");
    let found = operations.iter().find(|one| one["operation"] == operation).expect("an operation");
    let goals = found["goals"].as_array().expect("a list").iter().filter(|goal| goal["count"] != 0);
    goals
        .map(|goal| (goal["goal"].as_str().expect("a name").to_owned(), goal["count"].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[tokio::test]
async fn every_goal_stands_in_the_table_before_anything_is_reached() {
    let report = Api::new().get("/_mock/coverage?all=true").await.json();
    let operations = report["operations"].as_array().expect("a list");
    let table = include_str!("../../docs/endpoints.md").lines().filter(|line| line.contains("](../src/api/")).count();
    assert_eq!(operations.len(), table);
    let goals: Vec<&Value> = operations.iter().flat_map(|one| one["goals"].as_array().expect("a list")).collect();
    assert!(goals.iter().all(|goal| goal["count"] == 0));
    assert_eq!(
        (&report["total"], &report["reached"], &report["percent"]),
        (&json!(goals.len()), &json!(0), &json!(0.0))
    );
    let attach = operations.iter().find(|one| one["operation"] == "attach_file").expect("attach_file");
    let goals: Vec<&str> =
        attach["goals"].as_array().expect("a list").iter().filter_map(|goal| goal["goal"].as_str()).collect();
    assert_eq!(
        goals.join(", "),
        "status 200, status 400, status 401, status 403, status 404, status 422, status 423, notify=true, notify=false, \
         notifyAuthor=true, notifyAuthor=false, fields=summary, fields=description, fields=author, fields=lead, \
         fields=teamUsers, fields=clients, fields=followers, fields=start, fields=end, fields=checklistItems, \
         fields=tags, fields=parentEntity, fields=teamAccess, fields=quarter, fields=entityStatus, \
         fields=issueQueues, fields=metricItems, fields=keyResultItems, fields=progressPercentage, \
         fields=lastCommentUpdatedAt, fields=linkedGoalsCount, fields=linkedProjectsCount, expand=attachments, expand=all, filename=*"
    );
}

#[tokio::test]
async fn requests_reach_statuses_and_values() {
    let api = Api::new();
    let id = api.upload("a.txt", b"text").await;
    let path = format!("/v3/entities/project/{PROJECT}/attachments/{id}");
    api.post(&format!("{path}?notify=False&fields=summary,lead&fields=lead&expand=&filename=b.txt&verbose=1")).await;
    api.post(&format!("{path}/?notify=maybe")).await;
    api.post(&path).await;
    assert_eq!(
        reached(&api, "", "attach_file").await,
        json!({"status 200": 1, "status 400": 1, "status 422": 1, "notify=false": 1, "fields=summary": 1,
               "fields=lead": 1, "filename=*": 1})
    );
    assert_eq!(reached(&api, "", "upload_temp_file").await, json!({"status 201": 1}));
    // What is no operation, or no documented answer of one, is no goal.
    let report = api.get("/_mock/coverage?all=true").await.json();
    api.get("/v2/nothing").await;
    api.send(Call::get("/v2/attachments").request()).await;
    assert_eq!(api.get("/_mock/coverage?all=true").await.json(), report);
    assert_eq!(report["reached"], 8);
}

/// Whom a request without an organisation belongs to is not known, so it is nobody's.
#[tokio::test]
async fn worlds_are_counted_one_by_one_and_together() {
    let api = Api::new();
    for (org, token) in [("one", "author-token"), ("two", "author-token"), ("two", "")] {
        api.send(Call::get("/v2/myself").header("X-Org-ID", org).token(token).request()).await;
    }
    api.send(Call::get("/v2/myself").without("X-Org-ID").request()).await;
    assert_eq!(reached(&api, "?org=one", "get_myself").await, json!({"status 200": 1}));
    assert_eq!(reached(&api, "?org=two", "get_myself").await, json!({"status 200": 1, "status 401": 1}));
    assert_eq!(reached(&api, "", "get_myself").await, json!({"status 200": 2, "status 401": 1}));
    assert_eq!(reached(&api, "?org=three", "get_myself").await, json!({}));
}

#[tokio::test]
async fn some_operations_make_a_table_of_their_own() {
    let api = Api::new();
    api.send(Form::file("a.txt", b"text").request("/v2/attachments/")).await;
    let report = api.get("/_mock/coverage?all=true&operation=upload_temp_file,get_myself").await.json();
    let names: Vec<_> =
        report["operations"].as_array().expect("a list").iter().map(|one| one["operation"].clone()).collect();
    assert_eq!(names, ["upload_temp_file", "get_myself"]);
    assert_eq!((&report["reached"], &report["total"], &report["percent"]), (&json!(1), &json!(11), &json!(9.0)));
    let wrong = api.get("/_mock/coverage?all=true&operation=uploadTempFile").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.text().contains("upload_temp_file"), "{}", wrong.text());
}

/// A rule counts where one of the operations may meet it.
#[tokio::test]
async fn the_rules_of_other_operations_are_no_goals() {
    let api = Api::new();
    let rule = |name: &str, matching: Value| json!({"name": name, "match": matching, "do": {"status": 503}});
    let rules = json!({"rules": [
        rule("attach", json!({"operation": "attach_file"})),
        rule("posted", json!({"method": "POST"})),
        {"name": "form", "at": {"request": "part-headers"}, "do": {"status": 503}},
        rule("own", json!({"operation": ["get_myself", "attach_file"]})),
        rule("any", json!({})),
    ]});
    api.send_json("PUT", "/_mock/faults?org=test", &rules).await;
    let report = api.get("/_mock/coverage?all=true&operation=get_myself").await.json();
    let faults = json!([{"goal": "own in test", "count": 0}, {"goal": "any in test", "count": 0}]);
    assert_eq!(report["faults"], faults);
    assert_eq!((&report["reached"], &report["total"]), (&json!(0), &json!(6)));
}

#[tokio::test]
async fn the_table_is_written_for_people_and_for_ci_services() {
    let api = Api::new();
    api.upload("a.txt", b"text").await;
    let of = |format: &str| format!("/_mock/coverage?all=true&operation=upload_temp_file&format={format}");
    let text = api.get(&of("text")).await;
    assert_eq!(text.header("content-type"), Some("text/plain; charset=utf-8"));
    insta::assert_snapshot!("coverage_text", text.text());
    let junit = api.get(&of("junit")).await;
    assert_eq!(junit.header("content-type"), Some("application/xml"));
    insta::assert_snapshot!("coverage_junit", junit.text());
    let markdown = api.get(&of("markdown")).await;
    assert_eq!(markdown.header("content-type"), Some("text/markdown; charset=utf-8"));
    insta::assert_snapshot!("coverage_markdown", markdown.text());
    assert_eq!(api.get(&of("yaml")).await.status, StatusCode::BAD_REQUEST);
}

/// A test that resets its world must not take from the table of the whole suite.
#[tokio::test]
async fn the_reset_of_one_world_leaves_it() {
    let api = Api::new();
    api.get("/v2/myself").await;
    let count = async || reached(&api, "", "get_myself").await["status 200"].clone();
    assert_eq!(api.post("/_mock/reset?org=test").await.status, StatusCode::NO_CONTENT);
    assert_eq!(count().await, 1);
    assert_eq!(api.post("/_mock/reset?all=true&keep=coverage").await.status, StatusCode::NO_CONTENT);
    assert_eq!(count().await, 1);
    let clear = async |query: &str| {
        let answer = api.call(axum::http::Method::DELETE, &format!("/_mock/coverage?{query}")).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
    };
    clear("org=another").await;
    assert_eq!(count().await, 1);
    clear("org=test").await;
    assert_eq!(count().await, json!(null));
    api.get("/v2/myself").await;
    clear("all=true").await;
    assert_eq!(count().await, json!(null));
    api.get("/v2/myself").await;
    assert_eq!(api.post("/_mock/reset?all=true").await.status, StatusCode::NO_CONTENT);
    assert_eq!(count().await, json!(null));
    let wrong = api.post("/_mock/reset?org=test&keep=everything").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

/// Counts have a share of the memory. What does not fit is not counted, and a reset makes room.
#[tokio::test]
async fn counts_are_bounded() {
    let api = Api::with(set!(Config::default(); limits: set!(Limits::default(); max_memory_bytes: 1 << 20)));
    let look = async |org: String| {
        let answer = api.send(Call::get("/v2/myself").org(&org).request()).await;
        assert_eq!(answer.status, StatusCode::OK);
    };
    let counted = async || reached(&api, "", "get_myself").await["status 200"].as_u64().expect("a number");
    for number in 0..3000 {
        look(format!("{number:0>256}")).await;
    }
    let before = counted().await;
    assert!((800..2500).contains(&before), "{before}");
    look(format!("{:0>256}", 0)).await;
    assert_eq!(counted().await, before + 1, "a world that is counted goes on");
    assert_eq!(api.post("/_mock/reset?all=true").await.status, StatusCode::NO_CONTENT);
    look("x".repeat(256)).await;
    assert_eq!(counted().await, 1);
}
