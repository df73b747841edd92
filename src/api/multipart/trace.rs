//! What a multipart body was made of: its parts, the rule that it broke and where, and which name won. `TraceWriter`
//! records it while the body is read, and the journal shows it.

use schemars::JsonSchema;
use serde::Serialize;

use super::content_type;
use super::{DigestSource, Digests, PartHeaders};
use crate::api::{ApiError, Disposition, NamedBy};
use crate::domain::{FileName, Language};
use crate::wire::absent_not_null;

/// How many parts of a body a trace describes. Further parts are only counted.
pub(crate) const MAX_PARTS: usize = 32;

/// Longer names and content types are cut to this many bytes.
const MAX_TEXT_BYTES: usize = 1024;

/// A `multipart/form-data` body that was sent.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UploadRecord {
    /// The request's `Content-Type`.
    pub content_type: Option<String>,
    /// The boundary that it names.
    pub boundary: Option<String>,
    /// How many bytes of the body were read.
    pub body_bytes: u64,
    /// How many bytes precede the first boundary; absent if that never came.
    pub preamble_bytes: Option<u64>,
    /// How many bytes follow the closing boundary; absent if that never came.
    pub epilogue_bytes: Option<u64>,
    /// How many parts there were; at most the first 32 are listed.
    pub part_count: usize,
    /// The parts, in their order.
    pub parts: Vec<PartRecord>,
    /// The name of the file and why it was chosen; absent if the file has none.
    pub name: Option<NameRecord>,
    /// The first rule that the body broke; absent if it broke none.
    pub refused: Option<RefusalRecord>,
}

/// A part of a form.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = absent_not_null)]
#[non_exhaustive]
pub struct PartRecord {
    /// The offset in the body where its boundary begins.
    pub at: u64,
    /// `name` of its `Content-Disposition`, as sent.
    pub name: Option<String>,
    /// `filename`, as sent.
    #[serde(rename = "filename")]
    pub file_name: Option<String>,
    /// `filename*`, as sent.
    #[serde(rename = "filename*")]
    pub extended_file_name: Option<String>,
    /// Its `Content-Type`.
    pub content_type: Option<String>,
    /// The size of its headers in bytes, including the empty line after them.
    pub header_bytes: usize,
    /// The offset in the body where its content begins.
    pub content_at: u64,
    /// How many bytes of its content arrived.
    pub bytes: u64,
    /// Whether the boundary after it arrived.
    pub complete: bool,
    /// SHA-256 of its content, in hex. Only for a file that is stored, or was stored when somebody first asked.
    #[serde(rename = "sha-256", skip_serializing_if = "Option::is_none")]
    pub sha_256: Option<String>,
    /// XXH3-128 of its content, in hex: fast, and not cryptographic.
    #[serde(rename = "xxh3-128", skip_serializing_if = "Option::is_none")]
    pub xxh3_128: Option<String>,
}

/// The name of the file.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NameRecord {
    /// The name, decoded.
    pub value: String,
    /// Where it comes from: `?filename=`, `filename*` or `filename`.
    pub from: &'static str,
    /// Why this name was chosen.
    pub why: &'static str,
}

/// The first rule that a body broke.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RefusalRecord {
    /// The short name of the rule, which does not change between versions.
    pub rule: &'static str,
    /// What the answer said, in English.
    pub message: String,
    /// The offset in the body where it broke.
    pub at: u64,
}

/// What was found in a multipart body.
#[derive(Debug, Default)]
pub(crate) struct UploadTrace {
    /// The record, without parts and without what the head of the request says.
    pub(crate) record: UploadRecord,
    /// The first KiB of a body that was refused.
    pub(crate) start: Vec<u8>,
    /// The first [`MAX_PARTS`] parts whose headers arrived whole.
    pub(crate) parts: Vec<PartSeen>,
}

/// A part of a body.
#[derive(Debug)]
pub(crate) struct PartSeen {
    /// The record, without digests.
    pub(crate) record: PartRecord,
    pub(crate) role: PartRole,
    /// The header that says that its content is encoded.
    pub(crate) encoding: Option<String>,
    /// Whether its names break the syntax rules, though their meaning is clear.
    pub(crate) is_loose: bool,
    pub(super) source: DigestSource,
}

