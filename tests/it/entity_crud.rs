//! Creating, changing, deleting and searching projects, portfolios and goals.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    Api, Call, GOAL, Log, NOW, PORTFOLIO, PROJECT, PROJECT_WITH_FILES, WORLD_BYTES, assert_refused, images,
};

const FIELDS: &str = "fields=summary,description,author,lead,teamUsers,clients,followers,start,end,checklistItems,tags,\
    parentEntity,teamAccess,quarter,entityStatus,issueQueues";

const KINDS: [&str; 3] = ["project", "portfolio", "goal"];

/// A value for every field, each spelled as some client spells it.
fn every_field() -> Value {
    json!({
        "summary": "Новый \"entity\"",
        "description": "Two\nlines",
        "author": "author",
        "lead": 1_900_000_002,
        "teamUsers": ["team-1", {"id": "1900000004"}],
        "clients": [{"login": "client"}],
        "followers": ["1900000006"],
        "start": "2024-02-29",
        "end": "2024-12-31T20:59:59.000+0000",
        "checklistItems": [
            {"text": "First", "checked": true},
            {"text": "Second", "assignee": "lead", "deadline": {"date": "2024-03-01T00:00:00.000+0000", "deadlineType": "date"}},
            {"text": "Today", "deadline": "2024-01-13"},
            {"text": "Yesterday", "deadline": {"date": "2024-01-12"}},
        ],
        "tags": ["one", "two words"],
        "parentEntity": {"primary": PORTFOLIO, "secondary": [GOAL]},
        "teamAccess": false,
        "quarter": ["2024 Q1"],
        "entityStatus": "according_to_plan",
        "issueQueues": ["JUNE", {"key": "TREK"}],
        "markupType": "md",
    })
}

