//! What the structure of an image file tells before anything is decoded: whether the file is cut off, and what its
//! decoder will need beside the pixels that it gives out.
//!
//! `image`'s limit on memory does not cover this: not every decoder obeys it, and some set memory aside on a frame's
//! word. A file that is cut off would be noticed only after most of it was decoded, or not at all.

use super::image::{Dimensions, Raster};
use super::png_data::PngData;
use super::thumbnail::NoThumbnail;

/// In bytes, at most. The figures are measured on images of every kind near the limits, with `image` 0.25.
///
/// # Errors
/// [`NoThumbnail::Broken`] when the file is cut off or contradicts itself.
pub(super) fn bytes_beside_pixels(bytes: &[u8], raster: Raster, dimensions: Dimensions) -> Result<u64, NoThumbnail> {
    let needed = match raster {
        Raster::Png => png(bytes, dimensions),
        Raster::Jpeg => jpeg(bytes, dimensions),
        Raster::Gif => gif(bytes).map(|()| dimensions.pixels()),
        Raster::Webp => webp(bytes.get(12..).unwrap_or_default(), dimensions).map(|each| each * dimensions.pixels()),
        Raster::Bmp => bmp(bytes, dimensions),
    };
    needed.ok_or(NoThumbnail::Broken)
}

/// Up to the chunk that ends the image. The data of a large one is checked on the way: a small one may as well fail in
/// its decoder.
fn png(bytes: &[u8], dimensions: Dimensions) -> Option<u64> {
    const LARGE_PIXELS: u64 = 4_000_000;
    const LENGTH_AND_KIND: usize = 8;
    const CHECKSUM: usize = 4;
    let is_large = dimensions.pixels() > LARGE_PIXELS;
    let mut data = None;
    let mut chunks = bytes.get(8..)?;
    loop {
        let length = u32::from_be_bytes(*chunks.first_chunk()?) as usize;
        let end = length.checked_add(LENGTH_AND_KIND)?;
        let (kind, content) = chunks.get(4..end)?.split_at_checked(4)?;
        let checksum = u32::from_be_bytes(*chunks.get(end..)?.first_chunk()?);
        // A lower-case letter in front marks what a decoder can do without.
        if is_large && kind[0].is_ascii_uppercase() && crc32fast::hash(chunks.get(4..end)?) != checksum {
            return None;
        }
        chunks = chunks.get(end + CHECKSUM..)?;
        match kind {
            b"IHDR" if is_large => data = Some(PngData::new(content)?),
            b"IDAT" => data.as_mut().map_or(Some(()), |data| data.read(content))?,
            b"IEND" => return data.is_none_or(|data| data.is_whole()).then_some(0),
            _ => {}
        }
    }
}

/// Up to the end of the image: what is missing of it, the decoder shows in grey. It copies the file; and of a
/// progressive JPEG, or one whose scans do not hold all components, it keeps every coefficient.
fn jpeg(bytes: &[u8], dimensions: Dimensions) -> Option<u64> {
    const START_OF_SCAN: u8 = 0xda;
    const END_OF_IMAGE: u8 = 0xd9;
    const BYTES_PER_COEFFICIENT: u64 = 2;
    // Components are padded to whole blocks of at most 32 x 32.
    let padded =
        Dimensions { width: dimensions.width.next_multiple_of(32), height: dimensions.height.next_multiple_of(32) };
    let (mut components, mut coefficients, mut is_buffered) = (0, 0, false);
    let mut rest = bytes.get(2..)?;
    loop {
        let (marker, after) = next_marker(rest)?;
        if marker == END_OF_IMAGE {
            let kept_bytes = if is_buffered { coefficients * BYTES_PER_COEFFICIENT } else { 0 };
            return Some(bytes.len() as u64 + kept_bytes);
        }
        let segment = after.get(2..usize::from(u16::from_be_bytes(*after.first_chunk()?)))?;
        match marker {
            // Frame headers; 0xc4, 0xc8 and 0xcc are other things.
            0xc0..=0xcf if ![0xc4, 0xc8, 0xcc].contains(&marker) => {
                let factors = segment.get(6..)?.chunks_exact(3).map(|component| component[1]);
                let factors: Vec<_> = factors.map(|both| (u64::from(both >> 4), u64::from(both & 15))).collect();
                let across = factors.iter().map(|factor| factor.0).max()?.max(1);
                let down = factors.iter().map(|factor| factor.1).max()?.max(1);
                let share: u64 = factors.iter().map(|factor| factor.0 * factor.1).sum();
                coefficients = coefficients.max(padded.pixels() * share / (across * down));
                components = components.max(factors.len());
                is_buffered |= marker != 0xc0 && marker != 0xc1;
            }
            START_OF_SCAN => is_buffered |= usize::from(*segment.first()?) < components,
            _ => {}
        }
        rest = &after[2 + segment.len()..];
    }
}

