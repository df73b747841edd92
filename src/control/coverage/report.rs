//! The table of coverage: each operation with its goals, and how often each was reached.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::counts::{Counts, Goal, goals};
use crate::api::{Operation, operations};

/// How much of the documented API was reached.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
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
    /// The armed fault rules, in order.
    pub faults: Vec<GoalCoverage>,
}

built! {
    /// How much of one operation was reached.
    #[derive(Clone, Deserialize)]
    #[non_exhaustive]
    pub struct OperationCoverage;
    fn new(operation: &'static Operation, counts: &Counts) {
        let count = |goal: &Goal| GoalCoverage {
            goal: goal.to_string(),
            count: counts.get(&(operation.name, *goal)).copied().unwrap_or_default(),
        };
        let goals: Vec<_> = goals(operation).iter().map(count).collect();
    }
    /// Its name.
    pub operation: String = operation.name.to_owned(),
    /// Its method and path.
    pub endpoint: String = format!("{} {}", operation.method, operation.path),
    /// How many of its goals were reached.
    pub reached: usize = reached(&goals),
    /// How many it has.
    pub total: usize = goals.len(),
    /// Its goals: statuses, then values of parameters.
    pub goals: Vec<GoalCoverage> = goals,
}

/// How often a goal was reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct GoalCoverage {
    /// For instance `status 404`, `notify=false`, `filename=*`, or a fault rule and its world.
    pub goal: String,
    /// How often.
    pub count: u64,
}

impl CoverageReport {
    /// The report on these counts, for the operations in `only`, or for all if that is empty.
    pub(crate) fn new(counts: &Counts, faults: Vec<GoalCoverage>, only: &[&str]) -> Self {
        let is_asked_for = |name| only.is_empty() || only.contains(&name);
        let covered = operations().iter().filter(|operation| is_asked_for(operation.name));
        let operations: Vec<_> = covered.map(|operation| OperationCoverage::new(operation, counts)).collect();
        let mut report = Self { reached: 0, total: 0, percent: 0.0, operations, faults };
        report.sum_up();
        report
    }

    /// Adds what was reached of another server.
    pub fn add(&mut self, other: Self) {
        for theirs in other.operations {
            match self.operations.iter_mut().find(|ours| ours.operation == theirs.operation) {
                Some(ours) => {
                    add_goals(&mut ours.goals, theirs.goals);
                    (ours.reached, ours.total) = (reached(&ours.goals), ours.goals.len());
                }
                None => self.operations.push(theirs),
            }
        }
        add_goals(&mut self.faults, other.faults);
        self.sum_up();
    }

    fn sum_up(&mut self) {
        self.reached = self.operations.iter().map(|one| one.reached).sum::<usize>() + reached(&self.faults);
        self.total = self.operations.iter().map(|one| one.total).sum::<usize>() + self.faults.len();
        let share = if self.total == 0 { 1.0 } else { self.reached as f64 / self.total as f64 };
        self.percent = (share * 1000.0).floor() / 10.0;
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "status {status}"),
            Self::Value(parameter, value) => write!(f, "{parameter}={}", value.unwrap_or("*")),
        }
    }
}

fn add_goals(ours: &mut Vec<GoalCoverage>, theirs: Vec<GoalCoverage>) {
    for goal in theirs {
        match ours.iter_mut().find(|one| one.goal == goal.goal) {
            Some(one) => one.count += goal.count,
            None => ours.push(goal),
        }
    }
}

pub(super) fn reached(goals: &[GoalCoverage]) -> usize {
    goals.iter().filter(|goal| goal.count > 0).count()
}

/// The goals that were not reached.
pub(super) fn never(goals: &[GoalCoverage]) -> Vec<&str> {
    goals.iter().filter(|goal| goal.count == 0).map(|goal| goal.goal.as_str()).collect()
}
