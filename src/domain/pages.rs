//! Memory by the page, for the bytes of large files. To get pages from the system costs more than to fill them, so they
//! are asked for ahead and many at a time, and those that were freed wait a moment for the next file before they go
//! back to the system.

use std::collections::BTreeMap;
use std::io;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use memmap2::MmapMut;

/// How long freed pages wait at least; at most it is twice as long.
const WAIT: Duration = Duration::from_secs(2);

/// The size of a huge page where there are any.
const HUGE_BYTES: usize = 2 * 1024 * 1024;

/// Sizes are rounded up to these, so that files of about one size can follow each other. It costs no memory, because
/// pages that are never touched take none.
const ROUND_BYTES: usize = 64 * 1024;

/// How far ahead of the last byte pages are asked for at most.
const MAX_AHEAD_BYTES: usize = 8 * 1024 * 1024;

/// Pages in a row. Dropped, they go back to their pool.
#[derive(Debug)]
pub(super) struct Pages {
    area: Option<Area>,
    /// How much of them will be used; 0 if that is not known.
    wanted_bytes: usize,
    pool: Weak<PagePool>,
}

#[derive(Debug)]
struct Area {
    map: MmapMut,
    /// How much of it takes memory, from its beginning.
    resident_bytes: usize,
}

impl Pages {
    /// Fresh ones, for at least `bytes`. They take no memory yet.
    ///
    /// # Errors
    /// When the system has no room for them.
    pub(super) fn fresh(pool: &Arc<PagePool>, bytes: usize) -> io::Result<Self> {
        let unit = if bytes < 2 * HUGE_BYTES { ROUND_BYTES } else { HUGE_BYTES };
        let rounded = bytes.max(1).checked_next_multiple_of(unit).ok_or(io::ErrorKind::OutOfMemory)?;
        let map = MmapMut::map_anon(rounded)?;
        Ok(Self { area: Some(Area { map, resident_bytes: 0 }), wanted_bytes: 0, pool: Arc::downgrade(pool) })
    }

    /// Some that were freed a moment ago, for at least `bytes` and not many more.
    pub(super) fn reused(pool: &Arc<PagePool>, bytes: usize) -> Option<Self> {
        let area = pool.shelf().take(bytes)?;
        pool.resident_bytes.fetch_sub(area.resident_bytes as u64, Ordering::Relaxed);
        Some(Self { area: Some(area), wanted_bytes: 0, pool: Arc::downgrade(pool) })
    }

    /// Gives them back to the system at once.
    pub(super) fn discard(mut self) {
        self.area = None;
    }

    /// So many of them will be written, so they can be asked for before it happens.
    pub(super) fn expect(&mut self, bytes: usize) {
        self.wanted_bytes = bytes;
        let huge = HUGE_BYTES..bytes - bytes % HUGE_BYTES;
        if let Some(area) = self.area.as_ref().filter(|area| area.resident_bytes == 0 && !huge.is_empty()) {
            prefer_huge_pages(&area.map, huge.start, huge.len());
        }
    }

    /// How much of them takes memory now, from the beginning.
    pub(super) fn resident_bytes(&self) -> usize {
        self.area.as_ref().map_or(0, |area| area.resident_bytes)
    }

    /// How much of them to ask for if the first `needed` bytes are about to be written: the more were written, the
    /// farther ahead, but little beyond what will be used.
    pub(super) fn ahead_of(&self, needed: usize) -> usize {
        let unit = if needed < HUGE_BYTES { ROUND_BYTES } else { HUGE_BYTES };
        let ahead = (needed + needed.min(MAX_AHEAD_BYTES)).next_multiple_of(unit);
        ahead.min(self.wanted_bytes).max(needed + needed / 16).min(self.len())
    }

    /// Asks for the first `bytes`, all that are missing at once.
    pub(super) fn ask_for(&mut self, bytes: usize) {
        if let Some(area) = &mut self.area
            && bytes > area.resident_bytes
        {
            populate(&area.map, area.resident_bytes, bytes - area.resident_bytes);
            area.resident_bytes = bytes;
        }
    }

    /// Writes `chunk` at this place.
    pub(super) fn write(&mut self, at: usize, chunk: &[u8]) {
        if let Some(area) = &mut self.area {
            let end = at + chunk.len();
            area.map[at..end].copy_from_slice(chunk);
            area.resident_bytes = area.resident_bytes.max(end);
        }
    }
}

// Both fail where the system does not know them, and then pages come one by one when they are written.

#[cfg(target_os = "linux")]
fn prefer_huge_pages(map: &MmapMut, from: usize, bytes: usize) {
    let _ = map.advise_range(memmap2::Advice::HugePage, from, bytes);
}

