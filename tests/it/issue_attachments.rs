//! The files of issues: `/v2/issues/{key}/attachments`, `/v2/issues/{key}/thumbnails/{fileId}`, and the imports.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::names::{NAMES, encoded};
use crate::support::{Answer, Api, Call, Form, Log, NOW, PROJECT, WORLD_BYTES, content, images};

/// When the issue JUNE-2 was created.
const CREATED: &str = "2024-01-02T05:38:26.000+0000";

async fn sent(api: &Api, call: &Call, status: StatusCode) -> Answer {
    let answer = api.send(call.request()).await;
    assert_eq!(answer.status, status, "{call:?}: {}", answer.text());
    answer
}

async fn uploaded(api: &Api, path: &str, name: &str, bytes: &[u8]) -> Value {
    sent(api, &Call::upload(path, &Form::file(name, bytes)), StatusCode::CREATED).await.json()
}

async fn delete(api: &Api, path: &str) -> Answer {
    api.call(Method::DELETE, path).await
}

fn text<'a>(object: &'a Value, member: &str) -> &'a str {
    object[member].as_str().unwrap_or_else(|| panic!("no {member} in {object}"))
}

fn ids(files: &Value) -> Vec<&str> {
    files.as_array().expect("a list").iter().map(|file| text(file, "id")).collect()
}

/// The path of a URL on the host of the tests.
fn path(url: &str) -> &str {
    url.strip_prefix("http://tracker.test").expect("the host of the request")
}

/// All that an answer says of a file leads to it: the description, the bytes, and the thumbnail of an image.
async fn assert_found(api: &Api, file: &Value, bytes: &[u8]) {
    let described = api.follow(text(file, "self")).await;
    assert_eq!((described.status, described.json()), (StatusCode::OK, file.clone()));
    let downloaded = api.follow(text(file, "content")).await;
    assert_eq!((downloaded.status, &downloaded.body[..]), (StatusCode::OK, bytes), "{file}");
    assert_eq!(downloaded.header("content-type"), file["mimetype"].as_str());
    assert_eq!(downloaded.header("content-length"), Some(file["size"].to_string().as_str()));
    let Some(thumbnail) = file.get("thumbnail") else { return };
    let thumbnail = api.follow(thumbnail.as_str().expect("a URL")).await;
    assert_eq!((thumbnail.status, thumbnail.header("content-type")), (StatusCode::OK, Some("image/png")));
    let picture = image::load_from_memory_with_format(&thumbnail.body, image::ImageFormat::Png).expect("a PNG");
    assert_eq!((picture.width(), picture.height()), (3, 2));
}

/// The issue as the exported state holds it.
async fn saved(api: &Api, key: &str) -> Value {
    let state = api.state().await;
    let mut issues = state["issues"].as_array().expect("a list").iter();
    issues.find(|issue| issue["key"] == key).expect("the issue").clone()
}

#[tokio::test]
async fn a_text_file() {
    let api = Api::new();
    let answer = api.post_form("/v2/issues/JUNE-3/attachments/", &Form::file("отчёт 1.txt", b"some text")).await;
    insta::assert_snapshot!(answer.transcript());
    assert_found(&api, &answer.json(), b"some text").await;
    api.assert_selfs_resolve(&answer).await;
}

#[tokio::test]
async fn an_image() {
    let api = Api::new();
    let call = Call::upload("/v3/issues/6593a1b2c3d4e5f600000003/attachments", &Form::file("a b.png", &images::png()));
    let answer = sent(&api, &call.token("team-1-token"), StatusCode::CREATED).await;
    insta::assert_snapshot!(answer.transcript());
    assert_found(&api, &answer.json(), &images::png()).await;
}

#[tokio::test]
async fn an_upload_changes_who_and_when_but_no_version() {
    let api = Api::new();
    let call = Call::upload("/v2/issues/JUNE-3/attachments/", &Form::file("a.txt", b"text")).token("client-token");
    sent(&api, &call, StatusCode::CREATED).await;
    let after = api.get("/v2/issues/JUNE-3").await.json();
    assert_eq!((&after["version"], &after["updatedAt"]), (&json!(1), &json!(NOW)));
    assert_eq!(after["updatedBy"]["id"], "1900000005");
    assert_eq!(api.state().await["temporaryFiles"], json!([]));
}

