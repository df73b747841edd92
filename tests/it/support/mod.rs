//! What the tests share: the application in process, with a frozen clock, and requests to it.

mod call;
pub(crate) mod documented;
mod folder;
pub(crate) mod images;
pub(crate) mod names;
pub(crate) mod program;
pub(crate) mod shell;
pub(crate) mod socket;
mod walk;

use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::request::Builder;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;
use tracker_mock::testing::App;
use tracker_mock::testing::OrgId;
use tracker_mock::{Clock, Config, FixtureSource};

pub(crate) use self::call::{Call, Log};
pub(crate) use self::folder::Folder;

/// A value with some of its members changed: `set!(Limits::default(); max_parts: 3)`. Settings are `#[non_exhaustive]`,
/// so a struct literal is not possible here.
macro_rules! set {
    ($base:expr; $($rest:tt)+) => {{
        let mut value = $base;
        set!(@member value $($rest)+);
        value
    }};
    (@member $value:ident $name:ident: $member:expr $(, $($rest:tt)*)?) => {
        $value.$name = $member;
        $(set!(@member $value $($rest)*);)?
    };
    (@member $value:ident $name:ident $(, $($rest:tt)*)?) => {
        $value.$name = $name;
        $(set!(@member $value $($rest)*);)?
    };
    (@member $value:ident) => {};
}

/// The time in every test, unless it sets another clock.
pub(crate) const NOW: &str = "2024-01-13T14:06:29.747+0000";

/// The organisation that requests name by default.
pub(crate) const ORG: &str = "test";

/// The project with a user in every role and without attachments.
pub(crate) const PROJECT: &str = "6586d6fee2b9ef74e69df1ef";

/// The project with two attachments, files 4 and 5.
pub(crate) const PROJECT_WITH_FILES: &str = "655f8cc523db213200000001";

/// The portfolio.
pub(crate) const PORTFOLIO: &str = "655f328da834c763e69df1ef";

/// The goal.
pub(crate) const GOAL: &str = "65a1ba7b46b9746df2eecc96";

/// The names that the parameter `fields` accepts, in the order of the contract.
pub(crate) const FIELDS: [&str; 16] = [
    "summary",
    "description",
    "author",
    "lead",
    "teamUsers",
    "clients",
    "followers",
    "start",
    "end",
    "checklistItems",
    "tags",
    "parentEntity",
    "teamAccess",
    "quarter",
    "entityStatus",
    "issueQueues",
];

/// The application in process.
pub(crate) struct Api {
    app: App,
    router: Router,
    /// Whether faults were armed. Then answers need not be documented ones.
    faulty: AtomicBool,
}

impl Api {
    /// An application with the default settings and fixtures.
    pub(crate) fn new() -> Self {
        Self::with(Config::default())
    }

    /// An application with a saved state instead of the default fixtures.
    pub(crate) fn loaded(state: &Value) -> Self {
        Self::with(set!(Config::default(); fixtures: FixtureSource::Text(state.to_string())))
    }

    /// An application with other settings. The clock is frozen even so.
    pub(crate) fn with(config: Config) -> Self {
        Self::with_clock(config, Clock::frozen_at(NOW))
    }

    /// An application with other settings and another clock.
    pub(crate) fn with_clock(config: Config, clock: Clock) -> Self {
        let config = set!(config; clock);
        let app = App::new(config, "http://127.0.0.1:8080".to_owned()).expect("good fixtures");
        Self { router: app.router(), app, faulty: AtomicBool::new(false) }
    }

    /// Sends a request and reads the whole answer, which the OpenAPI document must list.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        if path == "/_mock/faults" || request.headers().contains_key("Prefer") {
            self.faulty.store(true, Ordering::Relaxed);
        }
        let Ok(response) = self.router.clone().oneshot(request).await;
        let (head, body) = response.into_parts();
        let body = body.collect().await.expect("a body without errors").to_bytes();
        let answer = Answer { status: head.status, headers: head.headers, body };
        if path.starts_with("/_mock/") || !self.faulty.load(Ordering::Relaxed) {
            documented::check(&method, &path, &answer);
        }
        answer
    }

    /// Sends a request and leaves the body of the answer unread.
    pub(crate) async fn send_and_leave(&self, request: Request<Body>) -> axum::http::Response<Body> {
        let Ok(response) = self.router.clone().oneshot(request).await;
        response
    }

    /// Sends a request without a body.
    pub(crate) async fn call(&self, method: Method, path: &str) -> Answer {
        self.send(request(method, path).body(Body::empty()).expect("a good request")).await
    }

    /// `GET`.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path).await
    }

    /// `POST` without a body.
    pub(crate) async fn post(&self, path: &str) -> Answer {
        self.call(Method::POST, path).await
    }

    /// Sends a JSON body.
    pub(crate) async fn send_json(&self, method: &str, path: &str, body: &Value) -> Answer {
        let answer = self.send(Call::json(method, path, body).request()).await;
        documented::check_accepted(&method.parse().expect("a method"), path, body, &answer);
        answer
    }

    /// Sends a form to `path`.
    pub(crate) async fn post_form(&self, path: &str, form: &Form) -> Answer {
        self.send(form.request(path)).await
    }

    /// Uploads a file to the default world and returns its id.
    pub(crate) async fn upload(&self, name: &str, bytes: &[u8]) -> String {
        let answer = self.post_form("/v2/attachments/", &Form::file(name, bytes)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        answer.json()["id"].as_str().expect("an id").to_owned()
    }

    /// The whole state of the default world, to test that nothing has changed.
    pub(crate) async fn state(&self) -> Value {
        self.state_of(ORG).await
    }

    /// The whole state of a world.
    pub(crate) async fn state_of(&self, org: &str) -> Value {
        self.get(&format!("/_mock/state?org={org}")).await.json()
    }

    /// Whether a world still shares the pristine one, rather than having a copy of its own.
    pub(crate) fn is_untouched(&self, org: &str) -> bool {
        let address = |org| self.app.worlds().read(&OrgId::new(org), |world| std::ptr::from_ref(world).addr());
        address(org) == address("an organisation of nobody")
    }

    /// The entities, by id, and the issues, by key, that a world does not share with the pristine one.
    pub(crate) fn own_copies(&self, org: &str) -> Vec<String> {
        let things = |org| {
            self.app.worlds().read(&OrgId::new(org), |world| {
                let entities = world.entities().map(|one| (one.id.to_string(), std::ptr::from_ref(one).addr()));
                let issues = world.issues().map(|one| (one.key.clone(), std::ptr::from_ref(one).addr()));
                entities.chain(issues).collect::<Vec<_>>()
            })
        };
        let first = things("an organisation of nobody");
        things(org).into_iter().filter(|thing| !first.contains(thing)).map(|(name, _)| name).collect()
    }

    /// The memory that is charged to the budget, in bytes.
    pub(crate) fn used_bytes(&self) -> u64 {
        self.app.budget().used_bytes()
    }

    /// Resets all worlds. The journal stays.
    pub(crate) fn reset_worlds(&self) {
        self.app.worlds().reset(None);
    }
}