async fn create(api: &Api, kind: &str, fields: Value) -> String {
    let answer = api.send_json("POST", &format!("/v2/entities/{kind}"), &json!({"fields": fields})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    format!("/v2/entities/{kind}/{}", answer.json()["id"].as_str().expect("an id"))
}

#[tokio::test]
async fn with_every_field() {
    let api = Api::new();
    let mut log = Log::default();
    for kind in KINDS {
        let path = format!("/v2/entities/{kind}?expand=attachments&{FIELDS}");
        let body = json!({"fields": every_field()});
        let created = log.send(&api, kind, &Call::json("POST", &path, &body).token("team-1-token")).await;
        assert_eq!(created.status, StatusCode::OK);
        api.assert_selfs_resolve(&created).await;
        for id in [&created.json()["id"], &created.json()["shortId"]] {
            let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
            let read = api.get(&format!("/v2/entities/{kind}/{id}?expand=attachments&{FIELDS}")).await;
            assert_eq!((read.status, read.text()), (StatusCode::OK, created.text()));
        }
    }
    insta::assert_snapshot!(log.text());
}

/// What the answer shows can be sent back, as clients do that copy entities.
#[tokio::test]
async fn fields_can_be_sent_back_as_they_were_answered() {
    let api = Api::new();
    for kind in KINDS {
        let path = create(&api, kind, every_field()).await;
        let shown = api.get(&format!("{path}?{FIELDS}")).await.json()["fields"].clone();
        let copy = create(&api, kind, shown.clone()).await;
        let mut copied = api.get(&format!("{copy}?{FIELDS}")).await.json()["fields"].clone();
        assert_eq!(copied, shown);
        let changed = api.send_json("PATCH", &format!("{copy}?{FIELDS}"), &json!({"fields": copied.take()})).await;
        assert_eq!((changed.status, &changed.json()["fields"]), (StatusCode::OK, &shown), "{}", changed.text());
    }
}

#[tokio::test]
async fn with_as_little_as_possible() {
    let api = Api::new();
    let mut log = Log::default();
    for (kind, fields) in [
        ("goal", json!({"summary": "A goal"})),
        ("portfolio", json!({"summary": "A portfolio"})),
        ("project", json!({"summary": "A project"})),
        ("project", json!({"summary": "A project", "teamAccess": true})),
        ("project", json!({"summary": "A project", "queues": "JUNE"})),
        ("project", json!({"summary": "A project", "queues": ["JUNE", "TREK"]})),
        ("project", json!({"summary": "A project", "issueQueues": 2})),
    ] {
        let path = format!("/v2/entities/{kind}?{FIELDS}");
        let created = log.send_json(&api, "POST", &path, &json!({"fields": fields})).await;
        assert_eq!(created.status, StatusCode::OK);
        assert_eq!(created.json().get("attachments"), None);
    }
    insta::assert_snapshot!(log.text());
}

/// Clients write out what they have no value for.
#[tokio::test]
async fn null_is_no_value_for_a_new_entity() {
    let api = Api::new();
    for kind in KINDS {
        let least = json!({"summary": "An entity", "teamAccess": true});
        let mut spelled_out = every_field();
        for (name, value) in spelled_out.as_object_mut().expect("an object") {
            *value = least.get(name).cloned().unwrap_or_default();
        }
        let body = json!({"fields": spelled_out, "links": null, "comment": null, "attachmentIds": null});
        let created = api.send_json("POST", &format!("/v2/entities/{kind}?{FIELDS}"), &body).await;
        assert_eq!(created.status, StatusCode::OK, "{}", created.text());
        let expected = create(&api, kind, least).await;
        let expected = api.get(&format!("{expected}?{FIELDS}")).await.json();
        assert_eq!(created.json()["fields"], expected["fields"], "{kind}");
    }
}

/// Set, then remove, replace and add. What one replacement puts in, a later one may replace.
#[tokio::test]
async fn operators_of_lists() {
    let api = Api::new();
    let replace = |pairs: &[(&str, &str)]| {
        let one = |(target, replacement): &(&str, &str)| json!({"target": target, "replacement": replacement});
        json!(pairs.iter().map(one).collect::<Vec<_>>())
    };
    for (change, expected) in [
        (json!({"add": ["c", "d", "d"]}), json!(["a", "b", "a", "c", "d"])),
        (json!({"remove": ["a", "x"]}), json!(["b", "c"])),
        (json!({"remove": "a", "add": "a"}), json!(["b", "c", "a"])),
        (json!({"set": ["x", "x"], "add": ["x", "y"]}), json!(["x", "x", "y"])),
        (json!({"replace": replace(&[("a", "b"), ("b", "d")])}), json!(["d", "d", "d", "c"])),
        (json!({"replace": replace(&[("b", "d"), ("a", "b")])}), json!(["b", "d", "b", "c"])),
        (json!({"replace": replace(&[("a", "b"), ("b", "a")])}), json!(["a", "a", "a", "c"])),
        (json!({"replace": replace(&[("a", "b"), ("a", "c"), ("x", "y")])}), json!(["b", "b", "b", "c"])),
    ] {
        let path = create(&api, "goal", json!({"summary": "A goal", "tags": ["a", "b", "a", "c"]})).await;
        let path = format!("{path}?fields=tags");
        let changed = api.send_json("PATCH", &path, &json!({"fields": {"tags": change}})).await;
        assert_eq!(changed.json()["fields"]["tags"], expected, "{change}");
    }
}

/// Where the work grows with the product of two lengths, this takes a minute.
#[tokio::test]
async fn long_lists_take_no_longer_than_their_lengths() {
    const LENGTH: usize = 9_000;
    let api = Api::new();
    let names = |prefix: &str| (0..LENGTH).map(|number| format!("{prefix}{number}")).collect::<Vec<_>>();
    let (old, new) = (names("a"), names("b"));
    let path = format!("{}?fields=tags", create(&api, "goal", json!({"summary": "A goal"})).await);
    let pairs = old.iter().zip(&new).map(|(target, replacement)| json!({"target": target, "replacement": replacement}));
    for (change, expected) in
        [(json!({"add": old}), json!(old)), (json!({"replace": pairs.collect::<Vec<_>>()}), json!(new))]
    {
        let changed = api.send_json("PATCH", &path, &json!({"fields": {"tags": change}})).await;
        assert_eq!(changed.status, StatusCode::OK);
        assert!(changed.json()["fields"]["tags"] == expected);
        let filter = json!({"filter": {"tags": expected}});
        let found = api.send_json("POST", "/v2/entities/goal/_search", &filter).await;
        assert_eq!(found.json()["hits"], 1);
        let found = api.send_json("POST", "/v2/issues/_count", &filter).await;
        assert_eq!(found.json(), json!(0));
    }
    let changed = api.send_json("PATCH", &path, &json!({"fields": {"tags": {"remove": new}}})).await;
    assert_eq!(changed.json()["fields"]["tags"], json!([]));
}

/// The further parents are changed one by one, and the main one stays.
#[tokio::test]
async fn operators_of_secondary_parents() {
    let api = Api::new();
    let path = format!("/v3/entities/project/{PROJECT}?fields=parentEntity");
    for (change, expected) in [
        (json!({"secondary": {"add": [GOAL]}}), json!([PORTFOLIO, [GOAL]])),
        (json!({"secondary": {"add": [GOAL, PROJECT_WITH_FILES]}}), json!([PORTFOLIO, [GOAL, PROJECT_WITH_FILES]])),
        (json!({"primary": GOAL, "secondary": {"remove": [GOAL]}}), json!([GOAL, [PROJECT_WITH_FILES]])),
        (json!({"secondary": {"set": [PORTFOLIO]}}), json!([GOAL, [PORTFOLIO]])),
        (json!({"secondary": [GOAL]}), json!([null, [GOAL]])),
    ] {
        let answer = api.send_json("PATCH", &path, &json!({"fields": {"parentEntity": change}})).await.json();
        let parents = &answer["fields"]["parentEntity"];
        let secondary: Vec<_> =
            parents["secondary"].as_array().expect("a list").iter().map(|one| one["id"].clone()).collect();
        assert_eq!(json!([parents["primary"]["id"], secondary]), expected, "{change}");
    }
}

#[tokio::test]
async fn statuses_are_those_of_the_type() {
    let api = Api::new();
    let common = ["draft", "according_to_plan", "at_risk", "blocked", "cancelled"];
    let of_projects = ["draft2", "in_progress", "launched", "postponed"];
    let of_goals = ["achieved", "partially_achieved", "not_achieved", "exceeded"];
    for (kind, id, own, foreign) in [
        ("project", PROJECT, of_projects, of_goals),
        ("portfolio", PORTFOLIO, of_projects, of_goals),
        ("goal", GOAL, of_goals, of_projects),
    ] {
        let path = format!("/v3/entities/{kind}/{id}?fields=entityStatus");
        let change = |status: &str| json!({"fields": {"entityStatus": status}});
        for status in common.iter().chain(&own) {
            let answer = api.send_json("PATCH", &path, &change(status)).await;
            assert_eq!((answer.status, &answer.json()["fields"]["entityStatus"]), (StatusCode::OK, &json!(status)));
        }
        let before = api.state().await;
        for status in ["", "Draft", "done"].iter().chain(&foreign) {
            let refused = api.send_json("PATCH", &path, &change(status)).await;
            assert_refused(&refused, StatusCode::UNPROCESSABLE_ENTITY, "entityStatus", &json!(status));
        }
        assert_eq!(api.state().await, before);
    }
}

/// At version 11100; one below it the last change is made.
#[tokio::test]
async fn what_was_changed_too_often_stays() {
    let mut state = Api::new().state().await;
    let entities = state["entities"].as_array_mut().expect("a list");
    entities.iter_mut().find(|one| one["type"] == "goal").expect("a goal")["version"] = 11_099.into();
    let api = Api::loaded(&state);
    let change = json!({"fields": {"summary": "Other"}});
    let changed = api.send_json("PATCH", "/v2/entities/goal/1", &change).await;
    assert_eq!((changed.status, &changed.json()["version"]), (StatusCode::OK, &json!(11_100)));
    let file = api.upload("a.txt", b"text").await;
    let before = api.state().await;
    for call in [
        Call::json("PATCH", "/v2/entities/goal/1", &change),
        Call::json("PATCH", "/v2/entities/goal/1?version=11100", &change),
        Call::post(&format!("/v2/entities/goal/1/attachments/{file}")),
    ] {
        let answer = api.send(call.request()).await;
        assert_eq!(answer.status, StatusCode::LOCKED);
        let text = "The object is at version 11100 and can no longer be changed: the limit is 11100.";
        assert_eq!(answer.json(), json!({"errors": {}, "errorMessages": [text], "statusCode": 423}));
    }
    let stale = api.send_json("PATCH", "/v2/entities/goal/1?version=3", &change).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(api.state().await, before);
}

#[tokio::test]
async fn what_a_new_entity_needs() {
    let api = Api::new();
    let mut log = Log::default();
    let before = api.state().await;
    for kind in KINDS {
        for (body, field) in [
            (json!(null), "summary"),
            (json!({}), "summary"),
            (json!({"fields": null}), "summary"),
            (json!({"fields": {"teamAccess": true}}), "summary"),
            (json!({"fields": {"summary": null, "teamAccess": true}}), "summary"),
            (json!({"fields": {"summary": "", "teamAccess": true}}), "summary"),
            (json!({"fields": {"summary": " \t", "teamAccess": true}}), "summary"),
            (json!({"fields": []}), "fields"),
            (json!({"fields": "summary"}), "fields"),
            (json!({"summary": "beside the fields"}), "summary"),
        ] {
            let refused = log.send_json(&api, "POST", &format!("/v2/entities/{kind}"), &body).await;
            assert_refused(&refused, StatusCode::UNPROCESSABLE_ENTITY, field, &body);
        }
    }
    assert_eq!(api.state().await, before);
    insta::assert_snapshot!(log.text());
}

#[tokio::test]
async fn wrong_values() {
    let api = Api::new();
    let mut log = Log::default();
    let before = api.state().await;
    let texts =
        |field| vec![(field, json!("x")), (field, json!([1])), (field, json!([null])), (field, json!({"add": 1}))];
    let users = |field| {
        let values = [json!("lead"), json!(["nobody"]), json!([null]), json!([true]), json!({"add": "nobody"})];
        let operators = [
            json!({"replace": ["lead"]}),
            json!({"replace": "lead"}),
            json!({"id": "1900000001"}),
            json!({"remove": ["lead", "nobody"]}),
        ];
        values.into_iter().chain(operators).map(move |value| (field, value)).collect()
    };
    let user = |field| {
        ["nobody".into(), json!(12), json!(true), json!([]), json!({}), json!("")].map(|value| (field, value)).into()
    };
    let date = |field| {
        let values = [
            json!("tomorrow"),
            json!(""),
            json!(20_240_101),
            json!("2024-02-30"),
            json!("2024-1-01"),
            json!("24-01-01"),
        ];
        let odd =
            ["+2024-1-01", "2024- 1-01", "02024-1-01", "2024-01-01x", "2024-01-0１", " 2024-01-01", "2024-01-01Tx"];
        values.into_iter().chain(odd.map(Value::from)).map(move |value| (field, value)).collect()
    };
    let cases: Vec<Vec<(&str, Value)>> = vec![
        [json!(5), json!(""), json!(["x"]), json!({"set": "x"})].map(|value| ("summary", value)).into(),
        [json!(5), json!(["x"]), json!(true)].map(|value| ("description", value)).into(),
        user("author"),
        user("lead"),
        users("teamUsers"),
        users("clients"),
        users("followers"),
        date("start"),
        date("end"),
        [
            json!("x"),
            json!({"text": "x"}),
            json!(["x"]),
            json!([{}]),
            json!([{"text": ""}]),
            json!([{"text": "x", "checked": "yes"}]),
            json!([{"text": "x", "assignee": "nobody"}]),
            json!([{"text": "x", "deadline": "soon"}]),
            json!([{"text": "x", "deadline": {}}]),
            json!([{"text": "x", "id": 5}]),
        ]
        .map(|value| ("checklistItems", value))
        .into(),
        texts("tags"),
        texts("quarter"),
        [
            json!("x"),
            json!("000000000000000000000000"),
            json!(99),
            json!([]),
            json!({"primary": "x"}),
            json!({"secondary": PORTFOLIO}),
            json!({"secondary": [PORTFOLIO, "x"]}),
            json!({"id": "x"}),
        ]
        .map(|value| ("parentEntity", value))
        .into(),
        [json!("yes"), json!(1), json!("true"), json!([true])].map(|value| ("teamAccess", value)).into(),
        [json!(5), json!(["draft"]), json!({"key": "draft"})].map(|value| ("entityStatus", value)).into(),
        [json!("NONE"), json!("june"), json!(["JUNE", "NONE"]), json!({}), json!([null]), json!(99), json!(true)]
            .map(|value| ("issueQueues", value))
            .into(),
        [json!("NONE"), json!(true)].map(|value| ("queues", value)).into(),
    ];
    for (field, value) in cases.into_iter().flatten() {
        let mut fields = json!({"summary": "An entity", "teamAccess": true});
        fields[field] = value.clone();
        let new = json!({"fields": fields});
        let refused = log.send_json(&api, "POST", "/v2/entities/project", &new).await;
        assert_refused(&refused, StatusCode::UNPROCESSABLE_ENTITY, field, &new);
        let change = json!({"fields": {"summary": "Other", field: value}});
        let same = api.send_json("PATCH", &format!("/v2/entities/project/{PROJECT}"), &change).await;
        assert_eq!((same.status, same.text()), (refused.status, refused.text()), "{change}");
    }
    assert_eq!(api.state().await, before);
    insta::assert_snapshot!(log.text());
}

#[tokio::test]
async fn unknown_fields_are_listed() {
    let api = Api::new();
    let mut log = Log::default();
    let before = api.state().await;
    let body = json!({"fields": {"entityType": "project", "summary": "x", "teamAccess": true, "Summary": "x", "metricItems": null}});
    log.send_json(&api, "POST", "/v2/entities/project", &body).await;
    log.send_json(&api, "PATCH", &format!("/v2/entities/project/{PROJECT}"), &body).await;
    // What is asked of the answer is checked before anything is changed.
    let body = json!({"fields": {"summary": "x", "teamAccess": true}});
    log.send_json(&api, "POST", "/v2/entities/project?fields=summary,nonsense,id", &body).await;
    log.send_json(&api, "PATCH", &format!("/v2/entities/project/{PROJECT}?expand=comments"), &body).await;
    assert_eq!(api.state().await, before);
    insta::assert_snapshot!(log.text());
}

#[tokio::test]
async fn values_are_changed_one_by_one() {
    let api = Api::new();
    let mut log = Log::default();
    for (fields, shown) in [
        (json!({"summary": "Other"}), "summary,description"),
        (json!({"teamUsers": {"add": "lead"}}), "teamUsers"),
        (json!({"teamUsers": {"add": ["lead", 1_900_000_005]}}), "teamUsers"),
        (json!({"teamUsers": {"remove": [{"id": "1900000003"}, "follower"]}}), "teamUsers"),
        (json!({"teamUsers": {"set": ["author"], "add": ["team-1"], "remove": "lead"}}), "teamUsers"),
        (json!({"teamUsers": {"set": []}}), "teamUsers"),
        (json!({"teamUsers": []}), "teamUsers"),
        (json!({"teamUsers": ["team-2"]}), "teamUsers"),
        (json!({"tags": {"add": "new"}}), "tags"),
        (json!({"tags": {"remove": ["sample"], "add": null}}), "tags"),
        (json!({"quarter": ["2025 Q1"]}), "quarter"),
        (json!({"parentEntity": {"secondary": [GOAL]}}), "parentEntity"),
        (json!({"parentEntity": PORTFOLIO}), "parentEntity"),
        (json!({"parentEntity": {"primary": {"id": GOAL}, "secondary": null}}), "parentEntity"),
        (json!({"parentEntity": 2}), "parentEntity"),
        (json!({"queues": "JUNE"}), "issueQueues"),
        (json!({"issueQueues": [{"id": "2"}, 1]}), "issueQueues"),
        (json!({"issueQueues": {"remove": "TREK"}}), "issueQueues"),
        (json!({"queues": {"add": [{"key": "TREK"}]}}), "issueQueues"),
        (json!({"checklistItems": {"add": [{"text": "Third step"}, {"text": "Fourth step"}]}}), "checklistItems"),
        (
            json!({"checklistItems": {"remove": {"id": "6586d91f99a40000000000c1", "text": "First step"}}}),
            "checklistItems",
        ),
        (json!({"start": "2024-01-16", "end": "2024-01-16T10:00:00"}), "start,end"),
    ] {
        let path = format!("/v2/entities/project/{PROJECT}?fields={shown}");
        let changed = log.send_json(&api, "PATCH", &path, &json!({"fields": fields})).await;
        assert_eq!(changed.status, StatusCode::OK);
        api.assert_selfs_resolve(&changed).await;
    }
    insta::assert_snapshot!(log.text());
}

/// `null` takes a value away, each by itself, and leaves the others.
#[tokio::test]
async fn null_takes_a_value_away() {
    let api = Api::new();
    let path = format!("/v2/entities/project/{PROJECT}?{FIELDS}");
    let mut expected = api.get(&path).await.json()["fields"].clone();
    let names: Vec<String> = expected.as_object().expect("an object").keys().cloned().collect();
    for name in names {
        assert!(!expected[&name].is_null(), "{name} has no value to take away");
        let changed = api.send_json("PATCH", &path, &json!({"fields": {&name: null}})).await;
        if name == "summary" {
            assert_refused(&changed, StatusCode::UNPROCESSABLE_ENTITY, "summary", &expected);
            continue;
        }
        expected[&name] = Value::Null;
        assert_eq!((changed.status, &changed.json()["fields"]), (StatusCode::OK, &expected), "{name}");
        assert_eq!(api.get(&path).await.text(), changed.text());
    }
}

#[tokio::test]
async fn every_spelling_of_a_user() {
    let api = Api::new();
    let path = format!("/v2/entities/project/{PROJECT}?fields=lead,followers");
    for spelling in [
        json!("client"),
        json!("1900000005"),
        json!(1_900_000_005),
        json!({"id": "1900000005"}),
        json!({"id": 1_900_000_005}),
        json!({"login": "client"}),
        json!({"self": "http://tracker.test/v2/users/1900000005", "id": "1900000005", "display": "another name"}),
    ] {
        let cleared = api.send_json("PATCH", &path, &json!({"fields": {"lead": null, "followers": null}})).await;
        assert_eq!(cleared.json()["fields"], json!({"lead": null, "followers": null}));
        let body = json!({"fields": {"lead": spelling, "followers": [spelling, "lead"]}});
        let fields = api.send_json("PATCH", &path, &body).await.json()["fields"].clone();
        assert_eq!(fields["lead"]["id"], "1900000005", "{spelling}");
        assert_eq!(fields["followers"][0], fields["lead"], "{spelling}");
        assert_eq!(fields["followers"][1]["id"], "1900000002", "{spelling}");
    }
}

/// Fields, a comment, files and links in one request are one change.
#[tokio::test]
async fn a_change_raises_the_version_by_one() {
    let api = Api::new();
    let mut log = Log::default();
    for (kind, id) in [("project", PROJECT_WITH_FILES), ("portfolio", PORTFOLIO), ("goal", GOAL)] {
        let path = format!("/v2/entities/{kind}/{id}");
        let before = api.get(&path).await.json();
        let files = [api.upload("a.txt", b"text").await, api.upload("b.png", &images::png()).await];
        let number: u64 = files[1].parse().expect("a number");
        let other = if kind == "goal" { PORTFOLIO } else { GOAL };
        let body = json!({
            "fields": {"summary": "Other", "tags": ["new"]},
            "comment": "Why it is so",
            "links": [{"relationship": "relates", "entity": PROJECT}, {"relationship": "depends on", "entity": other}],
            "attachmentIds": [files[0], number],
        });
        let path = format!("{path}?expand=attachments&fields=summary,tags");
        let changed = log.send(&api, kind, &Call::json("PATCH", &path, &body).token("team-1-token")).await.json();
        assert_eq!(changed["version"].as_u64(), before["version"].as_u64().map(|version| version + 1));
        assert_eq!(changed["updatedAt"], NOW);
        let attached: Vec<_> =
            changed["attachments"].as_array().expect("a list").iter().map(|one| &one["id"]).collect();
        assert_eq!(attached[attached.len() - 2..], [&files[0], &files[1]]);
        log.send(&api, "comments", &Call::get(&format!("/v2/entities/{kind}/{id}/comments"))).await;
        // Nothing to change is a change too.
        for body in [json!({}), json!(null), json!({"fields": null}), json!({"fields": {"summary": "Other"}})] {
            let version = api.get(&path).await.json()["version"].as_u64().expect("a number");
            let again = api.send_json("PATCH", &path, &body).await;
            assert_eq!((again.status, again.json()["version"].as_u64()), (StatusCode::OK, Some(version + 1)), "{body}");
        }
    }
    insta::assert_snapshot!(log.text());
}

#[tokio::test]
async fn a_refused_change_changes_nothing() {
    let api = Api::new();
    let mut log = Log::default();
    let path = format!("/v2/entities/project/{PROJECT}");
    let good = api.upload("good.txt", b"text").await;
    let number: u64 = good.parse().expect("a number");
    let before = api.state().await;
    let link = |relationship: &str, entity: &str| json!([{"relationship": relationship, "entity": entity}]);
    for (member, value) in [
        ("attachmentIds", json!([good, "999"])),
        ("attachmentIds", json!([good, "4"])),
        ("attachmentIds", json!([good, 7])),
        ("attachmentIds", json!([good, "8"])),
        ("attachmentIds", json!([good, number])),
        ("attachmentIds", json!([good, null])),
        ("attachmentIds", json!(good)),
        ("comment", json!("")),
        ("comment", json!(5)),
        ("comment", json!({"text": "x"})),
        ("links", json!({})),
        ("links", json!(["x"])),
        ("links", link("is a friend of", PORTFOLIO)),
        ("links", link("relates", "000000000000000000000000")),
        ("links", json!([{"relationship": "relates"}])),
        ("links", json!([{"entity": PORTFOLIO}])),
    ] {
        let mut body = json!({"fields": {"summary": "Other"}, "comment": "A comment", "attachmentIds": [good]});
        body[member] = value;
        let refused = log.send_json(&api, "PATCH", &path, &body).await;
        assert_refused(&refused, StatusCode::UNPROCESSABLE_ENTITY, member, &body);
    }
    assert_eq!(api.state().await, before);
    let taken = api.send_json("PATCH", &path, &json!({"attachmentIds": [number]})).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.text());
    insta::assert_snapshot!(log.text());
}

