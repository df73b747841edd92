//! Memory for the bytes of files: small ones from the heap, large ones from pages of their own, which go back to the
//! system when the file is deleted. A heap keeps what was freed, so a server that had held many files would go on
//! taking up their memory, beyond its budget as soon as new files do not fit into the gaps.

use std::io;
use std::ops::Deref;

use memmap2::MmapMut;

/// From this size on a buffer has pages of its own. Below, their rounding and the calls for them weigh more.
const MIN_MAPPED_BYTES: usize = 256 * 1024;

/// Bytes that only grow.
#[derive(Debug)]
pub(super) enum Buffer {
    Heap(Vec<u8>),
    Mapped { pages: MmapMut, len: usize },
}

impl Buffer {
    /// An empty buffer with room for `expected_bytes`. Pages that are never written take no memory, so a wrong guess
    /// costs nothing.
    pub(super) fn with_capacity(expected_bytes: usize) -> Self {
        match expected_bytes {
            0..MIN_MAPPED_BYTES => Self::Heap(Vec::with_capacity(expected_bytes)),
            // A system that has no room for that much may have room for what really comes.
            _ => match MmapMut::map_anon(expected_bytes) {
                Ok(pages) => Self::Mapped { pages, len: 0 },
                Err(_) => Self::Heap(Vec::new()),
            },
        }
    }

    /// Appends `chunk`.
    ///
    /// # Errors
    /// When the system has no memory for a larger buffer.
    pub(super) fn push(&mut self, chunk: &[u8]) -> io::Result<()> {
        let needed = self.len() + chunk.len();
        if needed > self.room() {
            self.grow(needed)?;
        }
        match self {
            Self::Heap(bytes) => bytes.extend_from_slice(chunk),
            Self::Mapped { pages, len } => {
                pages[*len..needed].copy_from_slice(chunk);
                *len = needed;
            }
        }
        Ok(())
    }

    /// Gives back what a small file set aside in vain.
    pub(super) fn shrink_to_fit(&mut self) {
        match self {
            Self::Heap(bytes) => bytes.shrink_to_fit(),
            Self::Mapped { .. } => {}
        }
    }

    /// How long the buffer may become without moving; on the heap as far as the heap is the place for it.
    fn room(&self) -> usize {
        match self {
            Self::Heap(_) => MIN_MAPPED_BYTES,
            Self::Mapped { pages, .. } => pages.len(),
        }
    }

    /// Moves to pages, twice as many as before or more.
    fn grow(&mut self, needed: usize) -> io::Result<()> {
        let mut pages = MmapMut::map_anon(needed.max(self.room() * 2))?;
        let len = self.len();
        pages[..len].copy_from_slice(self);
        *self = Self::Mapped { pages, len };
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_stay_in_order_wherever_they_stand() {
        for expected_bytes in [0, 1, MIN_MAPPED_BYTES - 1, MIN_MAPPED_BYTES, 3 * MIN_MAPPED_BYTES] {
            let mut buffer = Buffer::with_capacity(expected_bytes);
            let mut model = Vec::new();
            for (index, length) in [0, 1, 1000, MIN_MAPPED_BYTES, 7, 5 * MIN_MAPPED_BYTES, 1].into_iter().enumerate() {
                let chunk = vec![u8::try_from(index).expect("few chunks"); length];
                buffer.push(&chunk).expect("memory");
                model.extend(chunk);
                assert!(*buffer == model, "{expected_bytes} expected, {} pushed", model.len());
            }
            buffer.shrink_to_fit();
            assert!(*buffer == model);
        }
    }

    #[test]
    fn more_than_there_is_may_be_expected() {
        let mut buffer = Buffer::with_capacity(1 << 60);
        buffer.push(b"little").expect("memory");
        assert_eq!(&*buffer, b"little");
    }
}
