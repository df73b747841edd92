//! What requests and answers of operations carry.

use std::any::TypeId;

use schemars::JsonSchema;

/// What a request carries. JSON is described by the type that it is read into, of which the OpenAPI document has the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestBody {
    Nothing,
    /// JSON that may be left out.
    OptionalJson(TypeId),
    Json(TypeId),
    /// One file, as `multipart/form-data`.
    Form,
}

/// An answer other than a mere error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content: Content,
    /// By name, beside those that every answer has. The OpenAPI document says what each means.
    pub(crate) headers: &'static [&'static str],
}

/// What an answer carries. JSON is described by the type that it is written from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Nothing,
    Json(TypeId),
    /// A JSON array.
    List(TypeId),
    /// JSON, or the same as text or as JUnit XML.
    Report(TypeId),
    /// A list, or lines of JSON or an HTTP archive that say the same.
    Archive(TypeId),
    /// Text.
    Text,
    /// The bytes of a file, of its own type.
    File,
    /// A PNG.
    Picture,
    /// Server-sent events, without an end.
    Events,
}

impl Answer {
    pub(crate) const fn of(status: u16, content: Content) -> Self {
        Self { status, content, headers: &[] }
    }

    /// 200 with a JSON body.
    pub(crate) const fn ok<T: JsonSchema + 'static>() -> Self {
        Self::of(200, Content::Json(TypeId::of::<T>()))
    }

    /// 200 with a JSON array.
    pub(crate) const fn list<T: JsonSchema + 'static>() -> Self {
        Self::of(200, Content::List(TypeId::of::<T>()))
    }

    /// The same with headers.
    pub(crate) const fn with(self, headers: &'static [&'static str]) -> Self {
        Self { headers, ..self }
    }
}

/// What a list says of its pages.
pub(crate) const PAGES: &[&str] = &["X-Total-Count", "X-Total-Pages", "Link"];

/// The answers of a download.
pub(super) const fn download(content: Content) -> [Answer; 3] {
    const WHOLE: &[&str] = &["ETag", "Last-Modified", "Accept-Ranges", "Content-Disposition"];
    const PART: &[&str] = &["ETag", "Last-Modified", "Accept-Ranges", "Content-Disposition", "Content-Range"];
    const KNOWN: &[&str] = &["ETag", "Last-Modified"];
    [
        Answer { status: 200, content, headers: WHOLE },
        Answer { status: 206, content, headers: PART },
        Answer { status: 304, content: Content::Nothing, headers: KNOWN },
    ]
}
