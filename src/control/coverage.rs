//! Coverage: how much of the documented API clients have reached, as a table in JSON, text, JUnit XML or Markdown.

pub(crate) mod counts;
pub(crate) mod junit;
mod markdown;
pub(crate) mod report;
mod text;

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::IntoResponse;

use self::junit::JUnitXml;
use self::markdown::Markdown;
use self::report::{CoverageReport, GoalCoverage};
use self::text::TextTable;
use super::body::EmptyBody;
use super::faults::ArmedFault;
use super::matching::conditions::read_operation;
use super::query::{ALL, ControlCall, ORG, Scope, choice};
use super::requests::check_journal;
use super::strict::StrictVerdict;
use super::worlds::{TELLS_UNKNOWN, tell_unknown};
use crate::api::error::ApiResult;
use crate::api::operation::parameter::{Kind, Parameter};
use crate::api::operation::{Answer, Content, Operation, Shape};
use crate::api::reply::json;
use crate::control::bench::Bench;
use crate::domain::OrgId;

const OPERATIONS: Parameter =
    Parameter::new("operation", Kind::Text, "The names of the operations that are meant, with commas or repeated.");
const FORMAT: Parameter = Parameter::new(
    "format",
    Kind::OneOf { known: &["json", "text", "junit", "markdown"] },
    "How the table is written; json if absent.",
);

pub(super) const GET_COVERAGE: Operation = Operation::get("get_coverage", "/_mock/coverage", "What a client reached")
    .answers(&[Answer::of(200, Content::Report(Shape::Coverage)).with(TELLS_UNKNOWN)])
    .query(&[ORG, ALL, OPERATIONS, FORMAT]);

pub(super) async fn get_coverage(call: ControlCall, Scope(org): Scope, _: EmptyBody) -> ApiResult {
    let only = call.query.list("operation").map(read_operation).collect::<Result<Vec<_>, _>>();
    let only = only.map_err(|wrong| wrong.within("operation"))?;
    check_journal(&call.bench)?;
    let report = report(&call.bench, org.as_ref(), &only);
    let typed = |kind: &'static str, text: String| ([(CONTENT_TYPE, HeaderValue::from_static(kind))], text);
    let table = match choice(&call.query, &FORMAT)? {
        Some("text") => typed("text/plain; charset=utf-8", report.text()).into_response(),
        Some("junit") => typed("application/xml", report.junit(None)).into_response(),
        Some("markdown") => typed("text/markdown; charset=utf-8", report.markdown(None)).into_response(),
        _ => json(StatusCode::OK, &report),
    };
    Ok(tell_unknown(&call.bench, org.as_ref(), table))
}

pub(super) const CLEAR_COVERAGE: Operation =
    Operation::delete("clear_coverage", "/_mock/coverage", "Forget what was reached")
        .answers(&[Answer::no_content()])
        .query(&[ORG, ALL]);

pub(super) async fn clear_coverage(call: ControlCall, Scope(org): Scope, _: EmptyBody) -> ApiResult<StatusCode> {
    call.bench.coverage.clear(org.as_ref());
    Ok(StatusCode::NO_CONTENT)
}

/// The report in other forms.
impl CoverageReport {
    /// For a terminal: a line per operation, and below it what was never reached.
    #[must_use]
    pub fn text(&self) -> String {
        TextTable(self).to_string()
    }

    /// As JUnit XML, which CI services show as a report of tests; with a verdict, its findings are failures.
    #[must_use]
    pub fn junit(&self, strict: Option<&StrictVerdict>) -> String {
        JUnitXml(self, strict).to_string()
    }

    /// As Markdown, for the summary of a CI job.
    #[must_use]
    pub fn markdown(&self, strict: Option<&StrictVerdict>) -> String {
        Markdown(self, strict).to_string()
    }
}

/// The table of one world, or of all together; with `only`, of these operations.
pub(crate) fn report(bench: &Bench, org: Option<&OrgId>, only: &[&str]) -> CoverageReport {
    let faults = bench.faults.rules(org).iter().map(goal).collect();
    CoverageReport::new(&bench.coverage.counts(org), faults, only)
}

/// An armed rule is a goal too: to see it fire.
fn goal(fault: &ArmedFault) -> GoalCoverage {
    let name = fault.name().map_or_else(|| format!("rule {}", fault.index), str::to_owned);
    GoalCoverage { goal: format!("{name} in {}", fault.org), count: fault.fired }
}
