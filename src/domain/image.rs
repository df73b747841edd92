//! The format and the dimensions of an image, read from the first bytes of a file. Nothing is decoded.

use imagesize::ImageType;

/// How many bytes of a file are searched for its dimensions. It limits the time that a hostile file can take.
const HEADER_BYTES: usize = 4 * 1024 * 1024;

/// A format of images (contract section 2), found from the bytes; the name of the file does not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Raster {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF.
    Gif,
    /// WebP.
    Webp,
    /// BMP.
    Bmp,
}

impl Raster {
    /// The format of these bytes. `None` for everything else, also for vector graphics.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        match imagesize::image_type(bytes).ok()? {
            ImageType::Png => Some(Self::Png),
            ImageType::Jpeg => Some(Self::Jpeg),
            ImageType::Gif => Some(Self::Gif),
            ImageType::Webp => Some(Self::Webp),
            ImageType::Bmp => Some(Self::Bmp),
            _ => None,
        }
    }

    /// The registered media type.
    pub(crate) const fn mimetype(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Bmp => "image/bmp",
        }
    }
}

/// Width and height in pixels, as the header states them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dimensions {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

impl Dimensions {
    /// Reads the dimensions of a PNG, JPEG, GIF, WebP or BMP (contract section 2). `None` for other content, and when the
    /// header is cut off.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let head = &bytes[..bytes.len().min(HEADER_BYTES)];
        let dimensions = match Raster::of(head)? {
            Raster::Bmp => Self::of_bmp(head)?,
            Raster::Png | Raster::Jpeg | Raster::Gif | Raster::Webp => {
                let size = imagesize::blob_size(head).ok()?;
                Self { width: u32::try_from(size.width).ok()?, height: u32::try_from(size.height).ok()? }
            }
        };
        (dimensions.width > 0 && dimensions.height > 0).then_some(dimensions)
    }

    /// The number of pixels.
    #[must_use]
    pub const fn pixels(self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// Written by hand, because `imagesize` takes any text that starts with `BM` for a BMP, does not know the header of 12
    /// bytes, and reads a negative height, which means that rows run from top to bottom, as a huge one.
    fn of_bmp(head: &[u8]) -> Option<Self> {
        let header_bytes = u32::from_le_bytes(*head.get(14..)?.first_chunk()?);
        let size = head.get(18..)?;
        match header_bytes {
            12 => {
                let [w0, w1, h0, h1] = *size.first_chunk()?;
                Some(Self { width: u16::from_le_bytes([w0, w1]).into(), height: u16::from_le_bytes([h0, h1]).into() })
            }
            16 | 40 | 52 | 56 | 64 | 108 | 124 => {
                let width = i32::from_le_bytes(*size.first_chunk()?);
                let height = i32::from_le_bytes(*size.get(4..)?.first_chunk()?);
                Some(Self { width: u32::try_from(width).ok()?, height: height.unsigned_abs() })
            }
            _ => None,
        }
    }
}

impl std::fmt::Display for Dimensions {
    /// `WxH`, as in the answer's `metadata.size`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest heads of each format that state 3 x 2.
    fn heads() -> Vec<(&'static str, Vec<u8>)> {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x03\0\0\0\x02\x08\x02\0\0\0".to_vec();
        let gif = b"GIF89a\x03\0\x02\0\0\0\0".to_vec();
        let mut bmp = b"BM".to_vec();
        bmp.extend([0; 12]);
        bmp.extend([40, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 24, 0]);
        let jpeg = b"\xff\xd8\xff\xe0\0\x04JF\xff\xc0\0\x0b\x08\0\x02\0\x03\x01\x01\x11\0\xff\xd9".to_vec();
        let mut webp = b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0".to_vec();
        webp.extend([2, 0, 0, 1, 0, 0]);
        vec![("png", png), ("gif", gif), ("bmp", bmp), ("jpeg", jpeg), ("webp", webp)]
    }

    #[test]
    fn reads_the_five_formats() {
        for (format, bytes) in heads() {
            assert_eq!(Dimensions::read(&bytes), Some(Dimensions { width: 3, height: 2 }), "{format}");
        }
    }

    #[test]
    fn reads_every_kind_of_bmp() {
        let bmp = |header: &[u8]| [b"BM", [0; 12].as_slice(), header].concat();
        for (kind, header) in [
            ("rows from top to bottom", [40, 0, 0, 0, 3, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff].as_slice()),
            ("the header of OS/2", &[12, 0, 0, 0, 3, 0, 2, 0, 1, 0, 24, 0]),
        ] {
            assert_eq!(Dimensions::read(&bmp(header)), Some(Dimensions { width: 3, height: 2 }), "{kind}");
        }
        assert_eq!(
            Dimensions::read(&bmp(&[40, 0, 0, 0, 0xfd, 0xff, 0xff, 0xff, 2, 0, 0, 0])),
            None,
            "no negative width"
        );
    }

    #[test]
    fn takes_nothing_else_and_survives_every_cut() {
        assert_eq!(Dimensions::read(b""), None);
        assert_eq!(Dimensions::read(b"%PDF-1.7"), None);
        assert_eq!(Dimensions::read(b"BMW is what this text is about, and not a picture"), None);
        assert_eq!(Dimensions::read(b"<svg xmlns='http://www.w3.org/2000/svg' width='3' height='2'/>"), None);
        for (format, bytes) in heads() {
            assert_eq!(Dimensions::read(&bytes[..7]), None, "{format}");
            for end in 0..bytes.len() {
                let _ = Dimensions::read(&bytes[..end]);
            }
        }
    }
}
