//! `/_mock/worlds`, and what is told of a world whose name nobody has used.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::time::advance;
use tracker_mock::{Config, Limits, Timestamp, TrackerMock};

use crate::support::{Answer, Api, Call, Form};

/// How large the files of the embedded fixtures are.
const FIXTURE_FILE_BYTES: u64 = 3102;

async fn read(api: &Api, org: &str) {
    assert_eq!(api.send(Call::get("/v2/myself").org(org).request()).await.status, StatusCode::OK);
}

/// The list, without the times of this machine.
async fn worlds(api: &Api) -> Value {
    let mut worlds = api.get("/_mock/worlds").await.json();
    for world in worlds.as_array_mut().expect("a list") {
        world.as_object_mut().expect("an object").remove("lastSeen");
    }
    worlds
}

async fn names(api: &Api) -> Vec<String> {
    let worlds = worlds(api).await;
    let worlds = worlds.as_array().expect("a list").iter();
    worlds.map(|world| world["org"].as_str().expect("a name").to_owned()).collect()
}

async fn last_seen(api: &Api, org: &str) -> Option<i64> {
    let worlds = api.get("/_mock/worlds").await.json();
    let world =
        worlds.as_array().expect("a list").iter().find(|world| world["org"] == org).cloned().expect("the world");
    world.get("lastSeen").map(|time| Timestamp::parse(time.as_str().expect("a text")).expect("a time").unix_millis())
}

fn unknown(answer: &Answer) -> Option<&str> {
    answer.headers.get("x-unknown-world").map(|value| str::from_utf8(value.as_bytes()).expect("UTF-8"))
}

#[tokio::test]
async fn those_that_somebody_has_named_are_listed() {
    let api = Api::new();
    assert_eq!(worlds(&api).await, json!([]));
    read(&api, "read").await;
    read(&api, "read").await;
    api.upload("a.txt", b"text").await;
    let rules = json!({"rules": [{"preset": "flaky-503"}, {"preset": "rate-limit"}]});
    api.send_json("PUT", "/_mock/faults?org=armed", &rules).await;
    api.send(Call::get("/v2/myself?expand=attachments").org("read").request()).await;
    let files = FIXTURE_FILE_BYTES;
    let expected = json!([
        {"org": "armed", "changed": false, "requests": 0, "deviations": 0, "faults": 2, "fileBytes": files},
        {"org": "read", "changed": false, "requests": 3, "deviations": 1, "faults": 0, "fileBytes": files},
        {"org": "test", "changed": true, "requests": 1, "deviations": 0, "faults": 0, "fileBytes": files + 4},
    ]);
    assert_eq!(worlds(&api).await, expected);
    // To ask for a world is not to name it.
    api.get("/_mock/outbox?org=asked").await;
    api.get("/_mock/state?org=asked").await;
    assert_eq!(worlds(&api).await, expected);
    // Its coverage is left by a reset, but not by one of all worlds.
    api.post("/_mock/reset?org=test").await;
    let reset =
        json!({"org": "test", "changed": false, "requests": 0, "deviations": 0, "faults": 0, "fileBytes": files});
    assert_eq!(worlds(&api).await, json!([expected[0], expected[1], reset]));
    api.post("/_mock/reset?all=true").await;
    assert_eq!(worlds(&api).await, json!([]));
}

#[tokio::test(start_paused = true)]
async fn the_list_says_when_each_was_last_asked_for() {
    let api = Api::new();
    // The clock of the test stands still since before the server has started.
    advance(Duration::from_secs(60)).await;
    read(&api, "read").await;
    api.send_json("PUT", "/_mock/ids?org=set", &json!({"seed": 7})).await;
    let began = (last_seen(&api, "read").await, last_seen(&api, "set").await);
    assert_eq!(began.0, began.1);
    advance(Duration::from_secs(5)).await;
    // The list itself asks for no world.
    assert_eq!((last_seen(&api, "read").await, last_seen(&api, "set").await), began);
    read(&api, "read").await;
    assert_eq!(last_seen(&api, "read").await, began.0.map(|began| began + 5000));
    advance(Duration::from_secs(5)).await;
    api.get("/_mock/outbox?org=set").await;
    assert_eq!(last_seen(&api, "set").await, began.1.map(|began| began + 10_000));
}

/// The times have a share of the memory. Worlds that do not fit into it have none.
#[tokio::test]
async fn the_times_are_bounded() {
    let api = Api::with(set!(Config::default(); limits: set!(Limits::default(); max_memory_bytes: 1 << 20)));
    for number in 0..2100 {
        read(&api, &format!("{number:0>4}")).await;
    }
    assert!(last_seen(&api, "2047").await.is_some());
    assert_eq!(last_seen(&api, "2048").await, None);
    api.post("/_mock/reset?all=true").await;
    read(&api, "2048").await;
    assert!(last_seen(&api, "2048").await.is_some());
}

