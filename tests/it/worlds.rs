//! Worlds: every organisation has its own, a copy of the fixtures, until `POST /_mock/reset`.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use tracker_mock::{Config, FixtureSource, Limits};

use crate::support::{Answer, Api, Call, Form, Log, NOW, PROJECT, WORLD_BYTES};

async fn upload(api: &Api, org: &str) -> String {
    let call = Call::upload("/v2/attachments/", &Form::file("a.txt", b"text")).org(org);
    let answer = api.send(call.request()).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    answer.json()["id"].as_str().expect("an id").to_owned()
}

async fn attach(api: &Api, org: &str, file: &str) -> Answer {
    api.send(Call::post(&format!("/v2/entities/project/{PROJECT}/attachments/{file}")).org(org).request()).await
}

async fn outbox(api: &Api, org: &str) -> Value {
    api.get(&format!("/_mock/outbox?org={org}")).await.json()
}

async fn reset(api: &Api, query: &str) {
    let answer = api.send(Call::bare(Method::POST, &format!("/_mock/reset{query}")).request()).await;
    assert_eq!((answer.status, answer.text()), (StatusCode::NO_CONTENT, ""));
}

#[tokio::test]
async fn each_has_its_own_files_ids_entities_history_and_outbox() {
    let api = Api::new();
    let fixtures = api.state_of("untouched").await;
    for id in ["30", "31"] {
        assert_eq!(upload(&api, "one").await, id);
    }
    assert_eq!(attach(&api, "one", "30").await.json()["version"], 78);
    assert_eq!(api.state_of("two").await, fixtures);
    assert_eq!(outbox(&api, "two").await, json!([]));

    // The same ids, versions and events again, not the next ones.
    let one = (api.state_of("one").await, outbox(&api, "one").await);
    assert_eq!(attach(&api, "two", "30").await.status, StatusCode::NOT_FOUND);
    for id in ["30", "31"] {
        assert_eq!(upload(&api, "two").await, id);
    }
    assert_eq!(attach(&api, "two", "30").await.json()["version"], 78);
    assert_eq!((api.state_of("two").await, outbox(&api, "two").await), one);
    assert_eq!(outbox(&api, "two").await.as_array().map(Vec::len), Some(1));
    assert_eq!((api.state_of("one").await, outbox(&api, "one").await), one);
    assert_eq!(api.state_of("untouched").await, fixtures);
}

#[tokio::test]
async fn one_too_many_does_not_come_into_being() {
    let limits = set!(Limits::default(); max_worlds: 2);
    let api = Api::with(set!(Config::default(); limits));
    upload(&api, "one").await;
    upload(&api, "two").await;
    let used_bytes = api.used_bytes();

    let refused =
        api.send(Call::upload("/v2/attachments/", &Form::file("a.txt", b"text")).org("three").request()).await;
    insta::assert_snapshot!(refused.transcript());
    let json = |path: &str, body: Value| Call::json("PUT", path, &body).request();
    for request in [
        json("/_mock/clock?org=three", json!({"mode": "run"})),
        json("/_mock/ids?org=three", json!({"seed": 7})),
        json("/_mock/state?org=three", api.state_of("one").await),
    ] {
        let path = request.uri().to_string();
        let answer = api.send(request).await;
        assert_eq!(answer.status, StatusCode::INSUFFICIENT_STORAGE, "{path}: {}", answer.text());
    }
    // There is nothing to forget, so nothing is changed.
    reset(&api, "?org=three&keep=state").await;
    assert!(api.is_untouched("three"));
    assert_eq!(api.used_bytes(), used_bytes, "nothing is half-stored");

    // To look, or to fail, brings no world into being.
    assert_eq!(api.send(Call::get("/v2/entities/project/4").org("three").request()).await.status, StatusCode::OK);
    assert_eq!(attach(&api, "three", "999").await.status, StatusCode::NOT_FOUND);
    upload(&api, "one").await;
    reset(&api, "?org=two").await;
    upload(&api, "three").await;
}

