//! Whether the data of a PNG is whole, found out in little memory. Its decoder sets the whole picture aside before it
//! meets what is wrong with it.

use flate2::{Decompress, FlushDecompress, Status};

/// Reads the data of a PNG as its chunks come.
pub(super) struct PngData {
    inflater: Decompress,
    inflated_bytes: u64,
    /// What a picture of this size and kind takes, in bytes.
    needed_bytes: u64,
    is_ended: bool,
}

impl PngData {
    const SCRATCH_BYTES: usize = 32 * 1024;

    /// `header` is the content of `IHDR`. `None` when it is not one.
    pub(super) fn new(header: &[u8]) -> Option<Self> {
        let needed_bytes = needed_bytes(header.first_chunk()?)?;
        Some(Self { inflater: Decompress::new(true), inflated_bytes: 0, needed_bytes, is_ended: false })
    }

    /// Takes the content of the next `IDAT`. `None` when it cannot be inflated.
    pub(super) fn read(&mut self, mut compressed: &[u8]) -> Option<()> {
        let mut scratch = vec![0; Self::SCRATCH_BYTES];
        while !self.is_whole() && !self.is_ended {
            let (read_before, written_before) = (self.inflater.total_in(), self.inflater.total_out());
            let status = self.inflater.decompress(compressed, &mut scratch, FlushDecompress::None).ok()?;
            let read = usize::try_from(self.inflater.total_in() - read_before).ok()?;
            let written = self.inflater.total_out() - written_before;
            compressed = compressed.get(read..)?;
            self.inflated_bytes += written;
            self.is_ended = status == Status::StreamEnd;
            if read == 0 && written == 0 {
                break;
            }
        }
        Some(())
    }

    /// Whether there were enough data for every pixel.
    pub(super) fn is_whole(&self) -> bool {
        self.inflated_bytes >= self.needed_bytes
    }
}

/// The size of a picture before compression: each row of each pass, with the byte for its filter.
fn needed_bytes(header: &[u8; 13]) -> Option<u64> {
    let [width, height] =
        [header.first_chunk()?, header[4..].first_chunk()?].map(|side| u64::from(u32::from_be_bytes(*side)));
    let samples = match header[9] {
        0 | 3 => 1,
        2 => 3,
        4 => 2,
        6 => 4,
        _ => return None,
    };
    let bits_per_pixel = samples * u64::from(header[8]);
    let pass_bytes = |width: u64, height: u64| match width {
        0 => 0,
        width => height * (1 + (width * bits_per_pixel).div_ceil(8)),
    };
    /// First column, first row, distance of columns, distance of rows of each pass of an interlaced picture.
    const PASSES: [(u64, u64, u64, u64); 7] =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
    match header[12] {
        0 => Some(pass_bytes(width, height)),
        1 => {
            let side = |length: u64, first, distance| length.saturating_sub(first).div_ceil(distance);
            let passes = PASSES
                .into_iter()
                .map(|(column, row, across, down)| pass_bytes(side(width, column, across), side(height, row, down)));
            Some(passes.sum())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::*;

    fn header(width: u32, height: u32, depth: u8, colour: u8, interlaced: u8) -> Vec<u8> {
        let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
        header.extend([depth, colour, 0, 0, interlaced]);
        header
    }

    #[test]
    fn sizes_before_compression() {
        for (header, expected) in [
            (header(1, 1, 8, 0, 0), Some(2)),
            (header(10, 3, 8, 2, 0), Some(93)),
            (header(10, 3, 16, 6, 0), Some(243)),
            (header(9, 2, 1, 3, 0), Some(6)),
            (header(1, 1, 8, 2, 1), Some(4)),
            // Passes of 1, 1, 2, 4, 8, 16 and 32 pixels.
            (header(8, 8, 8, 0, 1), Some(64 + 1 + 1 + 1 + 2 + 2 + 4 + 4)),
            (header(1, 1, 8, 5, 0), None),
            (header(1, 1, 8, 0, 2), None),
        ] {
            let header = header.first_chunk().expect("13 bytes");
            assert_eq!(needed_bytes(header), expected, "{header:?}");
        }
    }

    #[test]
    fn data_are_whole_however_they_are_cut_into_chunks() {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&vec![7; 301 * 200]).expect("memory");
        let compressed = encoder.finish().expect("memory");
        for size in [1, 7, 100, compressed.len()] {
            let mut data = PngData::new(&header(100, 200, 8, 2, 0)).expect("a header");
            for chunk in compressed.chunks(size) {
                data.read(chunk).expect("data");
            }
            assert!(data.is_whole(), "{size}");
        }
        let mut cut = PngData::new(&header(100, 200, 8, 2, 0)).expect("a header");
        cut.read(&compressed[..compressed.len() / 2]).expect("data");
        assert!(!cut.is_whole());
        let mut damaged = PngData::new(&header(100, 200, 8, 2, 0)).expect("a header");
        assert_eq!(damaged.read(&[0xff; 100]), None);
    }
}
