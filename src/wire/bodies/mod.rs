//! The bodies of requests to the API. One type per body: what is read, and by its schema what the OpenAPI document says.
//! Names of users, queues and other things are looked up in a world.
//!
//! Explicit `null` means absent. Members that a body does not have are ignored, except inside an entity's `fields`.

mod checklists;
mod comments;
mod entities;
mod imports;
mod issue_links;
mod issues;
mod lists;
mod member;
mod names;
mod search;
mod texts;

pub(crate) use self::checklists::{ChecklistItemChange, ChecklistItemInput, ChecklistMoveBody};
pub(crate) use self::comments::{CommentUpdateBody, NewCommentBody};
pub(crate) use self::entities::{EntityLinkInput, EntityUpdate, EntityUpdateBody, NewEntityBody};
pub(crate) use self::imports::{CommentImportBody, IssueImportBody};
pub(crate) use self::issue_links::IssueLinkInput;
pub(crate) use self::issues::{IssueUpdateBody, NewIssueBody, TransitionInput};
#[cfg(feature = "openapi")]
pub(crate) use self::lists::OneOrList;
pub(crate) use self::member::{InvalidBody, find_links, find_own};
pub(crate) use self::search::{EntitySearchBody, IssueSearchBody, IssueSearchRequest};
pub(super) use self::texts::is_date;
