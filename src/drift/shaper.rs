//! Makes shapes of what went over the wire.

use std::collections::HashMap;

use super::vocabulary::{UNKNOWN, Vocabulary};

/// The ids that were seen so far. A shape has their numbers, which tell that two places have the same id, and not which.
#[derive(Debug, Default)]
pub(crate) struct SeenIds {
    numbers: HashMap<String, u32>,
}

pub(crate) struct Shaper<'a> {
    pub(crate) vocabulary: &'a Vocabulary,
    ids: &'a mut SeenIds,
}

impl SeenIds {
    /// The number of this id, counted from 1.
    pub(crate) fn number_of(&mut self, id: &str) -> u32 {
        let next = u32::try_from(self.numbers.len() + 1).unwrap_or(u32::MAX);
        *self.numbers.entry(id.to_owned()).or_insert(next)
    }

    /// The number of an id that was seen.
    pub(crate) fn known(&self, id: &str) -> Option<u32> {
        self.numbers.get(id).copied()
    }
}

impl<'a> Shaper<'a> {
    pub(crate) fn new(vocabulary: &'a Vocabulary, ids: &'a mut SeenIds) -> Self {
        Self { vocabulary, ids }
    }

    pub(crate) fn number_of(&mut self, id: &str) -> u32 {
        self.ids.number_of(id)
    }

    /// A word, if it is documented.
    pub(crate) fn word<'w>(&self, word: &'w str) -> &'w str {
        if self.vocabulary.knows(word) { word } else { UNKNOWN }
    }
}
