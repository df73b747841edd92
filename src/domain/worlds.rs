//! All worlds of a server, by organisation. Every access to state goes through here.
//!
//! There are two levels of locks. The map of worlds has an `RwLock`, which a request holds while it looks its world up or
//! creates it. Each world has a `Mutex` of its own, which is held while a closure reads or changes that world. A thread
//! that needs both locks the map first.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::*;

/// Charged to the budget for each changed world besides its contents, in bytes: its name, its place in the map and what
/// it no longer shares with the pristine world.
const WORLD_BYTES: u64 = 4096;

/// All worlds of a server. An organisation gets a world of its own, a copy of the pristine one, with its first change.
/// Until then it reads the pristine one, so reading costs no memory.
#[derive(Debug)]
pub struct Worlds {
    /// The world of the fixtures, with the clock and seed of the configuration.
    configured: Arc<World>,
    /// How many worlds clients may create.
    limit: usize,
    budget: Arc<Budget>,
    all: RwLock<All>,
}

#[derive(Debug)]
struct All {
    /// What a new world is a copy of: the configured one, with the clock and seed that were set for all worlds since.
    pristine: Arc<World>,
    changed: HashMap<OrgId, Arc<Changed>>,
}

/// A world that was changed, and its share of the budget.
#[derive(Debug)]
struct Changed {
    world: Mutex<World>,
    _charge: Reservation,
}

impl Worlds {
    /// Worlds that start as copies of `pristine`. Clients can create at most `limit` of them, and no more than `budget`
    /// has room for.
    pub fn new(pristine: World, limit: usize, budget: Arc<Budget>) -> Self {
        let configured = Arc::new(pristine);
        let all = All { pristine: Arc::clone(&configured), changed: HashMap::new() };
        Self { configured, limit, budget, all: RwLock::new(all) }
    }

    /// Reads a world. The closure runs under the world's lock: keep it short.
    pub fn read<R>(&self, org: &OrgId, look: impl FnOnce(&World) -> R) -> R {
        match self.own(org) {
            Some(own) => look(&lock(&own.world)),
            None => self.read_pristine(look),
        }
    }

    /// The organisations that have a world of their own.
    pub fn organizations(&self) -> Vec<OrgId> {
        self.shared().changed.keys().cloned().collect()
    }

    /// Whether an organisation has a world of its own.
    pub fn has(&self, org: &OrgId) -> bool {
        self.shared().changed.contains_key(org)
    }

    /// Reads the pristine world.
    pub fn read_pristine<R>(&self, look: impl FnOnce(&World) -> R) -> R {
        let pristine = Arc::clone(&self.shared().pristine);
        look(&pristine)
    }

    /// Changes a world. A command that fails must not change anything, and creates no world. The closure runs under the
    /// world's lock, or under that of the map when it creates the world: keep it short. Fails as `change`, and
    /// [`NoRoom`] when it would create one world too many.
    pub fn write<R, E>(&self, org: &OrgId, change: impl FnOnce(&mut World) -> Result<R, E>) -> Result<R, E>
    where
        E: From<NoRoom>,
    {
        self.write_if(org, change, |others| {
            self.room_beside(others)?;
            Ok(self.budget.reserve(self.world_bytes()).map_err(NoRoom::from)?)
        })
    }

    /// Charged to the budget for each changed world besides its contents, in bytes.
    fn world_bytes(&self) -> u64 {
        WORLD_BYTES + self.configured.index_bytes()
    }

    /// Checks that `org` has a world of its own or could get one. Fails when it would be one world too many.
    pub fn check_room(&self, org: &OrgId) -> Result<(), NoRoom> {
        let all = self.shared();
        if all.changed.contains_key(org) {
            return Ok(());
        }
        self.room_beside(all.changed.len())?;
        Ok(self.budget.check(self.world_bytes())?)
    }

    fn room_beside(&self, others: usize) -> Result<(), NoRoom> {
        if others < self.limit { Ok(()) } else { Err(NoRoom::TooManyWorlds { limit: self.limit }) }
    }

    /// Changes a world. If that creates it, `charge` gets the number of other worlds, and refuses or pays for one more.
    fn write_if<R, E>(
        &self,
        org: &OrgId,
        change: impl FnOnce(&mut World) -> Result<R, E>,
        charge: impl FnOnce(usize) -> Result<Reservation, E>,
    ) -> Result<R, E> {
        if let Some(own) = self.own(org) {
            return change(&mut lock(&own.world));
        }
        let mut all = self.exclusive();
        // Another request may have created the world in the meantime. Then release the map before waiting for the
        // world's lock, so that requests to other worlds need not wait too.
        if let Some(world) = all.changed.get(org).cloned() {
            drop(all);
            return change(&mut lock(&world.world));
        }
        let mut world = World::clone(&all.pristine);
        let result = change(&mut world)?;
        // Charge after the command, because a command that fails creates no world and must not fail for lack of room.
        let charge = charge(all.changed.len())?;
        all.changed.insert(org.clone(), Arc::new(Changed { world: Mutex::new(world), _charge: charge }));
        Ok(result)
    }

