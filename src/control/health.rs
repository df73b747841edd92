//! Health of the server: whether it answers, its memory use, and how much of its log was lost.

use std::sync::atomic::Ordering;

use axum::extract::State;

use super::call::*;
use crate::api::ANONYMOUS_ORG;
use crate::config::{Config, TokenPolicy, TrustFiles};
use crate::domain::Budget;

built! {
    /// The health of the server.
    pub(super) struct Health;
    fn of(bench: &Bench) {}
    status: &'static str = "ok",
    version: &'static str = env!("CARGO_PKG_VERSION"),
    memory: Memory = Memory::of(bench.api.budget()),
    /// How many lines of the log were lost because nobody read them in time.
    dropped_log_lines: u64 = bench.api.config().dropped_log_lines.load(Ordering::Relaxed),
    /// What makes clients of the server's own machine trust it, if it serves TLS.
    ?trust: TrustFiles = bench.api.config().trust.clone(),
    /// What a client may name and send, if the server does not take every organisation and token.
    ?caller: AdmittedClient = restricts_callers(bench.api.config()).then(|| AdmittedClient::new(bench)),
}

built! {
    /// A client that the server lets in.
    struct AdmittedClient;
    fn new(bench: &Bench) { let org = bench.usable_org(ANONYMOUS_ORG); }
    /// Its organisation.
    org: String = org.to_owned(),
    /// Its token; absent if no user has one.
    ?token: String = bench.usable_token(&OrgId::new(org)),
}

fn restricts_callers(config: &Config) -> bool {
    config.known_orgs.is_some() || config.tokens == TokenPolicy::KnownOnly
}

built! {
    /// What counts towards `--max-memory`, in bytes.
    struct Memory;
    fn of(budget: &Budget) {}
    used: u64 = budget.used_bytes(),
    limit: u64 = budget.limit_bytes(),
}

pub(super) const GET_HEALTH: Operation =
    Operation::get("get_health", "/_mock/health", "Whether the server answers").ok::<Health>();

pub(super) async fn get_health(State(bench): State<Bench>, _: EmptyBody) -> ApiResult {
    ok_json(&Health::of(&bench))
}
