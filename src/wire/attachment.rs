//! A file as the API describes it (reference pages temp-attachment and add-attachment).

use serde::Serialize;

use super::as_text;
use super::links::Links;
use super::user::UserRef;
use crate::domain::clock::Timestamp;
use crate::domain::file::File;
use crate::domain::ids::FileId;
use crate::domain::image::Dimensions;

/// The description of a file, temporary or attached.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AttachmentBody<'a> {
    #[serde(rename = "self")]
    self_url: String,
    #[serde(serialize_with = "as_text")]
    id: FileId,
    name: &'a str,
    content: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    thumbnail: Option<String>,
    created_by: UserRef<'a>,
    #[serde(serialize_with = "as_text")]
    created_at: Timestamp,
    mimetype: &'a str,
    size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata>,
}

#[derive(Debug, Serialize)]
struct Metadata {
    #[serde(serialize_with = "as_text")]
    size: Dimensions,
}

impl<'a> AttachmentBody<'a> {
    /// A temporary file, whose `createdBy` is short.
    #[must_use]
    pub fn temporary(file: &'a File, links: &Links) -> Self {
        Self::new(file, UserRef::short(&file.created_by, links), links)
    }

    /// A file of an entity, whose `createdBy` is full.
    #[must_use]
    pub fn of_entity(file: &'a File, links: &Links) -> Self {
        Self::new(file, UserRef::full(&file.created_by, links), links)
    }

    fn new(file: &'a File, created_by: UserRef<'a>, links: &Links) -> Self {
        Self {
            self_url: links.attachment(file.id),
            id: file.id,
            name: file.name.as_str(),
            content: links.content(file.id, &file.name),
            thumbnail: file.dimensions.map(|_| links.thumbnail(file.id)),
            created_by,
            created_at: file.created_at,
            mimetype: file.mimetype.as_str(),
            size: file.blob.len(),
            metadata: file.dimensions.map(|size| Metadata { size }),
        }
    }
}
