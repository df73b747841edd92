//! `GET /v2/thumbnails/{fileId}`

use std::io::Cursor;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use bytes::Bytes;
use futures_util::future::join_all;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, GenericImageView, ImageDecoder, ImageEncoder, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use serde_json::{Value, json};
use tracker_mock::{Config, Limits};

use crate::support::{Answer, Api, Form, WORLD_BYTES, request};

const FORMATS: [(ImageFormat, &str); 5] = [
    (ImageFormat::Png, "png"),
    (ImageFormat::Jpeg, "jpeg"),
    (ImageFormat::Gif, "gif"),
    (ImageFormat::WebP, "webp"),
    (ImageFormat::Bmp, "bmp"),
];

const RED: [u8; 3] = [220, 30, 30];
const GREEN: [u8; 3] = [30, 200, 30];
const BLUE: [u8; 3] = [30, 30, 220];
const WHITE: [u8; 3] = [240, 240, 240];

/// Four colours, one in each quarter: red and green above blue and white.
fn quarters(width: u32, height: u32) -> DynamicImage {
    let colour = |x, y| match (x < width / 2, y < height / 2) {
        (true, true) => RED,
        (false, true) => GREEN,
        (true, false) => BLUE,
        (false, false) => WHITE,
    };
    RgbImage::from_fn(width, height, |x, y| Rgb(colour(x, y))).into()
}

fn encode(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).expect("a picture that the format can hold");
    bytes.into_inner()
}

/// An Exif block that says nothing but the orientation.
fn exif(orientation: u8) -> Vec<u8> {
    let mut block = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    block.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    block
}

fn rotated_jpeg(picture: &DynamicImage, orientation: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
    encoder.set_exif_metadata(exif(orientation)).expect("a short block");
    encoder.encode_image(picture).expect("a good picture");
    bytes
}

/// The head of a PNG of that size, with as much of its data as a cut-off upload might have.
fn png_that_claims(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = encode(&quarters(64, 64), ImageFormat::Png);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let checksum = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&checksum.to_be_bytes());
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

async fn thumbnail_of(api: &Api, name: &str, bytes: &[u8]) -> Answer {
    let id = api.upload(name, bytes).await;
    api.get(&format!("/v2/thumbnails/{id}")).await
}

fn picture(answer: &Answer) -> DynamicImage {
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.headers["content-type"], "image/png");
    image::load_from_memory_with_format(&answer.body, ImageFormat::Png).expect("a PNG")
}

/// The colours in the middle of the four quarters are these, but for what compression changes.
#[track_caller]
fn assert_quarters(picture: &DynamicImage, expected: [[u8; 3]; 4]) {
    let (width, height) = picture.dimensions();
    for (place, expected) in [(1, 1), (3, 1), (1, 3), (3, 3)].into_iter().zip(expected) {
        let Rgba([r, g, b, a]) = picture.get_pixel(width * place.0 / 4, height * place.1 / 4);
        let near = [r, g, b].iter().zip(expected).all(|(&one, other)| one.abs_diff(other) < 40);
        assert!(near && a == 255, "{:?} at {place:?}, not {expected:?}", [r, g, b, a]);
    }
}

/// 404 in the error format, with this reason.
#[track_caller]
fn assert_none(answer: &Answer, reason: &str) {
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let messages = answer.json()["errorMessages"].to_string();
    assert!(messages.contains(reason), "{messages}");
}

#[tokio::test]
async fn the_head_of_a_thumbnail() {
    let api = Api::new();
    let answer = thumbnail_of(&api, "снимок экрана.png", &encode(&quarters(640, 480), ImageFormat::Png)).await;
    let head = Answer { body: Bytes::new(), ..answer };
    insta::assert_snapshot!(head.transcript());
}

#[tokio::test]
async fn every_format_keeps_its_proportions_and_colours() {
    let api = Api::new();
    for (format, name) in FORMATS {
        for ((width, height), expected) in
            [((640, 480), (256, 192)), ((300, 900), (85, 256)), ((40, 20), (40, 20)), ((257, 257), (256, 256))]
        {
            let bytes = encode(&quarters(width, height), format);
            let picture = picture(&thumbnail_of(&api, name, &bytes).await);
            assert_eq!(picture.dimensions(), expected, "{name} of {width}x{height}");
            assert_quarters(&picture, [RED, GREEN, BLUE, WHITE]);
        }
    }
}

