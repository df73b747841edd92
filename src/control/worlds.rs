//! Worlds by name: list them, create a fresh one, and tell whether anybody has used a name.

use std::collections::BTreeMap;

use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;

use super::body::EmptyBody;
use super::query::ControlCall;
use crate::api::error::ApiResult;
use crate::api::operation::{Answer, Operation, Shape};
use crate::api::reply::json;
use crate::control::bench::Bench;
use crate::domain::ids::OrgId;
use crate::wire::read::nearest;

/// The header that says that nobody has named a world yet, and which name was probably meant.
const UNKNOWN_WORLD: HeaderName = HeaderName::from_static("x-unknown-world");

/// The headers of answers that look the same for a misspelt name as for a world in which nothing has happened.
pub(super) const TELLS_UNKNOWN: &[&str] = &["X-Unknown-World"];

/// How many names a misspelt one is compared with.
const MAX_COMPARED: usize = 1000;

/// A world that somebody has named.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NamedWorld {
    /// Its organisation.
    org: String,
    /// Whether it was changed. If not, it is still the fixtures.
    changed: bool,
    /// How many requests to it are in the journal.
    requests: usize,
    /// How many fault rules are armed in it.
    faults: usize,
}

/// A world that nobody has used yet.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct FreshWorld {
    /// Its organisation, for `X-Org-ID`.
    org: String,
}

pub(super) const LIST_WORLDS: Operation = Operation::get(
    "list_worlds",
    "/_mock/worlds",
    "The worlds that somebody has named",
    &[Answer::list(Shape::NamedWorld)],
);

pub(super) async fn list_worlds(ControlCall { bench, .. }: ControlCall, _: EmptyBody) -> ApiResult {
    Ok(json(StatusCode::OK, &named(&bench)))
}

pub(super) const CREATE_WORLD: Operation = Operation::post(
    "create_world",
    "/_mock/worlds",
    "A fresh world, for a test of its own",
    &[Answer::created(Shape::FreshWorld)],
)
.errors(&[507]);

pub(super) async fn create_world(ControlCall { bench, .. }: ControlCall, _: EmptyBody) -> ApiResult {
    let org = bench.fresh_world()?.to_string();
    Ok(json(StatusCode::CREATED, &FreshWorld { org }))
}

/// Adds a header to the answer to a call about a world, if nobody has named that world yet.
pub(super) fn tell_unknown(bench: &Bench, org: Option<&OrgId>, mut response: Response) -> Response {
    let Some(org) = org.filter(|org| !bench.knows(org)) else { return response };
    let known = named(bench);
    let known = known.iter().map(|world| world.org.as_str()).take(MAX_COMPARED);
    let guess = nearest(org.as_str(), known).map_or_else(String::new, |name| format!(" Did you mean {name:?}?"));
    // Left out if the name has characters that no header may have, even after `Debug` has escaped it.
    if let Ok(text) = HeaderValue::try_from(format!("Nobody has named {:?} yet.{guess}", org.as_str()).into_bytes()) {
        response.headers_mut().insert(UNKNOWN_WORLD, text);
    }
    response
}

fn named(bench: &Bench) -> Vec<NamedWorld> {
    let mut worlds: BTreeMap<OrgId, NamedWorld> = BTreeMap::new();
    let mut world = |org: OrgId, tell: &dyn Fn(&mut NamedWorld)| {
        let name = org.to_string();
        tell(worlds.entry(org).or_insert_with(|| NamedWorld { org: name, ..NamedWorld::default() }));
    };
    bench.coverage.organizations().into_iter().for_each(|org| world(org, &|_| {}));
    bench.journal.organizations().into_iter().for_each(|org| world(org, &|world| world.requests += 1));
    bench.faults.organizations().into_iter().for_each(|(org, rules)| world(org, &|world| world.faults = rules));
    bench.api.worlds().organizations().into_iter().for_each(|org| world(org, &|world| world.changed = true));
    worlds.into_values().collect()
}
