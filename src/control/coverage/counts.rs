//! Counts how often clients reached each goal of the documented API: for each world and operation, each documented
//! status of an answer and each documented value of a parameter.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::http::StatusCode;

use crate::api::operation::Operation;
use crate::api::query::Query;
use crate::api::table::{by_name, operations};
use crate::control::clearings::Clearings;
use crate::domain::ids::OrgId;

/// The requests of this many worlds are counted; those of further ones are not.
const MAX_WORLDS: usize = 100_000;

/// The counts of all worlds.
#[derive(Debug, Default)]
pub(crate) struct CoverageCounts {
    worlds: Mutex<HashMap<OrgId, Counts>>,
    /// When counts were forgotten.
    cleared: Clearings,
}

/// How often each goal was reached, by the name of its operation; goals that were never reached are absent.
pub(crate) type Counts = HashMap<(&'static str, Goal), u64>;

/// Something that a client can reach in an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Goal {
    /// An answer with this status.
    Status(u16),
    /// A parameter with this value; any value where the documents list none.
    Value(&'static str, Option<&'static str>),
}

/// The goals of an operation of the emulated API: statuses, then values of parameters.
pub(crate) fn goals(operation: &Operation) -> &'static [Goal] {
    // Made once, because each request asks for those of its operation.
    static GOALS: LazyLock<HashMap<&'static str, Vec<Goal>>> =
        LazyLock::new(|| operations().iter().map(|operation| (operation.name, goals_of(operation))).collect());
    GOALS.get(operation.name).map_or(&[], Vec::as_slice)
}

fn goals_of(operation: &Operation) -> Vec<Goal> {
    let mut goals: Vec<_> = operation.statuses().into_iter().map(Goal::Status).collect();
    for parameter in operation.covered_parameters() {
        match parameter.kind.known_values() {
            [] => goals.push(Goal::Value(parameter.name, None)),
            known => goals.extend(known.iter().map(|value| Goal::Value(parameter.name, Some(value)))),
        }
    }
    goals
}

impl Goal {
    fn is_reached(self, status: StatusCode, query: &Query) -> bool {
        match self {
            Self::Status(documented) => documented == status.as_u16(),
            Self::Value(name, None) => query.pairs().any(|(given, text)| given == name && !text.is_empty()),
            // Booleans are written in any letter case, lists with commas or repeated.
            Self::Value(name, Some(value @ ("true" | "false"))) => {
                query.list(name).any(|member| member.eq_ignore_ascii_case(value))
            }
            Self::Value(name, Some(value)) => query.list(name).any(|member| member == value),
        }
    }
}

impl CoverageCounts {
    /// Counts a request that came in at `started` and was answered, unless its world was forgotten since.
    pub(crate) fn count(&self, org: &OrgId, operation: &str, query: &Query, status: StatusCode, started: Instant) {
        let Some(operation) = by_name(operation).filter(|_| !self.cleared.is_over(Some(org), started)) else { return };
        let reached = goals(operation).iter().filter(|goal| goal.is_reached(status, query));
        // Found before the lock is taken.
        let reached: Vec<_> = reached.map(|goal| (operation.name, *goal)).collect();
        let mut worlds = self.lock();
        if worlds.len() >= MAX_WORLDS && !worlds.contains_key(org) {
            return;
        }
        let counts = worlds.entry(org.clone()).or_default();
        for goal in reached {
            *counts.entry(goal).or_default() += 1;
        }
    }

    /// The counts of one world, or of all together.
    pub(crate) fn counts(&self, org: Option<&OrgId>) -> Counts {
        let mut sum = Counts::new();
        let worlds = self.lock();
        for counts in worlds.iter().filter(|(name, _)| org.is_none_or(|org| org == *name)).map(|(_, counts)| counts) {
            for (goal, count) in counts {
                *sum.entry(*goal).or_default() += count;
            }
        }
        sum
    }

    /// The organisations whose requests were counted.
    pub(crate) fn organizations(&self) -> Vec<OrgId> {
        self.lock().keys().cloned().collect()
    }

    /// Whether a request of an organisation was counted.
    pub(crate) fn has(&self, org: &OrgId) -> bool {
        self.lock().contains_key(org)
    }

    /// Forgets the counts of one world, or of all.
    pub(crate) fn clear(&self, org: Option<&OrgId>) {
        self.cleared.note(org);
        match org {
            Some(org) => drop(self.lock().remove(org)),
            None => self.lock().clear(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OrgId, Counts>> {
        self.worlds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
