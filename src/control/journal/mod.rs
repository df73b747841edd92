//! The journal: what each request to the emulated API was and what it came to. It is bounded, shared by all worlds,
//! and written with as little work as possible; what can be worked out from a record is worked out when it is read.

pub(crate) mod attempts;
pub(crate) mod deviation;
pub(crate) mod matching;
pub(crate) mod record;
mod shelf;
pub(crate) mod upload;
pub(crate) mod verdict;
pub(crate) mod view;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tokio::sync::Notify;

use self::attempts::Chains;
use self::matching::RequestMatch;
use self::record::{Outcome, Record, RequestId, RequestStart};
use self::shelf::Shelf;
use self::verdict::{Count, Verdict};
use self::view::RequestRecord;
use crate::domain::blob::{Budget, GivesWay};
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::ids::OrgId;

/// The last requests of all worlds.
#[derive(Debug)]
pub(crate) struct Journal {
    max_records: usize,
    budget: Arc<Budget>,
    /// Shared, so that files can have it make room.
    shelf: Arc<Shelf>,
    arrived: Notify,
    /// How many wait for `arrived`: to notify nobody takes a lock all the same.
    waiting: AtomicUsize,
    /// The same moment on both clocks, so that one reading serves for time and duration.
    anchor: (Instant, Timestamp),
}

impl Journal {
    /// A journal of at most `max_records`, none if that is 0, which gives way to files where `budget` has no room for
    /// both.
    pub(crate) fn new(max_records: usize, budget: Arc<Budget>) -> Self {
        let shelf = Arc::new(Shelf::new(max_records));
        budget.share(Arc::clone(&shelf) as Arc<dyn GivesWay>);
        Self {
            max_records,
            budget,
            shelf,
            arrived: Notify::new(),
            waiting: AtomicUsize::new(0),
            anchor: (Instant::now(), Clock::System.now()),
        }
    }

    /// Whether requests are kept at all.
    pub(crate) fn is_on(&self) -> bool {
        self.max_records > 0
    }

    /// Puts a request last. It has an id from now on.
    pub(crate) fn add(&self, start: RequestStart, outcome: &Outcome<'_>) {
        let time = self.anchor.1.plus(start.started().saturating_duration_since(self.anchor.0));
        self.shelf.add(|id, room| Record::new(id, time, start, outcome, room));
        let bytes = self.budget.used_bytes().saturating_add(self.shelf.bytes());
        if bytes > self.budget.limit_bytes() {
            self.shelf.give_up(bytes - self.budget.limit_bytes());
        }
        // Whoever began to wait before the record was in is counted, because both took a lock in between.
        if self.waiting.load(Ordering::Relaxed) > 0 {
            self.arrived.notify_waiters();
        }
    }

    /// Every record, oldest first.
    pub(crate) fn records(&self) -> Vec<Record> {
        self.shelf.open().records()
    }

    /// Those that are `wanted`, oldest first, as people read them.
    pub(crate) fn find(&self, wanted: &RequestMatch) -> Vec<RequestRecord> {
        self.find_newest(wanted, usize::MAX).0
    }

    /// The newest of those that are `wanted`, at most `limit`, oldest first, and how many there are.
    pub(crate) fn find_newest(&self, wanted: &RequestMatch, limit: usize) -> (Vec<RequestRecord>, usize) {
        let records = self.records();
        let chains = Chains::new(&records);
        let found: Vec<_> = records.iter().filter(|record| wanted.matches(record)).collect();
        let newest = &found[found.len().saturating_sub(limit)..];
        (newest.iter().map(|record| RequestRecord::new(record, &chains)).collect(), found.len())
    }

    /// The one with this id.
    pub(crate) fn get(&self, id: &str) -> Option<RequestRecord> {
        let records = self.records();
        let found = records.iter().find(|record| record.id().to_string() == id)?;
        Some(RequestRecord::new(found, &Chains::new(&records)))
    }

    /// Whether there are as many that are `wanted` as there should be.
    pub(crate) fn verify(&self, wanted: &RequestMatch, expected: Count) -> Verdict {
        let (records, dropped) = {
            let opened = self.shelf.open();
            (opened.records(), opened.dropped())
        };
        Verdict::new(&records, dropped, wanted, expected)
    }

    /// How many requests were given up for newer ones, or for files, since the journal was last emptied.
    pub(crate) fn dropped(&self) -> u64 {
        self.shelf.open().dropped()
    }

    /// Returns when so many that are `wanted` are in the journal.
    pub(crate) async fn until_seen(&self, wanted: &RequestMatch, count: usize) {
        let _waiting = Waiting::among(&self.waiting);
        let (mut seen, mut last) = (0, RequestId(0));
        loop {
            let arrival = self.arrived.notified();
            tokio::pin!(arrival);
            // From here on a request that arrives wakes up the wait, even before it is waited for.
            arrival.as_mut().enable();
            {
                let opened = self.shelf.open();
                seen += opened.since(last).filter(|record| wanted.matches(record)).count();
                last = opened.last_id();
            }
            if seen >= count {
                return;
            }
            arrival.await;
        }
    }

    /// Forgets the requests of one world, or all.
    pub(crate) fn clear(&self, org: Option<&OrgId>) {
        let mut opened = self.shelf.open();
        match org {
            Some(org) => opened.retain(|record| record.org() != Some(org.as_str())),
            None => {
                opened.retain(|_| false);
                opened.forget_dropped();
            }
        }
    }
}

/// Somebody who waits.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn among(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
