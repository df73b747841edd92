//! Lists that a body gives whole or changes (reference page common-format).

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer};

use super::member::{Find, Held, find_all};
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
        let Json::List(items) = json else { return Ok(Self::One(Held::new(json))) };
        Ok(Self::List(items.into_iter().map(Held::new).collect()))
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for ChangedList<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        let not_a_list = json.is_not("a list");
        let Json::List(items) = json else {
            // Of an object only an unknown operator can be wrong: what is inside is held.
            return from_json(json).map(Self::Change).map_err(|_| not_a_list);
        };
        Ok(Self::Whole(items.into_iter().map(Held::new).collect()))
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
        for replacement in change.replace.map(|list| list.value).transpose()?.unwrap_or_default() {
            // Whatever is no object has no members either: its target is null, which is no item.
            let nothing = || Replacement { target: Held::new(Json::Null), replacement: Held::new(Json::Null) };
            let Replacement { target, replacement } = replacement.value.unwrap_or_else(|_| nothing());
            let (target, replacement) = (target.value?.find(world)?, replacement.value?.find(world)?);
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
