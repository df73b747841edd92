//! The languages of messages. A message is defined once, in both languages side by side.

/// A language of the messages in answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Russian.
    Russian,
}

/// A message for people, in every language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    english: &'static str,
    russian: &'static str,
}

impl Text {
    /// The text in both languages.
    pub const fn new(english: &'static str, russian: &'static str) -> Self {
        Self { english, russian }
    }

    /// The text in one language.
    pub const fn of(self, language: Language) -> &'static str {
        match language {
            Language::English => self.english,
            Language::Russian => self.russian,
        }
    }

    /// The text in every language. A search matches any of them.
    pub const fn all(self) -> [&'static str; 2] {
        [self.english, self.russian]
    }
}
