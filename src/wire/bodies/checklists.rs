//! The bodies that make and change checklists (reference pages add-checklist-item, edit-checklist and
//! entities/checklists).

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error};

use super::{Day, FilledText, Find, Held, InvalidBody, NamedUser, optional, required};
use crate::domain::{ChecklistItem, World, position};
use crate::wire::{InvalidValue, Json, from_json};

/// An item of a checklist. A new one gets an id, whatever is given.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(expecting = "a list of objects with a text")]
#[schemars(rename = "NewChecklistItem")]
pub(crate) struct ChecklistItemInput {
    id: Option<Held<String>>,
    text: Held<FilledText>,
    checked: Option<Held<bool>>,
    assignee: Option<Held<NamedUser>>,
    deadline: Option<Held<DeadlineInput>>,
    url: Option<Held<String>>,
}

/// A change of an item. What is not named stays; an empty object takes the assignee or the deadline away.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct ChecklistItemChange {
    text: Option<Held<FilledText>>,
    checked: Option<Held<bool>>,
    assignee: Option<Held<Clearable<NamedUser>>>,
    deadline: Option<Held<Clearable<DeadlineInput>>>,
    url: Option<Held<String>>,
}

/// Where an item shall stand.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "ChecklistMove")]
pub(crate) struct ChecklistMoveBody {
    /// The id of the item that it shall stand before.
    before: Held<String>,
}

// A day, or an object with it.
#[derive(Debug, JsonSchema)]
#[schemars(untagged, inline)]
enum DeadlineInput {
    Day(Held<Day>),
    Object(DeadlineObject),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline)]
struct DeadlineObject {
    date: Held<Day>,
}

// A value, or an object without members, which takes it away.
#[derive(Debug, JsonSchema)]
#[schemars(untagged, inline)]
enum Clearable<T> {
    Value(T),
    #[schemars(extend("maxProperties" = 0))]
    Nothing {},
}

impl<'de> Deserialize<'de> for DeadlineInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        let Json::Object(_) = json else { return Ok(Self::Day(Held::new(json))) };
        from_json(json).map(Self::Object).map_err(D::Error::custom)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Clearable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        match &json {
            Json::Object(members) if members.is_empty() => Ok(Self::Nothing {}),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) | Json::List(_) | Json::Object(_) => {
                from_json(json).map(Self::Value).map_err(D::Error::custom)
            }
        }
    }
}

impl DeadlineInput {
    fn day(self) -> Result<String, InvalidValue> {
        let day = match self {
            Self::Day(day) => day.value,
            Self::Object(DeadlineObject { date }) => required(date, "date"),
        };
        Ok(day?.0)
    }
}

impl Find for ChecklistItemInput {
    type Found = ChecklistItem;

    fn find(self, world: &World) -> Result<ChecklistItem, InvalidValue> {
        let deadline = optional(self.deadline, "deadline")?.map(DeadlineInput::day).transpose();
        Ok(ChecklistItem {
            id: optional(self.id, "id")?.unwrap_or_default(),
            text: required(self.text, "text")?.0,
            checked: optional(self.checked, "checked")?.unwrap_or_default(),
            assignee: optional(self.assignee, "assignee")?
                .map(|user| user.find(world).map_err(|invalid| invalid.at("assignee")))
                .transpose()?,
            deadline: deadline.map_err(|invalid| invalid.at("deadline"))?,
            url: optional(self.url, "url")?,
        })
    }
}

impl ChecklistItemInput {
    /// The list where each of these items stands in the place of the one with its id.
    pub(crate) fn replace(
        items: &[ChecklistItem],
        new: Vec<Self>,
        world: &World,
    ) -> Result<Vec<ChecklistItem>, InvalidBody> {
        let mut items = items.to_vec();
        let places: HashMap<String, usize> =
            items.iter().enumerate().map(|(place, item)| (item.id.clone(), place)).collect();
        for item in new {
            let item = item.find(world)?;
            if item.id.is_empty() {
                return Err(InvalidValue::missing("id").into());
            }
            match places.get(&item.id) {
                Some(&place) => items[place] = item,
                None => return Err(InvalidValue::not_found(item.id).at("id").into()),
            }
        }
        Ok(items)
    }
}

impl ChecklistItemChange {
    /// The items after the change of one, or of all in their order where there are several changes.
    pub(crate) fn apply(
        items: &[ChecklistItem],
        place: usize,
        changes: Vec<Self>,
        world: &World,
    ) -> Result<Vec<ChecklistItem>, InvalidBody> {
        let mut items = items.to_vec();
        let first = if changes.len() == 1 { place } else { 0 };
        if changes.len() > 1 && changes.len() != items.len() {
            let found = format!("{} of {}", changes.len(), items.len());
            return Err(
                InvalidValue::not_expected("checklistItems", "all items of the checklist, or one", found).into()
            );
        }
        for (item, change) in items.iter_mut().skip(first).zip(changes) {
            change.change(item, world)?;
        }
        Ok(items)
    }

    fn change(self, item: &mut ChecklistItem, world: &World) -> Result<(), InvalidValue> {
        if let Some(text) = optional(self.text, "text")? {
            item.text = text.0;
        }
        if let Some(checked) = optional(self.checked, "checked")? {
            item.checked = checked;
        }
        match optional(self.assignee, "assignee")? {
            Some(Clearable::Value(user)) => {
                item.assignee = Some(user.find(world).map_err(|invalid| invalid.at("assignee"))?);
            }
            Some(Clearable::Nothing {}) => item.assignee = None,
            None => {}
        }
        match optional(self.deadline, "deadline")? {
            Some(Clearable::Value(deadline)) => {
                item.deadline = Some(deadline.day().map_err(|invalid| invalid.at("deadline"))?);
            }
            Some(Clearable::Nothing {}) => item.deadline = None,
            None => {}
        }
        if let Some(url) = optional(self.url, "url")? {
            item.url = Some(url);
        }
        Ok(())
    }
}

impl ChecklistMoveBody {
    /// The items with that at `place` before another.
    pub(crate) fn apply(self, items: &[ChecklistItem], place: usize) -> Result<Vec<ChecklistItem>, InvalidBody> {
        let before = required(self.before, "before")?;
        let mut items = items.to_vec();
        if position(&items, &before).is_err() {
            return Err(InvalidValue::not_found(before).at("before").into());
        }
        if items[place].id != before {
            let item = items.remove(place);
            let before = position(&items, &before).unwrap_or(items.len());
            items.insert(before, item);
        }
        Ok(items)
    }
}