#[tokio::test]
async fn one_is_forgotten_as_if_nobody_had_named_it() {
    let api = Api::new();
    for org in ["gone", "kept"] {
        let form = Form::file("a.txt", b"text");
        let answer = api.send(Call::upload("/v2/attachments/", &form).org(org).request()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        api.send_json("PUT", &format!("/_mock/faults?org={org}"), &json!({"rules": [{"preset": "rate-limit"}]})).await;
        api.call(Method::PUT, &format!("/_mock/snapshots/ready?org={org}")).await;
    }
    let kept = api.state_of("kept").await;
    let coverage = api.get("/_mock/coverage?all=true&operation=upload_temp_file").await.json();
    assert_eq!(coverage["operations"][0]["goals"][0], json!({"goal": "status 201", "count": 2}));

    let answer = api.call(Method::DELETE, "/_mock/worlds/gone").await;
    assert_eq!((answer.status, answer.text(), unknown(&answer)), (StatusCode::NO_CONTENT, "", None));
    assert_eq!(names(&api).await, ["kept"]);
    assert!(api.is_untouched("gone"));
    for path in ["requests", "faults", "snapshots"] {
        let emptied = api.get(&format!("/_mock/{path}?org=gone")).await.json();
        let left = api.get(&format!("/_mock/{path}?org=kept")).await.json();
        let count = |list: &Value| list["rules"].as_array().or(list.as_array()).map(Vec::len);
        assert_eq!((count(&emptied), count(&left)), (Some(0), Some(1)), "{path}");
    }
    assert_eq!(api.state_of("kept").await, kept);
    // The table of the whole suite does not lose what a test has cleaned up.
    let mut expected = coverage;
    expected["faults"].as_array_mut().expect("a list").remove(0);
    (expected["total"], expected["percent"]) = (json!(expected["total"].as_u64().expect("a number") - 1), json!(0));
    let mut found = api.get("/_mock/coverage?all=true&operation=upload_temp_file").await.json();
    found["percent"] = json!(0);
    assert_eq!(found, expected);
    assert_eq!(api.get("/_mock/coverage?org=gone").await.json()["reached"], 0);

    let answer = api.call(Method::DELETE, "/_mock/worlds/kepd").await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(unknown(&answer), Some("Nobody has named \"kepd\" yet. Did you mean \"kept\"?"));
    assert_eq!(names(&api).await, ["kept"]);
    api.post("/_mock/reset?all=true").await;
    assert_eq!(api.get("/_mock/coverage?all=true").await.json()["reached"], 0);
}

fn forgetful(idle: Duration) -> Config {
    set!(Config::default(); limits: set!(Limits::default(); world_idle: Some(idle)))
}

#[tokio::test(start_paused = true)]
async fn those_that_nobody_asks_for_are_forgotten_where_that_is_wanted() {
    const MINUTE: Duration = Duration::from_secs(60);
    let (api, keeping) = (Api::with(forgetful(4 * MINUTE)), Api::new());
    for api in [&api, &keeping] {
        api.upload("a.txt", b"text").await;
        read(api, "read").await;
    }
    assert_eq!(api.post("/_mock/worlds").await.status, StatusCode::CREATED);
    advance(2 * MINUTE).await;
    read(&api, "read").await;
    advance(2 * MINUTE - Duration::from_millis(1)).await;
    assert_eq!(names(&api).await, ["read", "test", "world-1"]);
    advance(MINUTE).await;
    assert_eq!(names(&api).await, ["read"]);
    assert!(api.is_untouched("test"));
    // A call of the control plane that names the world asks for it too.
    api.get("/_mock/requests?org=read").await;
    advance(3 * MINUTE).await;
    assert_eq!(names(&api).await, ["read"]);
    advance(2 * MINUTE).await;
    assert_eq!(names(&api).await, Vec::<String>::new());
    advance(100_000 * MINUTE).await;
    assert_eq!(names(&keeping).await, ["read", "test"]);
}

#[tokio::test(start_paused = true)]
async fn one_with_a_request_under_way_is_not_idle() {
    let idle = Duration::from_secs(60);
    let api = Api::with(forgetful(idle));
    let earlier = api.upload("earlier.txt", b"text").await;
    let (send, receive) = tokio::sync::oneshot::channel::<()>();
    let form = Form::file("a.txt", b"text").bytes().to_vec();
    let (head, rest) = (form[..20].to_vec(), form[20..].to_vec());
    let last = async move {
        receive.await.expect("the sender is there");
        Ok::<_, std::io::Error>(rest)
    };
    let body = futures_util::stream::iter([Ok(head)]).chain(futures_util::stream::once(last));
    let slow = Form::file("a.txt", b"").request("/v2/attachments/").map(|_| Body::from_stream(body));
    let others = async {
        advance(10 * idle).await;
        assert_eq!(names(&api).await, ["test"]);
        send.send(()).expect("the receiver is there");
    };
    let (answer, ()) = tokio::join!(api.send(slow), others);
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let found = api.get(&format!("/v2/attachments/{earlier}/earlier.txt")).await;
    assert_eq!((found.status, found.text()), (StatusCode::OK, "text"));
}

#[tokio::test]
async fn a_server_that_nobody_asks_for_anything_forgets_them_too() {
    let mock = TrackerMock::builder().config(forgetful(Duration::from_millis(1))).start().await.expect("a free port");
    drop(mock.fresh_world());
    let forgotten = async {
        while !mock.worlds().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), forgotten).await.expect("it is forgotten");
    mock.shutdown().await;
}

