//! Patterns of names and of paths.

/// A pattern of a text: `*` is any number of characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<Option<char>>);

impl Pattern {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.chars().map(|one| (one != '*').then_some(one)).collect())
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        let characters: Vec<char> = text.chars().collect();
        fits(&self.0, &characters, |expected, given| expected == given)
    }
}

/// A pattern of a path: of each segment, and `**` for any number of segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PathPattern(Vec<Option<Pattern>>);

impl PathPattern {
    /// `None` for what does not begin with a slash or has a query, and where `**` is only a part of a segment.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let segments = segments(text.strip_prefix('/')?).map(|segment| match segment {
            "**" => Some(None),
            part if part.contains("**") || part.contains('?') => None,
            part => Some(Some(Pattern::new(part))),
        });
        segments.collect::<Option<_>>().map(Self)
    }

    /// Whether it is the pattern of a path whose segments, decoded, are these.
    pub(crate) fn matches(&self, segments: &[String]) -> bool {
        fits(&self.0, segments, |expected, given| expected.matches(given))
    }
}

/// The segments of a path without the slashes at its ends.
pub(crate) fn segments(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_suffix('/').unwrap_or(path);
    path.split('/').filter(move |_| !path.is_empty())
}

/// Whether the items are those of the pattern, in which `None` stands for any number of items.
fn fits<P, T>(pattern: &[Option<P>], items: &[T], alike: impl Fn(&P, &T) -> bool) -> bool {
    let (mut at, mut item) = (0, 0);
    // Where to go on after the last `None`, should what follows it not fit: one item further each time.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let advanced = match (pattern.get(at), items.get(item)) {
            (None, None) => return true,
            (Some(None), _) => {
                retry = Some((at + 1, item + 1));
                at += 1;
                true
            }
            (Some(Some(expected)), Some(given)) if alike(expected, given) => {
                (at, item) = (at + 1, item + 1);
                true
            }
            (Some(Some(_)) | None, Some(_)) | (Some(Some(_)), None) => false,
        };
        if !advanced {
            let Some((after, from)) = retry.filter(|(_, from)| *from <= items.len()) else { return false };
            (at, item) = (after, from);
            retry = Some((after, from + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_part_of_a_name() {
        for (pattern, name, expected) in [
            ("report.pdf", "report.pdf", true),
            ("report.pdf", "report.pdfx", false),
            ("report*.pdf", "report.pdf", true),
            ("report*.pdf", "report-1.pdf.pdf", true),
            ("report*.pdf", "a report.pdf", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("*отчёт*", "мой отчёт.txt", true),
            ("a*b*c", "abbbcbc", true),
            ("a*b*c", "abbbcb", false),
            ("**", "anything/at all", true),
        ] {
            assert_eq!(Pattern::new(pattern).matches(name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn stars_in_paths() {
        let fits = |pattern: &str, path: &str| {
            let given: Vec<String> = segments(&path[1..]).map(str::to_owned).collect();
            PathPattern::new(pattern).expect(pattern).matches(&given)
        };
        for (pattern, path, expected) in [
            ("/v2/attachments/", "/v2/attachments", true),
            ("/v2/attachments", "/v2/attachments/30", false),
            ("/*/attachments/*", "/v3/attachments/30", true),
            ("/*/attachments/*", "/v3/attachments/30/a.txt", false),
            ("/v2/attachments/3*", "/v2/attachments/30", true),
            ("/v2/**", "/v2", true),
            ("/v2/**", "/v2/issues/JUNE-2/comments", true),
            ("/**/comments/*", "/v2/issues/JUNE-2/comments/1", true),
            ("/**/comments/*", "/v2/issues/JUNE-2/comments", false),
            ("/**/comments/**/comments", "/comments/comments", true),
            ("/**", "/", true),
        ] {
            assert_eq!(fits(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn what_is_no_pattern_of_a_path() {
        for text in ["", "v2/attachments", "/v2/a**", "/**b/c", "/v2/attachments?filename=a.txt"] {
            assert_eq!(PathPattern::new(text), None, "{text}");
        }
    }

    #[test]
    fn many_stars_are_judged_at_once() {
        let pattern = Pattern::new(&format!("{}b", "*a".repeat(400)));
        assert!(!pattern.matches(&"a".repeat(5_000)));
        assert!(pattern.matches(&format!("{}b", "a".repeat(5_000))));
    }
}
