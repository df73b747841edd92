//! Rules that hold for whatever clients send: names, times, lists in the query, and all or nothing.

use std::future::Future;

use axum::http::{Method, StatusCode};
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use crate::support::names::{decoded, encoded};
use crate::support::{Answer, Api, Call, FIELDS, Form, PROJECT};

type Checked = Result<(), TestCaseError>;

/// Runs a case of a property, which is no asynchronous function.
fn run(case: impl Future<Output = Checked>) -> Checked {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(case)
}

async fn sent(api: &Api, call: &Call, status: StatusCode) -> Result<Answer, TestCaseError> {
    let answer = api.send(call.request()).await;
    prop_assert_eq!(answer.status, status, "{:?}: {}", call, answer.text());
    Ok(answer)
}

/// Any name that the contract allows (section 2).
fn file_name() -> impl Strategy<Value = String> {
    prop_oneof![
        r"[^\p{Cc}/\\]{1,40}",
        r"[^\p{Cc}/\\]{200,255}",
        // What escapes, quotes and separators are made of.
        r#"[ %+"';:=,?#&*<>\[\]{}|.^~`$@!()а-я0-9A-F]{1,30}"#,
    ]
}

/// What a client that reads RFC 6266 takes for the name: `filename*` of `Content-Disposition`.
fn saved_as(answer: &Answer) -> String {
    let header = answer.header("content-disposition").expect("a disposition");
    let (_, extended) = header.split_once("filename*=UTF-8''").expect("an extended name");
    assert!(!extended.contains(';'), "{header}");
    decoded(extended)
}

async fn name_survives(name: &str) -> Checked {
    let api = Api::new();
    let path = format!("/v2/attachments/?filename={}", encoded(name));
    let call = Call::upload(&path, &Form::file("file", b"text"));
    let uploaded = sent(&api, &call, StatusCode::CREATED).await?.json();
    prop_assert_eq!(&uploaded["name"], name);

    let attach = format!("/v2/entities/project/{PROJECT}/attachments/30");
    sent(&api, &Call::post(&attach), StatusCode::OK).await?;
    let call =
        Call::upload(&format!("/v2/issues/JUNE-3/attachments/?filename={}", encoded(name)), &Form::file("f", b"text"));
    sent(&api, &call, StatusCode::CREATED).await?;
    for list in [format!("/v2/entities/project/{PROJECT}/attachments"), "/v2/issues/JUNE-3/attachments".to_owned()] {
        let listed = api.get(&list).await.json()[0].clone();
        prop_assert_eq!(&listed["name"], name);
        let content = listed["content"].as_str().expect("a URL");
        prop_assert!(content.bytes().all(|byte| byte.is_ascii_graphic()), "{}", content);
        let segment = content.rsplit('/').next().expect("a segment");
        prop_assert_eq!(decoded(segment), name);
        let downloaded = api.follow(content).await;
        prop_assert_eq!((downloaded.status, &downloaded.body[..]), (StatusCode::OK, &b"text"[..]));
        prop_assert_eq!(saved_as(&downloaded), name);
    }
    Ok(())
}

/// The issue JUNE-2 was created then; the clock of the tests stands eleven days later.
const CREATED: &str = "2024-01-02T05:38:26.000+0000";

/// Milliseconds from the creation of the issue to the time of the tests.
const LIFE_MILLIS: i64 = 980_883_747;

/// The same instant with another offset and another number of digits, as Python, Java and JavaScript write it.
fn written(instant: chrono::DateTime<chrono::Utc>, offset_minutes: i32, form: usize) -> String {
    let offset = chrono::FixedOffset::east_opt(offset_minutes * 60).expect("an offset");
    let local = instant.with_timezone(&offset);
    let form = match form {
        0 => "%Y-%m-%dT%H:%M:%S%.3f%z",
        1 => "%Y-%m-%dT%H:%M:%S%.3f%:z",
        2 => "%Y-%m-%dT%H:%M:%S%.6f%z",
        _ => "%Y-%m-%dT%H:%M:%S%.9f%:z",
    };
    local.format(form).to_string()
}

