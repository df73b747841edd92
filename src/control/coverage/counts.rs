//! Counts how often clients reached each goal of the documented API: for each world and operation, each documented
//! status of an answer and each documented value of a parameter.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};
use std::time::Instant;

use axum::http::StatusCode;

use crate::api::{Operation, Query, operations};
use crate::control::clearings::Clearings;
use crate::domain::{OrgId, lock};

/// The counts may take the memory limit divided by this. What does not fit is not counted.
const SHARE: u64 = 16;

/// The memory that counts may take even if the limit is low, in bytes.
const LEAST_SHARE_BYTES: u64 = 1024 * 1024;

/// The size of a world's counts besides its name and goals, in bytes.
const WORLD_BYTES: u64 = 256;

/// The size of a goal that was reached, in bytes: its entry, and the spare capacity of the map.
const GOAL_BYTES: u64 = 2 * size_of::<((&str, Goal), u64)>() as u64;

/// The counts of all worlds.
#[derive(Debug)]
pub(crate) struct CoverageCounts {
    worlds: Mutex<CountedWorlds>,
    max_bytes: u64,
    /// When counts were cleared.
    cleared: Clearings,
}

#[derive(Debug, Default)]
struct CountedWorlds {
    counts: HashMap<OrgId, Counts>,
    /// The sum of those of worlds that were forgotten.
    retired: Counts,
    /// The size of `counts`.
    bytes: u64,
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

impl CountedWorlds {
    fn take(&mut self, org: &OrgId) -> Counts {
        let Some(counts) = self.counts.remove(org) else { return Counts::new() };
        self.bytes -= weight(org, counts.len());
        counts
    }
}

fn add(sum: &mut Counts, counts: &Counts) {
    for (goal, count) in counts {
        *sum.entry(*goal).or_default() += count;
    }
}

fn weight(org: &OrgId, goals: usize) -> u64 {
    WORLD_BYTES + org.as_str().len() as u64 + goals as u64 * GOAL_BYTES
}

impl CoverageCounts {
    /// Starts without counts. They may take a part of `max_memory_bytes`.
    pub(crate) fn new(max_memory_bytes: u64) -> Self {
        let max_bytes = (max_memory_bytes / SHARE).max(LEAST_SHARE_BYTES);
        Self { worlds: Mutex::default(), max_bytes, cleared: Clearings::default() }
    }

    /// Counts a request that came in at `started` and was answered, unless its world was cleared since.
    pub(crate) fn count(
        &self,
        org: &OrgId,
        operation: &Operation,
        query: &Query,
        status: StatusCode,
        started: Instant,
    ) {
        if self.cleared.is_over(Some(org), started) {
            return;
        }
        let reached = goals(operation).iter().filter(|goal| goal.is_reached(status, query));
        // Computed before the lock is taken, to hold it for less time.
        let reached: Vec<_> = reached.map(|goal| (operation.name, *goal)).collect();
        let mut worlds = lock(&self.worlds);
        let CountedWorlds { counts, bytes, .. } = &mut *worlds;
        if !counts.contains_key(org) {
            if *bytes + weight(org, 0) > self.max_bytes {
                return;
            }
            *bytes += weight(org, 0);
        }
        let counts = counts.entry(org.clone()).or_default();
        for goal in reached {
            if let Some(count) = counts.get_mut(&goal) {
                *count += 1;
            } else if *bytes + GOAL_BYTES <= self.max_bytes {
                *bytes += GOAL_BYTES;
                counts.insert(goal, 1);
            }
        }
    }

    /// The counts of one world, or of all together.
    pub(crate) fn counts(&self, org: Option<&OrgId>) -> Counts {
        let worlds = lock(&self.worlds);
        match org {
            Some(org) => worlds.counts.get(org).cloned().unwrap_or_default(),
            None => {
                let mut sum = worlds.retired.clone();
                worlds.counts.values().for_each(|counts| add(&mut sum, counts));
                sum
            }
        }
    }

    /// Forgets a world, but leaves its counts in the sum of all.
    pub(crate) fn retire(&self, org: &OrgId) {
        self.cleared.note(Some(org));
        let mut worlds = lock(&self.worlds);
        let counts = worlds.take(org);
        add(&mut worlds.retired, &counts);
    }

    /// The organisations whose requests were counted.
    pub(crate) fn organizations(&self) -> Vec<OrgId> {
        lock(&self.worlds).counts.keys().cloned().collect()
    }

    /// Whether a request of an organisation was counted.
    pub(crate) fn has(&self, org: &OrgId) -> bool {
        lock(&self.worlds).counts.contains_key(org)
    }

    /// Clears the counts of one world, or of all.
    pub(crate) fn clear(&self, org: Option<&OrgId>) {
        self.cleared.note(org);
        match org {
            Some(org) => drop(lock(&self.worlds).take(org)),
            None => *lock(&self.worlds) = CountedWorlds::default(),
        }
    }
}
