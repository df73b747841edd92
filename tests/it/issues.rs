//! `/v2/issues/`, `/v2/issues/{key}`, `/v2/issues/_search`, `/v2/issues/_count`, `/v2/issues/_findByUnique`

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::support::{Answer, Api, Call, Log, NOW, images};

/// The members of an issue in the order of the reference; those after `favorite` are not in its example.
const MEMBERS: [&str; 33] = [
    "self",
    "id",
    "key",
    "version",
    "lastCommentUpdatedAt",
    "summary",
    "parent",
    "statusStartTime",
    "updatedBy",
    "statusType",
    "resolvedAt",
    "resolvedBy",
    "description",
    "type",
    "priority",
    "resolution",
    "createdAt",
    "followers",
    "createdBy",
    "commentWithoutExternalMessageCount",
    "votes",
    "commentWithExternalMessageCount",
    "assignee",
    "tags",
    "queue",
    "updatedAt",
    "status",
    "previousStatus",
    "unique",
    "favorite",
    "attachments",
    "transitions",
    "links",
];

/// What the contract promises of every full issue (section 6).
const PROMISED: [&str; 19] = [
    "self",
    "id",
    "key",
    "version",
    "summary",
    "type",
    "priority",
    "queue",
    "status",
    "favorite",
    "votes",
    "createdAt",
    "createdBy",
    "updatedAt",
    "updatedBy",
    "statusStartTime",
    "statusType",
    "commentWithoutExternalMessageCount",
    "commentWithExternalMessageCount",
];

fn post(path: &str, body: &Value) -> Call {
    Call::post(path).body(body.to_string())
}

fn patch(path: &str, body: &Value) -> Call {
    Call::new(Method::PATCH, path).body(body.to_string())
}

async fn sent(api: &Api, call: &Call, status: StatusCode) -> Answer {
    let answer = api.send(call.request()).await;
    assert_eq!(answer.status, status, "{call:?}: {}", answer.text());
    answer
}

/// Creates an issue in the queue JUNE with these further members.
async fn create(api: &Api, members: &Value) -> Value {
    let mut body = json!({"summary": "An issue", "queue": "JUNE"});
    let further = members.as_object().expect("an object").clone();
    body.as_object_mut().expect("an object").extend(further);
    sent(api, &post("/v2/issues/", &body), StatusCode::CREATED).await.json()
}

async fn change(api: &Api, issue: &str, body: &Value) -> Value {
    sent(api, &patch(&format!("/v2/issues/{issue}"), body), StatusCode::OK).await.json()
}

/// One member of each of several objects.
fn all_of<'a>(objects: &'a Value, member: &str) -> Vec<&'a str> {
    let objects = objects.as_array().unwrap_or_else(|| panic!("no list: {objects}"));
    objects.iter().map(|object| object[member].as_str().expect("a string")).collect()
}

fn assert_shape(issue: &Value) {
    let members: Vec<&str> = issue.as_object().expect("an object").keys().map(String::as_str).collect();
    let mut known = MEMBERS.iter();
    assert!(members.iter().all(|member| known.any(|other| other == member)), "{members:?}");
    assert!(PROMISED.iter().all(|promised| members.contains(promised)), "{members:?}");
    for reference in ["type", "priority", "queue", "status"] {
        let keys: Vec<_> = issue[reference].as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["self", "id", "key", "display"], "{reference}");
        let id = issue[reference]["id"].as_str().expect("a string");
        assert!(id.parse::<u64>().is_ok(), "{reference}: {id}");
    }
}

/// Every member of `errors` that a refusal names.
fn named_fields(answer: &Answer) -> Vec<String> {
    answer.json()["errors"].as_object().expect("an object").keys().cloned().collect()
}

#[tokio::test]
async fn a_new_issue_with_no_more_than_it_needs() {
    let api = Api::new();
    let answer = api.send(post("/v2/issues/", &json!({"summary": "Новая задача", "queue": "JUNE"})).request()).await;
    insta::assert_snapshot!(answer.transcript());
    assert_shape(&answer.json());
    api.assert_selfs_resolve(&answer).await;
    let got = api.get("/v2/issues/JUNE-4").await;
    assert_eq!((got.status, got.text()), (StatusCode::OK, answer.text()));
}

#[tokio::test]
async fn a_new_issue_with_everything() {
    let api = Api::new();
    api.upload("notes.txt", b"text").await;
    api.upload("picture.png", &images::png()).await;
    let body = json!({
        "summary": "  Everything  ",
        "queue": {"key": "TREK"},
        "description": "Lines\nof *text*",
        "type": "bug",
        "priority": "critical",
        "assignee": "team-1",
        "followers": ["lead", {"id": "1900000006"}],
        "tags": ["first", "второй"],
        "parent": "JUNE-2",
        "unique": "0f5c3ad1",
        "attachmentIds": ["31", 30],
        "notAField": {"of": "ours"},
    });
    let call = post("/v3/issues?expand=attachments,transitions&expand=links&notify=false", &body).token("client-token");
    let answer = sent(&api, &call, StatusCode::CREATED).await;
    insta::assert_snapshot!(answer.transcript());
    assert_shape(&answer.json());
    api.assert_selfs_resolve(&answer).await;
    assert_eq!(api.state().await["temporaryFiles"], json!([]));
}

#[tokio::test]
async fn every_issue_has_the_members_of_the_reference_in_its_order() {
    let api = Api::new();
    create(&api, &json!({"parent": "JUNE-2", "assignee": "lead", "tags": ["t"], "description": "d", "unique": "u"}))
        .await;
    let call = post("/v2/issues/_search?expand=attachments,transitions,links", &json!({}));
    let all = sent(&api, &call, StatusCode::OK).await;
    assert_eq!(all_of(&all.json(), "key"), ["JUNE-2", "JUNE-3", "JUNE-4", "TREK-1"]);
    for issue in all.json().as_array().expect("a list") {
        assert_shape(issue);
    }
    api.assert_selfs_resolve(&all).await;
}

