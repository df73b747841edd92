//! `/v2/issues/{key}/comments/{id}/reactions/{reaction}`

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, Api, Call, Log, PROJECT};

const COMMENT: &str = "/v3/issues/JUNE-2/comments/1";

async fn react(api: &Api, method: Method, reaction: &str, token: &str) -> Answer {
    api.send(Call::new(method, &format!("{COMMENT}/reactions/{reaction}")).token(token).request()).await
}

/// What a user sees of the reactions to the comment.
async fn shown(api: &Api, token: &str) -> Value {
    let call = Call::get(&format!("{COMMENT}?expand=reactions")).token(token);
    let comment = api.send(call.request()).await.json();
    let names = |users: &Value| -> Value {
        users.as_array().expect("a list").iter().map(|user| user["display"].clone()).collect()
    };
    let reacted = comment["usersReacted"].as_object().into_iter().flatten();
    json!([reacted.map(|(name, users)| json!([name, names(users)])).collect::<Vec<_>>(), comment["ownReactions"]])
}

#[tokio::test]
async fn from_the_first_to_none() {
    let api = Api::new();
    let unused = api.get(COMMENT).await.text().to_owned();
    let mut log = Log::default();
    let call = Call::post(&format!("{COMMENT}/reactions/LIKE")).token("lead-token");
    let added = log.send(&api, "like", &call).await;
    assert_eq!(added.status, StatusCode::OK);
    api.assert_selfs_resolve(&added).await;
    let after = api.state().await;
    // Again.
    assert_eq!(api.send(call.request()).await.text(), added.text());
    assert_eq!(api.state().await, after);
    for (reaction, token) in [("LIKE", "author-token"), ("heart", "lead-token"), ("Rocket", "lead-token")] {
        assert_eq!(react(&api, Method::POST, reaction, token).await.status, StatusCode::OK);
    }
    let lead = json!([
        [["heart", ["Project Lead"]], ["like", ["Project Lead", "Автор Проекта"]], ["rocket", ["Project Lead"]]],
        ["heart", "like", "rocket"],
    ]);
    assert_eq!(shown(&api, "lead-token").await, lead);
    assert_eq!(shown(&api, "author-token").await, json!([lead[0], ["like"]]));
    assert_eq!(shown(&api, "client-token").await, json!([lead[0], null]));
    let expanded = log.send(&api, "expanded", &Call::get(&format!("{COMMENT}?expand=all")).token("lead-token")).await;
    api.assert_selfs_resolve(&expanded).await;
    log.send(&api, "in the list", &Call::get("/v2/issues/JUNE-2/comments")).await;

    let copy = Api::loaded(&api.state().await);
    assert_eq!(copy.state().await, api.state().await);
    assert_eq!(shown(&copy, "lead-token").await, lead);
    // A change of the text leaves them.
    for text in ["A longer comment with a file.", "A comment with a file."] {
        api.send_json("PATCH", COMMENT, &json!({"text": text})).await;
    }
    assert_eq!(shown(&api, "lead-token").await, lead);

    for (reaction, token) in
        [("LIKE", "lead-token"), ("like", "author-token"), ("HEART", "lead-token"), ("ROCKET", "lead-token")]
    {
        let deleted = react(&api, Method::DELETE, reaction, token).await;
        assert_eq!((deleted.status, deleted.text()), (StatusCode::NO_CONTENT, ""));
    }
    let left = api.get(COMMENT).await.json();
    assert_eq!((left.get("reactionsCount"), left.get("ownReactions"), &left["version"]), (None, None, &json!(3)));
    assert!(!unused.contains("eactions"), "{unused}");
    log.send(&api, "the history", &Call::get("/v3/issues/JUNE-2/changelog?type=IssueCommentReactionAdded&perPage=1"))
        .await;
    let gone = Call::get("/v3/issues/JUNE-2/changelog?type=IssueCommentReactionRemoved&perPage=1");
    log.send(&api, "what went", &gone).await;
    insta::assert_snapshot!(log.text());
    let again = Api::loaded(&api.state().await);
    assert_eq!(again.state().await, api.state().await);
}

const ALL: [&str; 12] =
    ["LIKE", "DISLIKE", "LAUGH", "HOORAY", "CONFUSED", "HEART", "ROCKET", "EYES", "FIRE", "OK", "FACEPALM", "CHECK"];

