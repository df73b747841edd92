//! Real images, 3 x 2 pixels each, written by an image library.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Every supported image format: its usual extension and a file.
pub(crate) fn all() -> [(&'static str, Vec<u8>); 5] {
    [("png", png()), ("jpg", decode(JPEG)), ("gif", decode(GIF)), ("webp", decode(WEBP)), ("bmp", decode(BMP))]
}

/// A PNG.
pub(crate) fn png() -> Vec<u8> {
    decode(PNG)
}

const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAF0lEQVR42mNkYGA4ISfHwMDABKEYGBgAGOwCDEIjmi4AAAAASUVORK5CYII=";
const JPEG: &str = "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wAALCAACAAMBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAv/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AL//Z";
const GIF: &str = "R0lGODdhAwACAIEAAAAAAMwAAMwzMwAAACwAAAAAAwACAAAICAABCAgQYGBAADs=";
const WEBP: &str = "UklGRiAAAABXRUJQVlA4TBQAAAAvAkAAAA8wHoM8HvMfeLjBQUT/Qw==";
const BMP: &str =
    "Qk1OAAAAAAAAADYAAAAoAAAAAwAAAAIAAAABABgAAAAAABgAAADEDgAAxA4AAAAAAAAAAAAAHh7IHh7IHh7IAAAAAAAAHh7IHh7IAAAA";

fn decode(text: &str) -> Vec<u8> {
    STANDARD.decode(text).expect("base64")
}
