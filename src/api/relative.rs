//! Lists that are read from one item on: `comments/_relative` and `events/_relative`.

use super::{ApiError, Query};

/// Which part of a list a request wants.
pub(crate) struct Relative<'a> {
    per_page: usize,
    start: Start<'a>,
    newest_first: bool,
}

enum Start<'a> {
    Beginning,
    /// After this item.
    From(&'a str),
    /// Around this item.
    Selected(&'a str),
}

/// A part of a list.
pub(crate) struct Part<T> {
    pub(crate) items: Vec<T>,
    pub(crate) has_next: bool,
    pub(crate) has_prev: bool,
}

impl<'a> Relative<'a> {
    /// Reads `perPage`, `from`, `selected`, `direction`, and `newest_on_top`, which each list calls differently. Fails
    /// when a value is wrong, or `from` and `selected` are both given.
    pub(crate) fn new(query: &'a Query, newest_on_top: &'static str) -> Result<Self, ApiError> {
        let backward = match query.text("direction")? {
            None | Some("forward") => false,
            Some("backward") => true,
            Some(value) => return Err(ApiError::UnknownDirection { value: value.to_owned() }),
        };
        let start = match (query.text("from")?, query.text("selected")?) {
            (Some(_), Some(_)) => return Err(ApiError::FromAndSelected),
            (Some(from), None) => Start::From(from),
            (None, Some(selected)) => Start::Selected(selected),
            (None, None) => Start::Beginning,
        };
        Ok(Self { per_page: query.per_page()?, start, newest_first: query.boolean(newest_on_top, false)? != backward })
    }

    /// The part of `items`, which come oldest first. Fails when `from` or `selected` is none of them.
    pub(crate) fn select<T>(
        &self,
        items: impl DoubleEndedIterator<Item = T>,
        is: impl Fn(&T, &str) -> bool,
    ) -> Result<Part<T>, ApiError> {
        let mut items: Vec<T> = if self.newest_first { items.rev().collect() } else { items.collect() };
        let position = |name, id: &str| {
            let found = items.iter().position(|item| is(item, id));
            found.ok_or_else(|| ApiError::UnknownRelative { name, value: id.to_owned() })
        };
        let start = match self.start {
            Start::Beginning => 0,
            Start::From(id) => position("from", id)? + 1,
            Start::Selected(id) => position("selected", id)?.saturating_sub(self.per_page / 2),
        };
        let total = items.len();
        let end = start.saturating_add(self.per_page).min(total);
        items.truncate(end);
        Ok(Part { items: items.split_off(start.min(end)), has_next: end < total, has_prev: start > 0 })
    }
}
