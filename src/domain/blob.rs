//! The bytes of stored files.

use std::ops::Deref;
use std::sync::{Arc, Mutex, OnceLock, Weak};

use twox_hash::XxHash3_128;

use super::budget::{Budget, Reservation};
use super::buffer::Buffer;
use super::error::OverBudget;
use super::lock::lock;
use super::thumbnail::{self, NoThumbnail};

/// Charged to the budget for each file, besides its bytes, name and type, in bytes: about the size of its metadata and
/// index entries.
const RECORD_BYTES: u64 = 512;

/// Receives the bytes of a file. If dropped before [`BlobWriter::finish`], it frees its memory.
#[derive(Debug)]
pub struct BlobWriter {
    bytes: Buffer,
    /// Covers the received bytes and the file's metadata.
    reservation: Reservation,
}

impl BlobWriter {
    /// Starts a blob of about `expected_bytes`. A wrong guess is allowed; it only costs time.
    ///
    /// # Errors
    /// When the budget has no room for even an empty file.
    pub fn new(budget: &Arc<Budget>, expected_bytes: u64) -> Result<Self, OverBudget> {
        let reservation = budget.reserve(RECORD_BYTES)?;
        // The budget would refuse more than this anyway.
        let expected_bytes = usize::try_from(expected_bytes.min(budget.free_bytes())).unwrap_or(0);
        Ok(Self { bytes: Buffer::new(expected_bytes), reservation })
    }

    /// Appends `chunk`.
    ///
    /// # Errors
    /// When the budget or the system's memory is used up. Drop the writer then: it frees what was received.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), OverBudget> {
        self.reservation.grow(chunk.len() as u64)?;
        let limit_bytes = self.reservation.budget.limit_bytes();
        self.bytes.push(chunk).map_err(|_| OverBudget { limit_bytes })
    }

    /// Ends the upload: from now on the bytes do not change.
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

    /// A hash of the bytes. It is computed on the first call, because most uploads are never downloaded, and then kept.
    /// The first call takes about as long as reading the bytes.
    ///
    /// XXH3 is not a cryptographic hash: a client could make two files with one digest on purpose, but would only
    /// confuse its own cache. With 128 bits, it practically never happens by accident.
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
    /// When the budget has no room for the thumbnail, or for decoding the image; the next call tries again.
    pub fn thumbnail(&self) -> Result<Result<Self, NoThumbnail>, OverBudget> {
        // Held while the thumbnail is made, so that only the first caller makes it. Callers run on the blocking pool,
        // so waiting here holds up no other requests.
        let _making = lock(&self.0.making_thumbnail);
        if let Some(known) = self.known_thumbnail() {
            return Ok(known);
        }
        // Charge the memory for decoding while it is in use: a file of 35 bytes can be an image of 25 megapixels.
        let budget = &self.0.reservation.budget;
        let _decoding = budget.reserve(thumbnail::decoding_bytes(&self.0.bytes))?;
        let made = match thumbnail::make(&self.0.bytes) {
            Ok(png) => Ok(Self::new(budget, &png)?),
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
