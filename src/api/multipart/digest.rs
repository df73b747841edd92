//! Digests of the contents of parts. A stored file is hashed when somebody reads the journal. Other content is not
//! kept, so it gets a fast digest while it streams by.

use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};
use tokio::runtime::Handle;

use crate::domain::{Blob, WeakBlob};

/// A refused file up to this size, in bytes, is hashed at once. That takes a millisecond or two, and its memory is free
/// when the client has its answer. A larger file is hashed on the blocking pool.
const MAX_INLINE_BYTES: usize = 16 * 1024 * 1024;

/// The digests of a part's content in hex, as far as they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Digests {
    /// XXH3 with 128 bits: fast, not cryptographic.
    pub(crate) xxh3_128: Option<String>,
    /// SHA-256. Only for a file that is stored, or was stored when somebody first asked.
    pub(crate) sha_256: Option<String>,
}

/// Where the digests of a part come from.
#[derive(Debug, Default)]
pub(super) struct DigestSource {
    content: PartContent,
    /// Cached, because hashing is slow and the file may be deleted.
    sha_256: OnceLock<Box<[u8; 32]>>,
}

#[derive(Debug, Default)]
enum PartContent {
    /// Nothing of it was read.
    #[default]
    Unread,
    /// A stored file.
    Stored(WeakBlob),
    /// The digest of content that was not kept.
    Hashed(u128),
    /// A refused file, dropped once the blocking pool has hashed it.
    Going { blob: WeakBlob, digest: Arc<OnceLock<u128>> },
}

impl DigestSource {
    /// A file that is stored.
    pub(super) fn stored(blob: &Blob) -> Self {
        Self { content: PartContent::Stored(blob.downgrade()), ..Self::default() }
    }

    /// Content that was hashed while it streamed by.
    pub(super) fn hashed(digest: u128) -> Self {
        Self { content: PartContent::Hashed(digest), ..Self::default() }
    }

    /// A refused file, or the start of one.
    pub(super) fn refused(blob: Blob) -> Self {
        let runtime = Handle::try_current().ok().filter(|_| blob.len() > MAX_INLINE_BYTES);
        let Some(runtime) = runtime else { return Self::hashed(blob.digest()) };
        let digest = Arc::new(OnceLock::new());
        let content = PartContent::Going { blob: blob.downgrade(), digest: Arc::clone(&digest) };
        runtime.spawn_blocking(move || digest.get_or_init(|| blob.digest()).to_owned());
        Self { content, ..Self::default() }
    }

    /// Computes the digests. The first call is slow for large files.
    pub(super) fn digests(&self) -> Digests {
        let (xxh3_128, stored) = match &self.content {
            PartContent::Unread => (None, None),
            PartContent::Hashed(digest) => (Some(*digest), None),
            PartContent::Stored(blob) => (None, blob.upgrade()),
            // The digest is set before the blob is dropped, so one of the two exists.
            PartContent::Going { blob, digest } => {
                let held = blob.upgrade().map(|blob| blob.digest());
                (held.or_else(|| digest.get().copied()), None)
            }
        };
        let sha_256 = match &stored {
            Some(blob) => Some(self.sha_256.get_or_init(|| Box::new(Sha256::digest(blob).into()))),
            None => self.sha_256.get(),
        };
        let xxh3_128 = xxh3_128.or_else(|| stored.as_ref().map(Blob::digest));
        Digests {
            xxh3_128: xxh3_128.map(|digest| format!("{digest:032x}")),
            sha_256: sha_256.map(|digest| digest.iter().map(|byte| format!("{byte:02x}")).collect()),
        }
    }
}
