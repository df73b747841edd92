//! Questions to ask at the end of a test, or of a run of tests.

use super::{TrackerMock, WorldHandle, journal};
use crate::control::arming::read_faults;
use crate::control::journal::{RequestRecord, har};
use crate::control::strict::{StrictCheck, StrictVerdict};
use crate::wire::InvalidValue;

/// Questions about all worlds.
impl TrackerMock {
    /// From now on keeps requests and fault rules that a test clears, resets or forgets, so that the other questions
    /// about all worlds, beside coverage, are about them too. Questions about one world and the control plane do not find
    /// them. Together with the others they take as much room as the journal has.
    pub fn keep_cleared(&self) {
        self.bench.journal.keep_cleared();
        self.bench.faults.keep_unfired();
    }

    /// The requests that the journal keeps, oldest first.
    #[track_caller]
    pub fn requests(&self) -> Vec<RequestRecord> {
        journal(&self.bench).everything().0
    }

    /// The requests that the journal keeps as an HTTP archive (HAR 1.2), which browsers and proxies open. It has the
    /// first KiB of each text body.
    #[track_caller]
    pub fn har(&self) -> String {
        har(journal(&self.bench).everything().0.into_iter())
    }

    /// Checks that clients did nothing that a test should catch, and that every armed fault fired.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use tracker_mock::{Fault, Preset, StrictCheck, TrackerMock};
    ///
    /// let mock = TrackerMock::start().await?;
    /// mock.world("my-test").arm([Fault::preset(Preset::Flaky503)])?;
    /// // No client came, so the fault did not fire.
    /// let verdict = mock.strict(&StrictCheck::new());
    /// assert_eq!(verdict.to_string(), "fault-never-fired: the fault \"flaky-503\" never fired: no request matched it");
    /// # mock.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn strict(&self, check: &StrictCheck) -> StrictVerdict {
        journal(&self.bench);
        check.of_everything(&self.bench)
    }
}

impl Drop for TrackerMock {
    fn drop(&mut self) {
        let Some(check) = self.strict.take().filter(|_| !std::thread::panicking()) else { return };
        let verdict = self.strict(&check);
        assert!(verdict.ok, "tracker-mock found what no test should let pass:\n{verdict}");
    }
}

/// Questions about one world.
impl WorldHandle {
    /// As [`TrackerMock::strict`], for this world.
    #[track_caller]
    pub fn strict(&self, check: &StrictCheck) -> StrictVerdict {
        journal(&self.bench);
        check.of(&self.bench, Some(&self.org))
    }

    /// Arms the faults of a JSON document, `{"rules": [..]}`, as `PUT /_mock/faults` does.
    ///
    /// # Errors
    /// As [`WorldHandle::arm`].
    pub fn arm_json(&self, json: &str) -> Result<(), InvalidValue> {
        self.arm(read_faults(json)?)
    }
}
