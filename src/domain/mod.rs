//! The rules of the emulated service. Nothing here knows HTTP, JSON or any other form of transport.
//!
//! All state is reached through [`worlds::Worlds`], which maps an organisation to its [`world::World`]. A world is plain
//! data; each kind of thing adds its commands to it in a file of its own.

pub mod blob;
mod buffer;
pub mod catalog;
pub mod clock;
pub mod comment;
pub mod entity;
pub mod entity_attachments;
pub mod entity_fields;
pub mod error;
pub mod file;
pub mod history;
pub mod ids;
pub mod image;
pub mod issue;
pub mod issue_attachments;
pub mod issue_field;
pub mod outbox;
pub mod queue;
pub mod search;
pub mod thumbnail;
pub mod user;
pub mod world;
pub mod worlds;
