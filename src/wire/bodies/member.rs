//! The members of bodies: values whose mistakes are reported when they are asked for, and names of things in a world.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer};

use crate::domain::World;
use crate::wire::{InvalidValue, Json, from_json};

/// What is wrong with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum InvalidBody {
    /// A value. Its path is the name of one field, as error answers have it.
    Value(InvalidValue),
    /// Names in an entity's `fields` that no entity has.
    UnknownFields(Vec<String>),
    /// Names in `filter` and `orderBy` that no entity has.
    UnknownFilter(Vec<String>),
    /// Names of fields that a change cannot set.
    ReadOnlyFields(Vec<String>),
}

impl From<InvalidValue> for InvalidBody {
    fn from(invalid: InvalidValue) -> Self {
        Self::Value(invalid)
    }
}

// A value that may be wrong, which is an error only where it is asked for. So the code that uses a body decides in
// which order its mistakes are reported, and can look names up in between.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(with = "T")]
pub(crate) struct Held<T> {
    pub(super) is_null: bool,
    pub(super) value: Result<T, InvalidValue>,
}

impl<T: DeserializeOwned> Held<T> {
    pub(super) fn new(json: Json<'_>) -> Self {
        Self { is_null: matches!(json, Json::Null), value: from_json(json) }
    }
}

/// The member `links` of a body.
pub(crate) type HeldLinks<T> = Option<Held<Vec<Held<T>>>>;

/// Absent is read like `null`.
impl<'de, T: DeserializeOwned> Deserialize<'de> for Held<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::new(Option::<Json<'de>>::deserialize(deserializer)?.unwrap_or(Json::Null)))
    }
}

/// The member `name`, which must be there.
pub(super) fn required<T>(member: Held<T>, name: &str) -> Result<T, InvalidValue> {
    if member.is_null { Err(InvalidValue::missing(name)) } else { member.value.map_err(|invalid| invalid.at(name)) }
}

/// The member `name`, if it is there.
pub(super) fn optional<T>(member: Option<Held<T>>, name: &str) -> Result<Option<T>, InvalidValue> {
    member.map(|member| required(member, name)).transpose()
}

/// Something in a body that names things of a world, or may do so.
pub(crate) trait Find: DeserializeOwned {
    /// What it stands for.
    type Found: Clone;

    /// Looks the names up.
    fn find(self, world: &World) -> Result<Self::Found, InvalidValue>;
}

/// The things that a list names.
pub(super) fn find_all<T: Find>(items: Vec<Held<T>>, world: &World) -> Result<Vec<T::Found>, InvalidValue> {
    items.into_iter().map(|item| item.value?.find(world)).collect()
}

/// What a body stands for that is one thing, or a list of them.
pub(crate) fn find_own<T: Find>(items: Vec<T>, world: &World) -> Result<Vec<T::Found>, InvalidBody> {
    Ok(items.into_iter().map(|item| item.find(world)).collect::<Result<_, _>>()?)
}

/// The relations that a body asks for, of an entity or an issue.
pub(crate) fn find_links<T: Find>(links: HeldLinks<T>, world: &World) -> Result<Vec<T::Found>, InvalidBody> {
    let links = optional(links, "links")?.unwrap_or_default();
    Ok(find_all(links, world).map_err(|invalid| invalid.at("links"))?)
}
