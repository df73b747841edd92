//! Passes requests on to the service, and its answers back, byte for byte.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_TYPE, HOST, HeaderName, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, Method, StatusCode, Version};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::body::PassingBody;
use super::file::{Direction, OpenExchange, RecordingFile};
use crate::drift::{FullExchange, Origin, pairs_of};

/// Headers for the next machine alone, with those that `Connection` names.
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

struct ServiceProxy {
    service: Origin<PassingBody<Body>>,
    /// Its address.
    address: String,
    file: Arc<RecordingFile>,
}

/// What passes everything on to the service at this address.
pub(super) fn router(service: Origin<PassingBody<Body>>, address: &str, file: &Arc<RecordingFile>) -> Router {
    let proxy = Arc::new(ServiceProxy { service, address: address.to_owned(), file: Arc::clone(file) });
    Router::new().fallback(move |request: Request| {
        let proxy = Arc::clone(&proxy);
        async move { proxy.pass_on(request).await }
    })
}

impl ServiceProxy {
    async fn pass_on(&self, request: Request) -> Response {
        if request.method() == Method::CONNECT {
            return refusal(StatusCode::NOT_IMPLEMENTED, "is a proxy for HTTPS only with --https");
        }
        let (mut head, body) = request.into_parts();
        let target = head.uri.path_and_query().map_or("/", PathAndQuery::as_str);
        let exchange = OpenExchange::begin(
            &self.file,
            FullExchange {
                method: head.method.to_string(),
                target: target.to_owned(),
                request_headers: pairs_of(&head.headers),
                ..FullExchange::default()
            },
        );
        let sent = PassingBody::new(body, Direction::ToService, Arc::clone(&exchange));
        let passed = axum::http::Request::builder().method(head.method.clone()).uri(target).body(sent);
        let answer = match passed {
            Ok(mut passed) => {
                keep_end_to_end(&mut head.headers);
                head.headers.remove(HOST);
                head.headers.remove(ACCEPT_ENCODING);
                *passed.headers_mut() = head.headers;
                self.service.send(passed).await
            }
            Err(error) => Err(error.to_string()),
        };
        match answer {
            Ok(answer) => {
                let (mut head, body) = answer.into_parts();
                exchange.answered(head.status, pairs_of(&head.headers));
                keep_end_to_end(&mut head.headers);
                head.version = Version::HTTP_11;
                Response::from_parts(head, Body::new(PassingBody::new(body, Direction::ToClient, exchange)))
            }
            Err(reason) => refusal(StatusCode::BAD_GATEWAY, &format!("got no answer from {}: {reason}", self.address)),
        }
    }
}

fn keep_end_to_end(headers: &mut HeaderMap) {
    let named: Vec<String> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_owned())
        .collect();
    for name in HOP_BY_HOP.iter().map(HeaderName::as_str).chain(named.iter().map(String::as_str)) {
        headers.remove(name);
    }
}

/// An answer of our own, in the form of the errors of the API.
fn refusal(status: StatusCode, reason: &str) -> Response {
    let message = format!("tracker-mock record {reason}");
    let body = json!({"errors": {}, "errorMessages": [message], "statusCode": status.as_u16()});
    (status, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
