//! The JSON that goes over the wire and into fixture files, built from domain types. No routes and no rules.

pub(crate) mod attachment;
pub(crate) mod bodies;
pub(crate) mod catalog;
pub(crate) mod changelog;
pub(crate) mod checklist;
pub(crate) mod clock;
pub(crate) mod comment;
mod domain_texts;
pub(crate) mod entity;
pub(crate) mod error;
pub(crate) mod event;
pub(crate) mod evidence;
pub(crate) mod expand;
pub(crate) mod field;
pub(crate) mod fixture;
#[cfg(feature = "html")]
mod html;
pub(crate) mod ids;
pub(crate) mod issue;
pub(crate) mod issue_link;
pub(crate) mod links;
pub(crate) mod outbox;
pub(crate) mod patterns;
pub(crate) mod queue;
pub(crate) mod read;
pub(crate) mod reference;
pub(crate) mod schema;
pub(crate) mod time;
pub(crate) mod transition;
pub(crate) mod user;

// Names of items are unique, so files import from `super` or `wire` without naming the file.
pub(crate) use self::{
    attachment::*, bodies::*, catalog::*, changelog::*, checklist::*, clock::*, comment::*, entity::*, error::*,
    event::*, evidence::*, expand::*, field::*, fixture::*, ids::*, issue::*, issue_link::*, links::*, outbox::*,
    patterns::*, queue::*, read::*, schema::*, time::*, transition::*, user::*,
};
use self::{domain_texts::*, reference::*};
