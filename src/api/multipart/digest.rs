//! Digests of the bytes of parts. What is stored is hashed when somebody asks; of what is not kept a fast digest is
//! taken before it goes.

use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};
use tokio::runtime::Handle;
use twox_hash::XxHash3_128;

use crate::domain::blob::{Blob, WeakBlob};

/// Up to this size, which takes a millisecond or two, bytes are hashed on the spot, so that their memory is free when
/// the answer goes out; beyond, where nobody waits for it.
const MAX_INLINE_BYTES: usize = 16 * 1024 * 1024;

/// What tells the bytes of a part from others, as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Digests {
    /// XXH3, 128 bits: fast, and not cryptographic.
    pub(crate) xxh3_128: Option<u128>,
    /// SHA-256; only of bytes that are still stored, or were when this was first asked.
    pub(crate) sha_256: Option<[u8; 32]>,
}

/// Where the digests of a part come from.
#[derive(Debug, Default)]
pub(super) struct Source {
    bytes: Bytes,
    /// Kept, because it takes long and the file may go.
    sha_256: OnceLock<Box<[u8; 32]>>,
}

#[derive(Debug, Default)]
enum Bytes {
    /// None of them were read.
    #[default]
    Unread,
    /// They are stored.
    Stored(WeakBlob),
    /// They are gone.
    Hashed(u128),
    /// They go as soon as they are hashed.
    Going { blob: WeakBlob, digest: Arc<OnceLock<u128>> },
}

impl Source {
    /// Bytes that are stored.
    pub(super) fn stored(blob: &Blob) -> Self {
        Self::from(Bytes::Stored(blob.downgrade()))
    }

    /// Bytes that were hashed while they came in.
    pub(super) fn hashed(digest: u128) -> Self {
        Self::from(Bytes::Hashed(digest))
    }

    /// Bytes that came in and are not kept.
    pub(super) fn refused(blob: Blob) -> Self {
        let runtime = Handle::try_current().ok().filter(|_| blob.len() > MAX_INLINE_BYTES);
        let Some(runtime) = runtime else { return Self::hashed(blob.digest()) };
        let digest = Arc::new(OnceLock::new());
        let going = Bytes::Going { blob: blob.downgrade(), digest: Arc::clone(&digest) };
        runtime.spawn_blocking(move || digest.get_or_init(|| blob.digest()).to_owned());
        Self::from(going)
    }

    /// The digests. The first time takes as long as reading stored bytes, several times over.
    pub(super) fn digests(&self) -> Digests {
        let (xxh3_128, stored) = match &self.bytes {
            Bytes::Unread => (None, None),
            Bytes::Hashed(digest) => (Some(*digest), None),
            Bytes::Stored(blob) => (None, blob.upgrade()),
            // It is set before the blob goes, so one of the two is there.
            Bytes::Going { blob, digest } => {
                let held = blob.upgrade().map(|blob| blob.digest());
                (held.or_else(|| digest.get().copied()), None)
            }
        };
        let sha_256 = match &stored {
            Some(blob) => Some(self.sha_256.get_or_init(|| Box::new(Sha256::digest(blob).into()))),
            None => self.sha_256.get(),
        };
        Digests { xxh3_128: xxh3_128.or_else(|| stored.as_ref().map(Blob::digest)), sha_256: sha_256.map(|sha| **sha) }
    }
}

impl From<Bytes> for Source {
    fn from(bytes: Bytes) -> Self {
        Self { bytes, sha_256: OnceLock::new() }
    }
}

/// XXH3 of bytes that come in pieces and are not kept.
#[derive(Default)]
pub(super) struct RunningDigest(Option<Box<XxHash3_128>>);

impl RunningDigest {
    /// Adds some.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.0.get_or_insert_default().write(bytes);
    }

    /// Whether there are any.
    pub(super) fn has_begun(&self) -> bool {
        self.0.is_some()
    }

    /// Adds the last of them.
    pub(super) fn finish(self, bytes: &[u8]) -> u128 {
        match self.0 {
            None => XxHash3_128::oneshot(bytes),
            Some(mut hasher) => {
                hasher.write(bytes);
                hasher.finish_128()
            }
        }
    }
}
