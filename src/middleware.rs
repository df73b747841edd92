//! What happens around every request. The layers, from the outermost to the innermost:
//!
//! | layer | does |
//! | --- | --- |
//! | [`CorsLayer`] | where web pages may use the server: preflights, and the headers that let a page read answers |
//! | [`around_request`] | request id, language, log line, journal, coverage, faults |
//! | [`CatchPanicLayer`] | answers 500 for a handler that panics |
//! | the routers | `api` below `/v2` and `/v3`, `control` below `/_mock`, behind [`control::gate`] |

mod exchange;

use std::any::Any;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, ETAG, LINK};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use futures_util::future::Either;
use tower::Service;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};

use self::exchange::Exchange;
use crate::api::{
    self, ApiError, ApiResult, FaultHooks, Layout, Query, RequestInfo, RequestTrace, WRITING, Writing, extract,
    language, localize, operation,
};
use crate::config::Config;
use crate::connection::{ForbiddenRequest, watched};
use crate::control;
use crate::control::bench::Bench;
use crate::control::faults::RequestFaults;
use crate::control::table::is_control;
use crate::request_id;

/// Puts the layers around all routes.
pub(crate) fn around(router: Router, bench: &Bench) -> Router {
    let router =
        router.layer((from_fn_with_state(bench.clone(), around_request), CatchPanicLayer::custom(answer_panic)));
    let config = bench.api.config();
    if config.cors_origins.is_empty() { router } else { router.layer(cors(config.clone())) }
}

/// Adds what every router needs to one that is not of this server: it refuses requests that HTTP forbids, and ends those
/// whose client is gone.
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

/// Lets web pages of the configured origins send requests and read answers. Preflights are answered here, so journal and
/// faults do not see them.
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

/// The response headers that scripts may read, besides those that browsers always allow.
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

/// Everything that needs no waiting runs before the future is made. Each request allocates that future, so it holds only
/// what the end of the request needs.
fn around_request(
    State(bench): State<Bench>,
    path: Option<MatchedPath>,
    mut request: Request,
    mut next: Next,
) -> impl Future<Output = Response> {
    let started = Instant::now();
    let headers = request.headers();
    let org = extract::world(headers, bench.api.config());
    bench.forget_idle();
    let request_id = request_id::of(headers);
    let language = language::preferred(headers, bench.api.config().language);
    // The router takes an empty segment for a name, but no name is empty.
    let path = path.filter(|_| !request.uri().path().contains("//"));
    // Requests to the control plane meet no faults and are not recorded.
    let is_control = is_control(request.uri().path());
    let operations = path.as_ref().map_or(&[][..], |path| match is_control {
        true => control::table::TABLE.at(path),
        false => api::table::TABLE.at(path),
    });
    let operation = operation::with_method(operations, request.method());
    let query = Query::parse(request.uri().query().unwrap_or_default()).map_err(Box::new);
    let layout = if is_control { control::reader::layout(headers, query.as_ref().ok()) } else { Layout::Compact };
    let is_spared = is_control || request.extensions().get::<ForbiddenRequest>().is_some();
    let faults = match is_spared {
        true => None,
        false => RequestFaults::of(&request, &bench.api, &bench.faults, org.as_ref(), operation),
    };
    let is_recorded = !is_control && bench.journal.is_on();
    let trace = (is_recorded || faults.is_some()).then(|| {
        let faults = faults.clone().map(|faults| faults as Arc<dyn FaultHooks>);
        Arc::new(RequestTrace { faults, ..RequestTrace::default() })
    });
    let info = RequestInfo { org: org.clone(), language, operation, parsed_query: query, trace };
    request.extensions_mut().insert(info.clone());
    let exchange = Exchange::begin(&bench, info, &mut request, &request_id, started, !is_control);

    let checked = check(&request, path.is_some(), bench.api.config());
    let is_head = request.method() == Method::HEAD;
    let writing = Writing { layout, budget: Some(Arc::clone(bench.api.budget())) };
    let answer = move |request: Request| {
        let handled = match checked {
            Ok(()) => next.call(request),
            Err(error) => Box::pin(async { Ok(error.into_response()) }),
        };
        WRITING.scope(writing, async move {
            let Ok(response) = handled.await;
            if is_head { without_body(response) } else { response }
        })
    };
    let answered = match faults {
        None => Either::Left(answer(request).map(|response| (response, None))),
        Some(faults) => Either::Right(
            async move {
                let cleared = bench.faults.until_cleared(org.as_ref(), started);
                faults.run(request, &bench.api, cleared, answer).await
            }
            .boxed(),
        ),
    };
    async move {
        let (response, answer_fault) = answered.await;
        let error = response.extensions().get::<Arc<ApiError>>().cloned();
        let mut response = localize(response, language, layout);
        response.headers_mut().insert(request_id::HEADER, request_id);
        exchange.end(&mut response, error.as_deref());
        // Only after the journal has recorded the whole answer.
        match answer_fault {
            Some(fault) => fault.put_into(response),
            None => response,
        }
    }
}

/// Refuses a request that HTTP forbids, that has an unknown path, or that [`control::gate`] keeps out.
fn check(request: &Request, is_routed: bool, config: &Config) -> ApiResult<()> {
    let (uri, is_control) = (request.uri(), is_control(request.uri().path()));
    match request.extensions().get::<ForbiddenRequest>() {
        Some(forbidden) => Err(ApiError::ForbiddenRequest(*forbidden)),
        None if is_routed && is_control => control::gate::check(uri, request.headers(), config),
        None if is_routed => Ok(()),
        None if is_control => Err(control::table::unknown_path(request.method().clone(), uri)),
        None => Err(api::table::unknown_path(request.method().clone(), uri)),
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
