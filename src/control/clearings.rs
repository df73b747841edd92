//! When worlds were cleared. A request that began before that must not be recorded after it.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Instant;

use tokio::sync::Notify;

use crate::domain::{OrgId, lock};

/// How many single worlds are remembered. Beyond that, the world that was cleared longest ago is evicted.
const MAX_WORLDS: usize = 4096;

/// When worlds were last cleared.
#[derive(Debug, Default)]
pub(crate) struct Clearings {
    marks: Mutex<Marks>,
    happened: Notify,
}

#[derive(Debug, Default)]
struct Marks {
    /// When all worlds were cleared at once.
    all: Option<Instant>,
    of: HashMap<OrgId, Instant>,
    /// When any world was cleared.
    last: Option<Instant>,
}

impl Clearings {
    /// Records that one world, or all, is cleared now.
    pub(crate) fn note(&self, org: Option<&OrgId>) {
        let now = Instant::now();
        let mut marks = lock(&self.marks);
        marks.last = Some(now);
        if let Some(org) = org {
            if marks.of.len() >= MAX_WORLDS
                && let Some(oldest) = marks.of.iter().min_by_key(|(_, at)| **at).map(|(org, _)| org.clone())
            {
                marks.of.remove(&oldest);
            }
            marks.of.insert(org.clone(), now);
        } else {
            marks.all = Some(now);
            marks.of.clear();
        }
        drop(marks);
        // The lock is released by now, so the tasks that this wakes need not wait for it.
        self.happened.notify_waiters();
    }

    /// Whether the world of a request was cleared since the request came in.
    pub(crate) fn is_over(&self, org: Option<&OrgId>, began: Instant) -> bool {
        let marks = lock(&self.marks);
        let own = org.and_then(|org| marks.of.get(org));
        [own, marks.all.as_ref()].into_iter().flatten().any(|at| *at >= began)
    }

    /// Whether any world was cleared since then.
    pub(crate) fn any_since(&self, then: Instant) -> bool {
        lock(&self.marks).last.is_some_and(|at| at >= then)
    }

    /// Waits until the world of a request that came in at `began` is cleared.
    pub(crate) async fn until_over(&self, org: Option<&OrgId>, began: Instant) {
        loop {
            // Register for the wake-up before checking, or a clearing between the check and the await would be missed.
            let happened = self.happened.notified();
            tokio::pin!(happened);
            happened.as_mut().enable();
            if self.is_over(org, began) {
                return;
            }
            happened.await;
        }
    }
}