/// A world whose fixtures have notifications changes when it forgets them, so it is one of those that are counted.
#[tokio::test]
async fn a_world_that_forgets_its_first_notifications_needs_room() {
    let original = Api::new();
    let id = upload(&original, "test").await;
    assert_eq!(attach(&original, "test", &id).await.status, StatusCode::OK);
    let fixtures = FixtureSource::Text(original.state_of("test").await.to_string());
    let limits = set!(Limits::default(); max_worlds: 1);
    let api = Api::with(set!(Config::default(); fixtures, limits));
    reset(&api, "?org=one&keep=state").await;
    assert_eq!(outbox(&api, "one").await, json!([]));
    let refused = api.call(Method::POST, "/_mock/reset?org=two&keep=state").await;
    assert_eq!(refused.status, StatusCode::INSUFFICIENT_STORAGE, "{}", refused.text());
    assert_eq!(outbox(&api, "two").await.as_array().map(Vec::len), Some(1));
}

/// Of a large world, what nobody changes is held once.
#[tokio::test]
async fn worlds_share_what_they_do_not_change() {
    let api = Api::new();
    assert!(api.own_copies("test").is_empty());
    let id = upload(&api, "test").await;
    assert!(!api.is_untouched("test"));
    assert_eq!(api.own_copies("test"), [] as [String; 0]);
    assert_eq!(attach(&api, "test", &id).await.status, StatusCode::OK);
    assert_eq!(api.own_copies("test"), [PROJECT]);
    let patch = api.send_json("PATCH", "/v2/issues/JUNE-3", &json!({"summary": "changed"})).await;
    assert_eq!(patch.status, StatusCode::OK);
    assert_eq!(api.own_copies("test"), [PROJECT, "JUNE-3"]);
    // What one world changes is changed in no other, and a reset leads back to what is shared.
    let before = api.state_of("another").await;
    assert_eq!(attach(&api, "another", &upload(&api, "another").await).await.status, StatusCode::OK);
    reset(&api, "?org=another").await;
    assert_eq!(api.state_of("another").await, before);
    assert_eq!(api.own_copies("another"), [] as [String; 0]);
}

/// Who changes many worlds a little pays for each of them, and gets it back.
#[tokio::test]
async fn a_changed_world_is_charged_until_it_is_reset() {
    let touched =
        async |api: &Api, org: &str| api.send_json("PUT", &format!("/_mock/ids?org={org}"), &json!({"seed": 7})).await;
    let api = Api::new();
    let unused = api.used_bytes();
    touched(&api, "one").await;
    let world_bytes = api.used_bytes() - unused;
    assert!((4096..WORLD_BYTES).contains(&world_bytes), "{world_bytes}");

    let limits = set!(Limits::default(); max_memory_bytes: unused + 3 * world_bytes);
    let api = Api::with(set!(Config::default(); limits));
    let touch = async |org: &str| touched(&api, org).await.status;
    for org in ["one", "two", "three", "one"] {
        assert_eq!(touch(org).await, StatusCode::OK, "{org}");
    }
    assert_eq!(api.used_bytes(), unused + 3 * world_bytes);
    assert_eq!(touch("four").await, StatusCode::INSUFFICIENT_STORAGE);
    let goal = Call::json("POST", "/v2/entities/goal", &json!({"fields": {"summary": "New"}})).org("four");
    let refused = api.send(goal.request()).await;
    assert_eq!(refused.status, StatusCode::INSUFFICIENT_STORAGE);
    assert!(refused.text().contains("--max-memory"), "{}", refused.text());
    assert!(api.is_untouched("four"));

    reset(&api, "?org=two").await;
    assert_eq!(api.used_bytes(), unused + 2 * world_bytes);
    assert_eq!(touch("four").await, StatusCode::OK);
    reset(&api, "?all=true").await;
    assert_eq!(api.used_bytes(), unused);
}

/// Names of organisations are taken as they are.
#[tokio::test]
async fn names_are_told_apart_by_every_character() {
    let api = Api::new();
    for org in ["org", "Org", "org ", "org/", "орг", "0", "00", "default"] {
        let expected = if org == "org " { "31" } else { "30" };
        assert_eq!(upload(&api, org).await, expected, "{org:?}");
    }
}

#[tokio::test]
async fn one_is_reset_and_the_others_stay() {
    let api = Api::new();
    let (fixtures, unused) = (api.state_of("untouched").await, api.used_bytes());
    for org in ["one", "two"] {
        let id = upload(&api, org).await;
        assert_eq!(attach(&api, org, &id).await.status, StatusCode::OK);
        upload(&api, org).await;
    }
    let two = api.state_of("two").await;
    let used_by_one = (api.used_bytes() - unused) / 2;
    reset(&api, "?org=one").await;
    assert!(api.is_untouched("one") && !api.is_untouched("two"));
    assert_eq!((api.state_of("one").await, outbox(&api, "one").await), (fixtures, json!([])));
    assert_eq!((api.state_of("two").await, outbox(&api, "two").await.as_array().map(Vec::len)), (two, Some(1)));
    assert_eq!(api.used_bytes(), unused + used_by_one);
    assert_eq!(upload(&api, "one").await, "30");
    assert_eq!(upload(&api, "two").await, "32");
}