/// The next marker that is followed by a segment, or the end of the image; in between may lie coded pixels.
fn next_marker(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let mut rest = bytes;
    loop {
        let start = rest.iter().position(|&byte| byte == 0xff)?;
        rest = &rest[start + 1..];
        match rest.first()? {
            // A coded 0xff, markers that stand alone, and the start of an image.
            0x00 | 0x01 | 0xd0..=0xd8 => rest = &rest[1..],
            // Padding before a marker.
            0xff => {}
            &marker => return Some((marker, &rest[1..])),
        }
    }
}

/// Up to the end of the first frame, which is all that a thumbnail shows.
fn gif(bytes: &[u8]) -> Option<()> {
    const EXTENSION: u8 = 0x21;
    const IMAGE: u8 = 0x2c;
    let after_table = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let mut rest = bytes.get(13 + after_table(*bytes.get(10)?)..)?;
    loop {
        match *rest.first()? {
            EXTENSION => rest = after_blocks(rest.get(2..)?)?,
            IMAGE => return after_blocks(rest.get(11 + after_table(*rest.get(9)?)..)?).map(drop),
            _ => return None,
        }
    }
}

/// Skips blocks, each with its length in front, to the empty one at their end.
fn after_blocks(mut blocks: &[u8]) -> Option<&[u8]> {
    loop {
        let length = usize::from(*blocks.first()?);
        blocks = blocks.get(1 + length..)?;
        if length == 0 {
            return Some(blocks);
        }
    }
}

