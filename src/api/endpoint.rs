//! What a line of an endpoint table is, and what is made of the table: the routes, the answer to a wrong method, and
//! the endpoint that a mistyped path is closest to.

use std::any::type_name;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};

use super::error::ApiError;
use super::exchange::Exchange;
use crate::app::AppState;

/// A method, a documented path, and the handler, whose name is that of the operation.
#[derive(Debug)]
pub(crate) struct Endpoint {
    method: Method,
    path: &'static str,
    operation: &'static str,
    route: MethodRouter<AppState>,
}

impl Endpoint {
    fn new<H: Handler<T, AppState>, T: 'static>(method: Method, path: &'static str, handler: H) -> Self {
        let operation = operation_name::<H>();
        // Only the methods of the functions below come here, and each has a filter.
        let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET);
        Self { method, path, operation, route: on(filter, Named { handler, operation }) }
    }

    /// The name of the handler, the method and the documented path.
    pub(crate) fn into_parts(self) -> (&'static str, Method, &'static str) {
        (self.operation, self.method, self.path)
    }
}

/// `upload_temp_file` for the function of that name.
fn operation_name<H>() -> &'static str {
    type_name::<H>().rsplit("::").next().unwrap_or_default()
}

/// A handler that leaves its name with the request.
#[derive(Clone, Debug)]
struct Named<H> {
    handler: H,
    operation: &'static str,
}

impl<T, H: Handler<T, AppState>> Handler<T, AppState> for Named<H> {
    type Future = H::Future;

    fn call(self, request: Request, state: AppState) -> H::Future {
        if let Some(exchange) = Exchange::of(request.extensions()) {
            exchange.learn_operation(self.operation);
        }
        self.handler.call(request, state)
    }
}

/// A `GET` endpoint.
pub(crate) fn get<H: Handler<T, AppState>, T: 'static>(path: &'static str, handler: H) -> Endpoint {
    Endpoint::new(Method::GET, path, handler)
}

/// A `POST` endpoint.
pub(crate) fn post<H: Handler<T, AppState>, T: 'static>(path: &'static str, handler: H) -> Endpoint {
    Endpoint::new(Method::POST, path, handler)
}

/// A `PUT` endpoint.
pub(crate) fn put<H: Handler<T, AppState>, T: 'static>(path: &'static str, handler: H) -> Endpoint {
    Endpoint::new(Method::PUT, path, handler)
}

/// A `PATCH` endpoint.
pub(crate) fn patch<H: Handler<T, AppState>, T: 'static>(path: &'static str, handler: H) -> Endpoint {
    Endpoint::new(Method::PATCH, path, handler)
}

/// A `DELETE` endpoint.
pub(crate) fn delete<H: Handler<T, AppState>, T: 'static>(path: &'static str, handler: H) -> Endpoint {
    Endpoint::new(Method::DELETE, path, handler)
}

/// The routes of a table. Another method on a known path is answered 405 with `Allow`.
pub(crate) fn router(endpoints: Vec<Endpoint>) -> Router<AppState> {
    let allowed: Vec<(Method, &'static str)> = endpoints.iter().map(|line| (line.method.clone(), line.path)).collect();
    let refuse = move |method: Method, matched: MatchedPath| async move {
        let on_path = allowed.iter().filter(|(_, path)| below_prefix(matched.as_str()) == without_slash(path));
        let mut methods: Vec<String> = on_path.map(|(method, _)| method.to_string()).collect();
        if methods.iter().any(|method| method == Method::GET.as_str()) {
            methods.push(Method::HEAD.to_string());
        }
        ApiError::MethodNotAllowed { method, allowed: methods.join(", ") }
    };
    let add = |router: Router<AppState>, line: Endpoint| router.route(without_slash(line.path), line.route);
    endpoints.into_iter().fold(Router::new(), add).method_not_allowed_fallback(refuse)
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

fn without_slash(path: &'static str) -> &'static str {
    path.strip_suffix('/').unwrap_or(path)
}

/// A path without its first segment, which is where the table is nested: a version, or `/_mock`.
fn below_prefix(path: &str) -> &str {
    path.match_indices('/').nth(1).map_or("", |(index, _)| &path[index..])
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

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use axum::http::header::ALLOW;
    use tower::ServiceExt;

    use super::*;
    use crate::config::Config;

    #[tokio::test]
    async fn only_the_methods_of_a_path_are_allowed_on_it() {
        let table = || {
            let handler = || async {};
            vec![
                post("/files/", handler),
                get("/things/{id}/files", handler),
                post("/things/{id}/files/{file}", handler),
            ]
        };
        let state = AppState::new(Config::default(), String::new()).expect("good fixtures");
        let routes = Router::new().nest("/v2", router(table())).nest("/v3", router(table())).with_state(state);
        for (path, allowed) in [
            ("/v2/files", "POST"),
            ("/v2/things/1/files", "GET, HEAD"),
            ("/v3/things/1/files", "GET, HEAD"),
            ("/v3/things/1/files/2", "POST"),
        ] {
            let request = Request::builder().method("PUT").uri(path).body(Body::empty()).expect("a good request");
            let answer = routes.clone().oneshot(request).await.expect("an answer");
            assert_eq!(
                answer.headers().get(ALLOW).map(|value| value.to_str().expect("ASCII")),
                Some(allowed),
                "{path}"
            );
        }
    }
}
