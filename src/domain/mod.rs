//! The rules of the emulated service. Nothing here knows HTTP, JSON or any other form of transport.
//!
//! All state is reached through [`worlds::Worlds`], which maps an organisation to its [`world::World`]. A world is plain
//! data; each kind of object adds its commands to it in a file of its own.

pub(crate) mod blob;
pub(crate) mod budget;
mod buffer;
pub(crate) mod catalog;
pub(crate) mod changelog;
pub(crate) mod checklist;
pub(crate) mod clock;
pub(crate) mod comment;
pub(crate) mod entity;
pub(crate) mod entity_attachments;
pub(crate) mod entity_fields;
pub(crate) mod error;
pub(crate) mod file;
pub(crate) mod history;
pub(crate) mod ids;
pub(crate) mod image;
pub(crate) mod issue;
pub(crate) mod issue_attachments;
pub(crate) mod issue_field;
pub(crate) mod issue_link;
pub(crate) mod language;
pub(crate) mod lock;
pub(crate) mod outbox;
pub(crate) mod queue;
pub(crate) mod reactions;
pub(crate) mod refs;
pub(crate) mod search;
pub(crate) mod thumbnail;
pub(crate) mod user;
mod weight;
pub(crate) mod workflow;
pub(crate) mod world;
pub(crate) mod worlds;

// Names of items are unique, so files import from `domain` without naming the file, and those here import everything.
pub(crate) use self::{
    blob::*, budget::*, catalog::*, changelog::*, checklist::*, clock::*, comment::*, entity::*, entity_attachments::*,
    entity_fields::*, error::*, file::*, history::*, ids::*, image::*, issue::*, issue_attachments::*, issue_field::*,
    issue_link::*, language::*, lock::*, outbox::*, queue::*, reactions::*, refs::*, search::*, thumbnail::*, user::*,
    workflow::*, world::*, worlds::*,
};