#[tokio::test]
async fn queues_are_named_by_key_id_or_object() {
    let api = Api::new();
    for (number, queue) in [
        json!("TREK"),
        json!("2"),
        json!(2),
        json!({"key": "TREK"}),
        json!({"id": "2"}),
        json!({"id": 2}),
        json!({"self": "http://tracker.test/v2/queues/TREK", "id": "2", "key": "TREK", "display": "Trek"}),
    ]
    .into_iter()
    .enumerate()
    {
        let issue = create(&api, &json!({"queue": queue})).await;
        assert_eq!(issue["key"], format!("TREK-{}", number + 2), "{queue}");
        assert_eq!(issue["queue"]["key"], "TREK", "{queue}");
    }
}

#[tokio::test]
async fn types_and_priorities_are_named_by_key_id_or_object() {
    let api = Api::new();
    for (field, id, key, default) in [("type", 1, "bug", "task"), ("priority", 5, "blocker", "normal")] {
        for (value, expected) in [
            (json!(key), key),
            (json!(id), key),
            (json!(id.to_string()), key),
            (json!({"key": key}), key),
            (json!({"id": id}), key),
            (json!({"id": id.to_string(), "key": key}), key),
            (json!({"set": key}), key),
            (Value::Null, default),
        ] {
            let issue = create(&api, &json!({field: value})).await;
            assert_eq!(issue[field]["key"], expected, "{field}: {value}");
            let key = issue["key"].as_str().expect("a key");
            let changed = change(&api, key, &json!({field: value})).await;
            assert_eq!(changed[field], issue[field], "{field}: {value}");
        }
    }
}

#[tokio::test]
async fn users_are_named_by_login_uid_or_object() {
    let api = Api::new();
    let ways = [
        json!("team-1"),
        json!("1900000003"),
        json!(1_900_000_003),
        json!({"id": "1900000003"}),
        json!({"id": 1_900_000_003}),
        json!({"uid": 1_900_000_003}),
        json!({"login": "team-1"}),
        json!({"self": "http://tracker.test/v2/users/1900000003", "id": "1900000003", "display": "Первый Участник"}),
    ];
    let team_1 = json!({
        "self": "http://tracker.test/v2/users/1900000003", "id": "1900000003", "display": "Первый Участник",
        "cloudUid": "ajeppa7dgp5300000003", "passportUid": 1_500_000_003_u64,
    });
    for way in ways {
        let issue = create(&api, &json!({"assignee": way, "followers": ["lead", way]})).await;
        assert_eq!((&issue["assignee"], &issue["followers"][1]), (&team_1, &team_1), "{way}");
        // The reference writes the assignee as a list too.
        let issue = create(&api, &json!({"assignee": [way]})).await;
        assert_eq!(issue["assignee"], team_1, "[{way}]");
    }
    for nobody in [Value::Null, json!([])] {
        let issue = create(&api, &json!({"assignee": nobody, "followers": nobody})).await;
        assert_eq!((issue.get("assignee"), issue.get("followers")), (None, None), "{nobody}");
    }
}

#[tokio::test]
async fn null_means_absent() {
    let api = Api::new();
    let mut least = create(&api, &json!({})).await;
    let nulls = [
        "description",
        "type",
        "priority",
        "assignee",
        "followers",
        "tags",
        "parent",
        "unique",
        "attachmentIds",
        "notAField",
    ];
    let nulls: Map<String, Value> = nulls.into_iter().map(|name| (name.to_owned(), Value::Null)).collect();
    let mut with_nulls = create(&api, &Value::Object(nulls)).await;
    for issue in [&mut least, &mut with_nulls] {
        for own in ["self", "id", "key"] {
            issue.as_object_mut().expect("an object").remove(own);
        }
    }
    assert_eq!(least, with_nulls);
}

#[tokio::test]
async fn files_of_a_new_issue() {
    let api = Api::new();
    for name in ["first.txt", "second.txt", "third.txt"] {
        api.upload(name, b"text").await;
    }
    let call =
        post("/v2/issues?expand=attachments", &json!({"summary": "s", "queue": "JUNE", "attachmentIds": [31, "30"]}));
    let issue = sent(&api, &call.token("lead-token"), StatusCode::CREATED).await.json();
    let expected = [("31", "second.txt"), ("30", "first.txt")].map(|(id, name)| {
        json!({"self": format!("http://tracker.test/v2/issues/JUNE-4/attachments/{id}"), "id": id, "display": name})
    });
    assert_eq!(issue["attachments"], json!(expected));

    let files = api.get("/v2/issues/JUNE-4/attachments").await.json();
    assert_eq!(all_of(&files, "id"), ["31", "30"]);
    // They belong to who created the issue, not to who uploaded them.
    assert_eq!(files[0]["createdBy"]["id"], "1900000002");
    let left = api.state().await["temporaryFiles"].clone();
    assert_eq!(all_of(&left, "id"), ["32"]);

    // A temporary file serves once, and one that could not be used is left for the next request.
    let again = json!({"summary": "s", "queue": "JUNE", "attachmentIds": [32, 30]});
    let refused = sent(&api, &post("/v2/issues/", &again), StatusCode::UNPROCESSABLE_ENTITY).await;
    insta::assert_snapshot!(refused.text());
    assert_eq!(create(&api, &json!({"attachmentIds": [32]})).await["key"], "JUNE-5");
}

