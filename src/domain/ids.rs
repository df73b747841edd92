//! The types of ids, and the generator that issues them, one per world. The same seed and calls give the same ids.

use std::fmt;
use std::sync::Arc;

use super::*;

/// The organisation that a request names. Each has its own world.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrgId(Arc<str>);

impl OrgId {
    /// The longest id that a client may send, in bytes.
    pub const MAX_BYTES: usize = 256;

    /// Takes the value of the header as it is.
    pub fn new(name: impl AsRef<str>) -> Self {
        Self(name.as_ref().into())
    }

    /// The name as the client sent it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of a file, temporary or attached: a decimal number. Each world counts its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(u64);

impl FileId {
    /// The id with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Parses the decimal form that the API prints: no sign, no leading zero. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        canonical_decimal(text).map(Self)
    }

    /// The number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number that `text` is the printed form of: digits only, no leading zero.
pub(super) fn canonical_decimal(text: &str) -> Option<u64> {
    let canonical = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| canonical)
}

/// Defines an id of 24 lower-case hex digits.
macro_rules! object_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(ObjectWords);

        impl $name {
            /// Parses exactly 24 lower-case hex digits. `None` for anything else.
            pub(crate) fn parse(text: &str) -> Option<Self> {
                parse_hex(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let [first, second, third] = self.0;
                write!(f, "{first:08x}{second:08x}{third:08x}")
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

object_id! {
    /// The id of a project, portfolio or goal.
    EntityId
}
object_id! {
    /// The id of an event in an entity's history.
    EventId
}
object_id! {
    /// The internal id of an issue. People use its key instead.
    IssueId
}
object_id! {
    /// The `longId` of a comment.
    CommentLongId
}

/// The 24 digits of an id, eight in each number.
type ObjectWords = [u32; 3];

fn parse_hex(text: &str) -> Option<ObjectWords> {
    if text.len() != 24 || !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let word = |at: usize| u32::from_str_radix(&text[at..at + 8], 16).ok();
    Some([word(0)?, word(8)?, word(16)?])
}

/// The counters behind the ids. `next_..` is the number of the next item; the others tell how many items there were so
/// far. They are saved with a world, so that counting continues after a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counters {
    pub next_file: u64,
    pub next_comment: u64,
    pub next_link: u64,
    pub next_project: u64,
    pub next_portfolio: u64,
    pub next_goal: u64,
    pub entities: u64,
    pub events: u64,
    pub issues: u64,
    pub checklist_items: u64,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            next_file: 1,
            next_comment: 1,
            next_link: 1,
            next_project: 1,
            next_portfolio: 1,
            next_goal: 1,
            entities: 0,
            events: 0,
            issues: 0,
            checklist_items: 0,
        }
    }
}

impl Counters {
    pub(super) fn next_short_id_mut(&mut self, kind: EntityType) -> &mut u64 {
        match kind {
            EntityType::Project => &mut self.next_project,
            EntityType::Portfolio => &mut self.next_portfolio,
            EntityType::Goal => &mut self.next_goal,
        }
    }
}

/// The id generator of one world.
#[derive(Clone, Debug, Default)]
pub struct Ids {
    pub(super) seed: u64,
    pub(super) counters: Counters,
}

impl Ids {
    pub(super) fn file(&mut self) -> FileId {
        FileId(post_increment(&mut self.counters.next_file))
    }

    pub(super) fn comment(&mut self) -> u64 {
        post_increment(&mut self.counters.next_comment)
    }

    pub(super) fn link(&mut self) -> u64 {
        post_increment(&mut self.counters.next_link)
    }

    pub(super) fn short_id(&mut self, kind: EntityType) -> u64 {
        post_increment(self.counters.next_short_id_mut(kind))
    }

    pub(super) fn checklist_item(&mut self, now: Timestamp) -> String {
        let [first, second, third] = self.object(5, now, |counters| &mut counters.checklist_items);
        format!("{first:08x}{second:08x}{third:08x}")
    }

    pub(super) fn entity(&mut self, now: Timestamp) -> EntityId {
        EntityId(self.object(1, now, |counters| &mut counters.entities))
    }

    pub(super) fn event(&mut self, now: Timestamp) -> EventId {
        EventId(self.object(2, now, |counters| &mut counters.events))
    }

    pub(super) fn issue(&mut self, now: Timestamp) -> IssueId {
        IssueId(self.object(3, now, |counters| &mut counters.issues))
    }

    /// Made from the number of the comment, so it needs no counter.
    pub(super) fn comment_long_id(&self, number: u64, now: Timestamp) -> CommentLongId {
        CommentLongId(object_words(self.seed, 4, now, number))
    }

    fn object(&mut self, kind: u64, now: Timestamp, counter: fn(&mut Counters) -> &mut u64) -> ObjectWords {
        let number = post_increment(counter(&mut self.counters));
        object_words(self.seed, kind, now, number)
    }
}

fn post_increment(counter: &mut u64) -> u64 {
    let number = *counter;
    *counter += 1;
    number
}

/// The digits of an id, laid out as by the real service: 4 bytes of seconds, 3 bytes for the machine (here made from
/// the seed and the kind), then a counter (here 5 bytes).
fn object_words(seed: u64, kind: u64, now: Timestamp, number: u64) -> ObjectWords {
    let seconds = now.unix_millis().div_euclid(1000) as u32;
    let origin = seed.wrapping_mul(31).wrapping_add(kind).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    let rest = origin << 40 | number & 0xff_ffff_ffff;
    [seconds, (rest >> 32) as u32, rest as u32]
}
