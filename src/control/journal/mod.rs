//! The journal: what each request to the emulated API was and what it came to. It is bounded, shared by all worlds,
//! and written with as little work as possible; what can be worked out from a record is worked out when it is read.

pub(crate) mod attempts;
pub(crate) mod deviation;
pub(crate) mod matching;
pub(crate) mod record;
pub(crate) mod upload;
pub(crate) mod verdict;
pub(crate) mod view;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

use self::attempts::Chains;
use self::matching::RequestMatch;
use self::record::{Outcome, Record, RequestId, RequestStart, Room};
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
    shelf: Arc<Shelf>,
    arrived: Notify,
    /// How many wait for `arrived`: to notify nobody takes a lock all the same.
    waiting: AtomicUsize,
    /// The same moment on both clocks, so that one reading serves for time and duration.
    anchor: (Instant, Timestamp),
}

/// Where the records are, so that files can have them make room.
#[derive(Debug, Default)]
struct Shelf {
    kept: Mutex<Kept>,
    /// What the records take up, as [`Kept`] counts it.
    bytes: AtomicU64,
}

#[derive(Debug, Default)]
struct Kept {
    last_id: u64,
    bytes: u64,
    /// How many records made room, since the last time that all were forgotten.
    dropped: u64,
    /// Oldest first, ids rising.
    records: VecDeque<Record>,
    room: Room,
}

impl Journal {
    /// A journal of at most `max_records`, none if that is 0, which gives way to files where `budget` has no room for
    /// both.
    pub(crate) fn new(max_records: usize, budget: Arc<Budget>) -> Self {
        let shelf = Arc::new(Shelf::default());
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
        let mut too_old = None;
        {
            let mut kept = self.shelf.lock();
            let kept = &mut *kept;
            kept.last_id += 1;
            let record = Record::new(RequestId(kept.last_id), time, start, outcome, &mut kept.room);
            kept.bytes += record.memory_bytes();
            kept.records.push_back(record);
            if kept.records.len() > self.max_records {
                too_old = kept.pop_oldest();
            }
            while self.is_over_budget(kept) && kept.pop_oldest().is_some() {}
            self.shelf.bytes.store(kept.bytes, Ordering::Relaxed);
        }
        // Freed outside the lock.
        drop(too_old);
        // Whoever began to wait before the record was in is counted, because both took the lock in between.
        if self.waiting.load(Ordering::Relaxed) > 0 {
            self.arrived.notify_waiters();
        }
    }

    /// Every record, oldest first.
    pub(crate) fn records(&self) -> Vec<Record> {
        self.shelf.lock().records.iter().cloned().collect()
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
            let kept = self.shelf.lock();
            (kept.records.iter().cloned().collect::<Vec<_>>(), kept.dropped)
        };
        Verdict::new(&records, dropped, wanted, expected)
    }

    /// How many requests were given up for newer ones, or for files, since the journal was last emptied.
    pub(crate) fn dropped(&self) -> u64 {
        self.shelf.lock().dropped
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
                let kept = self.shelf.lock();
                let new = kept.records.iter().rev().take_while(|record| record.id() > last);
                seen += new.filter(|record| wanted.matches(record)).count();
                last = RequestId(kept.last_id);
            }
            if seen >= count {
                return;
            }
            arrival.await;
        }
    }

    /// Forgets the requests of one world, or all.
    pub(crate) fn clear(&self, org: Option<&OrgId>) {
        let mut kept = self.shelf.lock();
        let all = std::mem::take(&mut kept.records);
        let (gone, stay): (VecDeque<_>, VecDeque<_>) =
            all.into_iter().partition(|record| org.is_none_or(|org| record.org() == Some(org.as_str())));
        kept.bytes = stay.iter().map(|record| record.memory_bytes()).sum();
        kept.records = stay;
        if org.is_none() {
            kept.dropped = 0;
        }
        self.shelf.bytes.store(kept.bytes, Ordering::Relaxed);
        drop(kept);
        drop(gone);
    }

    fn is_over_budget(&self, kept: &Kept) -> bool {
        self.budget.used_bytes().saturating_add(kept.bytes) > self.budget.limit_bytes()
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

impl Shelf {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl GivesWay for Shelf {
    fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    fn give_up(&self, bytes: u64) {
        let mut given_up = Vec::new();
        {
            let mut kept = self.lock();
            let target = kept.bytes.saturating_sub(bytes);
            while kept.bytes > target {
                let Some(oldest) = kept.pop_oldest() else { break };
                given_up.push(oldest);
            }
            self.bytes.store(kept.bytes, Ordering::Relaxed);
        }
        // Freed outside the lock.
        drop(given_up);
    }
}

impl Kept {
    fn pop_oldest(&mut self) -> Option<Record> {
        let oldest = self.records.pop_front()?;
        self.dropped += 1;
        self.bytes = self.bytes.saturating_sub(oldest.memory_bytes());
        Some(oldest)
    }
}
