//! Awkward names of files.

/// A name, and what is awkward about it.
pub(super) struct Awkward {
    pub(super) case: &'static str,
    pub(super) name: String,
    /// Whether the file is empty.
    pub(super) is_empty: bool,
    /// Another file beside it.
    pub(super) beside: Option<&'static str>,
}

const NAMES: [(&str, &str); 56] = [
    ("plain", "report.pdf"),
    ("cyrillic", "отчёт.pdf"),
    ("cyrillic-composed", "\u{439}\u{451}.txt"),
    ("cyrillic-decomposed", "\u{438}\u{306}\u{435}\u{308}.txt"),
    ("latin-composed", "caf\u{e9}.txt"),
    ("latin-decomposed", "cafe\u{301}.txt"),
    ("chinese", "报告.pdf"),
    ("arabic", "تقرير.pdf"),
    ("hebrew", "דוח.pdf"),
    ("korean-decomposed", "\u{1112}\u{1161}\u{11ab}.txt"),
    ("emoji", "🎉.png"),
    ("emoji-with-joiners", "👩\u{200d}👩\u{200d}👧\u{200d}👦.png"),
    ("emoji-with-skin", "👍🏽.png"),
    ("flag", "🇰🇿.png"),
    ("right-to-left-mark", "a\u{200f}b.txt"),
    ("right-to-left-override", "exe\u{202e}fdp.txt"),
    ("zero-width-space", "a\u{200b}b.txt"),
    ("byte-order-mark", "\u{feff}a.txt"),
    ("no-break-space", "a\u{a0}b.txt"),
    ("soft-hyphen", "a\u{ad}b.txt"),
    ("replacement-character", "a\u{fffd}b.txt"),
    ("double-quote", "a\"b.txt"),
    ("double-quotes", "\"a\".txt"),
    ("single-quote", "it's.txt"),
    ("single-quotes", "UTF-8''a.txt"),
    ("typographic-quotes", "«a» “b”.txt"),
    ("backtick", "a`b`.txt"),
    ("semicolon", "a;b.txt"),
    ("semicolon-parameter", "a\"; filename=\"b.txt"),
    ("percent", "100%.txt"),
    ("percent-encoded", "a%20b.txt"),
    ("percent-quote", "a%22b.txt"),
    ("plus", "a+b.txt"),
    ("number-sign", "a#b.txt"),
    ("ampersand", "a&b=c.txt"),
    ("question-mark", "a?b.txt"),
    ("equals", "a=b.txt"),
    ("backslash", "a\\b.txt"),
    ("backslash-at-end", "a\\"),
    ("backslash-quote", "a\\\"b.txt"),
    ("colon", "C:a.txt"),
    ("asterisk", "a*b.txt"),
    ("pipe-and-angles", "<a|b>.txt"),
    ("braces", "{a}[b].txt"),
    ("markup", "<img src=x onerror=alert(1)>.png"),
    ("encoded-word", "=?utf-8?B?YQ==?=.txt"),
    ("space", "a b.txt"),
    ("two-spaces", "a  b.txt"),
    ("space-at-start", " a.txt"),
    ("space-at-end", "a.txt "),
    ("dot-at-start", ".hidden"),
    ("dot-at-end", "a."),
    ("two-dots", "a..txt"),
    ("dash-at-start", "-rf.txt"),
    ("no-extension", "README"),
    ("two-extensions", "a.tar.gz"),
];

/// All of them.
pub(super) fn all() -> Vec<Awkward> {
    let plain =
        |(case, name): (&'static str, &str)| Awkward { case, name: name.to_owned(), is_empty: false, beside: None };
    let mut all: Vec<_> = NAMES.into_iter().map(plain).collect();
    all.extend([
        plain(("255-bytes", &"n".repeat(255))),
        // Two bytes each; most file systems have no longer ones.
        plain(("127-letters-of-two-bytes", &"ё".repeat(127))),
        plain(("255-characters", &"ё".repeat(255))),
        plain(("tab", "a\tb.txt")),
        plain(("line-break", "a\nb.txt")),
        plain(("carriage-return", "a\r\nb.txt")),
        Awkward { is_empty: true, ..plain(("empty-file", "empty.txt")) },
        Awkward { beside: Some("Report.txt"), ..plain(("lower-case-beside-upper", "report.txt")) },
        Awkward { beside: Some("report.txt"), ..plain(("upper-case-beside-lower", "Report.txt")) },
    ]);
    all
}
