//! Lists that a body gives whole or changes: `input::changed_list` in schemas.

use schemars::JsonSchema;

/// A list that is given whole, or changed.
#[derive(Debug, JsonSchema)]
#[schemars(untagged, rename = "ChangedListOf{T}")]
#[expect(dead_code, reason = "a shape, never a value")]
pub(super) enum ChangedList<T> {
    Whole(Vec<T>),
    Change(ListChange<T>),
}

/// Set, then remove, replace and add.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "ChangeOf{T}", deny_unknown_fields)]
#[expect(dead_code, reason = "a shape, never a value")]
pub(super) struct ListChange<T> {
    add: Option<OneOrMore<T>>,
    remove: Option<OneOrMore<T>>,
    set: Option<OneOrMore<T>>,
    replace: Option<Vec<Replacement<T>>>,
}

/// One, or a list.
#[derive(Debug, JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "a shape, never a value")]
pub(super) enum OneOrMore<T> {
    One(T),
    More(Vec<T>),
}

/// One for another.
#[derive(Debug, JsonSchema)]
#[schemars(inline)]
#[expect(dead_code, reason = "a shape, never a value")]
struct Replacement<T> {
    target: T,
    replacement: T,
}
