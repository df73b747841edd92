//! Arming and disarming faults.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::call::*;
use super::faults::{ArmedFault, Earlier, Fault, Preset, RuleBody, weight};
use crate::wire::read;

/// The rules to arm in a world.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RuleList {
    /// In order: the first rule that applies to a request, and may still fire, strikes it.
    #[schemars(length(max = 100))]
    rules: Vec<RuleBody>,
}

/// The rules that are armed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArmedList {
    /// World by world, in the order of each.
    rules: Vec<ArmedFault>,
}

/// The presets.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PresetList {
    /// The rule that each preset stands for; `preset` is its name.
    presets: Vec<RuleBody>,
}

pub(super) const ARM_FAULTS: Operation =
    Operation::put("arm_faults", "/_mock/faults", "Arm faults in place of those that were armed")
        .ok::<ArmedList>()
        .query(&[ORG])
        .json::<RuleList>()
        .errors(&[507]);

pub(super) async fn arm_faults(
    call: ControlCall,
    OneWorld(org): OneWorld,
    ControlBody(list): ControlBody<RuleList>,
) -> ApiResult {
    arm(&call.bench, &org, list, Earlier::Replaced)
}

pub(super) const ADD_FAULTS: Operation =
    Operation::post("add_faults", "/_mock/faults", "Arm faults behind those that were armed")
        .ok::<ArmedList>()
        .query(&[ORG])
        .json::<RuleList>()
        .errors(&[507]);

pub(super) async fn add_faults(
    call: ControlCall,
    OneWorld(org): OneWorld,
    ControlBody(list): ControlBody<RuleList>,
) -> ApiResult {
    arm(&call.bench, &org, list, Earlier::Kept)
}

fn arm(bench: &Bench, org: &OrgId, list: RuleList, earlier: Earlier) -> ApiResult {
    let charge = bench.api.budget().reserve(weight(&list.rules))?;
    bench.faults.arm(org.clone(), list.rules, earlier, charge)?;
    ok_json(&ArmedList { rules: bench.faults.rules(Some(org)) })
}

/// Arms the faults of a test in Rust, even beyond the memory limit.
pub(crate) fn arm_anyway(
    bench: &Bench,
    org: &OrgId,
    faults: impl IntoIterator<Item = Fault>,
    earlier: Earlier,
) -> Result<(), InvalidValue> {
    let rules: Vec<_> = faults.into_iter().map(|Fault(rule)| rule).collect();
    let charge = bench.api.budget().reserve_anyway(weight(&rules));
    bench.faults.arm(org.clone(), rules, earlier, charge)
}

/// The faults of a document.
pub(crate) fn read_faults(json: &str) -> Result<Vec<Fault>, InvalidValue> {
    let RuleList { rules } = read::from_slice(json.as_bytes())?;
    Ok(rules.into_iter().map(Fault).collect())
}

pub(super) const LIST_FAULTS: Operation =
    Operation::get("list_faults", "/_mock/faults", "What is armed and what it came to")
        .ok::<ArmedList>()
        .query(&[ORG, ALL]);

pub(super) async fn list_faults(call: ControlCall, Scope(org): Scope, _: EmptyBody) -> ApiResult {
    ok_json(&ArmedList { rules: call.bench.faults.rules(org.as_ref()) })
}

pub(super) const DISARM_FAULTS: Operation =
    Operation::delete("disarm_faults", "/_mock/faults", "Disarm faults").query(&[ORG, ALL]);

pub(super) async fn disarm_faults(call: ControlCall, Scope(org): Scope, _: EmptyBody) -> ApiResult<StatusCode> {
    call.bench.faults.clear(org.as_ref());
    Ok(StatusCode::NO_CONTENT)
}

pub(super) const LIST_PRESETS: Operation =
    Operation::get("list_presets", "/_mock/faults/presets", "The usual faults by name").ok::<PresetList>();

pub(super) async fn list_presets(_: ControlCall, _: EmptyBody) -> ApiResult {
    ok_json(&PresetList { presets: Preset::ALL.map(Preset::expanded).to_vec() })
}