#[tokio::test]
async fn the_bytes_decide_what_an_image_is() {
    let api = Api::new();
    let answer = thumbnail_of(&api, "notes.txt", &encode(&quarters(300, 300), ImageFormat::Gif)).await;
    assert_eq!(picture(&answer).dimensions(), (256, 256));
    assert_none(&thumbnail_of(&api, "photo.png", b"some text").await, "it is not an image");
}

#[tokio::test]
async fn exif_orientation_is_respected() {
    let api = Api::new();
    for (orientation, dimensions, expected) in [
        (1, (256, 128), [RED, GREEN, BLUE, WHITE]),
        (2, (256, 128), [GREEN, RED, WHITE, BLUE]),
        (3, (256, 128), [WHITE, BLUE, GREEN, RED]),
        (4, (256, 128), [BLUE, WHITE, RED, GREEN]),
        (5, (128, 256), [RED, BLUE, GREEN, WHITE]),
        (6, (128, 256), [BLUE, RED, WHITE, GREEN]),
        (7, (128, 256), [WHITE, GREEN, BLUE, RED]),
        (8, (128, 256), [GREEN, WHITE, RED, BLUE]),
    ] {
        let answer = thumbnail_of(&api, "photo.jpg", &rotated_jpeg(&quarters(512, 256), orientation)).await;
        let picture = picture(&answer);
        assert_eq!(picture.dimensions(), dimensions, "orientation {orientation}");
        assert_quarters(&picture, expected);
    }
}

#[tokio::test]
async fn transparency_stays_and_opaque_images_have_no_alpha() {
    let api = Api::new();
    let glass: DynamicImage = RgbaImage::from_pixel(400, 200, Rgba([10, 20, 30, 128])).into();
    let answer = thumbnail_of(&api, "glass.png", &encode(&glass, ImageFormat::Png)).await;
    assert_eq!(picture(&answer).to_rgba8().get_pixel(100, 50), &Rgba([10, 20, 30, 128]));
    let answer = thumbnail_of(&api, "wall.png", &encode(&quarters(400, 200), ImageFormat::Png)).await;
    assert!(!picture(&answer).color().has_alpha());
}

#[tokio::test]
async fn deep_and_grey_images() {
    let api = Api::new();
    let deep = DynamicImage::ImageRgb16(quarters(600, 300).to_rgb16());
    let answer = thumbnail_of(&api, "deep.png", &encode(&deep, ImageFormat::Png)).await;
    assert_quarters(&picture(&answer), [RED, GREEN, BLUE, WHITE]);
    let grey = DynamicImage::ImageLuma8(image::GrayImage::from_pixel(600, 300, image::Luma([77])));
    for (format, name) in [(ImageFormat::Png, "png"), (ImageFormat::Jpeg, "jpeg")] {
        let answer = thumbnail_of(&api, name, &encode(&grey, format)).await;
        assert_quarters(&picture(&answer), [[77; 3]; 4]);
    }
}

#[tokio::test]
async fn the_same_bytes_give_the_same_thumbnail() {
    let api = Api::new();
    let bytes = encode(&quarters(1000, 700), ImageFormat::Png);
    let (one, other) = (thumbnail_of(&api, "a.png", &bytes).await, thumbnail_of(&api, "b.png", &bytes).await);
    assert_eq!(one.body, other.body);
    assert_eq!(one.headers["etag"], other.headers["etag"]);
    // Made on another machine, this must come out the same: see `domain::thumbnail`.
    insta::assert_snapshot!(one.headers["etag"].to_str().expect("ASCII"), @r#""99b3a114040820d86d7773ac17cb37e7""#);
}

#[tokio::test]
async fn bombs_are_refused_and_their_dimensions_told() {
    let api = Api::new();
    for (width, height) in [(60_000, 60_000), (25_000_001, 1), (0x7fff_ffff, 0x7fff_ffff)] {
        let bytes = png_that_claims(width, height);
        let id = api.upload("bomb.png", &bytes).await;
        assert_none(&api.get(&format!("/v2/thumbnails/{id}")).await, "more than 25 megapixels");
        let content = api.get(&format!("/v2/attachments/{id}/bomb.png")).await;
        assert_eq!(content.body, bytes);
    }
}

/// Noise, so that no format packs it into its head.
fn noise() -> DynamicImage {
    let colour = |x, y| Rgb([((x * 37) ^ (y * 101)) as u8, (x * y) as u8, (x ^ (y * 7)) as u8]);
    RgbImage::from_fn(120, 90, colour).into()
}

#[tokio::test]
async fn cut_off_images_have_no_thumbnail() {
    let api = Api::new();
    for (format, name) in FORMATS.into_iter().filter(|(format, _)| *format != ImageFormat::Jpeg) {
        let bytes = encode(&noise(), format);
        assert_eq!(picture(&thumbnail_of(&api, name, &bytes).await).dimensions(), (120, 90), "{name}");
        for part in [bytes.len() / 10, bytes.len() / 2, bytes.len() * 9 / 10] {
            let answer = thumbnail_of(&api, name, &bytes[..part]).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}, {part} of {} bytes", bytes.len());
            assert_eq!(answer.json()["statusCode"], 404);
        }
    }
}

