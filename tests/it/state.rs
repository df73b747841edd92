//! `GET /_mock/state?org=ID`: a saved world, loaded again, gives the same answers.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use tracker_mock::{Config, FixtureSource};

use crate::support::names::encoded;
use crate::support::{Api, Call, Form, GOAL, ORG, PORTFOLIO, PROJECT, PROJECT_WITH_FILES, images};

const FIELDS: &str = "summary,description,author,lead,teamUsers,clients,followers,start,end,checklistItems,tags,parentEntity,\
    teamAccess,quarter,entityStatus,issueQueues";

/// A server whose every world starts as this saved one.
fn loaded(state: &str) -> Api {
    Api::with(Config { fixtures: FixtureSource::Text(state.to_owned()), ..Config::default() })
}

async fn saved(api: &Api) -> String {
    let answer = api.get(&format!("/_mock/state?org={ORG}")).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.text().to_owned()
}

/// A world with files of all kinds, temporary and attached, by several users, with notifications.
async fn used() -> Api {
    let api = Api::new();
    for (name, bytes) in [
        ("empty.txt", &b""[..]),
        ("text.txt", "строка\r\n\ttab \"quote\" \\ \u{2028} 😀".as_bytes()),
        ("with NUL.txt", b"a\0b"),
        ("binary.bin", &[0xff, 0xfe, 0, 1, 2]),
        ("отчёт 100% + \"x\".png", &images::png()),
        ("left behind.csv", b"a,b\n"),
        ("removed later", b"text"),
    ] {
        let headers = format!("Content-Disposition: form-data; name=\"f\"; filename=\"{}\"", name.replace('"', "%22"));
        let call = Call::upload("/v2/attachments/", &Form::part(&headers, bytes)).token("team-1-token");
        assert_eq!(api.send(call.request()).await.status, StatusCode::CREATED, "{name}");
    }
    for (token, path) in [
        ("lead-token", format!("project/{PROJECT}/attachments/34?filename={}", encoded("схема.png"))),
        ("client-token", format!("project/{PROJECT}/attachments/30?notifyAuthor=true")),
        ("some-token", format!("project/{PROJECT_WITH_FILES}/attachments/33?notify=false")),
        ("team-2-token", "portfolio/2/attachments/31".to_owned()),
        ("team-2-token", "goal/1/attachments/32?notify=false&notifyAuthor=true".to_owned()),
    ] {
        let call = Call::post(&format!("/v2/entities/{path}")).token(token);
        assert_eq!(api.send(call.request()).await.status, StatusCode::OK, "{path}");
    }
    api
}

/// What a client may ask next: everything that can be read, then what changes the world.
fn questions() -> Vec<Call> {
    let entities = [("project", PROJECT), ("project", PROJECT_WITH_FILES), ("portfolio", PORTFOLIO), ("goal", GOAL)];
    let mut calls: Vec<_> =
        entities.map(|(kind, id)| Call::get(&format!("/v2/entities/{kind}/{id}?expand=all&fields={FIELDS}"))).into();
    calls.extend([
        Call::get("/v3/entities/project/4"),
        Call::bare(Method::GET, &format!("/_mock/outbox?org={ORG}")),
        Call::post("/v2/entities/project/4/attachments/33"),
        Call::post("/v2/entities/project/4/attachments/4"),
        Call::post("/v2/entities/project/4/attachments/7"),
        Call::post("/v2/entities/project/4/attachments/8"),
        Call::post("/v2/entities/project/4/attachments/29"),
        Call::upload("/v2/attachments/", &Form::file("a.txt", b"text")).token("follower-token"),
        Call::post("/v2/entities/project/4/attachments/37?expand=attachments").token("follower-token"),
        Call::post("/v2/entities/goal/1/attachments/35?expand=attachments"),
        Call::bare(Method::GET, &format!("/_mock/outbox?org={ORG}")),
        Call::bare(Method::GET, &format!("/_mock/state?org={ORG}")),
    ]);
    calls
}

#[tokio::test]
async fn a_loaded_world_answers_like_the_saved_one() {
    let original = used().await;
    let copy = loaded(&saved(&original).await);
    let mut successes = 0;
    for call in questions() {
        let (expected, answer) = (original.send(call.request()).await, copy.send(call.request()).await);
        assert_eq!(answer.transcript(), expected.transcript(), "{call:?}");
        successes += usize::from(expected.status.is_success());
    }
    // Five refusals: files that are used, and one that never was.
    assert_eq!(successes, questions().len() - 5);
}

