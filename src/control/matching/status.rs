//! The conditions that only requests in the journal can meet: on the status of the answer, and on when they came.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::Timestamp;
use crate::wire::Json;

/// What `since` must be.
pub(super) const SINCE: &str = "the id of a request, or a time such as 2024-01-13T14:06:29.747+0000";

/// A status, or a class of them such as `5xx`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatusMatch {
    One(u16),
    Class(u16),
}

/// The first request, or moment, that a filter lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    /// After this request.
    Request(u64),
    /// At this time or later.
    Time(Timestamp),
}

impl StatusMatch {
    /// Reads `404` or `4xx`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some(class) = text.strip_suffix("xx") {
            return class.parse().ok().filter(|class| (1..=5).contains(class)).map(Self::Class);
        }
        text.parse().ok().filter(|status| (100..600).contains(status)).map(Self::One)
    }

    pub(crate) fn matches(self, status: Option<u16>) -> bool {
        match self {
            Self::One(expected) => status == Some(expected),
            Self::Class(class) => status.is_some_and(|status| status / 100 == class),
        }
    }
}

impl Since {
    /// Reads the number of a request, or a time.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.parse().map(Self::Request).ok().or_else(|| Timestamp::parse(text).map(Self::Time))
    }
}

impl fmt::Display for StatusMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(status) => write!(f, "{status}"),
            Self::Class(class) => write!(f, "{class}xx"),
        }
    }
}

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(id) => write!(f, "{id}"),
            Self::Time(time) => write!(f, "{time}"),
        }
    }
}

/// Reads and writes a type as the text that it parses, or as a number of that text.
macro_rules! as_text {
    ($name:ident, $expected:expr) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let json = Json::deserialize(deserializer)?;
                let read = match &json {
                    Json::Text(text) => Self::parse(text),
                    Json::Number(number) => Self::parse(&number.to_string()),
                    Json::Null | Json::Bool(_) | Json::List(_) | Json::Object(_) => None,
                };
                read.ok_or_else(|| json.is_not($expected))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    };
}

as_text!(StatusMatch, "a status such as 404 or \"4xx\"");
as_text!(Since, SINCE);
