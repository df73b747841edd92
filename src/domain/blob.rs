//! The bytes of stored files, and the memory budget that all worlds of a server share.

use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use twox_hash::XxHash3_128;

use super::buffer::Buffer;
use super::error::OverBudget;
use super::thumbnail::{self, NoThumbnail};

/// Charged to the budget for each file beside its bytes, in bytes: about what its metadata, index entries and history
/// take.
const RECORD_BYTES: u64 = 512;

/// A limit on the memory that files and worlds may take together. One per server, shared by all worlds.
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

    /// Checks that `bytes` could be reserved now, without reserving them.
    ///
    /// # Errors
    /// When there is no room for them.
    pub fn check(&self, bytes: u64) -> Result<(), OverBudget> {
        let fits = self.used_bytes().checked_add(bytes).is_some_and(|total| total <= self.limit_bytes);
        if fits { Ok(()) } else { Err(OverBudget { limit_bytes: self.limit_bytes }) }
    }

    /// Reserves `bytes` until the reservation is dropped.
    ///
    /// # Errors
    /// When there is no room for them.
    pub fn reserve(self: &Arc<Self>, bytes: u64) -> Result<Reservation, OverBudget> {
        let mut reservation = Reservation { budget: Arc::clone(self), bytes: 0 };
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
    budget: Arc<Budget>,
    bytes: u64,
}

impl Reservation {
    fn grow(&mut self, bytes: u64) -> Result<(), OverBudget> {
        self.budget.take(bytes)?;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.used_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Receives the bytes of a file. If it is dropped before [`BlobWriter::finish`], its memory is freed.
#[derive(Debug)]
pub(crate) struct BlobWriter {
    bytes: Buffer,
    /// Covers the received bytes and the file's metadata.
    reservation: Reservation,
}

impl BlobWriter {
    /// Starts a blob of about `expected_bytes`. A wrong guess is allowed; it only costs time.
    ///
    /// # Errors
    /// When the budget has no room for even an empty file.
    pub(crate) fn new(budget: &Arc<Budget>, expected_bytes: u64) -> Result<Self, OverBudget> {
        let reservation = budget.reserve(RECORD_BYTES)?;
        // The budget would refuse more than this anyway.
        let room = budget.limit_bytes.saturating_sub(budget.used_bytes());
        let expected_bytes = usize::try_from(expected_bytes.min(room)).unwrap_or(0);
        Ok(Self { bytes: Buffer::new(expected_bytes), reservation })
    }

    /// Appends `chunk`.
    ///
    /// # Errors
    /// When the budget or the system's memory is used up. Drop the writer then: it frees what was received.
    pub(crate) fn push(&mut self, chunk: &[u8]) -> Result<(), OverBudget> {
        self.reservation.grow(chunk.len() as u64)?;
        let limit_bytes = self.reservation.budget.limit_bytes;
        self.bytes.push(chunk).map_err(|_| OverBudget { limit_bytes })
    }

    /// Bytes received so far.
    #[cfg(test)]
    pub(crate) fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Ends the upload: from now on the bytes do not change.
    pub(crate) fn finish(mut self) -> Blob {
        self.bytes.shrink_to_fit();
        Blob(Arc::new(Stored {
            bytes: self.bytes,
            reservation: self.reservation,
            digest: OnceLock::new(),
            thumbnail: OnceLock::new(),
            making_thumbnail: Mutex::new(()),
        }))
    }
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

    /// A hash of the bytes. It is computed on the first call, because most uploads are never downloaded, and then kept.
    /// The first call takes about as long as reading the bytes.
    ///
    /// XXH3 is not a cryptographic hash: a client could make two files with one digest on purpose, but would only
    /// confuse its own cache. With 128 bits, two different files have the same digest by accident practically never.
    #[must_use]
    pub fn digest(&self) -> u128 {
        *self.0.digest.get_or_init(|| XxHash3_128::oneshot(&self.0.bytes))
    }

    /// The result of an earlier [`Blob::thumbnail`]; `None` before the first one.
    #[must_use]
    pub fn known_thumbnail(&self) -> Option<Result<Self, NoThumbnail>> {
        self.0.thumbnail.get().cloned()
    }

    /// The thumbnail, or why there is none. The first call makes it, which is slow; other calls wait for it. It is
    /// charged to the same budget as the image and freed with it.
    ///
    /// # Errors
    /// When the budget has no room for the thumbnail; the next call tries again.
    pub fn thumbnail(&self) -> Result<Result<Self, NoThumbnail>, OverBudget> {
        // Held while the thumbnail is made, so that it is made once.
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

/// A handle to a blob that does not keep its bytes alive.
#[derive(Clone, Debug)]
pub struct WeakBlob(Weak<Stored>);

impl Blob {
    /// A handle that does not keep the bytes alive.
    #[must_use]
    pub fn downgrade(&self) -> WeakBlob {
        WeakBlob(Arc::downgrade(&self.0))
    }
}

impl WeakBlob {
    /// The blob, if its bytes were not freed yet.
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
    fn files_are_charged_exactly_what_they_hold_while_they_come_and_go() {
        let budget = Budget::new(4 * MIB as u64);
        for size in [MIB, 2 * MIB, 3 * MIB, MIB / 2, 1000, 4 * MIB - 1000, MIB] {
            for expected_bytes in [0, size as u64, 1 << 60] {
                let mut writer = BlobWriter::new(&budget, expected_bytes).expect("room");
                for chunk in vec![1; size].chunks(100_000) {
                    writer.push(chunk).expect("room");
                    assert_eq!(budget.used_bytes(), RECORD_BYTES + writer.len());
                }
                let blob = writer.finish();
                assert_eq!(budget.used_bytes(), RECORD_BYTES + size as u64);
                drop(blob);
                assert_eq!(budget.used_bytes(), 0);
            }
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
