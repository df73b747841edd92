//! The rules that the presets stand for.

use axum::http::Method;

use super::body::{AnswerPlace, Place, Preset, RuleBody};
use super::fault::Fault;
use crate::api::{Content, Operation, RequestBody, RequestPlace, operations};

/// Operations that change nothing although they are no `GET`.
const READ_ONLY: [&str; 4] = ["search_entities", "search_issues", "count_issues", "find_by_unique"];

const SLOW_BYTES_PER_SECOND: u64 = 64 * 1024;

impl Preset {
    /// The rule that the preset stands for.
    pub(in crate::control) fn expanded(self) -> RuleBody {
        let Fault(rule) = match self {
            Self::RateLimit => Fault::at(Place::Before).status(429).header("Retry-After", "1"),
            Self::Flaky503 => Fault::at(Place::Before).times(2).status(503),
            Self::LostAnswer => of_those(changes, Fault::at(Place::After)).times(1).close(),
            Self::SlowUpload => of_those(is_upload, Fault::at(Place::Request(RequestPlace::PartHeaders)))
                .bytes_per_second(SLOW_BYTES_PER_SECOND),
            Self::TruncatedDownload => {
                of_those(is_download, Fault::at(Place::Answer(AnswerPlace::Half))).times(1).close()
            }
        };
        let matching = Some(rule.matching.unwrap_or_default());
        RuleBody { preset: Some(self), name: Some(self.to_string()), matching, ..rule }
    }
}

impl RuleBody {
    /// The rule, completed by its preset.
    pub(super) fn expanded(self) -> Self {
        match self.preset {
            Some(preset) => Self::completed(self, preset.expanded()),
            None => self,
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

/// The same fault for requests to the operations that are `chosen`.
fn of_those(chosen: fn(&Operation) -> bool, fault: Fault) -> Fault {
    operations().iter().filter(|operation| chosen(operation)).fold(fault, |fault, one| fault.operation(one.name))
}