#[tokio::test]
async fn stale_versions() {
    let api = Api::new();
    let mut log = Log::default();
    let path = format!("/v2/entities/project/{PROJECT}");
    let file = api.upload("good.txt", b"text").await;
    let body = json!({"fields": {"summary": "Other"}, "comment": "A comment", "attachmentIds": [file]});
    let before = api.state().await;
    for (query, tag, status) in [
        ("?version=76", None, StatusCode::PRECONDITION_FAILED),
        ("?version=78", None, StatusCode::PRECONDITION_FAILED),
        ("?version=0", None, StatusCode::PRECONDITION_FAILED),
        ("?version=18446744073709551615", None, StatusCode::PRECONDITION_FAILED),
        ("", Some("76"), StatusCode::PRECONDITION_FAILED),
        ("", Some("\"76\""), StatusCode::PRECONDITION_FAILED),
        ("", Some("W/\"76\""), StatusCode::PRECONDITION_FAILED),
        ("?version=76", Some("\"77\""), StatusCode::PRECONDITION_FAILED),
        ("?version=", None, StatusCode::BAD_REQUEST),
        ("?version=x", None, StatusCode::BAD_REQUEST),
        ("?version=-1", None, StatusCode::BAD_REQUEST),
        ("?version=77.0", None, StatusCode::BAD_REQUEST),
        ("?version=77&version=77", None, StatusCode::BAD_REQUEST),
        ("?version=18446744073709551616", None, StatusCode::BAD_REQUEST),
        ("", Some("\"x\""), StatusCode::BAD_REQUEST),
        ("", Some("\"\""), StatusCode::BAD_REQUEST),
        ("", Some(""), StatusCode::BAD_REQUEST),
        ("", Some("\"77\", \"78\""), StatusCode::BAD_REQUEST),
    ] {
        let call = Call::json("PATCH", &format!("{path}{query}"), &body);
        let call = tag.map_or(call.clone(), |tag| call.header("If-Match", tag));
        let answer = log.send(&api, "a version", &call).await;
        assert_eq!(answer.status, status, "{query} {tag:?}");
    }
    assert_eq!(api.state().await, before);
    for (version, (query, tag)) in [
        ("?version=77", None),
        ("", Some("78")),
        ("", Some("\"79\"")),
        ("", Some("W/\"80\"")),
        ("", Some("*")),
        ("?version=82", Some("\"1\"")),
    ]
    .into_iter()
    .enumerate()
    {
        let call = Call::json("PATCH", &format!("{path}{query}"), &json!({}));
        let call = tag.map_or(call.clone(), |tag| call.header("If-Match", tag));
        let answer = api.send(call.request()).await;
        assert_eq!(
            (answer.status, &answer.json()["version"]),
            (StatusCode::OK, &json!(version + 78)),
            "{query} {tag:?}"
        );
    }
    insta::assert_snapshot!(log.text());
}

