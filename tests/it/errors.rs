//! Every way in which these endpoints refuse a request: the whole body, in both languages, and a world that is
//! afterwards what it was before.

use axum::http::{Method, StatusCode};
use serde_json::json;
use tracker_mock::{Config, FixtureSource, ForwardedHeaders, Limits, TokenPolicy};

use crate::support::{Answer, Api, Call, Form, Log, ORG, PORTFOLIO, PROJECT, PROJECT_WITH_FILES};

/// A request that is refused, and the server that refuses it.
struct Refusal {
    name: &'static str,
    status: u16,
    server: Server,
    call: Call,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Server {
    /// The default fixtures and small limits.
    Usual,
    /// Only tokens of the fixtures.
    KnownTokens,
    /// Behind a proxy.
    Forwarded,
    /// Room for little more than one small file.
    SmallMemory,
}

/// The servers of the table, each with its state before the first request.
struct Servers(Vec<(Server, Api, String)>);

impl Servers {
    /// The usual server has a temporary file, 30, and one attached to the project with files, 31. Another organisation
    /// has these and 32.
    async fn start() -> Self {
        let limits = set!(Limits::default(); max_file_bytes: 4000, max_json_bytes: 100, max_part_header_bytes: 1000, max_form_overhead_bytes: 2000);
        let one_user = r#"{"users": [{"login": "u", "uid": 1, "firstName": "A", "lastName": "B", "email": "u@example.com",
            "cloudUid": "c", "passportUid": 2}]}"#;
        let mut servers = Vec::new();
        for (server, config) in [
            (Server::Usual, set!(Config::default(); limits)),
            (Server::KnownTokens, set!(Config::default(); tokens: TokenPolicy::KnownOnly)),
            (Server::Forwarded, set!(Config::default(); forwarded: ForwardedHeaders::Trust)),
            (
                Server::SmallMemory,
                set!(Config::default(); limits: set!(Limits::default(); max_memory_bytes: 5700), fixtures: FixtureSource::Text(one_user.to_owned())),
            ),
        ] {
            let api = Api::with(config);
            match server {
                Server::Usual => {
                    api.upload("a.txt", b"text").await;
                    api.upload("a.txt", b"text").await;
                    let attach = format!("/v2/entities/project/{PROJECT_WITH_FILES}/attachments/31");
                    assert_eq!(api.post(&attach).await.status, StatusCode::OK);
                    for _ in 30..=32 {
                        let elsewhere = Call::upload("/v2/attachments/", &Form::file("a.txt", b"text")).org("another");
                        assert_eq!(api.send(elsewhere.request()).await.status, StatusCode::CREATED);
                    }
                }
                Server::SmallMemory => drop(api.upload("a.txt", b"text").await),
                Server::KnownTokens | Server::Forwarded => {}
            }
            let state = everything(&api).await;
            servers.push((server, api, state));
        }
        Self(servers)
    }

    fn get(&self, wanted: Server) -> (&Api, &str) {
        let (_, api, state) = self.0.iter().find(|(server, ..)| *server == wanted).expect("one of each");
        (api, state)
    }
}

/// What could have changed: two worlds and the memory in use.
async fn everything(api: &Api) -> String {
    format!("{}\n{}\n{}", api.state_of(ORG).await, api.state_of("another").await, api.used_bytes())
}

fn upload(query: &str, form: &Form) -> Call {
    Call::upload(&format!("/v2/attachments/{query}"), form)
}

