//! `/v2/entities/{type}/{id}/attachments` and `/v2/entities/{type}/{id}/attachments/{fileId}`, but for attaching.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    Answer, Api, Call, GOAL, Log, NOW, ORG, PORTFOLIO, PROJECT, PROJECT_WITH_FILES, WORLD_BYTES, images,
};

const FILES: &str = "/v2/entities/project/655f8cc523db213200000001/attachments";

async fn sent(api: &Api, call: &Call, status: StatusCode) -> Answer {
    let answer = api.send(call.request()).await;
    assert_eq!(answer.status, status, "{call:?}: {}", answer.text());
    answer
}

fn delete(path: &str) -> Call {
    Call::new(Method::DELETE, path)
}

fn ids(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().map(|item| item["id"].as_str().expect("an id")).collect()
}

/// Version, time of the last change, and events of an entity.
async fn life(api: &Api, entity: &str) -> (u64, String, Vec<Value>) {
    let body = api.get(&format!("/v2/entities/{entity}")).await.json();
    let events = api.get(&format!("/v2/entities/{entity}/events/_relative")).await.json();
    let version = body["version"].as_u64().expect("a number");
    let updated_at = body["updatedAt"].as_str().expect("a time").to_owned();
    (version, updated_at, events["events"].as_array().expect("a list").clone())
}

async fn outbox(api: &Api) -> Vec<Value> {
    api.get(&format!("/_mock/outbox?org={ORG}")).await.json().as_array().expect("a list").clone()
}

/// A comment on project 6 with one file; gives the comment's number and the file's id.
async fn comment_with_file(api: &Api) -> (String, String) {
    let file = api.upload("of a comment.png", &images::png()).await;
    let body = json!({"text": "A comment", "attachmentIds": [file]}).to_string();
    let path = format!("/v2/entities/project/{PROJECT_WITH_FILES}/comments");
    let comment = sent(api, &Call::post(&path).body(body), StatusCode::OK).await.json();
    (comment["id"].to_string(), file)
}

#[tokio::test]
async fn the_files_of_a_project() {
    let api = Api::new();
    let answer = api.get(FILES).await;
    insta::assert_snapshot!(answer.list_transcript());
    api.assert_selfs_resolve(&answer).await;
    for (file, length) in answer.json().as_array().expect("a list").iter().zip([13, 3061]) {
        let content = api.follow(file["content"].as_str().expect("a URL")).await;
        assert_eq!((content.status, content.body.len()), (StatusCode::OK, length), "{file}");
    }
    let thumbnail = api.follow(answer.json()[1]["thumbnail"].as_str().expect("a URL")).await;
    assert_eq!((thumbnail.status, thumbnail.header("content-type")), (StatusCode::OK, Some("image/png")));
    for same in ["/v2/entities/project/6/attachments/".to_owned(), format!("{FILES}?id=4&expand=none&perPage=0")] {
        assert_eq!(api.get(&same).await.text(), answer.text(), "{same}");
    }
    let v3 = api.get(&FILES.replace("v2", "v3")).await;
    assert_eq!(v3.text(), answer.text().replace("/v2/", "/v3/"));
    let expanded = api.get(&format!("/v2/entities/project/{PROJECT_WITH_FILES}?expand=attachments")).await.json();
    assert_eq!(answer.json(), expanded["attachments"]);
}

#[tokio::test]
async fn an_entity_without_files() {
    let api = Api::new();
    for entity in [format!("project/{PROJECT}"), format!("portfolio/{PORTFOLIO}"), "goal/1".to_owned()] {
        let answer = api.get(&format!("/v2/entities/{entity}/attachments")).await;
        assert_eq!((answer.status, answer.text()), (StatusCode::OK, "[]"), "{entity}");
    }
}

