//! The rules that an upload can break, by names that stay.

use super::error::MultipartError;

/// A rule for uploads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    ContentType,
    MissingBoundary,
    CutOff,
    BadBoundaryLine,
    TooManyParts,
    BadPartHeaders,
    PartHeadersTooLarge,
    TooMuchBesideFile,
    BadDisposition,
    NoFilePart,
    TwoFileParts,
    BadName,
    FileTooLarge,
    MemoryFull,
    Stalled,
}

impl Rule {
    /// The name of the rule.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::ContentType => "content-type",
            Self::MissingBoundary => "missing-boundary",
            Self::CutOff => "cut-off",
            Self::BadBoundaryLine => "bad-boundary-line",
            Self::TooManyParts => "too-many-parts",
            Self::BadPartHeaders => "bad-part-headers",
            Self::PartHeadersTooLarge => "part-headers-too-large",
            Self::TooMuchBesideFile => "too-much-beside-file",
            Self::BadDisposition => "bad-disposition",
            Self::NoFilePart => "no-file-part",
            Self::TwoFileParts => "two-file-parts",
            Self::BadName => "bad-name",
            Self::FileTooLarge => "file-too-large",
            Self::MemoryFull => "memory-full",
            Self::Stalled => "stalled",
        }
    }
}

impl From<&MultipartError> for Rule {
    fn from(error: &MultipartError) -> Self {
        match error {
            MultipartError::NotMultipart { .. } => Self::ContentType,
            MultipartError::NoBoundary => Self::MissingBoundary,
            MultipartError::CutOff => Self::CutOff,
            MultipartError::BoundaryLine => Self::BadBoundaryLine,
            MultipartError::TooManyParts { .. } => Self::TooManyParts,
            MultipartError::BadPartHeaders => Self::BadPartHeaders,
            MultipartError::PartHeadersTooLarge { .. } => Self::PartHeadersTooLarge,
            MultipartError::OverheadTooLarge { .. } => Self::TooMuchBesideFile,
            MultipartError::BadDisposition => Self::BadDisposition,
            MultipartError::NoFile => Self::NoFilePart,
            MultipartError::SeveralFiles => Self::TwoFileParts,
        }
    }
}
