//! Thumbnails: from the bytes of an image to the bytes of a small PNG. Pure functions. Who calls them, on which thread
//! and how often, is settled elsewhere.

use std::io::Cursor;
use std::panic::{UnwindSafe, catch_unwind};

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, imageops};

use super::image::{Dimensions, Raster};
use super::image_structure;

/// The longest side of a thumbnail, in pixels.
pub const MAX_SIDE: u32 = 256;

/// Beyond this, an image gets no thumbnail.
const MAX_PIXELS: u64 = 50_000_000;

/// What decoding one image may take at its height, in bytes.
const MAX_WORKING_BYTES: u64 = 256 * 1024 * 1024;

/// What a decoder may set aside beside the pixels: colour profiles, rows, a frame that is smaller than its screen.
const MAX_SIDE_BYTES: u64 = 32 * 1024 * 1024;

/// Why there is no thumbnail of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoThumbnail {
    /// The bytes are none of the formats of [`Raster`].
    #[error("it is not an image")]
    NotAnImage,
    /// Its header states more than 50 megapixels.
    #[error("it has more than {} megapixels", MAX_PIXELS / 1_000_000)]
    TooManyPixels,
    /// Decoding it would take more than 256 MiB.
    #[error("decoding it takes more than {} MiB", MAX_WORKING_BYTES / (1024 * 1024))]
    TooMuchMemory,
    /// It is cut off or damaged.
    #[error("the image is damaged")]
    Broken,
}

/// Whether the header alone rules a thumbnail out. Costs next to nothing.
///
/// # Errors
/// Why it does.
pub fn check(dimensions: Option<Dimensions>) -> Result<Dimensions, NoThumbnail> {
    let dimensions = dimensions.ok_or(NoThumbnail::NotAnImage)?;
    match dimensions.pixels() {
        0..=MAX_PIXELS => Ok(dimensions),
        _ => Err(NoThumbnail::TooManyPixels),
    }
}

/// A PNG of at most 256 x 256 that shows the image, upright, in its proportions, never larger than it is. Of an
/// animation it shows the first frame. Slow: up to seconds.
///
/// The same bytes give the same thumbnail on every machine: `image`'s box filter averages whole pixels in integers and
/// places them with additions, multiplications and roundings of IEEE floats, which are exact everywhere; no function
/// that a platform's mathematics library may round its own way is called.
///
/// # Errors
/// When there can be none. A panic of a decoder counts as a damaged image.
pub fn make(bytes: &[u8]) -> Result<Vec<u8>, NoThumbnail> {
    guard(|| {
        let (raster, dimensions) = (Raster::of(bytes), check(Dimensions::read(bytes))?);
        let picture = decode(bytes, raster.ok_or(NoThumbnail::NotAnImage)?, dimensions)?;
        encode(&picture)
    })
}

/// Fuzzing has seen a decoder panic.
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

fn decode(bytes: &[u8], raster: Raster, dimensions: Dimensions) -> Result<DynamicImage, NoThumbnail> {
    let format = match raster {
        Raster::Png => ImageFormat::Png,
        Raster::Jpeg => ImageFormat::Jpeg,
        Raster::Gif => ImageFormat::Gif,
        Raster::Webp => ImageFormat::WebP,
        Raster::Bmp => ImageFormat::Bmp,
    };
    let beside_bytes = image_structure::bytes_beside_pixels(bytes, raster, dimensions)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(dimensions.width);
    limits.max_image_height = Some(dimensions.height);
    limits.max_alloc = Some(MAX_SIDE_BYTES);
    if beside_bytes > MAX_WORKING_BYTES {
        return Err(NoThumbnail::TooMuchMemory);
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(broken)?;
    if decoder.dimensions() != (dimensions.width, dimensions.height) {
        return Err(NoThumbnail::Broken);
    }
    if decoder.total_bytes().saturating_add(beside_bytes) > MAX_WORKING_BYTES {
        return Err(NoThumbnail::TooMuchMemory);
    }
    // An orientation that cannot be read is none; the picture is still worth showing.
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(broken)?;
    let (width, height) = fit(dimensions);
    let has_alpha = picture.color().has_alpha();
    let small = DynamicImage::ImageRgba8(imageops::thumbnail(&picture, width, height));
    drop(picture);
    let mut small = if has_alpha { small } else { small.into_rgb8().into() };
    small.apply_orientation(orientation);
    Ok(small)
}

fn encode(picture: &DynamicImage) -> Result<Vec<u8>, NoThumbnail> {
    let mut png = Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png).map_err(broken)?;
    Ok(png.into_inner())
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of map_err")]
fn broken(error: image::ImageError) -> NoThumbnail {
    if matches!(error, image::ImageError::Limits(_)) { NoThumbnail::TooMuchMemory } else { NoThumbnail::Broken }
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
            ((50_000_000, 1), (256, 1)),
            ((1, 65_535), (1, 256)),
        ] {
            assert_eq!(fit(Dimensions { width, height }), expected, "{width}x{height}");
        }
    }

    #[test]
    fn fifty_megapixels_are_the_most() {
        let of = |width, height| check(Some(Dimensions { width, height }));
        assert_eq!(of(10_000, 5_000), Ok(Dimensions { width: 10_000, height: 5_000 }));
        assert_eq!(of(10_001, 5_000), Err(NoThumbnail::TooManyPixels));
        assert_eq!(of(u32::MAX, u32::MAX), Err(NoThumbnail::TooManyPixels));
        assert_eq!(check(None), Err(NoThumbnail::NotAnImage));
    }

    #[test]
    fn a_decoder_that_panics_has_found_a_damaged_image() {
        assert_eq!(guard(|| Ok(1)), Ok(1));
        assert_eq!(guard(|| -> Result<(), _> { panic!("as decoders do") }), Err(NoThumbnail::Broken));
    }
}