#[tokio::test]
async fn one_file() {
    let api = Api::new();
    let mut log = Log::default();
    for file in ["4", "5"] {
        let answer = log.send(&api, file, &Call::get(&format!("{FILES}/{file}"))).await;
        assert_eq!(answer.status, StatusCode::OK);
        for same in [format!("/v2/entities/project/6/attachments/{file}/"), format!("/v2/attachments/{file}")] {
            assert_eq!(api.get(&same).await.text(), answer.text(), "{same}");
        }
    }
    insta::assert_snapshot!(log.text());
}

#[tokio::test]
async fn a_file_of_each_type_of_entity() {
    let api = Api::new();
    for (kind, id, short_id) in [("project", PROJECT, 4), ("portfolio", PORTFOLIO, 2), ("goal", GOAL, 1)] {
        let file = api.upload("a.txt", b"text").await;
        let path = format!("/v2/entities/{kind}/{id}/attachments");
        sent(&api, &Call::post(&format!("{path}/{file}")), StatusCode::OK).await;
        assert_eq!(ids(&api.get(&path).await.json()), [&file], "{kind}");
        assert_eq!(api.get(&format!("{path}/{file}")).await.json()["id"], file, "{kind}");
        let by_short_id = format!("/v3/entities/{kind}/{short_id}/attachments/{file}/");
        sent(&api, &delete(&by_short_id), StatusCode::NO_CONTENT).await;
        assert_eq!(api.get(&path).await.text(), "[]", "{kind}");
    }
}

#[tokio::test]
async fn a_file_of_something_else() {
    let api = Api::new();
    api.upload("temporary.txt", b"text").await;
    let before = api.state().await;
    let mut log = Log::default();
    let of = |entity: &str, file: &str| format!("/v2/entities/{entity}/attachments/{file}");
    for (status, name, path) in [
        (404, "another project's", of("project/4", "5")),
        (404, "another type's entity with the same id", of("goal/655f8cc523db213200000001", "4")),
        (404, "a temporary file", of("project/6", "30")),
        (404, "an issue's", of("project/6", "7")),
        (404, "an issue's comment's", of("project/6", "8")),
        (404, "nobody's", of("project/6", "99")),
        (404, "not a number", of("project/6", "four")),
        (404, "with a zero in front", of("project/6", "04")),
        (404, "an unknown entity's", of("project/99", "4")),
        (400, "an unknown type's", of("task/6", "4")),
    ] {
        let answer = log.send(&api, name, &Call::get(&path)).await;
        assert_eq!(answer.status, status, "{path}");
        let deleted = api.send(delete(&path).request()).await;
        assert_eq!((deleted.status, deleted.text()), (answer.status, answer.text()), "{path}");
    }
    for (status, name, path) in [
        (404, "the files of an unknown entity", "/v2/entities/goal/6/attachments"),
        (400, "the files of an unknown type", "/v2/entities/task/6/attachments"),
    ] {
        assert_eq!(log.send(&api, name, &Call::get(path)).await.status, status, "{path}");
    }
    for query in ["notify=yes", "notifyAuthor=", "notify=true&notify=true"] {
        let call = delete(&format!("{FILES}/4?{query}"));
        assert_eq!(log.send(&api, query, &call).await.status, StatusCode::BAD_REQUEST, "{query}");
    }
    insta::assert_snapshot!(log.text());
    assert_eq!(api.state().await, before);
}

#[tokio::test]
async fn a_deleted_file_is_gone() {
    let api = Api::new();
    let bytes = api.used_bytes();
    let file = api.upload("large", &[7; 100_000]).await;
    sent(&api, &Call::post(&format!("{FILES}/{file}")), StatusCode::OK).await;
    assert!(api.used_bytes() >= bytes + 100_000);
    let answer = sent(&api, &delete(&format!("{FILES}/{file}")), StatusCode::NO_CONTENT).await;
    assert_eq!((answer.text(), answer.header("content-type")), ("", None));
    assert!(api.used_bytes() < bytes + WORLD_BYTES);

    let after = api.state().await;
    for call in [
        delete(&format!("{FILES}/{file}")),
        Call::get(&format!("{FILES}/{file}")),
        Call::get(&format!("/v2/attachments/{file}")),
        Call::get(&format!("/v2/attachments/{file}/large")),
        Call::get(&format!("/v2/thumbnails/{file}")),
        Call::post(&format!("{FILES}/{file}")),
    ] {
        sent(&api, &call, StatusCode::NOT_FOUND).await;
    }
    assert_eq!(api.state().await, after);
    assert_eq!(ids(&api.get(FILES).await.json()), ["4", "5"]);
}

