//! Lists that a body gives whole or changes (reference page common-format).

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error};

use super::{Find, Held, find_all};
use crate::domain::world::World;
use crate::wire::read::{InvalidValue, Json, from_json};

/// A list that is given whole, or changed.
#[derive(Debug, JsonSchema)]
#[schemars(untagged, rename = "ChangedListOf{T}")]
pub(super) enum ChangedList<T> {
    Whole(Vec<Held<T>>),
    Change(Box<ListChange<T>>),
}

/// Set, then remove, replace and add.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, bound = "T: DeserializeOwned")]
#[schemars(rename = "ChangeOf{T}")]
pub(super) struct ListChange<T> {
    add: Option<OneOrList<T>>,
    remove: Option<OneOrList<T>>,
    set: Option<OneOrList<T>>,
    replace: Option<Held<Vec<Held<Replacement<T>>>>>,
}

/// One for another.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(bound = "T: DeserializeOwned")]
#[schemars(inline)]
struct Replacement<T> {
    target: Held<T>,
    replacement: Held<T>,
}

/// One, or a list.
#[derive(Debug, JsonSchema)]
#[schemars(untagged, inline)]
pub(super) enum OneOrList<T> {
    One(Held<T>),
    List(Vec<Held<T>>),
}

impl<T> OneOrList<T> {
    pub(super) fn into_vec(self) -> Vec<Held<T>> {
        match self {
            Self::One(one) => vec![one],
            Self::List(list) => list,
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for OneOrList<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        let read = match json {
            Json::List(_) => from_json(json).map(Self::List),
            json => from_json(json).map(Self::One),
        };
        read.map_err(D::Error::custom)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for ChangedList<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        let not_a_list = D::Error::invalid_type(json.unexpected(), &"a list");
        let read = match json {
            Json::Object(_) => from_json(json).map(Self::Change),
            json => from_json(json).map(Self::Whole),
        };
        // What is inside is held, so only an unknown operator can be wrong.
        read.map_err(|_| not_a_list)
    }
}

impl<T: Find> ChangedList<T> {
    /// The list as it shall be. `same` says whether two items are one, before and after a change.
    pub(super) fn apply(
        self,
        current: &[T::Found],
        same: impl Fn(&T::Found, &T::Found) -> bool,
        world: &World,
    ) -> Result<Vec<T::Found>, InvalidValue> {
        let change = match self {
            Self::Whole(items) => return find_all(items, world),
            Self::Change(change) => change,
        };
        let find = |items: Option<OneOrList<T>>| items.map(|items| find_all(items.into_vec(), world)).transpose();
        let mut result = find(change.set)?.unwrap_or_else(|| current.to_vec());
        let removed = find(change.remove)?.unwrap_or_default();
        result.retain(|item| !removed.iter().any(|other| same(item, other)));
        for replacement in change.replace.map(Held::get).transpose()?.unwrap_or_default() {
            // Something else than an object replaces nothing by nothing, and neither is an item.
            let Replacement { target, replacement } = match replacement.get() {
                Ok(replacement) => replacement,
                Err(_) => from_json(Json::Object(Vec::new()))?,
            };
            let (target, replacement) = (target.get()?.find(world)?, replacement.get()?.find(world)?);
            for item in result.iter_mut().filter(|item| same(item, &target)) {
                *item = replacement.clone();
            }
        }
        for item in find(change.add)?.unwrap_or_default() {
            if !result.iter().any(|other| same(other, &item)) {
                result.push(item);
            }
        }
        Ok(result)
    }
}