/// Each name of the page.
#[tokio::test]
async fn every_reaction() {
    let api = Api::new();
    for reaction in ALL {
        let answer = react(&api, Method::POST, reaction, "lead-token").await;
        assert_eq!(answer.json()["reactionsCount"][reaction.to_lowercase()], 1, "{reaction}");
    }
}

/// What reactions take is charged until they go, whatever happens to the comment in between; what is recorded stays.
#[tokio::test]
async fn reactions_are_charged() {
    let api = Api::new();
    api.send_json("PATCH", COMMENT, &json!({"text": "one"})).await;
    let mut taken = Vec::new();
    for (reacts, edits) in [(true, false), (false, true), (true, true)] {
        let before = api.used_bytes();
        for reaction in ALL.into_iter().filter(|_| reacts) {
            react(&api, Method::POST, reaction, "lead-token").await;
        }
        assert_eq!(api.used_bytes() > before + 12 * 300, reacts);
        for text in ["two", "one"].into_iter().filter(|_| edits) {
            api.send_json("PATCH", COMMENT, &json!({"text": text})).await;
        }
        for reaction in ALL.into_iter().filter(|_| reacts) {
            assert_eq!(react(&api, Method::DELETE, reaction, "lead-token").await.status, StatusCode::NO_CONTENT);
        }
        taken.push(api.used_bytes() - before);
    }
    assert_eq!(taken[2], taken[0] + taken[1], "{taken:?}");
}

#[tokio::test]
async fn reactions_that_are_refused() {
    let api = Api::new();
    react(&api, Method::POST, "LIKE", "author-token").await;
    let before = (api.state().await, api.used_bytes());
    let mut log = Log::default();
    for (method, path) in [
        (Method::POST, format!("{COMMENT}/reactions/LOVE")),
        (Method::POST, "/v3/issues/JUNE-2/comments/99/reactions/LIKE".to_owned()),
        (Method::POST, "/v3/issues/JUNE-99/comments/1/reactions/LIKE".to_owned()),
        (Method::DELETE, format!("{COMMENT}/reactions/LIKE")),
        (Method::DELETE, format!("{COMMENT}/reactions/HEART")),
        (Method::DELETE, format!("{COMMENT}/reactions/LOVE")),
    ] {
        let call = Call::new(method, &path).token("lead-token");
        assert_eq!(log.send(&api, &path, &call).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let russian = Call::post(&format!("{COMMENT}/reactions/LOVE")).header("Accept-Language", "ru");
    log.send(&api, "in Russian", &russian).await;
    insta::assert_snapshot!(log.text());
    assert_eq!((api.state().await, api.used_bytes()), before);
}

/// Comments of entities show them too, though only fixtures can set them.
#[tokio::test]
async fn reactions_of_fixtures() {
    let api = Api::new();
    api.send_json("POST", &format!("/v3/entities/project/{PROJECT}/comments"), &json!({"text": "A comment"})).await;
    let state = api.state().await;
    let with = |reactions: Value| {
        let mut state = state.clone();
        let entities = state["entities"].as_array_mut().expect("a list");
        let project = entities.iter_mut().find(|entity| entity["id"] == PROJECT).expect("the project");
        project["comments"][0]["reactions"] = reactions;
        state
    };
    let loaded = Api::loaded(&with(json!({"fire": ["lead", "author"]})));
    let comment = loaded.get(&format!("/v3/entities/project/{PROJECT}/comments/22?expand=all")).await.json();
    assert_eq!(
        (&comment["usersReacted"]["fire"][1]["display"], &comment["ownReactions"]),
        (&json!("Автор Проекта"), &json!(["fire"]))
    );
    assert_eq!(loaded.state().await, with(json!({"fire": ["lead", "author"]})));
    for (reactions, expected) in [
        (json!({"love": ["lead"]}), "\"love\" is not known here"),
        (json!({"like": ["nobody"]}), "There is no user \"nobody\""),
        (json!({"like": ["lead", "lead"]}), "The reaction \"like\" is used twice"),
    ] {
        let refused = api.send_json("PUT", "/_mock/state?org=test", &with(reactions)).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text());
        let errors = refused.json()["errors"].as_object().expect("an object").clone();
        let (place, message) = errors.iter().next().expect("an error");
        assert!(place.contains("comments[0].reactions"), "{place}");
        assert!(message.as_str().expect("a text").contains(expected), "{message}");
    }
    assert_eq!(api.state().await, state);
}