#[tokio::test]
async fn a_unique_value_is_taken_once() {
    let api = Api::new();
    let body = json!({"summary": "Once", "queue": "JUNE", "unique": "5d1f"});
    let created = sent(&api, &post("/v2/issues/", &body), StatusCode::CREATED).await;
    let before = api.state().await;
    let mut log = Log::default();
    let refused = log.send(&api, "the same again", &post("/v2/issues/", &body)).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let other_queue = json!({"summary": "Other", "queue": "TREK", "unique": "5d1f"});
    log.send(&api, "in another queue", &post("/v2/issues/", &other_queue).header("Accept-Language", "ru")).await;
    let found = Call::post("/v2/issues/_findByUnique?unique=5d1f").header("Content-Type", "application/json");
    let found = sent(&api, &found, StatusCode::OK).await;
    assert_eq!(found.text(), created.text());
    log.send(&api, "nobody has it", &Call::post("/v2/issues/_findByUnique?unique=5d1")).await;
    log.send(&api, "which one?", &Call::post("/v2/issues/_findByUnique")).await;
    log.send(&api, "with an unknown expand", &Call::post("/v2/issues/_findByUnique?unique=5d1f&expand=all")).await;
    insta::assert_snapshot!(log.text());
    assert_eq!(api.state().await, before);
    assert_eq!(create(&api, &json!({"unique": "5d1"})).await["unique"], "5d1");
}

