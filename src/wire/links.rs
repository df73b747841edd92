//! The URLs in answers: absolute, on the host that the client used, with the version of its own path.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Serialize, Serializer};

use crate::domain::catalog::{Catalog, CatalogItem};
use crate::domain::entity::EntityType;
use crate::domain::file::FileName;
use crate::domain::ids::{EntityId, FileId};
use crate::domain::issue_field::FieldCategory;

/// All but the unreserved characters of RFC 3986, so that a name is one path segment whatever it contains.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Builds the URLs of one answer.
#[derive(Clone, Debug)]
pub(crate) struct Links {
    base: String,
}

impl Links {
    /// URLs below `base`, for instance `http://127.0.0.1:8080/v2`.
    pub(crate) fn new(base: String) -> Self {
        Self { base }
    }

    /// The URL of a path that begins with a slash, and of the query that may follow it.
    pub(crate) fn below(&self, path_and_query: &str) -> String {
        format!("{}{path_and_query}", self.base)
    }

    pub(super) fn user(&self, uid: u64) -> Url<'_> {
        self.url(UrlPath::Numbered("users", uid))
    }

    pub(super) fn queue<'a>(&'a self, key: &'a str) -> Url<'a> {
        self.url(UrlPath::Named("queues", key))
    }

    pub(super) fn catalog_item(&self, item: &CatalogItem) -> Url<'_> {
        let collection = match item.catalog {
            Catalog::Priorities => "priorities",
            Catalog::IssueTypes => "issuetypes",
            Catalog::Statuses => "statuses",
        };
        self.url(UrlPath::Numbered(collection, item.id))
    }

    pub(super) fn issue<'a>(&'a self, key: &'a str) -> Url<'a> {
        self.url(UrlPath::Named("issues", key))
    }

    pub(super) fn issue_attachment<'a>(&'a self, key: &'a str, id: FileId) -> Url<'a> {
        self.url(UrlPath::OfIssue(key, "attachments", id))
    }

    pub(super) fn issue_content<'a>(&'a self, key: &'a str, id: FileId, name: &'a FileName) -> Url<'a> {
        self.url(UrlPath::IssueContent(key, id, name))
    }

    pub(super) fn issue_thumbnail<'a>(&'a self, key: &'a str, id: FileId) -> Url<'a> {
        self.url(UrlPath::OfIssue(key, "thumbnails", id))
    }

    pub(super) fn field<'a>(&'a self, key: &'a str) -> Url<'a> {
        self.url(UrlPath::Named("fields", key))
    }

    pub(super) fn field_category(&self, category: &FieldCategory) -> Url<'_> {
        self.url(UrlPath::Named("fields/categories", category.id))
    }

    pub(super) fn entity(&self, kind: EntityType, id: EntityId) -> Url<'_> {
        self.url(UrlPath::Entity(kind, id))
    }

    pub(super) fn attachment(&self, id: FileId) -> Url<'_> {
        self.url(UrlPath::Numbered("attachments", id.number()))
    }

    pub(super) fn content<'a>(&'a self, id: FileId, name: &'a FileName) -> Url<'a> {
        self.url(UrlPath::Content(id, name))
    }

    pub(super) fn thumbnail(&self, id: FileId) -> Url<'_> {
        self.url(UrlPath::Numbered("thumbnails", id.number()))
    }

    fn url<'a>(&'a self, path: UrlPath<'a>) -> Url<'a> {
        Url { base: &self.base, path }
    }
}

/// Most URLs are not longer, in bytes.
const USUAL_BYTES: usize = 120;

/// The URL of one object. Its text is made when it is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Url<'a> {
    base: &'a str,
    path: UrlPath<'a>,
}

/// The path of an object below the version.
#[derive(Clone, Copy, Debug)]
enum UrlPath<'a> {
    /// A collection, and the number of its member.
    Numbered(&'static str, u64),
    /// A collection, and the name of its member.
    Named(&'static str, &'a str),
    Entity(EntityType, EntityId),
    Content(FileId, &'a FileName),
    /// The key of an issue, a collection of its own, and the file in it.
    OfIssue(&'a str, &'static str, FileId),
    IssueContent(&'a str, FileId, &'a FileName),
}

impl Url<'_> {
    /// Writes the URL into one buffer: each answer has several URLs, and every piece that is formatted costs time.
    fn text(&self) -> String {
        let mut text = String::with_capacity(USUAL_BYTES);
        text.push_str(self.base);
        match self.path {
            UrlPath::Numbered(collection, number) => {
                push_segments(&mut text, [collection, &number.to_string()]);
            }
            UrlPath::Named(collection, name) => push_segments(&mut text, [collection, name]),
            UrlPath::Entity(kind, id) => push_segments(&mut text, ["entities", kind.as_str(), &id.to_string()]),
            UrlPath::Content(id, name) => {
                push_segments(&mut text, ["attachments", &id.to_string()]);
                push_name(&mut text, name);
            }
            UrlPath::OfIssue(key, collection, id) => {
                push_segments(&mut text, ["issues", key, collection, &id.to_string()]);
            }
            UrlPath::IssueContent(key, id, name) => {
                push_segments(&mut text, ["issues", key, "attachments", &id.to_string()]);
                push_name(&mut text, name);
            }
        }
        text
    }
}

impl fmt::Display for Url<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl Serialize for Url<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

fn push_segments<const N: usize>(text: &mut String, segments: [&str; N]) {
    for segment in segments {
        text.push('/');
        text.push_str(segment);
    }
}

fn push_name(text: &mut String, name: &FileName) {
    text.push('/');
    text.extend(utf8_percent_encode(name.as_str(), SEGMENT));
}