async fn time_survives(millis: i64, offset_minutes: i32, form: usize) -> Checked {
    let api = Api::new();
    let change = Call::new(Method::PATCH, "/v2/issues/JUNE-2").body("{}");
    sent(&api, &change, StatusCode::OK).await?;
    let created = chrono::DateTime::parse_from_str(CREATED, "%Y-%m-%dT%H:%M:%S%.3f%z").expect("a time");
    let instant = created.to_utc() + chrono::TimeDelta::milliseconds(millis);
    let query = |time: &str| format!("filename=a.txt&createdBy=lead&createdAt={}", encoded(time));
    let import = |time: &str| {
        Call::upload(&format!("/v2/issues/JUNE-2/attachments/_import?{}", query(time)), &Form::file("f", b"text"))
    };
    let inside = (0..=LIFE_MILLIS).contains(&millis);
    let status = if inside { StatusCode::CREATED } else { StatusCode::UNPROCESSABLE_ENTITY };
    let answer = sent(&api, &import(&written(instant, offset_minutes, form)), status).await?;
    if !inside {
        return Ok(());
    }
    let printed = answer.json()["createdAt"].as_str().expect("a time").to_owned();
    prop_assert_eq!(&printed, &instant.format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string());
    // What is printed is read again as the same.
    let again = sent(&api, &import(&printed), StatusCode::CREATED).await?.json();
    prop_assert_eq!(&again["createdAt"], printed.as_str());
    Ok(())
}

/// A list as a client may write it: in this order, these members doubled, each joined to the one before by a comma or
/// in a parameter of its own.
fn spelled(name: &str, members: &[&str], doubled: &[Index], joints: &[bool]) -> String {
    let mut members = members.to_vec();
    if !members.is_empty() {
        let extra: Vec<&str> = doubled.iter().map(|index| *index.get(&members)).collect();
        members.extend(extra);
    }
    let mut text = format!("{name}=");
    for (member, joint) in members.iter().zip(joints.iter().cycle()) {
        let joint = if *joint { ",".to_owned() } else { format!("&{name}=") };
        text.extend([member, joint.as_str()]);
    }
    text
}

prop_compose! {
    /// A sorted list and another spelling of it.
    fn list(name: &'static str, known: &'static [&'static str])(
        sorted in subsequence(known.to_vec(), 0..=known.len()),
    )(
        shuffled in Just(sorted.clone()).prop_shuffle(),
        doubled in prop::collection::vec(any::<Index>(), 0..4),
        joints in prop::collection::vec(any::<bool>(), 1..8),
        sorted in Just(sorted),
    ) -> (String, String) {
        (format!("{name}={}", sorted.join(",")), spelled(name, &shuffled, &doubled, &joints))
    }
}

async fn same_answer(path: &str, sorted: &str, spelled: &str) -> Checked {
    let api = Api::new();
    let expected = sent(&api, &Call::get(&format!("{path}?{sorted}")), StatusCode::OK).await?;
    let found = sent(&api, &Call::get(&format!("{path}?{spelled}")), StatusCode::OK).await?;
    // `fields` come in the order of the request.
    prop_assert_eq!(found.json(), expected.json());
    Ok(())
}

/// What `attachmentIds` may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Id {
    /// A temporary file of its own.
    Free(usize),
    /// One that was deleted or never issued.
    Unknown,
    /// One that a project has.
    OfProject,
    /// One that a comment of an issue has.
    OfComment,
    /// No number at all.
    Word,
    /// Of no type that an id has.
    Null,
}

/// As many temporary files as there are in each world of the property.
const FREE: usize = 4;

impl Id {
    fn value(self, as_number: bool) -> Value {
        let number = match self {
            Self::Free(place) => 30 + place,
            Self::Unknown => 999,
            Self::OfProject => 4,
            Self::OfComment => 8,
            Self::Word => return json!("file"),
            Self::Null => return Value::Null,
        };
        if as_number { json!(number) } else { json!(number.to_string()) }
    }
}

/// Whatever takes `attachmentIds`: method, path and what else the body must have.
fn takers() -> Vec<(Method, &'static str, Value)> {
    vec![
        (Method::POST, "/v2/issues/", json!({"summary": "s", "queue": "JUNE", "unique": "u"})),
        (Method::PATCH, "/v2/issues/JUNE-2", json!({"summary": "s", "followers": ["lead"]})),
        (Method::POST, "/v2/issues/JUNE-2/comments", json!({"text": "t"})),
        (Method::PATCH, "/v2/issues/JUNE-2/comments/1", json!({"text": "t"})),
        (Method::POST, "/v2/entities/project/4/comments", json!({"text": "t"})),
        (Method::PATCH, "/v2/entities/project/4/comments/22", json!({"text": "t"})),
        (Method::PATCH, "/v2/entities/project/4", json!({"fields": {"summary": "s"}, "comment": "c"})),
    ]
}

