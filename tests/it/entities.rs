//! `GET /v2/entities/{type}/{id}`

use axum::http::StatusCode;

use crate::support::{Api, Call, FIELDS, GOAL, Log, PORTFOLIO, PROJECT, PROJECT_WITH_FILES};

#[tokio::test]
async fn each_type() {
    let api = Api::new();
    let mut log = Log::default();
    for (kind, id, short_id) in [("project", PROJECT, 4), ("portfolio", PORTFOLIO, 2), ("goal", GOAL, 1)] {
        let by_id = log.send(&api, kind, &Call::get(&format!("/v2/entities/{kind}/{id}"))).await;
        let by_short_id = api.get(&format!("/v2/entities/{kind}/{short_id}")).await;
        assert_eq!((by_id.status, by_id.text()), (StatusCode::OK, by_short_id.text()));
    }
    insta::assert_snapshot!(log.text());
}

#[tokio::test]
async fn everything_about_each() {
    let api = Api::new();
    let mut log = Log::default();
    let fields = FIELDS.join(",");
    for (name, path) in [
        ("a value in every field", format!("project/{PROJECT}?fields={fields}")),
        ("two attachments, one of them an image", format!("project/{PROJECT_WITH_FILES}?expand=all&fields={fields}")),
        (
            "a portfolio, most fields without a value",
            format!("portfolio/{PORTFOLIO}?expand=attachments&fields={fields}"),
        ),
        ("a goal, in v3", format!("goal/{GOAL}?expand=attachments&fields={fields}")),
    ] {
        let version = if name.ends_with("v3") { "v3" } else { "v2" };
        log.send(&api, name, &Call::get(&format!("/{version}/entities/{path}"))).await;
    }
    insta::assert_snapshot!(log.text());
}

#[tokio::test]
async fn each_field_by_itself_is_what_it_is_among_all() {
    let api = Api::new();
    for path in [format!("/v2/entities/project/{PROJECT}"), format!("/v2/entities/goal/{GOAL}")] {
        let all = api.get(&format!("{path}?fields={}", FIELDS.join(","))).await.json();
        for name in FIELDS {
            let one = api.get(&format!("{path}?fields={name}")).await.json();
            assert_eq!(one["fields"], serde_json::json!({name: all["fields"][name]}));
        }
    }
}

#[tokio::test]
async fn lists_have_several_spellings() {
    let api = Api::new();
    let path = format!("/v2/entities/project/{PROJECT_WITH_FILES}");
    for (spelling, same) in [
        ("fields=summary,lead", "fields=summary&fields=lead"),
        ("fields=summary,lead", "fields=summary%2Clead"),
        ("fields=summary,lead", "fields=,summary,%20lead,&fields="),
        ("fields=lead,summary", "fields=lead,summary,lead"),
        ("expand=attachments", "expand=all"),
        ("expand=attachments", "expand=attachments,all"),
        ("expand=attachments", "expand=all&expand=attachments"),
        ("", "expand=&fields="),
        ("", "expand&fields"),
        ("", "expand=,&fields=,"),
        ("", "id=5&perPage=0&notify=maybe&is_add_to_followers=true"),
    ] {
        let answer = api.get(&format!("{path}?{spelling}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{spelling}");
        assert_eq!(api.get(&format!("{path}?{same}")).await.text(), answer.text(), "{same}");
    }
}

/// In v2 the main parent alone, in v3 all.
#[tokio::test]
async fn parents_differ_by_version() {
    let api = Api::new();
    let parent = |version: &str| {
        serde_json::json!({
            "self": format!("http://tracker.test/{version}/entities/portfolio/{PORTFOLIO}"),
            "id": PORTFOLIO, "display": "Portfolio with a project",
        })
    };
    for (version, expected) in
        [("v2", parent("v2")), ("v3", serde_json::json!({"primary": parent("v3"), "secondary": []}))]
    {
        let path = format!("/{version}/entities/project/{PROJECT}?fields=parentEntity");
        assert_eq!(api.get(&path).await.json()["fields"]["parentEntity"], expected, "{version}");
        let path = format!("/{version}/entities/goal/1?fields=parentEntity");
        assert_eq!(api.get(&path).await.json()["fields"]["parentEntity"], serde_json::Value::Null, "{version}");
    }
}

/// Names that the reference of v3 has beside those that can be set.
#[tokio::test]
async fn computed_fields() {
    let api = Api::new();
    let path = format!("/v3/entities/project/{PROJECT}");
    let fields =
        "metricItems,keyResultItems,progressPercentage,lastCommentUpdatedAt,linkedGoalsCount,linkedProjectsCount";
    let shown = async || api.get(&format!("{path}?fields={fields}")).await.json()["fields"].clone();
    assert_eq!(
        shown().await,
        serde_json::json!({
            "metricItems": [], "keyResultItems": [], "progressPercentage": null, "lastCommentUpdatedAt": null,
            "linkedGoalsCount": 0, "linkedProjectsCount": 0,
        })
    );
    api.send_json("POST", &format!("{path}/comments"), &serde_json::json!({"text": "c"})).await;
    let links = serde_json::json!([
        {"relationship": "works towards", "entity": 1}, {"relationship": "relates", "entity": "6"},
    ]);
    api.send_json("PATCH", &path, &serde_json::json!({"links": links})).await;
    let shown = shown().await;
    assert_eq!(shown["lastCommentUpdatedAt"], crate::support::NOW);
    assert_eq!((&shown["linkedGoalsCount"], &shown["linkedProjectsCount"]), (&1.into(), &1.into()));
}

/// As the request names them, each where it is named first.
#[tokio::test]
async fn fields_come_in_the_order_of_the_request() {
    let api = Api::new();
    for (fields, expected) in
        [("lead,summary,tags", ["lead", "summary", "tags"]), ("tags,summary,tags,lead", ["tags", "summary", "lead"])]
    {
        let answer = api.get(&format!("/v3/entities/project/{PROJECT}?fields={fields}")).await.json();
        let names: Vec<_> = answer["fields"].as_object().expect("an object").keys().collect();
        assert_eq!(names, expected, "{fields}");
    }
}

#[tokio::test]
async fn what_is_not_asked_for_is_absent() {
    let api = Api::new();
    let answer = api.get(&format!("/v2/entities/project/{PROJECT_WITH_FILES}")).await.json();
    assert_eq!((answer.get("fields"), answer.get("attachments")), (None, None));
    let expanded = api.get(&format!("/v2/entities/project/{PROJECT}?expand=attachments")).await.json();
    assert_eq!(expanded["attachments"], serde_json::json!([]));
}

#[tokio::test]
async fn short_ids_belong_to_a_type() {
    let api = Api::new();
    for (kind, short_id, expected) in [
        ("project", "4", Some(PROJECT)),
        ("project", "6", Some(PROJECT_WITH_FILES)),
        ("project", "2", None),
        ("portfolio", "2", Some(PORTFOLIO)),
        ("portfolio", "4", None),
        ("goal", "1", Some(GOAL)),
    ] {
        let answer = api.get(&format!("/v2/entities/{kind}/{short_id}")).await;
        assert_eq!(answer.json()["id"].as_str(), expected, "{kind} {short_id}");
    }
}
