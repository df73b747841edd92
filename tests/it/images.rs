//! The dimensions of images, read from the heads of files.

use tracker_mock::Dimensions;

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
    assert_eq!(Dimensions::read(&bmp(&[40, 0, 0, 0, 0xfd, 0xff, 0xff, 0xff, 2, 0, 0, 0])), None, "no negative width");
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
