//! Memory for the bytes of one file: small files live on the heap, large ones in a memory map of their own.
//!
//! A map asks for huge pages, which are faster to allocate, and returns to the system as soon as its file is freed. The
//! heap keeps freed memory for the next files.

use std::io;
use std::ops::Deref;

use memmap2::MmapMut;

/// Files of at least this size, in bytes, have a map. For smaller ones, new pages for each file would cost more than
/// receiving it.
const MIN_MAPPED_BYTES: usize = 8 * 1024 * 1024;

/// Bytes that can only grow.
#[derive(Debug)]
pub(super) enum Buffer {
    /// On the heap.
    Heap(Vec<u8>),
    /// In a memory map, of which the first `len` bytes are in use. Pages that were never written take no memory.
    Mapped { map: MmapMut, len: usize },
}

impl Buffer {
    /// An empty buffer for about `expected_bytes`.
    pub(super) fn new(expected_bytes: usize) -> Self {
        // If the system has no room for the expected size, it may still have room for what really arrives.
        if expected_bytes < MIN_MAPPED_BYTES {
            let mut bytes = Vec::new();
            let _ = bytes.try_reserve_exact(expected_bytes);
            return Self::Heap(bytes);
        }
        map_anon(expected_bytes).map_or_else(|_| Self::Heap(Vec::new()), |map| Self::Mapped { map, len: 0 })
    }

    /// Appends `chunk`. Fails when the system has no memory for it.
    pub(super) fn push(&mut self, chunk: &[u8]) -> io::Result<()> {
        let needed = self.len() + chunk.len();
        if needed > self.capacity() {
            self.move_to_map(needed)?;
        }
        match self {
            Self::Heap(bytes) => {
                bytes.try_reserve(chunk.len())?;
                bytes.extend_from_slice(chunk);
            }
            Self::Mapped { map, len } => {
                populate(map, *len, chunk.len());
                map[*len..needed].copy_from_slice(chunk);
                *len = needed;
            }
        }
        Ok(())
    }

    /// Frees memory that a small file reserved and did not use, if it is worth a copy. A map does not need this.
    pub(super) fn shrink_to_fit(&mut self) {
        match self {
            Self::Heap(bytes) if bytes.capacity() - bytes.len() > bytes.len() / 16 + 16 => bytes.shrink_to_fit(),
            Self::Heap(_) | Self::Mapped { .. } => {}
        }
    }

    /// How many bytes fit before the buffer must move to a (larger) map.
    fn capacity(&self) -> usize {
        match self {
            Self::Heap(_) => MIN_MAPPED_BYTES - 1,
            Self::Mapped { map, .. } => map.len(),
        }
    }

    /// Moves to a map with room for `needed` bytes, and for twice as many as before, so that moves stay rare.
    fn move_to_map(&mut self, needed: usize) -> io::Result<()> {
        let roomy = needed.max(2 * self.len());
        let mut map = map_anon(roomy).or_else(|_| map_anon(needed))?;
        let len = self.len();
        map[..len].copy_from_slice(self);
        *self = Self::Mapped { map, len };
        Ok(())
    }
}

/// Creates a map, with huge pages of 2 MiB if the system has them.
fn map_anon(bytes: usize) -> io::Result<MmapMut> {
    let map = MmapMut::map_anon(bytes)?;
    #[cfg(target_os = "linux")]
    let _ = map.advise(memmap2::Advice::HugePage);
    Ok(map)
}

/// Allocates the pages behind these bytes of a map at once, because a page fault for each would cost more than copying
/// the bytes. If the system does not support this, each page is allocated on first use.
#[cfg(target_os = "linux")]
fn populate(map: &MmapMut, from: usize, bytes: usize) {
    let _ = map.advise_range(memmap2::Advice::PopulateWrite, from, bytes);
}

#[cfg(not(target_os = "linux"))]
fn populate(_: &MmapMut, _: usize, _: usize) {}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Heap(bytes) => bytes,
            Self::Mapped { map, len } => &map[..*len],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_files_have_a_map_whatever_was_expected() {
        for expected in [0, 1000, MIN_MAPPED_BYTES, 1 << 60] {
            for (size, is_large) in [(MIN_MAPPED_BYTES - 1, false), (MIN_MAPPED_BYTES, true), (20_000_000, true)] {
                let mut buffer = Buffer::new(expected);
                for chunk in vec![1; size].chunks(100_000) {
                    buffer.push(chunk).expect("memory");
                }
                let is_mapped = matches!(buffer, Buffer::Mapped { .. });
                assert_eq!(is_mapped, is_large || expected == MIN_MAPPED_BYTES, "{size} bytes, {expected} expected");
            }
        }
    }

    #[test]
    fn a_small_file_keeps_little_more_than_its_bytes() {
        let mut buffer = Buffer::new(200_000);
        buffer.push(&[1; 1000]).expect("memory");
        buffer.shrink_to_fit();
        assert!(matches!(buffer, Buffer::Heap(bytes) if bytes.capacity() < 1100));
    }
}
