//! File names that are easily damaged in transit.

/// Each is allowed, and a wrong decoding changes each.
pub(crate) const NAMES: [&str; 16] = [
    "отчёт за май.pdf",
    "й decomposed and й composed.txt",
    "family 👩‍👩‍👧 😀.txt",
    "漢字 العربية.txt",
    "\"quoted\".txt",
    "it's (1) [2] {3}.txt",
    "a b  c.txt",
    " leading and trailing ",
    "100%.txt",
    "%D0%BE %2B %20 %.txt",
    "a+b + c.txt",
    "a;b=c,d.txt",
    "a?b#c&d:e@f.txt",
    "<a>|b*c$d!e~f^g`h.txt",
    "no-break\u{a0}space and\u{2028}line separator",
    ".hidden",
];

/// Percent-encodes every byte.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Decodes percent-encoded text.
pub(crate) fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8().expect("UTF-8").into_owned()
}
