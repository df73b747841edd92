//! The headers of a part that matter here: `Content-Disposition`, `Content-Type`, and those that say that it is encoded.

use std::borrow::Cow;

use httparse::{EMPTY_HEADER, Error, Status, parse_headers};

use super::{MAX_HEADERS, MultipartError};
use crate::api::Disposition;

/// The headers that may say that a part is encoded, and their values that say that it is not.
const PLAIN: [(&str, &[&str]); 2] =
    [("Content-Transfer-Encoding", &["7bit", "8bit", "binary", ""]), ("Content-Encoding", &["identity", ""])];

/// The headers of a part, undecoded.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PartHeaders<'a> {
    /// `Content-Disposition`.
    pub disposition: Option<&'a [u8]>,
    /// `Content-Type`.
    pub content_type: Option<&'a [u8]>,
    /// The name and value of the header that says how the content is encoded, if it is.
    pub encoding: Option<(&'a str, &'a [u8])>,
}

impl<'a> PartHeaders<'a> {
    /// Joins folded header lines, as in mail: a line that begins with a space or a tab continues the one before.
    pub fn unfold(block: &[u8]) -> Cow<'_, [u8]> {
        let is_folded = |pair: &[u8]| pair[0] == b'\n' && b" \t".contains(&pair[1]);
        if !block.windows(2).any(is_folded) {
            return block.into();
        }
        let mut unfolded: Vec<u8> = Vec::with_capacity(block.len());
        for line in block.split_inclusive(|&byte| byte == b'\n') {
            match line {
                [b' ' | b'\t', rest @ ..] if !unfolded.is_empty() => {
                    let end = if unfolded.ends_with(b"\r\n") { 2 } else { 1 };
                    unfolded.truncate(unfolded.len() - end);
                    unfolded.extend([b" ", rest].concat());
                }
                _ => unfolded.extend(line),
            }
        }
        unfolded.into()
    }

    /// Parses an unfolded block of headers, including the empty line that ends it.
    pub fn parse(block: &'a [u8]) -> Result<Self, MultipartError> {
        let mut headers = [EMPTY_HEADER; MAX_HEADERS];
        let headers = match parse_headers(block, &mut headers) {
            // httparse accepts a bare LF as a line end, so an empty line made of one would cut the headers short. Hence
            // the check of the length.
            Ok(Status::Complete((length, headers))) if length == block.len() => headers,
            Err(Error::TooManyHeaders) => return Err(MultipartError::TooManyPartHeaders { limit: MAX_HEADERS }),
            Ok(_) | Err(_) => return Err(MultipartError::BadPartHeaders),
        };
        let only = |name: &'static str| {
            let mut values = headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
            match (values.next(), values.next()) {
                (value, None) => Ok(value.map(|header| header.value)),
                (_, Some(_)) => Err(MultipartError::RepeatedPartHeader { name }),
            }
        };
        let is_encoded = |header: &&httparse::Header<'_>| {
            let plain = PLAIN.iter().find(|(name, _)| header.name.eq_ignore_ascii_case(name));
            plain.is_some_and(|(_, plain)| {
                !plain.iter().any(|known| header.value.trim_ascii().eq_ignore_ascii_case(known.as_bytes()))
            })
        };
        Ok(Self {
            disposition: only("Content-Disposition")?,
            content_type: only("Content-Type")?,
            encoding: headers.iter().find(is_encoded).map(|header| (header.name, header.value)),
        })
    }

    /// `name`, `filename` and `filename*` as sent, without the quotes around them; none if the header is malformed.
    pub fn names(&self) -> [Option<Vec<u8>>; 3] {
        self.disposition()
            .map_or([None, None, None], |disposition| disposition.raw().map(|name| name.map(<[u8]>::to_vec)))
    }

    /// The names in the part's `Content-Disposition`. Fails if that header is malformed.
    pub(super) fn disposition(&self) -> Result<Disposition, MultipartError> {
        let header = self.disposition.unwrap_or_default();
        Disposition::parse(header).map_err(|reason| MultipartError::BadDisposition { reason })
    }
}