/// The order of the rest stays, and what is attached afterwards stands last.
#[tokio::test]
async fn the_rest_keeps_its_order() {
    let api = Api::new();
    for _ in 30..33 {
        api.upload("a.txt", b"text").await;
    }
    for file in [31, 30] {
        sent(&api, &Call::post(&format!("{FILES}/{file}")), StatusCode::OK).await;
    }
    sent(&api, &delete(&format!("{FILES}/4")), StatusCode::NO_CONTENT).await;
    sent(&api, &delete(&format!("{FILES}/31")), StatusCode::NO_CONTENT).await;
    sent(&api, &Call::post(&format!("{FILES}/32")), StatusCode::OK).await;
    assert_eq!(ids(&api.get(FILES).await.json()), ["5", "30", "32"]);
}

#[tokio::test]
async fn version_time_history_and_outbox_follow_each_change() {
    let api = Api::new();
    let entity = format!("project/{PROJECT_WITH_FILES}");
    let (version, _, old_events) = life(&api, &entity).await;
    assert_eq!(version, 12);
    let file = api.upload("a.txt", b"text").await;
    for (call, removed, name) in [
        (Call::post(&format!("{FILES}/{file}?filename=b.txt")), false, "b.txt"),
        (delete(&format!("{FILES}/{file}")), true, "b.txt"),
        (delete(&format!("{FILES}/5?notify=true&notifyAuthor=false")), true, "схема.png"),
    ] {
        let (version, _, events) = life(&api, &entity).await;
        let call = call.token("client-token");
        let sent_before = outbox(&api).await.len();
        let answer = api.send(call.request()).await;
        assert!(answer.status.is_success(), "{call:?}: {}", answer.text());

        let (new_version, updated_at, new_events) = life(&api, &entity).await;
        assert_eq!((new_version, updated_at.as_str()), (version + 1, NOW), "{call:?}");
        let (event, kept) = new_events.split_last().expect("an event");
        assert_eq!(kept, events);
        let (display, tag) = if removed { ("File removed", "removed") } else { ("File added", "added") };
        assert_eq!((&event["display"], &event["author"]["id"]), (&json!(display), &json!("1900000005")), "{call:?}");
        let change = json!([{
            "diff": format!("<{tag}>{name}</{tag}>"),
            "field": {"id": "issue.attachments", "display": "Attachments"},
        }]);
        assert_eq!(event["changes"], change, "{call:?}");
        assert_eq!(outbox(&api).await.len(), sent_before + 1, "{call:?}");
    }
    assert_eq!(life(&api, &entity).await.2.len(), old_events.len() + 3);
    let outbox = api.get(&format!("/_mock/outbox?org={ORG}")).await;
    insta::assert_snapshot!(outbox.text());
    let events = api.get(&format!("/v3/entities/{entity}/events/_relative?perPage=3&direction=backward")).await;
    insta::assert_snapshot!(events.text());
}

