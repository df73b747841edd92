//! What a multipart body was made of: its parts, the rule that it broke and where, and which name won. `TraceWriter`
//! notes it while the body is read, and the journal shows it.

use super::digest::{DigestSource, Digests};
use super::part::PartHeaders;
use crate::api::disposition::{Disposition, NamedBy};
use crate::api::error::ApiError;
use crate::api::error::language::Language;
use crate::domain::file::FileName;

/// The trace describes this many parts of a body; the others it only counts.
pub(crate) const MAX_PARTS: usize = 32;

/// Longer names and content types are cut to this many bytes.
const MAX_TEXT_BYTES: usize = 1024;

/// What was found in a multipart body.
#[derive(Debug, Default)]
pub(crate) struct UploadTrace {
    /// How much of the body was read.
    pub(crate) body_bytes: u64,
    /// The bytes before the first boundary; `None` if no boundary arrived.
    pub(crate) preamble_bytes: Option<u64>,
    /// The bytes behind the line of the closing boundary; `None` if that did not arrive.
    pub(crate) epilogue_bytes: Option<u64>,
    /// The first [`MAX_PARTS`] parts whose headers arrived whole.
    pub(crate) parts: Vec<PartSeen>,
    /// How many parts there were.
    pub(crate) part_count: usize,
    /// The name of the file, if it has a valid one, and where it is from.
    pub(crate) name: Option<(FileName, NamedBy)>,
    /// How the reading ended.
    pub(crate) end: UploadEnd,
}

/// How the reading of a body ended.
#[derive(Debug, Default)]
pub(crate) enum UploadEnd {
    /// The body is a form with one file.
    #[default]
    Accepted,
    /// The body broke a rule.
    Refused(Box<Refusal>),
    /// An injected fault ended it, or held it until the client went away.
    Faulted,
}

/// The first rule that a body broke.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The short name of the rule.
    pub(crate) rule: &'static str,
    /// The offset in the body of the byte that broke it.
    pub(crate) at: u64,
    /// What the answer says, in English.
    pub(crate) message: String,
}

/// A part of a body.
#[derive(Debug)]
pub(crate) struct PartSeen {
    /// The offset of its boundary, which begins with two hyphens.
    pub(crate) at: u64,
    /// The size of its headers, with the empty line behind them.
    pub(crate) header_bytes: usize,
    /// The offset of its content.
    pub(crate) content_at: u64,
    /// How much of its content arrived.
    pub(crate) bytes: u64,
    /// Whether the boundary behind it arrived.
    pub(crate) is_whole: bool,
    /// What its headers say; nothing if they are malformed.
    pub(crate) names: PartNames,
    pub(super) source: DigestSource,
}

/// What the headers of a part say, as sent, at most 1 KiB of each.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct PartNames {
    /// `name`.
    pub(crate) name: Option<String>,
    /// `filename`.
    pub(crate) file_name: Option<String>,
    /// `filename*`.
    pub(crate) extended_file_name: Option<String>,
    /// `Content-Type`.
    pub(crate) content_type: Option<String>,
}

impl UploadTrace {
    /// How much memory it takes, for the limit of the journal. An estimate.
    pub(crate) fn memory_bytes(&self) -> usize {
        let refusal = match &self.end {
            UploadEnd::Refused(refusal) => size_of::<Refusal>() + refusal.message.len(),
            UploadEnd::Accepted | UploadEnd::Faulted => 0,
        };
        size_of::<Self>() + refusal + self.parts.iter().map(PartSeen::memory_bytes).sum::<usize>()
    }
}

impl UploadEnd {
    pub(super) fn refused(rule: &'static str, at: u64, error: &ApiError) -> Self {
        Self::Refused(Box::new(Refusal { rule, at, message: error.message(Language::English) }))
    }
}

impl PartSeen {
    /// Digests of its content, as far as they are known. Slow for large files.
    pub(crate) fn digests(&self) -> Digests {
        self.source.digests()
    }

    fn memory_bytes(&self) -> usize {
        let PartNames { name, file_name, extended_file_name, content_type } = &self.names;
        let texts = [name, file_name, extended_file_name, content_type];
        size_of::<Self>() + texts.into_iter().flatten().map(String::len).sum::<usize>()
    }
}

impl From<&PartHeaders<'_>> for PartNames {
    fn from(headers: &PartHeaders<'_>) -> Self {
        let disposition = headers.disposition.and_then(Disposition::parse).unwrap_or_default();
        let [name, file_name, extended_file_name] = disposition.raw().map(|value| value.map(shortened));
        Self { name, file_name, extended_file_name, content_type: headers.content_type.map(shortened) }
    }
}

fn shortened(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_TEXT_BYTES)]);
    // Cutting may split a character, and its replacement can be longer than what is left of it.
    text[..text.floor_char_boundary(MAX_TEXT_BYTES)].to_owned()
}
