//! `/_mock/state?org=ID`: a saved world, loaded again, gives the same answers.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use tracker_mock::{Config, FixtureSource, Limits};

use crate::support::names::encoded;
use crate::support::{
    Answer, Api, Call, Form, GOAL, Log, NOW, ORG, PORTFOLIO, PROJECT, PROJECT_WITH_FILES, WORLD_BYTES, images,
};

const FIELDS: &str = "summary,description,author,lead,teamUsers,clients,followers,start,end,checklistItems,tags,parentEntity,\
    teamAccess,quarter,entityStatus,issueQueues";

/// A server whose every world starts as this saved one.
fn loaded(state: &str) -> Api {
    Api::with(set!(Config::default(); fixtures: FixtureSource::Text(state.to_owned())))
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

/// An editor that opens a saved world gets its schema from the server, by the address that the client used.
#[tokio::test]
async fn a_saved_world_names_its_schema() {
    let public = set!(Config::default(); public_url: Some("https://tracker.example.com/mock".to_owned()));
    let export = Call::bare(Method::GET, &format!("/_mock/state?org={ORG}"));
    for (api, call, address) in [
        (Api::new(), export.clone(), "http://tracker.test/_mock/schema.json"),
        (Api::new(), export.clone().header("Host", "localhost:8081"), "http://localhost:8081/_mock/schema.json"),
        (Api::new(), export.clone().without("Host"), "http://127.0.0.1:8080/_mock/schema.json"),
        (Api::with(public), export, "https://tracker.example.com/mock/_mock/schema.json"),
    ] {
        let state = api.send(call.request()).await;
        assert!(state.text().starts_with(&format!("{{\n  \"$schema\": \"{address}\",\n")), "{}", &state.text()[..200]);
        let schema = api.get("/_mock/schema.json").await;
        assert_eq!((schema.status, schema.text()), (StatusCode::OK, tracker_mock::FIXTURE_SCHEMA));
        let schema = jsonschema::validator_for(&schema.json()).expect("a schema");
        assert!(schema.is_valid(&state.json()), "{:?}", schema.iter_errors(&state.json()).next());
    }
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
    assert_same_answers(&original, &copy).await;
}

/// Every question gets the same answer from both.
async fn assert_same_answers(original: &Api, copy: &Api) {
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
        (200, json(Method::POST, "/v2/entities/portfolio", json!({"fields": {"summary": "new"}}))),
        (204, Call::new(Method::DELETE, "/v2/entities/portfolio/3")),
        (201, upload("/v2/attachments/")),
        (200, json(Method::POST, "/v2/entities/goal/1/comments", json!({"text": "c", "attachmentIds": [37]}))),
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
    let reset = copy.send(Call::bare(Method::POST, "/_mock/reset?all=true").request()).await;
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

async fn put(api: &Api, org: &str, state: impl AsRef<[u8]>) -> Answer {
    api.send(Call::bare(Method::PUT, &format!("/_mock/state?org={org}")).body(state).request()).await
}

#[tokio::test]
async fn a_world_is_replaced_by_a_saved_one() {
    for original in [used().await, changed().await] {
        let state = saved(&original).await;
        let copy = Api::new();
        copy.upload("gone.txt", b"text").await;
        let others = copy.state_of("another").await;
        let answer = put(&copy, ORG, &state).await;
        assert_eq!((answer.status, answer.text()), (StatusCode::NO_CONTENT, ""));
        assert_eq!(saved(&copy).await, state);
        assert_eq!(copy.state_of("another").await, others);
        assert!(copy.is_untouched("another"));
    }
    let (original, copy) = (used().await, Api::new());
    assert_eq!(put(&copy, ORG, saved(&original).await).await.status, StatusCode::NO_CONTENT);
    assert_same_answers(&original, &copy).await;
    // A reset leads back to the fixtures, not to what was loaded.
    assert_eq!(copy.post("/_mock/reset?all=true").await.status, StatusCode::NO_CONTENT);
    assert_eq!(saved(&copy).await, saved(&Api::new()).await);
}

/// The document is as large as it is, whatever other bodies may be; and what it replaces takes no memory any more.
#[tokio::test]
async fn what_is_replaced_is_freed() {
    let limits = set!(Limits::default(); max_json_bytes: 100);
    let api = Api::with(set!(Config::default(); limits));
    let (small, unused) = (saved(&api).await, api.used_bytes());
    api.upload("large.bin", &[0xff; 100_000]).await;
    let (large, used) = (saved(&api).await, api.used_bytes());
    assert!(used > unused + 100_000);
    for state in [&small, &large, &large, &small] {
        assert_eq!(put(&api, ORG, state).await.status, StatusCode::NO_CONTENT);
        // The files of the fixtures are shared by the worlds that start with them; a loaded world has its own.
        let added = if state == &small { 0 } else { used - unused };
        let expected = unused + unused + added;
        assert!((expected..expected + WORLD_BYTES).contains(&api.used_bytes()), "{expected}, {}", api.used_bytes());
    }
    let chunked = Call::bare(Method::PUT, &format!("/_mock/state?org={ORG}")).body(&large).chunked();
    assert_eq!(api.send(chunked.request()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(saved(&api).await, large);
}

#[tokio::test]
async fn clock_and_seed_of_a_replaced_world_stay() {
    let api = Api::new();
    for (path, body) in [
        ("/_mock/clock?org=one", json!({"mode": "tick", "at": "2030-01-01T00:00:00Z", "step": "1s"})),
        ("/_mock/ids?org=one", json!({"seed": 7})),
    ] {
        assert_eq!(api.send_json("PUT", path, &body).await.status, StatusCode::OK);
    }
    let state = saved(&used().await).await;
    assert_eq!(put(&api, "one", &state).await.status, StatusCode::NO_CONTENT);
    let clock = api.get("/_mock/clock?org=one").await.json();
    assert_eq!(clock, json!({"mode": "tick", "now": "2030-01-01T00:00:00.000+0000", "step": "1s"}));
    assert_eq!(api.get("/_mock/ids?org=one").await.json()["seed"], 7);
    // A world that was not there yet has those that worlds start with.
    assert_eq!(put(&api, "two", &state).await.status, StatusCode::NO_CONTENT);
    assert_eq!(api.get("/_mock/clock?org=two").await.json(), json!({"mode": "freeze", "now": NOW}));
}

/// What the counters of a document do not know of is not issued again all the same.
#[tokio::test]
async fn ids_that_are_there_are_not_issued_again() {
    let api = Api::new();
    let goal = json!({"fields": {"summary": "s"}});
    let issue = json!({"queue": "JUNE", "summary": "s"});
    let create = async || {
        let mut ids = Vec::new();
        for (path, body) in [("/v2/entities/goal", &goal), ("/v2/issues", &issue)] {
            ids.push(api.send_json("POST", path, body).await.json()["id"].clone());
        }
        ids
    };
    let before = create().await;
    let mut state = api.state().await;
    state.as_object_mut().expect("an object").remove("counters");
    assert_eq!(put(&api, ORG, state.to_string()).await.status, StatusCode::NO_CONTENT);
    let after = create().await;
    assert!(before.iter().all(|id| id.is_string() && !after.contains(id)), "{before:?} {after:?}");
}

#[tokio::test]
async fn a_wrong_document_loads_nothing() {
    let limits = set!(Limits::default(); max_file_bytes: 4000);
    let api = Api::with(set!(Config::default(); limits));
    api.upload("a.txt", b"text").await;
    let (before, used) = (api.state().await.to_string(), api.used_bytes());
    let with = |from: &str, to: &str| {
        assert!(before.contains(from), "{from}");
        before.replacen(from, to, 1).into_bytes()
    };
    let mut log = Log::default();
    for (name, body) in [
        ("nothing", Vec::new()),
        ("no JSON", b"users".to_vec()),
        ("cut off", before.as_bytes()[..before.len() - 1].to_vec()),
        (
            "not UTF-8",
            with("\"text\":\"text\"", "\"text\":\"te\u{0}xt\"")
                .into_iter()
                .map(|byte| if byte == 0 { 0xff } else { byte })
                .collect(),
        ),
        ("something after the end", format!("{before} {{}}").into_bytes()),
        ("a list", b"[]".to_vec()),
        ("a list for an object", with("\"counters\":{", "\"counters\":[null,null],\"other\":{")),
        ("no users", with("\"users\":[", "\"people\":[")),
        ("an unknown member", with("\"shortId\":", "\"shortID\":")),
        ("a number for a text", with("\"summary\":\"", "\"summary\":1,\"other\":\"")),
        ("a file that is used twice", with("\"temporaryFiles\":[{\"id\":\"30\"", "\"temporaryFiles\":[{\"id\":\"4\"")),
        ("content from a path", with("{\"text\":\"text\"}", "{\"path\":\"/etc/hostname\"}")),
        ("base64 that is none", with("{\"text\":\"text\"}", "{\"base64\":\"dGV4d!==\"}")),
        ("base64 with something after its end", with("{\"text\":\"text\"}", "{\"base64\":\"dA==dA==\"}")),
        ("a file over the limit", with("{\"text\":\"text\"}", &format!("{{\"base64\":\"{}\"}}", "A".repeat(5336)))),
        ("a counter that is too low", with("\"nextFile\":31", "\"nextFile\":30")),
        (
            "several mistakes",
            String::from_utf8(with("\"text\":\"text\"", "\"txt\":\"text\""))
                .expect("text")
                .replacen("\"shortId\":4", "\"shortId\":\"4\"", 1)
                .into_bytes(),
        ),
    ] {
        let answer =
            log.send(&api, name, &Call::bare(Method::PUT, &format!("/_mock/state?org={ORG}")).body(body)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name}: {}", answer.text());
        assert_eq!((api.state().await.to_string(), api.used_bytes()), (before.clone(), used), "{name}");
    }
    for path in ["/_mock/state", "/_mock/state?org=", "/_mock/state?organization=test"] {
        let answer = log.send(&api, path, &Call::bare(Method::PUT, path).body(&before)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
    }
    insta::assert_snapshot!(log.text());
}

/// The document, its files and the world that it replaces must fit together, and where they do not, the world stays.
#[tokio::test]
async fn a_document_that_does_not_fit_loads_nothing() {
    let limits = set!(Limits::default(); max_memory_bytes: 300_000);
    let api = Api::with(set!(Config::default(); limits));
    let small = saved(&api).await;
    let large = |bytes| {
        let mut state: Value = serde_json::from_str(&small).expect("JSON");
        state["temporaryFiles"] = json!([{"id": "30", "name": "a.txt", "createdBy": "lead", "createdAt": NOW,
            "content": {"text": "x".repeat(bytes)}}]);
        state["counters"]["nextFile"] = json!(31);
        state.to_string()
    };
    let used = api.used_bytes();
    let room = 300_000 - used as usize - small.len();
    // The first is a document that does not fit by itself, the next one that does, but without its files.
    for (bytes, chunked) in [(room, false), (room, true), (room / 2, false), (room / 2, true)] {
        let call = Call::bare(Method::PUT, &format!("/_mock/state?org={ORG}")).body(large(bytes));
        let answer = api.send(if chunked { call.chunked() } else { call }.request()).await;
        assert_eq!(answer.status, StatusCode::INSUFFICIENT_STORAGE, "{bytes}: {}", answer.text());
        assert_eq!((saved(&api).await, api.used_bytes()), (small.clone(), used), "{bytes}");
    }
    assert_eq!(put(&api, ORG, large(room / 2 - 100_000)).await.status, StatusCode::NO_CONTENT);
}