#[tokio::test]
async fn a_cut_off_jpeg_shows_what_has_come() {
    let api = Api::new();
    let bytes = encode(&quarters(640, 480), ImageFormat::Jpeg);
    let part = &bytes[..bytes.len() * 9 / 10];
    let shown = picture(&thumbnail_of(&api, "part.jpg", part).await);
    assert_eq!(shown.dimensions(), (256, 192));
    let Rgba([r, g, b, _]) = shown.get_pixel(64, 48);
    assert!([r, g, b].iter().zip(RED).all(|(&one, other)| one.abs_diff(other) < 40), "{:?}", [r, g, b]);
    assert_none(&thumbnail_of(&api, "head.jpg", &bytes[..200]).await, "the image is damaged");
}

/// A frame that states another size than the header, which a decoder would believe.
#[tokio::test]
async fn a_webp_frame_larger_than_its_canvas() {
    let api = Api::new();
    let frame = encode(&quarters(300, 200), ImageFormat::WebP);
    let mut inner = frame[12..].to_vec();
    inner[9..13].copy_from_slice(&((16_383_u32 - 1) | ((16_383 - 1) << 14)).to_le_bytes());
    let mut bytes = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x2b\x01\0\xc7\0\0".to_vec();
    bytes.extend(inner);
    let size = u32::try_from(bytes.len() - 8).expect("a small file");
    bytes[4..8].copy_from_slice(&size.to_le_bytes());
    assert_none(&thumbnail_of(&api, "frame.webp", &bytes).await, "the image is damaged");
}

#[tokio::test]
async fn damaged_bytes_never_take_the_server_down() {
    let api = Api::new();
    let mut state = 1_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).expect("small")
    };
    for (format, name) in FORMATS {
        let whole = encode(&quarters(90, 70), format);
        for _ in 0..60 {
            let mut bytes = whole.clone();
            for _ in 0..=random(6) {
                let at = random(bytes.len());
                bytes[at] = random(256) as u8;
            }
            let answer = thumbnail_of(&api, name, &bytes).await;
            assert!([StatusCode::OK, StatusCode::NOT_FOUND].contains(&answer.status), "{name}: {answer:?}");
        }
    }
    let answer = thumbnail_of(&api, "fine.png", &encode(&quarters(90, 70), ImageFormat::Png)).await;
    assert_eq!(picture(&answer).dimensions(), (90, 70));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_requests_at_once_make_it_once() {
    let api = Api::new();
    let id = api.upload("photo.png", &encode(&quarters(2000, 1500), ImageFormat::Png)).await;
    let before = api.used_bytes();
    let path = format!("/v2/thumbnails/{id}");
    let answers = join_all((0..50).map(|_| api.get(&path))).await;
    let first = &answers[0];
    assert_eq!(picture(first).dimensions(), (256, 192));
    assert!(answers.iter().all(|answer| answer.status == StatusCode::OK && answer.body == first.body));
    // One thumbnail is charged: its bytes and a record.
    assert_eq!(api.used_bytes() - before, first.body.len() as u64 + 512);
}

