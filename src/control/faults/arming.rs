//! Arming and disarming faults.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::armed::ArmedFault;
use super::body::RuleBody;
use super::preset::Preset;
use super::rule::read_rules;
use crate::api::error::ApiError;
use crate::api::extract::NoBody;
use crate::api::reply::json;
use crate::app::AppState;
use crate::control::body::ControlBody;
use crate::control::query::ControlQuery;
use crate::control::{one_organization, organization};

/// The rules that a world is to have.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RuleList {
    /// The first that is about a request, and still to fire, strikes it.
    #[schemars(length(max = 100))]
    rules: Vec<RuleBody>,
}

/// The rules that are armed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ArmedList {
    /// World by world, each in its order.
    rules: Vec<ArmedFault>,
}

/// The presets.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PresetList {
    /// The rule that each stands for; `preset` is its name.
    presets: Vec<RuleBody>,
}

/// `PUT /_mock/faults?org=ID`
pub(in crate::control) async fn arm_faults(
    State(state): State<AppState>,
    ControlQuery(query): ControlQuery,
    ControlBody(list): ControlBody<RuleList>,
) -> Result<Response, ApiError> {
    let org = one_organization(&query)?;
    state.faults().arm(org.clone(), read_rules(list.rules)?)?;
    Ok(json(StatusCode::OK, &ArmedList { rules: state.faults().rules(Some(&org)) }))
}

/// `GET /_mock/faults`, with `?org=ID` for one world
pub(in crate::control) async fn list_faults(
    State(state): State<AppState>,
    ControlQuery(query): ControlQuery,
    _: NoBody,
) -> Result<Response, ApiError> {
    let org = organization(&query)?;
    Ok(json(StatusCode::OK, &ArmedList { rules: state.faults().rules(org.as_ref()) }))
}

/// `DELETE /_mock/faults`, with `?org=ID` for one world
pub(in crate::control) async fn disarm_faults(
    State(state): State<AppState>,
    ControlQuery(query): ControlQuery,
    _: NoBody,
) -> Result<StatusCode, ApiError> {
    state.faults().clear(organization(&query)?.as_ref());
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /_mock/faults/presets`
pub(in crate::control) async fn list_presets(_: ControlQuery, _: NoBody) -> Result<Response, ApiError> {
    Ok(json(StatusCode::OK, &PresetList { presets: Preset::ALL.map(Preset::expanded).to_vec() }))
}
