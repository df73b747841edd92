//! Decodes an image and scales it down, with the crate `image`.

use std::io::Cursor;
use std::panic::{UnwindSafe, catch_unwind};

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, imageops};

use super::super::image::{Dimensions, HEADER_BYTES, Raster};
use super::{NoThumbnail, check};

/// The longest side of a thumbnail, in pixels.
const MAX_SIDE: u32 = 256;

/// The most memory that a decoder may ask for, in bytes. It is enough for every image that [`check`] accepts, which has
/// at most 8 bytes a pixel. Some decoders do not count all that they take, so an image may need more for a moment.
const MAX_DECODER_BYTES: u64 = 256 * 1024 * 1024;

/// Makes a PNG of at most 256 x 256 with the proportions of the image, turned upright and never enlarged. An animation
/// gives its first frame. This can take seconds.
///
/// The same bytes give the same thumbnail on every machine: the box filter of `image` uses integers and basic IEEE
/// floating point only, and calls no function of a platform's mathematics library. Fails when there is no thumbnail. A
/// decoder that panics means a damaged image.
pub(crate) fn make(bytes: &[u8]) -> Result<Vec<u8>, NoThumbnail> {
    guard(|| encode(&decode(bytes)?))
}

/// Turns a panic into an error: fuzzing has found images that make a decoder panic.
fn guard<T>(work: impl FnOnce() -> Result<T, NoThumbnail> + UnwindSafe) -> Result<T, NoThumbnail> {
    catch_unwind(work).unwrap_or(Err(NoThumbnail::Broken))
}

/// The size of the thumbnail of an image of this size.
fn fit(Dimensions { width, height }: Dimensions) -> (u32, u32) {
    let longer = u64::from(width.max(height));
    let shrink = |side: u32| {
        let side = u64::from(side);
        let shrunk =
            if longer > u64::from(MAX_SIDE) { (side * u64::from(MAX_SIDE) + longer / 2) / longer } else { side };
        u32::try_from(shrunk).unwrap_or(MAX_SIDE).max(1)
    };
    (shrink(width), shrink(height))
}

/// The most memory that a decoder may ask for to read the header of an image, in bytes. It is not charged to the
/// budget, because it is freed before the same thread serves another request.
const MAX_HEAD_BYTES: u64 = 8 * 1024 * 1024;

/// Whether the decoder supports the kind of image that the header states.
pub(crate) fn opens(bytes: &[u8]) -> bool {
    // The JPEG decoder copies its input, so give it the start only.
    let is_copied = Raster::of(bytes) == Some(Raster::Jpeg);
    let head = if is_copied { &bytes[..bytes.len().min(HEADER_BYTES)] } else { bytes };
    guard(|| open(head, MAX_HEAD_BYTES).map(drop)).is_ok()
}

/// Opens a decoder and reads the header of the image. Returns it with its memory limits and the dimensions.
fn open(bytes: &[u8], max_bytes: u64) -> Result<(impl ImageDecoder, Limits, Dimensions), NoThumbnail> {
    let (raster, dimensions) = (Raster::of(bytes), check(Dimensions::read(bytes))?);
    let format = match raster.ok_or(NoThumbnail::NotAnImage)? {
        Raster::Png => ImageFormat::Png,
        Raster::Jpeg => ImageFormat::Jpeg,
        Raster::Gif => ImageFormat::Gif,
        Raster::Webp => ImageFormat::WebP,
        Raster::Bmp => ImageFormat::Bmp,
    };
    let mut limits = Limits::default();
    limits.max_image_width = Some(dimensions.width);
    limits.max_image_height = Some(dimensions.height);
    limits.max_alloc = Some(max_bytes);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits.clone());
    let decoder = reader.into_decoder().map_err(|_| NoThumbnail::Broken)?;
    if decoder.dimensions() != (dimensions.width, dimensions.height) {
        return Err(NoThumbnail::Broken);
    }
    Ok((decoder, limits, dimensions))
}

fn decode(bytes: &[u8]) -> Result<DynamicImage, NoThumbnail> {
    let (mut decoder, mut limits, dimensions) = open(bytes, MAX_DECODER_BYTES)?;
    // The picture itself counts towards the limit; the decoder may use what is left.
    limits.reserve(decoder.total_bytes()).and_then(|()| decoder.set_limits(limits)).map_err(|_| NoThumbnail::Broken)?;
    let orientation = orientation(&mut decoder);
    let picture = DynamicImage::from_decoder(decoder).map_err(|_| NoThumbnail::Broken)?;
    let (width, height) = fit(dimensions);
    let has_alpha = picture.color().has_alpha();
    let small = DynamicImage::ImageRgba8(imageops::thumbnail(&picture, width, height));
    drop(picture);
    let mut small = if has_alpha { small } else { small.into_rgb8().into() };
    small.apply_orientation(orientation);
    Ok(small)
}

/// The orientation of the picture. If it cannot be read, the picture is not turned.
fn orientation(decoder: &mut impl ImageDecoder) -> Orientation {
    // Many programs start the Exif block of a WebP with `Exif\0\0`, as in a JPEG. The JPEG decoder strips that prefix,
    // and the WebP decoder does not.
    let exif = decoder.exif_metadata().ok().flatten();
    let block = exif.as_deref().and_then(|exif| exif.strip_prefix(b"Exif\0\0"));
    let stated = block.and_then(Orientation::from_exif_chunk).or_else(|| decoder.orientation().ok());
    stated.unwrap_or(Orientation::NoTransforms)
}

fn encode(picture: &DynamicImage) -> Result<Vec<u8>, NoThumbnail> {
    let mut png = Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png).map_err(|_| NoThumbnail::Broken)?;
    Ok(png.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thumbnails_keep_the_proportions_and_never_grow() {
        for ((width, height), expected) in [
            ((1, 1), (1, 1)),
            ((256, 256), (256, 256)),
            ((200, 100), (200, 100)),
            ((257, 256), (256, 255)),
            ((512, 256), (256, 128)),
            ((300, 1000), (77, 256)),
            ((25_000_000, 1), (256, 1)),
            ((1, 65_535), (1, 256)),
        ] {
            assert_eq!(fit(Dimensions { width, height }), expected, "{width}x{height}");
        }
    }

    #[test]
    fn a_decoder_that_panics_has_found_a_damaged_image() {
        assert_eq!(guard(|| Ok(1)), Ok(1));
        assert_eq!(guard(|| -> Result<(), _> { panic!("as decoders do") }), Err(NoThumbnail::Broken));
    }
}
