//! The table of the control plane's endpoints, and the router made of it.

use std::sync::LazyLock;

use axum::http::{Method, Uri};

use super::bench::Bench;
#[cfg(feature = "openapi")]
use super::document;
use super::{
    arming, coverage, events, evidence, health, metrics, outbox, requests, reset, setting, snapshots, state,
    stored_files, verify, worlds,
};
use crate::api::{ApiError, Endpoint, Table, endpoint};

/// Where the control plane begins.
const PREFIX: &str = "/_mock";

/// Every endpoint of the control plane: its operation and its handler.
#[rustfmt::skip]
fn endpoints() -> Vec<Endpoint<Bench>> {
    vec![
        endpoint(&health::GET_HEALTH, health::get_health),
        endpoint(&metrics::GET_METRICS, metrics::get_metrics),
        #[cfg(feature = "openapi")]
        endpoint(&document::GET_OPENAPI, document::get_openapi),
        endpoint(&reset::RESET_WORLDS, reset::reset_worlds),
        endpoint(&worlds::LIST_WORLDS, worlds::list_worlds),
        endpoint(&worlds::CREATE_WORLD, worlds::create_world),
        endpoint(&worlds::DELETE_WORLD, worlds::delete_world),
        endpoint(&setting::GET_CLOCK, setting::get_clock),
        endpoint(&setting::SET_CLOCK, setting::set_clock),
        endpoint(&setting::GET_IDS, setting::get_ids),
        endpoint(&setting::SET_IDS, setting::set_ids),
        endpoint(&evidence::LIST_EVIDENCE, evidence::list_evidence),
        endpoint(&events::WATCH_EVENTS, events::watch_events),
        endpoint(&outbox::LIST_NOTIFICATIONS, outbox::list_notifications),
        endpoint(&stored_files::LIST_FILES, stored_files::list_files),
        endpoint(&stored_files::GET_PREVIEW, stored_files::get_preview),
        endpoint(&state::GET_SCHEMA, state::get_schema),
        endpoint(&state::EXPORT_WORLD, state::export_world),
        endpoint(&state::IMPORT_WORLD, state::import_world),
        endpoint(&snapshots::LIST_SNAPSHOTS, snapshots::list_snapshots),
        endpoint(&snapshots::TAKE_SNAPSHOT, snapshots::take_snapshot),
        endpoint(&snapshots::RESTORE_SNAPSHOT, snapshots::restore_snapshot),
        endpoint(&snapshots::DELETE_SNAPSHOT, snapshots::delete_snapshot),
        endpoint(&requests::LIST_REQUESTS, requests::list_requests),
        endpoint(&requests::CLEAR_REQUESTS, requests::clear_requests),
        endpoint(&requests::WAIT_FOR_REQUESTS, requests::wait_for_requests),
        endpoint(&requests::GET_REQUEST, requests::get_request),
        endpoint(&requests::GET_REQUEST_BODY, requests::get_request_body),
        endpoint(&verify::VERIFY, verify::verify),
        endpoint(&coverage::GET_COVERAGE, coverage::get_coverage),
        endpoint(&coverage::CLEAR_COVERAGE, coverage::clear_coverage),
        endpoint(&arming::ARM_FAULTS, arming::arm_faults),
        endpoint(&arming::ADD_FAULTS, arming::add_faults),
        endpoint(&arming::LIST_FAULTS, arming::list_faults),
        endpoint(&arming::DISARM_FAULTS, arming::disarm_faults),
        endpoint(&arming::LIST_PRESETS, arming::list_presets),
    ]
}

/// The table.
pub(crate) static TABLE: LazyLock<Table<Bench>> = LazyLock::new(|| Table::new(&[""], endpoints()));

/// A path of the control plane that is no endpoint.
pub(crate) fn unknown_path(method: Method, uri: &Uri) -> ApiError {
    TABLE.unknown_path(PREFIX, method, uri)
}

/// Whether a path is one of the control plane.
pub(crate) fn is_control(path: &str) -> bool {
    path.strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
