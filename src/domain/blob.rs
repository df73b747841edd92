//! The bytes of files, and the memory budget that all worlds of a server share.

use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use twox_hash::XxHash3_128;

use super::buffer::Buffer;
use super::error::OverBudget;
use super::pages::{PagePool, Pages};
use super::thumbnail::{self, NoThumbnail};

/// What a stored file is charged beyond its bytes and its name: its record, its index entries and its history.
const RECORD_BYTES: u64 = 512;

/// Files up to this size are charged before they come: the budget is written to by all uploads, so each time costs.
const AT_ONCE_BYTES: u64 = 64 * 1024;

/// What holds memory only as long as files do not need the room.
pub trait GivesWay: fmt::Debug + Send + Sync {
    /// How much it holds now, in bytes.
    fn bytes(&self) -> u64;

    /// Gives up so many bytes, or all that it has.
    fn give_up(&self, bytes: u64);
}

/// How much a server may hold in files and worlds; shared by all worlds.
#[derive(Debug)]
pub struct Budget {
    limit_bytes: u64,
    used_bytes: AtomicU64,
    /// What was freed and is not given back yet. It counts as free, and goes when the room is needed.
    freed: Arc<PagePool>,
    /// What else is held within the limit; it goes when that was not enough.
    tenant: OnceLock<Arc<dyn GivesWay>>,
}

impl Budget {
    /// A budget of `limit_bytes`.
    #[must_use]
    pub fn new(limit_bytes: u64) -> Arc<Self> {
        Arc::new(Self { limit_bytes, used_bytes: AtomicU64::new(0), freed: Arc::default(), tenant: OnceLock::new() })
    }

    /// The limit, in bytes.
    #[must_use]
    pub fn limit_bytes(&self) -> u64 {
        self.limit_bytes
    }

    /// What is in use now, in bytes, uploads that are under way included.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        self.used_bytes.load(Ordering::Relaxed)
    }

    /// Lets something else use what files leave. There is one such thing; later ones are not looked at.
    pub fn share(&self, tenant: Arc<dyn GivesWay>) {
        self.tenant.get_or_init(|| tenant);
    }

    /// Whether there is room for so many bytes now.
    ///
    /// # Errors
    /// When there is not.
    pub fn check(&self, bytes: u64) -> Result<(), OverBudget> {
        let fits = self.used_bytes().checked_add(bytes).is_some_and(|total| total <= self.limit_bytes);
        if fits { Ok(()) } else { Err(OverBudget { limit_bytes: self.limit_bytes }) }
    }

    /// Takes so many bytes, until the reservation is dropped.
    ///
    /// # Errors
    /// When there is no room for them.
    pub fn reserve(self: &Arc<Self>, bytes: u64) -> Result<Reservation, OverBudget> {
        let mut reservation = Reservation { budget: Arc::clone(self), bytes: 0 };
        reservation.grow(bytes)?;
        Ok(reservation)
    }

    /// The same even where there is no room, for what was let in before: it counts all the same.
    pub fn reserve_anyway(self: &Arc<Self>, bytes: u64) -> Reservation {
        self.used_bytes.fetch_add(bytes, Ordering::Relaxed);
        Reservation { budget: Arc::clone(self), bytes }
    }

    fn take(&self, bytes: u64) -> Result<(), OverBudget> {
        let within = |used: u64| used.checked_add(bytes).filter(|&total| total <= self.limit_bytes);
        let before = self.used_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, within);
        let before = before.map_err(|_| OverBudget { limit_bytes: self.limit_bytes })?;
        let room = self.limit_bytes - before - bytes;
        let tenant_bytes = self.tenant.get().map_or(0, |tenant| tenant.bytes());
        let freed_bytes = self.freed.resident_bytes();
        let beyond = (freed_bytes + tenant_bytes).saturating_sub(room);
        if beyond > 0 {
            self.freed.give_back(beyond.min(freed_bytes));
            if let Some(tenant) = self.tenant.get().filter(|_| beyond > freed_bytes) {
                tenant.give_up(beyond - freed_bytes);
            }
        }
        Ok(())
    }
}

