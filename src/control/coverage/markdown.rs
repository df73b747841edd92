//! Coverage, and the strict verdict, as Markdown for the summary of a CI job.

use std::fmt::{self, Display, Formatter};

use super::report::{CoverageReport, GoalCoverage};
use crate::control::strict::StrictVerdict;

/// Displays a report, and a verdict if one was asked for.
pub(crate) struct Markdown<'a>(pub(crate) &'a CoverageReport, pub(crate) Option<&'a StrictVerdict>);

impl Display for Markdown<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(report, strict) = self;
        if let Some(strict) = strict {
            verdict(f, strict)?;
        }
        writeln!(f, "### Coverage: {:.1} % ({} of {})\n", report.percent, report.reached, report.total)?;
        writeln!(f, "| Operation | Reached | Never |\n| --- | ---: | --- |")?;
        for operation in report.operations.iter().filter(|operation| operation.reached > 0) {
            row(f, &operation.operation, &operation.goals)?;
        }
        if !report.faults.is_empty() {
            row(f, "faults", &report.faults)?;
        }
        let untouched: Vec<_> = report.operations.iter().filter(|operation| operation.reached == 0).collect();
        if !untouched.is_empty() {
            let names: Vec<_> = untouched.iter().map(|operation| format!("`{}`", operation.operation)).collect();
            writeln!(f, "\nNever called: {}", names.join(", "))?;
        }
        Ok(())
    }
}

fn verdict(f: &mut Formatter<'_>, strict: &StrictVerdict) -> fmt::Result {
    if strict.ok {
        return writeln!(f, "### Strict: nothing found\n");
    }
    writeln!(f, "### Strict: {} found\n", strict.count)?;
    for finding in &strict.findings {
        writeln!(f, "- **{}**: {}", finding.kind, MarkdownText(&finding.message))?;
    }
    writeln!(f)
}

fn row(f: &mut Formatter<'_>, name: &str, goals: &[GoalCoverage]) -> fmt::Result {
    let never: Vec<_> =
        goals.iter().filter(|goal| goal.count == 0).map(|goal| MarkdownText(&goal.goal).to_string()).collect();
    writeln!(f, "| `{name}` | {} of {} | {} |", goals.len() - never.len(), goals.len(), never.join(", "))
}

/// Text from clients, such as names and paths, escaped for Markdown: without markup and line breaks.
struct MarkdownText<'a>(&'a str);

impl Display for MarkdownText<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '<' => f.write_str("&lt;"),
            '&' => f.write_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => write!(f, "\\{character}"),
            character if character.is_control() => f.write_str(" "),
            character => write!(f, "{character}"),
        })
    }
}
