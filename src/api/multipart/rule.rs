//! The rules that an upload can break. The journal shows them by name, so the names must not change.

use super::error::MultipartError;

/// A rule that uploads must keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UploadRule {
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

impl UploadRule {
    /// The rule's name in the journal.
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

impl From<&MultipartError> for UploadRule {
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
