//! The bodies that create and change comments (reference pages add-comment and edit-comment).

use schemars::JsonSchema;
use serde::Deserialize;

use super::file_ids::{FileIds, attachment_ids};
use super::member::{Find, Held, InvalidBody, find_all, optional, required};
use super::names::NamedUser;
use super::texts::FilledText;
use crate::domain::comment::{EditComment, ImportedComment, NewComment};
use crate::domain::world::World;
use crate::wire::read::InvalidValue;
use crate::wire::time::Instant;

/// A new comment.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "NewComment")]
pub(crate) struct NewCommentBody {
    text: Held<FilledText>,
    attachment_ids: FileIds,
    #[schemars(skip)]
    description_attachment_ids: FileIds,
    summonees: Option<Held<Vec<Held<NamedUser>>>>,
    /// Addresses of mailing lists.
    maillist_summonees: Option<Held<Vec<String>>>,
}

/// A comment that was written elsewhere.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ImportedComment")]
pub(crate) struct CommentImportBody {
    text: Held<FilledText>,
    created_at: Held<Instant>,
    created_by: Held<NamedUser>,
    /// Only with `updatedBy`.
    updated_at: Option<Held<Instant>>,
    /// Only with `updatedAt`.
    updated_by: Option<Held<NamedUser>>,
}

impl CommentImportBody {
    /// The text, and when and by whom it was written and changed.
    pub(crate) fn read(self, world: &World) -> Result<(String, ImportedComment), InvalidBody> {
        let user = |name: NamedUser, field: &str| name.find(world).map_err(|invalid| invalid.at(field));
        let text = required(self.text, "text")?.0;
        let created_at = required(self.created_at, "createdAt")?.0;
        let created_by = user(required(self.created_by, "createdBy")?, "createdBy")?;
        let updated_at = optional(self.updated_at, "updatedAt")?;
        let updated_by = optional(self.updated_by, "updatedBy")?;
        let updated = match (updated_at, updated_by) {
            (Some(Instant(at)), Some(by)) => Some((at, user(by, "updatedBy")?)),
            (None, None) => None,
            (Some(_), None) => return Err(InvalidValue::missing("updatedBy").into()),
            (None, Some(_)) => return Err(InvalidValue::missing("updatedAt").into()),
        };
        Ok((text, ImportedComment { created_at, created_by, updated }))
    }
}

/// A change of a comment. What is not named stays.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "CommentUpdate")]
pub(crate) struct CommentUpdateBody {
    text: Option<Held<FilledText>>,
    attachment_ids: FileIds,
    #[schemars(skip)]
    description_attachment_ids: FileIds,
    summonees: Option<Held<Vec<Held<NamedUser>>>>,
}

impl NewCommentBody {
    /// The comment that is meant.
    pub(crate) fn read(self, world: &World) -> Result<NewComment, InvalidBody> {
        let text = required(self.text, "text")?.0;
        let attachment_ids = attachment_ids(self.attachment_ids, self.description_attachment_ids)?;
        let summonees = optional(self.summonees, "summonees")?.unwrap_or_default();
        let summonees = find_all(summonees, world).map_err(|invalid| invalid.at("summonees"))?;
        let maillists = optional(self.maillist_summonees, "maillistSummonees")?.unwrap_or_default();
        Ok(NewComment { text, attachment_ids, summonees, maillists })
    }
}

impl CommentUpdateBody {
    /// The change that is meant.
    pub(crate) fn read(self, expected_version: Option<u64>, world: &World) -> Result<EditComment, InvalidBody> {
        let text = optional(self.text, "text")?.map(|text| text.0);
        let attachment_ids = attachment_ids(self.attachment_ids, self.description_attachment_ids)?;
        let summonees = optional(self.summonees, "summonees")?.map(|summonees| find_all(summonees, world));
        let summonees = summonees.transpose().map_err(|invalid| invalid.at("summonees"))?;
        Ok(EditComment { text, attachment_ids, summonees, expected_version })
    }
}
