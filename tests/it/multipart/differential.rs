//! The reader against `multer`, a well-known one, on the same bodies; and against itself, with the pieces cut
//! otherwise.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::{FutureExt, stream};
use multer::Multipart;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use tracker_mock::testing::{FormEvent, MultipartError, PartHeaders, Reader};

/// A part: `Content-Disposition`, `Content-Type`, content.
type ReadPart = (Option<Vec<u8>>, Option<Vec<u8>>, Vec<u8>);

/// Why a body was not read to its closing boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReadFailure {
    Form,
    Headers,
}

/// What came of a body: the parts that ended, and whether the form did.
#[derive(Debug, Default, PartialEq, Eq)]
struct ReadOutcome {
    parts: Vec<ReadPart>,
    failure: Option<ReadFailure>,
}

/// What the reader adds to that.
#[derive(Debug, Default, PartialEq, Eq)]
struct ReadDetails {
    outcome: ReadOutcome,
    /// Where the boundary and the headers of each part are.
    places: Vec<(u64, u64)>,
    preamble_bytes: Option<u64>,
    epilogue_bytes: Option<u64>,
    position: u64,
    /// Whether there is something that the two readers take differently on purpose:
    /// - a part without headers, of which `multer` takes the content up to an empty line for headers;
    /// - an empty line in the headers where a line ends with a single LF, behind which `multer` drops what is left of
    ///   the headers;
    /// - a boundary right behind the headers of a part, which `multer` takes for content;
    /// - a boundary within a line before the first part, which `multer` takes for the first;
    /// - folded headers, which `multer` refuses;
    /// - a header that is repeated, of which `multer` takes the last.
    is_disputed: bool,
}

fn read(boundary: &str, body: &[u8], sizes: &[usize]) -> ReadDetails {
    let mut reader = Reader::new(boundary, usize::MAX);
    let mut details = ReadDetails::default();
    let result = read_all(&mut reader, &mut details, body, sizes);
    details.outcome.failure = result.err();
    details.preamble_bytes = reader.preamble_bytes();
    details.epilogue_bytes = reader.epilogue_bytes();
    details.position = reader.position();
    let first = memchr::memmem::find(body, format!("--{boundary}").as_bytes());
    details.is_disputed |= first.map(|at| at as u64) != details.preamble_bytes;
    details
}

fn read_all(reader: &mut Reader, details: &mut ReadDetails, body: &[u8], sizes: &[usize]) -> Result<(), ReadFailure> {
    let (mut part, mut rest) = (ReadPart::default(), body);
    let broken = |broken| {
        assert!(matches!(broken, MultipartError::BoundaryLine | MultipartError::CutOff), "{broken:?}");
        ReadFailure::Form
    };
    for &size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (mut piece, after) = rest.split_at(size.min(rest.len()));
        rest = after;
        while let Some(event) = reader.next(&mut piece).map_err(broken)? {
            match event {
                FormEvent::Headers { block, at, boundary_at } => {
                    details.places.push((boundary_at, at));
                    let (line, content) =
                        (&body[boundary_at as usize..at as usize], &body[at as usize + block.len()..]);
                    let has_no_body = content.starts_with(line.trim_ascii_end());
                    let unfolded = PartHeaders::unfold(block);
                    details.is_disputed |= block == b"\r\n" || ends_early(block) || has_no_body || *unfolded != *block;
                    let headers = PartHeaders::parse(&unfolded);
                    details.is_disputed |= matches!(headers, Err(MultipartError::RepeatedPartHeader { .. }));
                    let headers = headers.map_err(|_| ReadFailure::Headers)?;
                    part = (headers.disposition.map(Into::into), headers.content_type.map(Into::into), Vec::new());
                }
                FormEvent::Content(bytes) => {
                    assert!(!bytes.is_empty(), "nothing is no event");
                    part.2.extend(bytes);
                }
                FormEvent::LastContent(bytes) => {
                    part.2.extend(bytes);
                    details.outcome.parts.push(std::mem::take(&mut part));
                }
            }
        }
    }
    reader.end().map_err(broken)
}

/// Whether there is an empty line before the end of the headers.
fn ends_early(block: &[u8]) -> bool {
    let headers = httparse::parse_headers(block, &mut [httparse::EMPTY_HEADER; 64]).map(|read| match read {
        httparse::Status::Complete((length, _)) => length < block.len(),
        httparse::Status::Partial => false,
    });
    headers.unwrap_or(false)
}

fn read_with_multer(boundary: &str, body: &[u8]) -> ReadOutcome {
    let pieces = stream::iter([Ok::<_, Infallible>(Bytes::copy_from_slice(body))]);
    let mut form = Multipart::new(pieces, boundary);
    let mut outcome = ReadOutcome::default();
    let result = async {
        while let Some(mut field) = form.next_field().await? {
            let header = |name| field.headers().get(name).map(|value| value.as_bytes().to_vec());
            let mut part = (header("Content-Disposition"), header("Content-Type"), Vec::new());
            while let Some(chunk) = field.chunk().await? {
                part.2.extend(chunk);
            }
            outcome.parts.push(part);
        }
        Ok(())
    };
    let result: Result<(), multer::Error> = result.now_or_never().expect("all of it is there");
    outcome.failure = result.err().map(|error| {
        let bad_headers = matches!(error, multer::Error::ReadHeaderFailed(_) | multer::Error::IncompleteHeaders);
        if bad_headers { ReadFailure::Headers } else { ReadFailure::Form }
    });
    outcome
}

