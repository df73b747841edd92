//! The types of the domain that JSON has as texts: how they are written and read, and the schemas of their texts.

use std::fmt::Debug;

use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{FILE_ID, FILE_NAME, OBJECT_ID, text_schema};
use crate::domain::{
    CommentLongId, Dimensions, EntityId, EntityType, EventId, FileId, FileName, FixtureRule, IssueId, Timestamp,
};

/// Has each type written as the text that it displays as, with this schema.
macro_rules! written {
    ($($name:ident { $($schema:tt)* })*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        text_schema!($name, { "type": "string", $($schema)* });
    )*};
}

written! {
    CommentLongId { "pattern": OBJECT_ID }
    Dimensions { "pattern": "^[0-9]+x[0-9]+$" }
    EntityId { "pattern": OBJECT_ID }
    EntityType { "enum": EntityType::NAMES }
    EventId { "pattern": OBJECT_ID }
    FileId { "pattern": FILE_ID }
    FileName { "minLength": 1, "maxLength": 255, "pattern": FILE_NAME }
    IssueId { "pattern": OBJECT_ID }
    Timestamp { "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}\+0000$" }
}

/// Has each type read from a text by a function, as fixtures have it.
macro_rules! read {
    ($($name:ident: $read:expr;)*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                let read: Result<Self, FixtureRule> = $read(&text);
                read.map_err(D::Error::custom)
            }
        }
    )*};
}

read! {
    CommentLongId: |text| parsed(Self::parse(text), HEX_DIGITS, text);
    EntityId: |text| parsed(Self::parse(text), HEX_DIGITS, text);
    EventId: |text| parsed(Self::parse(text), HEX_DIGITS, text);
    FileId: |text| {
        let id = parsed(Self::parse(text), "a file id, a decimal number without leading zeros", text)?;
        countable(id.number()).map(|_| id)
    };
    FileName: |text| Ok(Self::new(text)?);
    IssueId: |text| parsed(Self::parse(text), HEX_DIGITS, text);
    Timestamp: |text| parsed(Self::parse(text), "a time such as 2024-01-13T14:06:29.747+0000", text);
}

impl<'de> Deserialize<'de> for EntityType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::unknown_variant(&text, EntityType::NAMES))
    }
}

const HEX_DIGITS: &str = "an id of 24 lower-case hex digits";

fn parsed<T>(parsed: Option<T>, wanted: &'static str, text: &str) -> Result<T, FixtureRule> {
    parsed.ok_or_else(|| malformed(wanted, text))
}

/// The error that a text or a number is not as `wanted`.
pub(super) fn malformed(wanted: &'static str, value: impl Debug) -> FixtureRule {
    FixtureRule::Malformed { wanted, value: format!("{value:?}") }
}

/// A number that counting goes on from. It keeps away from the end of its range, so that counting cannot overflow.
pub(super) fn countable(number: u64) -> Result<u64, FixtureRule> {
    if number < 10_u64.pow(18) { Ok(number) } else { Err(malformed("a number of at most 18 digits", number)) }
}
