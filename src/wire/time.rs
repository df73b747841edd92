//! Instants and durations in the bodies and queries of the control plane.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Json, TIME};
use crate::domain::Timestamp;

// An instant, written as the API writes it and read as fixtures are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Instant(#[schemars(with = "String", regex(pattern = TIME))] pub Timestamp);

/// A duration in whole milliseconds: a text such as `250ms`, `5s` or `1h 30m`, or a number of milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub Duration);

impl Span {
    /// Reads the text form. `None` for another text, and for what is no whole number of milliseconds.
    pub fn parse(text: &str) -> Option<Self> {
        let duration = humantime::parse_duration(text).ok()?;
        duration.subsec_nanos().is_multiple_of(1_000_000).then_some(Self(duration))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_zero() { f.write_str("0ms") } else { humantime::format_duration(self.0).fmt(f) }
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        let instant = if let Json::Text(text) = &json { Timestamp::parse(text) } else { None };
        let expected = "a time such as 2024-01-13T14:06:29.747+0000, in the years 1 to 9999";
        instant.map(Self).ok_or_else(|| json.is_not(expected))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        let span = match &json {
            Json::Text(text) => Self::parse(text),
            Json::Number(number) => number.as_u64().map(|millis| Self(Duration::from_millis(millis))),
            Json::Null | Json::Bool(_) | Json::List(_) | Json::Object(_) => None,
        };
        let expected = "a duration in whole milliseconds, such as \"250ms\", \"5s\", \"1h 30m\" or the number 250";
        span.ok_or_else(|| json.is_not(expected))
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A text such as 250ms, 5s or 1h 30m, or a number of milliseconds.",
            "type": ["string", "integer"],
            "minimum": 0,
        })
    }
}
