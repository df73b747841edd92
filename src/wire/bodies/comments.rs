//! The bodies that create and change comments (reference pages add-comment and edit-comment).

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{FileIds, FilledText, Held, InvalidBody, NamedUser, attachment_ids, find_all, optional, required};
use crate::domain::{EditComment, NewComment, World};

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
    /// Accepted, without effect.
    #[serde(rename = "markupType")]
    #[schemars(with = "Option<Value>")]
    _markup_type: Option<IgnoredAny>,
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
    /// Addresses of mailing lists.
    maillist_summonees: Option<Held<Vec<String>>>,
    /// Accepted, without effect.
    #[serde(rename = "markupType")]
    #[schemars(with = "Option<Value>")]
    _markup_type: Option<IgnoredAny>,
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
        let maillists = optional(self.maillist_summonees, "maillistSummonees")?;
        Ok(EditComment { text, attachment_ids, summonees, maillists, expected_version })
    }
}