#[tokio::test]
async fn a_full_budget() {
    let bytes = encode(&quarters(640, 480), ImageFormat::Bmp);
    let room = Api::new().used_bytes() + WORLD_BYTES + bytes.len() as u64 + 4096;
    let limits = set!(Limits::default(); max_memory_bytes: room);
    let api = Api::with(set!(Config::default(); limits));
    let id = api.upload("photo.bmp", &bytes).await;
    let filler = api.upload("filler", &vec![0; 3000]).await;
    let answer = api.get(&format!("/v2/thumbnails/{id}")).await;
    assert_eq!(answer.status, StatusCode::INSUFFICIENT_STORAGE, "{}", answer.text());
    assert_eq!(answer.json()["statusCode"], 507);
    assert_eq!(api.get(&format!("/v2/attachments/{filler}/filler")).await.status, StatusCode::OK);
}

/// 35 bytes that state 25 megapixels, of which they have one.
fn large_gif() -> Vec<u8> {
    let side = 5000_u16.to_le_bytes();
    let screen = [&b"GIF89a"[..], &side, &side, &[0x80, 0, 0], &[0; 6]].concat();
    [&screen[..], b",", &[0, 0, 0, 0, 1, 0, 1, 0, 0], &[2, 2, 0x44, 1, 0, 0x3b]].concat()
}

#[tokio::test]
async fn decoding_is_charged_while_it_goes_on() {
    for (max_memory_bytes, status) in [(190 << 20, StatusCode::INSUFFICIENT_STORAGE), (250 << 20, StatusCode::OK)] {
        let api = Api::with(set!(Config::default(); limits: set!(Limits::default(); max_memory_bytes)));
        let id = api.upload("large.gif", &large_gif()).await;
        let used = api.used_bytes();
        let answer = api.get(&format!("/v2/thumbnails/{id}")).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        let thumbnail = if status == StatusCode::OK { answer.body.len() as u64 + 512 } else { 0 };
        assert_eq!(api.used_bytes(), used + thumbnail);
    }
}

#[tokio::test]
async fn conditions_and_ranges_are_those_of_downloads() {
    let api = Api::new();
    let id = api.upload("photo.png", &encode(&quarters(640, 480), ImageFormat::Png)).await;
    let path = format!("/v2/thumbnails/{id}");
    let whole = api.get(&path).await;
    let etag = whole.headers["etag"].to_str().expect("ASCII");
    let ask = |name: &'static str, value: &str| {
        let request = request(Method::GET, &path).header(name, value).body(Body::empty());
        api.send(request.expect("a good request"))
    };
    assert_eq!(ask("If-None-Match", etag).await.status, StatusCode::NOT_MODIFIED);
    let part = ask("Range", "bytes=1-3").await;
    assert_eq!((part.status, part.body.as_ref()), (StatusCode::PARTIAL_CONTENT, b"PNG".as_slice()));
    let head = api.call(Method::HEAD, &path).await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
    assert_eq!(head.headers["content-length"], whole.body.len().to_string());
}

#[tokio::test]
async fn unknown_files() {
    let api = Api::new();
    insta::assert_snapshot!(api.get("/v2/thumbnails/999").await.transcript());
    let id = api.upload("notes.txt", b"some text").await;
    insta::assert_snapshot!(api.get(&format!("/v3/thumbnails/{id}/")).await.transcript());
}

#[test]
fn the_test_images_are_what_they_are_called() {
    let rotated = rotated_jpeg(&quarters(512, 256), 6);
    let reader = image::ImageReader::with_format(Cursor::new(rotated), ImageFormat::Jpeg);
    let orientation = reader.into_decoder().expect("a JPEG").orientation().expect("an orientation");
    assert_eq!(orientation.to_exif(), 6);
}

