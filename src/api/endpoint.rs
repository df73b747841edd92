//! What a line of an endpoint table is, and the endpoint that a mistyped path is closest to.

use std::any::type_name;
use std::fmt;

use axum::extract::Request;
use axum::handler::Handler;
use axum::http::Method;
use axum::response::Response;
use futures_util::future::BoxFuture;

use super::call::Call;

/// What a handler makes of a request.
pub(crate) type Answering = BoxFuture<'static, Response>;

/// A method, a documented path, and the handler, whose name is that of the operation.
pub(crate) struct Endpoint {
    method: Method,
    path: &'static str,
    operation: &'static str,
    handle: Box<dyn Fn(Request, Call) -> Answering + Send + Sync>,
}

impl Endpoint {
    fn new<H, T>(method: Method, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Call, Future = Answering>,
    {
        let operation = operation_name::<H>();
        Self { method, path, operation, handle: Box::new(move |request, call| handler.clone().call(request, call)) }
    }

    pub(crate) fn method(&self) -> &Method {
        &self.method
    }

    /// As documented, with a slash at its end where that has one.
    pub(crate) fn path(&self) -> &'static str {
        self.path
    }

    /// The name of the handler.
    pub(crate) fn operation(&self) -> &'static str {
        self.operation
    }

    /// Has the handler answer a request.
    pub(crate) fn answer(&self, request: Request, call: Call) -> Answering {
        (self.handle)(request, call)
    }

    /// The name of the handler, the method and the documented path.
    pub(crate) fn into_parts(self) -> (&'static str, Method, &'static str) {
        (self.operation, self.method, self.path)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.operation, self.method, self.path)
    }
}

/// `upload_temp_file` for the function of that name.
fn operation_name<H>() -> &'static str {
    type_name::<H>().rsplit("::").next().unwrap_or_default()
}

/// A `GET` endpoint.
pub(crate) fn get<H: Handler<T, Call, Future = Answering>, T>(path: &'static str, handler: H) -> Endpoint {
    Endpoint::new(Method::GET, path, handler)
}

/// A `POST` endpoint.
pub(crate) fn post<H: Handler<T, Call, Future = Answering>, T>(path: &'static str, handler: H) -> Endpoint {
    Endpoint::new(Method::POST, path, handler)
}

/// A `PUT` endpoint.
pub(crate) fn put<H: Handler<T, Call, Future = Answering>, T>(path: &'static str, handler: H) -> Endpoint {
    Endpoint::new(Method::PUT, path, handler)
}

/// A `PATCH` endpoint.
pub(crate) fn patch<H: Handler<T, Call, Future = Answering>, T>(path: &'static str, handler: H) -> Endpoint {
    Endpoint::new(Method::PATCH, path, handler)
}

/// A `DELETE` endpoint.
pub(crate) fn delete<H: Handler<T, Call, Future = Answering>, T>(path: &'static str, handler: H) -> Endpoint {
    Endpoint::new(Method::DELETE, path, handler)
}

/// The endpoint below `prefix` that a request for `path` most likely meant, as `POST /v2/attachments/`.
pub(crate) fn closest(prefix: &str, endpoints: &[Endpoint], method: &Method, path: &str) -> String {
    let path = path.strip_prefix(prefix).unwrap_or(path);
    let given: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty() && !is_version(segment)).collect();
    let score = |line: &Endpoint| {
        let same_method = if line.method == method { 0.1 } else { 0.0 };
        similarity(&given, line.path) + same_method
    };
    let best = endpoints.iter().rev().max_by(|one, other| score(one).total_cmp(&score(other)));
    best.map_or_else(String::new, |line| format!("{} {prefix}{}", line.method, line.path))
}

fn is_version(segment: &str) -> bool {
    segment
        .strip_prefix('v')
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// 0 to 1: how much of a documented path the given segments match, each in its place.
fn similarity(given: &[&str], documented: &str) -> f64 {
    let segments: Vec<&str> = documented.split('/').filter(|segment| !segment.is_empty()).collect();
    let alike = |(given, documented): (&&str, &&str)| {
        if documented.starts_with('{') { 0.5 } else { strsim::normalized_damerau_levenshtein(given, documented) }
    };
    let longer = given.len().max(segments.len()).max(1) as f64;
    given.iter().zip(&segments).map(alike).sum::<f64>() / longer
}
