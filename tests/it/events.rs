//! `GET /v2/entities/{type}/{id}/events/_relative`

use axum::http::StatusCode;
use serde_json::json;

use crate::support::{Api, Call, Log};

/// A project to which everything happened that makes an event: its path, and the API.
async fn eventful() -> (Api, String) {
    let api = Api::new();
    let files = ["first.txt", "second.txt", "third & <b>.txt", "fourth.txt"];
    let [first, second, third, fourth] = files.map(|name| api.upload(name, name.as_bytes()));
    let ids = [first.await, second.await, third.await, fourth.await];
    let body = json!({"fields": {"summary": "A project", "queues": "JUNE", "tags": ["old"]}});
    let created = api.send_json("POST", "/v2/entities/project", &body).await;
    assert_eq!(created.status, StatusCode::OK, "{}", created.text());
    let path = format!("/v2/entities/project/{}", created.json()["id"].as_str().expect("an id"));

    let comments = format!("{path}/comments");
    let fields =
        json!({"fields": {"summary": "The project", "lead": "lead", "tags": null, "teamUsers": ["team-1", "team-2"]}});
    let with_file = json!({"text": "With a file", "attachmentIds": [ids[1]]});
    let everything = json!({"fields": {"lead": "client"}, "comment": "On the way", "attachmentIds": [ids[3]]});
    let nothing = json!({"fields": {"lead": "client"}});
    for (call, token) in [
        (Call::json("PATCH", &path, &fields), "lead-token"),
        (Call::json("POST", &comments, &json!({"text": "A comment"})), "team-1-token"),
        (Call::json("POST", &comments, &with_file), "team-2-token"),
        (Call::post(&format!("{path}/attachments/{}", ids[0])), "client-token"),
        (Call::post(&format!("{path}/attachments/{}?filename=renamed.txt", ids[2])), "follower-token"),
        (Call::get(&format!("{path}/attachments/{}", ids[0])).method("DELETE"), "author-token"),
        (Call::json("PATCH", &path, &everything), "lead-token"),
        // A change that changes nothing raises the version and makes no event.
        (Call::json("PATCH", &path, &nothing), "lead-token"),
    ] {
        let answer = api.send(call.token(token).request()).await;
        assert!(answer.status.is_success(), "{}: {}", answer.status, answer.text());
    }
    (api, path)
}

#[tokio::test]
async fn everything_that_happens_to_an_entity() {
    let (api, path) = eventful().await;
    let answer = api.get(&format!("{path}/events/_relative")).await;
    insta::assert_snapshot!(answer.transcript().replace("},{\"id\"", "},\n{\"id\""));
    api.assert_selfs_resolve(&answer).await;
}

#[tokio::test]
async fn every_page_is_a_part_of_the_history() {
    let (api, path) = eventful().await;
    api.assert_relative(&format!("{path}/events/_relative"), "events", "newEventsOnTop").await;
}

#[tokio::test]
async fn the_transport_is_the_version_of_the_request() {
    let (api, path) = eventful().await;
    for version in ["v2", "v3"] {
        let path = path.replace("/v2/", &format!("/{version}/"));
        let part = api.get(&format!("{path}/events/_relative?perPage=1")).await.json();
        assert_eq!(part["events"][0]["transport"], version);
    }
}

#[tokio::test]
async fn wrong_parameters() {
    let (api, path) = eventful().await;
    let mut log = Log::default();
    let before = api.state().await;
    for query in [
        "perPage=0",
        "perPage=x",
        "newEventsOnTop=yes",
        "newEventsOnTop=",
        "direction=up",
        "from=000000000000000000000000",
        "from=",
        "selected=x",
        "from=x&selected=x",
    ] {
        let answer = log.send(&api, query, &Call::get(&format!("{path}/events/_relative?{query}"))).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
    }
    assert_eq!(api.state().await, before);
    insta::assert_snapshot!(log.text());
}

#[tokio::test]
async fn a_saved_history_is_the_same() {
    let (api, path) = eventful().await;
    let copy = Api::loaded(&api.state().await);
    for query in ["", "?newEventsOnTop=true&perPage=3"] {
        let path = format!("{path}/events/_relative{query}");
        assert_eq!(copy.get(&path).await.text(), api.get(&path).await.text(), "{query}");
    }
}
