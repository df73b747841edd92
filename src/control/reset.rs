//! Starting afresh.

use axum::http::StatusCode;

use super::body::EmptyBody;
use super::query::{ALL, ControlCall, ORG, Scope, choice};
use crate::api::error::ApiResult;
use crate::api::operation::parameter::{Kind, Parameter};
use crate::api::operation::{Answer, Operation};
use crate::control::bench::Bench;
use crate::domain::error::NoRoom;
use crate::domain::ids::OrgId;

const KEEP: Parameter = Parameter::new(
    "keep",
    Kind::OneOf { known: &["state"] },
    "What to leave as it is: state keeps entities, issues and files.",
);

/// What a reset leaves as it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Keep {
    Nothing,
    /// Entities, issues, files, and how far ids have come.
    State,
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
    let keep = choice(&query, &KEEP)?.map_or(Keep::Nothing, |_| Keep::State);
    reset(&bench, org.as_ref(), keep)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Puts one world, or all, back to where they started, and forgets what happened. Fails when a world that keeps its
/// state, without what the fixtures put into its outbox, would be one too many.
pub(crate) fn reset(bench: &Bench, org: Option<&OrgId>, keep: Keep) -> Result<(), NoRoom> {
    match keep {
        Keep::Nothing => bench.api.worlds().reset(org),
        Keep::State => bench.api.worlds().clear_traces(org)?,
    }
    // What is no state goes in both cases: of `org`, or of all.
    bench.journal.clear(org);
    bench.coverage.clear(org);
    bench.faults.clear(org);
    Ok(())
}
