//! Time: the timestamp that the API prints, and the clock of a world. No other file reads the system clock.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Datelike, Timelike, Utc};

/// An instant with the precision of the API: whole milliseconds, UTC.
///
/// Displayed as the API prints it, `YYYY-MM-DDThh:mm:ss.sss+0000` (contract section 1, "timestamps").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub(crate) const EPOCH: Self = Self(0);
    /// The first instant of the year 1.
    pub(super) const FIRST: Self = Self(-62_135_596_800_000);
    /// The last instant of the year 9999.
    const LAST: Self = Self(253_402_300_799_999);

    /// Parses `2024-01-13T14:06:29.747+0000`; also with a colon in the offset, with `Z`, and with any fraction of a
    /// second. Digits beyond milliseconds are cut off. `None` for anything else and for years outside 1 to 9999.
    pub fn parse(text: &str) -> Option<Self> {
        let time = DateTime::parse_from_rfc3339(text)
            .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
            .ok()?
            .with_timezone(&Utc);
        (1..=9999).contains(&time.year()).then(|| Self(time.timestamp_millis()))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn unix_millis(self) -> i64 {
        self.0
    }

    /// The instant `later` after this one, but no later than the end of the year 9999.
    pub fn plus(self, later: Duration) -> Self {
        self.checked_plus(later).unwrap_or(Self::LAST)
    }

    /// The instant `later` after this one. `None` beyond the year 9999.
    pub fn checked_plus(self, later: Duration) -> Option<Self> {
        let millis = i64::try_from(later.as_millis()).ok()?;
        self.0.checked_add(millis).map(Self).filter(|instant| *instant <= Self::LAST)
    }

    /// The machine's clock plus `ahead_millis`, kept within the years 1 to 9999.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system clock")]
    fn of_machine(ahead_millis: i64) -> Self {
        let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        // A machine without a clock may be set to a time before 1970.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or_else(|error| -millis(error.duration()), millis);
        Self(now.saturating_add(ahead_millis)).clamp(Self::FIRST, Self::LAST)
    }
}

impl fmt::Display for Timestamp {
    /// Written by hand, without a pattern of chrono: an answer has several timestamps, and patterns would take a fifth
    /// of the time of a small answer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = DateTime::from_timestamp_millis(self.0).unwrap_or_default();
        let mut text = *b"0000-00-00T00:00:00.000+0000";
        for (place, mut number) in [
            (0..4, time.year().unsigned_abs()),
            (5..7, time.month()),
            (8..10, time.day()),
            (11..13, time.hour()),
            (14..16, time.minute()),
            (17..19, time.second()),
            (20..23, time.timestamp_subsec_millis()),
        ] {
            for digit in text[place].iter_mut().rev() {
                *digit = b"0123456789"[(number % 10) as usize];
                number /= 10;
            }
        }
        f.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

/// Where a world takes its time from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// The machine's clock with an offset.
    Shifted {
        /// The offset in milliseconds; negative if this clock is behind the machine's.
        ahead_millis: i64,
    },
    /// Always the same instant, so that answers are repeatable.
    Frozen(Timestamp),
    /// Moves on by one step with each command that records a time. Answers are repeatable, and no two commands have the
    /// same time.
    Ticking {
        /// The instant of the next command.
        next: Timestamp,
        /// The time between two commands, in whole milliseconds. At the end of the year 9999 the clock stops.
        step: Duration,
    },
}

/// A change of a clock. A change without an instant starts from the present one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockChange {
    /// Replace it by this clock.
    Set(Clock),
    /// Let it run, starting at an instant.
    RunFrom(Timestamp),
    /// Stop it.
    Freeze,
    /// Let it tick by this step.
    Tick(Duration),
    /// Move it ahead by this much; it then goes on as before.
    Advance(Duration),
}

/// A clock would leave the years 1 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the clock would go beyond the year 9999")]
pub struct ClockOverflow;

impl Clock {
    /// A clock that always shows `instant`.
    ///
    /// # Panics
    /// When `instant` is not a timestamp that [`Timestamp::parse`] reads.
    pub fn frozen_at(instant: &str) -> Self {
        Self::Frozen(instant_of(instant))
    }

    /// A clock that shows `instant` and moves on by `step` with each command that records a time.
    ///
    /// # Panics
    /// When `instant` is not a timestamp that [`Timestamp::parse`] reads.
    pub fn ticking_from(instant: &str, step: Duration) -> Self {
        Self::Ticking { next: instant_of(instant), step }
    }

    /// The present instant. A ticking clock shows the time of the next command.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::of_machine(0),
            Self::Shifted { ahead_millis } => Timestamp::of_machine(*ahead_millis),
            Self::Frozen(instant) | Self::Ticking { next: instant, .. } => *instant,
        }
    }

    /// The present instant; a ticking clock then moves on by one step.
    pub(super) fn tick(&mut self) -> Timestamp {
        let now = self.now();
        if let Self::Ticking { next, step } = self {
            *next = next.plus(*step);
        }
        now
    }

    /// The clock after a change.
    ///
    /// # Errors
    /// When an advance leads beyond the year 9999.
    pub fn changed(self, change: ClockChange) -> Result<Self, ClockOverflow> {
        match change {
            ClockChange::Set(clock) => Ok(clock),
            ClockChange::RunFrom(instant) => Ok(Self::Shifted { ahead_millis: instant.0 - Timestamp::of_machine(0).0 }),
            ClockChange::Freeze => Ok(Self::Frozen(self.now())),
            ClockChange::Tick(step) => Ok(Self::Ticking { next: self.now(), step }),
            ClockChange::Advance(by) => self.advanced(by).ok_or(ClockOverflow),
        }
    }

    fn advanced(self, by: Duration) -> Option<Self> {
        Some(match self {
            Self::System | Self::Shifted { .. } => {
                let now = self.now();
                let by_millis = now.checked_plus(by)?.0 - now.0;
                Self::Shifted { ahead_millis: self.ahead_millis() + by_millis }
            }
            Self::Frozen(instant) => Self::Frozen(instant.checked_plus(by)?),
            Self::Ticking { next, step } => Self::Ticking { next: next.checked_plus(by)?, step },
        })
    }

    /// How far a running clock is ahead of the machine's.
    fn ahead_millis(self) -> i64 {
        match self {
            Self::Shifted { ahead_millis } => ahead_millis,
            Self::System | Self::Frozen(_) | Self::Ticking { .. } => 0,
        }
    }
}

fn instant_of(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap_or_else(|| panic!("not a timestamp: {text:?}"))
}
