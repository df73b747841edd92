//! Resets worlds to how they started.

use super::call::*;
use crate::domain::NoRoom;

const KEEP: Parameter = Parameter::new(
    "keep",
    Kind::List { known: &["state", "coverage"] },
    "What to leave as it is: state keeps entities, issues and files; coverage keeps what was reached, as the reset of one world does anyway.",
);

/// What a reset keeps. The reset of one world always keeps coverage: a test that resets its world must not erase what
/// other tests have covered.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Keep {
    /// Entities, issues, files, and the counters of ids.
    pub(crate) state: bool,
    /// Coverage, even if all worlds are reset.
    pub(crate) coverage: bool,
}

pub(super) const RESET_WORLDS: Operation =
    Operation::post("reset_worlds", "/_mock/reset", "Start afresh").query(&[ORG, ALL, KEEP]).errors(&[507]);

pub(super) async fn reset_worlds(call: ControlCall, Scope(org): Scope, _: EmptyBody) -> ApiResult<StatusCode> {
    let mut keep = Keep::default();
    for name in call.query.text(KEEP.name)?.into_iter().flat_map(|names| names.split(',')) {
        match name {
            "state" => keep.state = true,
            "coverage" => keep.coverage = true,
            other => return Err(InvalidValue::name(KEEP.name, other, KEEP.kind.known_values()).into()),
        }
    }
    reset(&call.bench, org.as_ref(), keep)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Resets one world, or all, and clears what was recorded of it. Fails if the state is kept, and clearing an outbox
/// that the fixtures fill would create one world too many.
pub(crate) fn reset(bench: &Bench, org: Option<&OrgId>, keep: Keep) -> Result<(), NoRoom> {
    if keep.state {
        bench.api.worlds().clear_traces(org)?;
    } else {
        bench.api.worlds().reset(org);
        bench.snapshots.clear(org);
    }
    // Journal and faults are not state, so they are cleared in both cases.
    bench.journal.clear(org);
    bench.faults.end(org);
    if org.is_none() && !keep.coverage {
        bench.coverage.clear(None);
    }
    if org.is_none() {
        bench.sightings.clear(None);
    }
    Ok(())
}
