//! What an answer is written for: who reads it, the version of the API and the language asked for, and the URLs,
//! which are absolute and on the host that it used.

use std::fmt::{self, Display, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::Serialize;

use super::text_schema;
use crate::domain::{Catalog, CatalogItem, EntityId, EntityType, FieldCategory, FileName, Language};

/// All but the unreserved characters of RFC 3986, so that a name is one path segment whatever it contains.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Most URLs are not longer, in bytes.
const USUAL_BYTES: usize = 120;

/// An edition of the API, which paths begin with. Handlers do the same for both; where answers differ, `wire` knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ApiVersion {
    V2,
    V3,
}

impl ApiVersion {
    /// As paths have it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::V2 => "v2",
            Self::V3 => "v3",
        }
    }
}

/// What one answer is written for, and its URLs.
#[derive(Clone, Debug)]
pub(crate) struct Links {
    /// What all other URLs are below.
    pub(super) base: Url,
    pub(crate) version: ApiVersion,
    pub(crate) language: Language,
    /// The uid of who reads the answer.
    pub(crate) reader: u64,
}

impl Links {
    /// URLs below `base`, for instance `http://127.0.0.1:8080/v2`, which ends with the version.
    pub(crate) fn new(base: String, version: ApiVersion, language: Language, reader: u64) -> Self {
        Self { base: Url(base), version, language, reader }
    }

    /// The URL of a path that begins with a slash, and of the query that may follow it.
    pub(crate) fn below(&self, path_and_query: &str) -> String {
        format!("{}{path_and_query}", self.base.0)
    }

    pub(super) fn user(&self, uid: u64) -> Url {
        self.base.member("users", uid)
    }

    pub(super) fn queue(&self, key: &str) -> Url {
        self.base.member("queues", key)
    }

    pub(super) fn catalog_item(&self, item: &CatalogItem) -> Url {
        let collection = match item.catalog {
            Catalog::Priorities => "priorities",
            Catalog::IssueTypes => "issuetypes",
            Catalog::Statuses => "statuses",
            Catalog::Resolutions => "resolutions",
        };
        self.base.member(collection, item.id)
    }

    pub(super) fn issue(&self, key: &str) -> Url {
        self.base.member("issues", key)
    }

    pub(super) fn link_type(&self, id: &str) -> Url {
        self.base.member("linktypes", id)
    }

    pub(super) fn maillist(&self, address: &str) -> Url {
        self.base.member("maillists", utf8_percent_encode(address, SEGMENT))
    }

    pub(super) fn field(&self, key: &str) -> Url {
        self.base.member("fields", key)
    }

    pub(super) fn field_category(&self, category: &FieldCategory) -> Url {
        self.base.member("fields/categories", category.id)
    }

    pub(super) fn entity(&self, kind: EntityType, id: EntityId) -> Url {
        self.base.member("entities", format_args!("{kind}/{id}"))
    }
}

/// The URL of one object.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
pub(super) struct Url(String);

text_schema!(Url, { "type": "string", "format": "uri" });

impl Url {
    /// The member `name` of a collection below this URL.
    pub(super) fn member(&self, collection: &str, name: impl Display) -> Self {
        Self::with_room(format_args!("{}/{collection}/{name}", self.0))
    }

    /// The content of a file with this URL.
    pub(super) fn content(&self, name: &FileName) -> Self {
        Self::with_room(format_args!("{}/{}", self.0, utf8_percent_encode(name.as_str(), SEGMENT)))
    }

    /// Each answer has several URLs, so their texts do not grow piece by piece.
    fn with_room(url: fmt::Arguments<'_>) -> Self {
        let mut text = String::with_capacity(USUAL_BYTES);
        let _ = text.write_fmt(url);
        Self(text)
    }
}
