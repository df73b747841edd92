//! The query of a request to the control plane.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::operations;
use crate::api::call::Call;
use crate::api::error::ApiError;
use crate::api::query::Query;
use crate::wire::strict::Wrong;

/// A query without parameters that the call does not know: a misspelt one would have it do something else, or more.
#[derive(Debug)]
pub(super) struct ControlQuery(pub(super) Query);

impl FromRequestParts<Call> for ControlQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, call: &Call) -> Result<Self, ApiError> {
        let query = Query::from_request_parts(parts, call).await?;
        let path = call.below_prefix(parts.uri.path());
        let known = operations::find(&parts.method, path).map_or(&[][..], |found| found.details.query);
        if let Some((name, _)) = query.pairs().find(|(name, _)| !known.iter().any(|one| one.name == *name)) {
            return Err(Wrong::name(name, name, known.iter().map(|one| one.name)).into());
        }
        Ok(Self(query))
    }
}
