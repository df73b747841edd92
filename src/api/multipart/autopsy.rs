//! What a multipart body was made of, for the journal: as much as arrived, where it broke a rule, and whose name won.
//! It is taken down while the body is read, so it keeps what costs little, and is read when somebody asks.

use super::digest::{Digests, Source};
use super::part::PartHeaders;
use super::rule::Rule;
use crate::api::disposition::{Disposition, NamedBy};
use crate::api::error::ApiError;
use crate::api::error::language::Language;
use crate::domain::file::FileName;

/// How many parts of a body are told of; of the others only the number.
pub(crate) const MAX_PARTS: usize = 32;

/// How much of a name, or of a content type, is kept, in bytes.
const MAX_TEXT_BYTES: usize = 1024;

/// Headers up to this size are kept as they came.
const MAX_RAW_BYTES: usize = 2 * MAX_TEXT_BYTES;

/// What was found in a multipart body.
#[derive(Debug)]
pub(crate) struct Autopsy {
    /// How much of the body was read.
    pub(crate) body_bytes: u64,
    /// How much of it stands before the line of the first boundary; `None` if that did not come.
    pub(crate) preamble_bytes: Option<u64>,
    /// How much of it stands behind the line of the closing boundary; `None` if that did not come.
    pub(crate) epilogue_bytes: Option<u64>,
    /// The first [`MAX_PARTS`] parts whose headers came whole.
    pub(crate) parts: Vec<PartSeen>,
    /// How many parts there were.
    pub(crate) part_count: usize,
    /// The name of the file, if it has a good one, and where it is from.
    pub(crate) name: Option<(FileName, NamedBy)>,
    /// How the reading ended.
    pub(crate) end: End,
}

/// How the reading of a body ended.
#[derive(Debug)]
pub(crate) enum End {
    /// It is a form of one file.
    Accepted,
    /// It broke a rule.
    Refused(Box<Refusal>),
    /// A fault ended it, or held it until the client went away.
    Struck,
}

/// The first rule that a body broke.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) rule: Rule,
    /// The byte of the body where it broke.
    pub(crate) at: u64,
    /// What the answer says, in English.
    pub(crate) message: String,
}

impl End {
    pub(super) fn refused(rule: Rule, at: u64, error: &ApiError) -> Self {
        Self::Refused(Box::new(Refusal { rule, at, message: error.message(Language::English) }))
    }
}

/// A part of a body.
#[derive(Debug)]
pub(crate) struct PartSeen {
    /// Where its boundary begins, with the two hyphens.
    pub(crate) at: u64,
    /// The size of its headers, with the empty line behind them.
    pub(crate) header_bytes: usize,
    /// Where its content begins.
    pub(crate) content_at: u64,
    /// How much of its content came.
    pub(crate) bytes: u64,
    /// Whether the boundary behind it came.
    pub(crate) is_whole: bool,
    headers: SeenHeaders,
    pub(super) source: Source,
}

#[derive(Debug)]
enum SeenHeaders {
    /// As they came.
    Raw(Box<[u8]>),
    Read(Box<PartNames>),
}

/// What the headers of a part say, as it was sent, in at most 1 KiB each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

impl Default for Autopsy {
    /// Of a body that nothing was read of yet.
    fn default() -> Self {
        Self {
            body_bytes: 0,
            preamble_bytes: None,
            epilogue_bytes: None,
            parts: Vec::new(),
            part_count: 0,
            name: None,
            end: End::Accepted,
        }
    }
}

impl Autopsy {
    /// About how much memory it takes.
    pub(crate) fn memory_bytes(&self) -> usize {
        let refusal = match &self.end {
            End::Refused(refusal) => size_of::<Refusal>() + refusal.message.len(),
            End::Accepted | End::Struck => 0,
        };
        size_of::<Self>() + refusal + self.parts.iter().map(PartSeen::memory_bytes).sum::<usize>()
    }
}

impl PartSeen {
    pub(super) fn new(at: u64, block: &[u8], content_at: u64) -> Self {
        let headers = if block.len() <= MAX_RAW_BYTES {
            SeenHeaders::Raw(block.into())
        } else {
            SeenHeaders::Read(Box::new(PartNames::read(block)))
        };
        let header_bytes = block.len();
        Self { at, header_bytes, content_at, bytes: 0, is_whole: false, headers, source: Source::default() }
    }

    /// What its headers say; nothing if they cannot be read.
    pub(crate) fn names(&self) -> PartNames {
        match &self.headers {
            SeenHeaders::Raw(block) => PartNames::read(block),
            SeenHeaders::Read(names) => (**names).clone(),
        }
    }

    /// What tells its content from others, as far as it is known. Takes time for large files.
    pub(crate) fn digests(&self) -> Digests {
        self.source.digests()
    }

    fn memory_bytes(&self) -> usize {
        let headers = match &self.headers {
            SeenHeaders::Raw(block) => block.len(),
            SeenHeaders::Read(_) => size_of::<PartNames>() + 4 * MAX_TEXT_BYTES,
        };
        size_of::<Self>() + headers
    }
}

impl PartNames {
    fn read(block: &[u8]) -> Self {
        let Ok(headers) = PartHeaders::parse(block) else { return Self::default() };
        let disposition = headers.disposition.and_then(Disposition::parse).unwrap_or_default();
        let [name, file_name, extended_file_name] = disposition.raw().map(|value| value.map(text));
        Self { name, file_name, extended_file_name, content_type: headers.content_type.map(text) }
    }
}

fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(cut(bytes));
    // The cut may go through a character, and what stands for that is longer than a byte.
    text[..text.floor_char_boundary(MAX_TEXT_BYTES)].to_owned()
}

fn cut(text: &[u8]) -> &[u8] {
    &text[..text.len().min(MAX_TEXT_BYTES)]
}
