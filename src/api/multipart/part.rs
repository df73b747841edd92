//! The headers of a part that matter here: `Content-Disposition` and `Content-Type`.

use httparse::{EMPTY_HEADER, Status, parse_headers};

use super::error::MultipartError;
use crate::api::disposition::Disposition;

/// A part with more headers than this is refused.
const MAX_HEADERS: usize = 32;

/// The headers of a part, undecoded. If a header is repeated, the last one counts.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PartHeaders<'a> {
    /// `Content-Disposition`.
    pub disposition: Option<&'a [u8]>,
    /// `Content-Type`.
    pub content_type: Option<&'a [u8]>,
}

impl<'a> PartHeaders<'a> {
    /// Reads a block of headers with the empty line that ends it. `None` if it is malformed, or has too many headers.
    #[must_use]
    pub fn parse(block: &'a [u8]) -> Option<Self> {
        let mut headers = [EMPTY_HEADER; MAX_HEADERS];
        let Ok(Status::Complete((length, headers))) = parse_headers(block, &mut headers) else { return None };
        // httparse takes a single LF for the end of a line. An empty line that ends so would cut the headers short.
        if length != block.len() {
            return None;
        }
        let last = |name: &str| headers.iter().rev().find(|header| header.name.eq_ignore_ascii_case(name));
        Some(Self {
            disposition: last("Content-Disposition").map(|header| header.value),
            content_type: last("Content-Type").map(|header| header.value),
        })
    }

    /// The file that the part declares; `None` for a text field. Fails when its `Content-Disposition` is malformed.
    pub(super) fn file(&self) -> Result<Option<Disposition>, MultipartError> {
        let Some(header) = self.disposition else { return Ok(None) };
        let disposition = Disposition::parse(header).ok_or(MultipartError::BadDisposition)?;
        Ok(disposition.has_file_name().then_some(disposition))
    }

    /// The type that it declares, if that is printable ASCII.
    pub(super) fn declared_type(&self) -> Option<&'a str> {
        let text = self.content_type?;
        let is_text = text.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
        std::str::from_utf8(text).ok().filter(|_| is_text)
    }
}
