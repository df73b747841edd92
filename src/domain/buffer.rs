//! Memory for the bytes of files: small ones from the heap, large ones from pages of their own, which go back to the
//! system when the file is deleted. A heap keeps what was freed, so a server that had held many files would go on
//! taking up their memory, beyond its budget as soon as new files do not fit into the gaps.

use std::ops::Deref;

use super::pages::Pages;

/// From this size on a buffer has pages of its own. Below, their rounding and the calls for them weigh more.
const MIN_MAPPED_BYTES: usize = 256 * 1024;

/// Bytes that only grow.
#[derive(Debug)]
pub(super) enum Buffer {
    Heap(Vec<u8>),
    Mapped { pages: Pages, len: usize },
}

impl Buffer {
    /// An empty buffer on the heap.
    pub(super) fn new() -> Self {
        Self::Heap(Vec::new())
    }

    /// How long the buffer may become without moving; on the heap as far as the heap is the place for it.
    pub(super) fn room(&self) -> usize {
        match self {
            Self::Heap(_) => MIN_MAPPED_BYTES - 1,
            Self::Mapped { pages, .. } => pages.len(),
        }
    }

    /// Moves to `pages`, which are larger. Those from before go, or a file that outgrew them several times would take
    /// twice its size in memory.
    pub(super) fn move_to(&mut self, mut pages: Pages) {
        pages.write(0, self);
        let len = self.len();
        match std::mem::replace(self, Self::Mapped { pages, len }) {
            Self::Heap(_) => {}
            Self::Mapped { pages, .. } => pages.discard(),
        }
    }

    /// Appends `chunk`, for which there is room. A small buffer is made for `expected_bytes` if it is empty.
    pub(super) fn push(&mut self, chunk: &[u8], expected_bytes: usize) {
        match self {
            Self::Heap(bytes) => {
                if bytes.capacity() == 0 {
                    bytes.reserve_exact(expected_bytes.clamp(chunk.len(), MIN_MAPPED_BYTES));
                }
                bytes.extend_from_slice(chunk);
            }
            Self::Mapped { pages, len } => {
                pages.write(*len, chunk);
                *len += chunk.len();
            }
        }
    }

    /// Gives back what a small file set aside in vain, if that is worth the while.
    pub(super) fn shrink_to_fit(&mut self) {
        match self {
            Self::Heap(bytes) if bytes.capacity() - bytes.len() > bytes.len() / 16 + 16 => bytes.shrink_to_fit(),
            Self::Heap(_) | Self::Mapped { .. } => {}
        }
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Heap(bytes) => bytes,
            Self::Mapped { pages, len } => &pages[..*len],
        }
    }
}