    /// Changes the clock of one world, or of all worlds, including those that are created later. If one of them cannot
    /// be changed, none is. Fails when a clock would leave the years 1 to 9999.
    pub fn change_clock(&self, org: Option<&OrgId>, change: ClockChange) -> Result<(), ClockOverflow> {
        match org {
            Some(org) => self.write_any(org, |world| {
                world.set_clock(world.clock().changed(change)?);
                Ok(())
            }),
            None => {
                let mut all = self.exclusive();
                let pristine = all.pristine.clock().changed(change)?;
                // All worlds are locked at once, so that no clock ticks between the check and the change. No other place
                // locks more than one world, so this cannot deadlock.
                let mut worlds: Vec<_> = all.changed.values().map(|world| lock(&world.world)).collect();
                let clocks = worlds.iter().map(|world| world.clock().changed(change)).collect::<Result<Vec<_>, _>>()?;
                worlds.iter_mut().zip(clocks).for_each(|(world, clock)| world.set_clock(clock));
                drop(worlds);
                Arc::make_mut(&mut all.pristine).set_clock(pristine);
                Ok(())
            }
        }
    }

    /// Sets the seed of one world, or of all worlds, including those that are created later.
    pub fn set_seed(&self, org: Option<&OrgId>, seed: u64) {
        match org {
            Some(org) => self.change(org, |world| world.set_seed(seed)),
            None => {
                let mut all = self.exclusive();
                all.changed.values().for_each(|world| lock(&world.world).set_seed(seed));
                Arc::make_mut(&mut all.pristine).set_seed(seed);
            }
        }
    }

    /// Replaces a world. The clock and the seed stay.
    pub fn replace(&self, org: &OrgId, mut world: World) {
        self.change(org, |old| {
            world.set_clock(old.clock());
            world.set_seed(old.seed());
            std::mem::swap(old, &mut world);
        });
        // Frees the old world outside the lock.
        drop(world);
    }

    /// Resets one world, or all worlds, to the fixtures. A reset of all worlds also restores the configured clock and seed
    /// for worlds that are created later.
    pub fn reset(&self, org: Option<&OrgId>) {
        let mut all = self.exclusive();
        let dropped = match org {
            Some(org) => all.changed.remove_entry(org).into_iter().collect(),
            None => {
                all.pristine = Arc::clone(&self.configured);
                std::mem::take(&mut all.changed)
            }
        };
        drop(all);
        // Frees the worlds outside the lock.
        drop::<HashMap<_, _>>(dropped);
    }

    /// Deletes the notifications of one world, or of all worlds, and sets the clock back; everything else stays. One
    /// world gets the clock of the pristine world; with all worlds, each gets the configured clock. Fails when it would
    /// create one world too many, which happens if the fixtures have notifications.
    pub fn clear_traces(&self, org: Option<&OrgId>) -> Result<(), NoRoom> {
        match org {
            Some(org) => {
                let clock = self.read_pristine(World::clock);
                // If there is nothing to delete, no world is created.
                if !self.read(org, |world| is_clear(world, clock)) {
                    self.write(org, |world| {
                        clear(world, clock);
                        Ok::<_, NoRoom>(())
                    })?;
                }
            }
            None => {
                let clock = self.configured.clock();
                let mut all = self.exclusive();
                all.changed.values().for_each(|world| clear(&mut lock(&world.world), clock));
                if !is_clear(&all.pristine, clock) {
                    clear(Arc::make_mut(&mut all.pristine), clock);
                }
            }
        }
        Ok(())
    }

    /// Changes a world even beyond the limits; the caller has checked for room with [`Worlds::check_room`].
    fn write_any<R, E>(&self, org: &OrgId, change: impl FnOnce(&mut World) -> Result<R, E>) -> Result<R, E> {
        self.write_if(org, change, |_| Ok(self.budget.reserve_anyway(self.world_bytes())))
    }

    fn change(&self, org: &OrgId, change: impl FnOnce(&mut World)) {
        let Ok(()) = self.write_any(org, |world| {
            change(world);
            Ok::<_, std::convert::Infallible>(())
        });
    }

    /// The world of an organisation; `None` where it was not changed yet.
    fn own(&self, org: &OrgId) -> Option<Arc<Changed>> {
        self.shared().changed.get(org).cloned()
    }

    fn shared(&self) -> RwLockReadGuard<'_, All> {
        self.all.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn exclusive(&self) -> RwLockWriteGuard<'_, All> {
        self.all.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_clear(world: &World, clock: Clock) -> bool {
    world.outbox().is_empty() && world.clock() == clock
}

fn clear(world: &mut World, clock: Clock) {
    world.clear_outbox();
    world.set_clock(clock);
}
