//! Coverage: how much of the documented API clients have reached, as a table in JSON, text, JUnit XML or Markdown.

pub(crate) mod counts;
pub(crate) mod formats;
pub(crate) mod report;

use self::report::{CoverageReport, GoalCoverage};
use super::call::*;
use super::faults::ArmedFault;
use super::requests::typed;
use crate::control::matching::read_operation;
use std::any::TypeId;

const OPERATIONS: Parameter =
    Parameter::new("operation", Kind::Text, "The names of the operations that are meant, with commas or repeated.");
const FORMAT: Parameter = Parameter::new(
    "format",
    Kind::OneOf { known: &["json", "text", "junit", "markdown"] },
    "How the table is written; json if absent.",
);

pub(super) const GET_COVERAGE: Operation = Operation::get("get_coverage", "/_mock/coverage", "What a client reached")
    .answers(&[Answer::of(200, Content::Report(TypeId::of::<CoverageReport>())).with(TELLS_UNKNOWN)])
    .query(&[ORG, ALL, OPERATIONS, FORMAT]);

pub(super) async fn get_coverage(call: ControlCall, Scope(org): Scope, _: EmptyBody) -> ApiResult {
    let only = call.query.list("operation").map(read_operation).collect::<Result<Vec<_>, _>>();
    let only = only.map_err(|wrong| wrong.within("operation"))?;
    call.bench.check_journal()?;
    let report = report(&call.bench, org.as_ref(), &only);
    let table = match choice(&call.query, &FORMAT)? {
        Some("text") => typed("text/plain; charset=utf-8", report.text()),
        Some("junit") => typed("application/xml", report.junit(None)),
        Some("markdown") => typed("text/markdown; charset=utf-8", report.markdown(None)),
        _ => json(StatusCode::OK, &report),
    };
    Ok(tell_unknown(&call.bench, org.as_ref(), table))
}

pub(super) const CLEAR_COVERAGE: Operation =
    Operation::delete("clear_coverage", "/_mock/coverage", "Forget what was reached").query(&[ORG, ALL]);

pub(super) async fn clear_coverage(call: ControlCall, Scope(org): Scope, _: EmptyBody) -> ApiResult<StatusCode> {
    call.bench.coverage.clear(org.as_ref());
    Ok(StatusCode::NO_CONTENT)
}

/// The table of one world, or of all together; with `only`, of these operations and the rules that can fire for them.
pub(crate) fn report(bench: &Bench, org: Option<&OrgId>, only: &[&str]) -> CoverageReport {
    let faults = bench.faults.rules_about(org, only).iter().map(goal).collect();
    CoverageReport::new(&bench.coverage.counts(org), faults, only)
}

/// An armed rule is a goal too: to see it fire.
fn goal(fault: &ArmedFault) -> GoalCoverage {
    let name = fault.name().map_or_else(|| format!("rule {}", fault.index), str::to_owned);
    GoalCoverage { goal: format!("{name} in {}", fault.org), count: fault.fired }
}
