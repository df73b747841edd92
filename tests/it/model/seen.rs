//! What an answer says, in the terms of the reference.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::operation::{Op, USERS};
use crate::support::{Answer, content};

/// The status of an answer, and of its body what the reference can tell. Of a refusal that is nothing.
pub(super) type Facts = (u16, Value);

/// Tells bytes from other bytes.
pub(super) fn hash_of(bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// Reads the answer to `op`. Whatever the operation, the answer must be in a documented shape.
pub(super) fn facts(op: &Op, answer: &Answer) -> Facts {
    let status = answer.status.as_u16();
    assert_eq!(answer.header("x-request-id"), Some("request-1"), "{op:?}");
    if answer.status.is_client_error() {
        check_error(op, answer);
        return (status, Value::Null);
    }
    assert!(answer.status.is_success(), "{op:?}: {status} {}", answer.text());
    if answer.status == StatusCode::NO_CONTENT {
        assert!(answer.body.is_empty(), "{op:?}");
        return (status, Value::Null);
    }
    if let Op::Download { .. } = op {
        return (status, json!({"type": answer.header("content-type"), "hash": hash_of(&answer.body)}));
    }
    (status, of_body(op, &answer.json()))
}

fn check_error(op: &Op, answer: &Answer) {
    let body = answer.json();
    let keys: Vec<&String> = body.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["errors", "errorMessages", "statusCode"], "{op:?}");
    let (named, rest) = (body["errors"].as_object().expect("an object"), list(&body["errorMessages"]));
    assert!(named.len() + rest.len() > 0 && body["statusCode"] == answer.status.as_u16(), "{op:?}: {body}");
}

fn of_body(op: &Op, body: &Value) -> Value {
    match op {
        Op::Upload { .. } | Op::FailToUpload { .. } | Op::UploadTo { .. } | Op::Import { .. } | Op::GetFile { .. } => {
            file(body)
        }
        Op::ListFiles { .. } => of_all(body, file),
        Op::Attach { .. } => json!({
            "version": body["version"],
            "files": body.get("attachments").map(|files| of_all(files, file)),
        }),
        Op::CreateEntity { .. } => json!({"version": body["version"], "shortId": body["shortId"]}),
        Op::CreateIssue { .. } => {
            let mut fact = holder(body);
            fact["key"] = body["key"].clone();
            fact
        }
        Op::Get { .. } | Op::Patch { .. } => holder(body),
        Op::AddComment { .. } | Op::EditComment { .. } => comment(body),
        Op::ListComments { .. } => of_all(body, comment),
        Op::ListEvents { .. } => {
            assert_unique(list(&body["events"]).iter().map(|event| &event["id"]));
            assert_eq!((&body["hasNext"], &body["hasPrev"]), (&json!(false), &json!(false)));
            of_all(&body["events"], |event| json!({"display": event["display"], "by": user(&event["author"])}))
        }
        Op::Outbox => of_all(body, |note| {
            let to = list(&note["recipients"]).iter().map(|recipient| recipient["user"]["login"].clone());
            json!({
                "event": note["event"],
                "file": note["file"]["id"],
                "name": note["file"]["name"],
                "actor": note["actor"]["login"],
                "to": to.collect::<Vec<_>>(),
            })
        }),
        Op::Export => world(body),
        // These answer nothing, or were dealt with before.
        Op::DeleteFile { .. }
        | Op::Download { .. }
        | Op::DeleteEntity { .. }
        | Op::DeleteComment { .. }
        | Op::Reset
        | Op::ResetAll => panic!("{op:?} is not answered {body}"),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}"))
}

fn of_all(value: &Value, fact: impl Fn(&Value) -> Value) -> Value {
    list(value).iter().map(fact).collect()
}

