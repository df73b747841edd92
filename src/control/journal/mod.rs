//! The journal: the last requests to the emulated API and their answers, of all worlds together. A record keeps what was
//! sent and answered; everything that is worked out from that is worked out when somebody reads it.

pub(crate) mod attempts;
pub(crate) mod deviation;
mod form_names;
pub(crate) mod formats;
pub(crate) mod matching;
mod members;
mod queue;
pub(crate) mod record;
pub(crate) mod verdict;
pub(crate) mod view;

pub(crate) use self::{attempts::*, deviation::*, formats::*, matching::*, record::*, verdict::*, view::*};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::http::{HeaderValue, Request};
use bytes::Bytes;
use serde::{Serialize, Serializer};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use self::queue::RecordQueue;
use crate::api::RequestInfo;
use crate::config::Secrets;
use crate::connection::UnreadableRequest;
use crate::control::clearings::Clearings;
use crate::control::matching::RequestHead;
use crate::domain::{Budget, Clock, OrgId, Timestamp, lock};

/// The part of the memory limit that records take at most.
const SHARE: u64 = 8;

/// What records may take however low the limit is, in bytes, where there is room.
const LEAST_SHARE_BYTES: u64 = 1024 * 1024;

/// Among how many of the last requests the log looks for earlier attempts of one that has just ended.
const MAX_RECENT: usize = 256;

/// How far the journal has come, of one world or of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Tick {
    /// The id of the newest record; 0 if there is none.
    pub(crate) newest: u64,
    /// How many records there are.
    pub(crate) requests: usize,
    /// How many records of all worlds were dropped.
    pub(crate) dropped: u64,
}

made! {
    /// The last requests of all worlds.
    #[derive(Debug)]
    pub(crate) struct Journal;
    /// A journal of at most `max_records`, none if that is 0, in the memory that `budget` has left.
    pub(crate) fn new(max_records: usize, secrets: Secrets, budget: Arc<Budget>) {}
    max_records: usize = max_records,
    secrets: Secrets = secrets,
    /// What clients made stay. The records are not charged to it, but they are evicted where they and all that exceed
    /// its limit, or a share of it.
    budget: Arc<Budget> = budget,
    /// Held to copy pointers in and out, never to build, match or free a record.
    queue: Mutex<RecordQueue> = Mutex::default(),
    /// Wakes those who wait for requests, after each record and when some were forgotten.
    arrived: Notify = Notify::new(),
    /// When requests were forgotten.
    cleared: Clearings = Clearings::default(),
    /// The same moment on both clocks, so that one reading gives the time and the duration of a request.
    anchor: (Instant, Timestamp) = (Instant::now(), Clock::System.now()),
}

/// What is found in the journal. Each record is worked out when it is taken, so that a long list is never held as a whole.
pub(crate) struct Found {
    /// The page, oldest first.
    records: Vec<Arc<Record>>,
    /// How many there are on all pages.
    pub(crate) total: usize,
    /// The whole journal, where attempts of the same call are found.
    all: Vec<Arc<Record>>,
}

impl Found {
    /// The records of the page, oldest first.
    pub(crate) fn records(&self) -> impl Iterator<Item = RequestRecord> {
        let chains = Chains::new(&self.all);
        self.records.iter().map(move |record| RequestRecord::new(record, &chains))
    }
}

impl Serialize for Found {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.records())
    }
}

impl Journal {
    /// Whether requests are kept at all.
    pub(crate) fn is_on(&self) -> bool {
        self.max_records > 0
    }

    /// Begins the record of a request that came in at `started`, to be added when it has ended. Its path must still be as
    /// the client wrote it.
    pub(crate) fn begin<B>(
        &self,
        request: &Request<B>,
        info: &RequestInfo,
        started: Instant,
        request_id: &HeaderValue,
    ) -> Record {
        let head = RequestHead::of(request, self.secrets);
        Record {
            via: request.extensions().get().copied().unwrap_or_default(),
            org: info.org.clone(),
            operation: info.operation,
            ..Record::new(self.time_of(started), started, head, request_id)
        }
    }

    /// The time of a moment, by the clock of this machine.
    pub(crate) fn time_of(&self, moment: Instant) -> Timestamp {
        self.anchor.1.plus(moment.saturating_duration_since(self.anchor.0))
    }

