//! How fast a client sends while the server waits for it. The time in which the server itself does not read is not the
//! client's, so it is not counted.

use std::time::{Duration, Instant};

/// What the client sent, and how long it was waited for.
#[derive(Debug, Default)]
pub(super) struct Pace {
    waiting_since: Option<Instant>,
    /// The pauses that are over.
    waited_before: Duration,
    received_bytes: u64,
}

impl Pace {
    /// Whether the server waits for the client now.
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting_since.is_some()
    }

    /// Nothing has come yet. The clock is read only where the answer matters.
    pub(super) fn wait(&mut self, now: impl FnOnce() -> Instant) {
        self.waiting_since.get_or_insert_with(now);
    }

    /// Something has come.
    pub(super) fn receive(&mut self, bytes: usize, now: impl FnOnce() -> Instant) {
        if let Some(since) = self.waiting_since.take() {
            self.waited_before += now().saturating_duration_since(since);
        }
        self.received_bytes += bytes as u64;
    }

    /// How much came in all.
    pub(super) fn received_bytes(&self) -> u64 {
        self.received_bytes
    }

    /// How long nothing has come.
    pub(super) fn pause(&self, now: Instant) -> Duration {
        self.waiting_since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }

    /// How long the client was waited for in all.
    pub(super) fn waited(&self, now: Instant) -> Duration {
        self.waited_before + self.pause(now)
    }
}

/// A stretch of waiting over which the mean is taken.
#[derive(Debug, Default)]
pub(super) struct Window {
    began_at: Duration,
    bytes_before: u64,
}

impl Window {
    /// How long the client was waited for since the window began.
    pub(super) fn waited(&self, pace: &Pace, now: Instant) -> Duration {
        pace.waited(now).saturating_sub(self.began_at)
    }

    /// How much came since.
    pub(super) fn received_bytes(&self, pace: &Pace) -> u64 {
        pace.received_bytes() - self.bytes_before
    }

    /// The window that begins now.
    pub(super) fn beginning(pace: &Pace, now: Instant) -> Self {
        Self { began_at: pace.waited(now), bytes_before: pace.received_bytes() }
    }
}
