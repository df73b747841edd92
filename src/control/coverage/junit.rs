//! Coverage as JUnit XML, which CI services show as a test report: a suite per operation, a case per goal. A goal that
//! was never reached is a skipped case. The findings of a strict check are a suite of failures.

use std::fmt::{self, Display, Formatter};

use super::report::{CoverageReport, GoalCoverage};
use crate::control::strict::StrictVerdict;

/// Displays a report as JUnit XML, and a verdict if one was asked for.
pub(crate) struct JUnitXml<'a>(pub(crate) &'a CoverageReport, pub(crate) Option<&'a StrictVerdict>);

impl Display for JUnitXml<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(report, strict) = self;
        writeln!(f, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        let never = report.total - report.reached;
        let failures = strict.map_or(0, |strict| strict.findings.len());
        let tests = report.total + strict.map_or(0, |_| failures.max(1));
        writeln!(f, "<testsuites name=\"coverage\" tests=\"{tests}\" failures=\"{failures}\" skipped=\"{never}\">")?;
        for operation in &report.operations {
            suite(f, &operation.operation, &operation.goals)?;
        }
        if !report.faults.is_empty() {
            suite(f, "faults", &report.faults)?;
        }
        if let Some(strict) = strict {
            findings(f, strict)?;
        }
        writeln!(f, "</testsuites>")
    }
}

fn findings(f: &mut Formatter<'_>, strict: &StrictVerdict) -> fmt::Result {
    let failures = strict.findings.len();
    let tests = failures.max(1);
    writeln!(f, "  <testsuite name=\"strict\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\">")?;
    if strict.ok {
        writeln!(f, "    <testcase classname=\"strict\" name=\"nothing was found\"/>")?;
    }
    for (index, finding) in strict.findings.iter().enumerate() {
        let (number, kind, message) = (index + 1, finding.kind, XmlText(&finding.message));
        write!(f, "    <testcase classname=\"strict\" name=\"{number} {kind}\">")?;
        writeln!(f, "<failure message=\"{message}\"/></testcase>")?;
    }
    writeln!(f, "  </testsuite>")
}

fn suite(f: &mut Formatter<'_>, name: &str, goals: &[GoalCoverage]) -> fmt::Result {
    let never = goals.iter().filter(|goal| goal.count == 0).count();
    let tests = goals.len();
    writeln!(f, "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"0\" errors=\"0\" skipped=\"{never}\">")?;
    for goal in goals {
        write!(f, "    <testcase classname=\"{name}\" name=\"{}\"", XmlText(&goal.goal))?;
        match goal.count {
            0 => writeln!(f, "><skipped message=\"never reached\"/></testcase>")?,
            count => writeln!(f, "><system-out>reached {count} times</system-out></testcase>")?,
        }
    }
    writeln!(f, "  </testsuite>")
}

/// A text in XML. Names of faults come from users, so characters that XML does not allow are replaced.
#[derive(Clone, Copy, Debug)]
pub struct XmlText<'a>(pub &'a str);

impl Display for XmlText<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\t' | '\n' | '\r' => f.write_str(" "),
            character if character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}') => {
                f.write_str("\u{fffd}")
            }
            character => write!(f, "{character}"),
        })
    }
}