    /// Adds a record of input that is not a request, and logs it.
    pub(crate) fn add_unreadable(&self, unreadable: &UnreadableRequest<'_>) {
        let started = Instant::now();
        let record = Record::unreadable(self.time_of(started), started, unreadable, self.secrets);
        let line = record.as_ref().filter(|_| !unreadable.is_tls);
        let line = line.map(|record| (record.head.method.to_string(), record.head.target.to_string()));
        let id = record.filter(|_| self.is_on()).and_then(|record| self.add(record));
        tracing::warn!(
            status = unreadable.status.as_u16(),
            method = line.as_ref().map(|(method, _)| method.as_str()),
            path = line.as_ref().map(|(_, target)| target.as_str()),
            id,
            request_id = unreadable.request_id.to_str().ok(),
            reason = unreadable.reason,
            "request"
        );
    }

    /// Adds a record, which gets its id here, and evicts the oldest where there are too many, or too little memory. One
    /// of a request that came in before its world was forgotten counts as cleared. Gives the number.
    pub(crate) fn add(&self, record: Record) -> Option<u64> {
        let is_over = self.cleared.is_over(record.org.as_ref(), record.started);
        let failed = has_failed(&record).then(|| record.ended());
        let share = (self.budget.limit_bytes() / SHARE).max(LEAST_SHARE_BYTES);
        let max_bytes = self.budget.free_bytes().min(share);
        let bytes = record.memory_bytes();
        let record = Arc::new(record);
        let (id, evicted) = {
            let mut queue = lock(&self.queue);
            if is_over && queue.cleared.is_none() {
                return None;
            }
            queue.last_failed = failed.or(queue.last_failed);
            (queue.add(record, bytes, is_over), queue.evict(self.max_records, max_bytes))
        };
        self.arrived.notify_waiters();
        // Freed outside the lock.
        drop(evicted);
        (!is_over).then_some(id)
    }

    /// How the request with this number deviates, which has just ended. The attempts before it are looked for among the
    /// last requests, if any has failed of late.
    pub(crate) fn deviations(&self, number: u64) -> Vec<Deviation> {
        let (record, recent) = {
            let queue = lock(&self.queue);
            let place = queue.records.binary_search_by_key(&RequestId(number), |record| record.id);
            let Ok(place) = place else { return Vec::new() };
            let record = Arc::clone(&queue.records[place]);
            let has_failures = queue.last_failed.is_some_and(|failed| failed + WINDOW >= record.started);
            let count = if has_failures { MAX_RECENT } else { 0 };
            let earlier = queue.records.range(place.saturating_sub(count)..place);
            let attempts = earlier.filter(|other| CallKey::of(other) == CallKey::of(&record)).cloned();
            let recent: Vec<_> = attempts.chain([Arc::clone(&record)]).collect();
            (record, recent)
        };
        deviations(&record, &Chains::new(&recent))
    }

    /// Every record, oldest first, and how many others were dropped.
    fn snapshot(&self) -> (Vec<Arc<Record>>, u64) {
        let queue = lock(&self.queue);
        (queue.records.iter().cloned().collect(), queue.dropped)
    }

    /// From now on keeps what is cleared, in the room of the journal, for [`Journal::everything`].
    pub(crate) fn keep_cleared(&self) {
        lock(&self.queue).cleared.get_or_insert_default();
    }

    /// Every request, of those that were cleared too if they are kept, oldest first, and how many others were dropped.
    pub(crate) fn everything(&self) -> (Vec<RequestRecord>, u64) {
        let (groups, dropped) = lock(&self.queue).everything();
        let worked_out = |group: &Vec<Arc<Record>>| {
            let chains = Chains::new(group);
            group.iter().map(|record| RequestRecord::new(record, &chains)).collect::<Vec<_>>()
        };
        let mut requests: Vec<_> = groups.iter().flat_map(worked_out).collect();
        requests.sort_by_key(|request| request.id);
        (requests, dropped)
    }

    /// The organisation of each request that named one.
    pub(crate) fn organizations(&self) -> Vec<OrgId> {
        self.snapshot().0.iter().filter_map(|record| record.org.clone()).collect()
    }

    /// How many requests each organisation has here, and how many deviations they have together.
    pub(crate) fn tallies(&self) -> HashMap<OrgId, (usize, usize)> {
        let (records, _) = self.snapshot();
        let chains = Chains::new(&records);
        let mut tallies: HashMap<_, (usize, usize)> = HashMap::new();
        for record in &records {
            if let Some(org) = &record.org {
                let (requests, deviant) = tallies.entry(org.clone()).or_default();
                *requests += 1;
                *deviant += deviations(record, &chains).len();
            }
        }
        tallies
    }

    /// The newest of the requests that are `wanted`, at most `limit`.
    pub(crate) fn find(&self, wanted: &RequestMatch, limit: usize) -> Found {
        let (all, _) = self.snapshot();
        let mut records: Vec<_> = all.iter().filter(|record| wanted.matches(record)).cloned().collect();
        let total = records.len();
        records.drain(..total.saturating_sub(limit));
        Found { records, total, all }
    }