async fn all_or_nothing(taker: (Method, &'static str, Value), ids: Vec<(Id, bool)>) -> Checked {
    let api = Api::new();
    for _ in 0..FREE {
        api.upload("a.txt", b"text").await;
    }
    let comment = Call::post("/v2/entities/project/4/comments").body(json!({"text": "first"}).to_string());
    let comment = sent(&api, &comment, StatusCode::OK).await?.json();
    prop_assert_eq!(&comment["id"], 22);
    let before = api.state().await;

    let (method, path, mut body) = taker;
    body["attachmentIds"] = ids.iter().map(|(id, as_number)| id.value(*as_number)).collect();
    let call = Call::new(method, path).body(body.to_string());
    let mut free: Vec<usize> =
        ids.iter().filter_map(|(id, _)| if let Id::Free(place) = id { Some(*place) } else { None }).collect();
    let only_free = free.len() == ids.len();
    free.sort_unstable();
    free.dedup();
    if only_free && free.len() == ids.len() {
        let answer = api.send(call.request()).await;
        prop_assert!(answer.status.is_success(), "{}", answer.text());
        let left = api.state().await["temporaryFiles"].as_array().expect("a list").len();
        prop_assert_eq!(left, FREE - ids.len());
        return Ok(());
    }
    let refused = sent(&api, &call, StatusCode::UNPROCESSABLE_ENTITY).await?;
    let fields: Vec<String> = refused.json()["errors"].as_object().expect("an object").keys().cloned().collect();
    prop_assert_eq!(fields, ["attachmentIds"]);
    prop_assert_eq!(api.state().await, before);

    // The good ones among them are as good as before.
    body["attachmentIds"] = free.iter().map(|place| json!(30 + place)).collect();
    let answer = api.send(call.body(body.to_string()).request()).await;
    prop_assert!(answer.status.is_success(), "{}", answer.text());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn an_allowed_name_comes_back_as_it_was_given(name in file_name()) {
        run(name_survives(&name))?;
    }

    #[test]
    fn a_time_comes_back_in_utc_whatever_its_offset(
        millis in prop_oneof![
            6 => 0..=LIFE_MILLIS,
            1 => -90_000_000..0_i64,
            1 => LIFE_MILLIS + 1..LIFE_MILLIS + 90_000_000,
            1 => select(vec![-1, 0, LIFE_MILLIS, LIFE_MILLIS + 1]),
        ],
        offset_minutes in -14 * 60..=14 * 60_i32,
        form in 0..4_usize,
    ) {
        run(time_survives(millis, offset_minutes, form))?;
    }

    #[test]
    fn fields_mean_the_same_in_any_spelling((sorted, spelled) in list("fields", &FIELDS)) {
        run(same_answer(&format!("/v2/entities/project/{PROJECT}"), &sorted, &spelled))?;
    }

    #[test]
    fn expand_means_the_same_in_any_spelling(
        of_entity in list("expand", &["attachments", "all"]),
        of_issue in list("expand", &["attachments", "transitions", "links"]),
        of_comment in list("expand", &["attachments", "html", "reactions", "all"]),
    ) {
        run(same_answer("/v2/entities/project/6", &of_entity.0, &of_entity.1))?;
        run(same_answer("/v2/issues/JUNE-2", &of_issue.0, &of_issue.1))?;
        run(same_answer("/v2/issues/JUNE-2/comments/1", &of_comment.0, &of_comment.1))?;
    }

    #[test]
    fn attachments_are_taken_all_or_none(
        taker in select(takers()),
        ids in prop::collection::vec((
            prop_oneof![
                6 => (0..FREE).prop_map(Id::Free),
                1 => Just(Id::Unknown),
                1 => Just(Id::OfProject),
                1 => Just(Id::OfComment),
                1 => Just(Id::Word),
                1 => Just(Id::Null),
            ],
            any::<bool>(),
        ), 1..5),
    ) {
        run(all_or_nothing(taker, ids))?;
    }
}
