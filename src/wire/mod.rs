//! The JSON that goes over the wire and into fixture files, built from domain types. No routes and no rules.

use std::fmt::Display;

use serde::Serializer;

pub mod attachment;
pub mod bodies;
pub mod catalog;
pub mod clock;
pub mod comment;
pub mod entity;
pub mod error;
pub mod event;
pub mod evidence;
pub mod field;
pub mod fixture;
pub mod ids;
pub mod issue;
pub mod links;
pub mod outbox;
pub(crate) mod patterns;
pub mod queue;
pub mod read;
pub mod reference;
pub mod schema;
pub mod time;
pub mod user;

/// Writes a value as the text that it displays as.
pub(crate) fn as_text<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