/// Per pixel. The decoder keeps planes and canvases of its own, and believes the size that each frame states.
fn webp(mut chunks: &[u8], canvas: Dimensions) -> Option<u64> {
    let mut most = 0;
    while let Some(kind) = chunks.first_chunk::<4>() {
        let size = u32::from_le_bytes(*chunks.get(4..)?.first_chunk()?) as usize;
        let body = chunks.get(8..)?;
        let each = match kind {
            b"VP8 " => {
                let bits = u32::from_le_bytes(*body.get(..size)?.get(6..)?.first_chunk()?);
                fits(bits & 0x3fff, (bits >> 16) & 0x3fff, canvas)?;
                2
            }
            b"VP8L" => {
                let bits = u32::from_le_bytes(*body.get(..size)?.get(1..)?.first_chunk()?);
                fits((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1, canvas)?;
                4
            }
            b"ALPH" => 8,
            b"ANMF" => 9 + webp(body.get(..size)?.get(16..)?, canvas)?,
            _ => 0,
        };
        most = most.max(each);
        chunks = body.get(size.checked_next_multiple_of(2)?..).unwrap_or_default();
    }
    (most > 0).then_some(most)
}

fn fits(width: u32, height: u32, canvas: Dimensions) -> Option<()> {
    (width <= canvas.width && height <= canvas.height).then_some(())
}

/// Up to the last row, where rows have a fixed length.
fn bmp(bytes: &[u8], dimensions: Dimensions) -> Option<u64> {
    const OS2_HEADER_BYTES: u32 = 12;
    let number = |at: usize| bytes.get(at..)?.first_chunk().map(|number| u32::from_le_bytes(*number));
    let (bits, is_packed) = match number(14)? {
        OS2_HEADER_BYTES => (number(22)? >> 16, false),
        _ => (number(26)? >> 16, matches!(number(30)?, 1 | 2)),
    };
    let row_bytes = (u64::from(dimensions.width) * u64::from(bits)).div_ceil(32) * 4;
    let last_row = u64::from(number(10)?) + row_bytes.saturating_mul(u64::from(dimensions.height) - 1);
    (is_packed || last_row < bytes.len() as u64).then_some(0)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, ImageFormat};

    use super::*;

    const SIZE: Dimensions = Dimensions { width: 40, height: 30 };

    fn images() -> Vec<(Raster, Vec<u8>)> {
        let formats = [
            (Raster::Png, ImageFormat::Png),
            (Raster::Jpeg, ImageFormat::Jpeg),
            (Raster::Gif, ImageFormat::Gif),
            (Raster::Webp, ImageFormat::WebP),
            (Raster::Bmp, ImageFormat::Bmp),
        ];
        let encode = |format| {
            let mut bytes = Cursor::new(Vec::new());
            DynamicImage::new_rgb8(SIZE.width, SIZE.height).write_to(&mut bytes, format).expect("a picture");
            bytes.into_inner()
        };
        formats.map(|(raster, format)| (raster, encode(format))).into()
    }

    /// A decoder would notice all of these too, but only with the whole picture in memory.
    #[test]
    fn the_data_of_a_large_png_is_checked() {
        let size = Dimensions { width: 2100, height: 2000 };
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(size.width, size.height).write_to(&mut bytes, ImageFormat::Png).expect("a picture");
        let whole = bytes.into_inner();
        assert_eq!(bytes_beside_pixels(&whole, Raster::Png, size), Ok(0));

        let mut damaged = whole.clone();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 1;
        assert_eq!(bytes_beside_pixels(&damaged, Raster::Png, size), Err(NoThumbnail::Broken));

        // One row more than there are data for.
        let mut longer = whole;
        longer[20..24].copy_from_slice(&(size.height + 1).to_be_bytes());
        let checksum = crc32fast::hash(&longer[12..29]);
        longer[29..33].copy_from_slice(&checksum.to_be_bytes());
        let size = Dimensions { height: size.height + 1, ..size };
        assert_eq!(bytes_beside_pixels(&longer, Raster::Png, size), Err(NoThumbnail::Broken));
    }

    #[test]
    fn whole_files_need_what_their_decoders_keep() {
        for (raster, bytes) in images() {
            let expected = match raster {
                Raster::Png | Raster::Bmp => 0,
                Raster::Jpeg => bytes.len() as u64,
                Raster::Gif => SIZE.pixels(),
                Raster::Webp => SIZE.pixels() * 4,
            };
            assert_eq!(bytes_beside_pixels(&bytes, raster, SIZE), Ok(expected), "{raster:?}");
        }
    }

    #[test]
    fn no_part_of_a_file_is_taken_for_the_whole() {
        for (raster, bytes) in images() {
            // The last bytes of a BMP are pixels, and those of a GIF say that no more frames come.
            let end = match raster {
                Raster::Bmp => bytes.len() - SIZE.width as usize * 3,
                Raster::Gif => bytes.len() - 1,
                Raster::Webp => bytes.len() - 2,
                Raster::Png | Raster::Jpeg => bytes.len(),
            };
            for end in 14..end {
                let needed = bytes_beside_pixels(&bytes[..end], raster, SIZE);
                assert_eq!(needed, Err(NoThumbnail::Broken), "{raster:?}, {end} of {} bytes", bytes.len());
            }
        }
    }

    #[test]
    fn a_progressive_jpeg_needs_its_coefficients() {
        let jpeg = |frame: u8, scan: &[u8]| {
            let frame = [&[0xff, frame, 0, 17, 8, 0, 30, 0, 40, 3], [1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0].as_slice()];
            [b"\xff\xd8".as_slice(), &frame.concat(), scan, b"pixels\xff\x00\xff\xd9"].concat()
        };
        let (all, one) =
            (b"\xff\xda\0\x0c\x03\x01\0\x02\0\x03\0\0\0\0".as_slice(), b"\xff\xda\0\x08\x01\x01\0\0\0\0".as_slice());
        // Padded to 64 x 32; of two components there is a quarter each.
        let coefficients = 64 * 32 * 3 / 2;
        for (bytes, expected) in
            [(jpeg(0xc0, all), 0), (jpeg(0xc2, all), coefficients * 2), (jpeg(0xc0, one), coefficients * 2)]
        {
            let expected = Ok(bytes.len() as u64 + expected);
            assert_eq!(bytes_beside_pixels(&bytes, Raster::Jpeg, SIZE), expected);
        }
    }
}
