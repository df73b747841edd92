//! Named snapshots of a world, which one call restores as often as a test needs.

pub(crate) mod store;

use schemars::JsonSchema;
use serde::Serialize;

use self::store::MAX_OF_A_WORLD;
use super::call::*;
use crate::domain::World;

/// The longest name, in bytes.
const MAX_NAME_BYTES: usize = 100;

const NAME: Parameter = Parameter::segment("name", "The name of the snapshot.", "ready");

/// A snapshot, as a list tells of it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct NamedSnapshot {
    /// Its name.
    name: String,
}

/// Keeps a world as it is now.
pub(crate) fn take(bench: &Bench, org: &OrgId, name: &str) -> Result<(), ApiError> {
    if name.is_empty() || name.len() > MAX_NAME_BYTES {
        let reason = format!("The name of a snapshot has 1 to {MAX_NAME_BYTES} bytes.");
        return Err(InvalidValue::new(NAME.name, reason).into());
    }
    let world = bench.api.worlds().read(org, World::clone);
    if bench.snapshots.keep(org, name.to_owned(), world, bench.api.budget())? {
        return Ok(());
    }
    let reason = format!("A world has at most {MAX_OF_A_WORLD} snapshots. Delete one, or take one of their names.");
    Err(InvalidValue::new(NAME.name, reason).into())
}

/// Puts a world back to what it was. Its clock and seed stay, and the snapshot too.
pub(crate) fn restore(bench: &Bench, org: &OrgId, name: &str) -> Result<(), ApiError> {
    let unknown = || ApiError::SnapshotNotFound { name: name.to_owned(), known: bench.snapshots.names(org) };
    let world = bench.snapshots.world(org, name).ok_or_else(unknown)?;
    check_room(bench, Some(org))?;
    bench.api.worlds().replace(org, world);
    Ok(())
}

pub(super) const LIST_SNAPSHOTS: Operation =
    Operation::get("list_snapshots", "/_mock/snapshots", "The snapshots of a world")
        .list::<NamedSnapshot>()
        .query(&[ORG]);

pub(super) async fn list_snapshots(call: ControlCall, OneWorld(org): OneWorld, _: EmptyBody) -> ApiResult {
    let names = call.bench.snapshots.names(&org).into_iter();
    ok_json(&names.map(|name| NamedSnapshot { name }).collect::<Vec<_>>())
}

pub(super) const TAKE_SNAPSHOT: Operation =
    Operation::put("take_snapshot", "/_mock/snapshots/{name}", "Keep a world as it is now, under a name")
        .segments(&[NAME])
        .query(&[ORG])
        .errors(&[507]);

pub(super) async fn take_snapshot(
    call: ControlCall,
    OneWorld(org): OneWorld,
    Last(name): Last,
    _: EmptyBody,
) -> ApiResult<StatusCode> {
    take(&call.bench, &org, &name)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) const RESTORE_SNAPSHOT: Operation =
    Operation::post("restore_snapshot", "/_mock/snapshots/{name}/restore", "Put a world back to a snapshot")
        .segments(&[NAME])
        .query(&[ORG])
        .errors(&[404, 507]);

pub(super) async fn restore_snapshot(
    call: ControlCall,
    OneWorld(org): OneWorld,
    Last(name): Last,
    _: EmptyBody,
) -> ApiResult<StatusCode> {
    restore(&call.bench, &org, &name)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) const DELETE_SNAPSHOT: Operation =
    Operation::delete("delete_snapshot", "/_mock/snapshots/{name}", "Forget a snapshot")
        .segments(&[NAME])
        .query(&[ORG])
        .errors(&[404]);

pub(super) async fn delete_snapshot(
    call: ControlCall,
    OneWorld(org): OneWorld,
    Last(name): Last,
    _: EmptyBody,
) -> ApiResult<StatusCode> {
    match call.bench.snapshots.remove(&org, &name) {
        Some(_) => Ok(StatusCode::NO_CONTENT),
        None => Err(ApiError::SnapshotNotFound { name, known: call.bench.snapshots.names(&org) }),
    }
}
