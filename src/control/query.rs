//! The query of a request to the control plane.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::api::error::ApiError;
use crate::api::operation::parameter::{Kind, Parameter};
use crate::api::query::Query;
use crate::api::request_info::RequestInfo;
use crate::control::bench::Bench;
use crate::domain::ids::OrgId;
use crate::wire::read::InvalidValue;

pub(super) const ORG: Parameter =
    Parameter::new("org", Kind::Text, "The organisation whose world is meant.").required().example("test");
pub(super) const ANY_ORG: Parameter =
    Parameter::new("org", Kind::Text, "The organisation whose world is meant; without it, all worlds.").example("test");

/// A call of the control plane. Its query has no parameters that the call does not know: a misspelt one would have it do
/// something else, or more.
#[derive(Debug)]
pub(super) struct ControlCall {
    pub(super) bench: Bench,
    pub(super) query: Query,
}

impl FromRequestParts<Bench> for ControlCall {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, bench: &Bench) -> Result<Self, ApiError> {
        let info = RequestInfo::of(&parts.extensions);
        let query = info.query()?;
        let known = info.operation.map_or(&[][..], |operation| operation.query);
        if let Some((name, _)) = query.pairs().find(|(name, _)| !known.iter().any(|one| one.name == *name)) {
            return Err(InvalidValue::name(name, name, known.iter().map(|one| one.name)).into());
        }
        Ok(Self { bench: bench.clone(), query })
    }
}

/// The value of a parameter, which is one of those that are known.
pub(super) fn choice(query: &Query, parameter: &Parameter) -> Result<Option<&'static str>, ApiError> {
    let Some(text) = query.text(parameter.name)? else { return Ok(None) };
    let known = parameter.kind.known_values();
    let chosen = known.iter().copied().find(|one| *one == text);
    chosen.map(Some).ok_or_else(|| InvalidValue::name(parameter.name, text, known).into())
}

/// The world that `?org=` names.
pub(super) fn organization(query: &Query) -> Result<Option<OrgId>, ApiError> {
    match query.text("org")? {
        Some("") => Err(ApiError::MissingParameter { name: "org" }),
        Some(name) if name.len() > OrgId::MAX_BYTES => {
            let reason = format!("The id of an organisation has at most {} bytes.", OrgId::MAX_BYTES);
            Err(InvalidValue::new("org", reason).into())
        }
        org => Ok(org.map(OrgId::new)),
    }
}

/// Refuses to bring a world into being that is one too many; for calls that change one.
pub(super) fn check_room(state: &Bench, org: Option<&OrgId>) -> Result<(), ApiError> {
    org.map_or(Ok(()), |org| Ok(state.api.worlds().check_room(org)?))
}

/// The world that `?org=` names, where a call concerns exactly one.
pub(super) fn one_organization(query: &Query) -> Result<OrgId, ApiError> {
    organization(query)?.ok_or(ApiError::MissingParameter { name: "org" })
}
