//! The world of the mock: with the user, the issue and the project that the live server has, as far as the forms of
//! answers depend on them.

use serde_json::{Value, json};

/// When all of it was made.
const TIME: &str = "2024-01-01T00:00:00.000+0000";

/// Fixtures, from what the live server has told of the user, of the issue with this key and the project with this id.
pub(super) fn fixtures(myself: &Value, key: &str, issue: &Value, project: Option<&str>) -> Value {
    let queue = key.split('-').next().unwrap_or_default();
    let parent = format!("{queue}-999999998");
    let text = |name: &str| myself[name].as_str().filter(|text| !text.is_empty()).unwrap_or("me");
    let number = |name: &str| myself[name].as_u64().unwrap_or(1);
    let mut user = json!({"login": text("login"), "uid": number("uid"), "passportUid": number("passportUid")});
    for name in ["firstName", "lastName", "display", "email", "cloudUid"] {
        user[name] = json!(text(name));
    }
    let login = text("login");
    let described = |more: Value| {
        let mut thing = json!({"id": "65000000000000000000000a", "createdBy": login, "createdAt": TIME});
        merge(&mut thing, more);
        thing
    };
    let mut own = described(json!({"key": key, "summary": "Sandbox"}));
    // Members that an answer has only where the issue has something.
    for (shown, given) in [
        ("description", json!({"description": issue["description"].as_str().unwrap_or("text")})),
        ("assignee", json!({"assignee": login})),
        ("followers", json!({"followers": [login]})),
        ("tags", json!({"tags": ["tag"]})),
        ("parent", json!({"parent": parent})),
        ("unique", json!({"unique": "unique"})),
        ("previousStatus", json!({"previousStatus": "open"})),
        ("resolution", json!({"resolution": "fixed"})),
        ("checklistItems", json!({"checklistItems": [{"id": "65000000000000000000000c", "text": "item"}]})),
        (
            "lastCommentUpdatedAt",
            json!({"comments": [{"id": 1, "text": "comment", "createdBy": login, "createdAt": TIME}]}),
        ),
    ] {
        if issue.get(shown).is_some() {
            merge(&mut own, given);
        }
    }
    let other = json!({"id": "65000000000000000000000b", "key": parent, "summary": "Parent"});
    let project = project.map(|given| {
        let mut own = described(json!({"type": "project", "shortId": 1, "fields": {"summary": "Sandbox"}}));
        // It can be asked for by either.
        match given.parse::<u64>() {
            Ok(number) if given.len() < 24 => own["shortId"] = json!(number),
            Ok(_) | Err(_) => own["id"] = json!(given),
        }
        own
    });
    json!({
        "users": [user],
        "queues": [{"id": 1, "key": queue, "name": "Sandbox", "lead": login}],
        "issues": [own, described(other)],
        "entities": Vec::from_iter(project),
    })
}

fn merge(thing: &mut Value, more: Value) {
    if let (Value::Object(thing), Value::Object(more)) = (thing, more) {
        thing.extend(more);
    }
}
