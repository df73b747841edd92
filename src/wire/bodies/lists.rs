//! Lists that a body gives whole or changes (reference page common-format).

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer};

use super::{Find, Held, find_all};
use crate::domain::World;
use crate::wire::{InvalidValue, Json, from_json};

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
pub(crate) enum OneOrList<T> {
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
    /// The list as it shall be. Items of the same `key` are one, before and after a change; one without is like no other.
    /// The time that it takes grows with the lengths of the lists, not with their product.
    pub(super) fn apply<K: Eq + Hash>(
        self,
        current: &[T::Found],
        key: impl Fn(&T::Found) -> Option<K>,
        world: &World,
    ) -> Result<Vec<T::Found>, InvalidValue> {
        let change = match self {
            Self::Whole(items) => return find_all(items, world),
            Self::Change(change) => change,
        };
        let find = |items: Option<OneOrList<T>>| find_all(items.map_or_else(Vec::new, OneOrList::into_vec), world);
        let mut result = if change.set.is_some() { find(change.set)? } else { current.to_vec() };
        let removed: HashSet<K> = find(change.remove)?.iter().filter_map(&key).collect();
        result.retain(|item| key(item).is_none_or(|key| !removed.contains(&key)));
        let replacements = change.replace.map(|list| list.value).transpose()?.unwrap_or_default();
        let replacements = replacements.into_iter().map(|replacement| {
            // Whatever is no object has no members either: its target is null, which is no item.
            let nothing = || Replacement { target: Held::new(Json::Null), replacement: Held::new(Json::Null) };
            let Replacement { target, replacement } = replacement.value.unwrap_or_else(|_| nothing());
            Ok((target.value?.find(world)?, replacement.value?.find(world)?))
        });
        // From the last one on, because what one puts in the next may replace.
        let mut replaced: HashMap<K, T::Found> = HashMap::new();
        for (target, replacement) in replacements.collect::<Result<Vec<_>, _>>()?.into_iter().rev() {
            let last = key(&replacement).and_then(|key| replaced.get(&key).cloned()).unwrap_or(replacement);
            replaced.extend(key(&target).map(|key| (key, last)));
        }
        for item in &mut result {
            if let Some(replacement) = key(item).and_then(|key| replaced.get(&key)) {
                item.clone_from(replacement);
            }
        }
        let mut present: HashSet<K> = result.iter().filter_map(&key).collect();
        let added = find(change.add)?.into_iter();
        result.extend(added.filter(|item| key(item).is_none_or(|key| present.insert(key))));
        Ok(result)
    }
}
