//! What happens around every request. The layers, from the outermost to the innermost:
//!
//! | layer | does |
//! | --- | --- |
//! | [`CorsLayer`] | where web pages may use the server: preflights, and the headers that let a page read answers |
//! | [`around_request`] | request id, language, log line, journal, coverage, faults |
//! | [`CatchPanicLayer`] | answers 500 for a handler that panics |
//! | the routers | `api` below `/v2` and `/v3`, `control` below `/_mock`, behind [`control::gate`] |

mod access_log;

use std::any::Any;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, ETAG, LINK};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};

use self::access_log::AccessLog;
use crate::api::error::language;
use crate::api::error::{ApiError, ApiResult, localize};
use crate::api::layout::{Layout, WRITING, Writing};
use crate::api::operation::{self, Operation};
use crate::api::query::Query;
use crate::api::request_info::RequestInfo;
use crate::api::trace::RequestTrace;
use crate::api::{self, extract};
use crate::config::Config;
use crate::connection::{ConnectionEnd, ForbiddenRequest, watched};
use crate::control;
use crate::control::bench::Bench;
use crate::control::faults::Plan;
use crate::control::recording::Recording;
use crate::control::table::is_control;
use crate::request_id;

/// Puts the layers around all routes.
pub(crate) fn around(router: Router, bench: &Bench) -> Router {
    let router =
        router.layer((from_fn_with_state(bench.clone(), around_request), CatchPanicLayer::custom(answer_panic)));
    let config = bench.api.config();
    if config.cors_origins.is_empty() { router } else { router.layer(cors(config.clone())) }
}

/// Puts around a router that is not of this server what each one needs.
pub(crate) fn around_other(router: Router) -> Router {
    router.layer(from_fn(async |request: Request, next: Next| {
        if let Some(forbidden) = request.extensions().get::<ForbiddenRequest>() {
            return ApiError::ForbiddenRequest(*forbidden).into_response();
        }
        let mut answer = pin!(next.run(request));
        // A server that stops lets requests in flight finish.
        match watched(answer.as_mut()).await {
            Some(answer) => answer,
            None => answer.await,
        }
    }))
}

/// Lets web pages of the configured origins send what they like, and read it. Preflights are answered here, so they are
/// no requests to the API: they are neither recorded nor disturbed.
fn cors(config: Config) -> CorsLayer {
    let any = config.cors_origins.iter().any(|origin| origin == "*");
    let is_allowed =
        move |origin: &HeaderValue, _: &_| any || origin.to_str().is_ok_and(|one| config.lists_origin(one));
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(is_allowed))
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .allow_credentials(true)
        .allow_private_network(true)
        .expose_headers(EXPOSED_HEADERS)
}

/// What scripts of a web page may read of an answer, beside what they always may.
const EXPOSED_HEADERS: [HeaderName; 6] = [
    HeaderName::from_static("x-total-count"),
    HeaderName::from_static("x-total-pages"),
    LINK,
    request_id::HEADER,
    CONTENT_DISPOSITION,
    ETAG,
];

#[expect(clippy::needless_pass_by_value, reason = "the signature that CatchPanicLayer asks for")]
fn answer_panic(panic: Box<dyn Any + Send>) -> Response {
    ApiError::from_panic(panic.as_ref()).into_response()
}

