//! Fault rules in JSON, as they come and as they are shown.

use std::fmt;

use schemars::JsonSchema;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::wire::read::Json;
use crate::wire::schema::text_schema;
use crate::wire::time::Span;

/// A fault rule. Settings that its preset has may be left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "FaultRule")]
pub(in crate::control) struct RuleBody {
    /// The preset, which the other settings override; those in `match` and `do` one by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) preset: Option<Preset>,
    /// The name of the rule in errors, in the journal and here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    /// Which requests it applies to; all if absent.
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    pub(super) matching: Option<FaultMatchBody>,
    /// How many matching requests pass before it fires; none if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) skip: Option<u64>,
    /// How many times it fires; every time if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub(super) times: Option<u64>,
    /// Where it strikes; `before` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<Place>,
    /// What it does there.
    #[serde(rename = "do", skip_serializing_if = "Option::is_none")]
    pub(super) action: Option<ActionBody>,
}

/// A usual fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// Every request is answered 429 with `Retry-After: 1`, until it is disarmed.
    RateLimit,
    /// Two requests are answered 503; then nothing fails any more.
    #[serde(rename = "flaky-503")]
    Flaky503,
    /// One change is made, and the connection is closed without an answer.
    LostAnswer,
    /// Uploads are read at 64 KiB per second.
    SlowUpload,
    /// Once, the connection is closed after half of a download, whose `Content-Length` is that of all.
    TruncatedDownload,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 5] =
        [Self::RateLimit, Self::Flaky503, Self::LostAnswer, Self::SlowUpload, Self::TruncatedDownload];
}

/// Which requests a rule applies to: those that meet all conditions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "FaultMatch")]
pub(super) struct FaultMatchBody {
    /// The operation, or one of several, by the names of the OpenAPI document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) operation: Option<OneOrMore>,
    /// The method, or one of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) method: Option<OneOrMore>,
    /// The path, decoded: `*` is any part of a segment, `**` any number of segments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<String>,
    /// The file's name: `?filename=`, that in the path, that of the file whose id is in the path, or that in the body.
    /// `*` is any number of characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<String>,
}

/// Where a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "FaultPlace")]
pub enum Place {
    /// When the request is read, before anything is done.
    Before,
    /// When the request was carried out, before the answer is sent. A refused request has no such place.
    After,
    /// While the form of an upload is read.
    Request(RequestPlace),
    /// While the body of a successful answer is sent.
    Answer(AnswerPlace),
}

/// A place in the form of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "FaultRequestPlace")]
pub enum RequestPlace {
    /// The headers of the file's part were read.
    PartHeaders,
    /// This many bytes of the file were read.
    #[serde(rename = "afterFileBytes")]
    AfterFileBytes(u64),
    /// The whole file was read, the closing boundary was not.
    BeforeClosingBoundary,
}

/// A place in the body of an answer. A shorter body has no such place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "FaultAnswerPlace")]
pub enum AnswerPlace {
    /// The headers and this many bytes of the body were sent.
    #[serde(rename = "afterBytes")]
    AfterBytes(u64),
    /// The headers and half of the body were sent.
    Half,
}

/// What a fault does: first the delay, if there is one; then an answer, the end of the connection or a slow transfer, if
/// there is one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "FaultAction")]
pub(super) struct ActionBody {
    /// How long to wait first, at most ten minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delay: Option<Span>,
    /// The status of an answer in place of the real one, 200 to 599.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 200, max = 599))]
    pub(super) status: Option<u16>,
    /// The headers of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) headers: Option<HeaderTexts>,
    /// The body of the answer: JSON, or a text that is sent as it is. If absent, the API's own error body, or none below
    /// status 400.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<Value>,
    /// How the connection ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) connection: Option<ConnectionFault>,
    /// How many bytes are read, or sent, per second from that place on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub(super) bytes_per_second: Option<u64>,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "ConnectionEnd")]
pub(super) enum ConnectionFault {
    /// It is reset.
    Reset,
    /// It is closed in the regular way.
    Close,
    /// It stays open, but nothing more is read or sent.
    Stall,
}

/// A text, or a list of texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(super) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    pub(super) fn as_slice(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::More(texts) => texts,
        }
    }

    /// Where the text with this index stands.
    pub(super) fn step(&self, index: usize) -> String {
        match self {
            Self::One(_) => String::new(),
            Self::More(_) => format!("[{index}]"),
        }
    }
}

impl<'de> Deserialize<'de> for OneOrMore {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMoreVisitor)
    }
}

struct OneOrMoreVisitor;

impl<'de> Visitor<'de> for OneOrMoreVisitor {
    type Value = OneOrMore;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, or a list of strings")
    }

    fn visit_str<E>(self, text: &str) -> Result<OneOrMore, E> {
        Ok(OneOrMore::One(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, texts: A) -> Result<OneOrMore, A::Error> {
        Deserialize::deserialize(SeqAccessDeserializer::new(texts)).map(OneOrMore::More)
    }
}

/// Headers in their order. A value may be written as a number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct HeaderTexts(pub(super) Vec<(String, String)>);

text_schema!(HeaderTexts, { "type": "object", "additionalProperties": { "type": ["string", "integer"] } });

impl Serialize for HeaderTexts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de> Deserialize<'de> for HeaderTexts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeaderTextsVisitor)
    }
}

struct HeaderTextsVisitor;

impl<'de> Visitor<'de> for HeaderTextsVisitor {
    type Value = HeaderTexts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<HeaderTexts, A::Error> {
        let mut texts = Vec::new();
        while let Some((name, HeaderText(value))) = members.next_entry()? {
            texts.push((name, value));
        }
        Ok(HeaderTexts(texts))
    }
}

/// The value of a header.
struct HeaderText(String);

impl<'de> Deserialize<'de> for HeaderText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Json::deserialize(deserializer)? {
            Json::Text(text) => Ok(Self(text.into_owned())),
            Json::Number(number) if number.is_u64() => Ok(Self(number.to_string())),
            other @ (Json::Null | Json::Bool(_) | Json::Number(_) | Json::List(_) | Json::Object(_)) => {
                Err(other.is_not("a string or a whole number"))
            }
        }
    }
}
