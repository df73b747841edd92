//! Names and media types of files, as a Rust test makes them.

use tracker_mock::{FileName, Mimetype, NameError};

#[test]
fn names_keep_every_character_that_is_allowed() {
    for name in ["a", "отчёт за май.pdf", "👩‍💻 100% + \"quoted\".txt", "..", &"я".repeat(255)] {
        assert_eq!(FileName::new(name).as_ref().map(FileName::as_str), Ok(name));
    }
}

#[test]
fn names_that_are_refused() {
    assert_eq!(FileName::new(""), Err(NameError::Empty));
    assert_eq!(FileName::new("a\0b"), Err(NameError::Control { character: '\0' }));
    assert_eq!(FileName::new("a\u{85}"), Err(NameError::Control { character: '\u{85}' }));
    assert_eq!(FileName::new("a/b"), Err(NameError::Separator { separator: '/' }));
    assert_eq!(FileName::new("a\\b"), Err(NameError::Separator { separator: '\\' }));
    assert_eq!(FileName::new(&"я".repeat(256)), Err(NameError::TooLong { characters: 256 }));
}

#[test]
fn a_path_gives_its_last_segment() {
    for (path, name) in [("C:\\fakepath\\a b.txt", "a b.txt"), ("../../etc/passwd", "passwd"), ("plain", "plain")] {
        assert_eq!(FileName::from_path(path).as_ref().map(FileName::as_str), Ok(name));
    }
    assert_eq!(FileName::from_path("dir/"), Err(NameError::Empty));
}

#[test]
fn the_type_comes_from_the_first_source_that_knows() {
    let png = b"\x89PNG\r\n\x1a\n";
    for (declared, name, bytes, expected) in [
        (Some("text/plain; charset=utf-8"), "a.png", png.as_slice(), "text/plain; charset=utf-8"),
        (Some("application/octet-stream"), "a.pdf", png, "application/pdf"),
        (Some("Application/Octet-Stream"), "a.pdf", png, "application/pdf"),
        (Some("nonsense"), "a.pdf", png, "application/pdf"),
        (None, "a.JPG", png, "image/jpeg"),
        (None, "a.bin", png, "image/png"),
        (None, "noext", png, "image/png"),
        (None, "noext", b"plain words", "application/octet-stream"),
        (None, "noext", b"", "application/octet-stream"),
    ] {
        let name = FileName::new(name).expect("a good name");
        let mimetype = declared.and_then(Mimetype::declared).unwrap_or_else(|| Mimetype::detect(&name, bytes));
        assert_eq!(mimetype.as_str(), expected, "{declared:?} {name}");
    }
}