#[tokio::test]
async fn a_fresh_one_is_nobody_elses() {
    let api = Api::new();
    read(&api, "world-2").await;
    for org in ["world-1", "world-3"] {
        let answer = api.post("/_mock/worlds").await;
        assert_eq!((answer.status, answer.json()), (StatusCode::CREATED, json!({ "org": org })));
        assert_eq!(unknown(&api.get(&format!("/_mock/requests?org={org}")).await), None);
    }
    // A reset does not give a name to a second test.
    api.post("/_mock/reset?all=true").await;
    assert_eq!(api.post("/_mock/worlds").await.json(), json!({"org": "world-4"}));
}

#[tokio::test]
async fn there_is_no_fresh_one_where_there_is_no_room() {
    let limits = set!(Limits::default(); max_worlds: 1);
    let api = Api::with(set!(Config::default(); limits));
    assert_eq!(api.post("/_mock/worlds").await.status, StatusCode::CREATED);
    let answer = api.post("/_mock/worlds").await;
    assert_eq!(answer.status, StatusCode::INSUFFICIENT_STORAGE, "{}", answer.text());
    assert_eq!(worlds(&api).await.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn an_empty_answer_says_that_a_name_may_be_misspelt() {
    let api = Api::new();
    read(&api, "my-test").await;
    read(&api, "проект").await;
    for (org, said) in [
        ("my-tset", Some("Nobody has named \"my-tset\" yet. Did you mean \"my-test\"?")),
        ("xyz", Some("Nobody has named \"xyz\" yet.")),
        ("%D0%BF%D1%80%D0%BE%D0%B5%D0%BA", Some("Nobody has named \"проек\" yet. Did you mean \"проект\"?")),
        ("a%0Ab", Some("Nobody has named \"a\\nb\" yet.")),
        ("my-test", None),
    ] {
        for path in ["requests", "requests/wait?timeout=1ms&count=9", "coverage", "coverage?format=text", "outbox"] {
            let separator = if path.contains('?') { '&' } else { '?' };
            let answer = api.get(&format!("/_mock/{path}{separator}org={org}")).await;
            assert_eq!(unknown(&answer), said, "{path} {org}");
        }
        let checked =
            api.send_json("POST", &format!("/_mock/verify?org={org}"), &json!({"match": {}, "count": 0})).await;
        assert_eq!(unknown(&checked), said, "{org}");
    }
    assert_eq!(unknown(&api.get("/_mock/requests?all=true&method=PUT").await), None);
}

/// A request that names an organisation is enough, whatever came of it.
#[tokio::test]
async fn a_refused_request_names_its_world_too() {
    let api = Api::new();
    api.send(Call::get("/v2/nothing").org("refused").request()).await;
    assert_eq!(unknown(&api.get("/_mock/outbox?org=refused").await), None);
}

#[tokio::test]
async fn the_library_has_fresh_ones_too() {
    let mock = TrackerMock::start().await.expect("a free port");
    let (one, other) = (mock.fresh_world(), mock.fresh_world());
    assert_eq!((one.org(), other.org()), ("world-1", "world-2"));
    let listed = || mock.worlds().into_iter().map(|world| (world.org, world.changed)).collect::<Vec<_>>();
    assert_eq!(listed(), [("world-1".to_owned(), true), ("world-2".to_owned(), true)]);
    one.delete();
    assert_eq!(listed(), [("world-2".to_owned(), true)]);
    mock.shutdown().await;
}
