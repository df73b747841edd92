//! The URLs in answers: absolute, on the host that the client used, with the version of its own path.

use std::fmt::Display;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::domain::catalog::{Catalog, CatalogItem};
use crate::domain::entity::EntityType;
use crate::domain::file::FileName;
use crate::domain::ids::{EntityId, FileId};
use crate::domain::issue_field::FieldCategory;

/// All but the unreserved characters of RFC 3986, so that a name is one path segment whatever it contains.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Builds the URLs of one answer.
#[derive(Clone, Debug)]
pub struct Links {
    base: String,
}

impl Links {
    /// URLs below `base`, for instance `http://127.0.0.1:8080/v2`.
    #[must_use]
    pub fn new(base: String) -> Self {
        Self { base }
    }

    /// The URL of a path that begins with a slash, and of the query that may follow it.
    #[must_use]
    pub fn below(&self, path_and_query: &str) -> String {
        format!("{}{path_and_query}", self.base)
    }

    pub(super) fn user(&self, uid: u64) -> String {
        self.join("users", uid)
    }

    pub(super) fn queue(&self, key: &str) -> String {
        self.join("queues", key)
    }

    pub(super) fn catalog_item(&self, item: &CatalogItem) -> String {
        let collection = match item.catalog {
            Catalog::Priorities => "priorities",
            Catalog::IssueTypes => "issuetypes",
            Catalog::Statuses => "statuses",
        };
        self.join(collection, item.id)
    }

    pub(super) fn issue(&self, key: &str) -> String {
        self.join("issues", key)
    }

    pub(super) fn issue_attachment(&self, key: &str, id: FileId) -> String {
        format!("{}/issues/{key}/attachments/{id}", self.base)
    }

    pub(super) fn issue_content(&self, key: &str, id: FileId, name: &FileName) -> String {
        format!("{}/issues/{key}/attachments/{id}/{}", self.base, utf8_percent_encode(name.as_str(), SEGMENT))
    }

    pub(super) fn issue_thumbnail(&self, key: &str, id: FileId) -> String {
        format!("{}/issues/{key}/thumbnails/{id}", self.base)
    }

    pub(super) fn field(&self, key: &str) -> String {
        self.join("fields", key)
    }

    pub(super) fn field_category(&self, category: &FieldCategory) -> String {
        self.join("fields/categories", category.id)
    }

    pub(super) fn entity(&self, kind: EntityType, id: EntityId) -> String {
        format!("{}/entities/{kind}/{id}", self.base)
    }

    pub(super) fn attachment(&self, id: FileId) -> String {
        self.join("attachments", id)
    }

    pub(super) fn content(&self, id: FileId, name: &FileName) -> String {
        format!("{}/attachments/{id}/{}", self.base, utf8_percent_encode(name.as_str(), SEGMENT))
    }

    pub(super) fn thumbnail(&self, id: FileId) -> String {
        self.join("thumbnails", id)
    }

    fn join(&self, collection: &str, member: impl Display) -> String {
        format!("{}/{collection}/{member}", self.base)
    }
}
