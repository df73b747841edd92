//! How requests name things: the texts in paths and bodies. What they name, if anything, the world finds out.

use std::fmt;

use super::*;

/// Names an entity of a type by its id or its short id.
#[derive(Clone, Debug)]
pub struct EntityRef {
    pub kind: EntityType,
    pub text: String,
}

/// Declares the names of other things.
macro_rules! refs {
    ($($(#[$about:meta])* $name:ident)*) => {$(
        $(#[$about])*
        #[derive(Clone, Debug)]
        pub struct $name(pub(super) String);

        impl $name {
            /// By the text that a client sent, or by an id.
            pub fn new(text: impl fmt::Display) -> Self {
                Self(text.to_string())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

refs! {
    /// Names an issue by its key or its internal id.
    IssueRef
    /// Names a comment by its number or its `longId`.
    CommentRef
    /// Names a file by its id.
    FileRef
}

impl EntityRef {
    /// By the text that a client sent, or by an id.
    pub fn new(kind: EntityType, text: impl fmt::Display) -> Self {
        Self { kind, text: text.to_string() }
    }
}

impl CommentRef {
    /// Whether it names this comment.
    pub fn names(&self, comment: &Comment) -> bool {
        canonical_decimal(&self.0) == Some(comment.number) || CommentLongId::parse(&self.0) == Some(comment.long_id)
    }
}