#[tokio::test]
async fn all_are_reset_at_once() {
    let api = Api::new();
    let (fixtures, unused) = (api.state_of("untouched").await, api.used_bytes());
    for org in ["one", "two"] {
        upload(&api, org).await;
    }
    reset(&api, "?all=true").await;
    for org in ["one", "two"] {
        assert_eq!(api.state_of(org).await, fixtures);
    }
    assert_eq!(api.used_bytes(), unused);
    // What is not there can be reset as well.
    reset(&api, "?org=nobody").await;
    reset(&api, "?all=true").await;
    assert_eq!(upload(&api, "one").await, "30");
}

/// A refused request takes no id and no memory, in a world that was changed before as in one that was not; and the
/// latter it does not bring into being.
#[tokio::test]
async fn what_is_refused_leaves_nothing() {
    let api = Api::new();
    for expected in ["30", "31"] {
        let unused = api.used_bytes();
        assert_eq!(attach(&api, "one", "999").await.status, StatusCode::NOT_FOUND);
        let two_files = Form::file("a.txt", b"text").and_part("Content-Disposition: form-data; filename=\"b\"", b"");
        let refused = Call::upload("/v2/attachments/", &two_files).org("one");
        assert_eq!(api.send(refused.request()).await.status, StatusCode::BAD_REQUEST);
        assert_eq!((api.used_bytes(), api.is_untouched("one")), (unused, expected == "30"));
        assert_eq!(upload(&api, "one").await, expected);
        assert!(!api.is_untouched("one"));
    }
}

#[tokio::test]
async fn reading_costs_no_memory() {
    let api = Api::new();
    let unused = api.used_bytes();
    for number in 0..100 {
        let org = format!("org-{number}");
        for path in [format!("/v2/entities/project/{PROJECT}?expand=all"), "/v2/entities/goal/1".to_owned()] {
            assert_eq!(api.send(Call::get(&path).org(&org).request()).await.status, StatusCode::OK);
        }
        assert!(api.state_of(&org).await.is_object());
        assert_eq!(outbox(&api, &org).await, json!([]));
        assert!(api.is_untouched(&org));
    }
    assert_eq!(api.used_bytes(), unused);
}

/// The files of the fixtures are stored once, however many worlds have them.
#[tokio::test]
async fn a_changed_world_costs_only_what_was_added() {
    let api = Api::new();
    let unused = api.used_bytes();
    let mut of_one = 0;
    for number in 1..=10_u64 {
        let org = format!("org-{number:02}");
        let id = upload(&api, &org).await;
        assert_eq!(attach(&api, &org, &id).await.status, StatusCode::OK);
        of_one = if number == 1 { api.used_bytes() - unused } else { of_one };
        assert_eq!(api.used_bytes(), unused + number * of_one);
    }
    // The picture of the fixtures alone has more than 10,000 bytes.
    assert!(of_one < WORLD_BYTES, "{of_one}");
}

/// What is there stays, what only tells of it goes.
#[tokio::test]
async fn a_reset_may_keep_the_state() {
    let api = Api::new();
    let set = async |path: &str, body: Value| {
        assert_eq!(api.send_json("PUT", path, &body).await.status, StatusCode::OK, "{path}");
    };
    set("/_mock/ids?org=one", json!({"seed": 7})).await;
    for org in ["one", "two"] {
        set(&format!("/_mock/clock?org={org}"), json!({"mode": "tick", "at": "2030-01-01T00:00:00Z", "step": 1})).await;
        let id = upload(&api, org).await;
        assert_eq!(attach(&api, org, &id).await.status, StatusCode::OK);
        upload(&api, org).await;
    }
    let without_outbox = |state: &Value| {
        let mut state = state.clone();
        state["outbox"] = json!([]);
        state
    };
    let (one, two, used) = (api.state_of("one").await, api.state_of("two").await, api.used_bytes());
    assert_ne!(without_outbox(&one), one);

    reset(&api, "?org=one&keep=state").await;
    assert_eq!((api.state_of("one").await, api.state_of("two").await), (without_outbox(&one), two.clone()));
    let now = async |org: &str| api.get(&format!("/_mock/clock?org={org}")).await.json()["now"].clone();
    assert_eq!([now("one").await, now("two").await], [json!(NOW), json!("2030-01-01T00:00:00.003+0000")]);
    assert_eq!(api.get("/_mock/ids?org=one").await.json()["seed"], 7);

    reset(&api, "?all=true&keep=state").await;
    assert_eq!((api.state_of("two").await, now("two").await), (without_outbox(&two), json!(NOW)));
    assert!(api.used_bytes() < used, "the notifications take nothing any more");
    assert_eq!(upload(&api, "one").await, "32");
    reset(&api, "?keep=state&org=nobody").await;
    assert!(api.is_untouched("nobody"));
}

