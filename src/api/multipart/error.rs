//! The ways in which a body is not a form of one file.

/// Why a multipart body is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MultipartError {
    /// `Content-Type` is missing or another.
    NotMultipart { given: Option<String> },
    /// `Content-Type` has no usable `boundary`.
    NoBoundary,
    /// The body ends, or breaks off, before the closing boundary.
    CutOff,
    /// There is something behind a boundary, in its line, so it is another boundary.
    BoundaryLine,
    /// There are too many parts.
    TooManyParts { limit: usize },
    /// The headers of a part are not headers.
    BadPartHeaders,
    /// The headers of a part are too large.
    PartHeadersTooLarge { limit_bytes: usize },
    /// There is too much in the body that is no file.
    OverheadTooLarge { limit_bytes: u64 },
    /// The parameters of a part's `Content-Disposition` are not.
    BadDisposition,
    /// No part has a file name.
    NoFile,
    /// More than one part has a file name.
    SeveralFiles,
}
