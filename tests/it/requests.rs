//! What holds for every request, whatever its endpoint: request ids, who calls, which world, spellings of paths.

use axum::http::{Method, StatusCode};
use serde_json::json;
use tracker_mock::{AnonymousPolicy, Config, TokenPolicy};
use uuid::Uuid;

use crate::support::{Api, Call, Form, GOAL, PROJECT, assert_refused};

fn upload() -> Call {
    Call::upload("/v2/attachments/", &Form::file("a.txt", b"text"))
}

fn anonymous() -> Config {
    set!(Config::default(); anonymous: AnonymousPolicy::Allow)
}

/// How many temporary files a world has.
async fn temp_files(api: &Api, org: &str) -> usize {
    api.state_of(org).await["temporaryFiles"].as_array().expect("a list").len()
}

/// Who uploads with this request: the id of the user in the answer.
async fn actor(api: &Api, call: &Call) -> String {
    let answer = api.send(call.request()).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{call:?}: {}", answer.text());
    answer.json()["createdBy"]["id"].as_str().expect("an id").to_owned()
}

const AUTHOR: &str = "1900000001";
const LEAD: &str = "1900000002";

#[tokio::test]
async fn the_id_of_a_request_comes_back() {
    let api = Api::new();
    for call in [upload(), Call::get("/v2/nothing"), Call::bare(Method::GET, "/_mock/health"), upload().without("Host")]
    {
        let answer = api.send(call.header("X-Request-Id", "my own / id=1").request()).await;
        assert_eq!(answer.header("x-request-id"), Some("my own / id=1"));
        assert_eq!(answer.headers.get_all("x-request-id").iter().count(), 1);
    }
}

/// A URL in an answer begins with the host of the request.
#[tokio::test]
async fn hosts() {
    let api = Api::new();
    for (host, is_good) in [
        ("tracker.test", true),
        ("127.0.0.1:8080", true),
        ("[::1]:8080", true),
        ("under_score", true),
        ("a:", true),
        ("user@host", false),
        ("two words", false),
        ("a/b", false),
        ("a:b", false),
        ("a:99999", false),
        ("[::1]:b", false),
    ] {
        let answer = api.send(Call::get("/v2/myself").header("Host", host).request()).await;
        if is_good {
            let own = answer.json()["self"].as_str().expect("a URL").to_owned();
            assert!(own.starts_with(&format!("http://{host}/v2/")), "{own}");
        } else {
            assert_refused(&answer, StatusCode::BAD_REQUEST, "Host", &host.into());
        }
    }
}

/// What an unknown path most likely meant is told under its own version.
#[tokio::test]
async fn versions() {
    let api = Api::new();
    for (path, version) in [("/v3/a", "v3"), ("/v3", "v3"), ("/v2/v3", "v2"), ("/v33", "v2")] {
        let answer = api.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.text().contains(&format!("The closest one is GET /{version}/")), "{path}: {}", answer.text());
    }
}

/// What people try first is told from where it is.
#[tokio::test]
async fn what_is_elsewhere_is_told() {
    let api = Api::new();
    for (method, path, closest) in [
        ("GET", "/", "GET /_mock/"),
        ("GET", "/health", "GET /_mock/health"),
        ("GET", "/healthz", "GET /_mock/health"),
        ("GET", "/metrics", "GET /_mock/metrics"),
        ("GET", "/openapi.json", "GET /_mock/openapi.json"),
        ("POST", "/v2/upload", "POST /v2/attachments/"),
        ("POST", "/v3/issues/JUNE-2/upload", "POST /v3/issues/{key}/attachments/"),
    ] {
        let answer = api.send(Call::get(path).method(method).request()).await;
        let message = format!("{method} {path} is not an endpoint that is emulated. The closest one is {closest}.");
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(answer.json(), json!({"errors": {}, "errorMessages": [message], "statusCode": 404}));
        if path.starts_with("/v") {
            continue;
        }
        let there = Call::get(closest.split_once(' ').expect("a path").1).header("Accept", "text/html");
        let there = api.send_and_leave(there.request()).await;
        assert_eq!(there.status(), StatusCode::OK, "{closest}");
    }
    let form = Form::file("a.txt", b"text");
    let answer = api.post_form("/v2/entities/project/4/attachments", &form).await;
    let message = "Method POST is not allowed here. Allowed: GET, HEAD. Upload a file by POST /attachments/, and attach it \
                   by POST /entities/{type}/{id}/attachments/{fileId}.";
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.json(), json!({"errors": {}, "errorMessages": [message], "statusCode": 405}));
    let answer = api.call(Method::PUT, "/v2/entities/project/4/attachments").await;
    assert_eq!(answer.json()["errorMessages"], json!(["Method PUT is not allowed here. Allowed: GET, HEAD."]));
}

