//! What clients make stay is charged to the memory limit, refused where there is no room, and given back.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use tracker_mock::{Config, Limits};

use crate::support::{Answer, Api, Call, Form, PROJECT};

const COMMENTS: &str = "/v2/issues/JUNE-2/comments";
const MIB: u64 = 1024 * 1024;

fn limited(max_memory_bytes: u64) -> Api {
    Api::with(set!(Config::default(); limits: set!(Limits::default(); max_memory_bytes)))
}

async fn send(api: &Api, method: &str, path: &str, body: &Value) -> Answer {
    api.send(Call::json(method, path, body).request()).await
}

async fn reset(api: &Api) {
    assert_eq!(api.post("/_mock/reset?org=test").await.status, StatusCode::NO_CONTENT);
    assert_eq!(api.call(Method::DELETE, "/_mock/faults?org=test").await.status, StatusCode::NO_CONTENT);
}

/// Requests that make something stay, each with how often it keeps its text of 100,000 bytes.
fn storing() -> Vec<(&'static str, String, Value, u64)> {
    let text = "t".repeat(100_000);
    let tags = vec!["tag"; 10_000];
    let project = format!("/v2/entities/project/{PROJECT}");
    let rule = json!({"do": {"status": 503, "body": {"text": "r".repeat(50_000)}}});
    vec![
        ("POST", COMMENTS.to_owned(), json!({"text": text}), 1),
        ("PATCH", format!("{COMMENTS}/1"), json!({"text": text}), 2),
        ("POST", format!("{project}/comments"), json!({"text": text}), 2),
        ("PATCH", project.clone(), json!({"comment": text}), 2),
        ("PATCH", project.clone(), json!({"fields": {"description": text}}), 2),
        // A text takes its three bytes and what the allocator and the list add.
        ("PATCH", project.clone(), json!({"fields": {"tags": tags}}), 8),
        ("PATCH", project, json!({"fields": {"checklistItems": [{"text": text}]}}), 2),
        ("POST", "/v2/entities/goal".to_owned(), json!({"fields": {"summary": text}}), 1),
        ("POST", "/v2/issues".to_owned(), json!({"queue": "JUNE", "summary": text}), 1),
        ("POST", "/v2/issues".to_owned(), json!({"queue": "JUNE", "summary": "s", "unique": text}), 1),
        (
            "POST",
            "/v2/issues/_import".to_owned(),
            json!({"queue": "JUNE", "summary": text, "createdAt": "2024-01-03T10:00:00Z", "createdBy": "lead"}),
            1,
        ),
        ("PATCH", "/v2/issues/JUNE-2".to_owned(), json!({"description": text}), 2),
        ("PATCH", "/v2/issues/JUNE-2".to_owned(), json!({"tags": tags}), 15),
        ("POST", "/v2/issues/JUNE-2/checklistItems".to_owned(), json!({"text": text}), 2),
        ("PUT", "/_mock/faults?org=test".to_owned(), json!({"rules": [rule, rule]}), 2),
    ]
}

#[tokio::test]
async fn what_stays_is_charged_and_given_back() {
    let api = Api::new();
    let unused = api.used_bytes();
    for (method, path, body, times) in storing() {
        let answer = send(&api, method, &path, &body).await;
        assert!(answer.status.is_success(), "{method} {path}: {}", answer.text());
        drop(answer);
        let taken = api.used_bytes() - unused;
        assert!((times * 100_000..times * 100_000 + 90_000).contains(&taken), "{method} {path}: {taken}");
        reset(&api).await;
        assert_eq!(api.used_bytes(), unused, "{method} {path}");
    }
}

#[tokio::test]
async fn what_does_not_fit_is_refused_and_changes_nothing() {
    let unused = Api::new().used_bytes();
    for (method, path, body, times) in storing() {
        let api = limited(unused + 80_000 * times);
        let before = (api.state().await, api.used_bytes());
        let answer = send(&api, method, &path, &body).await;
        assert_eq!(answer.status, StatusCode::INSUFFICIENT_STORAGE, "{method} {path}: {}", answer.text());
        assert_eq!(answer.json()["statusCode"], 507);
        assert!(answer.text().contains("--max-memory"), "{}", answer.text());
        assert_eq!((api.state().await, api.used_bytes()), before, "{method} {path}");
    }
}

#[tokio::test]
async fn as_much_fits_after_each_reset() {
    let api = limited(2 * MIB);
    let unused = api.used_bytes();
    let project = format!("/v2/entities/project/{PROJECT}");
    let (issue_comments, entity_comments) = (COMMENTS.to_owned(), format!("{project}/comments"));
    let text = json!({"text": "t".repeat(20_000)});
    let mut fills = Vec::new();
    for _ in 0..10 {
        let mut stored = 0;
        for path in [&issue_comments, &entity_comments].into_iter().cycle() {
            match send(&api, "POST", path, &text).await.status {
                StatusCode::CREATED | StatusCode::OK => stored += 1,
                status => {
                    assert_eq!(status, StatusCode::INSUFFICIENT_STORAGE);
                    break;
                }
            }
        }
        assert!(api.used_bytes() <= 2 * MIB);
        fills.push(stored);
        reset(&api).await;
        assert_eq!(api.used_bytes(), unused);
    }
    assert!(fills[0] > 50 && fills.iter().all(|stored| *stored == fills[0]), "{fills:?}");
}

/// What the world would take without the histories of its issues.
async fn bytes_without_history(api: &Api) -> u64 {
    let mut state = api.state().await;
    for issue in state["issues"].as_array_mut().expect("a list") {
        issue["changelog"] = json!([]);
    }
    Api::loaded(&state).used_bytes()
}

