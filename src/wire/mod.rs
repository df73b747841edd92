//! The JSON that goes over the wire and into fixture files, built from domain types. No routes and no rules.

use std::fmt::Display;

use serde::Serializer;

pub mod attachment;
pub mod entity;
pub mod error;
pub mod fixture;
pub mod links;
pub mod outbox;
pub mod reference;
pub mod user;

/// Writes a value as the text that it displays as.
fn as_text<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
