//! Texts for people, in English and in Russian.

use axum::http::StatusCode;
use serde_json::{Value, json};
use tracker_mock::{Config, Language};

use crate::support::{Api, Call, FIELDS, PROJECT};

async fn get(api: &Api, path: &str, language: &str) -> Value {
    let answer = api.send(Call::get(path).header("Accept-Language", language).request()).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    answer.json()
}

/// The values of these members, wherever they stand.
fn texts(value: &Value, members: &[&str], found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                if members.contains(&name.as_str()) {
                    found.extend(value.as_str().map(str::to_owned));
                }
                texts(value, members, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, members, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_russian(text: &str) -> bool {
    text.chars().any(|letter| ('а'..='я').contains(&letter.to_lowercase().next().unwrap_or(letter)))
}

/// Every text of the lists that do not change has both languages.
#[tokio::test]
async fn every_text_has_both() {
    let api = Api::new();
    for (path, members, least) in [
        ("/v3/statuses", &["name", "description"][..], 16),
        ("/v3/issuetypes", &["name", "description"], 12),
        ("/v3/priorities", &["name"], 5),
        ("/v3/resolutions", &["name", "description"], 10),
        ("/v3/issues/JUNE-2/transitions", &["display"], 4),
        ("/v3/fields", &["name", "display"], 60),
        ("/v3/linktypes", &["inward", "outward"], 10),
        ("/v3/fields/categories", &["name"], 1),
        ("/v3/queues/JUNE?expand=types", &[], 0),
    ] {
        let (english, russian) = (get(&api, path, "en").await, get(&api, path, "ru").await);
        let all = |value| {
            let mut found = Vec::new();
            texts(value, members, &mut found);
            found
        };
        let (english, russian) = (all(&english), all(&russian));
        assert!(english.len() == russian.len() && english.len() >= least, "{path}: {english:?}");
        for (english, russian) in english.iter().zip(&russian) {
            assert!(!english.is_empty() && !is_russian(english), "{path}: {english}");
            assert!(is_russian(russian), "{path}: {russian}");
        }
    }
}

/// What can happen to an entity, and every field of it, as the history shows it.
#[tokio::test]
async fn histories_have_both() {
    let api = Api::new();
    api.upload("a.txt", b"text").await;
    let entity = format!("/v3/entities/project/{PROJECT}");
    let cleared = FIELDS.iter().filter(|name| !["summary", "entityStatus"].contains(name));
    let fields: serde_json::Map<String, Value> = cleared.map(|name| ((*name).to_owned(), Value::Null)).collect();
    let mut change = json!({"fields": fields, "comment": "c"});
    change["fields"]["summary"] = json!("Other");
    change["fields"]["entityStatus"] = json!("launched");
    for (method, path, body) in [
        ("PATCH", entity.clone(), change),
        ("POST", format!("{entity}/comments"), json!({"text": "c", "attachmentIds": ["30"], "summonees": ["lead"]})),
    ] {
        assert_eq!(api.send_json(method, &path, &body).await.status, StatusCode::OK);
    }
    api.upload("b.txt", b"text").await;
    api.post(&format!("{entity}/attachments/31")).await;
    api.call(axum::http::Method::DELETE, &format!("{entity}/attachments/31")).await;
    let all = |events: &Value| {
        let mut found = Vec::new();
        for event in events["events"].as_array().expect("a list") {
            found.push(event["display"].as_str().expect("a text").to_owned());
            let changes = event["changes"].as_array().expect("a list").iter();
            found.extend(changes.map(|change| change["field"]["display"].as_str().expect("a text").to_owned()));
        }
        found
    };
    let path = format!("{entity}/events/_relative");
    let (english, russian) = (all(&get(&api, &path, "en").await), all(&get(&api, &path, "ru").await));
    assert_eq!(english.len(), russian.len());
    assert!(english.len() > 20, "{english:?}");
    assert!(english.iter().all(|text| !is_russian(text)), "{english:?}");
    assert!(russian.iter().all(|text| is_russian(text)), "{russian:?}");
    for (text, other) in [
        ("Issue created", "Задача создана"),
        ("Issue updated", "Задача обновлена"),
        ("Members", "Участники"),
        ("Comment added", "Комментарий добавлен"),
        ("Comment text", "Текст комментария"),
        ("File added", "Файл добавлен"),
        ("File removed", "Файл удалён"),
        ("Attachments", "Вложения"),
    ] {
        let place = english.iter().position(|english| english == text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(russian[place], other);
    }
}

/// As the real service was seen to answer without the header.
#[tokio::test]
async fn the_default_can_be_russian() {
    let api = Api::with(set!(Config::default(); language: Language::Russian));
    let displays = |issue: &Value| {
        ["status", "statusType", "type", "priority"].map(|member| issue[member]["display"].as_str().map(str::to_owned))
    };
    let russian = ["Открыт", "Начальный", "Задача", "Средний"].map(|text| Some(text.to_owned()));
    let english = ["Open", "New", "Task", "Medium"].map(|text| Some(text.to_owned()));
    assert_eq!(displays(&api.get("/v2/issues/JUNE-2").await.json()), russian);
    assert_eq!(displays(&get(&api, "/v2/issues/JUNE-2", "de").await), russian);
    assert_eq!(displays(&get(&api, "/v2/issues/JUNE-2", "en, ru;Q=0.9").await), english);
    let missing = api.get("/v2/issues/JUNE-99").await;
    assert_eq!(missing.json(), json!({"errors": {}, "errorMessages": ["Задача не существует."], "statusCode": 404}));

    let api = Api::new();
    assert_eq!(displays(&api.get("/v2/issues/JUNE-2").await.json()), english);
    assert_eq!(displays(&get(&api, "/v3/issues/JUNE-2", "en;q=0.1, RU;Q=0.2").await), russian);
}

/// A type and a priority are named by their names in either language, and found by them.
#[tokio::test]
async fn names_are_understood_in_both() {
    let api = Api::new();
    for (name, priority) in [("Ошибка", "Критичный"), ("Bug", "Critical")] {
        let body = json!({"queue": "JUNE", "summary": name, "type": {"name": name}, "priority": {"name": priority}});
        let issue = api.send_json("POST", "/v3/issues", &body).await.json();
        assert_eq!((&issue["type"]["key"], &issue["priority"]["key"]), (&json!("bug"), &json!("critical")));
    }
    for name in ["Ошибка", "Bug", "bug"] {
        let found = api.send_json("POST", "/v3/issues/_search", &json!({"filter": {"type": name}})).await.json();
        assert_eq!(found.as_array().map(Vec::len), Some(3), "{name}");
    }
}

/// What the parser of JSON says is said in the language of the rest.
#[tokio::test]
async fn why_a_body_is_not_json_is_said_in_russian() {
    let api = Api::new();
    let deep = "[".repeat(200);
    for (body, reason) in [
        ("{", "текст обрывается (строка 1, столбец 1)"),
        ("{\"a\" 1}", "ожидается двоеточие (строка 1, столбец 6)"),
        ("{\"a\": 1}\n2", "после конца стоит лишнее (строка 2, столбец 1)"),
        (&deep, "вложенность больше 127 уровней (строка 1, столбец 128)"),
    ] {
        let call = Call::post("/v2/entities/goal").header("Accept-Language", "ru").body(body);
        let answer = api.send(call.request()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        let expected = format!("Тело запроса не является корректным JSON: {reason}.");
        assert_eq!(answer.json()["errorMessages"], json!([expected]), "{body}");
    }
}