#[tokio::test]
async fn bodies_that_make_no_issue() {
    let api = Api::new();
    let used = "4";
    let free = api.upload("free.txt", b"text").await;
    let before = api.state().await;
    let mut log = Log::default();
    let field = |name: &str, value: Value| json!({"summary": "s", "queue": "JUNE", name: value});
    for (name, body) in [
        ("", String::new()),
        ("", "[]".to_owned()),
        ("", "{\"summary\": \"s\", \"queue\"".to_owned()),
        ("summary", "null".to_owned()),
        ("summary", "{}".to_owned()),
        ("summary", json!({"queue": "JUNE"}).to_string()),
        ("summary", json!({"summary": null, "queue": "JUNE"}).to_string()),
        ("summary", json!({"summary": " \n", "queue": "JUNE"}).to_string()),
        ("summary", json!({"summary": 1, "queue": "JUNE"}).to_string()),
        ("summary", json!({"summary": ["s"], "queue": "JUNE"}).to_string()),
        ("queue", json!({"summary": "s"}).to_string()),
        ("queue", json!({"summary": "s", "queue": null}).to_string()),
        ("queue", json!({"summary": "s", "queue": "june"}).to_string()),
        ("queue", json!({"summary": "s", "queue": 3}).to_string()),
        ("queue", json!({"summary": "s", "queue": {}}).to_string()),
        ("queue", json!({"summary": "s", "queue": ["JUNE"]}).to_string()),
        ("queue", json!({"summary": "s", "queue": true}).to_string()),
        ("description", field("description", json!(1)).to_string()),
        ("type", field("type", json!("Bug")).to_string()),
        ("type", field("type", json!(99)).to_string()),
        ("type", field("type", json!(["bug"])).to_string()),
        ("priority", field("priority", json!("urgent")).to_string()),
        ("priority", field("priority", json!({})).to_string()),
        ("assignee", field("assignee", json!("nobody")).to_string()),
        ("assignee", field("assignee", json!(true)).to_string()),
        ("assignee", field("assignee", json!(["nobody"])).to_string()),
        ("followers", field("followers", json!("lead")).to_string()),
        ("followers", field("followers", json!(["lead", "nobody"])).to_string()),
        ("followers", field("followers", json!(["lead", null])).to_string()),
        ("tags", field("tags", json!("tag")).to_string()),
        ("tags", field("tags", json!([1])).to_string()),
        ("parent", field("parent", json!("JUNE-99")).to_string()),
        ("parent", field("parent", json!(true)).to_string()),
        ("unique", field("unique", json!(1)).to_string()),
        ("attachmentIds", field("attachmentIds", json!(free)).to_string()),
        ("attachmentIds", field("attachmentIds", json!({"0": free})).to_string()),
        ("attachmentIds", field("attachmentIds", json!([free, null])).to_string()),
        ("attachmentIds", field("attachmentIds", json!([free, {"id": free}])).to_string()),
        ("attachmentIds", field("attachmentIds", json!([free, "99"])).to_string()),
        ("attachmentIds", field("attachmentIds", json!([free, used])).to_string()),
        ("attachmentIds", field("attachmentIds", json!([free, free])).to_string()),
        ("attachmentIds", field("attachmentIds", json!([free, 30.5])).to_string()),
        ("attachmentIds", field("attachmentIds", json!([free, "one"])).to_string()),
    ] {
        let answer = log.send(&api, &body, &Call::post("/v2/issues/").body(&body)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        let expected: Vec<&str> = Some(name).filter(|name| !name.is_empty()).into_iter().collect();
        if !body.is_empty() {
            assert_eq!(named_fields(&answer), expected, "{body}");
        }
    }
    insta::assert_snapshot!(log.text());
    assert_eq!(api.state().await, before);
    create(&api, &json!({"attachmentIds": [free]})).await;
}

#[tokio::test]
async fn an_issue_by_key_and_by_id() {
    let api = Api::new();
    let mut log = Log::default();
    let by_key = log.send(&api, "by key", &Call::get("/v2/issues/JUNE-2")).await;
    api.assert_selfs_resolve(&by_key).await;
    for same in ["/v2/issues/6593a1b2c3d4e5f600000002", "/v2/issues/JUNE-2/", "/v2/issues/JUNE-2?expand=&fields="] {
        assert_eq!(api.get(same).await.text(), by_key.text(), "{same}");
    }
    let v3 = api.get("/v3/issues/6593a1b2c3d4e5f600000002").await;
    assert_eq!(v3.text(), by_key.text().replace("/v2/", "/v3/"));
    for unknown in ["JUNE-99", "june-2", "JUNE-02", "JUNE", "6593a1b2c3d4e5f600000009", "2"] {
        let answer = log.send(&api, unknown, &Call::get(&format!("/v2/issues/{unknown}"))).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{unknown}");
    }
    insta::assert_snapshot!(log.text());
}

#[tokio::test]
async fn what_an_issue_shows_on_request() {
    let api = Api::new();
    let mut log = Log::default();
    let attachments = json!([{
        "self": "http://tracker.test/v2/issues/JUNE-2/attachments/7", "id": "7", "display": "report.csv",
    }]);
    for (expand, expected) in [
        ("attachments", vec![("attachments", attachments.clone())]),
        ("transitions", vec![("transitions", api.get("/v2/issues/JUNE-2/transitions").await.json())]),
        ("links", vec![("links", json!([]))]),
        ("links,attachments", vec![("attachments", attachments.clone()), ("links", json!([]))]),
        ("", vec![]),
        (",", vec![]),
    ] {
        let answer = api.get(&format!("/v2/issues/JUNE-2?expand={expand}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{expand}");
        let issue = answer.json();
        let shown = ["attachments", "transitions", "links"].into_iter();
        let shown: Vec<_> = shown.filter_map(|name| Some((name, issue.get(name)?.clone()))).collect();
        assert_eq!(shown, expected, "{expand}");
        api.assert_selfs_resolve(&answer).await;
    }
    let repeated = api.get("/v2/issues/JUNE-2?expand=links&expand=attachments&expand=links").await;
    assert_eq!(repeated.text(), api.get("/v2/issues/JUNE-2?expand=attachments,links").await.text());
    for unknown in ["all", "html", "Attachments", "attachments,nothing"] {
        let answer = log.send(&api, unknown, &Call::get(&format!("/v2/issues/JUNE-2?expand={unknown}"))).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{unknown}");
    }
    let before = api.state().await;
    let body = json!({"summary": "s", "queue": "JUNE"});
    log.send(&api, "create", &post("/v2/issues?expand=boards", &body)).await;
    log.send(&api, "change", &patch("/v2/issues/JUNE-2?expand=boards", &body)).await;
    log.send(&api, "search", &post("/v2/issues/_search?expand=boards", &json!({}))).await;
    insta::assert_snapshot!(log.text());
    assert_eq!(api.state().await, before);
}

#[tokio::test]
async fn a_change_of_every_field() {
    let api = Api::new();
    api.upload("notes.txt", b"text").await;
    let body = json!({
        "summary": "New summary",
        "description": "New description",
        "type": {"key": "story"},
        "priority": 1,
        "assignee": {"login": "team-2"},
        "followers": ["follower", "client"],
        "tags": ["one", "two"],
        "parent": {"id": "6593a1b2c3d4e5f600000003"},
        "attachmentIds": [30],
        "queue": "TREK",
        "status": null,
        "unique": "ignored",
        "customField": 1,
    });
    let call = patch("/v2/issues/6593a1b2c3d4e5f600000002?expand=attachments", &body).token("client-token");
    let answer = sent(&api, &call, StatusCode::OK).await;
    insta::assert_snapshot!(answer.transcript());
    assert_shape(&answer.json());
    api.assert_selfs_resolve(&answer).await;
    assert_eq!(api.get("/v2/issues/JUNE-2?expand=attachments").await.text(), answer.text());
}

/// The status changes by transitions only; the service was seen to say so in these words.
#[tokio::test]
async fn what_is_read_only_is_not_changed() {
    let api = Api::new();
    let before = api.state().await;
    for (body, names) in [
        (json!({"status": "closed"}), "status"),
        (json!({"status": {"key": "closed"}, "summary": "Other"}), "status"),
        (json!({"createdAt": NOW, "status": 3}), "status, createdAt"),
        (json!({"statusStartTime": NOW}), "statusStartTime"),
        (json!({"createdBy": "lead"}), "createdBy"),
        (json!({"updatedAt": NOW}), "updatedAt"),
        (json!({"created": NOW}), "created"),
        (json!({"updated": NOW}), "updated"),
    ] {
        for (language, text) in
            [("en", format!("Fields [{names}] are read-only.")), ("ru", format!("Поля [{names}] только для чтения."))]
        {
            let call = patch("/v2/issues/JUNE-2", &body).header("Accept-Language", language);
            let answer = sent(&api, &call, StatusCode::UNPROCESSABLE_ENTITY).await;
            assert_eq!(answer.json(), json!({"errors": {}, "errorMessages": [text], "statusCode": 422}));
        }
    }
    assert_eq!(api.state().await, before);
}

#[tokio::test]
async fn null_takes_a_value_away() {
    let api = Api::new();
    let before = api.get("/v2/issues/JUNE-3").await.json();
    let fields = json!({
        "description": "d", "assignee": "lead", "followers": ["lead"], "tags": ["t"], "parent": "JUNE-2",
    });
    let full = change(&api, "JUNE-3", &fields).await;
    assert!(full.get("assignee").is_some() && full.get("parent").is_some(), "{full}");
    for empty in [
        json!({"description": null, "assignee": null, "followers": null, "tags": null, "parent": null}),
        json!({"description": null, "assignee": [], "followers": [], "tags": [], "parent": null}),
    ] {
        change(&api, "JUNE-3", &fields).await;
        let mut emptied = change(&api, "JUNE-3", &empty).await;
        for changed in ["version", "updatedAt", "updatedBy"] {
            emptied[changed] = before[changed].clone();
        }
        assert_eq!(emptied, before, "{empty}");
    }
    // What always has a value keeps it.
    let body = json!({"type": null, "priority": null, "queue": null, "attachmentIds": null, "unique": null});
    let mut kept = change(&api, "JUNE-3", &body).await;
    for changed in ["version", "updatedAt", "updatedBy"] {
        kept[changed] = before[changed].clone();
    }
    assert_eq!(kept, before);
}

#[tokio::test]
async fn lists_change_by_operators() {
    let api = Api::new();
    change(&api, "JUNE-3", &json!({"followers": ["lead", "client"], "tags": ["a", "b"]})).await;
    for (operators, expected) in [
        (json!({"tags": {"add": ["c", "a"]}}), json!(["a", "b", "c"])),
        (json!({"tags": {"add": "d"}}), json!(["a", "b", "c", "d"])),
        (json!({"tags": {"remove": ["b", "x"], "add": null}}), json!(["a", "c", "d"])),
        (json!({"tags": {"remove": "a", "add": "e"}}), json!(["c", "d", "e"])),
        (json!({"tags": {"set": ["z"]}}), json!(["z"])),
        (json!({"tags": {}}), json!(["z"])),
        (json!({"tags": ["y"]}), json!(["y"])),
    ] {
        assert_eq!(change(&api, "JUNE-3", &operators).await["tags"], expected, "{operators}");
    }
    for (operators, expected) in [
        (json!({"followers": {"add": ["team-1", "lead"]}}), vec!["1900000002", "1900000005", "1900000003"]),
        (json!({"followers": {"remove": [{"id": 1_900_000_002}]}}), vec!["1900000005", "1900000003"]),
        (json!({"followers": {"set": "author"}}), vec!["1900000001"]),
        (json!({"followers": {"add": ["team-2"], "remove": ["author"]}}), vec!["1900000004"]),
    ] {
        assert_eq!(all_of(&change(&api, "JUNE-3", &operators).await["followers"], "id"), expected, "{operators}");
    }
}

#[tokio::test]
async fn each_change_raises_the_version_by_one() {
    let api = Api::new();
    api.upload("notes.txt", b"text").await;
    let mut version = api.get("/v2/issues/JUNE-3").await.json()["version"].as_u64().expect("a number");
    for body in [
        json!({"summary": "New"}),
        json!({"summary": "New"}),
        json!({"summary": "Newer", "description": "d", "tags": ["a"], "attachmentIds": [30]}),
        json!({}),
        Value::Null,
    ] {
        let issue = change(&api, "JUNE-3", &body).await;
        version += 1;
        assert_eq!((&issue["version"], &issue["updatedAt"]), (&json!(version), &json!(NOW)), "{body}");
    }
    let others = api.get("/v2/issues/JUNE-2").await.json();
    assert_eq!((&others["version"], &others["updatedAt"]), (&json!(3), &json!("2024-01-12T16:20:00.000+0000")));
}

/// Version 1 is the one in the fixtures.
#[tokio::test]
async fn a_change_of_the_version_that_the_client_knows() {
    for (query, header, expected) in [
        ("", None, 200),
        ("?version=1", None, 200),
        ("?version=1", Some("\"9\""), 200),
        ("", Some("\"1\""), 200),
        ("", Some("W/\"1\""), 200),
        ("", Some("1"), 200),
        ("", Some("*"), 200),
        ("?version=2", None, 412),
        ("?version=0", None, 412),
        ("?version=2", Some("\"1\""), 412),
        ("", Some("\"2\""), 412),
        ("?version=one", None, 400),
        ("?version=-1", None, 400),
        ("?version=1.0", None, 400),
        ("?version=", None, 400),
        ("?version=1&version=1", None, 400),
        ("", Some("\"one\""), 400),
        ("", Some(""), 400),
    ] {
        let api = Api::new();
        api.upload("notes.txt", b"text").await;
        let before = api.state().await;
        let body = json!({"summary": "New", "attachmentIds": [30]});
        let call = patch(&format!("/v2/issues/JUNE-3{query}"), &body);
        let call = header.map_or(call.clone(), |header| call.header("If-Match", header));
        let answer = api.send(call.request()).await;
        assert_eq!(answer.status, expected, "{query} {header:?}: {}", answer.text());
        if expected != 200 {
            assert_eq!(api.state().await, before, "{query} {header:?}");
        }
    }
}

#[tokio::test]
async fn changes_that_are_refused() {
    let api = Api::new();
    let free = api.upload("free.txt", b"text").await;
    let before = api.state().await;
    let mut log = Log::default();
    for (status, field, body) in [
        (422, "summary", json!({"summary": null})),
        (422, "summary", json!({"summary": ""})),
        (422, "summary", json!({"summary": {"set": "s"}})),
        (422, "description", json!({"description": ["d"]})),
        (422, "type", json!({"type": "none"})),
        (422, "priority", json!({"priority": false})),
        (422, "assignee", json!({"assignee": "nobody"})),
        (422, "followers", json!({"followers": {"append": ["lead"]}})),
        (422, "followers", json!({"followers": {"add": ["nobody"]}})),
        (422, "tags", json!({"tags": {"add": [1]}})),
        (422, "tags", json!({"tags": 1})),
        (422, "parent", json!({"parent": "JUNE-99"})),
        (422, "attachmentIds", json!({"summary": "New", "attachmentIds": [free, "4"]})),
        (422, "attachmentIds", json!({"summary": "New", "attachmentIds": [free, 99]})),
        (422, "attachmentIds", json!({"summary": "New", "attachmentIds": free})),
    ] {
        let answer = log.send(&api, &body.to_string(), &patch("/v2/issues/JUNE-3", &body)).await;
        assert_eq!((answer.status.as_u16(), named_fields(&answer)), (status, vec![field.to_owned()]), "{body}");
    }
    let body = json!({"summary": "New"});
    log.send(&api, "an unknown issue", &patch("/v2/issues/JUNE-99", &body)).await;
    log.send(&api, "a stale version", &patch("/v2/issues/JUNE-3?version=7", &body)).await;
    log.send(&api, "a stale If-Match", &patch("/v2/issues/JUNE-3", &body).header("If-Match", "\"7\"")).await;
    log.send(&api, "no version", &patch("/v2/issues/JUNE-3?version=new", &body)).await;
    log.send(&api, "no version in If-Match", &patch("/v2/issues/JUNE-3", &body).header("If-Match", "new")).await;
    log.send(&api, "no object", &patch("/v2/issues/JUNE-3", &json!(["New"]))).await;
    log.send(&api, "an issue is never deleted", &Call::new(Method::DELETE, "/v2/issues/JUNE-3")).await;
    insta::assert_snapshot!(log.text());
    assert_eq!(api.state().await, before);
    change(&api, "JUNE-3", &json!({"attachmentIds": [free]})).await;
}

/// Issues of two queues with different values in every field that can be filtered by.
async fn searched() -> Api {
    let api = Api::new();
    create(&api, &json!({"type": "bug", "priority": "minor", "assignee": "lead", "tags": ["x", "y"]})).await;
    create(&api, &json!({"summary": "Second", "followers": ["team-1", "lead"], "tags": ["y"]})).await;
    change(&api, "TREK-1", &json!({"assignee": "author", "type": "epic"})).await;
    api
}

#[tokio::test]
async fn a_search_answers_whole_issues() {
    let api = Api::new();
    let answer = sent(&api, &post("/v2/issues/_search", &json!({"queue": "JUNE"})), StatusCode::OK).await;
    insta::assert_snapshot!(answer.list_transcript());
    for issue in answer.json().as_array().expect("a list") {
        let key = issue["key"].as_str().expect("a key");
        assert_eq!(api.get(&format!("/v2/issues/{key}")).await.json(), *issue);
    }
    let expanded = post("/v2/issues/_search?expand=attachments", &json!({"keys": "JUNE-2"}));
    let expanded = sent(&api, &expanded, StatusCode::OK).await;
    assert_eq!(all_of(&expanded.json()[0]["attachments"], "id"), ["7"]);
    api.assert_selfs_resolve(&expanded).await;
}

#[tokio::test]
async fn what_a_search_finds() {
    const ALL: [&str; 5] = ["JUNE-2", "JUNE-3", "JUNE-4", "JUNE-5", "TREK-1"];
    let api = searched().await;
    for (body, expected) in [
        (json!({}), &ALL[..]),
        (Value::Null, &ALL),
        (json!({"queue": null, "keys": null, "filter": null, "query": null, "filterId": null, "order": null}), &ALL),
        (json!({"filter": {}}), &ALL),
        (json!({"filter": {"queue": null}}), &ALL),
        (json!({"query": ""}), &ALL),
        (json!({"queue": "TREK"}), &["TREK-1"]),
        (json!({"queue": "JUNE", "order": ["+key"]}), &["JUNE-2", "JUNE-3", "JUNE-4", "JUNE-5"]),
        (json!({"queue": "june"}), &[]),
        (json!({"keys": ["TREK-1", "JUNE-3"]}), &["JUNE-3", "TREK-1"]),
        (json!({"keys": "JUNE-3"}), &["JUNE-3"]),
        (json!({"keys": ["JUNE-99", "JUNE-3", "JUNE-3"]}), &["JUNE-3"]),
        (json!({"keys": []}), &[]),
        (json!({"filter": {"queue": "TREK"}}), &["TREK-1"]),
        (json!({"filter": {"queue": ["TREK", "NONE"]}}), &["TREK-1"]),
        (json!({"filter": {"queue": {"key": "TREK"}}}), &["TREK-1"]),
        (json!({"filter": {"key": ["JUNE-2", "JUNE-4"]}}), &["JUNE-2", "JUNE-4"]),
        (json!({"filter": {"type": "bug"}}), &["JUNE-4"]),
        (json!({"filter": {"type": ["bug", "epic"]}}), &["JUNE-4", "TREK-1"]),
        (json!({"filter": {"type": 1}}), &["JUNE-4"]),
        (json!({"filter": {"priority": "minor"}}), &["JUNE-4"]),
        (json!({"filter": {"status": "open"}}), &ALL),
        (json!({"filter": {"status": "closed"}}), &[]),
        (json!({"filter": {"assignee": "lead"}}), &["JUNE-4"]),
        (json!({"filter": {"assignee": 1_900_000_002}}), &["JUNE-4"]),
        (json!({"filter": {"assignee": {"id": "1900000002"}}}), &["JUNE-4"]),
        (json!({"filter": {"assignee": "me()"}}), &["TREK-1"]),
        (json!({"filter": {"assignee": "Empty()"}}), &["JUNE-2", "JUNE-3", "JUNE-5"]),
        (json!({"filter": {"assignee": "notEmpty()"}}), &["JUNE-4", "TREK-1"]),
        (json!({"filter": {"assignee": ["empty()", "lead"]}}), &["JUNE-2", "JUNE-3", "JUNE-4", "JUNE-5"]),
        (json!({"filter": {"createdBy": "team-2"}}), &["TREK-1"]),
        (json!({"filter": {"author": "team-2"}}), &["TREK-1"]),
        (json!({"filter": {"followers": "team-1"}}), &["JUNE-5"]),
        (json!({"filter": {"tags": "y"}}), &["JUNE-4", "JUNE-5"]),
        (json!({"filter": {"tags": "y", "type": "bug"}}), &["JUNE-4"]),
        (json!({"filter": {"tags": "y", "type": null}}), &["JUNE-4", "JUNE-5"]),
        (json!({"filter": {"summary": "Second"}}), &["JUNE-5"]),
    ] {
        let found = sent(&api, &post("/v2/issues/_search", &body), StatusCode::OK).await;
        assert_eq!(all_of(&found.json(), "key"), expected, "{body}");
        assert_eq!(found.header("x-total-count"), Some(expected.len().to_string().as_str()), "{body}");
        let count = sent(&api, &post("/v2/issues/_count", &body), StatusCode::OK).await;
        assert_eq!(count.text(), expected.len().to_string(), "{body}");
    }
}

#[tokio::test]
async fn searches_that_are_refused() {
    let api = Api::new();
    let mut log = Log::default();
    for (status, query, body) in [
        (400, "", json!({"queue": "JUNE", "keys": "JUNE-2", "filter": {"type": "bug"}})),
        (400, "", json!({"queue": "JUNE", "keys": "JUNE-2", "query": "Queue: JUNE"})),
        (400, "", json!({"queue": "JUNE", "keys": "JUNE-2", "filter": {"type": "bug"}, "query": "Queue: JUNE"})),
        (400, "", json!({"query": "Queue: JUNE"})),
        (422, "", json!({"filter": {"type": "bug", "sprint": 1, "deadline": {"from": "2024-01-01"}}})),
        (422, "", json!({"filter": "type"})),
        (422, "", json!({"filter": {"type": true}})),
        (422, "", json!({"filter": {"tags": [["a"]]}})),
        (422, "", json!({"queue": true})),
        (422, "", json!({"keys": [null]})),
        (422, "", json!([])),
        (400, "?perPage=0", json!({})),
        (400, "?page=0", json!({})),
        (400, "?scrollType=sorted", json!({"queue": "JUNE"})),
        (400, "?scrollType=unsorted&perScroll=1", json!({"keys": "JUNE-2"})),
        (400, "?scrollType=sorted&perScroll=0", json!({})),
        (400, "?scrollType=sorted&perScroll=1001", json!({})),
        (400, "?scrollId=none", json!({})),
    ] {
        let call = post(&format!("/v2/issues/_search{query}"), &body);
        let answer = log.send(&api, &body.to_string(), &call).await;
        assert_eq!(answer.status, status, "{query} {body}: {}", answer.text());
        if query.is_empty() {
            let count = api.send(post("/v2/issues/_count", &body).request()).await;
            assert_eq!((count.status.as_u16(), count.text()), (status, answer.text()), "{body}");
        }
    }
    insta::assert_snapshot!(log.text());
}

/// Seven issues of the queue JUNE.
async fn seven() -> (Api, Vec<String>) {
    let api = Api::new();
    for _ in 4..=8 {
        create(&api, &json!({})).await;
    }
    (api, (2..=8).map(|number| format!("JUNE-{number}")).collect())
}

/// The path of a URL on the host of the tests.
fn path(url: &str) -> &str {
    url.strip_prefix("http://tracker.test").expect("the host of the request")
}

#[tokio::test]
async fn the_next_links_lead_through_all_that_was_found() {
    let (api, all) = seven().await;
    for body in [json!({"queue": "JUNE"}), json!({"filter": {"queue": "JUNE"}})] {
        let whole = sent(&api, &post("/v2/issues/_search", &body), StatusCode::OK).await;
        assert_eq!(all_of(&whole.json(), "key"), all);
        assert_eq!((whole.header("x-total-count"), whole.header("x-total-pages")), (Some("7"), Some("1")));
        assert!(whole.links().is_empty());

        let mut seen = Vec::new();
        let mut next = Some("http://tracker.test/v2/issues/_search?expand=links&perPage=3".to_owned());
        while let Some(url) = next {
            let page = sent(&api, &post(path(&url), &body), StatusCode::OK).await;
            assert_eq!((page.header("x-total-count"), page.header("x-total-pages")), (Some("7"), Some("3")));
            assert_eq!(page.json()[0]["links"], json!([]), "{url}");
            seen.extend(all_of(&page.json(), "key").into_iter().map(str::to_owned));
            next = page.links().into_iter().find(|(relation, _)| relation == "next").map(|(_, url)| url);
        }
        assert_eq!(seen, all);
    }
}

#[tokio::test]
async fn the_seek_link_leads_to_any_page() {
    let (api, all) = seven().await;
    let body = json!({"filter": {"queue": "JUNE"}});
    let first = sent(&api, &post("/v3/issues/_search?perPage=3", &body), StatusCode::OK).await;
    let links = first.links();
    let relation = |wanted: &str| links.iter().find(|(relation, _)| relation == wanted).expect(wanted).1.clone();
    let expected = [
        ("first", "http://tracker.test/v3/issues/_search?perPage=3&page=1"),
        ("next", "http://tracker.test/v3/issues/_search?perPage=3&page=2"),
        ("last", "http://tracker.test/v3/issues/_search?perPage=3&page=3"),
        ("seek", "http://tracker.test/v3/issues/_search?perPage=3{&page}"),
    ];
    assert_eq!(links, expected.map(|(relation, url)| (relation.to_owned(), url.to_owned())));

    for (number, expected) in [(3, &all[6..]), (1, &all[..3]), (2, &all[3..6]), (4, &[])] {
        let url = relation("seek").replace("{&page}", &format!("&page={number}"));
        let page = sent(&api, &post(path(&url), &body), StatusCode::OK).await;
        assert_eq!(all_of(&page.json(), "key"), expected, "{url}");
        assert_eq!((page.header("x-total-count"), page.header("x-total-pages")), (Some("7"), Some("3")), "{url}");
        let has_next = page.links().iter().any(|(relation, _)| relation == "next");
        assert_eq!(has_next, number < 3, "{url}");
    }
    let last = sent(&api, &post(path(&relation("last")), &body), StatusCode::OK).await;
    assert_eq!(all_of(&last.json(), "key"), ["JUNE-8"]);
}

/// The issues of a queue are read on by the id of the last one, and by no page.
#[tokio::test]
async fn a_queue_is_read_on_by_ids() {
    let (api, all) = seven().await;
    let body = json!({"queue": "JUNE"});
    let first = sent(&api, &post("/v3/issues/_search?perPage=3&page=2&expand=links", &body), StatusCode::OK).await;
    assert_eq!(all_of(&first.json(), "key"), &all[..3]);
    let id = first.json()[2]["id"].as_str().expect("an id").to_owned();
    let list = "http://tracker.test/v3/issues/_search?expand=links&perPage=3";
    assert_eq!(first.links(), [("first".to_owned(), list.to_owned()), ("next".to_owned(), format!("{list}&id={id}"))]);
    let rest = sent(&api, &post("/v3/issues/_search?id=JUNE-4", &body), StatusCode::OK).await;
    assert_eq!(all_of(&rest.json(), "key"), &all[3..]);
    for unknown in ["JUNE-99", "TREK-1", "none"] {
        let refused = api.send(post(&format!("/v3/issues/_search?id={unknown}"), &body).request()).await;
        let text = format!("There is nothing with the id {unknown:?} here.");
        assert_eq!(refused.json(), json!({"errors": {"id": text}, "errorMessages": [], "statusCode": 400}));
    }
}

/// The stronger of two criteria counts: queue, keys, filter, query, in this order.
#[tokio::test]
async fn of_two_criteria_the_stronger_counts() {
    let api = Api::new();
    for (body, expected) in [
        (json!({"queue": "TREK", "keys": ["JUNE-2"]}), "TREK-1"),
        (json!({"queue": "TREK", "filter": {"type": "task"}}), "TREK-1"),
        (json!({"queue": "TREK", "query": "Queue: JUNE"}), "TREK-1"),
        (json!({"keys": "JUNE-2", "filter": {"type": "bug"}}), "JUNE-2"),
        (json!({"keys": "JUNE-2", "query": "Queue: TREK"}), "JUNE-2"),
        (json!({"filter": {"type": "bug"}, "query": "Queue: JUNE"}), "TREK-1"),
    ] {
        let found = sent(&api, &post("/v3/issues/_search", &body), StatusCode::OK).await;
        assert_eq!(all_of(&found.json(), "key"), [expected], "{body}");
    }
    let three = json!({"queue": "TREK", "keys": "JUNE-2", "filter": {"type": "bug"}});
    let refused = api.send(post("/v3/issues/_search", &three).header("Accept-Language", "ru").request()).await;
    let text = "Вы можете использовать только ключи, очередь или поисковый запрос.";
    assert_eq!(refused.json(), json!({"errors": {}, "errorMessages": [text], "statusCode": 400}));
}

/// `fields` leaves what it names, beside what names the issue and what `expand` adds.
#[tokio::test]
async fn an_issue_shows_the_fields_that_are_named() {
    let api = Api::new();
    for (query, expected) in [
        ("fields=summary,status", &["self", "id", "key", "version", "summary", "status"][..]),
        ("fields=status&fields=summary", &["self", "id", "key", "version", "summary", "status"]),
        ("fields=ofAQueue", &["self", "id", "key", "version"]),
        ("fields=summary&expand=attachments", &["self", "id", "key", "version", "summary", "attachments"]),
    ] {
        for issue in [
            api.get(&format!("/v3/issues/JUNE-2?{query}")).await.json(),
            sent(&api, &post(&format!("/v2/issues/_search?{query}"), &json!({"keys": "JUNE-2"})), StatusCode::OK)
                .await
                .json()[0]
                .clone(),
        ] {
            let names: Vec<_> = issue.as_object().expect("an issue").keys().collect();
            assert_eq!(names, expected, "{query}");
        }
    }
}

/// The comments of an issue stand in it as in their list.
#[tokio::test]
async fn an_issue_shows_its_comments_on_request() {
    let api = Api::new();
    let issue = api.get("/v3/issues/JUNE-2?expand=comments").await.json();
    assert_eq!(issue["comments"], api.get("/v3/issues/JUNE-2/comments").await.json());
    let found =
        sent(&api, &post("/v3/issues/_search?expand=comments", &json!({"queue": "JUNE"})), StatusCode::OK).await;
    let counts = found
        .json()
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["comments"].as_array().map(Vec::len))
        .collect::<Vec<_>>();
    assert_eq!(counts, [Some(1), Some(0)]);
}

/// As clients do it: the first request with the kind of scroll, each further one with the id of the one before.
#[tokio::test]
async fn a_scroll_leads_to_the_end() {
    let (api, all) = seven().await;
    for (kind, per_scroll, pieces) in [("sorted", 3, 3), ("unsorted", 7, 1), ("sorted", 1, 7), ("sorted", 1000, 1)] {
        let body = json!({"filter": {"queue": "JUNE"}});
        let parameters = format!("scrollType={kind}&perScroll={per_scroll}&scrollTTLMillis=60000");
        let mut seen = Vec::new();
        let mut count = 0;
        let mut query = parameters.clone();
        loop {
            let piece = sent(&api, &post(&format!("/v2/issues/_search?{query}"), &body), StatusCode::OK).await;
            count += 1;
            assert_eq!(piece.header("x-total-count"), Some("7"), "{query}");
            assert!(piece.json().as_array().expect("a list").len() <= per_scroll, "{query}");
            seen.extend(all_of(&piece.json(), "key").into_iter().map(str::to_owned));
            let links = piece.header("link").unwrap_or_default();
            let goes_on = piece.header("x-scroll-id").is_some();
            assert_eq!(piece.header("x-scroll-token").is_some(), goes_on, "{query}");
            assert_eq!(
                (links.contains("rel=\"next\""), links.contains("rel=\"first\"")),
                (goes_on, goes_on),
                "{links}"
            );
            match piece.header("x-scroll-id") {
                Some(id) => query = format!("{parameters}&scrollId={id}"),
                None => break,
            }
        }
        assert_eq!((seen, count), (all.clone(), pieces), "{parameters}");
    }
    let queue = Call::json("POST", "/v2/issues/_search?scrollType=sorted", &json!({"queue": "JUNE"}));
    let refused = api.send(queue.header("Accept-Language", "ru").request()).await;
    let said = json!({"errors": {}, "errorMessages": ["Прокрутка результатов не поддерживается"], "statusCode": 400});
    assert_eq!(refused.json(), said);
    // A hundred at a time unless told otherwise, and no more than the id is needed to go on.
    let first = sent(&api, &post("/v2/issues/_search?scrollType=sorted", &json!({})), StatusCode::OK).await;
    assert_eq!((first.json().as_array().expect("a list").len(), first.header("x-scroll-id")), (8, None));
    let on = sent(&api, &post("/v2/issues/_search?scrollId=6&perScroll=1", &json!({})), StatusCode::OK).await;
    assert_eq!((all_of(&on.json(), "key"), on.header("x-scroll-id")), (vec!["JUNE-8"], Some("7")));
}