/// The login of a user, who is named by uid: 1, 2 or 3.
fn user(value: &Value) -> Value {
    let uid: usize =
        value["id"].as_str().and_then(|uid| uid.parse().ok()).unwrap_or_else(|| panic!("no user: {value}"));
    json!(USERS[uid - 1])
}

fn file(body: &Value) -> Value {
    let mut fact = json!({
        "id": body["id"],
        "name": body["name"],
        "type": body["mimetype"],
        "by": user(&body["createdBy"]),
        "size": body["size"],
    });
    if body.get("commentId").is_some() {
        fact["in comment"] = json!(true);
    }
    fact
}

/// A file as issues and comments name it, or whole.
fn file_or_reference(body: &Value) -> Value {
    if body.get("display").is_some() { json!({"id": body["id"], "name": body["display"]}) } else { file(body) }
}

fn holder(body: &Value) -> Value {
    let summary = body.get("summary").unwrap_or(&body["fields"]["summary"]);
    let files = of_all(&body["attachments"], file_or_reference);
    json!({"version": body["version"], "summary": summary, "files": files})
}

fn comment(body: &Value) -> Value {
    json!({
        "id": body["id"],
        "version": body["version"],
        "text": body["text"],
        "by": user(&body["createdBy"]),
        "edited by": user(&body["updatedBy"]),
        "files": of_all(&body["attachments"], file_or_reference),
    })
}

/// A saved world. No id may stand in it twice.
fn world(body: &Value) -> Value {
    let mut ids: Vec<&Value> = Vec::new();
    collect_ids(body, &mut ids);
    assert_unique(ids.into_iter());
    let mut entities: Vec<&Value> = list(&body["entities"]).iter().collect();
    // The order of the reference: projects, then goals, each by number.
    entities.sort_by_key(|entity| (entity["type"] != "project", entity["shortId"].as_u64()));
    json!({
        "temporary": of_all(&body["temporaryFiles"], saved_file),
        "entities": entities.into_iter().map(saved_entity).collect::<Vec<_>>(),
        "issues": of_all(&body["issues"], |issue| saved_holder(issue, &issue["summary"], &issue["key"])),
    })
}

/// The ids of everything that is identified by a text of its own: files, entities, issues, events, comments.
fn collect_ids<'a>(value: &'a Value, ids: &mut Vec<&'a Value>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                match key.as_str() {
                    // What tells of things that may be gone.
                    "outbox" | "change" | "changelog" | "users" | "queues" => {}
                    "id" | "longId" => ids.push(value),
                    _ => collect_ids(value, ids),
                }
            }
        }
        Value::Array(all) => all.iter().for_each(|value| collect_ids(value, ids)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn assert_unique<'a>(ids: impl Iterator<Item = &'a Value>) {
    let mut seen = BTreeSet::new();
    for id in ids {
        assert!(seen.insert(id.to_string()), "{id} stands there twice");
    }
}

fn saved_entity(body: &Value) -> Value {
    let name = format!("{} {}", body["type"].as_str().expect("a type"), body["shortId"]);
    let mut fact = saved_holder(body, &body["fields"]["summary"], &json!(name));
    fact["events"] = json!(list(&body["events"]).len());
    fact
}

fn saved_holder(body: &Value, summary: &Value, name: &Value) -> Value {
    json!({
        "version": body["version"],
        "summary": summary,
        "files": of_all(&body["attachments"], saved_file),
        "comments": of_all(&body["comments"], |comment| json!({
            "id": comment["id"],
            "version": comment["version"],
            "text": comment["text"],
            "by": comment["createdBy"],
            "edited by": comment["updatedBy"],
            "files": of_all(&comment["attachments"], saved_file),
        })),
        "name": name,
    })
}

fn saved_file(body: &Value) -> Value {
    let bytes = content(body);
    json!({
        "id": body["id"],
        "name": body["name"],
        "type": body["mimetype"],
        "by": body["createdBy"],
        "size": bytes.len(),
        "hash": hash_of(&bytes),
    })
}
