//! What an upload consisted of, as people and tests read it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::api::disposition::NamedBy;
use crate::api::multipart::boundary;
use crate::api::multipart::trace::{PartSeen, UploadEnd, UploadTrace};
use crate::wire::schema::absent_not_null;

/// A `multipart/form-data` body that was sent.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UploadRecord {
    /// The request's `Content-Type`.
    pub content_type: Option<String>,
    /// The boundary that it names.
    pub boundary: Option<String>,
    /// How much of the body was read.
    pub body_bytes: u64,
    /// The bytes before the first boundary; absent if that did not come.
    pub preamble_bytes: Option<u64>,
    /// The bytes behind the closing boundary; absent if that did not come.
    pub epilogue_bytes: Option<u64>,
    /// How many parts there were; at most the first 32 are listed.
    pub part_count: usize,
    /// The parts, in their order.
    pub parts: Vec<PartRecord>,
    /// The name of the file and why it is that one; absent if it has none.
    pub name: Option<NameRecord>,
    /// The first rule that the body broke; absent if it broke none.
    pub refused: Option<RefusalRecord>,
}

/// A part of a form.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = absent_not_null)]
#[non_exhaustive]
pub struct PartRecord {
    /// The byte of the body where its boundary begins.
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
    /// The size of its headers, with the empty line behind them.
    pub header_bytes: usize,
    /// The byte of the body where its content begins.
    pub content_at: u64,
    /// How much of its content came.
    pub bytes: u64,
    /// Whether the boundary behind it came.
    pub complete: bool,
    /// SHA-256 of its content, in hex; only of a file that is stored, or was when this was first asked.
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
    /// Where it is from: `?filename=`, `filename*` or `filename`.
    pub from: &'static str,
    /// Why that one.
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
    /// The byte of the body where it broke.
    pub at: u64,
}

impl UploadRecord {
    /// Describes the body of a request with this `Content-Type`.
    pub(super) fn new(trace: &UploadTrace, content_type: Option<&[u8]>) -> Self {
        let refused = match &trace.end {
            UploadEnd::Refused(refusal) => {
                Some(RefusalRecord { rule: refusal.rule, message: refusal.message.clone(), at: refusal.at })
            }
            UploadEnd::Accepted | UploadEnd::Faulted => None,
        };
        Self {
            content_type: content_type.map(|text| String::from_utf8_lossy(text).into_owned()),
            boundary: boundary::of(content_type).ok(),
            body_bytes: trace.body_bytes,
            preamble_bytes: trace.preamble_bytes,
            epilogue_bytes: trace.epilogue_bytes,
            part_count: trace.part_count,
            parts: trace.parts.iter().map(PartRecord::from).collect(),
            name: trace.name.as_ref().map(|(name, by)| NameRecord::new(name.to_string(), *by)),
            refused,
        }
    }
}

impl From<&PartSeen> for PartRecord {
    fn from(part: &PartSeen) -> Self {
        let (names, digests) = (&part.names, part.digests());
        Self {
            at: part.at,
            name: names.name.clone(),
            file_name: names.file_name.clone(),
            extended_file_name: names.extended_file_name.clone(),
            content_type: names.content_type.clone(),
            header_bytes: part.header_bytes,
            content_at: part.content_at,
            bytes: part.bytes,
            complete: part.is_whole,
            sha_256: digests.sha_256.map(|digest| digest.iter().map(|byte| format!("{byte:02x}")).collect()),
            xxh3_128: digests.xxh3_128.map(|digest| format!("{digest:032x}")),
        }
    }
}

impl NameRecord {
    fn new(value: String, by: NamedBy) -> Self {
        let (from, why) = match by {
            NamedBy::Query => ("?filename=", "the query wins over the part"),
            NamedBy::ExtendedFileName => ("filename*", "it wins over filename (RFC 6266)"),
            NamedBy::FileName => ("filename", "neither the query nor filename* names it"),
        };
        Self { value, from, why }
    }
}

/// The part that is the file; `None` if the body ended before one.
pub(super) fn file_part(trace: &UploadTrace) -> Option<&PartSeen> {
    trace.parts.iter().find(|part| is_file(part))
}

/// Whether a part names a file.
pub(super) fn is_file(part: &PartSeen) -> bool {
    part.names.file_name.is_some() || part.names.extended_file_name.is_some()
}
