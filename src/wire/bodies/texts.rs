//! Texts of one form.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::Find;
use crate::domain::World;
use crate::wire::{InvalidValue, Json, text_schema};

/// A text.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct PlainText(String);

text_schema!(PlainText, { "type": "string" });

impl Find for PlainText {
    type Found = String;

    fn find(self, _: &World) -> Result<String, InvalidValue> {
        Ok(self.0)
    }
}

/// A text that is not blank. A blank one is missing.
#[derive(Clone, Debug)]
pub(super) struct FilledText(pub(super) String);

text_schema!(FilledText, { "type": "string", "pattern": r"\S" });

impl<'de> Deserialize<'de> for FilledText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?.filter(|text| !text.trim().is_empty());
        text.map(Self).ok_or_else(|| D::Error::missing_field(""))
    }
}

/// A day: `YYYY-MM-DD`, or the beginning of a timestamp.
#[derive(Clone, Debug)]
pub(super) struct Day(pub(super) String);

text_schema!(Day, { "type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}(T[0-9:.,+Z-]+)?$" });

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        let day = if let Json::Text(text) = &json { day(text) } else { None };
        day.map(|day| Self(day.to_owned())).ok_or_else(|| json.is_not("a date as YYYY-MM-DD"))
    }
}

fn day(text: &str) -> Option<&str> {
    let of_a_time = |byte: u8| byte.is_ascii_digit() || b":.,+-Z".contains(&byte);
    let (day, rest) = text.split_at_checked(10)?;
    let time = rest.strip_prefix('T');
    let is_day = rest.is_empty() || time.is_some_and(|time| !time.is_empty() && time.bytes().all(of_a_time));
    (is_day && is_date(day)).then_some(day)
}

/// Whether a text is a day of the calendar, `YYYY-MM-DD`.
pub(crate) fn is_date(text: &str) -> bool {
    // The parser also takes years of other lengths, which have a sign, and spaces; there is only one printed form.
    text.len() == 10 && chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok_and(|day| day.to_string() == text)
}
