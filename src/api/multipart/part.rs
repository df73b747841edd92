//! The headers of a part: those of them that mean something here.

use httparse::{EMPTY_HEADER, Status, parse_headers};

use super::error::MultipartError;
use crate::api::disposition::Disposition;

/// A part with more headers than this is no part of a form.
const MAX_HEADERS: usize = 32;

/// What the headers of a part say. Of a header that comes more than once, the last counts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct PartHeaders<'a> {
    /// `Content-Disposition`.
    pub(crate) disposition: Option<&'a [u8]>,
    /// `Content-Type`.
    pub(crate) content_type: Option<&'a [u8]>,
}

impl<'a> PartHeaders<'a> {
    /// Reads headers with the empty line that ends them.
    ///
    /// # Errors
    /// When they are not headers, or too many.
    pub(crate) fn parse(block: &'a [u8]) -> Result<Self, MultipartError> {
        let mut headers = [EMPTY_HEADER; MAX_HEADERS];
        // A line may end with a single LF, but an empty line that does so ends the headers too early.
        let Ok(Status::Complete((length, headers))) = parse_headers(block, &mut headers) else {
            return Err(MultipartError::BadPartHeaders);
        };
        if length != block.len() {
            return Err(MultipartError::BadPartHeaders);
        }
        let last = |name: &str| headers.iter().rev().find(|header| header.name.eq_ignore_ascii_case(name));
        Ok(Self {
            disposition: last("Content-Disposition").map(|header| header.value),
            content_type: last("Content-Type").map(|header| header.value),
        })
    }

    /// The file that the part declares; `None` for a text field, which declares none.
    ///
    /// # Errors
    /// When the parameters of its `Content-Disposition` are not.
    pub(crate) fn file(&self) -> Result<Option<Disposition<'a>>, MultipartError> {
        let Some(header) = self.disposition else { return Ok(None) };
        let disposition = Disposition::parse(header).ok_or(MultipartError::BadDisposition)?;
        Ok(disposition.has_file_name().then_some(disposition))
    }

    /// The type that it declares, if it is text.
    pub(crate) fn declared_type(&self) -> Option<&'a str> {
        let text = self.content_type?;
        let is_text = text.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
        std::str::from_utf8(text).ok().filter(|_| is_text)
    }
}
