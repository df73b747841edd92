//! Finds deviations: things that a client did, that the documents do not describe, and that are ignored without an error.
//! How it writes the names in a form is judged in `form_names`.

use std::str::FromStr;

use axum::http::header::CONTENT_TYPE;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::record::Record;
use crate::api::{Operation, PartRole, RequestBody};
use crate::control::faults::prefer::{self, KNOWN, PREFER};
use crate::domain::FileName;
use crate::wire::{mark_bytes, nearest};

/// Something that a client did and should not rely on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Deviation {
    /// What kind it is.
    pub kind: FindingKind,
    /// What the client did, and what it should do.
    pub message: String,
    /// The rule, by section of the project's wire contract.
    pub rule: &'static str,
}

named! {
    /// The kinds of deviations, and what a strict check finds beside them.
    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "kebab-case")]
    #[non_exhaustive]
    pub enum FindingKind {
        /// A parameter of the query that the operation does not have.
        UnknownParameter = "unknown-parameter",
        /// A member of a JSON body that the operation does not have.
        UnknownMember = "unknown-member",
        /// A member of a JSON body that is there twice.
        RepeatedMember = "repeated-member",
        /// A body where there should be none.
        UnexpectedBody = "unexpected-body",
        /// JSON under another type than `application/json`.
        WrongContentType = "wrong-content-type",
        /// A download under another name than the file has.
        OtherFileName = "other-file-name",
        /// A byte order mark in front of JSON.
        ByteOrderMark = "byte-order-mark",
        /// A part without a file name that was taken for the file, because the query names it.
        UnnamedFile = "unnamed-file",
        /// A part of a form that is no file and was ignored.
        IgnoredPart = "ignored-part",
        /// A file whose part says that it is encoded. It was stored as sent.
        EncodedPart = "encoded-part",
        /// The name of a file, or of a part, that is written against the rules of forms.
        LooseName = "loose-name",
        /// The name of a file that arrived encoded, or with its letters replaced, and was kept so.
        EncodedName = "encoded-name",
        /// A preference in `Prefer` that is none here.
        UnknownPreference = "unknown-preference",
        /// A retry that sent other bytes than the attempt before.
        RetryDiffers = "retry-differs",
        /// A retry that sent nothing where the attempt before had sent something.
        RetryEmpty = "retry-empty",
        /// No deviation: a request to an endpoint that is not emulated.
        UnknownEndpoint = "unknown-endpoint",
        /// No deviation: bytes that are no HTTP request.
        MalformedRequest = "malformed-request",
        /// No deviation: a fault that was armed and never fired.
        FaultNeverFired = "fault-never-fired",
        /// No deviation: the journal dropped records, so something may have been missed.
        RecordsDropped = "records-dropped",
    }
}

impl FromStr for FindingKind {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::parse(name).ok_or(())
    }
}

/// How many ignored parameters, members, parts and preferences are listed of a request.
const MAX_LISTED_DEVIATIONS: usize = 16;

/// How much of a name is shown, in bytes.
const MAX_NAME_BYTES: usize = 128;

/// The deviations of one request, apart from those that a comparison with earlier attempts finds. Of many, the first are
/// listed and the others counted.
pub(super) fn of_request(record: &Record) -> Vec<Deviation> {
    let Some(operation) = record.operation else { return Vec::new() };
    // A query that cannot be decoded was refused: that is an error, not a deviation.
    let query = record.head.query();
    let known: Vec<&str> = operation.query.iter().map(|parameter| parameter.name).collect();
    let unknown: Vec<&str> = query.pairs().map(|(name, _)| name).filter(|name| !known.contains(name)).collect();
    let parts = record.upload.as_ref().map_or(&[][..], |upload| &upload.parts);
    let ignored: Vec<_> = parts.iter().filter(|part| part.role == PartRole::Text).collect();
    let body = unexpected_body(operation, record).into_iter().chain(wrong_content_type(operation, record));
    let name = record.other_name.as_ref().map(other_file_name);
    let body = body.chain(byte_order_mark(record)).chain(unnamed_file(record)).chain(encoded_part(record));

    let preferences: Vec<_> = record.head.header(&PREFER).filter_map(|value| str::from_utf8(value).ok()).collect();
    let preferences: Vec<_> = preferences.iter().flat_map(|value| prefer::unknown(value)).collect();

    let count = unknown.len() + ignored.len() + preferences.len();
    let unknown = unknown.into_iter().map(|name| unknown_parameter(operation, &known, name));
    let many =
        unknown.chain(ignored.into_iter().map(|part| ignored_part(part.record.name.as_deref().unwrap_or_default())));
    let mut listed = first_of(
        many.chain(preferences.into_iter().map(unknown_preference)),
        count,
        "parameters, parts or preferences",
    );
    listed.extend(body.chain(name));
    listed
}

/// The first of many deviations, and how many more there are.
pub(super) fn first_of(many: impl Iterator<Item = Deviation>, count: usize, what: &str) -> Vec<Deviation> {
    let mut listed: Vec<_> = many.take(MAX_LISTED_DEVIATIONS).collect();
    if let (Some(more @ 1..), Some(last)) = (count.checked_sub(MAX_LISTED_DEVIATIONS), listed.last().cloned()) {
        let message = format!("{more} more {what} were ignored; they are not listed.");
        listed.push(Deviation { message, ..last });
    }
    listed
}

