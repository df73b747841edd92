//! How requests name things: the ids and keys of paths and bodies. A text is parsed once, where it arrives. `Display` gives
//! the text back, for errors and links.

use std::fmt;

use super::{Comment, CommentLongId, EntityId, EntityType, FileId, IssueId, canonical_decimal};

/// Names an entity of a type.
#[derive(Clone, Debug)]
pub struct EntityRef {
    pub kind: EntityType,
    pub(super) key: IdOrShortId,
}

/// The id or the short id of an entity.
#[derive(Clone, Debug)]
pub(super) enum IdOrShortId {
    Id(EntityId),
    ShortId(u64),
    /// No entity can have it.
    Other(String),
}

/// Names an issue.
#[derive(Clone, Debug)]
pub enum IssueRef {
    /// By its internal id.
    Id(IssueId),
    /// By its key.
    Key(String),
}

/// Names a comment of something.
#[derive(Clone, Debug)]
pub enum CommentRef {
    /// By its number.
    Number(u64),
    /// By its `longId`.
    LongId(CommentLongId),
    /// No comment can have it.
    Other(String),
}

/// Names a file.
#[derive(Clone, Debug)]
pub enum FileRef {
    /// By its id.
    Id(FileId),
    /// No file can have it.
    Other(String),
}

impl EntityRef {
    /// By its id.
    pub fn of(kind: EntityType, id: EntityId) -> Self {
        Self { kind, key: IdOrShortId::Id(id) }
    }

    /// By the text that a client sent.
    pub fn new(kind: EntityType, text: &str) -> Self {
        let id = EntityId::parse(text).map(IdOrShortId::Id);
        let short_id = || canonical_decimal(text).map(IdOrShortId::ShortId);
        Self { kind, key: id.or_else(short_id).unwrap_or_else(|| IdOrShortId::Other(text.to_owned())) }
    }
}

impl CommentRef {
    /// Whether it names this comment.
    pub fn names(&self, comment: &Comment) -> bool {
        match self {
            Self::Number(number) => comment.number == *number,
            Self::LongId(id) => comment.long_id == *id,
            Self::Other(_) => false,
        }
    }
}

impl From<&str> for IssueRef {
    fn from(text: &str) -> Self {
        IssueId::parse(text).map_or_else(|| Self::Key(text.to_owned()), Self::Id)
    }
}

impl From<&str> for CommentRef {
    fn from(text: &str) -> Self {
        let long_id = CommentLongId::parse(text).map(Self::LongId);
        let number = || canonical_decimal(text).map(Self::Number);
        long_id.or_else(number).unwrap_or_else(|| Self::Other(text.to_owned()))
    }
}

impl From<&str> for FileRef {
    fn from(text: &str) -> Self {
        FileId::parse(text).map_or_else(|| Self::Other(text.to_owned()), Self::Id)
    }
}

/// Without the type.
impl fmt::Display for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            IdOrShortId::Id(id) => id.fmt(f),
            IdOrShortId::ShortId(number) => number.fmt(f),
            IdOrShortId::Other(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for IssueRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Key(key) => f.write_str(key),
        }
    }
}

impl fmt::Display for CommentRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::LongId(id) => id.fmt(f),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for FileRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Other(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_gives_back_its_text() {
        for text in ["30", "030", "+30", "6586d6fee2b9ef74e69df1ef", "6586D6FEE2B9EF74E69DF1EF", "JUNE-2", "", "ж"] {
            assert_eq!(EntityRef::new(EntityType::Goal, text).to_string(), text);
            assert_eq!(IssueRef::from(text).to_string(), text);
            assert_eq!(CommentRef::from(text).to_string(), text);
            assert_eq!(FileRef::from(text).to_string(), text);
        }
    }
}
