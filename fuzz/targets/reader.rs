//! The reader of multipart bodies by itself. The input is a byte that chooses the boundary, one that chooses the pieces,
//! and the body.
//!
//! A reading of the whole body at once, written here as simply as possible, must come to the same parts, and to the
//! same reason where there is one; and however the body is cut into pieces, nothing changes.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use tracker_mock::testing::{FormEvent, MultipartError, Reader};
use tracker_mock_fuzz::find;

const BOUNDARIES: [&str; 4] = ["b", "--", "b-b--", "----WebKitFormBoundaryX"];

const MAX_HEADER_BYTES: usize = 40;

/// The headers of a part, with the empty line that ends them, and its content.
type Part = (Vec<u8>, Vec<u8>);

fuzz_target!(|input: &[u8]| -> Corpus {
    let [boundary, pieces, body @ ..] = input else { return Corpus::Reject };
    let boundary = BOUNDARIES[usize::from(*boundary) % BOUNDARIES.len()];
    let expected = at_once(body, boundary);
    assert_eq!(in_pieces(body.chunks(body.len().max(1)), boundary), expected);
    assert_eq!(in_pieces(body.chunks(1), boundary), expected);
    assert_eq!(in_pieces(body.chunks(1 + usize::from(*pieces)), boundary), expected);
    Corpus::Keep
});

fn in_pieces<'a>(pieces: impl Iterator<Item = &'a [u8]>, boundary: &str) -> Result<Vec<Part>, MultipartError> {
    let mut reader = Reader::new(boundary, MAX_HEADER_BYTES);
    let mut parts: Vec<Part> = Vec::new();
    let mut read_bytes = 0;
    for mut piece in pieces {
        read_bytes += piece.len() as u64;
        while let Some(event) = reader.next(&mut piece)? {
            match event {
                FormEvent::Headers { block, .. } => parts.push((block.to_vec(), Vec::new())),
                FormEvent::Content(content) | FormEvent::LastContent(content) => {
                    parts.last_mut().expect("headers first").1.extend_from_slice(content);
                }
            }
        }
        assert!(piece.is_empty());
        assert_eq!(reader.position(), read_bytes);
    }
    reader.end()?;
    Ok(parts)
}

fn at_once(body: &[u8], boundary: &str) -> Result<Vec<Part>, MultipartError> {
    let line = [b"--", boundary.as_bytes()].concat();
    let delimiter = [b"\r\n", &line[..]].concat();
    let mut rest = up_to(body, &line, &delimiter)?.1;
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Ok(parts);
        }
        rest = &rest[line_end(rest)?..];
        let headers_end =
            if rest.starts_with(b"\r\n") { Some(2) } else { find(rest, b"\r\n\r\n").next().map(|at| at + 4) };
        let longest = MAX_HEADER_BYTES + 2;
        let headers = match headers_end {
            Some(end) if end <= longest => &rest[..end],
            _ if rest.len() >= longest => {
                return Err(MultipartError::PartHeadersTooLarge { limit_bytes: MAX_HEADER_BYTES });
            }
            _ => return Err(MultipartError::CutOff),
        };
        rest = &rest[headers.len()..];
        let (content, behind) = up_to(rest, &line, &delimiter)?;
        parts.push((headers.to_vec(), content.to_vec()));
        rest = behind;
    }
}

/// What stands before the first boundary, which begins a line, and behind it.
fn up_to<'a>(bytes: &'a [u8], line: &[u8], delimiter: &[u8]) -> Result<(&'a [u8], &'a [u8]), MultipartError> {
    if let Some(behind) = bytes.strip_prefix(line) {
        return Ok((&[], behind));
    }
    let at = find(bytes, delimiter).next().ok_or(MultipartError::CutOff)?;
    Ok((&bytes[..at], &bytes[at + delimiter.len()..]))
}

/// Where the line of a boundary ends, which may be padded.
fn line_end(rest: &[u8]) -> Result<usize, MultipartError> {
    if rest == b"-" {
        return Err(MultipartError::CutOff);
    }
    let padding = rest.iter().take_while(|byte| b" \t".contains(byte)).count();
    match &rest[padding..] {
        [b'\r', b'\n', ..] => Ok(padding + 2),
        [] | [b'\r'] => Err(MultipartError::CutOff),
        _ => Err(MultipartError::BoundaryLine),
    }
}