async fn around_request(
    State(bench): State<Bench>,
    path: Option<MatchedPath>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let headers = request.headers();
    let org = extract::world(headers, bench.api.config());
    bench.forget_idle();
    let request_id = request_id::of(headers);
    let language = language::preferred(headers, bench.api.config().language);
    // The router takes an empty segment for a name, but no name is empty.
    let path = path.filter(|_| !request.uri().path().contains("//"));
    let side = Side::of(request.uri());
    let _visit = org.as_ref().filter(|_| side == Side::Api).map(|org| bench.sightings.visit(org));
    let operation = path.as_ref().and_then(|path| operation::with_method(side.operations_at(path), request.method()));
    let mut metered = (side == Side::Api).then(|| bench.metrics.begin(operation));
    let query = Query::parse(request.uri().query().unwrap_or_default());
    let layout = side.layout(headers, query.as_ref().ok());
    let info = RequestInfo { org: org.clone(), language, operation, parsed_query: query, trace: None };
    request.extensions_mut().insert(info);
    let forbidden = request.extensions().get::<ForbiddenRequest>().copied();
    let plan = match side {
        Side::Api if forbidden.is_none() => Plan::of(&request, &bench.api, &bench.faults, org.as_ref(), operation),
        Side::Api | Side::Control => None,
    };
    let is_recorded = side == Side::Api && bench.journal.is_on();
    let trace = (is_recorded || plan.is_some()).then(|| {
        let faults = plan.as_ref().map(Plan::hooks);
        Arc::new(RequestTrace {
            operation: operation.map(|operation| operation.name),
            faults,
            ..RequestTrace::default()
        })
    });
    // Dropped after the recording, so that the line has the number of the record.
    let log = AccessLog::begin(&bench, &mut request, &request_id, started, trace.as_ref());
    let recording = trace.as_ref().filter(|_| is_recorded);
    let record = |trace| Recording::new(&bench, &request, org.as_ref(), started, &request_id, Arc::clone(trace));
    let recording = recording.map(record);
    if let Some(info) = request.extensions_mut().get_mut::<RequestInfo>() {
        info.trace = trace;
    }

    let config = bench.api.config();
    let writing = Writing { layout, budget: Some(Arc::clone(bench.api.budget())) };
    let answering = |request: Request| async move {
        let is_head = request.method() == Method::HEAD;
        let response = match (forbidden, path) {
            (Some(forbidden), _) => ApiError::ForbiddenRequest(forbidden).into_response(),
            (None, Some(_)) => match side.check(&request, config) {
                Ok(()) => next.run(request).await,
                Err(error) => error.into_response(),
            },
            (None, None) => side.unknown_path(request.method().clone(), request.uri()).into_response(),
        };
        if is_head { without_body(response) } else { response }
    };
    let answer = |request| WRITING.scope(writing, answering(request));
    let (response, answer_fault) = match plan {
        None => (answer(request).await, None),
        Some(plan) => {
            let cleared = bench.faults.until_cleared(org.as_ref(), started);
            plan.run(request, &bench.api, cleared, answer).await
        }
    };
    let error = log.as_ref().and_then(|_| response.extensions().get::<Arc<ApiError>>().cloned());
    let mut response = localize(response, language, layout);
    response.headers_mut().insert(request_id::HEADER, request_id);
    if let Some(recording) = recording {
        recording.finish(&mut response);
    }
    if let Some(fault) = answer_fault {
        response = fault.strike(response);
    }
    let status = sent_status(&response);
    if let Some(metered) = &mut metered {
        metered.status = status;
    }
    if let Some(log) = log {
        let reason = error.map(|error| error.reason(language));
        log.end(&mut response, status, reason.as_deref());
    }
    response
}

/// What a request is to. Those to the control plane meet no faults and are not recorded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Api,
    Control,
}

impl Side {
    fn of(uri: &Uri) -> Self {
        if is_control(uri.path()) { Self::Control } else { Self::Api }
    }

    /// How answers are laid out.
    fn layout(self, headers: &HeaderMap, query: Option<&Query>) -> Layout {
        match self {
            Self::Api => Layout::Compact,
            Self::Control => control::reader::layout(headers, query),
        }
    }

    /// The operations at a path that axum has matched.
    fn operations_at(self, path: &MatchedPath) -> &'static [&'static Operation] {
        match self {
            Self::Api => api::table::TABLE.at(path),
            Self::Control => control::table::TABLE.at(path),
        }
    }

    /// Refuses a request to the control plane from where none may come.
    fn check(self, request: &Request, config: &Config) -> ApiResult<()> {
        match self {
            Self::Api => Ok(()),
            Self::Control => control::gate::check(request.uri(), request.headers(), config),
        }
    }

    /// The answer to a request whose path is no endpoint.
    fn unknown_path(self, method: Method, uri: &Uri) -> ApiError {
        match self {
            Self::Api => api::table::unknown_path(method, uri),
            Self::Control => control::table::unknown_path(method, uri),
        }
    }
}

/// The answer to `HEAD`: the headers of the answer to `GET`. axum would leave the body out too, but only after the
/// journal has seen it.
fn without_body(mut response: Response) -> Response {
    if let (Some(bytes), false) = (response.body().size_hint().exact(), response.headers().contains_key(CONTENT_LENGTH))
    {
        response.headers_mut().insert(CONTENT_LENGTH, bytes.into());
    }
    *response.body_mut() = Body::empty();
    response
}

/// `None` where a fault ends the connection without an answer.
fn sent_status(response: &Response) -> Option<u16> {
    let is_lost = matches!(response.extensions().get(), Some(ConnectionEnd::NoAnswer(_)));
    (!is_lost).then(|| response.status().as_u16())
}
