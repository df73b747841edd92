//! The records of the journal in their order, and those that were cleared, if somebody wants to judge them at the end.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use super::record::{Record, RequestId};

#[derive(Debug, Default)]
pub(super) struct RecordQueue {
    /// Ids rising.
    pub(super) records: VecDeque<Arc<Record>>,
    last_id: u64,
    /// The memory of all records, those that were cleared too.
    bytes: u64,
    /// How many records were evicted since the journal was last emptied.
    pub(super) dropped: u64,
    /// When the last request ended that a client may retry.
    pub(super) last_failed: Option<Instant>,
    /// What was cleared, if it is kept.
    pub(super) cleared: Option<ClearedRecords>,
}

/// Records that were cleared: no search finds them.
#[derive(Debug, Default)]
pub(super) struct ClearedRecords {
    /// Each with the number of its clearing. An attempt is not linked to one from before a clearing.
    records: VecDeque<(u64, Arc<Record>)>,
    clearings: u64,
    /// How many were evicted, or had been when the journal was emptied.
    dropped: u64,
}

impl ClearedRecords {
    fn take(&mut self, gone: VecDeque<Arc<Record>>) {
        self.clearings += 1;
        self.records.extend(gone.into_iter().map(|record| (self.clearings, record)));
    }

    /// The records of each clearing.
    fn groups(&self) -> Vec<Vec<Arc<Record>>> {
        let records: Vec<_> = self.records.iter().cloned().collect();
        let groups = records.chunk_by(|(one, _), (other, _)| one == other);
        groups.map(|group| group.iter().map(|(_, record)| Arc::clone(record)).collect()).collect()
    }
}

impl RecordQueue {
    /// Adds a record that takes so many `bytes`, of a world that has been cleared since if `is_over`. Gives its id.
    pub(super) fn add(&mut self, mut record: Arc<Record>, bytes: u64, is_over: bool) -> u64 {
        self.last_id += 1;
        // Nobody else has it yet.
        if let Some(record) = Arc::get_mut(&mut record) {
            record.id = RequestId(self.last_id);
        }
        self.bytes += bytes;
        match &mut self.cleared {
            Some(cleared) if is_over => cleared.take([record].into()),
            Some(_) | None => self.records.push_back(record),
        }
        self.last_id
    }

    /// Evicts the oldest records beyond these limits, of what was cleared first.
    pub(super) fn evict(&mut self, max_records: usize, max_bytes: u64) -> Vec<Arc<Record>> {
        let mut evicted = Vec::new();
        while self.len() > max_records || self.bytes > max_bytes {
            let of_cleared = self.cleared.as_mut().and_then(|cleared| {
                let (_, oldest) = cleared.records.pop_front()?;
                cleared.dropped += 1;
                Some(oldest)
            });
            let Some(oldest) = of_cleared.or_else(|| self.records.pop_front().inspect(|_| self.dropped += 1)) else {
                break;
            };
            self.bytes -= oldest.memory_bytes();
            evicted.push(oldest);
        }
        evicted
    }

    fn len(&self) -> usize {
        self.records.len() + self.cleared.as_ref().map_or(0, |cleared| cleared.records.len())
    }

    /// Clears records. Returns those that need not be kept.
    pub(super) fn remove(&mut self, is_gone: impl Fn(&Record) -> bool) -> VecDeque<Arc<Record>> {
        let records = std::mem::take(&mut self.records);
        let (gone, kept): (VecDeque<_>, _) = records.into_iter().partition(|record| is_gone(record));
        self.records = kept;
        if let Some(cleared) = &mut self.cleared {
            cleared.take(gone);
            return VecDeque::new();
        }
        self.bytes -= gone.iter().map(|record| record.memory_bytes()).sum::<u64>();
        gone
    }

    /// The journal has been emptied.
    pub(super) fn forget_dropped(&mut self) {
        let dropped = std::mem::take(&mut self.dropped);
        if let Some(cleared) = &mut self.cleared {
            cleared.dropped += dropped;
        }
    }

    pub(super) fn ever_dropped(&self) -> u64 {
        self.dropped + self.cleared.as_ref().map_or(0, |cleared| cleared.dropped)
    }

    /// All records, in groups between which no attempts are linked, and how many others were dropped.
    pub(super) fn everything(&self) -> (Vec<Vec<Arc<Record>>>, u64) {
        let mut groups = self.cleared.as_ref().map_or_else(Vec::new, ClearedRecords::groups);
        groups.push(self.records.iter().cloned().collect());
        (groups, self.ever_dropped())
    }
}