#[tokio::test]
async fn names_in_the_query_and_in_the_form() {
    let api = Api::new();
    for name in NAMES {
        let path = format!("/v2/issues/JUNE-3/attachments/?filename={}", encoded(name));
        // The official Python client calls every file `file`.
        let by_query = uploaded(&api, &path, "file", b"text").await;
        assert_eq!(by_query["name"], name);
        assert_found(&api, &by_query, b"text").await;
        let by_part = uploaded(&api, "/v2/issues/JUNE-3/attachments/", name, b"text").await;
        assert_eq!(by_part["name"], name);
    }
}

#[tokio::test]
async fn forms_as_clients_write_them() {
    let api = Api::new();
    for (query, headers, name) in [
        ("?filename=real.txt", "Content-Disposition: form-data; name=\"file\"; filename=\"file\"", "real.txt"),
        ("", "Content-Disposition: form-data; name=\"file_data\"; filename=\"a.txt\"", "a.txt"),
        ("", "Content-Disposition: form-data; name=\"<file>\"; filename=\"C:\\dir\\a.txt\"", "a.txt"),
        ("", "Content-Disposition: form-data; name=\"file\"; filename=\"a%22.txt\"", "a\".txt"),
        ("", "Content-Disposition: form-data; name=f; filename*=UTF-8''%D1%8F.txt", "я.txt"),
    ] {
        for chunked in [false, true] {
            let call = Call::upload(&format!("/v2/issues/JUNE-3/attachments{query}"), &Form::part(headers, b"text"));
            let call = if chunked { call.chunked() } else { call };
            let file = sent(&api, &call, StatusCode::CREATED).await.json();
            assert_eq!(file["name"], name, "{headers}");
            assert_found(&api, &file, b"text").await;
        }
    }
}

#[tokio::test]
async fn the_files_of_an_issue_and_of_its_comments() {
    let api = Api::new();
    uploaded(&api, "/v2/issues/JUNE-2/attachments/", "picture.png", &images::png()).await;
    api.upload("late.txt", b"late").await;
    let comment = json!({"text": "Second comment", "attachmentIds": ["31"]});
    sent(&api, &Call::post("/v2/issues/JUNE-2/comments").body(comment.to_string()), StatusCode::CREATED).await;
    let answer = api.get("/v2/issues/JUNE-2/attachments").await;
    insta::assert_snapshot!(answer.list_transcript());
    api.assert_selfs_resolve(&answer).await;
    let files = answer.json();
    let bytes = [&b"name,size\nalpha,1\n"[..], &images::png(), b"alpha: ok\n", b"late"];
    for (file, bytes) in files.as_array().expect("a list").iter().zip(bytes) {
        assert_found(&api, file, bytes).await;
    }
    assert_eq!(files[2]["commentId"], "6593a5d0e5f60000000000a1");
    for same in ["/v2/issues/6593a1b2c3d4e5f600000002/attachments", "/v2/issues/JUNE-2/attachments/?id=7&expand=none"] {
        assert_eq!(api.get(same).await.text(), answer.text(), "{same}");
    }
    assert_eq!(api.get("/v2/issues/JUNE-3/attachments").await.text(), "[]");
}

#[tokio::test]
async fn one_file_by_each_of_its_paths() {
    let api = Api::new();
    let mut log = Log::default();
    for (name, file) in [("a file of the issue", "7"), ("a file of a comment", "8")] {
        let under_issue = log.send(&api, name, &Call::get(&format!("/v2/issues/JUNE-2/attachments/{file}"))).await;
        for same in [
            format!("/v2/issues/6593a1b2c3d4e5f600000002/attachments/{file}/"),
            format!("/v2/attachments/{file}"),
            format!("/v2/attachments/{file}/"),
        ] {
            assert_eq!(api.get(&same).await.text(), under_issue.text(), "{same}");
        }
        let described = under_issue.json();
        let name = text(&described, "name");
        let by_issue = api.get(&format!("/v2/issues/JUNE-2/attachments/{file}/{name}")).await;
        for same in [
            format!("/v2/attachments/{file}/{name}"),
            format!("/v3/issues/6593a1b2c3d4e5f600000002/attachments/{file}/{name}/"),
        ] {
            let by_root = api.get(&same).await;
            assert_eq!((by_root.status, &by_root.body), (StatusCode::OK, &by_issue.body), "{same}");
            assert_eq!(by_root.headers, by_issue.headers, "{same}");
        }
    }
    insta::assert_snapshot!(log.text());
}

