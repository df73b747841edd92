//! Fault rules in JSON, as they come and as they are shown.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::RequestPlace;
use crate::control::matching::{MatchBody, NamedTexts};
use crate::wire::Span;

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
    pub(super) matching: Option<MatchBody>,
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

impl RuleBody {
    /// How many conditions it has.
    pub(super) fn count_conditions(&self) -> usize {
        self.matching.as_ref().map_or(0, MatchBody::count_conditions)
    }
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
    /// The headers of the answer; one that it has several times has a list of values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) headers: Option<NamedTexts>,
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
