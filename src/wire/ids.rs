//! What the ids of a world are made from, as the control plane shows it and has it set.

use schemars::JsonSchema;
use serde::Deserialize;

use super::CountersFixture;
use crate::domain::World;

built! {
    /// What ids are made from.
    pub(crate) struct IdsRecord;
    pub(crate) fn of(world: &World) {}
    /// The seed of the ids of 24 hex digits. Worlds with the same seed issue the same ids.
    seed: u64 = world.seed(),
    /// How many ids of each kind were issued.
    counters: CountersFixture = CountersFixture::of(world),
}

/// What ids shall be made from.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct IdsRequest {
    /// The seed of the ids of 24 hex digits. Worlds with the same seed issue the same ids.
    pub seed: u64,
}
