//! What a test sets in a world, or in all: the clock, and what ids are made from.

use axum::response::Response;
use serde::Serialize;

use super::call::*;
use crate::domain::{ClockOverflow, World};
use crate::wire::{ClockRecord, ClockRequest, IdsRecord, IdsRequest};

/// Without `org`, the clock that worlds start with.
pub(super) const GET_CLOCK: Operation =
    Operation::get("get_clock", "/_mock/clock", "The clock of a world").ok::<ClockRecord>().query(&[ORG, ALL]);

pub(super) async fn get_clock(call: ControlCall, Scope(org): Scope, _: EmptyBody) -> ApiResult {
    Ok(show(&call.bench, org.as_ref(), |world| ClockRecord::of(world.clock())))
}

/// Without `org`, all worlds, those to come included.
pub(super) const SET_CLOCK: Operation =
    Operation::put("set_clock", "/_mock/clock", "Set the clock of a world, or of all")
        .ok::<ClockRecord>()
        .query(&[ORG, ALL])
        .json::<ClockRequest>()
        .errors(&[507]);

pub(super) async fn set_clock(
    call: ControlCall,
    Scope(org): Scope,
    ControlBody(request): ControlBody<ClockRequest>,
) -> ApiResult {
    check_room(&call.bench, org.as_ref())?;
    let changed = call.bench.api.worlds().change_clock(org.as_ref(), request.change()?);
    changed.map_err(|ClockOverflow| InvalidValue::new("advance", "The clock would go beyond the year 9999."))?;
    Ok(show(&call.bench, org.as_ref(), |world| ClockRecord::of(world.clock())))
}

/// Without `org`, what worlds start with.
pub(super) const GET_IDS: Operation =
    Operation::get("get_ids", "/_mock/ids", "The seed and the counters of a world's ids")
        .ok::<IdsRecord>()
        .query(&[ORG, ALL]);

pub(super) async fn get_ids(call: ControlCall, Scope(org): Scope, _: EmptyBody) -> ApiResult {
    Ok(show(&call.bench, org.as_ref(), IdsRecord::of))
}

/// Without `org`, all worlds, those to come included.
pub(super) const SET_IDS: Operation = Operation::put("set_ids", "/_mock/ids", "Seed the ids of a world, or of all")
    .ok::<IdsRecord>()
    .query(&[ORG, ALL])
    .json::<IdsRequest>()
    .errors(&[507]);

pub(super) async fn set_ids(
    call: ControlCall,
    Scope(org): Scope,
    ControlBody(request): ControlBody<IdsRequest>,
) -> ApiResult {
    check_room(&call.bench, org.as_ref())?;
    call.bench.api.worlds().set_seed(org.as_ref(), request.seed);
    Ok(show(&call.bench, org.as_ref(), IdsRecord::of))
}

fn show<T: Serialize>(bench: &Bench, org: Option<&OrgId>, record: impl FnOnce(&World) -> T) -> Response {
    let shown = match org {
        Some(org) => bench.api.worlds().read(org, record),
        None => bench.api.worlds().read_pristine(record),
    };
    json(StatusCode::OK, &shown)
}
