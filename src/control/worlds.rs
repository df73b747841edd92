//! Worlds by name: list them, create a fresh one, and tell whether anybody has used a name.

use std::collections::{HashMap, HashSet};

use axum::http::StatusCode;
use axum::response::IntoResponse;
use schemars::JsonSchema;
use serde::Serialize;

use super::call::{Bench, ControlCall, EmptyBody, TELLS_UNKNOWN, at_leisure, tell_unknown};
use crate::api::{Answer, ApiResult, Content, Last, Operation, Parameter, json, ok_json};
use crate::domain::{OrgId, Timestamp, World};

/// A world that somebody has named.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NamedWorld {
    /// Its organisation.
    pub org: String,
    /// Whether it was changed. If not, it is still the fixtures.
    pub changed: bool,
    /// How many requests to it are in the journal.
    pub requests: usize,
    /// How many deviations these requests have.
    pub deviations: usize,
    /// How many fault rules are armed in it.
    pub faults: usize,
    /// How large its files are together, in bytes, those of the fixtures included.
    pub file_bytes: u64,
    /// When somebody last asked for it, by the clock of this machine; absent where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
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
        let (requests, deviations) = tallies.get(&org).copied().unwrap_or_default();
        NamedWorld {
            changed: bench.api.worlds().has(&org),
            requests,
            deviations,
            faults: faults.get(&org).copied().unwrap_or_default(),
            file_bytes: bench.api.worlds().read(&org, World::file_bytes),
            last_seen: bench.sightings.last(&org).map(|last| bench.journal.time_of(last.into_std())),
            org: org.to_string(),
        }
    };
    bench.organizations().into_iter().map(world).collect()
}