/// Boundaries, some of which begin like themselves further on.
fn boundary() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec!["X", "-", "--", "--X", "---X--", "aab", "abab", "XYZ"]).prop_map(str::to_owned),
        "[-a-z]{1,5}",
        "[ -~]{1,70}".prop_filter("a space at its end", |boundary| !boundary.ends_with(' ')),
    ]
}

/// What forms are made of, and what nearly is.
fn shards(boundary: &str) -> impl Strategy<Value = Vec<u8>> + use<> {
    let own = [format!("--{boundary}"), format!("\r\n--{boundary}\r\n"), format!("\r\n--{boundary}--\r\n"), {
        let half = boundary.len() / 2;
        format!("\r\n--{}", boundary.get(..half).unwrap_or_default())
    }];
    let fixed = [
        "\r\n",
        "\r",
        "\n",
        "\n\n",
        "\r\n\r\n",
        "--",
        "-",
        " ",
        "\t",
        ":",
        "\0",
        "A: b",
        "a:",
        "Content-Disposition: form-data; name=\"f\"; filename=\"a\"",
        "content-type: text/plain",
        "Content-Type:\ttext/html ",
        "\r\n folded",
        "some content",
    ];
    let all = own.into_iter().chain(fixed.map(str::to_owned)).map(String::into_bytes).collect::<Vec<_>>();
    vec(prop_oneof![8 => select(all), 1 => vec(any::<u8>(), 0..6)], 0..30).prop_map(|shards| shards.concat())
}

/// A form of a few parts whose content is shards too.
fn form(boundary: &str) -> impl Strategy<Value = Vec<u8>> + use<> {
    let headers = select(vec![
        "A: b",
        "Content-Disposition: form-data; name=\"file\"; filename=\"a.txt\"",
        "Content-Disposition: form-data; name=text\r\nContent-Type: text/plain\r\nX: ",
        "content-type: a\nCONTENT-DISPOSITION: b",
    ]);
    let line = format!("--{boundary}");
    vec((headers, shards(boundary)), 0..5).prop_map(move |parts| {
        let mut body = Vec::new();
        for (headers, content) in parts {
            body.extend([line.as_bytes(), b"\r\n", headers.as_bytes(), b"\r\n\r\n", &content, b"\r\n"].concat());
        }
        [&body[..], line.as_bytes(), b"--\r\n"].concat()
    })
}

/// A boundary and a body: a form, a form with some bytes changed, or shards alone.
fn body() -> impl Strategy<Value = (String, Vec<u8>)> {
    boundary().prop_flat_map(|boundary| {
        let changes = vec((any::<Index>(), prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'-'), any::<u8>()]), 1..5);
        let changed = (form(&boundary), changes).prop_map(|(mut body, changes)| {
            for (at, byte) in changes {
                let at = at.index(body.len());
                body[at] = byte;
            }
            body
        });
        let cut = (form(&boundary), any::<Index>()).prop_map(|(mut body, at)| {
            body.truncate(at.index(body.len()));
            body
        });
        let around = (shards(&boundary), form(&boundary), shards(&boundary))
            .prop_map(|(before, form, after)| [before, form, after].concat());
        let body = prop_oneof![form(&boundary), changed, cut, around, shards(&boundary)];
        (Just(boundary), body)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_readers_find_the_same((boundary, body) in body()) {
        let ours = read(&boundary, &body, &[usize::MAX]);
        if !ours.is_disputed {
            prop_assert_eq!(ours.outcome, read_with_multer(&boundary, &body));
        }
    }

    #[test]
    fn the_pieces_make_no_difference((boundary, body) in body(), sizes in vec(1..20_usize, 1..6)) {
        let whole = read(&boundary, &body, &[usize::MAX]);
        prop_assert_eq!(read(&boundary, &body, &sizes), whole);
    }

    #[test]
    fn what_was_written_is_read(
        boundary in boundary(),
        contents in vec(vec(any::<u8>(), 0..9000), 0..4),
        size in 1..10_000_usize,
    ) {
        // With the line break behind the content, which may be the beginning of a delimiter in it.
        let delimiter = format!("\r\n--{boundary}");
        let holds_it = |content: &Vec<u8>| {
            let around = [b"\r\n", &content[..], delimiter.as_bytes()].concat();
            memchr::memmem::find(&around, delimiter.as_bytes()) != Some(content.len() + 2)
        };
        prop_assume!(!contents.iter().any(holds_it));
        let parts: Vec<u8> = contents.iter().flat_map(|content| {
            [format!("--{boundary}\r\nA: b\r\n\r\n").as_bytes(), content, b"\r\n"].concat()
        }).collect();
        let found = read(&boundary, &[&parts[..], format!("--{boundary}--").as_bytes()].concat(), &[size]);
        prop_assert_eq!(found.outcome.failure, None);
        prop_assert_eq!(found.outcome.parts.into_iter().map(|part| part.2).collect::<Vec<_>>(), contents);
        prop_assert_eq!((found.preamble_bytes, found.epilogue_bytes), (Some(0), Some(0)));
    }
}

