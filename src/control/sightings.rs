//! When each world was last used: the list of worlds shows it, and idle worlds can be forgotten.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::time::Duration;

// Not the one of std: tests can advance this one.
use tokio::time::Instant;

use crate::domain::{OrgId, lock};

/// The times may take the memory limit divided by this. Worlds that do not fit have none, and are never forgotten.
const SHARE: u64 = 64;

/// What the time of a world takes at most, in bytes: its entry, and the longest name.
const ENTRY_BYTES: u64 = 512;

/// How many worlds have a time even if the memory limit is low.
const LEAST_WORLDS: u64 = 2048;

/// How often in its time an idle world is looked for.
const CHECKS: u32 = 8;

/// How many worlds are forgotten at once, because all requests wait for that.
const MAX_FORGOTTEN: usize = 1000;

/// The times of all worlds.
#[derive(Debug)]
pub(crate) struct Sightings {
    seen: Mutex<SeenWorlds>,
    max_worlds: usize,
}

#[derive(Debug, Default)]
struct SeenWorlds {
    worlds: HashMap<OrgId, Sighting>,
    next_check: Option<Instant>,
}

#[derive(Debug)]
struct Sighting {
    last: Instant,
    /// How many requests are not answered yet. A world with one is not idle.
    in_flight: usize,
}

impl Sightings {
    /// Starts without times. They may take a part of `max_memory_bytes`.
    pub(crate) fn new(max_memory_bytes: u64) -> Self {
        let max_worlds = (max_memory_bytes / SHARE / ENTRY_BYTES).max(LEAST_WORLDS);
        Self { seen: Mutex::default(), max_worlds: usize::try_from(max_worlds).unwrap_or(usize::MAX) }
    }

    /// A request to a world begins.
    pub(crate) fn begin(&self, org: &OrgId) {
        let mut seen = lock(&self.seen);
        if seen.worlds.len() < self.max_worlds || seen.worlds.contains_key(org) {
            let last = Instant::now();
            seen.worlds.entry(org.clone()).or_insert(Sighting { last, in_flight: 0 }).in_flight += 1;
        }
    }

    /// A request to a world is over.
    pub(crate) fn end(&self, org: &OrgId) {
        if let Some(sighting) = lock(&self.seen).worlds.get_mut(org) {
            sighting.last = Instant::now();
            sighting.in_flight = sighting.in_flight.saturating_sub(1);
        }
    }

    /// A world is asked for, by something that takes no time.
    pub(crate) fn see(&self, org: &OrgId) {
        self.begin(org);
        self.end(org);
    }

    /// When a world was last asked for.
    pub(crate) fn last(&self, org: &OrgId) -> Option<Instant> {
        lock(&self.seen).worlds.get(org).map(|sighting| sighting.last)
    }

    /// Calls `forget` with the worlds that were not used for `idle`. It looks for them only from time to time. The lock is
    /// held until `forget` is done, so that a new request finds its world either whole or fresh.
    pub(crate) fn forget_idle(&self, idle: Duration, forget: impl FnOnce(&HashSet<OrgId>)) {
        let now = Instant::now();
        let mut seen = lock(&self.seen);
        if seen.next_check.is_some_and(|next| now < next) {
            return;
        }
        let is_idle = |sighting: &Sighting| sighting.in_flight == 0 && now - sighting.last >= idle;
        let gone = seen.worlds.extract_if(|_, sighting| is_idle(sighting)).take(MAX_FORGOTTEN);
        let gone: HashSet<_> = gone.map(|(org, _)| org).collect();
        // If there may be more, the next request looks for them.
        seen.next_check = (gone.len() < MAX_FORGOTTEN).then(|| now + idle / CHECKS);
        if !gone.is_empty() {
            forget(&gone);
        }
    }

    /// Clears the times of one world, or of all, but not of worlds with a request in progress.
    pub(crate) fn clear(&self, org: Option<&OrgId>) {
        lock(&self.seen).worlds.retain(|name, sighting| sighting.in_flight > 0 || org.is_some_and(|org| org != name));
    }
}
