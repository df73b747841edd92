//! The control plane, `/_mock`: how a test sees what happened and starts afresh. No authorization, JSON throughout.

mod body;
mod clock;
pub(crate) mod coverage;
mod evidence;
pub(crate) mod faults;
mod health;
mod ids;
pub(crate) mod journal;
mod lanes;
pub(crate) mod openapi;
mod operations;
mod outbox;
mod prefer;
mod query;
pub(crate) mod recording;
mod requests;
pub(crate) mod reset;
mod state;
mod verify;

use axum::http::{Method, Uri};

use self::faults::arming;
use crate::api::endpoint::{Endpoint, closest, delete, get, post, put};
use crate::api::error::ApiError;
use crate::api::query::Query;
use crate::app::AppState;
use crate::domain::ids::OrgId;

/// Where the control plane begins.
pub(crate) const PREFIX: &str = "/_mock";

/// Every endpoint, below `/_mock`.
#[rustfmt::skip]
pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/health", health::get_health),
        get("/openapi.json", openapi::get_openapi),
        post("/reset", reset::reset_worlds),
        get("/clock", clock::get_clock),
        put("/clock", clock::set_clock),
        get("/ids", ids::get_ids),
        put("/ids", ids::set_ids),
        get("/evidence", evidence::list_evidence),
        get("/outbox", outbox::list_notifications),
        get("/state", state::export_world),
        put("/state", state::import_world),
        get("/requests", requests::list_requests),
        delete("/requests", requests::clear_requests),
        get("/requests/wait", requests::wait_for_requests),
        get("/requests/{id}", requests::get_request),
        post("/verify", verify::verify),
        get("/coverage", coverage::get_coverage),
        put("/faults", arming::arm_faults),
        get("/faults", arming::list_faults),
        delete("/faults", arming::disarm_faults),
        get("/faults/presets", arming::list_presets),
    ]
}

/// Whatever of the control plane is no route.
pub(crate) fn unknown_path(method: &Method, uri: &Uri) -> ApiError {
    let closest = closest(PREFIX, &endpoints(), method, uri.path());
    ApiError::UnknownPath { method: method.clone(), path: uri.path().to_owned(), closest }
}

/// Whether a path is one of the control plane.
pub(crate) fn is_control(path: &str) -> bool {
    path.strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The world that `?org=` names.
fn organization(query: &Query) -> Result<Option<OrgId>, ApiError> {
    match query.text("org")? {
        Some("") => Err(ApiError::MissingParameter { name: "org" }),
        org => Ok(org.map(OrgId::new)),
    }
}

/// Refuses to bring a world into being that is one too many; for calls that change one.
fn check_room(state: &AppState, org: Option<&OrgId>) -> Result<(), ApiError> {
    org.map_or(Ok(()), |org| Ok(state.worlds().check_room(org)?))
}

/// The world that `?org=` names, where a call concerns exactly one.
fn one_organization(query: &Query) -> Result<OrgId, ApiError> {
    organization(query)?.ok_or(ApiError::MissingParameter { name: "org" })
}
