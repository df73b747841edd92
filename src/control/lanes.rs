//! State that every request adds to and few read. Each thread has a lane of its own, because memory that several
//! processors write to costs a request more than what it writes.

use std::cell::OnceCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;

use crossbeam_utils::CachePadded;

/// More lanes than this would make reading slow.
const MAX_LANES: usize = 16;

/// One `T` for each thread, as far as there are processors for them.
#[derive(Debug)]
pub(super) struct Lanes<T>(Box<[CachePadded<Mutex<T>>]>);

impl<T: Default> Default for Lanes<T> {
    fn default() -> Self {
        let count = available_parallelism().map_or(1, usize::from).min(MAX_LANES);
        Self((0..count).map(|_| CachePadded::default()).collect())
    }
}

impl<T> Lanes<T> {
    /// That of this thread.
    pub(super) fn own(&self) -> MutexGuard<'_, T> {
        lock(&self.0[thread_number() % self.0.len()])
    }

    /// All of them at the same moment.
    pub(super) fn all(&self) -> Vec<MutexGuard<'_, T>> {
        // Always in this order, so that two that do so do not wait for each other.
        self.0.iter().map(|lane| lock(lane)).collect()
    }
}

/// Threads are numbered as they come.
fn thread_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: OnceCell<usize> = const { OnceCell::new() };
    }
    NUMBER.with(|number| *number.get_or_init(|| NEXT.fetch_add(1, Ordering::Relaxed)))
}

fn lock<T>(lane: &Mutex<T>) -> MutexGuard<'_, T> {
    lane.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn what_many_threads_add_is_there_for_who_reads_all() {
        let lanes = Lanes::<Vec<usize>>::default();
        thread::scope(|scope| {
            for thread in 0..8 {
                let lanes = &lanes;
                scope.spawn(move || (0..1000).for_each(|number| lanes.own().push(thread * 1000 + number)));
            }
        });
        let mut all: Vec<_> = lanes.all().iter().flat_map(|lane| lane.iter().copied()).collect();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..8000));
    }
}