    /// The beginning of the body of the request with this number or `X-Request-Id`: of text, and of an upload that was refused. `None` where
    /// there is no such request, and within it where none was kept.
    pub(crate) fn body(&self, id: &str) -> Option<Option<Bytes>> {
        self.locate(id, |record, _| record.body_start())
    }

    /// The request with this number, or else the last one with this `X-Request-Id`.
    pub(crate) fn get(&self, id: &str) -> Option<RequestRecord> {
        self.locate(id, |record, all| RequestRecord::new(record, &Chains::new(all)))
    }

    fn locate<R>(&self, id: &str, look: impl FnOnce(&Record, &[Arc<Record>]) -> R) -> Option<R> {
        let (records, _) = self.snapshot();
        // Other ways to write the number are not ids.
        let number = id.parse().ok().filter(|number: &u64| number.to_string() == id);
        let place = number.and_then(|number| records.binary_search_by_key(&RequestId(number), |record| record.id).ok());
        let place = place.or_else(|| records.iter().rposition(|record| record.has_request_id(id)))?;
        Some(look(&records[place], &records))
    }

    /// Whether there are as many requests that are `wanted` as expected.
    pub(crate) fn verify(&self, wanted: &RequestMatch, expected: Count) -> Verdict {
        let (records, dropped) = self.snapshot();
        Verdict::new(&records, dropped, wanted, expected)
    }

    /// How far it has come, of one world or of all.
    pub(crate) fn tick(&self, org: Option<&OrgId>) -> Tick {
        let queue = lock(&self.queue);
        let dropped = queue.dropped;
        let (newest, requests) = match org {
            None => (queue.records.back(), queue.records.len()),
            Some(org) => {
                let of_world = || queue.records.iter().filter(|record| record.org.as_ref() == Some(org));
                (of_world().next_back(), of_world().count())
            }
        };
        Tick { newest: newest.map_or(0, |record| record.id.number()), requests, dropped }
    }

    /// Resolves at the next change, if it was enabled before.
    pub(crate) fn changed(&self) -> Notified<'_> {
        self.arrived.notified()
    }

    /// How many requests were dropped since the start, as [`Journal::everything`] says.
    pub(crate) fn ever_dropped(&self) -> u64 {
        lock(&self.queue).ever_dropped()
    }

    /// How many requests were dropped for newer ones, or for files, since the journal was last emptied.
    pub(crate) fn dropped(&self) -> u64 {
        lock(&self.queue).dropped
    }

    /// Returns when `count` requests that are `wanted` are in the journal.
    pub(crate) async fn until_seen(&self, wanted: &RequestMatch, count: usize) {
        let (mut seen, mut last, mut began) = (0, RequestId(0), Instant::now());
        loop {
            let arrival = self.changed();
            tokio::pin!(arrival);
            // From here on a record wakes this task up, even one that arrives while the others are looked at.
            arrival.as_mut().enable();
            if self.cleared.any_since(began) {
                (seen, last, began) = (0, RequestId(0), Instant::now());
            }
            let news = self.since(last);
            last = news.last().map_or(last, |record| record.id);
            for record in news {
                seen += usize::from(wanted.matches(&record));
                // Others get their turn between the records of a long journal.
                tokio::task::coop::consume_budget().await;
            }
            if seen >= count {
                return;
            }
            arrival.await;
        }
    }

    /// The records after the one with this id.
    fn since(&self, id: RequestId) -> Vec<Arc<Record>> {
        let queue = lock(&self.queue);
        let first = queue.records.partition_point(|record| record.id <= id);
        queue.records.range(first..).cloned().collect()
    }

    /// Forgets the requests of one world, or all.
    pub(crate) fn clear(&self, org: Option<&OrgId>) {
        self.cleared.note(org);
        self.remove(|record| org.is_none() || record.org.as_ref() == org);
        if org.is_none() {
            lock(&self.queue).forget_dropped();
        }
    }

    /// Forgets the requests of these worlds.
    pub(crate) fn forget(&self, orgs: &HashSet<OrgId>) {
        orgs.iter().for_each(|org| self.cleared.note(Some(org)));
        self.remove(|record| record.org.as_ref().is_some_and(|org| orgs.contains(org)));
    }

    fn remove(&self, is_gone: impl Fn(&Record) -> bool) {
        let freed = lock(&self.queue).remove(is_gone);
        self.arrived.notify_waiters();
        // Freed outside the lock.
        drop(freed);
    }
}
