//! Makes thumbnails: from the bytes of an image to the bytes of a small PNG. These are pure functions; the caller
//! chooses the thread.

#[cfg(feature = "thumbnails")]
mod scale;

#[cfg(feature = "thumbnails")]
pub(super) use self::scale::{make, opens};
use super::Dimensions;

/// An image with more pixels gets no thumbnail.
const MAX_PIXELS: u64 = 25_000_000;

/// Why there is no thumbnail of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoThumbnail {
    /// The bytes have none of the formats of [`Raster`].
    NotAnImage,
    /// Its header states more than 25 megapixels.
    TooManyPixels,
    /// It is damaged, or truncated so that the decoder can show nothing.
    Broken,
    /// The crate was built without the feature `thumbnails`.
    #[cfg(not(feature = "thumbnails"))]
    NotBuilt,
}

/// Checks what the header states, before anything is decoded. Fails when there can be no thumbnail.
pub(crate) fn check(dimensions: Option<Dimensions>) -> Result<Dimensions, NoThumbnail> {
    let dimensions = dimensions.ok_or(NoThumbnail::NotAnImage)?;
    match dimensions.pixels() {
        0..=MAX_PIXELS => Ok(dimensions),
        _ => Err(NoThumbnail::TooManyPixels),
    }
}

/// The memory needed to decode an image, in bytes: at most 8 for each pixel.
pub(super) fn decoding_bytes(bytes: &[u8]) -> u64 {
    check(Dimensions::read(bytes)).map_or(0, |dimensions| dimensions.pixels() * 8)
}

/// Whether answers about a file of these bytes name a thumbnail: its header says that there can be one. Damage further
/// on shows only when the image is decoded.
pub(super) fn is_offered(bytes: &[u8], dimensions: Option<Dimensions>) -> bool {
    check(dimensions).is_ok() && opens(bytes)
}

#[cfg(not(feature = "thumbnails"))]
pub(super) fn opens(_: &[u8]) -> bool {
    false
}

#[cfg(not(feature = "thumbnails"))]
pub(super) fn make(_: &[u8]) -> Result<Vec<u8>, NoThumbnail> {
    Err(NoThumbnail::NotBuilt)
}
