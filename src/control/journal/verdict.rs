//! Checks that the journal has as many requests that match a filter as expected; if not, finds the nearest others.

use std::fmt;
use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

use super::matching::{Difference, RequestMatch};
use super::record::Record;

/// How many near misses, and how many matching requests, a verdict lists at most.
const MAX_NEAREST: usize = 5;
const MAX_MATCHING: usize = 100;

/// An expected number of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    at_least: usize,
    at_most: usize,
}

impl Count {
    /// The numbers in a range, such as `1..` or `2..=2`.
    pub(crate) fn within(range: &impl RangeBounds<usize>) -> Self {
        let at_least = match range.start_bound() {
            Bound::Included(&least) => least,
            Bound::Excluded(&less) => less.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let at_most = match range.end_bound() {
            Bound::Included(&most) => most,
            Bound::Excluded(&more) => more.saturating_sub(1),
            Bound::Unbounded => usize::MAX,
        };
        Self { at_least, at_most }
    }

    /// A note for a verdict on `count` requests that could be another one, had `dropped` records not been dropped.
    fn doubt(self, count: usize, dropped: u64) -> Option<String> {
        let all = count.saturating_add(usize::try_from(dropped).unwrap_or(usize::MAX));
        let is_doubtful =
            if self.allows(count) { all > self.at_most } else { count < self.at_least && all >= self.at_least };
        let requests = if dropped == 1 { "request is" } else { "requests are" };
        is_doubtful.then(|| {
            format!(
                "{dropped} older {requests} no longer in the journal and may have been among them: \
                 raise --journal-records."
            )
        })
    }

    fn allows(self, count: usize) -> bool {
        (self.at_least..=self.at_most).contains(&count)
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.at_least, self.at_most) {
            (least, most) if least == most => write!(f, "exactly {least}"),
            (least, usize::MAX) => write!(f, "at least {least}"),
            (0, most) => write!(f, "at most {most}"),
            (least, most) => write!(f, "{least} to {most}"),
        }
    }
}

built! {
    /// The result of a check. Displayed, it is the message.
    #[derive(Clone)]
    #[schemars(rename = "RequestVerdict")]
    #[non_exhaustive]
    pub struct Verdict;
    /// Checks how many of `records` match `wanted`, where `dropped` older records are gone.
    pub(crate) fn new(records: &[Arc<Record>], dropped: u64, wanted: &RequestMatch, expected: Count) {
        let considered = records.iter().map(|record| &**record).filter(|record| wanted.considers(record));
        let considered: Vec<&Record> = considered.collect();
        let tally = Tally::new(&considered, dropped, wanted, expected);
    }
    /// Whether it holds.
    pub ok: bool = expected.allows(tally.count),
    /// What was expected, what was seen, and what came nearest and why it is another, for an assertion to say.
    pub message: String = tally.message(wanted, considered.len()),
    /// What was found.
    #[serde(flatten)]
    pub tally: Tally = tally,
}

built! {
    /// What a check found.
    #[derive(Clone)]
    #[non_exhaustive]
    pub struct Tally;
    fn new(considered: &[&Record], dropped: u64, wanted: &RequestMatch, expected: Count) {
        let (matching, others): (Vec<_>, Vec<_>) = considered
            .iter()
            .map(|record| (*record, wanted.count_differences(record)))
            .partition(|(_, differences)| *differences == 0);
        let newest = matching.len().saturating_sub(MAX_MATCHING);
        let nearest = if expected.allows(matching.len()) { Vec::new() } else { nearest(wanted, others) };
    }
    /// How many requests match.
    pub count: usize = matching.len(),
    /// The expected number, in words.
    pub expected: String = expected.to_string(),
    /// The requests that match, by id; at most the newest 100.
    pub matching: Vec<u64> = matching[newest..].iter().map(|(record, _)| record.id.number()).collect(),
    /// How many requests of all worlds the journal has dropped to stay within its bounds.
    pub dropped: u64 = dropped,
    /// A warning if the dropped requests could have changed the result.
    ?pub note: String = expected.doubt(matching.len(), dropped),
    /// Those that nearly match and what differs in each, the nearest first. Empty if the check holds.
    pub nearest: Vec<NearMiss> = nearest,
}

built! {
    /// A request that nearly matches.
    #[derive(Clone)]
    #[non_exhaustive]
    pub struct NearMiss;
    fn of(record: &Record, wanted: &RequestMatch) {}
    /// Its id in the journal.
    pub id: u64 = record.id.number(),
    /// Its method and path.
    pub request: String = format!("{} {}", record.head.method, record.head.path()),
    /// Its status.
    pub status: Option<u16> = record.status(),
    /// What differs.
    pub differs: Vec<Difference> = wanted.differences(record),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Tally {
    /// What was expected of `considered` requests, and what was seen.
    fn message(&self, wanted: &RequestMatch, considered: usize) -> String {
        let wanted = wanted.to_string();
        let with = if wanted.is_empty() { "" } else { " with " };
        let mut message = format!(
            "Expected {} {}{with}{wanted}; seen {} among {considered} in the journal.",
            self.expected,
            if self.expected.ends_with(" 1") { "request" } else { "requests" },
            self.count,
        );
        if let Some(nearest) = self.nearest.first() {
            message.extend([" ", &nearest.to_string()]);
        }
        if let Some(note) = &self.note {
            message.extend([" ", note]);
        }
        message
    }
}

impl fmt::Display for NearMiss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "The nearest other one is request {}, {}", self.id, self.request)?;
        match self.status {
            Some(status) => write!(f, ", answered {status}:")?,
            None => f.write_str(", without an answer:")?,
        }
        for (index, Difference { what, expected, actual }) in self.differs.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            match actual {
                Some(actual) => write!(f, "{comma} {what} is {actual:?} and not {expected:?}")?,
                None => write!(f, "{comma} it has no {what}, which should be {expected:?}")?,
            }
        }
        f.write_str(".")
    }
}

/// The requests that differ least, the newest of equals first.
fn nearest(wanted: &RequestMatch, mut others: Vec<(&Record, usize)>) -> Vec<NearMiss> {
    others.reverse();
    others.sort_by_key(|(_, differences)| *differences);
    others.into_iter().take(MAX_NEAREST).map(|(record, _)| NearMiss::of(record, wanted)).collect()
}
