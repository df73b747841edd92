//! `POST /v2/entities/{type}/{id}/attachments/{fileId}`

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::support::names::{NAMES, decoded, encoded};
use crate::support::{Api, Call, Form, GOAL, Log, NOW, ORG, PORTFOLIO, PROJECT, PROJECT_WITH_FILES, images};

/// Attaches to an entity as the owner of a token and gives the answer's body.
async fn attach(api: &Api, token: &str, path_and_query: &str) -> Value {
    let answer = api.send(Call::post(&format!("/v2/entities/{path_and_query}")).token(token).request()).await;
    assert_eq!(answer.status, StatusCode::OK, "{path_and_query}: {}", answer.text());
    answer.json()
}

/// An entity as the exported state holds it.
async fn saved_entity(api: &Api, id: &str) -> Value {
    let state = api.state().await;
    let mut entities = state["entities"].as_array().expect("a list").iter();
    entities.find(|entity| entity["id"] == id).expect("the entity").clone()
}

fn names(entity: &Value) -> Vec<&str> {
    let attachments = entity["attachments"].as_array().expect("a list");
    attachments.iter().map(|file| file["name"].as_str().expect("a name")).collect()
}

#[tokio::test]
async fn without_parameters() {
    let api = Api::new();
    api.upload("image.png", &images::png()).await;
    insta::assert_snapshot!(api.post(&format!("/v2/entities/project/{PROJECT}/attachments/30")).await.transcript());
}

#[tokio::test]
async fn with_every_parameter() {
    let api = Api::new();
    api.upload("image.png", &images::png()).await;
    let mut log = Log::default();
    let path = format!("/v2/entities/project/{PROJECT}/attachments/30");
    let query =
        "notify=True&notifyAuthor=FALSE&expand=attachments&fields=summary,tags&fields=lead&filename=new%20image.jpg";
    log.send(&api, "every parameter", &Call::post(&format!("{path}?{query}")).token("team-1-token")).await;
    insta::assert_snapshot!(log.text());
}

#[tokio::test]
async fn to_each_type_by_id_and_by_short_id() {
    let api = Api::new();
    for _ in 30..36 {
        api.upload("a.txt", b"text").await;
    }
    let mut log = Log::default();
    for (name, path) in [
        ("a project", format!("/v2/entities/project/{PROJECT}/attachments/30")),
        ("the same project", "/v2/entities/project/4/attachments/31".to_owned()),
        ("a portfolio", format!("/v2/entities/portfolio/{PORTFOLIO}/attachments/32/")),
        ("the same portfolio", "/v3/entities/portfolio/2/attachments/33".to_owned()),
        ("a goal", format!("/v2/entities/goal/{GOAL}/attachments/34")),
        ("the same goal, in v3", "/v3/entities/goal/1/attachments/35/?expand=attachments".to_owned()),
    ] {
        assert_eq!(log.send(&api, name, &Call::post(&path)).await.status, StatusCode::OK, "{path}");
    }
    insta::assert_snapshot!(log.text());
}

#[tokio::test]
async fn files_stand_in_the_order_in_which_they_were_attached() {
    let api = Api::new();
    for name in ["first upload.txt", "second upload.txt", "third upload.txt"] {
        api.upload(name, b"text").await;
    }
    for id in [31, 30, 32] {
        attach(&api, "some-token", &format!("project/{PROJECT_WITH_FILES}/attachments/{id}")).await;
    }
    let entity = api.get(&format!("/v2/entities/project/{PROJECT_WITH_FILES}?expand=attachments")).await.json();
    let expected = ["notes.txt", "схема.png", "second upload.txt", "first upload.txt", "third upload.txt"];
    assert_eq!(names(&entity), expected);
    let ids: Vec<_> = entity["attachments"].as_array().expect("a list").iter().map(|file| &file["id"]).collect();
    assert_eq!(ids, ["4", "5", "31", "30", "32"]);
}

#[tokio::test]
async fn version_time_and_history_follow() {
    let api = Api::new();
    api.upload("a.txt", b"text").await;
    let before = saved_entity(&api, PROJECT).await;
    let answer = attach(&api, "client-token", &format!("project/{PROJECT}/attachments/30?filename=b.txt")).await;
    assert_eq!((&answer["version"], &answer["updatedAt"]), (&json!(78), &json!(NOW)));

    let after = saved_entity(&api, PROJECT).await;
    assert_eq!((&after["version"], &after["updatedAt"]), (&json!(78), &json!(NOW)));
    let (old_events, events) =
        (before["events"].as_array().expect("a list"), after["events"].as_array().expect("a list"));
    let (event, kept) = events.split_last().expect("an event");
    assert_eq!(kept, old_events);
    let expected = json!({
        "id": event["id"], "time": NOW, "actor": "client", "change": {"fileAdded": {"id": "30", "name": "b.txt"}},
    });
    assert_eq!(*event, expected);
    let id = event["id"].as_str().expect("an id");
    assert!(id.len() == 24 && id.bytes().all(|digit| b"0123456789abcdef".contains(&digit)), "{id}");
    assert!(kept.iter().all(|other| other["id"] != id));
    assert_eq!(api.state().await["temporaryFiles"], json!([]));
}

