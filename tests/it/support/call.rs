//! Requests as plain data, so that a table of cases can hold them and a snapshot can show them.

use std::fmt::Write;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use bytes::Bytes;
use futures_util::stream;
use serde_json::Value;

use super::{Answer, Api, Form, ORG, documented, is_control};

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    method: Method,
    path: String,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Vec<u8>,
    chunked: bool,
}

impl Call {
    /// A request with the headers that the API needs, from the default organisation. A call of the control plane names
    /// its world in the query instead.
    pub(crate) fn new(method: Method, path: &str) -> Self {
        let call = Self::bare(method, path).header("Authorization", "OAuth some-token");
        if is_control(path) { call } else { call.org(ORG) }
    }

    /// A request with nothing but a `Host` and a request id.
    pub(crate) fn bare(method: Method, path: &str) -> Self {
        let call = Self { method, path: path.to_owned(), headers: Vec::new(), body: Vec::new(), chunked: false };
        call.header("Host", "tracker.test").header("X-Request-Id", "request-1")
    }

    /// The same, with another method.
    pub(crate) fn method(mut self, method: &str) -> Self {
        self.method = method.parse().expect("a method");
        self
    }

    /// The same, with this query instead of its own.
    pub(crate) fn query(mut self, query: &str) -> Self {
        let path = self.path.split('?').next().expect("a first part");
        self.path = format!("{path}?{query}");
        self
    }

    /// A request with a JSON body.
    pub(crate) fn json(method: &str, path: &str, body: &Value) -> Self {
        Self::post(path).method(method).body(body.to_string())
    }

    /// `GET`.
    pub(crate) fn get(path: &str) -> Self {
        Self::new(Method::GET, path)
    }

    /// `POST`.
    pub(crate) fn post(path: &str) -> Self {
        Self::new(Method::POST, path)
    }

    /// An upload of a form to `path`.
    pub(crate) fn upload(path: &str, form: &Form) -> Self {
        let content_type = format!("multipart/form-data; boundary={}", Form::BOUNDARY);
        Self::post(path).header("Content-Type", &content_type).body(form.bytes())
    }

    /// The same, with this value of a header instead of its own.
    pub(crate) fn header(self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        let mut call = self.without(name);
        call.headers.push((name, value.as_ref().to_vec()));
        call
    }

    /// The same, with one more line of a header.
    pub(crate) fn and_header(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name, value.as_ref().to_vec()));
        self
    }

    /// The same, without a header.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self
    }

    /// The same, sent by the owner of a token.
    pub(crate) fn token(self, token: &str) -> Self {
        self.header("Authorization", format!("OAuth {token}"))
    }

    /// The same, sent from another organisation.
    pub(crate) fn org(self, org: &str) -> Self {
        self.header("X-Org-ID", org)
    }

    /// The same, with a body.
    pub(crate) fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_vec();
        self
    }

    /// The same, with the body in chunks, so that its length is not known in advance.
    pub(crate) fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    /// The request, ready to send.
    pub(crate) fn request(&self) -> Request<Body> {
        let chunks: Vec<_> = self.body.chunks(64).map(Bytes::copy_from_slice).map(Ok::<_, std::io::Error>).collect();
        let body = if self.chunked { Body::from_stream(stream::iter(chunks)) } else { Body::from(self.body.clone()) };
        let request = Request::builder().method(self.method.clone()).uri(&self.path);
        let request = self.headers.iter().fold(request, |request, (name, value)| request.header(*name, &value[..]));
        request.body(body).expect("a good request")
    }

    /// Method, path, and the headers that differ between requests.
    fn summary(&self) -> String {
        let mut text = format!("{} {}", self.method, shortened(&self.path));
        let path = if is_control(&self.path) { "/_mock" } else { "/" };
        let usual = Self::upload(path, &Form::part("", b"")).headers;
        for (name, _) in usual.iter().filter(|(name, _)| *name != "Content-Type" && self.value(name).is_none()) {
            write!(text, "\n{name} is missing").expect("a string");
        }
        for (name, value) in self.headers.iter().filter(|header| !usual.contains(header)) {
            let line = format!("\n{name}: {}", value.escape_ascii());
            text.push_str(line.trim_end());
        }
        text
    }

    fn value(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_slice())
    }
}

fn shortened(path: &str) -> String {
    if path.len() <= 300 { path.to_owned() } else { format!("{}... ({} bytes)", &path[..100], path.len()) }
}

/// A snapshot of several requests: for each its name, the request and the whole body of the answer.
#[derive(Debug, Default)]
pub(crate) struct Log(String);

impl Log {
    /// Sends a JSON body, which also names the request.
    pub(crate) async fn send_json(&mut self, api: &Api, method: &str, path: &str, body: &Value) -> Answer {
        self.send(api, &body.to_string(), &Call::json(method, path, body)).await
    }

    /// Sends a request and writes it down with its answer, which must be JSON with the id of the request, or empty.
    pub(crate) async fn send(&mut self, api: &Api, name: &str, call: &Call) -> Answer {
        let answer = api.send(call.request()).await;
        if let Ok(body) = serde_json::from_slice(&call.body) {
            documented::check_accepted(&call.method, &call.path, &body, &answer);
        }
        if answer.status == StatusCode::NO_CONTENT {
            assert!(answer.body.is_empty(), "{name}");
        } else {
            assert_eq!(answer.header("content-type"), Some("application/json"), "{name}");
        }
        assert_eq!(answer.header("x-request-id"), Some("request-1"), "{name}");
        let allow = answer.header("allow").map_or_else(String::new, |allow| format!("\nAllow: {allow}"));
        writeln!(
            self.0,
            "# {name}\n{}\n-> {}{allow}\n{}\n",
            call.summary(),
            answer.status,
            answer.text().trim_end_matches('\n')
        )
        .expect("a string");
        answer
    }

    /// Everything that was written down.
    pub(crate) fn text(&self) -> &str {
        self.0.trim_end()
    }
}
