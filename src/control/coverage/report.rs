//! Coverage as a table.

use schemars::JsonSchema;
use serde::Serialize;

use super::counts::{Counts, GOALS, Goal, What};

/// What was reached of the documented API.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CoverageReport {
    /// How many goals were reached.
    pub reached: usize,
    /// How many there are.
    pub total: usize,
    /// `reached` of `total`, from 0 to 100, with one decimal; 100 if there are none.
    pub percent: f64,
    /// Each operation, in the order of `docs/endpoints.md`.
    pub operations: Vec<OperationCoverage>,
    /// Each fault rule that is armed, in its order.
    pub faults: Vec<GoalCoverage>,
}

/// What was reached of one operation.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OperationCoverage {
    /// Its name.
    pub operation: &'static str,
    /// Its method and path.
    pub endpoint: String,
    /// How many of its goals were reached.
    pub reached: usize,
    /// How many it has.
    pub total: usize,
    /// Its goals: statuses, then values of parameters.
    pub goals: Vec<GoalCoverage>,
}

/// How often a goal was reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct GoalCoverage {
    /// For instance `status 404`, `notify=false`, `filename=*`, or a fault rule and its world.
    pub goal: String,
    /// How often.
    pub count: u64,
}

impl CoverageReport {
    /// The table of these counts. With `only`, of those operations.
    pub(crate) fn new(counts: &Counts, faults: Vec<GoalCoverage>, only: &[String]) -> Self {
        let mut operations: Vec<OperationCoverage> = Vec::new();
        for (place, goal) in GOALS.iter().enumerate() {
            if !only.is_empty() && !only.iter().any(|name| name == goal.operation.name) {
                continue;
            }
            if operations.last().is_none_or(|last| last.operation != goal.operation.name) {
                operations.push(OperationCoverage::empty(goal));
            }
            let count = u16::try_from(place).ok().and_then(|place| counts.get(&place)).copied().unwrap_or(0);
            if let Some(operation) = operations.last_mut() {
                operation.add(GoalCoverage { goal: goal.to_string(), count });
            }
        }
        let reached = operations.iter().map(|one| one.reached).sum::<usize>() + reached(&faults);
        let total = operations.iter().map(|one| one.total).sum::<usize>() + faults.len();
        Self { reached, total, percent: percent(reached, total), operations, faults }
    }
}

impl OperationCoverage {
    fn empty(goal: &Goal) -> Self {
        let endpoint = format!("{} {}", goal.operation.method, goal.operation.path);
        Self { operation: goal.operation.name, endpoint, reached: 0, total: 0, goals: Vec::new() }
    }

    fn add(&mut self, goal: GoalCoverage) {
        self.reached += usize::from(goal.count > 0);
        self.total += 1;
        self.goals.push(goal);
    }
}

impl std::fmt::Display for Goal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.what {
            What::Status(status) => write!(f, "status {status}"),
            What::Value(parameter, value) => write!(f, "{}={}", parameter.name, value.unwrap_or("*")),
        }
    }
}

fn reached(goals: &[GoalCoverage]) -> usize {
    goals.iter().filter(|goal| goal.count > 0).count()
}

fn percent(reached: usize, total: usize) -> f64 {
    if total == 0 { 100.0 } else { (reached as f64 / total as f64 * 1000.0).floor() / 10.0 }
}
