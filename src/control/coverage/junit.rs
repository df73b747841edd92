//! Coverage as JUnit XML, which CI services show as a report of tests: a suite per operation, a case per goal. A goal
//! that was never reached is a skipped case.

use std::fmt::{self, Display, Formatter};

use super::report::{CoverageReport, GoalCoverage};

/// Displays a report as JUnit XML.
pub(crate) struct JUnitXml<'a>(pub(crate) &'a CoverageReport);

impl Display for JUnitXml<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let report = self.0;
        writeln!(f, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        let never = report.total - report.reached;
        writeln!(f, "<testsuites name=\"coverage\" tests=\"{}\" failures=\"0\" skipped=\"{never}\">", report.total)?;
        for operation in &report.operations {
            suite(f, operation.operation, &operation.goals)?;
        }
        if !report.faults.is_empty() {
            suite(f, "faults", &report.faults)?;
        }
        writeln!(f, "</testsuites>")
    }
}

fn suite(f: &mut Formatter<'_>, name: &str, goals: &[GoalCoverage]) -> fmt::Result {
    let never = goals.iter().filter(|goal| goal.count == 0).count();
    let tests = goals.len();
    writeln!(f, "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"0\" errors=\"0\" skipped=\"{never}\">")?;
    for goal in goals {
        write!(f, "    <testcase classname=\"{name}\" name=\"{}\"", Escaped(&goal.goal))?;
        match goal.count {
            0 => writeln!(f, "><skipped message=\"never reached\"/></testcase>")?,
            count => writeln!(f, "><system-out>reached {count} times</system-out></testcase>")?,
        }
    }
    writeln!(f, "  </testsuite>")
}

/// A text in an XML attribute. Names of faults come from users, so characters that XML does not allow are replaced.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
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
