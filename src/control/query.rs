//! The query of a request to the control plane.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::api::error::ApiError;
use crate::api::operation::parameter::{Kind, Parameter};
use crate::api::query::Query;
use crate::api::request_info::RequestInfo;
use crate::wire::strict::Wrong;

pub(super) const ORG: Parameter =
    Parameter::new("org", Kind::Text, "The organisation whose world is meant.").required().example("test");
pub(super) const ANY_ORG: Parameter =
    Parameter::new("org", Kind::Text, "The organisation whose world is meant; without it, all worlds.").example("test");

/// A query without parameters that the call does not know: a misspelt one would have it do something else, or more.
#[derive(Debug)]
pub(super) struct ControlQuery(pub(super) Query);

impl<S: Send + Sync> FromRequestParts<S> for ControlQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = Query::from_request_parts(parts, state).await?;
        let known = RequestInfo::of(&parts.extensions).operation.map_or(&[][..], |operation| operation.query);
        if let Some((name, _)) = query.pairs().find(|(name, _)| !known.iter().any(|one| one.name == *name)) {
            return Err(Wrong::name(name, name, known.iter().map(|one| one.name)).into());
        }
        Ok(Self(query))
    }
}
