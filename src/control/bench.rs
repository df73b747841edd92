//! The state of the test bench: the emulated API's state, and what watches and disturbs it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::FromRef;

use super::coverage::counts::CoverageCounts;
use super::faults::Faults;
use super::journal::Journal;
use super::snapshots::store::Snapshots;
use crate::api::state::Api;
use crate::config::Config;
use crate::domain::clock::Clock;
use crate::domain::error::NoRoom;
use crate::domain::ids::OrgId;
use crate::wire::fixture::{Fixture, FixtureError, LoadContext};

/// What the control plane and the middleware share. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Bench {
    /// The state of the emulated API.
    pub(crate) api: Api,
    /// The requests that came.
    pub(crate) journal: Arc<Journal>,
    /// The answers and parameters that clients reached.
    pub(crate) coverage: Arc<CoverageCounts>,
    /// The armed fault rules.
    pub(crate) faults: Arc<Faults>,
    /// The worlds that were kept under names.
    pub(crate) snapshots: Arc<Snapshots>,
    /// How many worlds were made up.
    fresh_worlds: Arc<AtomicU64>,
}

impl Bench {
    /// An empty journal, nothing covered, no faults.
    pub(crate) fn new(api: Api) -> Self {
        let Config { secrets, limits, .. } = api.config();
        let journal = Arc::new(Journal::new(limits.max_journal_records, *secrets, Arc::clone(api.budget())));
        let coverage = Arc::new(CoverageCounts::new(limits.max_memory_bytes));
        Self { api, journal, coverage, faults: Arc::default(), snapshots: Arc::default(), fresh_worlds: Arc::default() }
    }

    /// Whether anybody has named an organisation, in a request or here.
    pub(crate) fn knows(&self, org: &OrgId) -> bool {
        self.api.worlds().has(org)
            || self.coverage.has(org)
            || self.faults.has(org)
            || self.journal.organizations().contains(org)
    }

    /// Brings a world into being whose organisation nobody has named.
    pub(crate) fn fresh_world(&self) -> Result<OrgId, NoRoom> {
        let org = loop {
            let number = self.fresh_worlds.fetch_add(1, Ordering::Relaxed) + 1;
            let org = OrgId::new(format!("world-{number}"));
            if !self.knows(&org) {
                break org;
            }
        };
        self.api.worlds().write(&org, |_| Ok::<_, NoRoom>(()))?;
        Ok(org)
    }

    /// Replaces a world by that of a document, all of it or nothing, and frees the old one. Clock and seed stay. Takes
    /// long where the document is large. Fails when the document is wrong, or its files do not fit into memory beside
    /// those that they would replace.
    pub(crate) fn load_world(&self, org: &OrgId, text: &str) -> Result<(), FixtureError> {
        let (api, budget) = (&self.api, self.api.budget());
        let max_file_bytes = api.config().limits.max_file_bytes;
        let context = LoadContext { budget, max_file_bytes, folder: None, clock: Clock::default() };
        api.worlds().replace(org, Fixture::load(text, "state", &context)?);
        Ok(())
    }
}

impl FromRef<Bench> for Api {
    fn from_ref(bench: &Bench) -> Self {
        bench.api.clone()
    }
}
