//! Starting afresh.

use axum::extract::State;
use axum::http::StatusCode;

use super::query::ControlQuery;
use super::query::organization;
use crate::api::error::ApiError;
use crate::api::extract::NoBody;
use crate::api::operation::parameter::{Kind, Parameter};
use crate::api::operation::{Answer, Operation};
use crate::control::bench::Bench;
use crate::control::query::ANY_ORG;
use crate::domain::error::NoRoom;
use crate::domain::ids::OrgId;
use crate::wire::read::InvalidValue;

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

/// `POST /_mock/reset`, with `?org=ID` for one world, and `?keep=state` for only what is no state
pub(super) const RESET_WORLDS: Operation =
    Operation::post("reset_worlds", "/_mock/reset", "Start afresh", &[Answer::no_content()])
        .query(&[ANY_ORG, KEEP])
        .errors(&[400, 507]);

pub(super) async fn reset_worlds(
    State(state): State<Bench>,
    ControlQuery(query): ControlQuery,
    _: NoBody,
) -> Result<StatusCode, ApiError> {
    let keep = match query.text("keep")? {
        None => Keep::Nothing,
        Some("state") => Keep::State,
        Some(other) => return Err(InvalidValue::name("keep", other, ["state"]).into()),
    };
    reset(&state, organization(&query)?.as_ref(), keep)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Puts one world, or all, back to where they started, and forgets what happened.
///
/// # Errors
/// When a world that keeps its state, without what the fixtures put into its outbox, would be one too many.
pub(crate) fn reset(state: &Bench, org: Option<&OrgId>, keep: Keep) -> Result<(), NoRoom> {
    match keep {
        Keep::Nothing => state.api.worlds().reset(org),
        Keep::State => state.api.worlds().clear_traces(org)?,
    }
    // What is no state goes in both cases: of `org`, or of all.
    state.journal.clear(org);
    state.coverage.clear(org);
    state.faults.clear(org);
    Ok(())
}
