//! `/_mock/ids`: what ids are made from.

use axum::http::StatusCode;
use serde_json::{Value, json};
use tracker_mock::{EntityId, FileId};

use crate::support::{Answer, Api, Call, Form, Log, assert_refused};

async fn set(api: &Api, query: &str, seed: u64) -> Value {
    let answer = api.send_json("PUT", &format!("/_mock/ids{query}"), &json!({"seed": seed})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(api.get(&format!("/_mock/ids{query}")).await.text(), answer.text());
    answer.json()
}

async fn create(api: &Api, org: &str, path: &str, body: &Value) -> Answer {
    let answer = api.send(Call::json("POST", path, body).org(org).request()).await;
    assert!(answer.status.is_success(), "{}", answer.text());
    answer
}

/// The ids of a new entity, its first event, a new issue and a new comment: one of each kind with 24 digits.
async fn new_ids(api: &Api, org: &str) -> [String; 4] {
    let goal = json!({"fields": {"summary": "s", "checklistItems": [{"text": "t"}]}});
    let goal = create(api, org, "/v2/entities/goal?fields=checklistItems", &goal).await.json();
    let issue = create(api, org, "/v2/issues", &json!({"summary": "s", "queue": "JUNE"})).await.json();
    let comment = create(api, org, "/v2/issues/JUNE-2/comments", &json!({"text": "c"})).await.json();
    [&goal["id"], &goal["fields"]["checklistItems"][0]["id"], &issue["id"], &comment["longId"]]
        .map(|id| id.as_str().unwrap_or_else(|| panic!("no id: {goal} {issue} {comment}")).to_owned())
}

#[tokio::test]
async fn the_same_seed_gives_the_same_ids_and_another_gives_others() {
    let api = Api::new();
    let unset = new_ids(&api, "unset").await;
    let mut seen = vec![unset.clone()];
    // Numbers that only an integer of 64 bits tells apart are different seeds.
    for seed in [1, 2, 31, u64::MAX, u64::MAX - 1] {
        for org in ["one", "two"] {
            let query = format!("?org={org}-{seed}");
            assert_eq!(set(&api, &query, seed).await["seed"], seed);
        }
        let ids = new_ids(&api, &format!("one-{seed}")).await;
        assert_eq!(new_ids(&api, &format!("two-{seed}")).await, ids, "{seed}");
        assert!(seen.iter().all(|others| others.iter().zip(&ids).all(|(other, id)| other != id)), "{seed}: {ids:?}");
        seen.push(ids);
    }
    set(&api, "?org=zero", 0).await;
    assert_eq!(new_ids(&api, "zero").await, unset);
}

/// A seed in the middle issues nothing twice, and leaves the ids that are plain numbers as they are.
#[tokio::test]
async fn counters_go_on_when_the_seed_changes() {
    let api = Api::new();
    let upload = Call::upload("/v2/attachments/", &Form::file("a.txt", b"text")).org("one");
    let before = new_ids(&api, "one").await;
    let mut log = Log::default();
    log.send(&api, "before", &Call::get("/_mock/ids?org=one")).await;
    assert_eq!(api.send(upload.request()).await.json()["id"], "30");
    set(&api, "?org=one", 0).await;
    let after = new_ids(&api, "one").await;
    assert!(before.iter().zip(&after).all(|(before, after)| before != after), "{before:?} {after:?}");
    assert_eq!(api.send(upload.request()).await.json()["id"], "31");
    log.send(&api, "after", &Call::get("/_mock/ids?org=one")).await;
    insta::assert_snapshot!(log.text());
}

#[tokio::test]
async fn all_worlds_are_set_at_once() {
    let api = Api::new();
    let unset = new_ids(&api, "unset").await;
    set(&api, "?org=own", 7).await;
    set(&api, "?all=true", 8).await;
    assert_eq!(api.get("/_mock/ids?org=own").await.json()["seed"], 8);
    let ids = new_ids(&api, "own").await;
    assert_eq!(new_ids(&api, "to-come").await, ids);
    assert_ne!(ids, unset);
    assert_eq!(api.get("/_mock/ids?org=unset").await.json()["seed"], 8);

    assert_eq!(api.post("/_mock/reset?org=own").await.status, StatusCode::NO_CONTENT);
    assert_eq!(new_ids(&api, "own").await, ids);
    assert_eq!(api.post("/_mock/reset?all=true").await.status, StatusCode::NO_CONTENT);
    assert_eq!(new_ids(&api, "own").await, unset);
}

#[tokio::test]
async fn what_is_wrong_changes_nothing() {
    let api = Api::new();
    set(&api, "?org=one", 7).await;
    for (body, path) in [
        (json!({}), "seed"),
        (json!({"seed": null}), "seed"),
        (json!({"seed": "7"}), "seed"),
        (json!({"seed": -1}), "seed"),
        (json!({"seed": 1.5}), "seed"),
        (json!({"seed": 1e30}), "seed"),
        (json!({"seed": 8, "counters": {}}), "counters"),
    ] {
        let answer = api.send_json("PUT", "/_mock/ids?org=one", &body).await;
        assert_refused(&answer, StatusCode::BAD_REQUEST, path, &body);
    }
    assert_eq!(api.get("/_mock/ids?org=one").await.json()["seed"], 7);
}

#[test]
fn file_ids_have_one_spelling() {
    assert_eq!(FileId::parse("30"), Some(FileId::new(30)));
    for text in ["", "030", "+30", "-1", " 30", "3o", "18446744073709551616"] {
        assert_eq!(FileId::parse(text), None, "{text}");
    }
}

#[test]
fn object_ids_round_trip_and_refuse_other_text() {
    let parse = |text: &str| serde_json::from_value::<EntityId>(json!(text)).ok();
    let text = "6586d6fee2b9ef74e69df1ef";
    assert_eq!(parse(text).map(|id| id.to_string()).as_deref(), Some(text));
    for text in [
        "",
        "6586D6FEE2B9EF74E69DF1EF",
        "6586d6fee2b9ef74e69df1e",
        "6586d6fee2b9ef74e69df1eff",
        "6586d6fee2b9ef74e69df1eg",
    ] {
        assert_eq!(parse(text), None, "{text}");
    }
}