#[tokio::test]
async fn the_heavier_of_two_languages_wins() {
    let api = Api::new();
    for (header, is_russian) in [
        ("ru", true),
        ("RU-ru,ru;q=0.9,en-US;q=0.8,en;q=0.7", true),
        ("de, ru;q=0.2", true),
        ("ru;Q=1", true),
        ("en;q=0.5, ru ; Q=0.8", true),
        ("en;Q=0.9, ru;Q=0.8", false),
        ("en-US,en;q=0.9,ru;q=0.8", false),
        ("ru;q=0", false),
        ("ru;q=NaN", false),
        ("*", false),
        ("rust", false),
        ("ru,en", true),
        ("en,ru", false),
        ("en-US;q=0.8, ru;q=0.8", false),
        ("de, ru;q=0.5, en;q=0.5", true),
        ("", false),
    ] {
        let answer = api.send(Call::get("/v2/nothing").header("Accept-Language", header).request()).await;
        assert_eq!(answer.text().contains("не эмулируется"), is_russian, "{header}: {}", answer.text());
    }
}

#[tokio::test]
async fn booleans_are_true_or_false_in_any_case() {
    let api = Api::new();
    let path = format!("/v2/entities/project/{PROJECT}/events/_relative?newEventsOnTop=");
    for good in ["true", "True", "FALSE"] {
        assert_eq!(api.get(&format!("{path}{good}")).await.status, StatusCode::OK, "{good}");
    }
    for bad in ["1", "", "true&newEventsOnTop=false"] {
        let answer = api.get(&format!("{path}{bad}")).await;
        assert_refused(&answer, StatusCode::BAD_REQUEST, "newEventsOnTop", &bad.into());
    }
}

