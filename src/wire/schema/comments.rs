//! The bodies that create and change comments.

use schemars::JsonSchema;

use super::names::{FileName, UserName};
use super::texts::FilledText;

/// A new comment.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "NewComment", rename_all = "camelCase")]
#[expect(dead_code, reason = "a shape, never a value")]
pub struct NewCommentShape {
    text: FilledText,
    attachment_ids: Option<Vec<FileName>>,
    summonees: Option<Vec<UserName>>,
}

/// A change of a comment. What is not named stays.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "CommentUpdate", rename_all = "camelCase")]
#[expect(dead_code, reason = "a shape, never a value")]
pub struct CommentUpdateShape {
    text: Option<FilledText>,
    attachment_ids: Option<Vec<FileName>>,
    summonees: Option<Vec<UserName>>,
}
