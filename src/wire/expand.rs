//! What an answer shows beyond what it always shows.

/// The members of `expand` that a request gave.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expand(pub Vec<&'static str>);

impl Expand {
    /// Whether `member` is asked for, by name or by `all`.
    pub(crate) fn shows(&self, member: &str) -> bool {
        self.0.contains(&member) || self.0.contains(&"all")
    }
}