/// Worlds may start with notifications, and with a clock that was set for all of them.
#[tokio::test]
async fn worlds_that_nobody_changed_forget_as_well() {
    let saved = {
        let api = Api::new();
        let id = upload(&api, "one").await;
        assert_eq!(attach(&api, "one", &id).await.status, StatusCode::OK);
        api.state_of("one").await
    };
    let api = Api::loaded(&saved);
    reset(&api, "?org=one&keep=state").await;
    assert_eq!(outbox(&api, "one").await, json!([]));
    assert_eq!(outbox(&api, "two").await.as_array().map(Vec::len), Some(1));
    let clock = json!({"mode": "freeze", "at": "2030-01-01T00:00:00Z"});
    assert_eq!(api.send_json("PUT", "/_mock/clock?all=true", &clock).await.status, StatusCode::OK);
    reset(&api, "?all=true&keep=state").await;
    assert_eq!(outbox(&api, "two").await, json!([]));
    assert_eq!(api.get("/_mock/clock?org=two").await.json()["now"], NOW);
    reset(&api, "?all=true").await;
    assert_eq!(outbox(&api, "two").await.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_misspelt_reset_does_nothing() {
    let api = Api::new();
    upload(&api, "one").await;
    let before = api.state_of("one").await;
    let mut log = Log::default();
    for query in [
        "?all=true&keep=everything",
        "?all=true&keep=",
        "?all=true&keep=State",
        "?all=true&keep=state&keep=state",
        "?all=true&kept=state",
        "?organization=one",
    ] {
        let answer = log.send(&api, query, &Call::post(&format!("/_mock/reset{query}"))).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
    }
    assert_eq!(api.state_of("one").await, before);
    insta::assert_snapshot!(log.text());
}

/// With the state or without, of one world or of all.
#[tokio::test]
async fn a_reset_forgets_what_happened() {
    let api = Api::new();
    let told = async |org: &str| {
        let get = async |what: &str| api.get(&format!("/_mock/{what}?org={org}")).await.json();
        let (requests, faults, coverage) = (get("requests").await, get("faults").await, get("coverage").await);
        let reached =
            coverage["operations"].as_array().expect("a list").iter().filter(|one| one["reached"] != 0).count();
        [requests.as_array().map(Vec::len), faults["rules"].as_array().map(Vec::len), Some(reached)]
    };
    // The coverage of one world is kept, because it is about all tests.
    let cases = [
        ("?keep=state&org=one", [0, 0, 1], 1),
        ("?org=one", [0, 0, 1], 1),
        ("?all=true&keep=coverage", [0, 0, 1], 0),
        ("?all=true&keep=state,coverage", [0, 0, 1], 0),
        ("?all=true&keep=state", [0; 3], 0),
        ("?all=true", [0; 3], 0),
    ];
    for (query, left, rest) in cases {
        for org in ["one", "two"] {
            upload(&api, org).await;
            let rules = json!({"rules": [{"preset": "rate-limit"}]});
            let armed = api.send_json("PUT", &format!("/_mock/faults?org={org}"), &rules).await;
            assert_eq!(armed.status, StatusCode::OK, "{}", armed.text());
        }
        assert_eq!(told("one").await, [Some(1); 3], "{query}");
        reset(&api, query).await;
        let others = if rest == 1 { [1; 3] } else { left };
        assert_eq!((told("one").await, told("two").await), (left.map(Some), others.map(Some)), "{query}");
        reset(&api, "?all=true").await;
    }
}
