//! What the test that embeds the server sets in its worlds: time, ids and state. The control plane does the same.

use std::time::Duration;

use super::{TrackerMock, WorldHandle};
use crate::control::reset::{Keep, reset};
use crate::control::snapshots;
use crate::domain::clock::{Clock, ClockChange, ClockOverflow};
use crate::domain::error::NoRoom;
use crate::domain::language::Language;
use crate::domain::world::World;
use crate::wire::fixture::{Fixture, FixtureError};

/// What [`TrackerMock::reset_keeping_state`] keeps.
const KEEP_STATE: Keep = Keep { state: true, coverage: false };

/// For all worlds, those to come included, until [`TrackerMock::reset`].
impl TrackerMock {
    /// Gives every world this clock.
    pub fn set_clock(&self, clock: Clock) {
        // Only an advance can fail.
        self.bench.api.worlds().change_clock(None, ClockChange::Set(clock)).unwrap_or_default();
    }

    /// Makes it so much later in every world; each clock goes on as before.
    ///
    /// # Errors
    /// When a clock would go beyond the year 9999; then none is changed.
    pub fn advance(&self, by: Duration) -> Result<(), ClockOverflow> {
        self.bench.api.worlds().change_clock(None, ClockChange::Advance(by))
    }

    /// Makes ids of 24 digits from this seed in every world; 0 is what they are made from else.
    pub fn set_seed(&self, seed: u64) {
        self.bench.api.worlds().set_seed(None, seed);
    }

    /// Puts all worlds back to the fixtures, with the configured clock and seed, and forgets journal, faults and coverage.
    pub fn reset(&self) {
        within_limits(reset(&self.bench, None, Keep::default()));
    }

    /// Forgets the outbox, journal, faults and coverage of all worlds and gives them the configured clock. What they
    /// store stays, and their ids go on.
    pub fn reset_keeping_state(&self) {
        within_limits(reset(&self.bench, None, KEEP_STATE));
    }
}

/// What is set in one world.
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
    /// Where the world takes its time from.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.look(World::clock)
    }

    /// Gives the world another clock.
    #[track_caller]
    pub fn set_clock(&self, clock: Clock) {
        self.check_room();
        // Only an advance can fail.
        self.bench.api.worlds().change_clock(Some(&self.org), ClockChange::Set(clock)).unwrap_or_default();
    }

    /// Makes it so much later; the clock goes on as before.
    ///
    /// # Errors
    /// When it would go beyond the year 9999; then it is not changed.
    #[track_caller]
    pub fn advance(&self, by: Duration) -> Result<(), ClockOverflow> {
        self.check_room();
        self.bench.api.worlds().change_clock(Some(&self.org), ClockChange::Advance(by))
    }

    /// What ids of 24 digits are made from, beside the time and their number.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.look(World::seed)
    }

    /// Makes ids of 24 digits from this seed from now on. The numbers that they are made from go on.
    #[track_caller]
    pub fn set_seed(&self, seed: u64) {
        self.check_room();
        self.bench.api.worlds().set_seed(Some(&self.org), seed);
    }

    /// The whole world as a document in the format of `fixtures/README.md`. Takes long where its files are large.
    #[must_use]
    pub fn state(&self) -> String {
        // A copy shares the bytes of files, and frees the world before the document is written.
        let world = self.look(World::clone);
        // Nothing in a document is a map with keys other than strings, so this cannot fail.
        serde_json::to_string(&Fixture::from(&world)).unwrap_or_default()
    }

    /// Puts the world of such a document in the place of this one, all of it or nothing. Clock and seed stay. Takes
    /// long where its files are large.
    ///
    /// # Errors
    /// When the document is wrong, or its files do not fit into memory beside those that they would replace.
    #[track_caller]
    pub fn load_state(&self, json: &str) -> Result<(), FixtureError> {
        self.check_room();
        self.bench.load_world(&self.org, json)
    }

    /// Puts this world back to the fixtures, with the clock and the seed that worlds start with, and forgets its
    /// journal, faults and snapshots. Coverage stays.
    pub fn reset(&self) {
        within_limits(reset(&self.bench, Some(&self.org), Keep::default()));
    }

    /// Forgets the outbox, journal and faults of this world and gives it the clock that worlds start with. What it stores
    /// stays, and its ids go on; coverage stays too. It is a change of the world only where the fixtures have notifications.
    #[track_caller]
    pub fn reset_keeping_state(&self) {
        within_limits(reset(&self.bench, Some(&self.org), KEEP_STATE));
    }

    /// Keeps this world as it is now under a name, in place of what had that name.
    ///
    /// # Panics
    /// As what changes a world, and where the world has 32 snapshots already or the name is empty or very long.
    #[track_caller]
    pub fn snapshot(&self, name: &str) {
        snapshots::take(&self.bench, &self.org, name)
            .unwrap_or_else(|error| panic!("{}", error.message(Language::English)));
    }

    /// Puts this world back to a snapshot, which stays. Clock and seed of the world stay too.
    ///
    /// # Panics
    /// Where there is no snapshot of this name, and as what changes a world.
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

/// What the control plane answers with 507 is a mistake of the test here.
#[track_caller]
pub(super) fn within_limits<T>(checked: Result<T, NoRoom>) -> T {
    checked.unwrap_or_else(|error| {
        panic!("{error}: use fewer organisations, reset, or raise Limits::max_worlds or Limits::max_memory_bytes")
    })
}