/// More than a slightly changed world is charged, in bytes, besides the bytes of its files.
pub(crate) const WORLD_BYTES: u64 = 16 * 1024;

/// A request with the headers that the API needs, from the default organisation. A request to the control plane names
/// its world in the query instead.
pub(crate) fn request(method: Method, path: &str) -> Builder {
    let request = bare_request(method, path).header("Authorization", "OAuth some-token");
    if is_control(path) { request } else { request.header("X-Org-ID", ORG) }
}

/// Whether a path is one of the control plane.
pub(crate) fn is_control(path: &str) -> bool {
    path.strip_prefix("/_mock").is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
}

/// A request with nothing but a `Host` and a request id.
pub(crate) fn bare_request(method: Method, path: &str) -> Builder {
    Request::builder().method(method).uri(path).header("Host", "tracker.test").header("X-Request-Id", "request-1")
}

/// A `multipart/form-data` body.
pub(crate) struct Form {
    body: Vec<u8>,
}

impl Form {
    /// The boundary of every form.
    pub(crate) const BOUNDARY: &str = "----test-boundary";

    /// A form with one file, written as `curl -F` does.
    pub(crate) fn file(name: &str, bytes: &[u8]) -> Self {
        let escaped = name.replace('"', "\\\"");
        Self::part(&format!("Content-Disposition: form-data; name=\"file\"; filename=\"{escaped}\""), bytes)
    }

    /// A form with one part, which has these header lines.
    pub(crate) fn part(headers: &str, bytes: &[u8]) -> Self {
        Self { body: Vec::new() }.and_part(headers, bytes)
    }

    /// The same, with one more part.
    pub(crate) fn and_part(mut self, headers: &str, bytes: &[u8]) -> Self {
        let closing = format!("--{}--\r\n", Self::BOUNDARY);
        if self.body.ends_with(closing.as_bytes()) {
            self.body.truncate(self.body.len() - closing.len());
        }
        self.body.extend(format!("--{}\r\n{headers}\r\n\r\n", Self::BOUNDARY).bytes());
        self.body.extend(bytes);
        self.body.extend(format!("\r\n{closing}").bytes());
        self
    }

    /// The encoded form.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// The form as a `POST` to `path`.
    pub(crate) fn request(&self, path: &str) -> Request<Body> {
        request(Method::POST, path)
            .header("Content-Type", format!("multipart/form-data; boundary={}", Self::BOUNDARY))
            .body(Body::from(self.body.clone()))
            .expect("a good request")
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("ASCII"))
    }

    /// The body as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// Status, headers and body, byte for byte, as a snapshot holds them.
    pub(crate) fn transcript(&self) -> String {
        let mut lines = vec![self.status.to_string()];
        let mut has_length = false;
        for (name, value) in &self.headers {
            // axum or hyper adds the length if no handler sets it. Here it is then shown before the id.
            if name == "x-request-id" && !has_length && !self.body.is_empty() {
                lines.push(format!("content-length: {}", self.body.len()));
            }
            let is_length = name == "content-length";
            if is_length && has_length {
                continue;
            }
            has_length |= is_length || name == "x-request-id";
            lines.push(format!("{name}: {}", value.to_str().unwrap_or("?")));
        }
        lines.extend([String::new(), self.text().to_owned()]);
        lines.join("\n")
    }
}

/// Checks that a request was refused because of one field or parameter, which the answer names.
pub(crate) fn assert_refused(answer: &Answer, status: StatusCode, field: &str, context: &Value) {
    assert_eq!(answer.status, status, "{context}: {}", answer.text());
    let errors = answer.json()["errors"].clone();
    assert_eq!(errors.as_object().expect("an object").keys().collect::<Vec<_>>(), [field], "{context}");
}

/// The content of a file in an exported state.
pub(crate) fn content(file: &Value) -> Vec<u8> {
    let content = &file["content"];
    match (content["text"].as_str(), content["base64"].as_str()) {
        (Some(text), None) => text.as_bytes().to_vec(),
        (None, Some(text)) => STANDARD.decode(text).expect("base64"),
        _ => panic!("no content: {content}"),
    }
}
