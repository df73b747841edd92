//! The state of the test bench: the emulated API's state, and what watches and disturbs it.

use std::collections::{BTreeSet, HashSet};
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::FromRef;

use super::coverage::counts::CoverageCounts;
use super::faults::Faults;
use super::metrics::counts::Metrics;
use super::sightings::Sightings;
use super::snapshots::store::Snapshots;
use crate::api::{Api, ApiError};
use crate::config::{Config, TokenPolicy};
use crate::control::journal::Journal;
use crate::domain::{Clock, NoRoom, OrgId};
use crate::wire::{Fixture, FixtureError, LoadContext};

/// The token of a client where every token will do.
pub const ANY_TOKEN: &str = "any-token";

/// What the control plane and the middleware share. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Bench(Arc<BenchState>);

/// What a [`Bench`] holds.
#[derive(Debug)]
pub(crate) struct BenchState {
    /// The state of the emulated API.
    pub(crate) api: Api,
    /// The requests that came.
    pub(crate) journal: Journal,
    /// The answers and parameters that clients reached.
    pub(crate) coverage: CoverageCounts,
    /// The armed fault rules.
    pub(crate) faults: Faults,
    /// The snapshots of worlds.
    pub(crate) snapshots: Snapshots,
    /// When each world was last used.
    pub(crate) sightings: Sightings,
    /// The counters for Prometheus.
    pub(crate) metrics: Metrics,
    /// How many worlds [`Bench::fresh_world`] has created.
    fresh_worlds: AtomicU64,
}

impl Bench {
    /// An empty journal, nothing covered, no faults.
    pub(crate) fn new(api: Api) -> Self {
        let Config { secrets, limits, .. } = api.config();
        let journal = Journal::new(limits.max_journal_records, *secrets, Arc::clone(api.budget()));
        let coverage = CoverageCounts::new(limits.max_memory_bytes);
        let sightings = Sightings::new(limits.max_memory_bytes);
        let (faults, snapshots, metrics, fresh_worlds) = Default::default();
        let state = BenchState { api, journal, coverage, faults, snapshots, sightings, metrics, fresh_worlds };
        Self(Arc::new(state))
    }

    /// Fails if the journal is off.
    pub(super) fn check_journal(&self) -> Result<(), ApiError> {
        if self.journal.is_on() { Ok(()) } else { Err(ApiError::JournalOff) }
    }

    /// Whether anybody has named an organisation, in a request or here.
    pub(crate) fn knows(&self, org: &OrgId) -> bool {
        self.api.worlds().has(org)
            || self.coverage.has(org)
            || self.faults.has(org)
            || self.journal.organizations().contains(org)
    }

    /// Creates a world for an organisation that nobody has named.
    pub(crate) fn fresh_world(&self) -> Result<OrgId, NoRoom> {
        let org = loop {
            let number = self.fresh_worlds.fetch_add(1, Ordering::Relaxed) + 1;
            let org = OrgId::new(format!("world-{number}"));
            if !self.knows(&org) {
                break org;
            }
        };
        self.api.worlds().write(&org, |_| Ok::<_, NoRoom>(()))?;
        self.sightings.see(&org);
        Ok(org)
    }

    /// The organisation that a client may name: the `usual` one, or the first that there is.
    pub(crate) fn usable_org<'a>(&'a self, usual: &'a str) -> &'a str {
        match self.api.config().known_orgs.as_deref() {
            Some(known @ [first, ..]) if !known.iter().any(|org| org == usual) => first,
            Some(_) | None => usual,
        }
    }

    /// A token that a client may send to the world of `org`: any, or one of a user. `None` if no user has one.
    pub(crate) fn usable_token(&self, org: &OrgId) -> Option<String> {
        match self.api.config().tokens {
            TokenPolicy::Any => Some(ANY_TOKEN.to_owned()),
            // Any user will do, and the one of unknown tokens before the others.
            TokenPolicy::KnownOnly => self
                .api
                .worlds()
                .read(org, |world| world.users().all().iter().find_map(|user| user.tokens.first().cloned())),
        }
    }

    /// The organisations that anybody has named.
    pub(crate) fn organizations(&self) -> BTreeSet<OrgId> {
        let faults = self.faults.organizations().into_iter().map(|(org, _)| org);
        let others = [self.coverage.organizations(), self.journal.organizations(), self.api.worlds().organizations()];
        others.into_iter().flatten().chain(faults).collect()
    }

    /// Forgets worlds, as if nobody had named them; what they add to the coverage of all worlds stays.
    pub(crate) fn forget(&self, orgs: &HashSet<OrgId>) {
        for org in orgs {
            self.api.worlds().reset(Some(org));
            self.snapshots.clear(Some(org));
            self.faults.end(Some(org));
            self.coverage.retire(org);
        }
        self.journal.forget(orgs);
    }

    /// Forgets the worlds that were idle for longer than the settings allow.
    pub(crate) fn forget_idle(&self) {
        if let Some(idle) = self.api.config().limits.world_idle {
            self.sightings.forget_idle(idle, |orgs| self.forget(orgs));
        }
    }

    /// Replaces a world by the one in a document, and keeps its clock and seed. Slow for large documents. Fails when the
    /// document is wrong, or its files do not fit into memory beside the old ones; then nothing changes.
    pub(crate) fn load_world(&self, org: &OrgId, text: &str) -> Result<(), FixtureError> {
        let (api, budget) = (&self.api, self.api.budget());
        let max_file_bytes = api.config().limits.max_file_bytes;
        let context = LoadContext { budget, max_file_bytes, folder: None, clock: Clock::default() };
        api.worlds().replace(org, Fixture::load(text, "state", &context)?);
        Ok(())
    }
}

impl Deref for Bench {
    type Target = BenchState;

    fn deref(&self) -> &BenchState {
        &self.0
    }
}

impl FromRef<Bench> for Api {
    fn from_ref(bench: &Bench) -> Self {
        bench.api.clone()
    }
}
