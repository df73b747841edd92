//! The bodies of requests to the API. One type per body: what is read, and by its schema what the OpenAPI document says.
//! Names of users, queues and other things are looked up in a world.
//!
//! Explicit `null` means absent. Members that a body does not have are ignored, except inside an entity's `fields`;
//! the journal tells of them.

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

use self::names::*;
pub(crate) use self::{
    checklists::*, comments::*, entities::*, imports::*, issue_links::*, issues::*, lists::*, member::*, search::*,
    texts::*,
};