/// What an upload says of a file: its thumbnail and its size in pixels.
async fn described(api: &Api, name: &str, bytes: &[u8]) -> (Answer, Value) {
    let answer = api.post_form("/v2/attachments/", &Form::file(name, bytes)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let body = answer.json();
    let id = body["id"].as_str().expect("an id");
    (api.get(&format!("/v2/thumbnails/{id}")).await, body)
}

/// A BMP of 3 x 2 with this header, and enough behind it.
fn bmp(header: &[u8]) -> Vec<u8> {
    let offset = u32::try_from(14 + header.len() + 16).expect("small").to_le_bytes();
    [b"BM\xff\0\0\0\0\0\0\0", &offset[..], header, &[0xff; 200]].concat()
}

/// The header of a BMP of 3 x 2 in `size` bytes, with this depth and compression.
fn bmp_header(size: u8, bits: u8, compression: u8) -> Vec<u8> {
    let mut header = vec![size, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, bits, 0, compression, 0, 0, 0];
    header.resize(usize::from(size), 0);
    header
}

/// A JPEG whose frame is of another kind.
fn jpeg_with_frame(marker: u8) -> Vec<u8> {
    let mut bytes = encode(&quarters(64, 64), ImageFormat::Jpeg);
    let at = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).expect("a baseline frame");
    bytes[at + 1] = marker;
    bytes
}

#[tokio::test]
async fn an_upload_promises_no_thumbnail_that_is_not_there() {
    let api = Api::new();
    for (what, bytes, size) in [
        ("a BMP of OS/2, version 2", bmp(&bmp_header(64, 24, 0)), Some("3x2")),
        ("a BMP of OS/2, short", bmp(&bmp_header(16, 24, 0)), Some("3x2")),
        ("a BMP with bit fields for alpha", bmp(&bmp_header(40, 32, 6)), Some("3x2")),
        ("a BMP in RLE24", bmp(&bmp_header(64, 24, 4)), Some("3x2")),
        ("a BMP that holds a JPEG", bmp(&bmp_header(40, 24, 4)), Some("3x2")),
        ("a lossless JPEG", jpeg_with_frame(0xc3), Some("64x64")),
        ("an arithmetic JPEG", jpeg_with_frame(0xc9), Some("64x64")),
        ("a PNG of 60 megapixels", png_that_claims(6000, 10_000), Some("6000x10000")),
        ("a text", b"some text".to_vec(), None),
    ] {
        let (thumbnail, body) = described(&api, "picture", &bytes).await;
        assert_eq!(thumbnail.status, StatusCode::NOT_FOUND, "{what}");
        assert_eq!((body.get("thumbnail"), body["metadata"]["size"].as_str()), (None, size), "{what}");
    }
    for (format, name) in FORMATS {
        let (thumbnail, body) = described(&api, name, &encode(&quarters(64, 48), format)).await;
        assert_eq!(thumbnail.status, StatusCode::OK, "{name}");
        assert_eq!((body["thumbnail"].is_string(), &body["metadata"]["size"]), (true, &json!("64x48")), "{name}");
    }
}

/// The size of a PNG stands in its first chunk, or it is not told.
#[tokio::test]
async fn a_png_that_begins_with_another_chunk_has_no_size() {
    let api = Api::new();
    let png = encode(&quarters(64, 64), ImageFormat::Png);
    let chunk = b"\0\0\0\x04CgBI\x50\0\x20\x02\x2b\xd5\xb3\x7f";
    let other = [&png[..8], chunk, &png[8..]].concat();
    for bytes in [other, [b"\x89PNG", &png[..40]].concat()] {
        let (thumbnail, body) = described(&api, "phone.png", &bytes).await;
        assert_none(&thumbnail, "it is not an image");
        assert_eq!((body.get("thumbnail"), body.get("metadata")), (None, None), "{body}");
    }
}

/// Many programs begin the Exif block of a WebP as in a JPEG.
#[tokio::test]
async fn a_webp_is_turned_however_its_exif_begins() {
    let api = Api::new();
    let frame = encode(&quarters(512, 256), ImageFormat::WebP)[12..].to_vec();
    for prefix in [&b""[..], b"Exif\0\0"] {
        let block = [prefix, &exif(6)].concat();
        let mut bytes = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x08\0\0\0\xff\x01\0\xff\0\0".to_vec();
        bytes.extend(&frame);
        bytes.extend([b"EXIF", &u32::try_from(block.len()).expect("short").to_le_bytes()[..], &block].concat());
        let size = u32::try_from(bytes.len() - 8).expect("a small file");
        bytes[4..8].copy_from_slice(&size.to_le_bytes());
        let picture = picture(&thumbnail_of(&api, "photo.webp", &bytes).await);
        assert_eq!(picture.dimensions(), (128, 256), "{prefix:?}");
        assert_quarters(&picture, [BLUE, RED, WHITE, GREEN]);
    }
}
