//! The memory budget that all worlds of a server share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

/// A limit on the memory that clients can make the server hold. There is one per server, shared by all worlds. Its
/// counter guards no other data, so `Relaxed` ordering is enough.
#[derive(Debug)]
pub struct Budget {
    limit_bytes: u64,
    used_bytes: AtomicU64,
}

impl Budget {
    /// A budget of `limit_bytes`.
    pub fn new(limit_bytes: u64) -> Arc<Self> {
        Arc::new(Self { limit_bytes, used_bytes: AtomicU64::new(0) })
    }

    /// The limit, in bytes.
    pub fn limit_bytes(&self) -> u64 {
        self.limit_bytes
    }

    /// How much is reserved now, in bytes, including uploads in progress.
    pub fn used_bytes(&self) -> u64 {
        self.used_bytes.load(Ordering::Relaxed)
    }

    /// How much can still be reserved, in bytes.
    pub fn free_bytes(&self) -> u64 {
        self.limit_bytes.saturating_sub(self.used_bytes())
    }

    /// Checks that `bytes` could be reserved now, without reserving them. Fails when there is no room for them.
    pub fn check(&self, bytes: u64) -> Result<(), OverBudget> {
        let fits = self.used_bytes().checked_add(bytes).is_some_and(|total| total <= self.limit_bytes);
        if fits { Ok(()) } else { Err(OverBudget { limit_bytes: self.limit_bytes }) }
    }

    /// Reserves `bytes` until the reservation is dropped. Fails when there is no room for them.
    pub fn reserve(self: &Arc<Self>, bytes: u64) -> Result<Reservation, OverBudget> {
        let mut reservation = self.reserve_anyway(0);
        reservation.grow(bytes)?;
        Ok(reservation)
    }

    /// Reserves `bytes` even beyond the limit, for something whose room was checked earlier.
    pub fn reserve_anyway(self: &Arc<Self>, bytes: u64) -> Reservation {
        self.used_bytes.fetch_add(bytes, Ordering::Relaxed);
        Reservation { budget: Arc::clone(self), bytes }
    }

    fn take(&self, bytes: u64) -> Result<(), OverBudget> {
        let within = |used: u64| used.checked_add(bytes).filter(|&total| total <= self.limit_bytes);
        let taken = self.used_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, within);
        taken.map(drop).map_err(|_| OverBudget { limit_bytes: self.limit_bytes })
    }
}

/// A reserved part of the budget, released when dropped.
#[derive(Debug)]
pub struct Reservation {
    /// The budget that it is a part of.
    pub(super) budget: Arc<Budget>,
    /// How much is reserved.
    pub(super) bytes: u64,
}

impl Reservation {
    /// Reserves more. If there is no room for it, fails and keeps what was reserved.
    pub(crate) fn grow(&mut self, bytes: u64) -> Result<(), OverBudget> {
        self.budget.take(bytes)?;
        self.bytes += bytes;
        Ok(())
    }

    /// Reserves more, even beyond the limit, for something whose room was checked earlier.
    pub(crate) fn grow_anyway(&mut self, bytes: u64) {
        self.budget.used_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
    }

    /// Gives a part back.
    pub(crate) fn shrink(&mut self, bytes: u64) {
        let bytes = bytes.min(self.bytes);
        self.budget.used_bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.bytes -= bytes;
    }
}

/// Cloning reserves as much again, even beyond the limit.
impl Clone for Reservation {
    fn clone(&self) -> Self {
        self.budget.reserve_anyway(self.bytes)
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.used_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