fn named(file_name: &[u8]) -> Call {
    let content_type = format!("multipart/form-data; boundary={}", Form::BOUNDARY);
    let head = format!("--{}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"", Form::BOUNDARY);
    let tail = format!("\"\r\n\r\ntext\r\n--{}--\r\n", Form::BOUNDARY);
    let body = [head.as_bytes(), file_name, tail.as_bytes()].concat();
    Call::post("/v2/attachments/").header("Content-Type", content_type).body(body)
}

fn attach(path_and_query: &str) -> Call {
    Call::post(&format!("/v2/entities/{path_and_query}"))
}

fn get(path: &str) -> Call {
    Call::get(path)
}

fn refusals() -> Vec<Refusal> {
    let mut all = headers();
    all.extend(uploads());
    all.extend(attaches());
    all.extend(paths());
    all.extend(control_plane());
    all
}

fn usual<const N: usize>(rows: [(u16, &'static str, Call); N]) -> Vec<Refusal> {
    rows.map(|(status, name, call)| Refusal { name, status, server: Server::Usual, call }).into()
}

fn headers() -> Vec<Refusal> {
    let good = || upload("", &Form::file("a.txt", b"text"));
    let forwarded = |status, name, call| Refusal { name, status, server: Server::Forwarded, call };
    let mut rows = usual([
        (401, "no Authorization", good().without("Authorization")),
        (401, "another scheme", good().header("Authorization", "Basic dXNlcjpwYXNz")),
        (401, "no scheme", good().header("Authorization", "some-token")),
        (401, "no token", good().header("Authorization", "OAuth ")),
        (401, "an empty Authorization", good().header("Authorization", "")),
        (401, "the official client's placeholder for a token", good().header("Authorization", "OAuth not provided")),
        (401, "an Authorization that is not ASCII", good().header("Authorization", "OAuth тайна")),
        (401, "no Authorization at an attach", attach("project/4/attachments/30").without("Authorization")),
        (403, "no organisation", good().without("X-Org-ID")),
        (403, "an empty organisation", good().org(" ")),
        (403, "the official client's placeholder for an organisation", good().org("not provided")),
        (400, "an organisation that is not UTF-8", good().header("X-Org-ID", b"org\xff")),
        (400, "a cloud organisation that is not UTF-8", good().header("X-Cloud-Org-ID", b"org\xff")),
        (400, "an organisation of 257 bytes", good().org(&"o".repeat(257))),
        (403, "no organisation at an attach", attach("project/4/attachments/30").without("X-Org-ID")),
        (400, "two tokens", good().and_header("Authorization", "OAuth another-token")),
        (400, "two organisations in one header", good().and_header("X-Org-ID", "another")),
        (400, "two cloud organisations", good().header("X-Cloud-Org-ID", ORG).and_header("X-Cloud-Org-ID", ORG)),
        (400, "a host that is none", good().header("Host", "a host")),
        (400, "a host with a user", good().header("Host", "user@tracker.test")),
    ]);
    rows.push(Refusal { name: "a token that nobody lists", status: 401, server: Server::KnownTokens, call: good() });
    rows.push(forwarded(400, "a forwarded host that is none", good().header("X-Forwarded-Host", "a host")));
    rows.push(forwarded(400, "a forwarded scheme that is none", good().header("X-Forwarded-Proto", "gopher")));
    rows
}

fn uploads() -> Vec<Refusal> {
    let text = "Content-Disposition: form-data; name=\"comment\"";
    let file = "Content-Disposition: form-data; name=\"file\"; filename=\"a.txt\"";
    let form = || Form::file("a.txt", b"text");
    let good = || upload("", &form());
    let typed = |content_type| good().header("Content-Type", content_type);
    let cut = |bytes: usize| good().body(&form().bytes()[..form().bytes().len() - bytes]);
    let part = |headers: &str| upload("", &Form::part(headers, b"text"));
    let long_name = "я".repeat(256);
    let mut rows = usual([
        (400, "no Content-Type", good().without("Content-Type")),
        (400, "JSON", typed("application/json")),
        (400, "another multipart type", typed("multipart/mixed; boundary=----test-boundary")),
        (400, "no boundary", typed("multipart/form-data")),
        (400, "an empty boundary", typed("multipart/form-data; boundary=\"\"")),
        (400, "another boundary", typed("multipart/form-data; boundary=another")),
        (400, "no body", good().body("")),
        (400, "a form without parts", good().body(format!("--{}--\r\n", Form::BOUNDARY))),
        (400, "no file", part(text)),
        (400, "a part without headers", part("")),
        (400, "two files", upload("", &form().and_part(file, b"text"))),
        (
            400,
            "two files, one without a name",
            upload("?filename=b.txt", &form().and_part("Content-Disposition: form-data; filename=\"\"", b"x")),
        ),
        (400, "cut off in the file", cut(25)),
        (400, "cut off in the closing boundary", cut(4)),
        (400, "cut off in the headers of the part", good().body(&form().bytes()[..40])),
        (400, "a part's header without a colon", part("Content-Disposition")),
        (400, "a part's headers are too large", part(&format!("{file}\r\nX-Filler: {}", "x".repeat(1000)))),
        (
            400,
            "too much beside the file",
            upload("", &Form::part(text, &[b'x'; 5000]).and_part(file, b"text")).chunked(),
        ),
        (400, "a quote that is not closed", part("Content-Disposition: form-data; name=\"file\"; filename=\"a.txt")),
        (400, "a quote inside a name that ends nowhere", named(b"a\"b.txt; x=y")),
        (400, "a semicolon in a name without quotes", part("Content-Disposition: form-data; filename=a;b.txt")),
        (400, "two names", part("Content-Disposition: form-data; filename=\"a\"; filename=\"b\"")),
        (400, "33 headers in a part", part(&format!("{file}{}", "\r\nX: y".repeat(32)))),
        (400, "two Content-Dispositions", part(&format!("{file}\r\n{text}"))),
        (400, "two Content-Types", good().and_header("Content-Type", "multipart/form-data; boundary=another")),
        (
            400,
            "a query that names one of two parts",
            upload("?filename=b", &Form::part(text, b"a").and_part(text, b"b")),
        ),
        (415, "a form that is compressed", good().header("Content-Encoding", "gzip")),
        (415, "a form that is encoded twice", good().header("Content-Encoding", "identity, BR")),
        (400, "an empty name", named(b"")),
        (400, "a name that is a folder", named(b"folder/")),
        (400, "a name of 256 characters", named(long_name.as_bytes())),
        (400, "a name with a line break", named(b"a%0D%0Ab.txt")),
        (400, "a name that is not UTF-8", named(b"a\xff.txt")),
        (400, "an empty ?filename=", upload("?filename=", &form())),
        (400, "a ?filename= of 256 characters", upload(&format!("?filename={}", "%D1%8F".repeat(256)), &form())),
        (400, "a ?filename= with a slash", upload("?filename=a/b.txt", &form())),
        (400, "a ?filename= with a backslash", upload("?filename=a%5Cb.txt", &form())),
        (400, "a ?filename= with a control character", upload("?filename=a%00b.txt", &form())),
        (400, "a ?filename= that is not UTF-8", upload("?filename=%FF.txt", &form())),
        (400, "?filename= twice", upload("?filename=a&filename=b", &form())),
        (413, "a file over the limit", upload("", &Form::file("a.txt", &[b'x'; 4001]))),
        (413, "a file over the limit, in chunks", upload("", &Form::file("a.txt", &[b'x'; 4001])).chunked()),
        (413, "a file far over the limit", upload("", &Form::file("a.txt", &[b'x'; 10_000]))),
    ]);
    let small = |name, call| Refusal { name, status: 507, server: Server::SmallMemory, call };
    rows.push(small("no room for another file", upload("", &Form::file("a.txt", b""))));
    let goal = json!({"fields": {"summary": "s".repeat(500)}});
    rows.push(small("no room for an entity", Call::json("POST", "/v2/entities/goal", &goal)));
    rows
}

fn attaches() -> Vec<Refusal> {
    let good = "project/4/attachments/30";
    let query = |query: &str| attach(&format!("{good}?{query}"));
    let file = |id: &str| attach(&format!("project/4/attachments/{id}"));
    let entity = |entity: &str| attach(&format!("{entity}/attachments/30"));
    usual([
        (400, "an unknown type", entity("projects/4")),
        (400, "a type in another letter case", entity("Project/4")),
        (404, "an unknown id", entity("project/6586d6fee2b9ef74e69df1ee")),
        (404, "an id of another type", entity(&format!("portfolio/{PROJECT}"))),
        (404, "an id in capitals", entity(&format!("portfolio/{}", PORTFOLIO.to_uppercase()))),
        (404, "an unknown shortId", entity("goal/99")),
        (404, "a shortId of another type", entity("project/2")),
        (404, "a shortId with a leading zero", entity("project/04")),
        (404, "a shortId with a sign", entity("project/+4")),
        (404, "a shortId beyond all numbers", entity("project/18446744073709551620")),
        (404, "an id with quotes and a slash", entity("project/%22a%22%2Fb")),
        (404, "a file that was never uploaded", file("999")),
        (404, "a file of another organisation", file("32")),
        (404, "a file id with a leading zero", file("030")),
        (404, "a file id with a sign", file("+30")),
        (404, "a file id beyond all numbers", file("18446744073709551646")),
        (404, "a file id that is no number", file("a.txt")),
        (422, "a file of the same project", attach(&format!("project/{PROJECT_WITH_FILES}/attachments/4"))),
        (422, "a file that was attached before", file("31")),
        (422, "a file of an issue", file("7")),
        (422, "a file of a comment", file("8")),
        (400, "notify that is no boolean", query("notify=maybe")),
        (400, "notify as a number", query("notify=1")),
        (400, "an empty notify", query("notify=")),
        (400, "notify twice", query("notify=true&notify=true")),
        (400, "notifyAuthor that is no boolean", query("notifyAuthor=%22yes%22")),
        (400, "a value that is not UTF-8", query("notify=%C3%28")),
        (400, "a name that is not UTF-8", query("%FF=true")),
        (400, "an unknown member of expand", query("expand=attachments,transitions")),
        (400, "a member of expand in another letter case", query("expand=ALL")),
        (422, "entityType among the fields", query("fields=entityType")),
        (422, "several unknown fields", query("fields=summary,Lead&fields=color,lead")),
        (400, "an empty new name", query("filename=")),
        (400, "a new name with a slash", query("filename=a%2Fb")),
        (400, "a new name with a control character", query("filename=a%0Ab")),
        (400, "a new name of 256 characters", query(&format!("filename={}", "x".repeat(256)))),
        (400, "a new name twice", query("filename=a&filename=a")),
        (400, "a type that is not UTF-8", entity("%FF/4")),
        (400, "an id that is not UTF-8", entity("project/%FF")),
        (400, "a file id that is not UTF-8", file("%FF")),
        (422, "a body that is not JSON", attach(good).body("notify=true")),
        (422, "a JSON body that is cut off", attach(good).header("Content-Type", "application/json").body("{\"a\": ")),
        (422, "two JSON bodies", attach(good).header("Content-Type", "application/json").body("null null")),
        (422, "a JSON body that is not UTF-8", attach(good).body(b"\"\xff\"")),
        (415, "a body that is compressed", attach(good).header("Content-Encoding", "deflate").body("null")),
        (422, "a form", Call::upload(&format!("/v2/entities/{good}"), &Form::file("a.txt", &[b'x'; 5000]))),
        (413, "a body over the limit", attach(good).body(format!("{:101}", "null"))),
        (413, "a body over the limit, in chunks", attach(good).body(format!("{:101}", "null")).chunked()),
    ])
}

fn paths() -> Vec<Refusal> {
    let call = Call::new;
    usual([
        (405, "GET where there is POST", get("/v2/attachments/")),
        (405, "PUT where there is POST", call(Method::PUT, "/v3/attachments")),
        (405, "DELETE where there is GET", call(Method::DELETE, "/v2/users/1900000001")),
        (405, "DELETE where there are GET and PATCH", call(Method::DELETE, "/v3/issues/JUNE-2")),
        (405, "PATCH where there is POST", call(Method::PATCH, "/v2/entities/goal/1/attachments/30/")),
        (405, "OPTIONS", call(Method::OPTIONS, "/v2/entities/goal/1/attachments/30")),
        (405, "a method of somebody's own", call(Method::from_bytes(b"BREW").expect("a method"), "/v2/attachments/")),
        (404, "a mistyped upload", Call::post("/v2/attachment/")),
        (404, "a mistyped attach", Call::post("/v3/entites/project/4/attachments/30")),
        (404, "a mistyped entity", get("/v2/entity/project/4")),
        (404, "no version", Call::post("/attachments/")),
        (404, "another version", Call::post("/v1/attachments/?filename=a")),
        (404, "no path", get("/")),
        (404, "a version only", get("/v2/")),
        (404, "two slashes", Call::post("/v2/attachments//")),
        (404, "a path beyond the end", Call::post("/v2/entities/project/4/attachments/30/a.txt")),
        (404, "an endpoint that is not emulated", get("/v2/queues/JUNE/triggers?perPage=1")),
        (404, "a path that is not UTF-8", get("/v2/%FF")),
        (404, "an unknown path without any header", Call::bare(Method::GET, "/v2/nothing")),
        (400, "a read of an unknown type", get("/v2/entities/issue/4")),
        (404, "a read of an unknown id", get("/v2/entities/goal/4")),
        (400, "a read with an unknown expand", get("/v2/entities/goal/1?expand=comments")),
        (422, "a read with an unknown field", get("/v2/entities/goal/1?fields=id")),
        (
            415,
            "a compressed body in JSON",
            Call::post("/v2/entities/goal").header("Content-Encoding", "gzip").body("{}"),
        ),
        (422, "a form in place of JSON", Call::upload("/v2/entities/goal", &Form::file("a.txt", b"text"))),
        (422, "a read with a body that is not JSON", get("/v2/entities/goal/1").body("{")),
        (401, "a read without Authorization", get("/v2/entities/goal/1").without("Authorization")),
        (403, "a read without an organisation", get("/v2/entities/goal/1").without("X-Org-ID")),
    ])
}

fn control_plane() -> Vec<Refusal> {
    let bare = Call::bare;
    usual([
        (400, "the outbox of nobody", bare(Method::GET, "/_mock/outbox")),
        (400, "the state of nobody", bare(Method::GET, "/_mock/state?organization=test")),
        (400, "an empty organisation in the query", bare(Method::GET, "/_mock/state?org=")),
        (400, "a long organisation in the query", bare(Method::GET, &format!("/_mock/state?org={}", "o".repeat(257)))),
        (400, "a reset of an organisation without a name", bare(Method::POST, "/_mock/reset?org=")),
        (400, "two organisations", bare(Method::POST, "/_mock/reset?org=test&org=another")),
        (405, "a reset by GET", bare(Method::GET, "/_mock/reset?org=test")),
        (405, "a state by POST", bare(Method::POST, "/_mock/state?org=test")),
        (400, "a reset of nobody", bare(Method::POST, "/_mock/reset")),
        (400, "a reset of one and of all", bare(Method::POST, "/_mock/reset?org=test&all=true")),
        (400, "a reset of two", bare(Method::POST, "/_mock/reset?org=test").org("another")),
        (400, "a reset with a body", bare(Method::POST, "/_mock/reset?all=true").body("org=test")),
        (403, "a reset from a web page", bare(Method::POST, "/_mock/reset?all=true").header("Origin", "http://a.b")),
        (
            403,
            "a reset from a site",
            bare(Method::POST, "/_mock/reset?all=true").header("Sec-Fetch-Site", "cross-site"),
        ),
        (403, "a reset by a foreign name", bare(Method::POST, "/_mock/reset?all=true").header("Host", "a.b:80")),
        (404, "a mistyped reset", bare(Method::POST, "/_mock/rest")),
        (404, "the control plane by itself", bare(Method::GET, "/_mock")),
        (404, "the control plane below a version", bare(Method::GET, "/v2/_mock/outbox?org=test")),
    ])
}

/// The one shape: the keys in their order, one message, the status once more.
fn assert_is_an_error(answer: &Answer, name: &str) {
    let body = answer.json();
    let keys: Vec<_> = body.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["errors", "errorMessages", "statusCode"], "{name}");
    let errors = body["errors"].as_object().expect("an object");
    let messages = body["errorMessages"].as_array().expect("an array");
    assert_eq!(errors.len() + messages.len(), 1, "{name}");
    assert!(errors.values().chain(messages).all(|message| !message.as_str().expect("a text").is_empty()), "{name}");
    assert_eq!(body["statusCode"], answer.status.as_u16(), "{name}");
}

/// Sends every request of the table in a language and gives all the answers.
async fn refuse_all(language: Option<&str>) -> String {
    let servers = Servers::start().await;
    let mut log = Log::default();
    for Refusal { name, status, server, call } in refusals() {
        let (api, before) = servers.get(server);
        let call = match language {
            Some(language) => call.header("Accept-Language", language),
            None => call,
        };
        let answer = log.send(api, name, &call).await;
        assert_eq!(answer.status, status, "{name}: {}", answer.text());
        assert_is_an_error(&answer, name);
        assert_eq!(everything(api).await, before, "{name} has changed the world");
    }
    log.text().to_owned()
}

#[tokio::test]
async fn in_english() {
    insta::assert_snapshot!(refuse_all(None).await);
}

#[tokio::test]
async fn in_russian() {
    insta::assert_snapshot!(refuse_all(Some("ru-RU, en;q=0.5")).await);
}

/// Each refused request is one whose good twin is served, so it is not refused for some other reason.
#[tokio::test]
async fn the_good_twins_are_served() {
    let servers = Servers::start().await;
    let (api, _) = servers.get(Server::Usual);
    for call in [
        upload("", &Form::file("a.txt", &[b'x'; 4000])),
        upload("", &Form::file("a.txt", &[b'x'; 4000])).chunked(),
        attach("project/4/attachments/30").body(format!("{:100}", "null")),
        get("/v2/entities/goal/1"),
        Call::bare(Method::POST, "/_mock/reset?org=test"),
    ] {
        let answer = api.send(call.request()).await;
        assert!(answer.status.is_success(), "{call:?}: {}", answer.text());
    }
    let (api, _) = servers.get(Server::KnownTokens);
    let known = upload("", &Form::file("a.txt", b"text")).token("lead-token");
    assert_eq!(api.send(known.request()).await.status, StatusCode::CREATED);
}

/// The budget is used to its last byte, and a file that does not fit any more, or whose world does not, gives back what
/// it had taken.
#[tokio::test]
async fn memory_is_used_up_to_the_last_byte() {
    let fixtures = r#"{"users": [{"login": "u", "uid": 1, "firstName": "A", "lastName": "B", "email": "u@example.com",
        "cloudUid": "c", "passportUid": 2}]}"#;
    let with_memory = |max_memory_bytes| {
        let limits = set!(Limits::default(); max_memory_bytes);
        Api::with(set!(Config::default(); limits: limits, fixtures: FixtureSource::Text(fixtures.to_owned())))
    };
    let api = with_memory(u64::MAX);
    let unused = api.used_bytes();
    api.upload("a.txt", b"").await;
    let full = api.used_bytes() + 488;
    let api = with_memory(full);
    for (bytes, chunked, expected) in [(489, false, 507), (489, true, 507), (488, false, 201), (0, false, 507)] {
        let call = upload("", &Form::file("a.txt", &vec![b'x'; bytes]));
        let call = if chunked { call.chunked() } else { call };
        let answer = api.send(call.request()).await;
        assert_eq!(answer.status, expected, "{bytes}: {}", answer.text());
        assert_eq!(api.used_bytes(), if expected == 507 && bytes > 0 { unused } else { full });
    }
}

/// The first thing that is wrong is the one that is named: who asks, then what the query says, then the body, then
/// what the path names.
#[tokio::test]
async fn one_error_at_a_time() {
    let api = Api::new();
    for (path, good_body) in [("attachments/0", ""), ("comments", r#"{"text": "New"}"#)] {
        let everything_wrong = Call::post(&format!("/v2/entities/nothing/0/{path}?notify=maybe")).body("{");
        for (call, expected) in [
            (everything_wrong.clone().without("Authorization").without("X-Org-ID"), 401),
            (everything_wrong.clone().without("X-Org-ID"), 403),
            (everything_wrong.clone(), 422),
            (everything_wrong.body(good_body), 400),
        ] {
            assert_eq!(api.send(call.request()).await.status, expected, "{path}");
        }
    }
}
