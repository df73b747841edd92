//! Starting afresh.

use axum::http::StatusCode;

use super::body::EmptyBody;
use super::query::{ALL, ControlCall, ORG, Scope};
use crate::api::error::ApiResult;
use crate::api::operation::parameter::{Kind, Parameter};
use crate::api::operation::{Answer, Operation};
use crate::control::bench::Bench;
use crate::domain::error::NoRoom;
use crate::domain::ids::OrgId;
use crate::wire::read::InvalidValue;

const KEEP: Parameter = Parameter::new(
    "keep",
    Kind::List { known: &["state", "coverage"] },
    "What to leave as it is: state keeps entities, issues and files; coverage keeps what was reached, as the reset of one world does anyway.",
);

/// What a reset leaves as it is. That of one world leaves coverage too: a test that resets its world must not take from
/// the table of all tests.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Keep {
    /// Entities, issues, files, and how far ids have come.
    pub(crate) state: bool,
    /// What was reached, of all worlds too.
    pub(crate) coverage: bool,
}

pub(super) const RESET_WORLDS: Operation =
    Operation::post("reset_worlds", "/_mock/reset", "Start afresh", &[Answer::no_content()])
        .query(&[ORG, ALL, KEEP])
        .errors(&[507]);

pub(super) async fn reset_worlds(
    ControlCall { bench, query }: ControlCall,
    Scope(org): Scope,
    _: EmptyBody,
) -> ApiResult<StatusCode> {
    let mut keep = Keep::default();
    for name in query.text(KEEP.name)?.into_iter().flat_map(|names| names.split(',')) {
        match name {
            "state" => keep.state = true,
            "coverage" => keep.coverage = true,
            other => return Err(InvalidValue::name(KEEP.name, other, KEEP.kind.known_values()).into()),
        }
    }
    reset(&bench, org.as_ref(), keep)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Puts one world, or all, back to where they started, and forgets what happened. Fails when a world that keeps its
/// state, without what the fixtures put into its outbox, would be one too many.
pub(crate) fn reset(bench: &Bench, org: Option<&OrgId>, keep: Keep) -> Result<(), NoRoom> {
    if keep.state {
        bench.api.worlds().clear_traces(org)?;
    } else {
        bench.api.worlds().reset(org);
        bench.snapshots.clear(org);
    }
    // What is no state goes in both cases: of `org`, or of all.
    bench.journal.clear(org);
    bench.faults.clear(org);
    if org.is_none() && !keep.coverage {
        bench.coverage.clear(None);
    }
    Ok(())
}