/// The upload was somebody else's: the attachment belongs to who attached it.
#[tokio::test]
async fn the_attachment_belongs_to_who_attached_it() {
    let api = Api::new();
    let upload = Call::upload("/v2/attachments/", &Form::file("a.txt", b"text")).token("lead-token");
    let uploaded = api.send(upload.request()).await.json();
    assert_eq!(uploaded["createdBy"]["id"], "1900000002");
    let path = format!("project/{PROJECT}/attachments/30?expand=attachments");
    let entity = attach(&api, "team-1-token", &path).await;
    let team_1 = json!({
        "self": "http://tracker.test/v2/users/1900000003",
        "id": "1900000003",
        "display": "Первый Участник",
        "cloudUid": "ajeppa7dgp5300000003",
        "passportUid": 1_500_000_003,
    });
    assert_eq!(entity["attachments"][0]["createdBy"], team_1);
}

#[tokio::test]
async fn a_new_name_is_kept_byte_for_byte() {
    let api = Api::new();
    for name in NAMES.map(String::from).into_iter().chain(["я".repeat(255), "😀".repeat(255)]) {
        let id = api.upload("old name", b"text").await;
        let path = format!("project/{PROJECT}/attachments/{id}?expand=attachments&filename={}", encoded(&name));
        let entity = attach(&api, "some-token", &path).await;
        let file = entity["attachments"].as_array().expect("a list").last().expect("a file").clone();
        assert_eq!(file["name"], name.as_str());
        let content = file["content"].as_str().expect("a URL");
        let segment =
            content.strip_prefix(&format!("http://tracker.test/v2/attachments/{id}/")).expect("the usual path");
        assert_eq!(decoded(segment), name);
    }
}

/// The type of the file, for one, stays what it was at the upload.
#[tokio::test]
async fn a_new_name_changes_the_name_only() {
    let api = Api::new();
    let mut uploaded = api.post_form("/v2/attachments/", &Form::file("a.png", &images::png())).await.json();
    let path = format!("project/{PROJECT}/attachments/30?expand=attachments&filename=b.csv");
    let attached = &mut attach(&api, "some-token", &path).await["attachments"][0];
    assert_eq!(
        (&attached["name"], &attached["content"]),
        (&"b.csv".into(), &"http://tracker.test/v2/attachments/30/b.csv".into())
    );
    for file in [&mut uploaded, attached] {
        for changed in ["name", "content", "createdBy"] {
            file.as_object_mut().expect("an object").remove(changed);
        }
    }
    assert_eq!(uploaded, *attached);
}

/// Project 6: author lead, lead author, team user team-2, follower author.
#[tokio::test]
async fn who_is_notified() {
    const BOTH: &str = "notify=true&notifyAuthor=true";
    const ROLES: &str = "notify=true&notifyAuthor=false";
    const ACTOR: &str = "notify=false&notifyAuthor=true";
    const NOBODY: &str = "notify=false&notifyAuthor=false";
    let lead = ("lead", vec!["author"]);
    let author = ("author", vec!["lead", "followers"]);
    let team_2 = ("team-2", vec!["teamUsers"]);
    let everybody = vec![lead.clone(), author.clone(), team_2.clone()];
    let api = Api::new();
    for (actor, query, expected) in [
        ("client", ROLES, Some(everybody.clone())),
        ("client", "", Some(everybody.clone())),
        ("client", BOTH, Some([&everybody[..], &[("client", vec!["actor"])]].concat())),
        ("client", ACTOR, Some(vec![("client", vec!["actor"])])),
        ("client", NOBODY, None),
        ("author", ROLES, Some(vec![lead.clone(), team_2.clone()])),
        ("author", "notify=true", Some(vec![lead.clone(), team_2.clone()])),
        ("author", BOTH, Some(vec![lead, team_2, ("author", vec!["actor"])])),
        ("author", ACTOR, Some(vec![("author", vec!["actor"])])),
        ("author", NOBODY, None),
        ("author", "notify=false", None),
        ("author", "notifyAuthor=TRUE&notify=False", Some(vec![("author", vec!["actor"])])),
    ] {
        let outbox_url = format!("/_mock/outbox?org={ORG}");
        let entries_before = api.get(&outbox_url).await.json().as_array().expect("a list").len();
        let id = api.upload("a.txt", b"text").await;
        let path = format!("project/{PROJECT_WITH_FILES}/attachments/{id}?{query}");
        attach(&api, &format!("{actor}-token"), &path).await;

        let outbox = api.get(&outbox_url).await.json();
        let new = &outbox.as_array().expect("a list")[entries_before..];
        let recipients = new.iter().flat_map(|entry| entry["recipients"].as_array().expect("a list"));
        let found: Vec<_> = recipients.map(|one| (one["user"]["login"].clone(), one["roles"].clone())).collect();
        let expected_count = usize::from(expected.is_some());
        let expected: Vec<_> =
            expected.into_iter().flatten().map(|(login, roles)| (json!(login), json!(roles))).collect();
        assert_eq!((new.len(), found), (expected_count, expected), "{actor} {query}");
    }
}

