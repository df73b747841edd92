//! Time: the timestamp that the API prints, and the clock that a world reads it from. Nothing else asks the system.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Datelike, Utc};

/// An instant with the precision of the API: whole milliseconds, UTC.
///
/// Displayed as the API prints it, `YYYY-MM-DDThh:mm:ss.sss+0000` (contract section 1, "timestamps").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Reads `2024-01-13T14:06:29.747+0000`; a colon in the offset, `Z` and any fraction are understood as well.
    /// `None` for anything else and for years outside 1 to 9999. Digits beyond milliseconds are cut off.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let time = DateTime::parse_from_rfc3339(text)
            .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
            .ok()?
            .with_timezone(&Utc);
        (1..=9999).contains(&time.year()).then(|| Self(time.timestamp_millis()))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn unix_millis(self) -> i64 {
        self.0
    }

    /// The instant that comes `later`; the last one that there is, if that is too late.
    #[must_use]
    pub fn plus(self, later: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(later.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = DateTime::from_timestamp_millis(self.0).unwrap_or_default();
        write!(f, "{}", time.format("%Y-%m-%dT%H:%M:%S%.3f+0000"))
    }
}

/// Where a world takes its time from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// Always the same instant, for repeatable answers.
    Frozen(Timestamp),
}

impl Clock {
    /// A clock that stands still.
    ///
    /// # Panics
    /// When `instant` is not a timestamp that [`Timestamp::parse`] reads.
    #[must_use]
    pub fn frozen_at(instant: &str) -> Self {
        Self::Frozen(Timestamp::parse(instant).unwrap_or_else(|| panic!("not a timestamp: {instant:?}")))
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match self {
            #[expect(clippy::disallowed_methods, reason = "the one place that reads the system clock")]
            Self::System => Timestamp(Utc::now().timestamp_millis()),
            Self::Frozen(instant) => *instant,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_three_fraction_digits_and_a_numeric_offset() {
        for (given, printed) in [
            ("2024-01-13T14:06:29.747+0000", "2024-01-13T14:06:29.747+0000"),
            ("2024-01-13T14:06:29Z", "2024-01-13T14:06:29.000+0000"),
            ("2024-01-13T14:06:29.7+03:00", "2024-01-13T11:06:29.700+0000"),
            ("2024-01-13T14:06:29.123987+0300", "2024-01-13T11:06:29.123+0000"),
        ] {
            assert_eq!(Timestamp::parse(given).map(|time| time.to_string()).as_deref(), Some(printed), "{given}");
        }
    }

    #[test]
    fn refuses_what_is_no_instant() {
        for text in
            ["", "2024-01-13", "2024-01-13T14:06:29", "2024-02-30T00:00:00Z", "yesterday", "0000-01-01T00:00:00Z"]
        {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}
