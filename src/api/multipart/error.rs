//! Why a body is not a form with exactly one file.

use crate::api::ParameterError;

/// A part with more headers than this is refused.
pub(super) const MAX_HEADERS: usize = 32;

/// Why a multipart body is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants say what their fields are")]
pub enum MultipartError {
    /// `Content-Type` is missing or another type.
    NotMultipart { given: Option<String> },
    /// `Content-Type` has no usable `boundary`.
    NoBoundary,
    /// The body ends before the closing boundary.
    CutOff,
    /// There is no body at all.
    NoBody,
    /// Other characters follow a boundary on its line, so it is not the boundary of this form.
    BoundaryLine,
    /// There are too many parts.
    TooManyParts { limit: usize },
    /// The headers of a part are malformed.
    BadPartHeaders,
    /// A part has too many headers.
    TooManyPartHeaders { limit: usize },
    /// A part has this header more than once.
    RepeatedPartHeader { name: &'static str },
    /// The headers of a part are too large.
    PartHeadersTooLarge { limit_bytes: usize },
    /// The body has too many bytes besides the file: preamble, text fields, epilogue.
    OverheadTooLarge { limit_bytes: u64 },
    /// The `Content-Disposition` of a part is malformed.
    BadDisposition { reason: ParameterError },
    /// No part is a file: none has a file name, and none can be the one that `?filename=` names.
    NoFile,
    /// More than one part has a file name.
    SeveralFiles,
}

impl MultipartError {
    /// The name of the broken rule in the journal. Clients rely on these names, so they must not change.
    pub(super) fn rule(&self) -> &'static str {
        match self {
            Self::NotMultipart { .. } => "content-type",
            Self::NoBoundary => "missing-boundary",
            Self::CutOff | Self::NoBody => "cut-off",
            Self::BoundaryLine => "bad-boundary-line",
            Self::TooManyParts { .. } => "too-many-parts",
            Self::BadPartHeaders => "bad-part-headers",
            Self::TooManyPartHeaders { .. } => "too-many-part-headers",
            Self::RepeatedPartHeader { .. } => "repeated-part-header",
            Self::PartHeadersTooLarge { .. } => "part-headers-too-large",
            Self::OverheadTooLarge { .. } => "too-much-beside-file",
            Self::BadDisposition { .. } => "bad-disposition",
            Self::NoFile => "no-file-part",
            Self::SeveralFiles => "two-file-parts",
        }
    }
}