#[tokio::test]
async fn thumbnails_by_each_of_their_paths() {
    let api = Api::new();
    for (extension, bytes) in images::all() {
        let name = format!("picture.{extension}");
        let file = uploaded(&api, "/v2/issues/JUNE-3/attachments/", &name, &bytes).await;
        let by_issue = api.follow(text(&file, "thumbnail")).await;
        assert_eq!((by_issue.status, by_issue.header("content-type")), (StatusCode::OK, Some("image/png")), "{name}");
        for same in [
            format!("/v2/thumbnails/{}", text(&file, "id")),
            format!("/v2/issues/6593a1b2c3d4e5f600000003/thumbnails/{}/", text(&file, "id")),
        ] {
            assert_eq!(api.get(&same).await.body, by_issue.body, "{name}: {same}");
        }
    }
}

/// The Python client lists, downloads and deletes through an issue only what is the issue's.
#[tokio::test]
async fn a_file_of_something_else() {
    let api = Api::new();
    api.upload("temporary.png", &images::png()).await;
    let before = api.state().await;
    let mut log = Log::default();
    for (name, path) in [
        ("another issue's", "/v2/issues/JUNE-3/attachments/7"),
        ("another issue's comment's", "/v2/issues/JUNE-3/attachments/8"),
        ("an entity's", "/v2/issues/JUNE-2/attachments/4"),
        ("a temporary file", "/v2/issues/JUNE-2/attachments/30"),
        ("nobody's", "/v2/issues/JUNE-2/attachments/99"),
        ("not a number", "/v2/issues/JUNE-2/attachments/seven"),
        ("an unknown issue's", "/v2/issues/JUNE-99/attachments/7"),
    ] {
        let answer = log.send(&api, name, &Call::get(path)).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        let deleted = delete(&api, &format!("{path}/")).await;
        assert_eq!((deleted.status, deleted.text()), (StatusCode::NOT_FOUND, answer.text()), "{path}");
    }
    for path in [
        "/v2/issues/JUNE-3/attachments/7/report.csv",
        "/v2/issues/JUNE-2/attachments/4/notes.txt",
        "/v2/issues/JUNE-2/attachments/30/temporary.png",
        "/v2/issues/JUNE-2/thumbnails/30",
        "/v2/issues/JUNE-2/thumbnails/5",
        "/v2/issues/JUNE-2/thumbnails/7",
        "/v2/issues/JUNE-2/thumbnails/99",
        "/v2/issues/JUNE-99/thumbnails/7",
        "/v2/issues/JUNE-99/attachments",
    ] {
        let answer = log.send(&api, path, &Call::get(path)).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    insta::assert_snapshot!(log.text());
    assert_eq!(api.state().await, before);
}

#[tokio::test]
async fn uploads_that_are_refused() {
    let api = Api::new();
    let (before, bytes) = (api.state().await, api.used_bytes());
    let mut log = Log::default();
    let form = Form::file("a.txt", b"text");
    let upload = |path: &str| Call::upload(path, &form);
    let two = Form::file("a.txt", b"text").and_part("Content-Disposition: form-data; name=b; filename=b", b"b");
    for (status, name, call) in [
        (404, "an unknown issue", upload("/v2/issues/JUNE-99/attachments/")),
        (400, "no name", upload("/v2/issues/JUNE-3/attachments/?filename=")),
        (400, "a slash in the name", upload("/v2/issues/JUNE-3/attachments/?filename=a%2Fb")),
        (400, "two names", upload("/v2/issues/JUNE-3/attachments/?filename=a&filename=b")),
        (400, "two files", Call::upload("/v2/issues/JUNE-3/attachments/", &two)),
        (
            400,
            "no file",
            Call::upload("/v2/issues/JUNE-3/attachments/", &Form::part("Content-Disposition: form-data; name=a", b"a")),
        ),
        (
            400,
            "JSON",
            Call::post("/v2/issues/JUNE-3/attachments/").header("Content-Type", "application/json").body("{}"),
        ),
        (400, "cut off", upload("/v2/issues/JUNE-3/attachments/").body(&form.bytes()[..form.bytes().len() - 8])),
    ] {
        assert_eq!(log.send(&api, name, &call).await.status, status, "{name}");
    }
    insta::assert_snapshot!(log.text());
    assert_eq!((api.state().await, api.used_bytes()), (before, bytes));
}

#[tokio::test]
async fn a_deleted_file_is_gone_and_its_bytes_are_free() {
    let api = Api::new();
    let bytes = api.used_bytes();
    let picture = uploaded(&api, "/v2/issues/JUNE-2/attachments/", "a.png", &images::png()).await;
    let large = uploaded(&api, "/v2/issues/JUNE-2/attachments/", "large", &[1; 100_000]).await;
    assert!(api.used_bytes() >= bytes + 100_000);
    for file in [&picture, &large] {
        let path = path(text(file, "self"));
        let answer = sent(&api, &Call::new(Method::DELETE, path).token("lead-token"), StatusCode::NO_CONTENT).await;
        assert_eq!((answer.text(), answer.header("content-type")), ("", None));
        let again = delete(&api, &format!("{path}/")).await;
        assert_eq!((again.status, again.json()["statusCode"].as_u64()), (StatusCode::NOT_FOUND, Some(404)));
        let id = text(file, "id");
        let urls = ["self", "content", "thumbnail"].into_iter().filter_map(|url| file[url].as_str());
        for url in urls.map(str::to_owned).chain([
            format!("http://tracker.test/v2/attachments/{id}"),
            format!("http://tracker.test/v2/attachments/{id}/{}", text(file, "name")),
            format!("http://tracker.test/v2/thumbnails/{id}"),
        ]) {
            assert_eq!(api.follow(&url).await.status, StatusCode::NOT_FOUND, "{url}");
        }
        // The id is no temporary file's either.
        let attach = api.post(&format!("/v2/entities/project/{PROJECT}/attachments/{id}")).await;
        assert_eq!(attach.status, StatusCode::NOT_FOUND);
    }
    assert!(api.used_bytes() < bytes + WORLD_BYTES);
    let issue = api.get("/v2/issues/JUNE-2").await.json();
    assert_eq!((&issue["version"], &issue["updatedAt"]), (&json!(3), &json!(NOW)));
    assert_eq!(issue["updatedBy"]["id"], "1900000002");
    assert_eq!(ids(&api.get("/v2/issues/JUNE-2/attachments").await.json()), ["7", "8"]);
}

#[tokio::test]
async fn a_deleted_file_of_a_comment_leaves_the_comment() {
    let api = Api::new();
    assert_eq!(delete(&api, "/v2/issues/JUNE-2/attachments/8").await.status, StatusCode::NO_CONTENT);
    assert_eq!(ids(&api.get("/v2/issues/JUNE-2/attachments").await.json()), ["7"]);
    let comment = api.get("/v2/issues/JUNE-2/comments/1?expand=attachments").await.json();
    assert_eq!((&comment["text"], &comment["attachments"]), (&json!("A comment with a file."), &json!([])));
}

#[tokio::test]
async fn a_deleted_comment_takes_its_files_along() {
    let api = Api::new();
    let bytes = api.used_bytes();
    assert_eq!(delete(&api, "/v2/issues/JUNE-2/comments/1").await.status, StatusCode::NO_CONTENT);
    assert_eq!(api.get("/v2/issues/JUNE-2/attachments/8").await.status, StatusCode::NOT_FOUND);
    assert_eq!(api.get("/v2/attachments/8/alpha.txt").await.status, StatusCode::NOT_FOUND);
    assert_eq!(ids(&api.get("/v2/issues/JUNE-2/attachments").await.json()), ["7"]);
    // The first world is still whole: other organisations start from it.
    assert!(api.used_bytes() < bytes + WORLD_BYTES);
    assert_eq!(content(&api.state_of("another").await["issues"][0]["comments"][0]["attachments"][0]), b"alpha: ok\n");
}

/// Whatever an import must say.
fn import_query(created_at: &str, created_by: &str) -> String {
    format!("filename=old.txt&createdAt={}&createdBy={created_by}", created_at.replace('+', "%2B"))
}

/// An issue whose life goes from [`CREATED`] to [`NOW`], and a comment that is as old.
async fn changed_issue() -> Api {
    let mut state = Api::new().state().await;
    state["issues"][0]["comments"][0]["createdAt"] = CREATED.into();
    let api = Api::loaded(&state);
    for (path, body) in [
        ("/v2/issues/JUNE-2", json!({"tags": ["changed"]})),
        ("/v2/issues/JUNE-2/comments/1", json!({"text": "Changed"})),
    ] {
        sent(&api, &Call::new(Method::PATCH, path).body(body.to_string()), StatusCode::OK).await;
    }
    api
}

/// A comment that was never changed lived for one instant.
#[tokio::test]
async fn an_import_within_the_life_of_the_comment() {
    let api = Api::new();
    let before = api.state().await;
    for (time, language, text) in [
        (
            CREATED,
            "en",
            "2024-01-02T05:38:26.000+0000 is not between the creation 2024-01-02T07:00:00.000+0000 and the last change \
             2024-01-02T07:00:00.000+0000 of comment 1 of issue JUNE-2.",
        ),
        (
            "2024-01-02T07:00:00.001+0000",
            "ru",
            "2024-01-02T07:00:00.001+0000 не лежит между созданием 2024-01-02T07:00:00.000+0000 и последним изменением \
             2024-01-02T07:00:00.000+0000: комментарий 1, задача JUNE-2.",
        ),
    ] {
        let call = Call::upload(&format!("{}?{}", IMPORTS[1], import_query(time, "lead")), &Form::file("a", b"a"));
        let answer = sent(&api, &call.header("Accept-Language", language), StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(answer.json(), json!({"errors": {"createdAt": text}, "errorMessages": [], "statusCode": 422}));
    }
    assert_eq!(api.state().await, before);
    let path = format!("{}?{}", IMPORTS[1], import_query("2024-01-02T07:00:00.000+0000", "lead"));
    assert_eq!(uploaded(&api, &path, "a", b"a").await["commentId"], "6593a5d0e5f60000000000a1");
}

const IMPORTS: [&str; 2] =
    ["/v2/issues/JUNE-2/attachments/_import", "/v2/issues/JUNE-2/comments/1/attachments/_import"];

#[tokio::test]
async fn imported_files() {
    let api = changed_issue().await;
    let before = saved(&api, "JUNE-2").await;
    let mut log = Log::default();
    for (name, path, query, form) in [
        (
            "into the issue",
            "/v2/issues/JUNE-2/attachments/_import",
            "filename=%D1%84%2B.txt&createdAt=2024-01-03T10:00:00.123%2B0000&createdBy=lead",
            Form::part("Content-Disposition: form-data; name=\"file_data\"; filename=\"x\"", b"imported"),
        ),
        (
            "into a comment, by uid and longId",
            "/v3/issues/6593a1b2c3d4e5f600000002/comments/6593a5d0e5f60000000000a1/attachments/_import/",
            "createdBy=1900000003&createdAt=2024-01-03T13:00:00%2B03:00&filename=old.png",
            Form::file("file", &images::png()),
        ),
    ] {
        let call = Call::upload(&format!("{path}?{query}"), &form).token("client-token");
        let answer = log.send(&api, name, &call).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{name}");
        api.assert_selfs_resolve(&answer).await;
    }
    insta::assert_snapshot!(log.text());
    let files = api.get("/v2/issues/JUNE-2/attachments").await.json();
    assert_eq!(ids(&files), ["7", "30", "8", "31"]);
    assert_found(&api, &files[1], b"imported").await;
    assert_found(&api, &files[3], &images::png()).await;
    assert_eq!(files[3]["commentId"], files[2]["commentId"]);

    // Nothing else of the issue or of the comment has changed.
    let without_files = |issue: &Value| {
        let mut issue = issue.clone();
        issue.as_object_mut().expect("an object").remove("attachments");
        issue["comments"][0].as_object_mut().expect("an object").remove("attachments");
        issue
    };
    assert_eq!(without_files(&saved(&api, "JUNE-2").await), without_files(&before));
}

#[tokio::test]
async fn an_import_at_any_time_of_the_life_of_the_issue() {
    let api = changed_issue().await;
    for import in IMPORTS {
        for (written, expected) in [
            (CREATED, Some(CREATED)),
            (NOW, Some(NOW)),
            ("2024-01-02T05:38:25.999+0000", None),
            ("2024-01-13T14:06:29.748+0000", None),
            ("2024-01-02T05:38:26Z", Some(CREATED)),
            ("2024-01-02T08:38:26.000+03:00", Some(CREATED)),
            ("2024-01-02T08:38:26.000+0300", Some(CREATED)),
            ("2024-01-02T00:08:26.000-0530", Some(CREATED)),
            ("2024-01-02T08:38:25.999+0300", None),
            ("2024-01-13T17:06:29.747+03:00", Some(NOW)),
            ("2024-01-13T17:06:29.748+03:00", None),
            ("2024-01-13T14:06:29.747+0300", Some("2024-01-13T11:06:29.747+0000")),
            ("2024-01-02T05:38:26.000+0300", None),
        ] {
            let path = format!("{import}?{}", import_query(written, "lead"));
            let answer = api.post_form(&path, &Form::file("a", b"a")).await;
            match expected {
                Some(expected) => {
                    assert_eq!(answer.status, StatusCode::CREATED, "{written}: {}", answer.text());
                    assert_eq!(answer.json()["createdAt"], expected, "{written}");
                }
                None => {
                    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{written}");
                    assert_eq!(answer.json()["errors"].as_object().expect("an object").len(), 1, "{written}");
                    assert!(answer.json()["errors"]["createdAt"].is_string(), "{}", answer.text());
                }
            }
        }
    }
}

/// In a query `+` is a space, and a time with a space is none.
#[tokio::test]
async fn the_plus_of_an_offset_is_written_with_an_escape() {
    let api = changed_issue().await;
    for import in IMPORTS {
        for (offset, expected) in
            [("%2B0000", StatusCode::CREATED), ("+0000", StatusCode::BAD_REQUEST), ("%20000", StatusCode::BAD_REQUEST)]
        {
            let path = format!("{import}?filename=a&createdBy=lead&createdAt=2024-01-03T10:00:00.000{offset}");
            let answer = api.post_form(&path, &Form::file("a", b"a")).await;
            assert_eq!(answer.status, expected, "{path}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn an_imported_file_belongs_to_whom_the_import_names() {
    let api = changed_issue().await;
    for import in IMPORTS {
        for name in ["team-1", "1900000003"] {
            let path = format!("{import}?{}", import_query(CREATED, name));
            let call = Call::upload(&path, &Form::file("a", b"a")).token("lead-token");
            let file = sent(&api, &call, StatusCode::CREATED).await.json();
            assert_eq!(file["createdBy"]["id"], "1900000003", "{name}");
        }
    }
}

#[tokio::test]
async fn names_of_imported_files() {
    let api = changed_issue().await;
    for import in IMPORTS {
        let rest = format!("createdBy=lead&createdAt={}", encoded(CREATED));
        for name in NAMES.map(String::from).into_iter().chain(["n".repeat(255), "я".repeat(255)]) {
            let path = format!("{import}?{rest}&filename={}", encoded(&name));
            let file = uploaded(&api, &path, "file", b"text").await;
            assert_eq!(file["name"], name.as_str());
            assert_found(&api, &file, b"text").await;
        }
        let before = api.state().await;
        for name in ["n".repeat(256), "я".repeat(256), String::new(), "a/b".to_owned(), "a\0".to_owned()] {
            let path = format!("{import}?{rest}&filename={}", encoded(&name));
            let answer = api.post_form(&path, &Form::file("file", b"text")).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name:?}");
            assert!(answer.json()["errors"]["filename"].is_string(), "{}", answer.text());
        }
        assert_eq!(api.state().await, before);
    }
}

#[tokio::test]
async fn imports_that_are_refused() {
    let api = changed_issue().await;
    let (before, bytes) = (api.state().await, api.used_bytes());
    let form = Form::file("a.txt", b"text");
    let mut log = Log::default();
    let good = import_query("2024-01-03T10:00:00.000+0000", "lead");
    let without = |name: &str| {
        let kept: Vec<&str> = good.split('&').filter(|parameter| !parameter.starts_with(name)).collect();
        kept.join("&")
    };
    for import in IMPORTS {
        for (status, name, query) in [
            (400, "no name", without("filename")),
            (400, "no time", without("createdAt")),
            (400, "nobody", without("createdBy")),
            (400, "nothing", String::new()),
            (400, "an empty time", format!("{}&createdAt=", without("createdAt"))),
            (400, "a date", format!("{}&createdAt=2024-01-03", without("createdAt"))),
            (400, "no time", format!("{}&createdAt=yesterday", without("createdAt"))),
            (400, "two times", format!("{good}&createdAt=2024-01-03T10:00:00.000%2B0000")),
            (404, "an unknown user", format!("{}&createdBy=nobody", without("createdBy"))),
            (404, "an empty user", format!("{}&createdBy=", without("createdBy"))),
            (422, "too early", import_query("2024-01-01T00:00:00.000+0000", "lead")),
            (422, "too late", import_query("2025-01-01T00:00:00.000+0000", "lead")),
        ] {
            let answer = log.send(&api, name, &Call::upload(&format!("{import}?{query}"), &form)).await;
            assert_eq!(answer.status, status, "{name}");
        }
    }
    for (status, name, path) in [
        (404, "an unknown issue", "/v2/issues/JUNE-99/attachments/_import"),
        (404, "an unknown issue's comment", "/v2/issues/JUNE-99/comments/1/attachments/_import"),
        (404, "an unknown comment", "/v2/issues/JUNE-2/comments/99/attachments/_import"),
        (404, "another issue's comment", "/v2/issues/JUNE-3/comments/1/attachments/_import"),
    ] {
        let query = import_query("2024-01-03T10:00:00.000+0000", "lead");
        assert_eq!(log.send(&api, name, &Call::upload(&format!("{path}?{query}"), &form)).await.status, status);
    }
    let no_form = Call::post(&format!("{}?{good}", IMPORTS[0])).header("Content-Type", "application/json").body("{}");
    assert_eq!(log.send(&api, "no form", &no_form).await.status, StatusCode::BAD_REQUEST);
    insta::assert_snapshot!(log.text());
    assert_eq!((api.state().await, api.used_bytes()), (before, bytes));
}

/// A client learns of a wrong parameter before it has sent the whole file.
#[tokio::test]
async fn the_parameters_of_an_import_are_read_before_the_file() {
    let api = changed_issue().await;
    let form = Form::file("a.txt", b"text");
    for import in IMPORTS {
        for (query, expected) in [
            (import_query("2025-01-01T00:00:00.000+0000", "lead"), 422),
            (import_query(CREATED, "nobody"), 404),
            (import_query("yesterday", "lead"), 400),
            (import_query(CREATED, "lead"), 400),
        ] {
            let cut_off = Call::upload(&format!("{import}?{query}"), &form).body(&form.bytes()[..60]);
            let answer = api.send(cut_off.request()).await;
            assert_eq!(answer.status, expected, "{query}: {}", answer.text());
            let about_the_form = answer.json()["errors"].as_object().expect("an object").is_empty();
            assert_eq!(about_the_form, query.contains("nobody") || query == import_query(CREATED, "lead"), "{query}");
        }
    }
}
