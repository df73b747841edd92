//! Locking.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex. Poison is ignored: whoever holds a lock checks first and changes last, so a panic leaves no half-made
/// change.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