#[tokio::test]
async fn the_outbox_tells_everything_about_a_notification() {
    let api = Api::new();
    api.upload("a.txt", b"text").await;
    api.upload("b.txt", b"text").await;
    let path = format!("project/{PROJECT}/attachments/30?notifyAuthor=true&filename={}", encoded("новое имя.txt"));
    attach(&api, "team-2-token", &path).await;
    attach(&api, "some-token", "goal/1/attachments/31").await;
    let outbox = api.get(&format!("/_mock/outbox?org={ORG}")).await;
    insta::assert_snapshot!(outbox.transcript());
}

/// Only the actor stands in the fields of this goal, three times over.
#[tokio::test]
async fn no_entry_without_a_recipient() {
    let fixtures = r#"{
        "users": [{"login": "u", "uid": 1, "firstName": "A", "lastName": "B", "email": "u@example.com", "cloudUid": "c", "passportUid": 2}],
        "entities": [{"type": "goal", "id": "65a1ba7b46b9746df2eecc96", "shortId": 1, "createdBy": "u",
            "createdAt": "2024-01-01T00:00:00.000+0000", "fields": {"summary": "s", "author": "u", "followers": ["u", "u"]}}]
    }"#;
    let fixtures = tracker_mock::FixtureSource::Text(fixtures.to_owned());
    let api = Api::with(set!(tracker_mock::Config::default(); fixtures));
    api.upload("a.txt", b"text").await;
    attach(&api, "some-token", "goal/1/attachments/1?notify=true").await;
    assert_eq!(api.get(&format!("/_mock/outbox?org={ORG}")).await.text(), "[]\n");
}

#[tokio::test]
async fn bodies_that_are_none() {
    let api = Api::new();
    let bodies =
        ["", " \r\n", "null", " null\n", "{}", r#"{"notify": "maybe", "filename": ""}"#, "[1, 2]", "\"text\"", "0"];
    for content_type in ["application/json", "application/json; charset=utf-8", "text/plain", ""] {
        for body in bodies {
            for chunked in [false, true] {
                let id = api.upload("a.txt", b"text").await;
                let call = Call::post(&format!("/v2/entities/project/{PROJECT}/attachments/{id}")).body(body);
                let call = if content_type.is_empty() { call } else { call.header("Content-Type", content_type) };
                let call = if chunked { call.chunked() } else { call };
                let answer = api.send(call.request()).await;
                assert_eq!(answer.status, StatusCode::OK, "{content_type} {body:?}: {}", answer.text());
            }
        }
    }
}

/// A thousand files, each attached by two requests at once: one is served, the other learns where the file went.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_concurrent_attaches_one_succeeds() {
    const FILES: u64 = 1000;
    let api = Arc::new(Api::new());
    let barrier = Arc::new(Barrier::new(2));
    for id in 30..30 + FILES {
        assert_eq!(api.upload("a.txt", b"text").await, id.to_string());
    }
    let racer = |project: &'static str| {
        let (api, barrier) = (Arc::clone(&api), Arc::clone(&barrier));
        tokio::spawn(async move {
            let mut statuses = Vec::new();
            for id in 30..30 + FILES {
                barrier.wait().await;
                statuses.push(api.post(&format!("/v2/entities/project/{project}/attachments/{id}")).await.status);
            }
            statuses
        })
    };
    let (one, other) = tokio::join!(racer(PROJECT), racer(PROJECT_WITH_FILES));
    let (one, other) = (one.expect("no panic"), other.expect("no panic"));
    for (index, pair) in one.iter().zip(&other).enumerate() {
        let statuses = [pair.0.as_u16(), pair.1.as_u16()];
        assert!(statuses == [200, 422] || statuses == [422, 200], "{index}: {statuses:?}");
    }
    let won = |statuses: &[StatusCode]| statuses.iter().filter(|status| status.is_success()).count() as u64;
    let saved = [saved_entity(&api, PROJECT).await, saved_entity(&api, PROJECT_WITH_FILES).await];
    assert_eq!(saved[0]["version"], 77 + won(&one));
    assert_eq!(saved[1]["version"], 12 + won(&other));
    assert_eq!(api.state().await["temporaryFiles"], json!([]));
}