#[cfg(target_os = "linux")]
fn populate(map: &MmapMut, from: usize, bytes: usize) {
    let _ = map.advise_range(memmap2::Advice::PopulateWrite, from, bytes);
}

#[cfg(not(target_os = "linux"))]
fn prefer_huge_pages(_: &MmapMut, _: usize, _: usize) {}

#[cfg(not(target_os = "linux"))]
fn populate(_: &MmapMut, _: usize, _: usize) {}

impl Deref for Pages {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.area.as_ref().map_or(&[], |area| &area.map)
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        if let (Some(area), Some(pool)) = (self.area.take(), self.pool.upgrade()) {
            pool.give(area);
        }
    }
}

/// Freed pages that wait for the next file.
#[derive(Debug, Default)]
pub(super) struct PagePool {
    resident_bytes: AtomicU64,
    shelf: Mutex<Shelf>,
}

#[derive(Debug, Default)]
struct Shelf {
    /// Freed since the last look.
    young: Areas,
    /// Freed before it; they go at the next look.
    old: Areas,
    /// Whether somebody will come and look.
    is_watched: bool,
}

/// By their size.
type Areas = BTreeMap<usize, Vec<Area>>;

impl Shelf {
    fn take(&mut self, bytes: usize) -> Option<Area> {
        let sizes = bytes..=bytes.saturating_add((bytes / 16).max(ROUND_BYTES));
        [&mut self.young, &mut self.old].into_iter().find_map(|areas| {
            let (&size, same_size) = areas.range_mut(sizes.clone()).next()?;
            let area = same_size.pop();
            if same_size.is_empty() {
                areas.remove(&size);
            }
            area
        })
    }

    fn any(&mut self) -> Option<Area> {
        [&mut self.old, &mut self.young].into_iter().find_map(|areas| {
            let mut largest = areas.last_entry()?;
            let area = largest.get_mut().pop();
            if largest.get().is_empty() {
                largest.remove();
            }
            area
        })
    }
}

impl PagePool {
    /// Nobody comes and looks, so pages wait until they are needed.
    #[cfg(test)]
    pub(super) fn unwatch(&self) {
        self.shelf().is_watched = true;
    }

    /// How much memory they take, in bytes.
    pub(super) fn resident_bytes(&self) -> u64 {
        self.resident_bytes.load(Ordering::Relaxed)
    }

    /// Gives back at least `bytes` to the system, or all that there is.
    pub(super) fn give_back(&self, bytes: u64) {
        let mut given = 0;
        while given < bytes {
            let Some(area) = self.shelf().any() else { return };
            given += area.resident_bytes as u64;
            self.resident_bytes.fetch_sub(area.resident_bytes as u64, Ordering::Relaxed);
        }
    }

    fn give(self: &Arc<Self>, area: Area) {
        if area.resident_bytes == 0 {
            return;
        }
        self.resident_bytes.fetch_add(area.resident_bytes as u64, Ordering::Relaxed);
        let mut shelf = self.shelf();
        shelf.young.entry(area.map.len()).or_default().push(area);
        if std::mem::replace(&mut shelf.is_watched, true) {
            return;
        }
        drop(shelf);
        let pool = Arc::downgrade(self);
        let watch = move || {
            while pool.upgrade().is_some_and(|pool| pool.look()) {
                std::thread::sleep(WAIT);
            }
        };
        if std::thread::Builder::new().name("freed pages".to_owned()).spawn(watch).is_err() {
            self.shelf().is_watched = false;
            self.give_back(u64::MAX);
        }
    }

    /// Gives back what waited for a whole turn. Whether there is more to wait for.
    fn look(&self) -> bool {
        let mut shelf = self.shelf();
        let young = std::mem::take(&mut shelf.young);
        let expired = std::mem::replace(&mut shelf.old, young);
        shelf.is_watched = !shelf.old.is_empty();
        let is_watched = shelf.is_watched;
        drop(shelf);
        let bytes: usize = expired.values().flatten().map(|area| area.resident_bytes).sum();
        self.resident_bytes.fetch_sub(bytes as u64, Ordering::Relaxed);
        is_watched
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The time is the watcher's; what it does at each look is this.
    #[test]
    fn what_was_freed_goes_back_to_the_system_after_a_whole_turn() {
        let pool = Arc::<PagePool>::default();
        pool.unwatch();
        let free_some = || {
            let mut pages = Pages::fresh(&pool, 1000).expect("memory");
            pages.write(0, b"text");
        };
        free_some();
        assert_eq!((pool.resident_bytes(), pool.look()), (4, true));
        free_some();
        assert_eq!((pool.resident_bytes(), pool.look()), (8, true));
        assert_eq!((pool.resident_bytes(), pool.look()), (4, false));
        assert_eq!(pool.resident_bytes(), 0);
        assert!(!pool.shelf().is_watched, "who comes next starts a watch of its own");
    }
}
