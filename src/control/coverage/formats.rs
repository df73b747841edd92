//! Coverage as text, as JUnit XML and as Markdown, the last two with the findings of a strict check.

use super::report::{CoverageReport, GoalCoverage, OperationCoverage, never, reached};
use crate::control::strict::{Finding, StrictVerdict};

/// The report in other forms.
impl CoverageReport {
    /// For a terminal: a line per operation, and below it what was never reached.
    pub fn text(&self) -> String {
        let width = self.operations.iter().map(|one| one.operation.len()).max().unwrap_or(0);
        let mut text = String::new();
        for OperationCoverage { operation, endpoint, reached, total, goals } in &self.operations {
            text += &format!("{operation:<width$}  {reached:>3} of {total:>3}  {endpoint}\n{}", never_line(goals));
        }
        if !self.faults.is_empty() {
            let (total, never) = (self.faults.len(), never_line(&self.faults));
            text += &format!("{:<width$}  {:>3} of {total:>3}\n{never}", "faults", reached(&self.faults));
        }
        text + &format!("{:.1} % ({} of {})\n", self.percent, self.reached, self.total)
    }

    /// As JUnit XML, which CI services show as a report of tests: a suite per operation, a case per goal, skipped if it
    /// was never reached. The findings of a verdict are a suite of failures.
    pub fn junit(&self, strict: Option<&StrictVerdict>) -> String {
        let never = self.total - self.reached;
        let failures = strict.map_or(0, |strict| strict.findings.len());
        let tests = self.total + strict.map_or(0, |_| failures.max(1));
        let operations = self.operations.iter().map(|one| suite(&one.operation, &one.goals));
        let faults = (!self.faults.is_empty()).then(|| suite("faults", &self.faults));
        let suites: String = operations.chain(faults).chain(strict.map(findings)).collect();
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"coverage\" tests=\"{tests}\" \
             failures=\"{failures}\" skipped=\"{never}\">\n{suites}</testsuites>\n"
        )
    }

    /// As Markdown, for the summary of a CI job.
    pub fn markdown(&self, strict: Option<&StrictVerdict>) -> String {
        let mut text = strict.map_or_else(String::new, verdict);
        text += &format!("### Coverage: {:.1} % ({} of {})\n\n", self.percent, self.reached, self.total);
        text += "| Operation | Reached | Never |\n| --- | ---: | --- |\n";
        let (called, untouched): (Vec<_>, Vec<_>) = self.operations.iter().partition(|one| one.reached > 0);
        text.extend(called.iter().map(|one| row(&one.operation, &one.goals)));
        if !self.faults.is_empty() {
            text += &row("faults", &self.faults);
        }
        if !untouched.is_empty() {
            let names: Vec<_> = untouched.iter().map(|one| format!("`{}`", one.operation)).collect();
            text += &format!("\nNever called: {}\n", names.join(", "));
        }
        text
    }
}

fn never_line(goals: &[GoalCoverage]) -> String {
    let never = never(goals);
    if never.is_empty() { String::new() } else { format!("    never: {}\n", never.join(", ")) }
}

fn suite(name: &str, goals: &[GoalCoverage]) -> String {
    let case = |goal: &GoalCoverage| {
        let result = match goal.count {
            0 => "<skipped message=\"never reached\"/>".to_owned(),
            count => format!("<system-out>reached {count} times</system-out>"),
        };
        let goal = xml_text(&goal.goal);
        format!("    <testcase classname=\"{name}\" name=\"{goal}\">{result}</testcase>\n")
    };
    let (tests, never) = (goals.len(), never(goals).len());
    let cases: String = goals.iter().map(case).collect();
    let counts = format!("tests=\"{tests}\" failures=\"0\" errors=\"0\" skipped=\"{never}\"");
    format!("  <testsuite name=\"{name}\" {counts}>\n{cases}  </testsuite>\n")
}

fn findings(strict: &StrictVerdict) -> String {
    let failures = strict.findings.len();
    let tests = failures.max(1);
    let mut cases = String::new();
    if strict.ok {
        cases += "    <testcase classname=\"strict\" name=\"nothing was found\"/>\n";
    }
    for (index, finding) in strict.findings.iter().enumerate() {
        let (number, kind, message) = (index + 1, finding.kind, xml_text(&finding.message));
        let failure = format!("<failure message=\"{message}\"/>");
        cases += &format!("    <testcase classname=\"strict\" name=\"{number} {kind}\">{failure}</testcase>\n");
    }
    let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\"");
    format!("  <testsuite name=\"strict\" {counts}>\n{cases}  </testsuite>\n")
}

fn verdict(strict: &StrictVerdict) -> String {
    if strict.ok {
        return "### Strict: nothing found\n\n".to_owned();
    }
    let finding = |one: &Finding| format!("- **{}**: {}\n", one.kind, markdown_text(&one.message));
    let found: String = strict.findings.iter().map(finding).collect();
    format!("### Strict: {} found\n\n{found}\n", strict.count)
}

fn row(name: &str, goals: &[GoalCoverage]) -> String {
    let never: Vec<_> = never(goals).into_iter().map(markdown_text).collect();
    format!("| `{name}` | {} of {} | {} |\n", goals.len() - never.len(), goals.len(), never.join(", "))
}

/// A text in XML or HTML. Names come from users, so characters that XML does not allow are replaced.
pub fn xml_text(text: &str) -> String {
    let shown = |one: char| match one {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\t' | '\n' | '\r' => " ".to_owned(),
        one if one.is_control() || matches!(one, '\u{fffe}' | '\u{ffff}') => "\u{fffd}".to_owned(),
        one => one.to_string(),
    };
    text.chars().map(shown).collect()
}

/// Text from clients, such as names and paths, escaped for Markdown: without markup and line breaks.
fn markdown_text(text: &str) -> String {
    let shown = |one: char| match one {
        '<' => "&lt;".to_owned(),
        '&' => "&amp;".to_owned(),
        '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => format!("\\{one}"),
        one if one.is_control() => " ".to_owned(),
        one => one.to_string(),
    };
    text.chars().map(shown).collect()
}
