//! Where the journal has its records: each thread puts them into a lane of its own, and whoever reads sees all lanes at
//! one moment, as one row.

use std::collections::VecDeque;
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_utils::CachePadded;

use super::record::{Record, RequestId, Room};
use crate::control::lanes::Lanes;
use crate::domain::blob::GivesWay;

/// So often, counted in records, a thread counts those of all lanes.
const TRIM_INTERVAL: u64 = 64;

/// A thread drops at most so many when it adds one: no fewer than it adds, and few enough not to keep a client waiting.
const DROPPED_AT_ONCE: usize = 2;

/// What a lane takes up is told in steps of so many bytes, rounded up.
const STEP_BYTES: u64 = 16 * 1024;

/// Records of the last requests.
#[derive(Debug)]
pub(super) struct Shelf {
    max_records: usize,
    lanes: Lanes<Lane>,
    /// Rises under the lock of a lane, so that who holds all lanes has every record up to it.
    last_id: CachePadded<AtomicU64>,
    /// How many were taken out of the middle: so many more ids than records there may be.
    gaps: CachePadded<AtomicU64>,
    /// What lanes have told.
    bytes: CachePadded<AtomicU64>,
}

#[derive(Debug, Default)]
struct Lane {
    /// Ids rising.
    records: VecDeque<Record>,
    room: Room,
    bytes: u64,
    told_bytes: u64,
    /// How many records made room, since the last time that all were forgotten.
    dropped: u64,
}

/// All lanes, held.
pub(super) struct Opened<'a> {
    shelf: &'a Shelf,
    lanes: Vec<MutexGuard<'a, Lane>>,
    /// What was taken out. It is freed when the lanes are released.
    gone: Vec<Record>,
}

impl Shelf {
    /// For at most `max_records`, and at times a few more, which nobody sees.
    pub(super) fn new(max_records: usize) -> Self {
        let (last_id, gaps, bytes) = Default::default();
        Self { max_records, lanes: Lanes::default(), last_id, gaps, bytes }
    }

    /// Puts a record last.
    pub(super) fn add(&self, make: impl FnOnce(RequestId, &mut Room) -> Record) {
        let mut too_old = [const { None }; DROPPED_AT_ONCE];
        let is_due = {
            let mut lane = self.lanes.own();
            let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
            let record = make(RequestId(id), &mut lane.room);
            lane.bytes += record.memory_bytes();
            lane.records.push_back(record);
            for record in &mut too_old {
                *record = lane.pop_if(|oldest| self.is_too_old(oldest, id));
            }
            lane.tell(&self.bytes);
            id.is_multiple_of(TRIM_INTERVAL) || lane.records.len() > self.max_records
        };
        if is_due {
            drop(self.open());
        }
        // Freed outside the lock.
        drop(too_old);
    }

    /// Whether there are as many newer ones as there may be, for all that one lane knows.
    fn is_too_old(&self, record: &Record, last_id: u64) -> bool {
        let newer = (last_id - record.id().number()).saturating_sub(self.gaps.load(Ordering::Relaxed));
        newer >= self.max_records as u64
    }

    /// All that there is, without the records that are too many.
    pub(super) fn open(&self) -> Opened<'_> {
        let mut opened = Opened { shelf: self, lanes: self.lanes.all(), gone: Vec::new() };
        let count: usize = opened.lanes.iter().map(|lane| lane.records.len()).sum();
        for _ in self.max_records..count {
            opened.drop_oldest();
        }
        opened
    }
}

impl GivesWay for Shelf {
    fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    fn give_up(&self, bytes: u64) {
        let mut opened = self.open();
        let target = opened.bytes().saturating_sub(bytes);
        while opened.bytes() > target && opened.drop_oldest() {}
    }
}

impl Opened<'_> {
    /// Copies of all records, ids rising.
    pub(super) fn records(&self) -> Vec<Record> {
        let mut records: Vec<_> = self.lanes.iter().flat_map(|lane| lane.records.iter().cloned()).collect();
        records.sort_unstable_by_key(Record::id);
        records
    }

    /// Those that came after `id`, in any order.
    pub(super) fn since(&self, id: RequestId) -> impl Iterator<Item = &Record> {
        self.lanes.iter().flat_map(move |lane| lane.records.iter().rev().take_while(move |record| record.id() > id))
    }

    /// That of the newest record that there ever was.
    pub(super) fn last_id(&self) -> RequestId {
        RequestId(self.shelf.last_id.load(Ordering::Relaxed))
    }

    /// How many records made room, since the last time that all were forgotten.
    pub(super) fn dropped(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.dropped).sum()
    }

    /// Takes out what is not to stay.
    pub(super) fn retain(&mut self, stays: impl Fn(&Record) -> bool) {
        for lane in &mut self.lanes {
            let (stay, gone): (VecDeque<_>, VecDeque<_>) = lane.records.drain(..).partition(&stays);
            lane.bytes = stay.iter().map(Record::memory_bytes).sum();
            lane.records = stay;
            self.shelf.gaps.fetch_add(gone.len() as u64, Ordering::Relaxed);
            self.gone.extend(gone);
        }
        if self.lanes.iter().all(|lane| lane.records.is_empty()) {
            self.shelf.gaps.store(0, Ordering::Relaxed);
        }
    }

    /// As if nothing had ever been dropped.
    pub(super) fn forget_dropped(&mut self) {
        for lane in &mut self.lanes {
            lane.dropped = 0;
        }
    }

    fn bytes(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.bytes).sum()
    }

    /// Whether there was one.
    fn drop_oldest(&mut self) -> bool {
        let oldest = |lane: &&mut MutexGuard<'_, Lane>| lane.records.front().map(Record::id);
        let lanes = self.lanes.iter_mut().filter(|lane| !lane.records.is_empty());
        let Some(lane) = lanes.min_by_key(oldest) else { return false };
        self.gone.extend(lane.pop_if(|_| true));
        true
    }
}

impl Drop for Opened<'_> {
    fn drop(&mut self) {
        for lane in &mut self.lanes {
            lane.tell(&self.shelf.bytes);
        }
    }
}

impl Lane {
    /// Drops the oldest record if it is to go.
    fn pop_if(&mut self, goes: impl FnOnce(&Record) -> bool) -> Option<Record> {
        let record = self.records.pop_front_if(|record| goes(record))?;
        self.bytes -= record.memory_bytes();
        self.dropped += 1;
        Some(record)
    }

    /// Adds to what all lanes take up what came since it was last told.
    fn tell(&mut self, total_bytes: &AtomicU64) {
        let bytes = self.bytes.next_multiple_of(STEP_BYTES);
        if bytes != self.told_bytes {
            // Wraps around where it is less than before, as it should.
            total_bytes.fetch_add(bytes.wrapping_sub(self.told_bytes), Ordering::Relaxed);
            self.told_bytes = bytes;
        }
    }
}
