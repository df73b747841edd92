//! The format and the dimensions of an image, read from the first bytes of a file. Nothing is decoded.

use imagesize::ImageType;

/// How many bytes of a file are searched for its dimensions. It limits the time that a hostile file can take.
pub(super) const HEADER_BYTES: usize = 4 * 1024 * 1024;

/// An image format (contract section 2), detected from the bytes, never from the file name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Raster {
    Png,
    Jpeg,
    Gif,
    Webp,
    Bmp,
}

impl Raster {
    /// The format of these bytes. `None` for everything else, including vector graphics.
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
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let head = &bytes[..bytes.len().min(HEADER_BYTES)];
        let dimensions = match Raster::of(head)? {
            Raster::Bmp => Self::of_bmp(head)?,
            // If another chunk comes first, as in files of old iPhones, the size is not here.
            Raster::Png if !head.starts_with(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR") => return None,
            Raster::Png | Raster::Jpeg | Raster::Gif | Raster::Webp => {
                let size = imagesize::blob_size(head).ok()?;
                Self { width: u32::try_from(size.width).ok()?, height: u32::try_from(size.height).ok()? }
            }
        };
        (dimensions.width > 0 && dimensions.height > 0).then_some(dimensions)
    }

    /// The number of pixels.
    pub const fn pixels(self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// Written by hand, because `imagesize` takes any text that starts with `BM` for a BMP, does not know the header of
    /// 12 bytes, and reads a negative height as a huge one. A negative height means that rows run from top to bottom.
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
