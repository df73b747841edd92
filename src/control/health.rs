//! Health of the server: whether it answers, its memory use, and how much of its log was lost.

use std::sync::atomic::Ordering;

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::call::{Bench, EmptyBody};
use crate::api::{ApiResult, Operation, ok_json};
use crate::config::TrustFiles;

/// The health of the server.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Health {
    status: &'static str,
    version: &'static str,
    memory: Memory,
    /// How many lines of the log were lost because nobody read them in time.
    dropped_log_lines: u64,
    /// What makes clients of the server's own machine trust it, if it serves TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    trust: Option<TrustFiles>,
}

/// What counts towards `--max-memory`, in bytes.
#[derive(Serialize, JsonSchema)]
struct Memory {
    used: u64,
    limit: u64,
}

pub(super) const GET_HEALTH: Operation =
    Operation::get("get_health", "/_mock/health", "Whether the server answers").ok::<Health>();

pub(super) async fn get_health(State(bench): State<Bench>, _: EmptyBody) -> ApiResult {
    let budget = bench.api.budget();
    let health = Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
        memory: Memory { used: budget.used_bytes(), limit: budget.limit_bytes() },
        dropped_log_lines: bench.api.config().dropped_log_lines.load(Ordering::Relaxed),
        trust: bench.api.config().trust.clone(),
    };
    ok_json(&health)
}