pub(super) fn shortened_name(name: &str) -> &str {
    &name[..name.floor_char_boundary(MAX_NAME_BYTES)]
}

/// What was meant by a name that is none of the known ones.
pub(super) fn hint(name: &str, known: &[&str]) -> String {
    match nearest(name, known.iter().copied()) {
        Some(meant) => format!("did you mean {meant:?}?"),
        None if known.is_empty() => "it has none.".to_owned(),
        None => format!("it has {}.", known.join(", ")),
    }
}

fn unknown_parameter(operation: &Operation, known: &[&str], name: &str) -> Deviation {
    let name = shortened_name(name);
    let hint = hint(name, known);
    Deviation {
        kind: FindingKind::UnknownParameter,
        message: format!("The parameter {name:?} is not documented for {} and was ignored; {hint}", operation.name),
        rule: "section 1, unknown query parameters: ignored in the answer",
    }
}

fn unknown_preference(name: &str) -> Deviation {
    let name = shortened_name(name);
    let hint = nearest(name, KNOWN)
        .map_or_else(|| "there are code and delay.".to_owned(), |meant| format!("did you mean {meant:?}?"));
    Deviation {
        kind: FindingKind::UnknownPreference,
        message: format!("The preference {name:?} in Prefer is not known here and was ignored; {hint}"),
        rule: "RFC 7240, section 2: a preference that is not known is ignored",
    }
}

fn ignored_part(name: &str) -> Deviation {
    let name = shortened_name(name);
    Deviation {
        kind: FindingKind::IgnoredPart,
        message: format!("The part {name:?} of the form has no file name and was ignored."),
        rule: "section 2, body: text fields without a file name are ignored",
    }
}

fn unexpected_body(operation: &Operation, record: &Record) -> Option<Deviation> {
    let body = record.body.as_ref()?;
    let text = body.start[mark_bytes(&body.start)..].trim_ascii();
    if operation.body != RequestBody::Nothing || text.is_empty() || text == b"null" {
        return None;
    }
    Some(Deviation {
        kind: FindingKind::UnexpectedBody,
        message: format!("{} takes no body; the {} bytes that came were ignored.", operation.name, body.bytes),
        rule: "section 1, body where none is due: it is ignored",
    })
}

fn other_file_name(actual: &FileName) -> Deviation {
    Deviation {
        kind: FindingKind::OtherFileName,
        message: format!("The file is called {:?}; it was sent under the name in the path.", actual.as_str()),
        rule: "section 4, downloads: another name is answered all the same",
    }
}

fn byte_order_mark(record: &Record) -> Option<Deviation> {
    record.body.as_ref().filter(|body| mark_bytes(&body.start) > 0)?;
    Some(Deviation {
        kind: FindingKind::ByteOrderMark,
        message: "The body begins with a byte order mark, which was skipped. JSON must not have one; write it as UTF-8 without."
            .to_owned(),
        rule: "section 1, JSON: UTF-8 without a byte order mark (RFC 8259)",
    })
}

fn unnamed_file(record: &Record) -> Option<Deviation> {
    let upload = record.upload.as_deref()?;
    let file = upload.file_part().filter(|part| part.record.file_name.is_none())?;
    file.record.extended_file_name.is_none().then(|| Deviation {
        kind: FindingKind::UnnamedFile,
        message: format!(
            "The part {:?} has no file name; it was taken for the file, because the query names it. Write filename in its Content-Disposition.",
            file.record.name.as_deref().unwrap_or_default()
        ),
        rule: "section 2, body: the part that is the file where none has a file name",
    })
}

fn encoded_part(record: &Record) -> Option<Deviation> {
    let file = record.upload.as_deref()?.file_part()?;
    let encoding = file.encoding.as_ref()?;
    Some(Deviation {
        kind: FindingKind::EncodedPart,
        message: format!(
            "The part {:?} says {encoding:?}; the file was stored as sent, not decoded. Send the bytes themselves.",
            file.record.name.as_deref().unwrap_or_default()
        ),
        rule: "section 1, encoded bodies: nothing is decoded; in a form no part is encoded (RFC 7578, section 4.7)",
    })
}

fn wrong_content_type(operation: &Operation, record: &Record) -> Option<Deviation> {
    let takes_json = matches!(operation.body, RequestBody::Json(_) | RequestBody::OptionalJson(_));
    record.body.as_ref().filter(|body| takes_json && body.bytes > 0)?;
    let given = record.head.header(&CONTENT_TYPE).next();
    let essence = given.and_then(|value| value.split(|&byte| byte == b';').next()).unwrap_or_default().trim_ascii();
    if essence.eq_ignore_ascii_case(b"application/json") {
        return None;
    }
    let said = match given {
        Some(given) => format!("was {:?}", String::from_utf8_lossy(given)),
        None => "was missing".to_owned(),
    };
    Some(Deviation {
        kind: FindingKind::WrongContentType,
        message: format!("Content-Type {said}; the body was read as JSON all the same. Send application/json."),
        rule: "section 1, JSON: sent as application/json",
    })
}