/// A share of the budget; given back when dropped.
#[derive(Debug)]
pub struct Reservation {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Reservation {
    fn grow(&mut self, bytes: u64) -> Result<(), OverBudget> {
        self.budget.take(bytes)?;
        self.bytes += bytes;
        Ok(())
    }

    /// Grows to `bytes`, if it is smaller.
    fn grow_to(&mut self, bytes: u64) -> Result<(), OverBudget> {
        bytes.checked_sub(self.bytes).filter(|&more| more > 0).map_or(Ok(()), |more| self.grow(more))
    }

    fn shrink_to(&mut self, bytes: u64) {
        if let Some(less) = self.bytes.checked_sub(bytes).filter(|&less| less > 0) {
            self.budget.used_bytes.fetch_sub(less, Ordering::Relaxed);
            self.bytes = bytes;
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.used_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A file that is being received. Dropping it before [`BlobWriter::finish`] leaves nothing behind.
#[derive(Debug)]
pub struct BlobWriter {
    bytes: Buffer,
    expected_bytes: usize,
    /// For what was received and for the pages that were asked for ahead of it.
    reservation: Reservation,
}

impl BlobWriter {
    /// Starts a blob of about `expected_bytes`; a wrong guess costs time only.
    ///
    /// # Errors
    /// When the budget has no room for even an empty file.
    pub fn new(budget: &Arc<Budget>, expected_bytes: u64) -> Result<Self, OverBudget> {
        // Of a small file at once; where there is no room for what is expected, less may come.
        let at_once = RECORD_BYTES + if expected_bytes <= AT_ONCE_BYTES { expected_bytes } else { 0 };
        let reservation = budget.reserve(at_once).or_else(|_| budget.reserve(RECORD_BYTES))?;
        let room = budget.limit_bytes.saturating_sub(budget.used_bytes());
        let expected_bytes = usize::try_from(expected_bytes.min(room)).unwrap_or(0);
        Ok(Self { bytes: Buffer::new(), expected_bytes, reservation })
    }

    /// Appends `chunk`.
    ///
    /// # Errors
    /// When the budget, or the system's memory, is used up; what was received so far is freed with the writer.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), OverBudget> {
        let needed = self.bytes.len() + chunk.len();
        if needed.max(self.expected_bytes) > self.bytes.room() {
            self.move_to_pages(needed)?;
        }
        if let Buffer::Mapped { pages, .. } = &mut self.bytes
            && needed > pages.resident_bytes()
        {
            let ahead = pages.ahead_of(needed);
            if self.reservation.grow_to(charge(ahead)).is_ok() {
                pages.ask_for(ahead);
            }
        }
        self.reservation.grow_to(charge(needed))?;
        self.bytes.push(chunk, self.expected_bytes);
        Ok(())
    }

    /// Goes on in a larger place, where there is room for what is expected, or for twice as much as before.
    fn move_to_pages(&mut self, needed: usize) -> Result<(), OverBudget> {
        let Self { bytes, expected_bytes, reservation } = self;
        let over = OverBudget { limit_bytes: reservation.budget.limit_bytes };
        let is_known = needed <= *expected_bytes;
        if !is_known {
            *expected_bytes = needed.max(2 * bytes.len());
        }
        let reused = Pages::reused(&reservation.budget.freed, *expected_bytes);
        // What takes memory already is charged at once; without room for that, less will have to do.
        let reused = reused.filter(|pages| reservation.grow_to(charge(pages.resident_bytes())).is_ok());
        let freed = &reservation.budget.freed;
        // A system that has no room for that much may have room for what really comes.
        let fresh = || Pages::fresh(freed, *expected_bytes).or_else(|_| Pages::fresh(freed, needed));
        let mut pages = reused.map_or_else(fresh, Ok).map_err(|_| over)?;
        if is_known {
            pages.expect((*expected_bytes).min(pages.len()));
        }
        bytes.move_to(pages);
        *expected_bytes = bytes.room();
        Ok(())
    }

    /// Bytes received so far.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Whether nothing was received yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Seals the blob.
    #[must_use]
    pub fn finish(mut self) -> Blob {
        self.bytes.shrink_to_fit();
        self.reservation.shrink_to(charge(self.bytes.len()));
        Blob(Arc::new(Stored {
            bytes: self.bytes,
            reservation: self.reservation,
            digest: OnceLock::new(),
            thumbnail: OnceLock::new(),
            making_thumbnail: Mutex::new(()),
        }))
    }
}

/// What a file of so many bytes is charged.
fn charge(bytes: usize) -> u64 {
    RECORD_BYTES + bytes as u64
}

#[derive(Debug)]
struct Stored {
    bytes: Buffer,
    reservation: Reservation,
    digest: OnceLock<u128>,
    thumbnail: OnceLock<Result<Blob, NoThumbnail>>,
    making_thumbnail: Mutex<()>,
}

/// The bytes of a file. Cloning shares them; they are freed with the last clone.
#[derive(Clone, Debug)]
pub struct Blob(Arc<Stored>);

impl Blob {
    /// A blob of these bytes.
    ///
    /// # Errors
    /// When the budget has no room for them.
    pub fn new(budget: &Arc<Budget>, bytes: &[u8]) -> Result<Self, OverBudget> {
        let mut writer = BlobWriter::new(budget, bytes.len() as u64)?;
        writer.push(bytes)?;
        Ok(writer.finish())
    }

    /// Tells these bytes from all others. Computed when it is first asked for, because most uploads are never fetched,
    /// and then kept; the first time takes about as long as reading the bytes.
    ///
    /// XXH3 is no cryptographic hash: whoever can upload can make two files that share a digest, and would deceive
    /// nobody but their own cache. 128 bits of it make that as good as impossible by accident, at the speed of memory.
    #[must_use]
    pub fn digest(&self) -> u128 {
        *self.0.digest.get_or_init(|| XxHash3_128::oneshot(&self.0.bytes))
    }

    /// The thumbnail, or why there is none, if that was found out before.
    #[must_use]
    pub fn known_thumbnail(&self) -> Option<Result<Self, NoThumbnail>> {
        self.0.thumbnail.get().cloned()
    }

    /// The thumbnail, or why there is none. Made by the first call, which is slow; calls at the same time wait for it.
    /// It is charged to the same budget and freed with the image.
    ///
    /// # Errors
    /// When the budget has no room for it; then the next call tries again.
    pub fn thumbnail(&self) -> Result<Result<Self, NoThumbnail>, OverBudget> {
        let _making = self.0.making_thumbnail.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = self.known_thumbnail() {
            return Ok(known);
        }
        let made = match thumbnail::make(&self.0.bytes) {
            Ok(png) => Ok(Self::new(&self.0.reservation.budget, &png)?),
            Err(reason) => Err(reason),
        };
        Ok(self.0.thumbnail.get_or_init(|| made).clone())
    }
}

/// Finds a blob as long as something else holds its bytes.
#[derive(Clone, Debug)]
pub struct WeakBlob(Weak<Stored>);

impl Blob {
    /// A handle that does not keep the bytes.
    #[must_use]
    pub fn downgrade(&self) -> WeakBlob {
        WeakBlob(Arc::downgrade(&self.0))
    }
}

impl WeakBlob {
    /// The blob, if it is still held.
    #[must_use]
    pub fn upgrade(&self) -> Option<Blob> {
        self.0.upgrade().map(Blob)
    }
}

impl AsRef<[u8]> for Blob {
    fn as_ref(&self) -> &[u8] {
        &self.0.bytes
    }
}

impl Deref for Blob {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_chunk_and_a_dropped_blob_give_their_bytes_back() {
        let budget = Budget::new(RECORD_BYTES + 10);
        let mut writer = BlobWriter::new(&budget, 1 << 40).expect("room for a record");
        writer.push(b"12345678").expect("room for eight bytes");
        assert_eq!(writer.push(b"123"), Err(OverBudget { limit_bytes: RECORD_BYTES + 10 }));
        drop(writer);
        assert_eq!(budget.used_bytes(), 0);

        let blob = Blob::new(&budget, b"1234567890").expect("exactly the budget");
        let copy = blob.clone();
        drop(blob);
        assert_eq!((&*copy, budget.used_bytes()), (b"1234567890".as_slice(), RECORD_BYTES + 10));
        drop(copy);
        assert_eq!(budget.used_bytes(), 0);
    }

    const MIB: usize = 1024 * 1024;

    #[test]
    fn bytes_stay_in_order_wherever_they_stand() {
        let budget = Budget::new(u64::MAX);
        for expected_bytes in [0, 1, 1000, MIB / 4 - 1, MIB / 4, 3 * MIB, 30 * MIB, 1 << 60] {
            for lengths in [&[0, 1, 1000, MIB / 4, 7, 5 * MIB, 1, 9 * MIB][..], &[300_000], &[4 * MIB, 0, 4 * MIB]] {
                let mut writer = BlobWriter::new(&budget, expected_bytes as u64).expect("room");
                let mut model = Vec::new();
                for (index, &length) in lengths.iter().enumerate() {
                    let chunk = vec![u8::try_from(index).expect("few chunks"); length];
                    writer.push(&chunk).expect("memory");
                    model.extend(chunk);
                    assert_eq!(writer.len(), model.len() as u64);
                }
                assert!(*writer.finish() == model, "{expected_bytes} expected");
                assert_eq!(budget.used_bytes(), 0);
            }
        }
    }

    #[test]
    fn freed_pages_serve_the_next_file_of_about_the_same_size() {
        let budget = Budget::new(100 * MIB as u64);
        budget.freed.unwatch();
        let freed = || usize::try_from(budget.freed.resident_bytes()).expect("a size");
        for size in [MIB, 10 * MIB] {
            drop(Blob::new(&budget, &vec![1; size]).expect("room"));
            assert_eq!((freed(), budget.used_bytes()), (size, 0));
            let smaller = Blob::new(&budget, &vec![2; size - 10_000]).expect("room");
            assert_eq!((freed(), budget.used_bytes()), (0, charge(size - 10_000)));
            assert!(smaller.iter().all(|&byte| byte == 2));
            let another = Blob::new(&budget, &vec![3; size]).expect("room");
            drop((smaller, another));
            assert!(freed() >= 2 * size);
            // Others do not fit.
            let half = Blob::new(&budget, &vec![4; size / 2]).expect("room");
            let double = Blob::new(&budget, &vec![4; size * 2]).expect("room");
            assert!(freed() >= 2 * size);
            drop((half, double));
            budget.freed.give_back(u64::MAX);
            assert_eq!(freed(), 0);
        }
    }

    #[test]
    fn a_file_that_outgrows_its_pages_leaves_none_behind() {
        let budget = Budget::new(u64::MAX);
        budget.freed.unwatch();
        let mut writer = BlobWriter::new(&budget, 0).expect("room");
        for _ in 0..40 {
            writer.push(&[1; 100_000]).expect("room");
        }
        assert_eq!(budget.freed.resident_bytes(), 0);
        drop(writer);
        assert!(budget.freed.resident_bytes() >= 4_000_000);
    }

    #[test]
    fn freed_pages_make_room_when_it_is_needed() {
        let budget = Budget::new(4 * MIB as u64);
        let in_memory = || budget.used_bytes() + budget.freed.resident_bytes();
        for size in [MIB, 2 * MIB, 3 * MIB, MIB / 2, 1000, 4 * MIB - 1000, MIB] {
            let mut writer = BlobWriter::new(&budget, size as u64).expect("room");
            for chunk in vec![1; size].chunks(100_000) {
                writer.push(chunk).expect("room");
                assert!(in_memory() <= budget.limit_bytes());
            }
            drop(writer.finish());
            assert!(in_memory() <= budget.limit_bytes() && budget.used_bytes() == 0);
        }
    }

    #[test]
    fn more_than_there_is_may_be_expected() {
        let budget = Budget::new(MIB as u64);
        let mut writer = BlobWriter::new(&budget, 1 << 60).expect("room for a record");
        writer.push(b"little").expect("room");
        assert!(budget.used_bytes() <= MIB as u64);
        assert_eq!(&*writer.finish(), b"little");
    }
}