/// Project 6: author lead, lead author, team user team-2, follower author.
#[tokio::test]
async fn who_is_told_of_a_deleted_file() {
    for (query, expected) in [
        ("", Some(vec!["lead", "author", "team-2"])),
        ("?notify=True&notifyAuthor=TRUE", Some(vec!["lead", "author", "team-2", "client"])),
        ("?notify=false&notifyAuthor=true", Some(vec!["client"])),
        ("?notify=false", None),
    ] {
        let api = Api::new();
        let call = delete(&format!("{FILES}/4{query}")).token("client-token");
        sent(&api, &call, StatusCode::NO_CONTENT).await;
        let entries = outbox(&api).await;
        let logins = |entry: &Value| {
            let recipients = entry["recipients"].as_array().expect("a list");
            recipients.iter().map(|one| one["user"]["login"].as_str().expect("a login").to_owned()).collect::<Vec<_>>()
        };
        let found = entries.iter().map(logins).collect::<Vec<_>>();
        let expected: Vec<Vec<String>> =
            expected.into_iter().map(|all| all.into_iter().map(str::to_owned).collect()).collect();
        assert_eq!(found, expected, "{query}");
    }
}

#[tokio::test]
async fn a_delete_without_a_body_or_with_one_that_is_none() {
    for body in ["", "null", " {} ", "[1]"] {
        let api = Api::new();
        let call = delete(&format!("{FILES}/4")).header("Content-Type", "application/json").body(body);
        sent(&api, &call, StatusCode::NO_CONTENT).await;
    }
    let api = Api::new();
    let before = api.state().await;
    sent(&api, &delete(&format!("{FILES}/4")).body("{"), StatusCode::UNPROCESSABLE_ENTITY).await;
    assert_eq!(api.state().await, before);
}

/// A comment names its files by the path of the entity.
#[tokio::test]
async fn files_of_comments() {
    let api = Api::new();
    let (comment, file) = comment_with_file(&api).await;
    let path = format!("/v2/entities/project/{PROJECT_WITH_FILES}/comments/{comment}?expand=attachments");
    let reference = api.get(&path).await.json()["attachments"][0].clone();
    let url = format!("http://tracker.test{FILES}/{file}");
    assert_eq!(reference, json!({"self": url, "id": file, "display": "of a comment.png"}));

    let answer = api.follow(&url).await;
    insta::assert_snapshot!(answer.transcript());
    assert_eq!(api.get(&format!("/v2/entities/project/6/attachments/{file}")).await.text(), answer.text());
    let content = api.follow(answer.json()["content"].as_str().expect("a URL")).await;
    assert_eq!(content.body, images::png());

    // It stands in the comment and not in the entity.
    assert_eq!(ids(&api.get(FILES).await.json()), ["4", "5"]);
    let other = api.get(&format!("/v2/entities/project/4/attachments/{file}")).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
    let before = api.state().await;
    sent(&api, &delete(&format!("{FILES}/{file}")), StatusCode::NOT_FOUND).await;
    sent(&api, &Call::post(&format!("{FILES}/{file}")), StatusCode::UNPROCESSABLE_ENTITY).await;
    assert_eq!(api.state().await, before);

    // It goes with the comment.
    let comment = format!("/v2/entities/project/6/comments/{comment}");
    sent(&api, &delete(&comment), StatusCode::NO_CONTENT).await;
    assert_eq!(api.get(&format!("{FILES}/{file}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(api.get(&format!("/v2/attachments/{file}")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_deleted_entity_takes_its_files_and_those_of_its_comments_along() {
    let api = Api::new();
    let bytes = api.used_bytes();
    let (_, of_comment) = comment_with_file(&api).await;
    let own = api.upload("large", &[7; 100_000]).await;
    sent(&api, &Call::post(&format!("{FILES}/{own}")), StatusCode::OK).await;
    assert!(api.used_bytes() >= bytes + 100_000);
    sent(&api, &delete("/v2/entities/project/6"), StatusCode::NO_CONTENT).await;
    assert!(api.used_bytes() < bytes + WORLD_BYTES);
    for file in ["4", "5", &own, &of_comment] {
        assert_eq!(api.get(&format!("/v2/attachments/{file}")).await.status, StatusCode::NOT_FOUND, "{file}");
    }
    assert_eq!(api.get(FILES).await.status, StatusCode::NOT_FOUND);
}
