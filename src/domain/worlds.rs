//! The only door to state: organisation id to world.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::blob::{Budget, Reservation};
use super::clock::{Clock, ClockChange, ClockOverflow};
use super::error::{NoRoom, TooManyWorlds};
use super::ids::OrgId;
use super::world::World;

/// What a world is charged beyond its files, once it was changed: itself, and copies of what it changed. One that was
/// merely touched takes a quarter of this, one with a file attached somewhat more.
const WORLD_BYTES: u64 = 4096;

/// All worlds of a server. Each starts as a copy of the pristine one, made when it is first changed, so that a world
/// which was only read costs nothing.
#[derive(Debug)]
pub struct Worlds {
    configured: Arc<World>,
    /// How many may have been changed.
    limit: usize,
    budget: Arc<Budget>,
    /// Each request reads it and few change it.
    all: RwLock<All>,
}

#[derive(Debug)]
struct All {
    /// What worlds start as: the configured one, but for what was set for all worlds since.
    pristine: Arc<World>,
    changed: HashMap<OrgId, Arc<Changed>>,
}

/// A world of its own, and what it is charged.
#[derive(Debug)]
struct Changed {
    world: Mutex<World>,
    _charge: Reservation,
}

/// One world.
enum Found {
    Changed(Arc<Changed>),
    Pristine(Arc<World>),
}

impl Worlds {
    /// Worlds that start as copies of `pristine`. Clients bring no more than `limit` of them into being, and no more
    /// than `budget` has room for.
    #[must_use]
    pub fn new(pristine: World, limit: usize, budget: Arc<Budget>) -> Self {
        let configured = Arc::new(pristine);
        let all = All { pristine: Arc::clone(&configured), changed: HashMap::new() };
        Self { configured, limit, budget, all: RwLock::new(all) }
    }

    /// Looks at a world. The closure runs under the world's lock: keep it short.
    pub fn read<R>(&self, org: &OrgId, look: impl FnOnce(&World) -> R) -> R {
        match self.find(org) {
            Found::Changed(world) => look(&world.lock()),
            Found::Pristine(world) => look(&world),
        }
    }

    /// Looks at what worlds start as.
    pub fn read_pristine<R>(&self, look: impl FnOnce(&World) -> R) -> R {
        let pristine = Arc::clone(&self.shared().pristine);
        look(&pristine)
    }

    /// Changes a world, or not at all: a command that fails must not have changed anything, and does not bring a world
    /// into being. The closure runs under the world's lock: keep it short.
    ///
    /// # Errors
    /// Those of `change`, and [`NoRoom`] when it would bring one more into being than there may be.
    pub fn write<R, E>(&self, org: &OrgId, change: impl FnOnce(&mut World) -> Result<R, E>) -> Result<R, E>
    where
        E: From<NoRoom>,
    {
        self.write_if(org, change, |others| {
            self.room_beside(others)?;
            Ok(self.budget.reserve(WORLD_BYTES).map_err(NoRoom::from)?)
        })
    }

    /// Whether `org` could be written to.
    ///
    /// # Errors
    /// When it would be one more than there may be.
    pub fn check_room(&self, org: &OrgId) -> Result<(), NoRoom> {
        let all = self.shared();
        if all.changed.contains_key(org) {
            return Ok(());
        }
        self.room_beside(all.changed.len())?;
        Ok(self.budget.check(WORLD_BYTES)?)
    }

    fn room_beside(&self, others: usize) -> Result<(), NoRoom> {
        if others < self.limit { Ok(()) } else { Err(TooManyWorlds { limit: self.limit }.into()) }
    }

    fn write_if<R, E>(
        &self,
        org: &OrgId,
        change: impl FnOnce(&mut World) -> Result<R, E>,
        charge: impl FnOnce(usize) -> Result<Reservation, E>,
    ) -> Result<R, E> {
        if let Found::Changed(world) = self.find(org) {
            return change(&mut world.lock());
        }
        let mut all = self.exclusive();
        if let Some(world) = all.changed.get(org).cloned() {
            drop(all);
            return change(&mut world.lock());
        }
        let mut world = World::clone(&all.pristine);
        let result = change(&mut world)?;
        // Last, because a command that fails would not have brought it into being.
        let charge = charge(all.changed.len())?;
        all.changed.insert(org.clone(), Arc::new(Changed { world: Mutex::new(world), _charge: charge }));
        Ok(result)
    }

