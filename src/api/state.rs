//! What every handler of the emulated API shares.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{Config, FixtureSource};
use crate::domain::{Budget, OverBudget, Worlds};
use crate::wire::fixture::{Fixture, FixtureError, LoadContext};

/// The embedded fixtures, with which every world starts by default.
pub const DEFAULT_FIXTURES: &str = include_str!("../../fixtures/default.json");

/// The JSON Schema of fixtures, `fixtures/schema.json`.
pub const FIXTURE_SCHEMA: &str = include_str!("../../fixtures/schema.json");

/// The settings and the stored state. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Api(Arc<ApiShared>);

#[derive(Debug)]
struct ApiShared {
    config: Config,
    worlds: Worlds,
    budget: Arc<Budget>,
    own_url: String,
}

/// Why the fixtures keep a server from starting.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The file cannot be read.
    #[error("cannot read the fixtures {path}: {source}", path = path.display())]
    UnreadableFixtures {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The fixtures take more memory than there may be.
    #[error("the fixtures do not fit into {limit_bytes} bytes of memory: raise --max-memory", limit_bytes = .0.limit_bytes)]
    FixturesTooLarge(OverBudget),
    /// The fixtures are wrong.
    #[error("wrong fixtures: {0}")]
    WrongFixtures(FixtureError),
}

impl From<FixtureError> for StartError {
    fn from(error: FixtureError) -> Self {
        error.over_budget.map_or_else(|| Self::WrongFixtures(error.clone()), Self::FixturesTooLarge)
    }
}

impl Api {
    /// Loads the fixtures. `own_url` is where the server listens, for clients that send no `Host`. Fails when the
    /// fixtures cannot be read or are wrong.
    pub(crate) fn new(config: Config, own_url: String) -> Result<Self, StartError> {
        let budget = Budget::new(config.limits.max_memory_bytes);
        let max_file_bytes = config.limits.max_file_bytes;
        let context = |folder| LoadContext { budget: &budget, max_file_bytes, folder, clock: config.clock };
        let pristine = match &config.fixtures {
            FixtureSource::Embedded => {
                // A lower limit is meant for uploads, not for the one picture in the embedded fixtures.
                let context = LoadContext { max_file_bytes: u64::MAX, ..context(None) };
                Fixture::load(DEFAULT_FIXTURES, "the embedded fixtures", &context)?
            }
            FixtureSource::Text(text) => Fixture::load(text, "fixtures", &context(None))?,
            FixtureSource::File(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|source| StartError::UnreadableFixtures { path: path.clone(), source })?;
                let folder = path.parent().unwrap_or(Path::new("."));
                Fixture::load(&text, &path.display().to_string(), &context(Some(folder)))?
            }
        };
        let worlds = Worlds::new(pristine, config.limits.max_worlds, Arc::clone(&budget));
        Ok(Self(Arc::new(ApiShared { config, worlds, budget, own_url })))
    }

    /// The settings.
    pub(crate) fn config(&self) -> &Config {
        &self.0.config
    }

    /// The worlds of all organisations.
    #[must_use]
    pub fn worlds(&self) -> &Worlds {
        &self.0.worlds
    }

    /// The memory budget, which stored bytes are charged to.
    pub(crate) fn budget(&self) -> &Arc<Budget> {
        &self.0.budget
    }

    /// Where the server listens, as a URL without a path.
    pub(crate) fn own_url(&self) -> &str {
        &self.0.own_url
    }
}
