//! Parts of which only the end of the form tells whether they are the file (contract section 2). Common client
//! libraries send the file without a name and put its name into `?filename=`, and browsers send an empty part for an
//! empty file input.

use super::essence;
use crate::domain::{BlobWriter, Mimetype};

/// A part without a file name, in a request with `?filename=`.
pub(super) struct Candidate {
    /// Which part it is, from 0.
    pub(super) part: usize,
    pub(super) declared: Option<Mimetype>,
    /// `None` if the bytes are not kept.
    pub(super) writer: Option<BlobWriter>,
    pub(super) bytes: u64,
    /// The offset from which overhead was counted before this part. It counts from there again if the part is not the
    /// file after all.
    pub(super) overhead_from: u64,
    /// Whether it declares no type, or `text/plain`.
    has_text_type: bool,
    content: TextCheck,
}

impl Candidate {
    pub(super) fn new(
        part: usize,
        content_type: Option<&[u8]>,
        declared: Option<Mimetype>,
        writer: Option<BlobWriter>,
        overhead_from: u64,
    ) -> Self {
        let essence = essence(content_type.unwrap_or_default());
        let has_text_type = essence.is_empty() || essence.eq_ignore_ascii_case(b"text/plain");
        Self { part, declared, writer, bytes: 0, overhead_from, has_text_type, content: TextCheck::default() }
    }

    /// Inspects the next bytes of it.
    pub(super) fn see(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.content.see(bytes);
    }

    /// Whether it looks like a text field. Call this once all of it was seen.
    pub(super) fn is_text(&self) -> bool {
        self.has_text_type && self.content.is_text()
    }
}

/// What the headers tell about a part.
#[derive(Clone)]
pub(super) struct PartFacts {
    /// Which part it is, from 0.
    pub(super) part: usize,
    pub(super) declared: Option<Mimetype>,
    /// The offset where its headers begin.
    pub(super) headers_at: u64,
    /// The offset where its boundary begins.
    pub(super) boundary_at: u64,
}

/// Detects bytes that no text has. A piece may split a character.
#[derive(Default)]
struct TextCheck {
    /// The start of a character that ends in the next piece.
    split: Vec<u8>,
    is_binary: bool,
}

impl TextCheck {
    fn see(&mut self, bytes: &[u8]) {
        if self.is_binary {
            return;
        }
        let joined = [&self.split, bytes].concat();
        self.split.clear();
        match std::str::from_utf8(&joined) {
            Err(error) if error.error_len().is_some() => self.is_binary = true,
            Err(error) => self.split.extend(&joined[error.valid_up_to()..]),
            Ok(_) => {}
        }
        self.is_binary |= bytes.iter().any(|byte| byte.is_ascii_control() && !b"\t\n\x0c\r".contains(byte));
    }

    fn is_text(&self) -> bool {
        !self.is_binary && self.split.is_empty()
    }
}
