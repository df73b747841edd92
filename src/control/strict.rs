//! The strict verdict: all that no test should let pass, such as deviations of the client and faults that never fired.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::call::Bench;
use super::faults::ArmedFault;
use crate::control::journal::{FindingKind, RequestMatch, RequestRecord};
use crate::domain::OrgId;

/// How many findings a verdict lists at most.
const MAX_LISTED: usize = 100;

/// What a strict check lets pass.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[non_exhaustive]
#[must_use]
pub struct StrictCheck {
    /// The kinds of findings that are known and let pass.
    pub allow: Vec<FindingKind>,
}

/// Whether a test should pass.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[must_use]
pub struct StrictVerdict {
    /// Whether nothing was found.
    pub ok: bool,
    /// How much was found, listed or not.
    pub count: usize,
    /// What was found, oldest first; at most 100.
    pub findings: Vec<Finding>,
}

/// Something that a strict check finds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Finding {
    /// What kind it is.
    pub kind: FindingKind,
    /// What was found, and what to do about it.
    pub message: String,
    /// The request that it concerns, if it concerns one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub request: Option<u64>,
    /// The organisation, if one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub org: Option<String>,
}

impl StrictCheck {
    /// Lets nothing pass.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets findings of this kind pass.
    pub fn allow(mut self, kind: FindingKind) -> Self {
        self.allow.push(kind);
        self
    }

    /// Checks a world, or all of them.
    pub(crate) fn of(&self, bench: &Bench, org: Option<&OrgId>) -> StrictVerdict {
        let wanted = org.map_or_else(RequestMatch::new, |org| RequestMatch::new().of(org));
        let requests = bench.journal.find(&wanted, usize::MAX);
        let unfired = bench.faults.rules(org).into_iter().filter(|rule| rule.never_fired);
        self.judge(requests.records(), unfired, bench.journal.dropped())
    }

    /// Checks all requests since the start, including cleared ones if the journal keeps them.
    pub(crate) fn of_everything(&self, bench: &Bench) -> StrictVerdict {
        let (requests, dropped) = bench.journal.everything();
        self.judge(requests.into_iter(), bench.faults.unfired().into_iter(), dropped)
    }

    fn judge(
        &self,
        requests: impl Iterator<Item = RequestRecord>,
        unfired: impl Iterator<Item = ArmedFault>,
        dropped: u64,
    ) -> StrictVerdict {
        let requests = requests.flat_map(|request| of_request(&request));
        let faults = unfired.map(|rule| never_fired(&rule));
        let all = requests.chain(faults).chain((dropped > 0).then(|| records_dropped(dropped)));
        let mut count = 0;
        let mut findings = Vec::new();
        for finding in all.filter(|finding| !self.allow.contains(&finding.kind)) {
            count += 1;
            if findings.len() < MAX_LISTED {
                findings.push(finding);
            }
        }
        StrictVerdict { ok: count == 0, count, findings }
    }
}

fn of_request(request: &RequestRecord) -> Vec<Finding> {
    let about = format!("request {}, {} {}", request.id.number(), request.method, request.path);
    let finding = |kind, message: &str| Finding {
        kind,
        message: format!("{about}: {message}"),
        request: Some(request.id.number()),
        org: request.org.clone(),
    };
    let deviations = request.deviations.iter();
    let mut findings: Vec<_> = deviations.map(|one| finding(one.kind, &one.message)).collect();
    let answered = request.response_text.as_deref().and_then(first_message);
    match (&request.operation, request.status) {
        (None, Some(404 | 405)) => {
            let message = answered.unwrap_or_else(|| "This endpoint is not emulated.".to_owned());
            findings.push(finding(FindingKind::UnknownEndpoint, &message));
        }
        (None, Some(400)) => {
            let message = answered.unwrap_or_else(|| "This is no HTTP request.".to_owned());
            findings.push(finding(FindingKind::MalformedRequest, &message));
        }
        _ => {}
    }
    findings
}

/// The message of an answer that was refused.
fn first_message(answer: &str) -> Option<String> {
    let answer: serde_json::Value = serde_json::from_str(answer).ok()?;
    answer["errorMessages"][0].as_str().map(str::to_owned)
}

fn never_fired(rule: &ArmedFault) -> Finding {
    let name = rule.name().map_or_else(|| format!("rule {}", rule.index), |name| format!("{name:?}"));
    let message = match rule.matched {
        0 => format!("the fault {name} never fired: no request matched it"),
        matched => {
            format!("the fault {name} never fired: {matched} requests matched it, and it did not come to strike")
        }
    };
    Finding { kind: FindingKind::FaultNeverFired, message, request: None, org: Some(rule.org.clone()) }
}

fn records_dropped(dropped: u64) -> Finding {
    let message = format!("the journal dropped {dropped} requests of all worlds: raise --journal-records");
    Finding { kind: FindingKind::RecordsDropped, message, request: None, org: None }
}

impl fmt::Display for StrictVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.findings.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{}: {}", finding.kind, finding.message)?;
        }
        match self.count - self.findings.len() {
            0 => Ok(()),
            more => write!(f, "\n{more} more findings are not listed"),
        }
    }
}
