//! The table of the control plane's endpoints, and the router made of it.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::MatchedPath;
use axum::http::{Method, Uri};

use super::bench::Bench;
#[cfg(feature = "openapi")]
use super::document;
use super::{arming, clock, coverage, evidence, health, ids, outbox, requests, reset, state, verify};
use crate::api::error::ApiError;
use crate::api::operation::{ByPath, Endpoint, Operation, allowed_methods, closest, endpoint, route};

/// Where the control plane begins.
const PREFIX: &str = "/_mock";

/// Every endpoint of the control plane: its operation and its handler.
#[rustfmt::skip]
fn endpoints() -> Vec<Endpoint<Bench>> {
    vec![
        endpoint(&health::GET_HEALTH, health::get_health),
        #[cfg(feature = "openapi")]
        endpoint(&document::GET_OPENAPI, document::get_openapi),
        endpoint(&reset::RESET_WORLDS, reset::reset_worlds),
        endpoint(&clock::GET_CLOCK, clock::get_clock),
        endpoint(&clock::SET_CLOCK, clock::set_clock),
        endpoint(&ids::GET_IDS, ids::get_ids),
        endpoint(&ids::SET_IDS, ids::set_ids),
        endpoint(&evidence::LIST_EVIDENCE, evidence::list_evidence),
        endpoint(&outbox::LIST_NOTIFICATIONS, outbox::list_notifications),
        endpoint(&state::EXPORT_WORLD, state::export_world),
        endpoint(&state::IMPORT_WORLD, state::import_world),
        endpoint(&requests::LIST_REQUESTS, requests::list_requests),
        endpoint(&requests::CLEAR_REQUESTS, requests::clear_requests),
        endpoint(&requests::WAIT_FOR_REQUESTS, requests::wait_for_requests),
        endpoint(&requests::GET_REQUEST, requests::get_request),
        endpoint(&verify::VERIFY, verify::verify),
        endpoint(&coverage::GET_COVERAGE, coverage::get_coverage),
        endpoint(&arming::ARM_FAULTS, arming::arm_faults),
        endpoint(&arming::LIST_FAULTS, arming::list_faults),
        endpoint(&arming::DISARM_FAULTS, arming::disarm_faults),
        endpoint(&arming::LIST_PRESETS, arming::list_presets),
    ]
}

/// The endpoints.
pub(crate) fn router() -> Router<Bench> {
    let router = endpoints().iter().fold(Router::new(), |router, endpoint| route(router, "", endpoint));
    router.method_not_allowed_fallback(method_not_allowed)
}

/// A known path, another method.
async fn method_not_allowed(method: Method, path: MatchedPath) -> ApiError {
    ApiError::MethodNotAllowed { method, allowed: allowed_methods(at(&path)) }
}

/// Every operation of the control plane, in the order of its table.
pub(crate) fn operations() -> &'static [&'static Operation] {
    static OPERATIONS: LazyLock<Vec<&'static Operation>> =
        LazyLock::new(|| endpoints().iter().map(|endpoint| endpoint.operation).collect());
    &OPERATIONS
}

/// The operations of the control plane at a path that axum has matched.
pub(crate) fn at(path: &MatchedPath) -> &'static [&'static Operation] {
    static BY_PATH: LazyLock<ByPath> = LazyLock::new(|| ByPath::new(operations()));
    BY_PATH.at(path.as_str())
}

/// A path of the control plane that is no endpoint.
pub(crate) fn unknown_path(method: Method, uri: &Uri) -> ApiError {
    let closest = closest(PREFIX, operations(), &method, uri.path());
    ApiError::UnknownPath { method, path: uri.path().to_owned(), closest }
}

/// Whether a path is one of the control plane.
pub(crate) fn is_control(path: &str) -> bool {
    path.strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
