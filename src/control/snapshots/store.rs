//! Where the snapshots are kept.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use crate::domain::{Budget, OrgId, OverBudget, Reservation, World, lock};

/// How many snapshots a world has at most.
pub(super) const MAX_OF_A_WORLD: usize = 32;

/// What a snapshot takes beside the world in it, in bytes.
const SNAPSHOT_BYTES: u64 = 4096;

/// The snapshots of all worlds.
#[derive(Debug, Default)]
pub(crate) struct Snapshots(Mutex<HashMap<OrgId, BTreeMap<String, Snapshot>>>);

/// A copy of a world. It shares with the world what neither has changed since; charged as if it shared nothing but files.
#[derive(Clone, Debug)]
pub(super) struct Snapshot {
    world: World,
    _charge: Arc<Reservation>,
}

impl Snapshots {
    /// Keeps a world under a name, in place of what had that name. False where there would be too many.
    pub(super) fn keep(
        &self,
        org: &OrgId,
        name: String,
        world: World,
        budget: &Arc<Budget>,
    ) -> Result<bool, OverBudget> {
        let bytes = SNAPSHOT_BYTES + world.text_bytes() + world.index_bytes();
        let snapshot = Snapshot { world, _charge: Arc::new(budget.reserve(bytes)?) };
        let mut all = lock(&self.0);
        let of_world = all.entry(org.clone()).or_default();
        if of_world.len() >= MAX_OF_A_WORLD && !of_world.contains_key(&name) {
            return Ok(false);
        }
        let replaced = of_world.insert(name, snapshot);
        drop(all);
        // Freed outside the lock.
        drop(replaced);
        Ok(true)
    }

    pub(super) fn names(&self, org: &OrgId) -> Vec<String> {
        lock(&self.0).get(org).map_or_else(Vec::new, |of_world| of_world.keys().cloned().collect())
    }

    pub(super) fn world(&self, org: &OrgId, name: &str) -> Option<World> {
        lock(&self.0).get(org)?.get(name).map(|snapshot| snapshot.world.clone())
    }

    pub(super) fn remove(&self, org: &OrgId, name: &str) -> Option<Snapshot> {
        let mut all = lock(&self.0);
        let of_world = all.get_mut(org)?;
        let removed = of_world.remove(name);
        if of_world.is_empty() {
            all.remove(org);
        }
        removed
    }

    /// Forgets those of one world, or of all.
    pub(crate) fn clear(&self, org: Option<&OrgId>) {
        let mut all = lock(&self.0);
        let removed = match org {
            Some(org) => all.remove_entry(org).into_iter().collect(),
            None => std::mem::take(&mut *all),
        };
        drop(all);
        // Freed outside the lock.
        drop::<HashMap<_, _>>(removed);
    }
}
