//! Worlds by name: list them, create a fresh one, and tell whether anybody has used a name.

use std::collections::{HashMap, HashSet};

use axum::response::IntoResponse;
use schemars::JsonSchema;
use serde::Serialize;

use super::call::*;
use crate::domain::{Timestamp, World};

built! {
    /// A world that somebody has named.
    #[derive(Clone)]
    #[non_exhaustive]
    pub struct NamedWorld;
    fn new(bench: &Bench, org: &OrgId, tally: (usize, usize), faults: usize) {
        let (requests, deviations) = tally;
    }
    /// Its organisation.
    pub org: String = org.to_string(),
    /// Whether it was changed. If not, it is still the fixtures.
    pub changed: bool = bench.api.worlds().has(org),
    /// How many requests to it are in the journal.
    pub requests: usize = requests,
    /// How many deviations these requests have.
    pub deviations: usize = deviations,
    /// How many fault rules are armed in it.
    pub faults: usize = faults,
    /// How large its files are together, in bytes, those of the fixtures included.
    pub file_bytes: u64 = bench.api.worlds().read(org, World::file_bytes),
    /// When somebody last asked for it, by the clock of this machine; absent where that is not known.
    ?pub last_seen: Timestamp = bench.sightings.last(org).map(|last| bench.journal.time_of(last.into_std())),
}

/// A world that nobody has used yet.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct FreshWorld {
    /// Its organisation, for `X-Org-ID`.
    org: String,
}

pub(super) const LIST_WORLDS: Operation =
    Operation::get("list_worlds", "/_mock/worlds", "The worlds that somebody has named").list::<NamedWorld>();

pub(super) async fn list_worlds(call: ControlCall, _: EmptyBody) -> ApiResult {
    at_leisure(call.bench, |bench| ok_json(&named(bench))).await
}

pub(super) const CREATE_WORLD: Operation =
    Operation::post("create_world", "/_mock/worlds", "A fresh world, for a test of its own")
        .created::<FreshWorld>()
        .errors(&[507]);

pub(super) async fn create_world(call: ControlCall, _: EmptyBody) -> ApiResult {
    let org = call.bench.fresh_world()?.to_string();
    Ok(json(StatusCode::CREATED, &FreshWorld { org }))
}

const NAME: Parameter = Parameter::segment("org", "The organisation whose world is meant.", "test");

pub(super) const DELETE_WORLD: Operation = Operation::delete(
    "delete_world",
    "/_mock/worlds/{org}",
    "Forget a world, as if nobody had named it; what it adds to the coverage of all worlds stays",
)
.answers(&[Answer::of(204, Content::Nothing).with(TELLS_UNKNOWN)])
.segments(&[NAME]);

pub(super) async fn delete_world(call: ControlCall, Last(org): Last, _: EmptyBody) -> ApiResult {
    let org = OrgId::new(org);
    let answer = tell_unknown(&call.bench, Some(&org), StatusCode::NO_CONTENT.into_response());
    delete(&call.bench, org);
    Ok(answer)
}

/// Forgets a world.
pub(crate) fn delete(bench: &Bench, org: OrgId) {
    bench.sightings.clear(Some(&org));
    bench.forget(&HashSet::from([org]));
}

/// All worlds that somebody has named, in the order of their names.
pub(crate) fn named(bench: &Bench) -> Vec<NamedWorld> {
    let (tallies, faults) = (bench.journal.tallies(), HashMap::<_, _>::from_iter(bench.faults.organizations()));
    let world = |org: OrgId| {
        let tally = tallies.get(&org).copied().unwrap_or_default();
        NamedWorld::new(bench, &org, tally, faults.get(&org).copied().unwrap_or_default())
    };
    bench.organizations().into_iter().map(world).collect()
}
