//! `tracker-mock verify --live`: a walk on a server and on tracker-mock. A second tracker-mock stands in for the real
//! service, and a proxy alters its answers.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io::{BufRead, BufReader};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::support::program::{Program, command, signal, text};

/// The issue and the project of the walk.
const SANDBOX: [&str; 4] = ["--issue", "JUNE-2", "--project", "4"];
const VARIABLES: [(&str, &str); 2] = [("SANDBOX_TOKEN", "secret-token"), ("SANDBOX_ORG", "4711")];

/// What the proxy changes in an answer.
enum Change {
    Status(u16),
    Header(&'static str, &'static str),
    NoHeader(&'static str),
    Json(fn(&mut Value)),
    Bytes(&'static [u8]),
}

/// A difference that the proxy makes, and what is to be said of it: what differs, where, and what both have there.
struct Plant(&'static str, Change, &'static [[&'static str; 4]]);

/// Forwards requests to the stand-in.
#[derive(Clone)]
struct Proxy {
    stand_in: String,
    client: reqwest::Client,
    /// The cases in the order of their requests.
    cases: Arc<Vec<String>>,
    plants: &'static [Plant],
    /// When each request came.
    times: Arc<Mutex<Vec<Instant>>>,
    count: watch::Sender<usize>,
    /// Whether to answer 429 to the first request.
    is_busy: bool,
}

impl Proxy {
    /// The proxy and its address.
    async fn start(stand_in: &Program, plants: &'static [Plant], is_busy: bool) -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let proxy = Self {
            stand_in: stand_in.url(),
            client: reqwest::Client::new(),
            cases: Arc::new(cases()),
            plants,
            times: Arc::default(),
            count: watch::channel(0).0,
            is_busy,
        };
        let shared = proxy.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let proxy = shared.clone();
                let service = service_fn(move |request| forward(proxy.clone(), request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        (proxy, format!("http://{address}"))
    }

    /// Waits until so many requests came.
    async fn came(&self, count: usize) {
        self.count.subscribe().wait_for(|came| *came >= count).await.expect("a proxy");
    }
}

async fn forward(proxy: Proxy, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let index = {
        let mut times = proxy.times.lock().expect("no panic");
        times.push(Instant::now());
        times.len() - 1
    };
    let (head, body) = request.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    let refusals = usize::from(proxy.is_busy);
    if index < refusals {
        proxy.count.send_replace(index + 1);
        let busy = Response::builder().status(429).header("Retry-After", "1").body(Full::default());
        return Ok(busy.expect("an answer"));
    }
    let url = format!("{}{}", proxy.stand_in, head.uri);
    let answer = proxy.client.request(head.method, url).headers(head.headers).body(body).send().await;
    let answer = answer.expect("an answer");
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    let mut changed = Response::builder().status(status);
    let mut bytes = answer.bytes().await.expect("a body").to_vec();
    let case = proxy.cases.get(index - refusals).map_or("", String::as_str);
    for Plant(_, change, _) in proxy.plants.iter().filter(|Plant(known, ..)| *known == case) {
        match change {
            Change::Status(status) => changed = changed.status(StatusCode::from_u16(*status).expect("a status")),
            Change::Header(name, value) => {
                headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            Change::NoHeader(name) => drop(headers.remove(*name)),
            Change::Json(change) => {
                let mut value = serde_json::from_slice(&bytes).expect("JSON");
                change(&mut value);
                bytes = value.to_string().into_bytes();
            }
            Change::Bytes(others) => bytes = others.to_vec(),
        }
    }
    headers.remove("content-length");
    headers.remove("transfer-encoding");
    *changed.headers_mut().expect("a good answer") = headers;
    proxy.count.send_replace(index + 1);
    Ok(changed.body(Full::from(bytes)).expect("a good answer"))
}

/// `tracker-mock verify` on a server.
fn verify(url: &str, options: &[&str], variables: &[(&str, &str)]) -> Command {
    let words = ["verify", "--live", url, "--token-env", "SANDBOX_TOKEN", "--org-env", "SANDBOX_ORG"];
    command(&[&words, &SANDBOX[..], options].concat(), variables)
}

async fn ended(mut command: Command) -> Output {
    let run = move || command.spawn().expect("it starts").wait_with_output().expect("its output");
    tokio::task::spawn_blocking(run).await.expect("no panic")
}

/// The exchanges of the walk in their order, as it says itself.
fn cases() -> Vec<String> {
    let said = verify("http://127.0.0.1:9", &[], &VARIABLES).output().expect("it starts");
    let said = text(&said.stdout);
    let lines = said.lines().filter_map(|line| line.strip_prefix("  "));
    lines.map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect()
}

/// The files, comments and temporary files of the stand-in, by the thing that has them.
async fn left(stand_in: &Program) -> Value {
    let state = reqwest::get(format!("{}/_mock/state?org=4711", stand_in.url())).await.expect("an answer");
    let state: Value = state.json().await.expect("JSON");
    let of = |list: &str, name: &str| {
        let things = state[list].as_array().expect("a list").iter();
        things.map(|thing| json!([thing[name], thing["attachments"], thing["comments"]])).collect::<Vec<_>>()
    };
    json!([of("issues", "key"), of("entities", "id"), state["temporaryFiles"]])
}

/// What differs in each case, from the JSON report.
fn differences(report: &Value) -> BTreeMap<String, Vec<String>> {
    let mut cases = BTreeMap::new();
    for finding in report.as_array().expect("a list") {
        let own = finding["differences"].as_array().expect("a list").iter();
        let known = finding["known"].as_array().expect("a list").iter().map(|pair| &pair[0]);
        let told = own.chain(known).map(|one| {
            let member = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
            ["what", "at", "theirs", "ours"].map(member).join(" | ")
        });
        let told: Vec<String> = told.collect();
        if !told.is_empty() || finding["verdict"] != "same" {
            cases.insert(finding["case"].as_str().expect("a text").to_owned(), told);
        }
    }
    cases
}

fn swap(value: &mut Value, first: &str, second: &str) {
    let members = value.as_object_mut().expect("an object");
    let (one, other) =
        (members.shift_remove(first).expect("a member"), members.shift_remove(second).expect("a member"));
    members.insert(second.to_owned(), other);
    members.insert(first.to_owned(), one);
}

fn drop_member(value: &mut Value, name: &str) {
    value.as_object_mut().expect("an object").shift_remove(name).expect("a member");
}

#[rustfmt::skip]
const PLANTS: &[Plant] = &[
    Plant("myself", Change::Json(|body| drop_member(body, "login")), &[["extra", "$.login", "absent", "text 1-16"]]),
    Plant("myself", Change::Json(|body| body["uuid"] = json!(true)), &[["missing", "$.uuid", "boolean", "absent"]]),
    Plant("myself", Change::Json(|body| body["uid"] = json!("7")), &[["type", "$.uid", "decimal", "integer"]]),
    Plant("myself", Change::Json(|body| body["sources"] = json!({})), &[["type", "$.sources", "object", "array"]]),
    Plant("issue", Change::Json(|body| { let text = body["summary"].take(); drop_member(body, "summary"); body["title"] = text; }),
        &[["missing", "$.title", "text 17-64", "absent"], ["extra", "$.summary", "absent", "text 1-16"]]),
    Plant("issue", Change::Json(|body| body["createdAt"] = json!("2024-11-17T19:18:36.433123+0000")), &[["type", "$.createdAt", "time .6 +0000", "time .3 +0000"]]),
    Plant("issue", Change::Json(|body| body["updatedAt"] = json!("2024-11-17T19:18:36.433+0300")), &[["type", "$.updatedAt", "time .3 +0300", "time .3 +0000"]]),
    Plant("issue", Change::Json(|body| body["statusStartTime"] = json!("2024-11-17T19:18:36.433Z")), &[["type", "$.statusStartTime", "time .3 Z", "time .3 +0000"]]),
    Plant("issue", Change::Json(|body| body["updatedBy"] = Value::Null), &[["type", "$.updatedBy", "null", "object"]]),
    Plant("issue", Change::Json(|body| body["version"] = json!(1.5)), &[["type", "$.version", "number", "integer"]]),
    Plant("issue", Change::Json(|body| body["self"] = json!("https://x/v2/queues/JUNE")), &[["type", "$.self", "url /v2/queues/{key}", "url /v2/issues/{key}"]]),
    Plant("project", Change::Json(|body| body["shortId"] = json!("4")), &[["type", "$.shortId", "decimal", "integer"]]),
    Plant("temporary-text", Change::Status(200), &[["status", "", "200", "201"]]),
    Plant("temporary-picture", Change::Json(|body| drop_member(body, "metadata")), &[["extra", "$.metadata", "absent", "object"]]),
    Plant("temporary-extended-name", Change::Json(|body| body["name"] = json!("otchet.txt")), &[["value", "the name", "otchet.txt", "отчёт-….txt"]]),
    Plant("temporary-raw-name", Change::Json(|body| body["mimetype"] = json!("application/octet-stream")), &[["type", "$.mimetype", "application/octet-stream", "text/plain"]]),
    Plant("temporary-name-in-query", Change::Json(|body| body["content"] = json!("https://x/v2/thumbnails/7")), &[["type", "$.content", "url /v2/thumbnails/{fileId}", "url /v2/attachments/{fileId}/{name}"]]),
    Plant("temporary-empty", Change::Json(|body| body["size"] = json!("0")), &[["type", "$.size", "decimal", "integer"]]),
    Plant("temporary-one", Change::Json(|body| body["createdBy"]["id"] = json!("65a1ba7b46b9746df2eecc96")), &[["type", "$.createdBy.id", "hex-24", "decimal"]]),
    Plant("temporary-download", Change::NoHeader("content-disposition"), &[["header", "content-disposition", "absent", "inline; filename=\"ASCII\"; filename*=ASCII"]]),
    Plant("temporary-thumbnail", Change::Status(404), &[["status", "", "404", "200"]]),
    Plant("temporary-empty-download", Change::Bytes(b"none"), &[["body", "", "text, below 1 KiB", "nothing"]]),
    Plant("upload", Change::Json(|body| body["commentId"] = Value::Null), &[["missing", "$.commentId", "null", "absent"]]),
    Plant("upload-picture", Change::Json(|body| body["thumbnail"] = json!("https://x/small/7")), &[["type", "$.thumbnail", "url ?", "url /v2/issues/{key}/thumbnails/{fileId}"]]),
    Plant("upload-name-in-query", Change::Json(|body| body["createdBy"]["passportUid"] = json!("7")), &[["type", "$.createdBy.passportUid", "decimal", "integer"]]),
    Plant("files", Change::Json(|body| body.as_array_mut().expect("a list").reverse()), &[["value", "the list of names", "о-….txt, ….png, ….txt", "….txt, ….png, о-….txt"]]),
    Plant("file", Change::Json(|body| body["mimetype"] = json!("")), &[["type", "$.mimetype", "text empty", "text/plain"]]),
    Plant("file-by-id-alone", Change::Json(|body| swap(&mut body["createdBy"], "cloudUid", "passportUid")),
        &[["order", "$.createdBy", "passportUid", "cloudUid"]]),
    Plant("download", Change::Header("content-type", "application/octet-stream"), &[["header", "content-type", "application/octet-stream", "text/plain"]]),
    Plant("download-head", Change::NoHeader("etag"), &[["header", "etag", "absent", "tag"]]),
    Plant("download-other-name", Change::Header("content-disposition", "inline"), &[["header", "content-disposition", "inline", "attachment; filename=\"ASCII\"; filename*=ASCII"]]),
    Plant("download-by-id-alone", Change::Bytes(b"others"), &[["value", "the content", "\"others\"", "\"tracker-mock compares two servers.\\n\""]]),
    Plant("download-range", Change::Status(200), &[["status", "", "200", "206"]]),
    Plant("download-range-beyond", Change::NoHeader("content-range"), &[["header", "content-range", "absent", "bytes"]]),
    Plant("download-not-modified", Change::Header("location", "https://x/v2/myself"), &[["header", "location", "url /v2/myself", "absent"]]),
    Plant("thumbnail", Change::Header("content-type", "image/jpeg"), &[["header", "content-type", "image/jpeg", "image/png"]]),
    Plant("thumbnail-of-text", Change::Json(|body| { drop_member(body, "errors"); body["message"] = json!("No thumbnail"); }),
        &[["missing", "$.message", "text 1-16", "absent"], ["extra", "$.errors", "absent", "object"]]),
    Plant("issue-expanded", Change::Json(|body| body["attachments"] = json!({})), &[["type", "$.attachments", "object", "array"]]),
    Plant("comment", Change::Json(|body| body["longId"] = json!("65a1ba7b-46b9-746d-f2ee-cc9600000000")), &[["type", "$.longId", "uuid", "hex-24"]]),
    Plant("comment-one", Change::Json(|body| body["createdAt"] = json!("2024-11-17")), &[["type", "$.createdAt", "date", "time .3 +0000"]]),
    Plant("comment-edit", Change::Json(|body| drop_member(body, "transport")), &[["extra", "$.transport", "absent", "text 1-16"]]),
    Plant("comments", Change::Json(|body| body.as_array_mut().expect("a list").iter_mut().for_each(|one| one["id"] = json!(one["id"].to_string()))),
        &[["type", "$[].id", "decimal", "integer"]]),
    Plant("files-with-those-of-comments", Change::Json(|body| drop_member(body.as_array_mut().expect("a list").last_mut().expect("one"), "mimetype")),
        &[["type", "$[].mimetype", "image/png or text/plain or absent", "image/png or text/plain"]]),
    Plant("project-afterwards", Change::Json(|body| body["version"] = json!(body["version"].as_u64().map(|version| version + 1))),
        &[["value", "how much the version rises", "2", "1"]]),
    Plant("project-fields-unknown", Change::Json(|body| body["errors"] = json!([])), &[["type", "$.errors", "array empty", "object"]]),
    Plant("project-file-delete", Change::Status(200), &[["status", "", "200", "204"]]),
    Plant("issue-unknown", Change::Json(|body| body["statusCode"] = json!("404")), &[["type", "$.statusCode", "decimal", "integer"]]),
    Plant("issue-unknown-upload", Change::Json(|body| body["errorMessages"] = json!("none")), &[["type", "$.errorMessages", "text 1-16", "array"]]),
    Plant("comment-invalid-json", Change::Status(400), &[["status", "", "400", "422"]]),
    Plant("comment-deleted", Change::Bytes(b"{"), &[["body", "", "text, below 1 KiB", "JSON"]]),
    Plant("no-authorization", Change::Header("content-type", "text/plain"), &[["header", "content-type", "text/plain", "application/json"]]),
    Plant("no-authorization", Change::Bytes(b"Authorization required"), &[["body", "", "text, below 1 KiB", "JSON"]]),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_planted_difference_is_found_and_nothing_else() {
    let stand_in = Program::start(&[], &[]);
    let before = left(&stand_in).await;
    let (_, url) = Proxy::start(&stand_in, PLANTS, false).await;
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("planted.json");
    let ran = ended(verify(&url, &["--yes", "--json", file.to_str().expect("UTF-8")], &VARIABLES)).await;
    assert_eq!(ran.status.code(), Some(1), "{}{}", text(&ran.stdout), text(&ran.stderr));
    let report: Value = serde_json::from_slice(&std::fs::read(file).expect("written")).expect("JSON");
    let mut planted: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for Plant(case, _, told) in PLANTS {
        planted.entry((*case).to_owned()).or_default().extend(told.iter().map(|told| told.join(" | ")));
    }
    let mut found = differences(&report);
    found.values_mut().chain(planted.values_mut()).for_each(|told| told.sort());
    assert_eq!(found, planted);
    assert!(PLANTS.len() >= 30);
    let of = |case: &str| report.as_array().and_then(|all| all.iter().find(|one| one["case"] == case)).expect("it");
    assert_eq!(of("no-authorization")["verdict"], "known");
    assert_eq!(left(&stand_in).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_reported_where_nothing_differs_and_nothing_is_left() {
    let stand_in = Program::start(&[], &[]);
    let before = left(&stand_in).await;
    let (proxy, url) = Proxy::start(&stand_in, &[], false).await;
    let ran = ended(verify(&url, &["--yes"], &VARIABLES)).await;
    let said = text(&ran.stdout);
    let cases = proxy.cases.len();
    assert_eq!(ran.status.code(), Some(0), "{said}{}", text(&ran.stderr));
    assert!(said.contains(&format!("\n{cases} cases: {cases} same\n")), "{said}");
    assert!(!said.contains("secret-token") && !said.contains("4711"), "{said}");
    assert_eq!(left(&stand_in).await, before);
    let times = proxy.times.lock().expect("no panic").clone();
    assert!(times.len() > cases);
    let in_a_second = |three: &[Instant]| three[2] - three[0] < Duration::from_secs(1);
    assert!(!times.windows(3).any(in_a_second), "{times:?}");
}

/// The upload of a picture is carried out and answered 500.
const LOST: &[Plant] = &[Plant("upload-picture", Change::Status(500), &[])];

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_the_walk_and_what_it_has_made_is_deleted() {
    let stand_in = Program::start(&[], &[]);
    let before = left(&stand_in).await;
    let (proxy, url) = Proxy::start(&stand_in, LOST, true).await;
    let program = verify(&url, &["--yes"], &VARIABLES).spawn().expect("it starts");
    let id = program.id();
    let picture = proxy.cases.iter().position(|case| case == "upload-picture").expect("a case");
    proxy.came(picture + 14).await;
    let temporary = left(&stand_in).await[2][0]["name"].as_str().expect("a name").to_owned();
    let comments = format!("{}/v2/issues/JUNE-2/comments", stand_in.url());
    let ask = |method, url: &str| {
        let request = reqwest::Client::new().request(method, url).header("Authorization", "OAuth robot");
        request.header("X-Org-ID", "4711")
    };
    let robot =
        ask(Method::POST, &comments).json(&json!({"text": format!("Somebody uploaded {temporary}")})).send().await;
    let robot: Value = robot.expect("an answer").json().await.expect("JSON");
    signal(id, "INT");
    let ran = tokio::task::spawn_blocking(|| program.wait_with_output().expect("its output")).await.expect("no panic");
    let (said, complained) = (text(&ran.stdout), text(&ran.stderr));
    assert_eq!(ran.status.code(), Some(130), "{said}{complained}");
    assert!(complained.starts_with("tracker-mock: stopping; what was made is deleted first."), "{complained}");
    let told = |case: &str| {
        let line = said.lines().find(|line| line.split(' ').next() == Some(case)).expect("the case");
        line[case.len()..].trim_start().to_owned()
    };
    assert_eq!(told("upload-picture"), "differs");
    assert_eq!(told("files"), "differs");
    assert_eq!(told("thumbnail"), "cannot-compare  the service lacks what upload-picture gives");
    assert!(told("comment").starts_with("cannot-compare  the walk was stopped, at "), "{said}");
    let deleted = ask(Method::DELETE, &format!("{comments}/{}", robot["id"])).send().await.expect("an answer");
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT, "what others write is left alone");
    let after = left(&stand_in).await;
    assert_eq!([&after[0], &after[1]], [&before[0], &before[1]]);
    let temporary = after[2].as_array().expect("a list");
    for file in temporary {
        let id = file["id"].as_str().expect("a text");
        assert!(said.contains(&format!("temporary file {id}: nobody can delete it")), "{said}");
    }
    assert_eq!(temporary.len(), 6);
    let times = proxy.times.lock().expect("no panic").clone();
    assert!(times[1] - times[0] >= Duration::from_secs(1), "it waits as Retry-After says");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_leaves_what_was_made_and_says_its_name() {
    let stand_in = Program::start(&[], &[]);
    let (proxy, url) = Proxy::start(&stand_in, &[], false).await;
    let mut program = verify(&url, &["--yes"], &VARIABLES).spawn().expect("it starts");
    proxy.came(proxy.cases.iter().position(|case| case == "temporary-picture").expect("a case")).await;
    let ended = tokio::task::spawn_blocking(move || {
        let mut complaints = BufReader::new(program.stderr.take().expect("a pipe")).lines();
        let mut complaint = || complaints.next().expect("a line").expect("UTF-8");
        signal(program.id(), "INT");
        let first = complaint();
        signal(program.id(), "INT");
        (first, complaint(), program.wait().expect("its end").code())
    });
    let (first, second, code) = ended.await.expect("no panic");
    assert_eq!(first, "tracker-mock: stopping; what was made is deleted first. A second signal leaves it where it is.");
    assert_eq!(code, Some(130));
    let temporary = left(&stand_in).await[2][0]["name"].as_str().expect("a name").to_owned();
    let mark = temporary.trim_end_matches(".txt");
    assert_eq!(second, format!("tracker-mock: stopped at once; what is left has {mark} in its name or text"));
}

/// Three answers to the same request, which stands in the places of three. Then it lists the files, and deletes the first.
const BUSY: &[Plant] = &[
    Plant("files", Change::Status(429), &[]),
    Plant("files", Change::Header("retry-after", "1"), &[]),
    Plant("file", Change::Status(429), &[]),
    Plant("file", Change::Header("retry-after", "1"), &[]),
    Plant("file-by-id-alone", Change::Status(429), &[]),
    Plant("file-by-id-alone", Change::Header("retry-after", "2"), &[]),
    Plant("download-head", Change::Status(403), &[]),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stays_busy_ends_the_walk_and_what_is_left_is_listed() {
    let stand_in = Program::start(&[], &[]);
    let (proxy, url) = Proxy::start(&stand_in, BUSY, false).await;
    let ran = ended(verify(&url, &["--yes"], &VARIABLES)).await;
    let said = text(&ran.stdout);
    assert_eq!(ran.status.code(), Some(2), "{said}");
    let temporary: String = (30..36).map(|id| format!("  temporary file {id}: nobody can delete it\n")).collect();
    let end = format!(
        "The walk ended early: the server answers 429, to wait for 2 s, at files.\nThese are left:\n{temporary}  file of the \
         issue 36, /v2/issues/JUNE-2/attachments/36: DELETE is answered 403\n"
    );
    assert!(said.ends_with(&end), "{said}");
    let times = proxy.times.lock().expect("no panic").clone();
    let files = proxy.cases.iter().position(|case| case == "files").expect("a case");
    let waited = times[files..].windows(2).take(2).all(|two| two[1] - two[0] >= Duration::from_secs(1));
    assert!(waited, "{times:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_yes_it_says_what_it_would_do_and_sends_nothing() {
    let stand_in = Program::start(&[], &[]);
    let (proxy, url) = Proxy::start(&stand_in, &[], false).await;
    let ran = ended(verify(&url, &[], &VARIABLES)).await;
    let said = text(&ran.stdout).replace(&url, "URL");
    let head = "\
A walk of 68 exchanges on URL, at most two requests a second.
With those that clean up it is about 76 requests, and takes at least 38 s.
It uploads 7 temporary files. One that cannot be attached stays, for nobody can delete it.
In the issue JUNE-2 it makes 3 files and a comment with more, edits the comment, and deletes all.
Who follows the issue may be told of the comment.
To the project 4 it attaches a file, and deletes it; nobody is told.
It changes and deletes nothing that it has not made.

  myself                        GET /v2/myself
  issue                         GET /v2/issues/JUNE-2
";
    assert!(said.starts_with(head), "{said}");
    assert_eq!(text(&ran.stderr), "tracker-mock: nothing was sent; --yes does it\n");
    assert_eq!(ran.status.code(), Some(2));
    assert_eq!(*proxy.count.borrow(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_it_from_walking_is_said_in_a_sentence() {
    let stand_in = Program::start(&["--require-known-token", "--known-orgs", "4711"], &[]);
    let url = &stand_in.url();
    let known = [("SANDBOX_TOKEN", "OAuth author-token"), ("SANDBOX_ORG", "4711")];
    let elsewhere = [("SANDBOX_TOKEN", "Bearer author-token"), ("SANDBOX_ORG", "other")];
    let before = left(&stand_in).await;
    for (variables, options, reason) in [
        (&VARIABLES[..1], &[][..], "the variable SANDBOX_ORG, which --org-env names, is not set".to_owned()),
        (
            &[("SANDBOX_TOKEN", " "), ("SANDBOX_ORG", "1")],
            &[],
            "the variable SANDBOX_TOKEN, which --token-env names, is not set".to_owned(),
        ),
        (
            &VARIABLES,
            &[],
            format!(
                "{url} does not accept the token that SANDBOX_TOKEN has: it answers 401 to GET /v2/myself; nothing was made"
            ),
        ),
        (
            &elsewhere,
            &["--api", "v3"],
            format!(
                "{url} does not let in the token that SANDBOX_TOKEN has, to the organisation that SANDBOX_ORG has: it \
                 answers 403 to GET /v3/myself; nothing was made"
            ),
        ),
        (
            &known,
            &["--project", "99"],
            format!(
                "{url} does not have it: it answers 404 to GET /v2/entities/project/99?expand=attachments; nothing was made"
            ),
        ),
    ] {
        let words = ["verify", "--live", url, "--token-env", "SANDBOX_TOKEN", "--org-env", "SANDBOX_ORG"];
        let program = command(&[&words[..], &["--issue", "JUNE-2", "--yes"], options].concat(), variables);
        let ran = ended(program).await;
        assert_eq!((ran.status.code(), text(&ran.stderr)), (Some(2), format!("tracker-mock: {reason}\n")));
    }
    assert_eq!(left(&stand_in).await, before);
}
