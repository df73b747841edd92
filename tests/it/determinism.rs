//! The same fixtures, seed, clock and sequence of requests give the same answers, byte for byte, thumbnails included.

use std::fmt::Write;
use std::io::Cursor;

use axum::http::{Method, StatusCode};
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};
use tracker_mock::{Clock, Config};

use crate::support::names::encoded;
use crate::support::{Answer, Api, Call, Form, NOW, PROJECT, images};

const FORMATS: [(ImageFormat, &str); 5] = [
    (ImageFormat::Png, "png"),
    (ImageFormat::Jpeg, "jpeg"),
    (ImageFormat::Gif, "gif"),
    (ImageFormat::WebP, "webp"),
    (ImageFormat::Bmp, "bmp"),
];

/// A picture with soft and hard edges, large enough to be made smaller.
fn picture(format: ImageFormat) -> Vec<u8> {
    let picture = RgbImage::from_fn(301, 173, |x, y| {
        let hill = 80 + (x % 97) + (y * y / 700);
        if y > hill { Rgb([40, (x % 200) as u8, 60]) } else { Rgb([(y % 256) as u8, 160, (x / 2 + y / 3) as u8]) }
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).expect("an encoder");
    bytes.into_inner()
}

/// Two worlds that are asked the same, each on a server of its own.
struct Twins {
    servers: [(Api, &'static str); 2],
    requests: usize,
}

impl Twins {
    /// The servers differ in what they did before and in the clock that they are configured with.
    async fn new() -> Self {
        let one = Api::new();
        let two = Api::with_clock(Config::default(), Clock::System);
        for _ in 0..3 {
            two.upload("a.txt", b"of another world").await;
        }
        let twins = Self { servers: [(one, "one"), (two, "two")], requests: 0 };
        for (api, org) in &twins.servers {
            for (what, body) in
                [("clock", json!({"mode": "tick", "at": NOW, "step": "1s 1ms"})), ("ids", json!({"seed": 20_240_113}))]
            {
                let answer = api.send_json("PUT", &format!("/_mock/{what}?org={org}"), &body).await;
                assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
            }
        }
        twins
    }

    /// Asks both, and gives the answer of both.
    async fn ask(&mut self, status: u16, call: Call) -> Answer {
        let call = call.header("X-Request-Id", format!("request {}", self.requests));
        self.requests += 1;
        let [(one, one_org), (two, two_org)] = &self.servers;
        let answer = one.send(call.clone().org(one_org).request()).await;
        let other = two.send(call.clone().org(two_org).request()).await;
        assert_eq!(answer.status, status, "{call:?}: {:?}", answer.body);
        assert_eq!(bytes(&other).escape_ascii().to_string(), bytes(&answer).escape_ascii().to_string(), "{call:?}");
        answer
    }

    async fn send(&mut self, status: u16, method: &str, path: &str, body: Value) -> Answer {
        self.ask(status, Call::json(method, path, &body)).await
    }

    async fn get(&mut self, status: u16, path: &str) -> Answer {
        self.ask(status, Call::get(path)).await
    }

    async fn upload(&mut self, path: &str, name: &str, bytes: &[u8]) -> String {
        let answer = self.ask(201, Call::upload(path, &Form::file(name, bytes))).await;
        answer.json()["id"].as_str().expect("an id").to_owned()
    }
}

/// The whole answer: status line, headers in their order, body.
fn bytes(answer: &Answer) -> Vec<u8> {
    let mut bytes = format!("{}\n", answer.status).into_bytes();
    for (name, value) in &answer.headers {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\n"].concat());
    }
    bytes.push(b'\n');
    bytes.extend_from_slice(&answer.body);
    bytes
}

#[tokio::test]
async fn two_servers_answer_the_same_requests_with_the_same_bytes() {
    let mut twins = Twins::new().await;
    for round in 0..6 {
        // Pictures take most of the time.
        if round < 2 {
            files(&mut twins, round).await;
        }
        entities(&mut twins, round).await;
        issues(&mut twins, round).await;
        errors(&mut twins).await;
    }
    let [(one, one_org), (two, two_org)] = &twins.servers;
    assert_eq!(one.state_of(one_org).await.to_string(), two.state_of(two_org).await.to_string());
    assert!(twins.requests > 200, "{}", twins.requests);
}

/// Uploads, downloads and thumbnails of every format.
async fn files(twins: &mut Twins, round: u32) {
    for (format, name) in FORMATS {
        let id = twins.upload("/v2/attachments/", &format!("картинка {round}.{name}"), &picture(format)).await;
        twins.get(200, &format!("/v3/attachments/{id}")).await;
        let thumbnail = twins.get(200, &format!("/v2/thumbnails/{id}")).await;
        twins
            .ask(304, Call::get(&format!("/v2/thumbnails/{id}")).header("If-None-Match", &thumbnail.headers["etag"]))
            .await;
        let path = format!("/v2/attachments/{id}/{}", encoded(&format!("картинка {round}.{name}")));
        twins.get(200, &path).await;
        twins.ask(206, Call::get(&path).header("Range", "bytes=5-60")).await;
    }
}

/// Attaching, changes, comments, history and searches of entities.
async fn entities(twins: &mut Twins, round: u32) {
    let [first, second, third] = [
        twins.upload("/v2/attachments/", "a.txt", b"text").await,
        twins.upload("/v2/attachments/?filename=b.txt", "file", b"text").await,
        twins.upload("/v2/attachments/", "c.txt", &[b'c'; 2000]).await,
    ];
    let project = format!("/v2/entities/project/{PROJECT}");
    twins
        .ask(200, Call::post(&format!("{project}/attachments/{first}?expand=all&notifyAuthor=true&filename=d.txt")))
        .await;
    let fields = json!({"summary": format!("Goal {round}"), "checklistItems": [{"text": "one"}, {"text": "two"}]});
    let goal =
        twins.send(200, "POST", "/v2/entities/goal?fields=checklistItems", json!({"fields": fields})).await.json();
    let goal = format!("/v2/entities/goal/{}", goal["id"].as_str().expect("an id"));
    let change = json!({"fields": {"tags": ["x"]}, "comment": "c", "attachmentIds": [second]});
    twins.send(200, "PATCH", &format!("{goal}?expand=all&fields=tags,checklistItems"), change).await;
    let comment = json!({"text": "**bold**", "attachmentIds": [third]});
    let comment = twins.send(200, "POST", &format!("{project}/comments?expand=all"), comment).await.json();
    let number = &comment["id"];
    twins.send(200, "PATCH", &format!("{project}/comments/{number}"), json!({"text": "edited"})).await;
    for path in
        ["/comments?expand=all", "/comments/_relative", "/events/_relative?perPage=5", "/attachments", "?expand=all"]
    {
        twins.get(200, &format!("{project}{path}")).await;
    }
    for body in [json!({"input": "Goal"}), json!({"filter": {"author": "me()"}, "orderBy": "updatedAt"}), json!({})] {
        twins.send(200, "POST", "/v2/entities/goal/_search?perPage=3", body).await;
    }
    twins.ask(204, Call::new(Method::DELETE, &format!("{project}/attachments/{first}"))).await;
    twins.ask(204, Call::new(Method::DELETE, &format!("{project}/comments/{number}"))).await;
    if round % 2 == 1 {
        twins.ask(204, Call::new(Method::DELETE, &goal)).await;
    }
}

/// The same for issues, and imports.
async fn issues(twins: &mut Twins, round: u32) {
    let file = twins.upload("/v2/attachments/", "issue.txt", b"text").await;
    let new =
        json!({"queue": "JUNE", "summary": "An issue", "unique": format!("round {round}"), "attachmentIds": [file]});
    let issue = twins.send(201, "POST", "/v2/issues?expand=attachments", new.clone()).await.json();
    twins.send(409, "POST", "/v2/issues", new).await;
    let path = format!("/v2/issues/{}", issue["key"].as_str().expect("a key"));
    let own = twins.upload(&format!("{path}/attachments/"), "picture.png", &images::png()).await;
    twins.get(200, &format!("{path}/thumbnails/{own}")).await;
    twins.send(200, "PATCH", &path, json!({"summary": "Changed", "tags": ["a", "b"]})).await;
    let comment = twins.send(201, "POST", &format!("{path}/comments?expand=html"), json!({"text": "c"})).await.json();
    let import = |created_at: &Value| {
        let created_at = encoded(created_at.as_str().expect("a time"));
        format!("attachments/_import?filename=import.txt&createdAt={created_at}&createdBy=lead")
    };
    let updated_at = twins.get(200, &path).await.json()["updatedAt"].clone();
    twins.upload(&format!("{path}/{}", import(&updated_at)), "file", b"imported").await;
    let number = &comment["id"];
    twins.upload(&format!("{path}/comments/{number}/{}", import(&comment["createdAt"])), "file", b"imported").await;
    for path in [
        format!("{path}/attachments"),
        format!("{path}/comments"),
        format!("/v2/issues/_findByUnique?unique=round%20{round}"),
    ] {
        let call = if path.contains("_findByUnique") { Call::post(&path) } else { Call::get(&path) };
        twins.ask(200, call).await;
    }
    twins.send(200, "POST", "/v2/issues/_search?perPage=2", json!({"filter": {"queue": "JUNE"}})).await;
    twins.send(200, "POST", "/v2/issues/_count", json!({"filter": {"queue": "JUNE"}})).await;
    twins.ask(204, Call::new(Method::DELETE, &format!("{path}/attachments/{own}/"))).await;
}

/// What is refused.
async fn errors(twins: &mut Twins) {
    twins.get(404, "/v2/attachments/99999").await;
    twins.ask(404, Call::get("/v2/nothing").header("Accept-Language", "ru")).await;
    twins.ask(422, Call::post(&format!("/v2/entities/project/{PROJECT}/attachments/4"))).await;
    twins.ask(400, Call::post("/v2/attachments/").body("no form")).await;
    twins.ask(401, Call::get("/v2/myself").without("Authorization")).await;
    twins.send(412, "PATCH", "/v2/issues/JUNE-2?version=999", json!({"summary": "stale"})).await;
    twins.send(422, "POST", "/v2/entities/goal", json!({"fields": {"unknown": 1}})).await;
}

/// Not only on two servers of one machine: what a decoder computes, and what an encoder writes, is always the same.
#[tokio::test]
async fn thumbnails_are_the_same_everywhere() {
    let api = Api::new();
    let mut digests = String::new();
    for (format, name) in FORMATS {
        let id = api.upload(&format!("picture.{name}"), &picture(format)).await;
        for path in [format!("/v2/attachments/{id}/picture.{name}"), format!("/v2/thumbnails/{id}")] {
            let answer = api.get(&path).await;
            let etag = answer.header("etag").expect("an ETag");
            writeln!(digests, "{path}: {} bytes, {etag}", answer.body.len()).expect("a string");
        }
    }
    insta::assert_snapshot!(digests.trim_end());
}