#[tokio::test]
async fn a_saved_world_is_saved_the_same_again() {
    for original in [Api::new(), used().await, changed().await] {
        let state = saved(&original).await;
        assert_eq!(saved(&loaded(&state)).await, state);
    }
}

/// What later requests bring about: changes, deletions, comments and issues, and what is left of things that are gone.
async fn changed() -> Api {
    let api = used().await;
    let json = |method, path: &str, body: Value| {
        Call::new(method, path).header("Content-Type", "application/json").body(body.to_string())
    };
    let upload = |path: &str| Call::upload(path, &Form::file("a.txt", b"text"));
    for (status, call) in [
        (200, json(Method::PATCH, "/v2/entities/goal/1", json!({"comment": "c", "attachmentIds": ["36", 35]}))),
        (200, json(Method::PATCH, "/v2/entities/project/4", json!({"fields": {"end": "2030-01-01", "tags": ["x"]}}))),
        (204, Call::new(Method::DELETE, "/v2/entities/project/4/attachments/34")),
        (204, Call::new(Method::DELETE, "/v2/entities/portfolio/2")),
        (201, json(Method::POST, "/v2/entities/portfolio", json!({"fields": {"summary": "new"}}))),
        (204, Call::new(Method::DELETE, "/v2/entities/portfolio/3")),
        (201, upload("/v2/attachments/")),
        (201, json(Method::POST, "/v2/entities/goal/1/comments", json!({"text": "c", "attachmentIds": [37]}))),
        (201, upload("/v2/attachments/")),
        (
            201,
            json(
                Method::POST,
                "/v2/issues",
                json!({"queue": "JUNE", "summary": "new", "attachmentIds": ["38"], "unique": "u"}),
            ),
        ),
        (201, upload("/v2/issues/JUNE-2/attachments/?filename=b.txt")),
        (204, Call::new(Method::DELETE, "/v2/issues/JUNE-2/attachments/39")),
        (201, json(Method::POST, "/v2/issues/JUNE-3/comments", json!({"text": "c"}))),
        (200, json(Method::PATCH, "/v2/issues/JUNE-3", json!({"summary": "changed", "parent": "JUNE-2"}))),
    ] {
        let answer = api.send(call.request()).await;
        assert_eq!(answer.status, status, "{call:?}: {}", answer.text());
    }
    api
}

#[tokio::test]
async fn ids_go_on_where_they_were() {
    let original = used().await;
    let copy = loaded(&saved(&original).await);
    assert_eq!(copy.upload("a.txt", b"text").await, "37");
    let before = saved(&copy).await;
    assert_eq!(copy.post("/v2/entities/goal/1/attachments/37").await.status, StatusCode::OK);
    let event = copy.state().await["entities"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|entity| entity["id"] == GOAL)
        .and_then(|goal| goal["events"].as_array()?.last()?["id"].as_str().map(str::to_owned))
        .expect("an event");
    assert!(!before.contains(&event), "{event} was issued before");
}

/// Whoever loads a saved world gets its notifications and files into every organisation.
#[tokio::test]
async fn every_organization_starts_as_the_saved_world() {
    let state = saved(&used().await).await;
    let copy = loaded(&state);
    assert_eq!(copy.get("/_mock/state?org=another").await.text(), state);
    copy.upload("a.txt", b"text").await;
    let reset = copy.send(Call::bare(Method::POST, "/_mock/reset").request()).await;
    assert_eq!(reset.status, StatusCode::NO_CONTENT);
    assert_eq!(saved(&copy).await, state);
}

#[tokio::test]
async fn all_of_a_small_world() {
    let fixtures = r#"{
        "users": [{"login": "u", "uid": 1, "firstName": "A", "lastName": "B", "email": "u@example.com", "cloudUid": "c", "passportUid": 2}],
        "entities": [{"type": "goal", "id": "65a1ba7b46b9746df2eecc96", "shortId": 1, "createdBy": "u",
            "createdAt": "2024-01-01T00:00:00.000+0000", "fields": {"summary": "s"}}]
    }"#;
    let api = loaded(fixtures);
    for (name, bytes) in [("a.txt", &b"text"[..]), ("b.png", &images::png())] {
        api.upload(name, bytes).await;
    }
    let attached = api.post("/v2/entities/goal/1/attachments/1?notifyAuthor=true&filename=c.txt").await;
    assert_eq!(attached.status, StatusCode::OK);
    let state = serde_json::to_string_pretty(&api.state().await).expect("JSON");
    insta::assert_snapshot!(state);
}
