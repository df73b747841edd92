//! What a client reached of the documented API: for each world how often each status of each operation was answered
//! and each documented value of a parameter was sent. Counted as requests end.

use std::collections::BTreeMap;
use std::collections::hash_map::Entry;
use std::sync::LazyLock;

use axum::http::StatusCode;

use crate::api::operation::{Operation, Parameter};
use crate::api::query::Query;
use crate::api::table::operations;
use crate::control::lanes::Lanes;
use crate::domain::ids::OrgId;
use crate::domain::map::Map;

/// Counts of all worlds.
#[derive(Debug)]
pub(crate) struct Coverage {
    max_worlds: usize,
    worlds: Lanes<Map<OrgId, Counts>>,
}

/// How often each goal was reached, by its place among [`GOALS`]; those never reached are absent.
pub(crate) type Counts = BTreeMap<u16, u64>;

/// Something that a client can reach.
#[derive(Debug)]
pub(crate) struct Goal {
    pub(crate) operation: &'static Operation,
    pub(crate) what: What,
}

/// What there is to reach in an operation.
#[derive(Debug)]
pub(crate) enum What {
    /// This answer.
    Status(u16),
    /// This parameter with this value; any value where the documents list none.
    Value(&'static Parameter, Option<&'static str>),
}

/// Every goal, those of one operation together, in the order of the endpoint table.
pub(crate) static GOALS: LazyLock<Vec<Goal>> =
    LazyLock::new(|| operations().iter().copied().flat_map(goals_of).collect());

/// Where the goals of each operation begin, and where those of the last one end.
static STARTS: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let counts = operations().iter().map(|operation| goals_of(operation).count());
    let ends = counts.scan(0, |end, count| {
        *end += u16::try_from(count).unwrap_or(u16::MAX);
        Some(*end)
    });
    std::iter::once(0).chain(ends).collect()
});

fn goals_of(operation: &'static Operation) -> impl Iterator<Item = Goal> {
    let statuses = operation.statuses().into_iter().map(What::Status);
    let values = operation.covered_parameters().flat_map(|parameter| {
        let known = parameter.kind.known_values();
        let values: Vec<_> = if known.is_empty() { vec![None] } else { known.iter().copied().map(Some).collect() };
        values.into_iter().map(move |value| What::Value(parameter, value))
    });
    statuses.chain(values).map(move |what| Goal { operation, what })
}

impl Coverage {
    /// Nothing reached yet. Requests of more than `max_worlds` worlds are not counted; each thread has so
    /// many of its own.
    pub(crate) fn new(max_worlds: usize) -> Self {
        Self { max_worlds, worlds: Lanes::default() }
    }

    /// A request was answered.
    pub(crate) fn count(&self, org: &OrgId, operation: &'static str, query: &Query, status: StatusCode) {
        let Some(index) = operations().iter().position(|one| one.name == operation) else { return };
        let statuses = operations()[index].statuses();
        let status = statuses.iter().zip(STARTS[index]..).find(|(one, _)| **one == status.as_u16());
        // Looked for before the lock is taken.
        let values = values_in(query, index);
        let mut worlds = self.worlds.own();
        let is_full = worlds.len() >= self.max_worlds;
        let counts = match worlds.entry(org.clone()) {
            Entry::Occupied(world) => world.into_mut(),
            Entry::Vacant(_) if is_full => return,
            Entry::Vacant(world) => world.insert(Counts::new()),
        };
        for place in status.map(|(_, place)| place).into_iter().chain(values) {
            *counts.entry(place).or_default() += 1;
        }
    }

    /// What was reached in one world, or in all together.
    pub(crate) fn counts(&self, org: Option<&OrgId>) -> Counts {
        let worlds = self.worlds.all();
        let mut sum = Counts::new();
        let worlds = worlds.iter().flat_map(|worlds| worlds.iter());
        for (_, counts) in worlds.filter(|(name, _)| org.is_none_or(|org| org == *name)) {
            for (place, count) in counts {
                *sum.entry(*place).or_default() += count;
            }
        }
        sum
    }

    /// Forgets what was reached in one world, or in all.
    pub(crate) fn clear(&self, org: Option<&OrgId>) {
        for mut worlds in self.worlds.all() {
            match org {
                Some(org) => drop(worlds.remove(org)),
                None => *worlds = Map::default(),
            }
        }
    }
}

/// The places, among all goals, of the values that a query has.
fn values_in(query: &Query, operation: usize) -> Vec<u16> {
    let places = STARTS[operation]..STARTS[operation + 1];
    let is_reached = |place: &u16| match GOALS[usize::from(*place)].what {
        What::Status(_) => false,
        What::Value(parameter, value) => has_value(query, parameter.name, value),
    };
    places.filter(is_reached).collect()
}

/// Booleans are written in any letter case, lists with commas too.
fn has_value(query: &Query, name: &'static str, value: Option<&str>) -> bool {
    match value {
        None => query.pairs().any(|(given, text)| given == name && !text.is_empty()),
        Some(value @ ("true" | "false")) => query.list(name).any(|member| member.eq_ignore_ascii_case(value)),
        Some(value) => query.list(name).any(|member| member == value),
    }
}