/// All but what is recorded of it.
#[tokio::test]
async fn a_delete_gives_back_what_a_link_took() {
    let api = Api::new();
    let unused = (bytes_without_history(&api).await, api.used_bytes());
    let link = json!({"relationship": "relates", "issue": "TREK-1"});
    assert_eq!(send(&api, "POST", "/v2/issues/JUNE-2/links", &link).await.status, StatusCode::CREATED);
    assert!(bytes_without_history(&api).await > unused.0 + 200);
    assert_eq!(api.call(Method::DELETE, "/v2/issues/TREK-1/links/1").await.status, StatusCode::NO_CONTENT);
    assert_eq!(bytes_without_history(&api).await, unused.0);
    assert!(api.used_bytes() > unused.1 + 4 * 100);
}

/// All but what is recorded of it.
#[tokio::test]
async fn a_delete_gives_back_what_a_comment_took() {
    let api = Api::new();
    let mut used = Vec::new();
    for text in ["t".repeat(50_000), "t".repeat(10), "t".repeat(100_000)] {
        let comment = send(&api, "POST", COMMENTS, &json!({"text": text, "summonees": ["lead"]})).await.json();
        let path = format!("{COMMENTS}/{}", comment["id"]);
        let changed = send(&api, "PATCH", &path, &json!({"text": "x".repeat(60_000), "summonees": []})).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.text());
        assert!(api.used_bytes() > 60_000);
        assert_eq!(api.call(Method::DELETE, &path).await.status, StatusCode::NO_CONTENT);
        used.push(bytes_without_history(&api).await);
    }
    assert!(used.iter().all(|bytes| *bytes == used[0]), "{used:?}");
}

/// The record of an attach may take the last of the memory and a little more. What frees memory is served all the same,
/// with the body that clients send with it.
#[tokio::test]
async fn a_delete_with_a_body_is_served_where_more_than_all_memory_is_used() {
    let limit = Api::new().used_bytes() + 40_000;
    let api = limited(limit);
    let file = api.upload("a.txt", b"text").await;
    let before = api.used_bytes();
    api.upload("b.txt", b"").await;
    let of_a_file = api.used_bytes() - before;
    api.upload("c.txt", &vec![b'x'; usize::try_from(limit - api.used_bytes() - of_a_file).expect("small")]).await;
    let path = format!("/v2/entities/project/{PROJECT}/attachments/{file}");
    assert_eq!(api.post(&path).await.status, StatusCode::OK);
    assert!(api.used_bytes() > limit);
    let deleted = api.send(Call::json("DELETE", &path, &Value::Null).request()).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{}", deleted.text());
}

/// Each file that is attached and deleted leaves two events and two notifications.
#[tokio::test]
async fn the_traces_of_deleted_files_end_in_507() {
    let unused = Api::new().used_bytes();
    let api = limited(unused + 60_000);
    let mut files = 0;
    loop {
        let upload = Call::upload("/v2/attachments/", &Form::file("a.txt", b"text"));
        let upload = api.send(upload.request()).await;
        if upload.status == StatusCode::INSUFFICIENT_STORAGE {
            break;
        }
        let file = upload.json()["id"].as_str().expect("an id").to_owned();
        let path = format!("/v2/entities/project/{PROJECT}/attachments/{file}");
        if api.post(&path).await.status == StatusCode::INSUFFICIENT_STORAGE {
            break;
        }
        assert_eq!(api.call(Method::DELETE, &path).await.status, StatusCode::NO_CONTENT);
        files += 1;
        assert!(files < 200);
    }
    assert!(files > 10, "{files}");
    reset(&api).await;
    assert_eq!(api.used_bytes(), unused);
}

/// An answer is a copy of what it shows. One that does not fit beside that is refused before it is written.
#[tokio::test]
async fn long_answers_are_charged_until_they_are_sent() {
    let api = limited(2 * MIB);
    for _ in 0..12 {
        let stored = send(&api, "POST", COMMENTS, &json!({"text": "t".repeat(100_000)})).await;
        assert_eq!(stored.status, StatusCode::CREATED);
    }
    let used = api.used_bytes();
    assert_eq!(api.get(&format!("{COMMENTS}?perPage=2")).await.status, StatusCode::OK);
    let refused = api.get(COMMENTS).await;
    assert_eq!(refused.status, StatusCode::INSUFFICIENT_STORAGE, "{}", refused.text().len());
    assert_eq!(refused.json()["statusCode"], 507);
    assert_eq!(api.used_bytes(), used);
    let unread = api.send_and_leave(Call::get(&format!("{COMMENTS}?perPage=2")).request()).await;
    assert!(api.used_bytes() >= used + 200_000);
    drop(unread);
    assert_eq!(api.used_bytes(), used);
}

#[tokio::test]
async fn json_has_at_most_50_000_values() {
    let api = Api::new();
    let comment = |values: usize| json!({"text": "a", "ignored": vec![0; values]});
    for (values, status) in [(49_900, StatusCode::CREATED), (50_000, StatusCode::PAYLOAD_TOO_LARGE)] {
        let answer = send(&api, "POST", COMMENTS, &comment(values)).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    // What stands in a text is no value.
    let text = json!({"text": r#"",[{:\"#.repeat(60_000)});
    assert_eq!(send(&api, "POST", COMMENTS, &text).await.status, StatusCode::CREATED);
    // Rules are counted before they are read.
    let rules = json!({"rules": vec![json!({}); 50_000]});
    let answer = send(&api, "PUT", "/_mock/faults?org=test", &rules).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", answer.text());
}
