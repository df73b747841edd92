//! What files consist of: bytes that can be made again from a seed, and real pictures.

use sha2::{Digest, Sha256};

/// The bytes of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Content {
    pub(crate) seed: u64,
    pub(crate) bytes: usize,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Noise,
    /// A PNG; `bytes` is what it comes to.
    Picture,
}

impl Content {
    /// Noise of a random size: most files are small, some are large.
    pub(crate) fn random() -> Self {
        let bytes = match fastrand::u32(..100) {
            0..=4 => 0,
            5..=49 => fastrand::usize(1..1000),
            50..=84 => fastrand::usize(1000..100_000),
            85..=97 => fastrand::usize(100_000..2_000_000),
            _ => fastrand::usize(2_000_000..12_000_000),
        };
        Self { seed: fastrand::u64(..), bytes, kind: Kind::Noise }
    }

    /// A picture of a random size.
    pub(crate) fn picture() -> Self {
        let picture = Self { seed: fastrand::u64(..), bytes: 0, kind: Kind::Picture };
        Self { bytes: picture.to_vec().len(), ..picture }
    }

    pub(crate) fn to_vec(self) -> Vec<u8> {
        match self.kind {
            Kind::Noise => {
                let mut bytes = vec![0; self.bytes];
                fastrand::Rng::with_seed(self.seed).fill(&mut bytes);
                bytes
            }
            Kind::Picture => png(self.seed),
        }
    }

    pub(crate) fn sha256(self) -> [u8; 32] {
        sha256(&self.to_vec())
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A picture in shades of grey, of 10 to 500 pixels in each direction, its data not compressed.
fn png(seed: u64) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(seed);
    let (width, height) = (random.u32(10..500), random.u32(10..500));
    let mut rows = Vec::new();
    for y in 0..height {
        rows.push(0);
        rows.extend((0..width).map(|x| (x ^ y) as u8));
    }
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    for (name, data) in [(b"IHDR", header), (b"IDAT", zlib(&rows)), (b"IEND", Vec::new())] {
        let chunk = [&name[..], &data].concat();
        file.extend((data.len() as u32).to_be_bytes());
        file.extend(&chunk);
        file.extend(crc32fast::hash(&chunk).to_be_bytes());
    }
    file
}

/// `data` as a zlib stream of stored blocks.
fn zlib(data: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let count = data.chunks(0xffff).count();
    for (index, block) in data.chunks(0xffff).enumerate() {
        let length = block.len() as u16;
        stream.push(u8::from(index + 1 == count));
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(block);
    }
    let (a, b) = data.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65521;
        (a, (a + b) % 65521)
    });
    stream.extend((b << 16 | a).to_be_bytes());
    stream
}