/// RFC 2046 allows a part without headers. `multer` takes its content for headers up to the next empty line.
#[test]
fn a_part_may_have_no_headers() {
    let body = b"--X\r\n\r\nA: b\r\n\r\ncontent\r\n--X--";
    let ours = read("X", body, &[3]).outcome;
    assert_eq!(ours, ReadOutcome { parts: vec![(None, None, b"A: b\r\n\r\ncontent".to_vec())], failure: None });
    assert_eq!(read_with_multer("X", body).parts, [(None, None, b"content".to_vec())]);

    let body = b"--X\r\n\r\ncontent\r\n--X--";
    assert_eq!(read("X", body, &[3]).outcome.parts, [(None, None, b"content".to_vec())]);
    assert_eq!(read_with_multer("X", body).failure, Some(ReadFailure::Form));
}

/// `multer` drops what stands between an empty line that ends with a single LF and one that ends with CR LF. What was
/// sent there, most likely content, would be lost without a word.
#[test]
fn nothing_of_a_part_is_dropped() {
    let body = b"--X\r\nA: b\n\nlost\r\n\r\ncontent\r\n--X--";
    assert_eq!(read("X", body, &[3]).outcome, ReadOutcome { parts: Vec::new(), failure: Some(ReadFailure::Headers) });
    assert_eq!(read_with_multer("X", body).parts, [(None, None, b"content".to_vec())]);
}

/// RFC 2046 lets a part end with the line break behind its headers. `multer` takes the boundary, and the part behind it,
/// for content.
#[test]
fn a_part_may_have_no_body() {
    let none = |headers: &[u8]| (Some(headers.to_vec()), None, Vec::new());
    let first = b"--X\r\nContent-Disposition: a\r\n\r\n--X\r\nContent-Disposition: b\r\n\r\n--X--";
    for size in 1..first.len() {
        let ours = read("X", first, &[size]).outcome;
        assert_eq!(ours, ReadOutcome { parts: vec![none(b"a"), none(b"b")], failure: None }, "{size}");
    }
    let swallowed = b"--X\r\nContent-Disposition: b\r\n".to_vec();
    assert_eq!(read_with_multer("X", first).parts, [(Some(b"a".to_vec()), None, swallowed)]);
    // Nearly a boundary, which is content.
    for content in [&b"-"[..], b"--", b"--Y", b"\r\n", b"\r\n-"] {
        let body = [b"--X\r\nContent-Disposition: a\r\n\r\n", content, b"\r\n--X--"].concat();
        for size in 1..body.len() {
            let parts = read("X", &body, &[size]).outcome.parts;
            assert_eq!(parts, [(Some(b"a".to_vec()), None, content.to_vec())], "{size}");
        }
    }
}

/// `multer` begins at the first mention of the boundary.
#[test]
fn a_line_that_mentions_the_boundary_is_none() {
    let body = b"The boundary is --X.\r\nNot\n--X\r\n\r\n--X\r\nA: b\r\n\r\ncontent\r\n--X--";
    for size in 1..body.len() {
        let ours = read("X", body, &[size]);
        assert_eq!(ours.outcome, ReadOutcome { parts: vec![(None, None, b"content".to_vec())], failure: None });
        assert_eq!(ours.preamble_bytes, Some(33));
    }
    assert_eq!(read_with_multer("X", body).failure, Some(ReadFailure::Form));
}

/// As mail has them. `multer` refuses them.
#[test]
fn headers_may_be_folded() {
    let body = b"--X\r\nContent-Disposition: form-data;\r\n\tname=\"f\";\r\n filename=\"a\n b\"\r\nContent-Type:\r\n text/plain\r\n\r\n--X--";
    let disposition = b"form-data; name=\"f\"; filename=\"a b\"".to_vec();
    let expected = (Some(disposition), Some(b"text/plain".to_vec()), Vec::new());
    assert_eq!(read("X", body, &[7]).outcome, ReadOutcome { parts: vec![expected], failure: None });
    assert_eq!(read_with_multer("X", body).failure, Some(ReadFailure::Headers));
    // There is nothing in front that could be folded.
    let body = b"--X\r\n Content-Disposition: a\r\n\r\n--X--";
    assert_eq!(read("X", body, &[7]).outcome.failure, Some(ReadFailure::Headers));
    // An empty line is not hidden by what follows.
    let body = b"--X\r\nA: b\n\n lost\r\n\r\ncontent\r\n--X--";
    assert_eq!(read("X", body, &[7]).outcome.failure, Some(ReadFailure::Headers));
}
