//! The habits of clients in writing the names of a form: each with the setting that ends it.

use super::deviation::{Deviation, FindingKind};
use crate::api::UploadTrace;

const QUOTES: &str = "section 6, requests: a quote in a file name is %22 or \\\"";
const ENCODED: &str = "section 6, requests: only %22, %0D and %0A are decoded in a file name; the rest is kept as sent";

/// How the names of a form deviate.
pub(super) fn deviations(upload: &UploadTrace) -> impl Iterator<Item = Deviation> {
    loose(upload).into_iter().chain(encoded(upload))
}

fn loose(upload: &UploadTrace) -> Option<Deviation> {
    let refusal = upload.record.refused.as_ref().filter(|refusal| refusal.rule == "bad-disposition");
    let message = match (refusal, upload.parts.iter().find(|part| part.is_loose)) {
        (Some(refusal), _) => refusal.message.clone(),
        (None, Some(part)) => format!(
            "The Content-Disposition of the part {:?} was understood, but should not be written so. Put names in quotes, and write a quote in a name as %22 or \\\"; where the client cannot, name the file by ?filename=.",
            part.record.name.as_deref().unwrap_or_default()
        ),
        (None, None) => return None,
    };
    Some(Deviation { kind: FindingKind::LooseName, message, rule: QUOTES })
}

/// Only a name that stands in `filename` can be a habit: the others are decoded.
fn encoded(upload: &UploadTrace) -> Option<Deviation> {
    let name = &upload.record.name.as_ref().filter(|name| name.from == "filename")?.value;
    let (seen, cure) = if is_percent_encoded(name) {
        (
            "looks percent-encoded",
            "With aiohttp use FormData(quote_fields=False); with needle name the file by ?filename=.",
        )
    } else if is_encoded_word(name) {
        (
            "is an encoded word, as in mail (RFC 2047)",
            "With Spring do not call FormHttpMessageConverter.setMultipartCharset; with .NET set FileNameStar beside FileName.",
        )
    } else if name.contains('?') {
        (
            "has question marks, most likely in place of letters that are not ASCII",
            "With Apache HttpClient use MultipartEntityBuilder.setMode(HttpMultipartMode.EXTENDED), or in version 4 BROWSER_COMPATIBLE with setCharset(UTF_8).",
        )
    } else {
        return None;
    };
    let message = format!("The file name {name:?} {seen}; it was kept as sent. {cure}");
    Some(Deviation { kind: FindingKind::EncodedName, message, rule: ENCODED })
}

/// Whether there is an escape that is not decoded.
fn is_percent_encoded(name: &str) -> bool {
    let is_hex = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let bytes = name.as_bytes();
    (0..bytes.len()).any(|at| bytes[at] == b'%' && is_hex(bytes.get(at + 1)) && is_hex(bytes.get(at + 2)))
}

/// Whether there is `=?charset?B?text?=`, or `?Q?`.
fn is_encoded_word(name: &str) -> bool {
    let Some((_, word)) = name.split_once("=?") else { return false };
    let mut parts = word.split('?');
    let (charset, encoding, text, end) = (parts.next(), parts.next(), parts.next(), parts.next());
    charset.is_some_and(|charset| !charset.is_empty())
        && encoding.is_some_and(|encoding| ["b", "q"].iter().any(|known| encoding.eq_ignore_ascii_case(known)))
        && text.is_some()
        && end.is_some_and(|end| end.starts_with('='))
}
