//! The forms of texts.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::wire::fixture::{FILE_ID, OBJECT_ID};

/// A type that stands for texts of one form, in `#[schemars(with = "..")]`.
macro_rules! text {
    ($visibility:vis $name:ident, $about:literal, { $($schema:tt)* }) => {
        #[doc = $about]
        #[derive(Debug)]
        $visibility struct $name;

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({$($schema)*})
            }
        }
    };
}

text!(pub UrlText, "An absolute URL on the host that the client used.", { "type": "string", "format": "uri" });
text!(pub TimeText, "A time as answers have it.", { "type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}\+0000$" });
text!(pub ObjectIdText, "The id of an entity, an issue, an event, or the long one of a comment.", { "type": "string", "pattern": OBJECT_ID });
text!(pub FileIdText, "The id of a file: a number, in a text.", { "type": "string", "pattern": FILE_ID });
text!(pub IssueKeyText, "The key of an issue.", { "type": "string", "pattern": "^[A-Z]+-[1-9][0-9]*$" });
text!(pub SizeText, "The width and height of an image in pixels.", { "type": "string", "pattern": "^[0-9]+x[0-9]+$" });
text!(pub EntityTypeText, "The type of an entity.", { "type": "string", "enum": ["project", "portfolio", "goal"] });
text!(pub(super) PlainText, "A text.", { "type": "string" });
text!(pub(super) DateText, "A day.", { "type": "string", "format": "date" });
text!(pub(super) MidnightText, "The beginning of a day.", { "type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T00:00:00\.000\+0000$" });
text!(pub(super) FilledText, "A text that is not blank.", { "type": "string", "pattern": r"\S" });
text!(pub(super) DayOrTimeText, "A day, or a time, of which the day counts.", { "type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}(T[0-9:.,+Z-]+)?$" });
text!(pub StatusText, "A status, such as 404 or 4xx.", { "type": ["integer", "string"], "minimum": 100, "maximum": 599, "pattern": "^([1-5][0-9]{2}|[1-5]xx)$" });