    /// Changes the clock of one world, or of all, those to come included: all of them or none.
    ///
    /// # Errors
    /// When a clock would leave the years 1 to 9999.
    pub fn change_clock(&self, org: Option<&OrgId>, change: ClockChange) -> Result<(), ClockOverflow> {
        match org {
            Some(org) => self.write_any(org, |world| {
                world.set_clock(world.clock().changed(change)?);
                Ok(())
            }),
            None => {
                let mut all = self.exclusive();
                let pristine = all.pristine.clock().changed(change)?;
                // A clock ticks under its world's lock only, so that all of these are held.
                let mut worlds: Vec<_> = all.changed.values().map(|world| world.lock()).collect();
                let clocks = worlds.iter().map(|world| world.clock().changed(change)).collect::<Result<Vec<_>, _>>()?;
                worlds.iter_mut().zip(clocks).for_each(|(world, clock)| world.set_clock(clock));
                drop(worlds);
                Arc::make_mut(&mut all.pristine).set_clock(pristine);
                Ok(())
            }
        }
    }

    /// Sets the seed of one world, or of all, those to come included.
    pub fn set_seed(&self, org: Option<&OrgId>, seed: u64) {
        match org {
            Some(org) => self.change(org, |world| world.set_seed(seed)),
            None => {
                let mut all = self.exclusive();
                all.changed.values().for_each(|world| world.lock().set_seed(seed));
                Arc::make_mut(&mut all.pristine).set_seed(seed);
            }
        }
    }

    /// Puts another world in the place of one, whose clock and seed it takes over.
    pub fn replace(&self, org: &OrgId, mut world: World) {
        self.change(org, |old| {
            world.set_clock(old.clock());
            world.set_seed(old.seed());
            std::mem::swap(old, &mut world);
        });
        // The old one is freed here, outside the lock.
        drop(world);
    }

    /// Puts one world, or all, back to the fixtures. All of them: the worlds to come as well have the configured clock
    /// and seed again.
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
        drop::<HashMap<_, _>>(dropped);
    }

    /// Forgets the notifications of one world, or of all, and puts the clock back; everything else stays. One world
    /// gets the clock that all worlds start with, all of them the configured one.
    ///
    /// # Errors
    /// When it would bring one more world into being than there may be: one that has notifications from the start.
    pub fn clear_traces(&self, org: Option<&OrgId>) -> Result<(), NoRoom> {
        match org {
            Some(org) => {
                let clock = self.read_pristine(World::clock);
                // A world that has nothing to forget is not brought into being.
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
                all.changed.values().for_each(|world| clear(&mut world.lock(), clock));
                if !is_clear(&all.pristine, clock) {
                    clear(Arc::make_mut(&mut all.pristine), clock);
                }
            }
        }
        Ok(())
    }

    /// However many worlds there are: who asks for this has looked for room first.
    fn write_any<R, E>(&self, org: &OrgId, change: impl FnOnce(&mut World) -> Result<R, E>) -> Result<R, E> {
        self.write_if(org, change, |_| Ok(self.budget.reserve_anyway(WORLD_BYTES)))
    }

    fn change(&self, org: &OrgId, change: impl FnOnce(&mut World)) {
        let Ok(()) = self.write_any(org, |world| {
            change(world);
            Ok::<_, std::convert::Infallible>(())
        });
    }

    fn find(&self, org: &OrgId) -> Found {
        let all = self.shared();
        match all.changed.get(org) {
            Some(world) => Found::Changed(Arc::clone(world)),
            None => Found::Pristine(Arc::clone(&all.pristine)),
        }
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

impl Changed {
    /// A panic under the lock leaves no half-change, because commands check first and change last; so the world stays
    /// usable.
    fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
