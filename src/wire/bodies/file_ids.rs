//! The ids of temporary files that bodies take.

use super::member::{Held, optional};
use super::names::NamedFile;
use crate::domain::refs::FileRef;
use crate::wire::read::InvalidValue;

pub(super) type FileIds = Option<Held<Vec<NamedFile>>>;

/// The temporary files that a body takes.
pub(super) fn attachment_ids(ids: FileIds, of_description: FileIds) -> Result<Vec<FileRef>, InvalidValue> {
    let ids = optional(ids, "attachmentIds")?.unwrap_or_default();
    let of_description = optional(of_description, "descriptionAttachmentIds")?.unwrap_or_default();
    Ok(ids.into_iter().chain(of_description).map(|NamedFile(id)| FileRef::from(id.as_str())).collect())
}