#[tokio::test]
async fn a_request_without_an_id_gets_one() {
    let api = Api::new();
    let mut ids = Vec::new();
    for call in [
        upload().without("X-Request-Id"),
        upload().header("X-Request-Id", ""),
        Call::get("/v2/nothing").without("X-Request-Id"),
        Call::bare(Method::GET, "/_mock/health").without("X-Request-Id"),
    ] {
        let answer = api.send(call.request()).await;
        let id = answer.header("x-request-id").expect("an id").to_owned();
        assert_eq!(Uuid::parse_str(&id).map(|uuid| uuid.to_string()), Ok(id.clone()));
        ids.push(id);
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

#[tokio::test]
async fn the_scheme_of_a_token_has_no_case() {
    let api = Api::new();
    for scheme in ["OAuth", "oauth", "OAUTH", "Bearer", "bearer", "bEaReR", " OAuth", "Bearer  "] {
        let call = upload().header("Authorization", format!("{scheme} lead-token "));
        assert_eq!(actor(&api, &call).await, LEAD, "{scheme}");
    }
    // A token has a case.
    assert_eq!(actor(&api, &upload().token("Lead-Token")).await, AUTHOR);
}

#[tokio::test]
async fn an_organization_has_two_headers_and_the_cloud_header_wins() {
    for (org, cloud_org, expected) in [
        (Some("one"), None, "one"),
        (None, Some("two"), "two"),
        (Some("one"), Some("two"), "two"),
        (Some("not provided"), Some("two"), "two"),
        (Some("one"), Some("not provided"), "one"),
        (Some("one"), Some(""), "one"),
        (Some(" one "), None, "one"),
        (Some("Орг"), None, "Орг"),
    ] {
        let api = Api::new();
        let mut call = upload().without("X-Org-ID");
        if let Some(org) = org {
            call = call.header("X-Org-ID", org);
        }
        if let Some(org) = cloud_org {
            call = call.header("X-Cloud-Org-ID", org);
        }
        let answer = api.send(call.request()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{org:?} {cloud_org:?}");
        for org in ["one", "two", "not%20provided", "%D0%9E%D1%80%D0%B3"] {
            let is_expected = crate::support::names::decoded(org) == expected;
            assert_eq!(temp_files(&api, org).await, usize::from(is_expected), "{org:?} {cloud_org:?}");
        }
    }
}

#[tokio::test]
async fn an_anonymous_request_is_the_default_users_where_allowed() {
    let api = Api::with(anonymous());
    let nobody = upload().without("Authorization").without("X-Org-ID");
    assert_eq!(actor(&api, &nobody).await, AUTHOR);
    assert_eq!(temp_files(&api, "default").await, 1);
    // Each of the two headers may be missing by itself, and the one that is there counts.
    assert_eq!(actor(&api, &upload().token("lead-token").without("X-Org-ID")).await, LEAD);
    assert_eq!((temp_files(&api, "default").await, temp_files(&api, "test").await), (2, 0));
    assert_eq!(actor(&api, &upload().without("Authorization")).await, AUTHOR);
    assert_eq!((temp_files(&api, "default").await, temp_files(&api, "test").await), (2, 1));
}

#[tokio::test]
async fn a_useless_authorization_is_not_anonymous() {
    let api = Api::with(anonymous());
    for authorization in ["Basic dXNlcjpwYXNz", "OAuth ", "OAuth", ""] {
        let answer = api.send(upload().header("Authorization", authorization).request()).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{authorization}");
    }
}

#[tokio::test]
async fn unlisted_tokens_may_be_refused() {
    let api = Api::with(set!(Config::default(); tokens: TokenPolicy::KnownOnly));
    assert_eq!(actor(&api, &upload().token("lead-token")).await, LEAD);
    let thumbnail = Call::get("/v3/issues/JUNE-2/thumbnails/7");
    for call in [upload(), Call::get("/v2/entities/goal/1"), upload().org("another"), thumbnail] {
        let answer = api.send(call.request()).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{call:?}");
        let told = "The token belongs to no user. With --require-known-token only tokens that a user in the fixtures \
                    lists are accepted.";
        assert_eq!(answer.json(), serde_json::json!({"errors": {}, "errorMessages": [told], "statusCode": 401}));
    }
    // Without a token there is none to be refused.
    let api = Api::with(set!(anonymous(); tokens: TokenPolicy::KnownOnly));
    assert_eq!(actor(&api, &upload().without("Authorization")).await, AUTHOR);
    assert_eq!(api.send(upload().request()).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn organizations_may_have_to_be_known() {
    let known = || Some(vec!["test".to_owned(), "another".to_owned()]);
    let api = Api::with(set!(Config::default(); known_orgs: known()));
    let before = api.state().await;
    for (language, text) in [
        ("en", "Organization is not available, not ready or not found"),
        ("ru", "Организация недоступна, не готова или не найдена"),
    ] {
        for call in [upload(), Call::get("/v3/myself")] {
            let answer = api.send(call.org("other").header("Accept-Language", language).request()).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.text());
            assert_eq!(answer.json(), serde_json::json!({"errors": {}, "errorMessages": [text], "statusCode": 403}));
        }
    }
    // Who the caller is comes first.
    let nobody = api.send(Call::get("/v3/myself").org("other").without("Authorization").request()).await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    assert_eq!(api.state().await, before);
    for org in ["test", "another"] {
        assert_eq!(api.send(upload().org(org).request()).await.status, StatusCode::CREATED, "{org}");
    }
    let api = Api::with(set!(anonymous(); known_orgs: known()));
    assert_eq!(api.send(upload().without("X-Org-ID").request()).await.status, StatusCode::CREATED);
    assert_eq!(api.send(upload().org("other").request()).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn head_answers_like_get_without_the_body() {
    let api = Api::new();
    for path in ["/v2/entities/goal/1?expand=attachments", "/v2/entities/goal/99", "/_mock/health", "/_mock/outbox"] {
        for language in ["en", "ru"] {
            let send =
                async |method| api.send(Call::new(method, path).header("Accept-Language", language).request()).await;
            let (head, get) = (send(Method::HEAD).await, send(Method::GET).await);
            assert_eq!(head.status, get.status, "{path}");
            assert_eq!(head.body, "", "{path} {language}");
            assert_eq!(head.header("content-type"), Some("application/json"), "{path} {language}");
            assert_eq!(head.header("content-length"), Some(get.body.len().to_string().as_str()), "{path} {language}");
        }
    }
    for (path, status, allow) in [("/v2/attachments/", 405, Some("POST")), ("/v2/nothing", 404, None)] {
        let head = api.send(Call::new(Method::HEAD, path).header("Accept-Language", "ru").request()).await;
        assert_eq!((head.status.as_u16(), head.header("allow"), head.text()), (status, allow, ""));
    }
}

#[tokio::test]
async fn a_slash_at_the_end_is_optional_everywhere() {
    let api = Api::new();
    api.upload("a.txt", b"text").await;
    api.upload("a.txt", b"text").await;
    for (method, path, query) in [
        (Method::GET, format!("/v2/entities/goal/{GOAL}"), "?fields=summary"),
        (Method::GET, "/v3/entities/project/6".to_owned(), "?expand=all"),
        (Method::GET, "/_mock/health".to_owned(), ""),
        (Method::GET, "/_mock/outbox".to_owned(), "?org=test"),
        (Method::GET, "/_mock/state".to_owned(), "?org=test"),
        (Method::POST, "/_mock/reset".to_owned(), "?org=another"),
    ] {
        let without = api.call(method.clone(), &format!("{path}{query}")).await;
        let with = api.call(method, &format!("{path}/{query}")).await;
        assert!(without.status.is_success(), "{path}: {}", without.text());
        assert_eq!((with.status, with.text()), (without.status, without.text()), "{path}");
    }
    for (id, path) in [(30, "/v2/entities/goal/1/attachments/30"), (31, "/v2/entities/goal/1/attachments/31/")] {
        assert_eq!(api.post(path).await.status, StatusCode::OK, "{id}");
    }
    for (expected, path) in
        [("32", "/v2/attachments"), ("33", "/v2/attachments/"), ("34", "/v3/attachments/?filename=b")]
    {
        let answer = api.post_form(path, &Form::file("a.txt", b"text")).await;
        assert_eq!((answer.status, answer.json()["id"].as_str()), (StatusCode::CREATED, Some(expected)), "{path}");
    }
}

#[tokio::test]
async fn the_versions_differ_in_urls_only() {
    let (v2, v3) = (Api::new(), Api::new());
    for (method, path) in [
        (Method::GET, format!("entities/project/{PROJECT}?fields=lead,issueQueues")),
        (Method::GET, "entities/project/6?expand=attachments".to_owned()),
        (Method::GET, "entities/project/99".to_owned()),
        (Method::POST, "entities/project/6/attachments/30".to_owned()),
        (Method::PUT, "attachments".to_owned()),
    ] {
        let (one, other) =
            (v2.call(method.clone(), &format!("/v2/{path}")).await, v3.call(method, &format!("/v3/{path}")).await);
        assert_eq!(one.status, other.status, "{path}");
        assert_eq!(one.text().replace("/v2/", "/v3/"), other.text(), "{path}");
    }
}

/// Whatever names a user has all five keys. The one exception is the answer to an upload of v2, as its page shows it.
#[tokio::test]
async fn users_have_five_keys_but_in_uploads_of_v2() {
    let api = Api::new();
    let keys = |user: &serde_json::Value| {
        let user = user.as_object().expect("a user");
        assert!(user["id"].is_string() && user.get("passportUid").is_none_or(serde_json::Value::is_u64), "{user:?}");
        user.keys().cloned().collect::<Vec<_>>()
    };
    let (three, five) = (["self", "id", "display"], ["self", "id", "display", "cloudUid", "passportUid"]);
    for (path, expected) in [
        ("/v2/attachments/", &three[..]),
        ("/v3/attachments/", &five),
        ("/v2/issues/JUNE-2/attachments/", &five),
        ("/v3/issues/JUNE-2/attachments/", &five),
    ] {
        let uploaded = api.post_form(path, &Form::file("a.txt", b"text")).await.json();
        assert_eq!(keys(&uploaded["createdBy"]), expected, "{path}");
    }
    for version in ["v2", "v3"] {
        for (path, members) in [
            ("attachments/30", &["createdBy"][..]),
            ("attachments/7", &["createdBy"]),
            ("issues/TREK-1", &["createdBy", "updatedBy", "assignee"]),
            ("issues/JUNE-2/comments/1", &["createdBy", "updatedBy"]),
            ("queues/JUNE", &["lead"]),
            ("entities/goal/1", &["createdBy"]),
        ] {
            let answer = api.get(&format!("/{version}/{path}")).await.json();
            for member in members {
                assert_eq!(keys(&answer[member]), five, "{version} {path} {member}");
            }
        }
        let follower = api.get(&format!("/{version}/issues/TREK-1")).await.json()["followers"][0].clone();
        assert_eq!(keys(&follower), five, "{version}");
    }
}

/// Clients send these on every request.
#[tokio::test]
async fn reads_may_come_with_a_body_that_says_nothing() {
    let api = Api::new();
    let plain = api.get("/v2/entities/goal/1").await;
    for body in ["", "null", "{\"filter\": null}"] {
        let call = Call::get("/v2/entities/goal/1").header("Content-Type", "application/json").body(body);
        assert_eq!(api.send(call.request()).await.text(), plain.text(), "{body}");
    }
}

/// What says that nothing was done to a body says nothing.
#[tokio::test]
async fn a_body_may_say_that_it_is_not_encoded() {
    let api = Api::new();
    for encoding in ["", "identity", " Identity , "] {
        let answer = api.send(upload().header("Content-Encoding", encoding).request()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{encoding:?}: {}", answer.text());
    }
    // Without a body there is nothing that could be.
    let answer = api.send(Call::get("/v2/entities/goal/1").header("Content-Encoding", "gzip").request()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
}

#[tokio::test]
async fn a_byte_order_mark_in_front_of_json_is_skipped() {
    let api = Api::new();
    let plain = api.get("/v2/entities/goal/1").await;
    let marked = Call::get("/v2/entities/goal/1").header("Content-Type", "application/json").body("\u{feff}null");
    assert_eq!(api.send(marked.request()).await.text(), plain.text());
    let new_goal = "\u{feff}{\"fields\": {\"summary\": \"A goal\"}}";
    let call = Call::post("/v2/entities/goal").header("Content-Type", "application/json").body(new_goal);
    let answer = api.send(call.request()).await;
    assert!(answer.status.is_success(), "{}", answer.text());
    let clock = "\u{feff}{\"mode\": \"freeze\", \"at\": \"2024-02-01T00:00:00.000+0000\"}";
    let answer = api.send(Call::bare(Method::PUT, "/_mock/clock?org=test").body(clock).request()).await;
    assert!(answer.status.is_success(), "{}", answer.text());
    let world = format!("\u{feff}{}", api.state_of("test").await);
    let answer = api.send(Call::bare(Method::PUT, "/_mock/state?org=test").body(&world).request()).await;
    assert!(answer.status.is_success(), "{}", answer.text());
    let records = api.get("/_mock/requests?all=true").await.json();
    let deviations: Vec<_> = records.as_array().expect("a list").iter().map(|record| &record["deviations"]).collect();
    let message =
        "The body begins with a byte order mark, which was skipped. JSON must not have one; write it as UTF-8 without.";
    let rule = "section 1, JSON: UTF-8 without a byte order mark (RFC 8259)";
    let deviation = json!([{"kind": "byte-order-mark", "message": message, "rule": rule}]);
    assert_eq!(deviations, [&json!([]), &deviation, &deviation]);
    // Elsewhere it is no white space.
    let call = call.body("{}\u{feff}");
    assert_eq!(api.send(call.request()).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn parameters_that_nobody_knows_are_ignored() {
    let api = Api::new();
    let path = "/v2/attachments/?id=1&is_add_to_followers=maybe&notify=maybe&=x&&";
    let answer = api.post_form(path, &Form::file("a.txt", b"text")).await;
    assert_eq!((answer.status, &answer.json()["name"]), (StatusCode::CREATED, &"a.txt".into()));
}

#[tokio::test]
async fn health_needs_no_header() {
    let answer = Api::new().send(Call::bare(Method::GET, "/_mock/health").without("Host").request()).await;
    let (memory, version) = (answer.json()["memory"].clone(), env!("CARGO_PKG_VERSION"));
    let expected = json!({"status": "ok", "version": version, "memory": memory, "droppedLogLines": 0});
    assert_eq!((answer.status, answer.json()), (StatusCode::OK, expected));
    assert_eq!(memory["limit"], 4096_u64 << 20);
    assert!((1..100_000).contains(&memory["used"].as_u64().expect("a number")), "{memory}");
}
