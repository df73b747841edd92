//! The emulated API. `table.rs` lists its endpoints; one file per resource holds the handlers; the other files are what
//! they share.

pub(crate) mod base_url;
pub(crate) mod disposition;
pub(crate) mod error;
pub(crate) mod extract;
pub(crate) mod file_response;
pub(crate) mod headers;
pub(crate) mod injected;
pub(crate) mod layout;
pub(crate) mod multipart;
#[cfg_attr(not(feature = "openapi"), expect(dead_code, reason = "the OpenAPI document shows what is not read then"))]
pub(crate) mod operation;
pub(crate) mod page;
pub(crate) mod parameters;
pub(crate) mod query;
pub(crate) mod reply;
pub(crate) mod request_info;
pub(crate) mod state;
pub(crate) mod table;
pub(crate) mod trace;

mod catalog;
mod changelog;
mod checklists;
mod comments;
mod downloads;
mod entities;
mod entity_attachments;
mod entity_links;
mod fields;
mod issue_attachments;
mod issue_links;
mod issues;
mod queues;
mod reactions;
mod relative;
mod temp_files;
mod transitions;
mod users;

// Names of items are unique, so files import from `super` or `api` without naming the file.
pub(crate) use self::{
    base_url::*, disposition::*, error::answer::*, error::*, extract::*, file_response::*, injected::*, layout::*,
    multipart::*, operation::*, query::*, reply::*, request_info::*, state::*, table::*, trace::*,
};
use self::{headers::*, page::*, parameters::*, relative::*};
