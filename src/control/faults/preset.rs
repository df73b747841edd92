//! The rules that the presets stand for, and how a rule overrides its preset.

use axum::http::Method;

use super::body::{
    ActionBody, AnswerPlace, ConnectionFault, FaultMatchBody, HeaderTexts, OneOrMore, Place, Preset, RequestPlace,
    RuleBody,
};
use crate::api::operation::{Content, Operation, RequestBody};
use crate::api::table::operations;

/// Operations that change nothing although they are no `GET`.
const READ_ONLY: [&str; 4] = ["search_entities", "search_issues", "count_issues", "find_by_unique"];

const SLOW_BYTES_PER_SECOND: u64 = 64 * 1024;

impl Preset {
    /// The rule that the preset stands for.
    pub(in crate::control) fn expanded(self) -> RuleBody {
        let (matching, times, at, action) = match self {
            Self::RateLimit => {
                let headers = HeaderTexts(vec![("Retry-After".to_owned(), "1".to_owned())]);
                let action = ActionBody { status: Some(429), headers: Some(headers), ..ActionBody::default() };
                (FaultMatchBody::default(), None, Place::Before, action)
            }
            Self::Flaky503 => {
                let action = ActionBody { status: Some(503), ..ActionBody::default() };
                (FaultMatchBody::default(), Some(2), Place::Before, action)
            }
            Self::LostAnswer => {
                let action = ActionBody { connection: Some(ConnectionFault::Close), ..ActionBody::default() };
                (those(changes), Some(1), Place::After, action)
            }
            Self::SlowUpload => {
                let action = ActionBody { bytes_per_second: Some(SLOW_BYTES_PER_SECOND), ..ActionBody::default() };
                (those(is_upload), None, Place::Request(RequestPlace::PartHeaders), action)
            }
            Self::TruncatedDownload => {
                let action = ActionBody { connection: Some(ConnectionFault::Close), ..ActionBody::default() };
                (those(is_download), Some(1), Place::Answer(AnswerPlace::Half), action)
            }
        };
        let name = serde_json::to_value(self).ok().and_then(|name| name.as_str().map(str::to_owned));
        RuleBody {
            preset: Some(self),
            name,
            matching: Some(matching),
            skip: None,
            times,
            at: Some(at),
            action: Some(action),
        }
    }
}

impl RuleBody {
    /// The rule, completed by its preset.
    pub(super) fn expanded(self) -> Self {
        let Some(preset) = self.preset else { return self };
        let usual = preset.expanded();
        let (own_match, usual_match) = (self.matching.unwrap_or_default(), usual.matching.unwrap_or_default());
        Self {
            preset: Some(preset),
            name: self.name.or(usual.name),
            matching: Some(FaultMatchBody {
                operation: own_match.operation.or(usual_match.operation),
                method: own_match.method.or(usual_match.method),
                path: own_match.path.or(usual_match.path),
                file: own_match.file.or(usual_match.file),
            }),
            skip: self.skip.or(usual.skip),
            times: self.times.or(usual.times),
            at: self.at.or(usual.at),
            action: Some(self.action.unwrap_or_default().over(usual.action.unwrap_or_default())),
        }
    }
}

impl ActionBody {
    /// This action, completed by that of a preset. Settings that exclude each other are not combined.
    fn over(self, usual: Self) -> Self {
        let delay = self.delay.or(usual.delay);
        if self.connection.is_some() || self.bytes_per_second.is_some() {
            return Self { delay, ..self };
        }
        let replaced = self.status.is_some();
        Self {
            delay,
            status: self.status.or(usual.status),
            headers: self.headers.or(usual.headers),
            body: self.body.or(usual.body),
            connection: usual.connection.filter(|_| !replaced),
            bytes_per_second: usual.bytes_per_second.filter(|_| !replaced),
        }
    }
}

/// Whether an operation takes a file as a form.
pub(super) fn is_upload(operation: &Operation) -> bool {
    operation.body == RequestBody::Form
}

fn is_download(operation: &Operation) -> bool {
    operation.answers.iter().any(|answer| matches!(answer.content, Content::File | Content::Picture))
}

fn changes(operation: &Operation) -> bool {
    operation.method != Method::GET && !READ_ONLY.contains(&operation.name)
}

fn those(chosen: fn(&Operation) -> bool) -> FaultMatchBody {
    let names = operations().iter().filter(|operation| chosen(operation)).map(|operation| operation.name.to_owned());
    FaultMatchBody { operation: Some(OneOrMore::More(names.collect())), ..FaultMatchBody::default() }
}
