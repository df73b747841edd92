//! Fault rules in JSON, as they come and as they are shown.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::RequestPlace;
use crate::control::matching::{MatchBody, NamedTexts};
use crate::wire::Span;

stored! {
    /// A fault rule. Settings that its preset has may be left out.
    #[derive(Default, PartialEq)]
    #[schemars(rename = "FaultRule")]
    pub(in crate::control) struct RuleBody;
    /// A rule, completed by what its preset stands for.
    pub(super) fn completed(own: Self, usual: Self) {
        let (own_match, usual_match) = (own.matching.unwrap_or_default(), usual.matching.unwrap_or_default());
    }
    /// The preset, which the other settings override; those in `match` and `do` one by one.
    ?pub(super) preset: Preset = own.preset,
    /// The name of the rule in errors, in the journal and here.
    ?pub(super) name: String = own.name.or(usual.name),
    /// Which requests it applies to; all if absent.
    ?"match" pub(super) matching: MatchBody =
        // No preset has other conditions.
        Some(MatchBody { operation: own_match.operation.or(usual_match.operation), ..own_match }),
    /// How many matching requests pass before it fires; none if absent.
    ?pub(super) skip: u64 = own.skip.or(usual.skip),
    /// How many times it fires; every time if absent.
    #[schemars(range(min = 1))]
    ?pub(super) times: u64 = own.times.or(usual.times),
    /// Where it strikes; `before` if absent.
    ?pub(super) at: Place = own.at.or(usual.at),
    /// What it does there.
    ?"do" pub(super) action: ActionBody =
        Some(ActionBody::completed(own.action.unwrap_or_default(), usual.action.unwrap_or_default())),
}

named! {
    /// A usual fault.
    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "kebab-case")]
    pub enum Preset {
        /// Every request is answered 429 with `Retry-After: 1`, until it is disarmed.
        RateLimit = "rate-limit",
        /// Two requests are answered 503; then nothing fails any more.
        #[serde(rename = "flaky-503")]
        Flaky503 = "flaky-503",
        /// One change is made, and the connection is closed without an answer.
        LostAnswer = "lost-answer",
        /// Uploads are read at 64 KiB per second.
        SlowUpload = "slow-upload",
        /// Once, the connection is closed after half of a download, whose `Content-Length` is that of all.
        TruncatedDownload = "truncated-download",
    }
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

stored! {
    /// What a fault does: first the delay, if there is one; then an answer, the end of the connection or a slow transfer, if
    /// there is one.
    #[derive(Default, PartialEq)]
    #[schemars(rename = "FaultAction")]
    pub(super) struct ActionBody;
    /// An action, completed by that of a preset. Settings that exclude each other are not combined.
    fn completed(own: Self, usual: Self) {
        let ends = own.connection.is_some() || own.bytes_per_second.is_some();
        let usual = if ends { Self { delay: usual.delay, ..Self::default() } } else { usual };
        let answers = own.status.is_some();
    }
    /// How long to wait first, at most ten minutes.
    ?pub(super) delay: Span = own.delay.or(usual.delay),
    /// The status of an answer in place of the real one, 200 to 599.
    #[schemars(range(min = 200, max = 599))]
    ?pub(super) status: u16 = own.status.or(usual.status),
    /// The headers of the answer; one that it has several times has a list of values.
    ?pub(super) headers: NamedTexts = own.headers.or(usual.headers),
    /// The body of the answer: JSON, or a text that is sent as it is. If absent, the API's own error body, or none below
    /// status 400.
    ?pub(super) body: Value = own.body.or(usual.body),
    /// How the connection ends.
    ?pub(super) connection: ConnectionFault = own.connection.or(usual.connection.filter(|_| !answers)),
    /// How many bytes are read, or sent, per second from that place on.
    #[schemars(range(min = 1))]
    ?pub(super) bytes_per_second: u64 = own.bytes_per_second.or(usual.bytes_per_second.filter(|_| !answers)),
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
