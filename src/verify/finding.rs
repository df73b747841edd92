//! What came of an exchange that was compared.

use clap::ValueEnum;
use serde::Serialize;

use crate::drift::{AnswerShape, Drifted, row_of};
use crate::lab::report::Row;

/// What came of one exchange.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VerifyFinding {
    pub(super) case: String,
    pub(super) verdict: DriftVerdict,
    /// What differs.
    differences: Vec<Drifted>,
    /// What differs as `docs/fidelity.md` says, and in which row it does.
    known: Vec<(Drifted, &'static str)>,
    /// Why it could not be compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

/// From the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum DriftVerdict {
    Same,
    Known,
    CannotCompare,
    Differs,
}

impl VerifyFinding {
    /// The verdict on what differs between two answers.
    pub(super) fn of(case: String, theirs: &AnswerShape, differences: Vec<Drifted>) -> Self {
        let (mut known, mut others) = (Vec::new(), Vec::new());
        for drifted in differences {
            match row_of(&drifted, theirs) {
                Some(row) => known.push((drifted, row)),
                None => others.push(drifted),
            }
        }
        let verdict = match (others.is_empty(), known.is_empty()) {
            (false, _) => DriftVerdict::Differs,
            (true, false) => DriftVerdict::Known,
            (true, true) => DriftVerdict::Same,
        };
        Self { case, verdict, differences: others, known, why: None }
    }

    pub(super) fn impossible(case: String, why: String) -> Self {
        Self { case, verdict: DriftVerdict::CannotCompare, differences: Vec::new(), known: Vec::new(), why: Some(why) }
    }

    pub(super) fn row(&self) -> Row<DriftVerdict> {
        let known = self.known.iter().map(|(drifted, row)| format!("{drifted}; see \"{row}\" in docs/fidelity.md"));
        let proof = self.differences.iter().map(ToString::to_string).chain(known).collect();
        Row { case: self.case.clone(), verdict: self.verdict, why: self.why.clone().unwrap_or_default(), proof }
    }
}
