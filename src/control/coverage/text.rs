//! Coverage as text for a terminal.

use std::fmt::{self, Display, Formatter};

use super::report::{CoverageReport, GoalCoverage};

/// Displays a report: a line per operation, and below it the goals that were never reached.
pub(crate) struct TextTable<'a>(pub(crate) &'a CoverageReport);

impl Display for TextTable<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let report = self.0;
        let width = report.operations.iter().map(|one| one.operation.len()).max().unwrap_or(0);
        for operation in &report.operations {
            let (reached, total) = (operation.reached, operation.total);
            writeln!(f, "{:<width$}  {reached:>3} of {total:>3}  {}", operation.operation, operation.endpoint)?;
            never(f, &operation.goals)?;
        }
        if !report.faults.is_empty() {
            let fired = report.faults.iter().filter(|fault| fault.count > 0).count();
            writeln!(f, "{:<width$}  {fired:>3} of {:>3}", "faults", report.faults.len())?;
            never(f, &report.faults)?;
        }
        writeln!(f, "{:.1} % ({} of {})", report.percent, report.reached, report.total)
    }
}

fn never(f: &mut Formatter<'_>, goals: &[GoalCoverage]) -> fmt::Result {
    let never: Vec<&str> = goals.iter().filter(|goal| goal.count == 0).map(|goal| goal.goal.as_str()).collect();
    if never.is_empty() { Ok(()) } else { writeln!(f, "    never: {}", never.join(", ")) }
}
