//! The messages of wrong values in bodies of the control plane.

use super::Text;
use crate::wire::strict::{Problem, nearest};

/// As many known names as a message lists.
const LISTED: usize = 12;

impl Text {
    pub(super) fn of_wrong(problem: &Problem) -> Self {
        match problem {
            Problem::NotJson(reason) => text!(
                "The request body is not valid JSON: {reason}.",
                "Тело запроса не является корректным JSON: {reason}."
            ),
            Problem::Missing => text!("A value is required.", "Требуется значение."),
            Problem::Type { expected, found } => text!(
                "The value must be {expected}, not {found}.",
                "Значение должно быть: {expected}; указано: {found}."
            ),
            Problem::Name { given, known } => Self::of_unknown_name(given, known),
            Problem::Other(sentence) => text!("{sentence}", "Недопустимое значение. {sentence}"),
        }
    }

    fn of_unknown_name(given: &str, known: &[String]) -> Self {
        let mut text = text!("{given:?} is not known here.", "Имя {given:?} здесь не известно.");
        if let Some(nearest) = nearest(given, known.iter().map(String::as_str)) {
            text.english += &format!(" Did you mean {nearest}?");
            text.russian += &format!(" Возможно, имелось в виду {nearest}?");
        }
        if (1..=LISTED).contains(&known.len()) {
            let known = known.join(", ");
            text.english += &format!(" Known: {known}.");
            text.russian += &format!(" Допустимо: {known}.");
        }
        text
    }
}