#[tokio::test]
async fn a_deleted_entity_takes_everything_along() {
    for kind in KINDS {
        let api = Api::new();
        let used = api.used_bytes();
        let path = create(&api, kind, every_field()).await;
        let short_id = api.get(&path).await.json()["shortId"].clone();
        let attached = api.upload("a.txt", b"a text of its own").await;
        let image = api.upload("b.png", &images::png()).await;
        let commented = api.upload("c.txt", b"another text").await;
        let body = json!({"text": "A comment", "attachmentIds": [commented]});
        let comment = api.send_json("POST", &format!("{path}/comments"), &body).await.json()["id"].to_string();
        for file in [&attached, &image] {
            assert_eq!(api.post(&format!("{path}/attachments/{file}")).await.status, StatusCode::OK);
        }
        let inside = [
            path.clone(),
            format!("/v2/entities/{kind}/{short_id}"),
            format!("{path}/attachments"),
            format!("{path}/comments"),
            format!("{path}/comments/{comment}"),
            format!("{path}/comments/_relative"),
            format!("{path}/events/_relative"),
            format!("{path}/attachments/{attached}"),
            format!("{path}/attachments/{commented}"),
            format!("/v2/attachments/{attached}"),
            format!("/v2/attachments/{attached}/a.txt"),
            format!("/v2/attachments/{commented}"),
            format!("/v2/attachments/{image}/b.png"),
            format!("/v2/thumbnails/{image}"),
        ];
        for path in &inside {
            assert_eq!(api.get(path).await.status, StatusCode::OK, "{path}");
        }
        assert!(api.used_bytes() >= used + 17 + 12);

        let refused = api.send(Call::get(&format!("{path}?withBoard=maybe")).method("DELETE").request()).await;
        assert_refused(&refused, StatusCode::BAD_REQUEST, "withBoard", &json!(null));
        let delete = Call::get(&format!("{path}?withBoard=True")).method("DELETE").body("null");
        let deleted = api.send(delete.request()).await;
        assert_eq!((deleted.status, deleted.text()), (StatusCode::NO_CONTENT, ""));

        assert!(api.used_bytes() < used + WORLD_BYTES);
        for path in &inside {
            assert_eq!(api.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(api.send(delete.request()).await.status, StatusCode::NOT_FOUND);
        assert_eq!(api.send_json("PATCH", &path, &json!({})).await.status, StatusCode::NOT_FOUND);
        for file in [&attached, &commented] {
            let again = api.post(&format!("/v2/entities/goal/{GOAL}/attachments/{file}")).await;
            assert_eq!(again.status, StatusCode::NOT_FOUND);
        }

        // Neither the same server nor one that goes on from its state gives an id a second time.
        let copy = Api::loaded(&api.state().await);
        assert_eq!(copy.state().await, api.state().await);
        for api in [&api, &copy] {
            let next = api.get(&create(api, kind, every_field()).await).await.json();
            assert_ne!(next["shortId"], short_id);
            assert_ne!(next["self"], format!("http://tracker.test{path}"));
        }
    }
}

#[tokio::test]
async fn children_lose_a_deleted_parent() {
    let api = Api::new();
    let parent = format!("/v3/entities/project/{PROJECT}?fields=parentEntity");
    let body = json!({"fields": {"parentEntity": {"primary": PORTFOLIO, "secondary": [GOAL, PROJECT_WITH_FILES]}}});
    let changed = api.send_json("PATCH", &parent, &body).await.json();
    assert_eq!(changed["fields"]["parentEntity"]["primary"]["id"], PORTFOLIO);
    let mut log = Log::default();
    for path in [
        format!("/v2/entities/goal/{GOAL}"),
        format!("/v2/entities/portfolio/{PORTFOLIO}"),
        format!("/v2/entities/project/{PROJECT_WITH_FILES}"),
    ] {
        assert_eq!(api.send(Call::get(&path).method("DELETE").request()).await.status, StatusCode::NO_CONTENT);
        let child = log.send(&api, &path, &Call::get(&parent)).await;
        api.assert_selfs_resolve(&child).await;
        assert_eq!(child.json()["version"], changed["version"]);
        let state = api.state().await;
        assert_eq!(Api::loaded(&state).state().await, state);
    }
    insta::assert_snapshot!(log.text());
}

/// The short ids of the projects that a search finds, in its order.
async fn found(api: &Api, body: &Value) -> Vec<u64> {
    let answer = api.send_json("POST", "/v2/entities/project/_search", body).await;
    assert_eq!(answer.status, StatusCode::OK, "{body}: {}", answer.text());
    let answer = answer.json();
    let values = answer["values"].as_array().expect("a list");
    assert_eq!((&answer["hits"], &answer["pages"]), (&json!(values.len()), &json!(values.len().min(1))), "{body}");
    values.iter().map(|entity| entity["shortId"].as_u64().expect("a number")).collect()
}

#[tokio::test]
async fn a_search_finds_what_matches() {
    let api = Api::new();
    let (four, six) = (vec![4], vec![6]);
    let (both, turned, none) = (vec![4, 6], vec![6, 4], vec![]);
    for (body, expected) in [
        (json!({}), &both),
        (json!(null), &both),
        (json!({"input": null, "filter": null, "orderBy": null, "orderAsc": null, "rootOnly": null}), &both),
        (json!({"input": "two"}), &six),
        (json!({"input": "PROJECT with"}), &both),
        (json!({"input": ""}), &both),
        (json!({"input": "nothing like it"}), &none),
        (json!({"rootOnly": true}), &six),
        (json!({"rootOnly": false}), &both),
        (json!({"orderAsc": false}), &turned),
        (json!({"orderBy": "start"}), &turned),
        (json!({"orderBy": "start", "orderAsc": false}), &both),
        (json!({"orderBy": "summary"}), &turned),
        (json!({"orderBy": "createdAt"}), &turned),
        (json!({"orderBy": "updatedAt"}), &turned),
        (json!({"orderBy": "shortId", "orderAsc": false}), &turned),
        (json!({"input": "without", "filter": {"lead": "author"}}), &none),
    ] {
        assert_eq!(&found(&api, &body).await, expected, "{body}");
    }
    for (filter, expected) in [
        (json!({}), &both),
        (json!({"lead": null}), &both),
        (json!({"lead": "author"}), &six),
        (json!({"lead": 1_900_000_001}), &six),
        (json!({"lead": {"id": "1900000001"}}), &six),
        (json!({"lead": "Автор Проекта"}), &six),
        (json!({"lead": ["author", "lead"]}), &both),
        (json!({"lead": "nobody"}), &none),
        (json!({"author": "me()"}), &four),
        (json!({"author": "author", "lead": "lead"}), &four),
        (json!({"author": "author", "lead": "author"}), &none),
        (json!({"teamUsers": "team-2"}), &both),
        (json!({"teamUsers": "team-1"}), &four),
        (json!({"clients": "empty()"}), &six),
        (json!({"clients": "notEmpty()"}), &four),
        (json!({"followers": ["follower", "nobody"]}), &four),
        (json!({"description": "empty()"}), &six),
        (json!({"entityStatus": "launched"}), &six),
        (json!({"entityStatus": ["launched", "in_progress"]}), &both),
        (json!({"tags": ["sample"]}), &four),
        (json!({"start": "2023-12-01"}), &six),
        (json!({"end": "2024-06-30"}), &four),
        (json!({"teamAccess": true}), &four),
        (json!({"teamAccess": "true"}), &four),
        (json!({"teamAccess": false}), &none),
        (json!({"issueQueues": "TREK"}), &four),
        (json!({"issueQueues": {"key": "JUNE"}}), &six),
        (json!({"parentEntity": PORTFOLIO}), &four),
        (json!({"parentEntity": "empty()"}), &six),
        (json!({"quarter": "2024 Q2"}), &four),
        (json!({"checklistItems": "notEmpty()"}), &four),
        (json!({"summary": "Project with two files"}), &six),
        (json!({"shortId": 6}), &six),
        (json!({"id": PROJECT}), &four),
        (json!({"createdBy": "lead"}), &six),
        (json!({"createdAt": "2023-12-23T12:47:58.405+0000"}), &four),
        (json!({"updatedAt": "2024-01-10T10:10:10.000+0000"}), &six),
        (json!({"tags": []}), &none),
    ] {
        let body = json!({"filter": filter});
        assert_eq!(&found(&api, &body).await, expected, "{body}");
    }
    let mine = Call::json("POST", "/v2/entities/project/_search", &json!({"filter": {"author": "me()"}}));
    let mine = api.send(mine.token("lead-token").request()).await.json();
    assert_eq!(mine["values"][0]["shortId"], 6);
}

#[tokio::test]
async fn what_a_search_answers() {
    let api = Api::new();
    let mut log = Log::default();
    for (kind, query, body) in [
        ("project", "", json!({})),
        ("project", "?fields=summary,lead&expand=attachments", json!({"orderBy": "start", "orderAsc": false})),
        ("portfolio", "?fields=entityStatus", json!({"input": "portfolio"})),
        ("goal", "", json!({"filter": {"lead": "team-2"}})),
        ("goal", "", json!({"filter": {"lead": "author"}})),
    ] {
        let found = log.send_json(&api, "POST", &format!("/v2/entities/{kind}/_search{query}"), &body).await;
        if found.json()["hits"] != 0 {
            api.assert_selfs_resolve(&found).await;
        }
    }
    insta::assert_snapshot!(log.text());
}

#[tokio::test]
async fn a_search_comes_in_pages() {
    let api = Api::new();
    for number in 2..=5 {
        create(&api, "goal", json!({"summary": format!("Goal {number}")})).await;
    }
    let search =
        async |query: &str| api.send_json("POST", &format!("/v2/entities/goal/_search?{query}"), &json!({})).await;
    let all = search("").await.json()["values"].clone();
    let mut seen = Vec::new();
    for page in 1..=4 {
        let answer = search(&format!("perPage=2&page={page}")).await;
        assert_eq!((&answer.json()["hits"], &answer.json()["pages"]), (&json!(5), &json!(3)));
        seen.extend(answer.json()["values"].as_array().expect("a list").clone());
        assert_eq!(seen.len(), (2 * page).min(5));
    }
    assert_eq!(Value::from(seen), all);
    insta::assert_snapshot!(search("perPage=2&page=2&unknown=%26").await.list_transcript());
    for (query, field) in [("perPage=0", "perPage"), ("page=x", "page"), ("page=-1", "page")] {
        assert_refused(&search(query).await, StatusCode::BAD_REQUEST, field, &json!(query));
    }
}

#[tokio::test]
async fn wrong_searches() {
    let api = Api::new();
    let mut log = Log::default();
    for (body, field) in [
        (json!({"filter": {"nonsense": 1, "lead": "lead", "status": "draft"}, "orderBy": "other"}), "filter"),
        (json!({"filter": {"Lead": "lead"}}), "filter"),
        (json!({"orderBy": "nonsense"}), "filter"),
        (json!({"filter": []}), "filter"),
        (json!({"filter": "lead"}), "filter"),
        (json!({"filter": {"lead": {}}}), "filter.lead"),
        (json!({"filter": {"lead": ["lead", null]}}), "filter.lead"),
        (json!({"input": 5}), "input"),
        (json!({"orderBy": ["start"]}), "orderBy"),
        (json!({"orderAsc": "true"}), "orderAsc"),
        (json!({"rootOnly": 1}), "rootOnly"),
    ] {
        let refused = log.send_json(&api, "POST", "/v2/entities/project/_search", &body).await;
        assert_refused(&refused, StatusCode::UNPROCESSABLE_ENTITY, field, &body);
    }
    insta::assert_snapshot!(log.text());
}

/// Everything of this file, of comments and of events, saved and loaded: the same answers, and the same ones to what
/// comes next.
#[tokio::test]
async fn a_saved_session_goes_on_the_same_way() {
    let api = Api::new();
    let mut paths = vec!["/v2/issues/JUNE-3".to_owned()];
    for kind in KINDS {
        let path = create(&api, kind, every_field()).await;
        let [first, second] = ["a.txt", "b.txt"].map(|name| api.upload(name, path.as_bytes()));
        let (first, second) = (first.await, second.await);
        let fields = json!({"tags": {"add": "new"}, "lead": null, "teamUsers": {"remove": "team-1"}});
        let body = json!({"fields": fields, "comment": "On the way", "attachmentIds": [first]});
        let changed = api.send(Call::json("PATCH", &path, &body).token("lead-token").request()).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.text());
        assert_eq!(api.post(&format!("{path}/attachments/{second}?filename=c.txt")).await.status, StatusCode::OK);
        let removed = api.send(Call::get(&format!("{path}/attachments/{first}")).method("DELETE").request()).await;
        assert_eq!(removed.status, StatusCode::NO_CONTENT);
        paths.push(path);
    }
    let gone = create(&api, "goal", json!({"summary": "Gone"})).await;
    assert_eq!(api.send(Call::get(&gone).method("DELETE").request()).await.status, StatusCode::NO_CONTENT);
    for path in &paths {
        let comments = format!("{path}/comments");
        let file = api.upload("d.png", &images::png()).await;
        let body = json!({"text": "A comment", "attachmentIds": [file], "summonees": ["team-2"]});
        let written = api.send(Call::json("POST", &comments, &body).token("client-token").request()).await.json();
        let comment = format!("{comments}/{}", written["id"]);
        let edited = Call::json("PATCH", &comment, &json!({"text": "Another"})).token("lead-token");
        assert_eq!(api.send(edited.request()).await.status, StatusCode::OK);
        let short = api.send_json("POST", &comments, &json!({"text": "Not for long"})).await.json();
        let deleted = Call::get(&format!("{comments}/{}", short["id"])).method("DELETE");
        assert_eq!(api.send(deleted.request()).await.status, StatusCode::NO_CONTENT);
    }
    let free = api.upload("free.txt", b"free").await;

    let state = api.state().await;
    let copy = Api::loaded(&state);
    assert_eq!(copy.state().await, state);
    let mut questions = Vec::new();
    for path in &paths {
        let shown = if path.contains("/issues/") { "expand=attachments" } else { FIELDS };
        questions.push(Call::get(&format!("{path}?{shown}")));
        questions.extend(
            ["attachments", "comments?expand=all", "comments/_relative?perPage=1"]
                .map(|list| Call::get(&format!("{path}/{list}"))),
        );
        if !path.contains("/issues/") {
            questions.push(Call::get(&format!("{path}/events/_relative")));
        }
    }
    for kind in KINDS {
        questions.push(Call::json("POST", &format!("/v2/entities/{kind}/_search?expand=all&{FIELDS}"), &json!({})));
    }
    for path in &paths {
        questions.push(Call::json("POST", &format!("{path}/comments?expand=all"), &json!({"text": "The next"})));
        questions.push(Call::json("PATCH", &format!("{path}?version=1"), &json!({})));
        questions.push(Call::json("PATCH", path, &json!({"attachmentIds": [free]})));
    }
    for kind in KINDS {
        let body = json!({"fields": every_field()});
        questions.push(Call::json("POST", &format!("/v2/entities/{kind}?{FIELDS}"), &body));
    }
    for question in questions {
        let (expected, answer) = (api.send(question.request()).await, copy.send(question.request()).await);
        assert!(expected.status != StatusCode::NOT_FOUND, "{question:?}: {}", expected.text());
        assert_eq!((answer.status, answer.text()), (expected.status, expected.text()), "{question:?}");
    }
    assert_eq!(copy.state().await, api.state().await);
}