/// What a part turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartRole {
    /// A file.
    File,
    /// A text field, or an empty file input.
    Text,
    /// Its headers made the server refuse the upload.
    Unreadable,
}

impl UploadTrace {
    /// Describes the body of a request with this `Content-Type`. Slow where large files are hashed.
    pub(crate) fn record(&self, content_type: Option<&[u8]>) -> UploadRecord {
        UploadRecord {
            content_type: content_type.map(|text| String::from_utf8_lossy(text).into_owned()),
            boundary: content_type::boundary(content_type).ok(),
            parts: self.parts.iter().map(PartSeen::record).collect(),
            ..self.record.clone()
        }
    }

    /// The part that is the file; `None` if the body ended before one.
    pub(crate) fn file_part(&self) -> Option<&PartSeen> {
        self.parts.iter().find(|part| part.role == PartRole::File)
    }

    /// An estimate of its size in memory, in bytes, for the limit of the journal.
    pub(crate) fn memory_bytes(&self) -> usize {
        let refusal = self.record.refused.as_ref().map_or(0, |refusal| refusal.message.len());
        let name = self.record.name.as_ref().map_or(0, |name| name.value.len());
        size_of::<Self>()
            + self.start.capacity()
            + refusal
            + name
            + self.parts.iter().map(PartSeen::memory_bytes).sum::<usize>()
    }
}

impl PartSeen {
    /// A part that begins at `at`. `headers` is `None` if they are malformed.
    pub(super) fn new(at: u64, header_bytes: usize, content_at: u64, headers: Option<&PartHeaders<'_>>) -> Self {
        let disposition = headers.and_then(|headers| Disposition::parse(headers.disposition.unwrap_or_default()).ok());
        let role = match &disposition {
            None => PartRole::Unreadable,
            Some(disposition) if disposition.raw()[1..].iter().flatten().any(|name| !name.is_empty()) => PartRole::File,
            Some(_) => PartRole::Text,
        };
        let disposition = disposition.unwrap_or_default();
        let [name, file_name, extended_file_name] = disposition.raw().map(|value| value.map(shortened));
        let content_type = headers.and_then(|headers| headers.content_type).map(shortened);
        let encoding = headers.and_then(|headers| headers.encoding);
        let encoding = encoding.map(|(name, value)| format!("{name}: {}", shortened(value)));
        let names = PartRecord { name, file_name, extended_file_name, content_type, ..PartRecord::default() };
        let record = PartRecord { at, header_bytes, content_at, ..names };
        Self { record, role, encoding, is_loose: disposition.is_loose, source: DigestSource::default() }
    }

    /// Digests of its content, as far as they are known. Slow for large files.
    pub(crate) fn digests(&self) -> Digests {
        self.source.digests()
    }

    fn record(&self) -> PartRecord {
        let Digests { sha_256, xxh3_128 } = self.digests();
        PartRecord { sha_256, xxh3_128, ..self.record.clone() }
    }

    fn memory_bytes(&self) -> usize {
        let PartRecord { name, file_name, extended_file_name, content_type, .. } = &self.record;
        let texts = [name, file_name, extended_file_name, content_type, &self.encoding];
        size_of::<Self>() + texts.into_iter().flatten().map(String::len).sum::<usize>()
    }
}

impl NameRecord {
    pub(super) fn new(name: &FileName, by: NamedBy) -> Self {
        let (from, why) = match by {
            NamedBy::Query => ("?filename=", "the query wins over the part"),
            NamedBy::ExtendedFileName => ("filename*", "it wins over filename (RFC 6266)"),
            NamedBy::FileName => ("filename", "neither the query nor filename* names it"),
        };
        Self { value: name.to_string(), from, why }
    }
}

impl RefusalRecord {
    pub(super) fn new(rule: &'static str, at: u64, error: &ApiError) -> Self {
        Self { rule, message: error.message(Language::English), at }
    }
}

fn shortened(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_TEXT_BYTES)]);
    // The cut may split a character, and the replacement character can be longer than what is left of it.
    text[..text.floor_char_boundary(MAX_TEXT_BYTES)].to_owned()
}
