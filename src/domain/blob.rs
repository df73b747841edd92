//! The bytes of files, and the memory budget that all worlds of a server share.

use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use twox_hash::XxHash3_128;

use super::buffer::Buffer;
use super::error::OverBudget;
use super::thumbnail::{self, NoThumbnail};

/// What a stored file is charged beyond its bytes and its name: its record, its index entries and its history.
const RECORD_BYTES: u64 = 512;

/// How much a server may hold in files; shared by all worlds.
#[derive(Debug)]
pub struct Budget {
    limit_bytes: u64,
    used_bytes: AtomicU64,
}

impl Budget {
    /// A budget of `limit_bytes`.
    #[must_use]
    pub fn new(limit_bytes: u64) -> Arc<Self> {
        Arc::new(Self { limit_bytes, used_bytes: AtomicU64::new(0) })
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

    fn take(&self, bytes: u64) -> Result<(), OverBudget> {
        self.used_bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(bytes).filter(|&total| total <= self.limit_bytes)
            })
            .map(drop)
            .map_err(|_| OverBudget { limit_bytes: self.limit_bytes })
    }
}

/// A share of the budget; given back when dropped.
#[derive(Debug)]
struct Reservation {
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

/// A file that is being received. Dropping it before [`BlobWriter::finish`] leaves nothing behind.
#[derive(Debug)]
pub struct BlobWriter {
    bytes: Buffer,
    reservation: Reservation,
}

impl BlobWriter {
    /// Starts a blob of about `expected_bytes`; a wrong guess costs time only.
    ///
    /// # Errors
    /// When the budget has no room for even an empty file.
    pub fn new(budget: &Arc<Budget>, expected_bytes: u64) -> Result<Self, OverBudget> {
        let mut reservation = Reservation { budget: Arc::clone(budget), bytes: 0 };
        reservation.grow(RECORD_BYTES)?;
        let room = budget.limit_bytes.saturating_sub(budget.used_bytes());
        let capacity = usize::try_from(expected_bytes.min(room)).unwrap_or(0);
        Ok(Self { bytes: Buffer::with_capacity(capacity), reservation })
    }

    /// Appends `chunk`.
    ///
    /// # Errors
    /// When the budget, or the system's memory, is used up; what was received so far is freed with the writer.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), OverBudget> {
        self.reservation.grow(chunk.len() as u64)?;
        let limit_bytes = self.reservation.budget.limit_bytes;
        self.bytes.push(chunk).map_err(|_| OverBudget { limit_bytes })
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
}
