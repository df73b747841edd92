//! What happened so far.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// At most so many violations are written down; the rest are counted.
const MOST_SHOWN: usize = 20;

/// Counts, shared by all clients.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    statuses: Mutex<BTreeMap<u16, u64>>,
    violations: Mutex<Vec<String>>,
    violation_count: AtomicU64,
    pub(crate) sent_bytes: AtomicU64,
    pub(crate) received_bytes: AtomicU64,
    pub(crate) left: AtomicU64,
    pub(crate) verified: AtomicU64,
    pub(crate) resets: AtomicU64,
}

impl Tally {
    /// A request was answered.
    pub(crate) fn answered(&self, status: u16, sent: usize, received: usize) {
        *self.statuses.lock().expect("no panic").entry(status).or_default() += 1;
        self.sent_bytes.fetch_add(sent as u64, Ordering::Relaxed);
        self.received_bytes.fetch_add(received as u64, Ordering::Relaxed);
    }

    /// Something happened that must not.
    pub(crate) fn violated(&self, text: String) {
        self.violation_count.fetch_add(1, Ordering::Relaxed);
        let mut violations = self.violations.lock().expect("no panic");
        if violations.len() < MOST_SHOWN {
            violations.push(text);
        }
    }

    /// Answered requests by status.
    pub(crate) fn statuses(&self) -> BTreeMap<u16, u64> {
        self.statuses.lock().expect("no panic").clone()
    }

    /// How many violations there were, and the first of them.
    pub(crate) fn violations(&self) -> (u64, Vec<String>) {
        (self.violation_count.load(Ordering::Relaxed), self.violations.lock().expect("no panic").clone())
    }
}
