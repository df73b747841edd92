//! The ways in which a body is not a form of one file.

/// Why a multipart body is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MultipartError {
    /// `Content-Type` is missing or another type.
    NotMultipart { given: Option<String> },
    /// `Content-Type` has no usable `boundary`.
    NoBoundary,
    /// The body ends before the closing boundary.
    CutOff,
    /// A boundary is followed by other characters in its line, so it is another boundary.
    BoundaryLine,
    /// There are too many parts.
    TooManyParts { limit: usize },
    /// The headers of a part are malformed.
    BadPartHeaders,
    /// The headers of a part are too large.
    PartHeadersTooLarge { limit_bytes: usize },
    /// The body has too much beside the file.
    OverheadTooLarge { limit_bytes: u64 },
    /// The `Content-Disposition` of a part is malformed.
    BadDisposition,
    /// No part has a file name.
    NoFile,
    /// More than one part has a file name.
    SeveralFiles,
}

impl MultipartError {
    /// The name in the journal of the rule that the body broke. Such names must not change.
    pub(super) fn rule(&self) -> &'static str {
        match self {
            Self::NotMultipart { .. } => "content-type",
            Self::NoBoundary => "missing-boundary",
            Self::CutOff => "cut-off",
            Self::BoundaryLine => "bad-boundary-line",
            Self::TooManyParts { .. } => "too-many-parts",
            Self::BadPartHeaders => "bad-part-headers",
            Self::PartHeadersTooLarge { .. } => "part-headers-too-large",
            Self::OverheadTooLarge { .. } => "too-much-beside-file",
            Self::BadDisposition => "bad-disposition",
            Self::NoFile => "no-file-part",
            Self::SeveralFiles => "two-file-parts",
        }
    }
}
