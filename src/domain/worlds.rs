//! The only door to state: organisation id to world.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use super::ids::OrgId;
use super::world::World;

/// All worlds of a server. Each starts as a copy of the pristine one, made when it is first changed, so that a world
/// which was only read costs nothing.
#[derive(Debug)]
pub struct Worlds {
    pristine: World,
    changed: RwLock<HashMap<OrgId, Arc<Mutex<World>>>>,
}

impl Worlds {
    /// Worlds that start as copies of `pristine`.
    #[must_use]
    pub fn new(pristine: World) -> Self {
        Self { pristine, changed: RwLock::default() }
    }

    /// Looks at a world. The closure runs under the world's lock: keep it short.
    pub fn read<R>(&self, org: &OrgId, look: impl FnOnce(&World) -> R) -> R {
        match self.find(org) {
            Some(world) => look(&lock(&world)),
            None => look(&self.pristine),
        }
    }

    /// Changes a world, or not at all: a command that fails must not have changed anything, and does not bring a world
    /// into being. The closure runs under the world's lock: keep it short.
    ///
    /// # Errors
    /// Those of `change`.
    pub fn write<R, E>(&self, org: &OrgId, change: impl FnOnce(&mut World) -> Result<R, E>) -> Result<R, E> {
        if let Some(world) = self.find(org) {
            return change(&mut lock(&world));
        }
        let mut worlds = self.changed.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(world) = worlds.get(org).cloned() {
            drop(worlds);
            return change(&mut lock(&world));
        }
        let mut world = self.pristine.clone();
        let result = change(&mut world)?;
        worlds.insert(org.clone(), Arc::new(Mutex::new(world)));
        Ok(result)
    }

    /// Puts one world, or all, back to the fixtures.
    pub fn reset(&self, org: Option<&OrgId>) {
        let mut worlds = self.changed.write().unwrap_or_else(PoisonError::into_inner);
        let dropped = match org {
            Some(org) => worlds.remove_entry(org).into_iter().collect(),
            None => std::mem::take(&mut *worlds),
        };
        drop(worlds);
        drop::<HashMap<_, _>>(dropped);
    }

    fn find(&self, org: &OrgId) -> Option<Arc<Mutex<World>>> {
        self.changed.read().unwrap_or_else(PoisonError::into_inner).get(org).cloned()
    }
}

/// A panic under the lock leaves no half-change, because commands check first and change last; so the world stays usable.
fn lock(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}
