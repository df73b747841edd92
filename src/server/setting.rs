//! Sets the time, ids and state of worlds, from the test that embeds the server. The control plane offers the same.

use std::time::Duration;

use super::{TrackerMock, WorldHandle, within_limits};
use crate::control::reset::{Keep, reset};
use crate::control::snapshots;
use crate::domain::{Clock, ClockChange, ClockOverflow, Language, World};
use crate::wire::{Fixture, FixtureError};

/// What [`TrackerMock::reset_keeping_state`] keeps.
const KEEP_STATE: Keep = Keep { state: true, coverage: false };

/// Settings of all worlds, including those that are created later. They last until [`TrackerMock::reset`].
impl TrackerMock {
    /// Gives every world this clock.
    pub fn set_clock(&self, clock: Clock) {
        // Only an advance can fail.
        self.bench.api.worlds().change_clock(None, ClockChange::Set(clock)).unwrap_or_default();
    }

    /// Moves the clock of every world ahead by this much. A clock that runs, ticks or stands still goes on doing so.
    ///
    /// # Errors
    /// If a clock would pass the year 9999. Then no clock is changed.
    pub fn advance(&self, by: Duration) -> Result<(), ClockOverflow> {
        self.bench.api.worlds().change_clock(None, ClockChange::Advance(by))
    }

    /// Sets the seed of ids with 24 digits in every world. The default is 0.
    pub fn set_seed(&self, seed: u64) {
        self.bench.api.worlds().set_seed(None, seed);
    }

    /// Resets all worlds to the fixtures, with the configured clock and seed, and clears journal, faults, snapshots and
    /// coverage.
    pub fn reset(&self) {
        within_limits(reset(&self.bench, None, Keep::default()));
    }

    /// Clears the outbox, journal, faults and coverage of all worlds and gives them the configured clock. Stored data
    /// stays, and ids continue to count.
    pub fn reset_keeping_state(&self) {
        within_limits(reset(&self.bench, None, KEEP_STATE));
    }
}

/// Settings of one world.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use tracker_mock::{Clock, TrackerMock};
///
/// let mock = TrackerMock::start().await?;
/// let world = mock.world("my-test");
/// // The first request that records a time gets this one, and each one after it a second more.
/// world.set_clock(Clock::ticking_from("2024-01-13T14:06:29.747+0000", Duration::from_secs(1)));
/// world.advance(Duration::from_secs(60))?;
/// assert_eq!(world.clock().now().to_string(), "2024-01-13T14:07:29.747+0000");
/// world.set_seed(7);
///
/// // What a test came to can be put into another world, or into the same one again.
/// let saved = world.state();
/// mock.world("another-test").load_state(&saved)?;
/// assert_eq!(mock.world("another-test").state(), saved);
/// # mock.shutdown().await;
/// # Ok(())
/// # }
/// ```
impl WorldHandle {
    /// The world's clock.
    pub fn clock(&self) -> Clock {
        self.look(World::clock)
    }

    /// Replaces the world's clock.
    #[track_caller]
    pub fn set_clock(&self, clock: Clock) {
        self.check_room();
        // Only an advance can fail.
        self.bench.api.worlds().change_clock(Some(&self.org), ClockChange::Set(clock)).unwrap_or_default();
    }

    /// Moves the clock ahead by this much. If it runs, ticks or stands still, it goes on doing so.
    ///
    /// # Errors
    /// If it would pass the year 9999. Then it is not changed.
    #[track_caller]
    pub fn advance(&self, by: Duration) -> Result<(), ClockOverflow> {
        self.check_room();
        self.bench.api.worlds().change_clock(Some(&self.org), ClockChange::Advance(by))
    }

    /// The seed of ids with 24 digits. They are made from it, the time and a counter.
    pub fn seed(&self) -> u64 {
        self.look(World::seed)
    }

    /// Sets the seed of ids with 24 digits, for new ids. Their counters continue.
    #[track_caller]
    pub fn set_seed(&self, seed: u64) {
        self.check_room();
        self.bench.api.worlds().set_seed(Some(&self.org), seed);
    }

    /// Exports the world as a JSON document in the format of `fixtures/README.md`. Slow if its files are large.
    pub fn state(&self) -> String {
        // The copy shares the bytes of files. It lets us release the world's lock before the document is written.
        let world = self.look(World::clone);
        // All keys in the document are strings, so this cannot fail.
        serde_json::to_string(&Fixture::of(&world)).unwrap_or_default()
    }

    /// Replaces this world by the one in such a document; if that fails, nothing changes. Clock and seed stay. Slow if
    /// its files are large.
    ///
    /// # Errors
    /// If the document is wrong, or its files do not fit into memory next to those that they replace.
    #[track_caller]
    pub fn load_state(&self, json: &str) -> Result<(), FixtureError> {
        self.check_room();
        self.bench.load_world(&self.org, json)
    }

    /// Resets this world to the fixtures, with the clock and seed of a new world, and clears its journal, faults and
    /// snapshots. Coverage stays.
    pub fn reset(&self) {
        within_limits(reset(&self.bench, Some(&self.org), Keep::default()));
    }

    /// Clears the outbox, journal and faults of this world and gives it the clock of a new world. Stored data and
    /// coverage stay, and ids continue to count. An unchanged world counts as changed by this only if the fixtures have
    /// notifications.
    #[track_caller]
    pub fn reset_keeping_state(&self) {
        within_limits(reset(&self.bench, Some(&self.org), KEEP_STATE));
    }

    /// Saves this world as it is now under a name, and replaces an earlier snapshot of that name.
    ///
    /// # Panics
    /// If the world already has 32 snapshots, or the name is empty or very long, or there is no room for a changed
    /// world.
    #[track_caller]
    pub fn snapshot(&self, name: &str) {
        snapshots::take(&self.bench, &self.org, name)
            .unwrap_or_else(|error| panic!("{}", error.message(Language::English)));
    }

    /// Puts this world back to a snapshot, which stays. The world keeps its clock and seed.
    ///
    /// # Panics
    /// If there is no snapshot of this name, or no room for a changed world.
    #[track_caller]
    pub fn restore(&self, name: &str) {
        snapshots::restore(&self.bench, &self.org, name)
            .unwrap_or_else(|error| panic!("{}", error.message(Language::English)));
    }

    #[track_caller]
    fn check_room(&self) {
        within_limits(self.bench.api.worlds().check_room(&self.org));
    }
}
