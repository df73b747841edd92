//! Patterns of names and of paths. Matching never goes back over a star: it takes time in proportion to the text, times
//! the segments of the pattern where that has `**`. With the limits here, no pattern keeps the server busy for long.

use std::fmt;

use percent_encoding::percent_decode_str;

/// The longest pattern, in bytes.
pub(super) const MAX_BYTES: usize = 1024;
/// The most stars, and the most segments of a path, in a pattern.
const MAX_STARS: usize = 32;

/// The most segments of a path that are matched one by one; the rest counts as one more. This bounds the work for `**`.
const MAX_PATH_SEGMENTS: usize = 256;

/// Why a text is no pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It is too long, or has too many stars.
    #[error("A pattern may have at most {MAX_BYTES} bytes, {MAX_STARS} stars and, of a path, {MAX_STARS} segments.")]
    TooLarge,
    /// It can be no path.
    #[error("A path must begin with / and have no query, and ** must be a whole segment, as in /v2/**/attachments.")]
    NotOfAPath,
}

/// A pattern of a text: `*` is any number of characters; `\*` is a star and `\\` a backslash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    /// The texts between the stars.
    pieces: Vec<String>,
}

impl Pattern {
    /// # Errors
    /// When the pattern is too large.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        check_size(text)?;
        let mut pieces = vec![String::new()];
        let mut rest = text.chars().peekable();
        while let Some(one) = rest.next() {
            let escaped = rest.next_if(|next| one == '\\' && ['*', '\\'].contains(next));
            match (one, escaped, pieces.last_mut()) {
                ('*', _, _) => pieces.push(String::new()),
                (_, _, Some(piece)) => piece.push(escaped.unwrap_or(one)),
                (_, _, None) => {}
            }
        }
        Ok(Self { text: text.to_owned(), pieces })
    }

    /// Whether the whole of `text` fits.
    pub fn matches(&self, text: &str) -> bool {
        let [first, middle @ .., last] = &self.pieces[..] else { return self.pieces.iter().all(|only| only == text) };
        let Some(mut rest) = text.strip_prefix(&**first) else { return false };
        // The first place of a piece leaves the most room for those behind it, so no other place has to be tried.
        for piece in middle {
            let Some((_, behind)) = rest.split_once(&**piece) else { return false };
            rest = behind;
        }
        rest.ends_with(&**last)
    }

    /// Whether two stars stand side by side.
    fn has_double_star(&self) -> bool {
        self.pieces.len() > 2 && self.pieces[1..self.pieces.len() - 1].iter().any(String::is_empty)
    }
}

/// A pattern of a path: a pattern of each segment, and `**` for any number of segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PathPattern {
    text: String,
    /// The segments between the `**`.
    blocks: Vec<Vec<Pattern>>,
}

impl PathPattern {
    /// Fails when the pattern is too large, does not begin with a slash or has a query, or when `**` is only a part of a
    /// segment.
    pub(crate) fn new(text: &str) -> Result<Self, PatternError> {
        check_size(text)?;
        let path = text.strip_prefix('/').ok_or(PatternError::NotOfAPath)?;
        let mut blocks = vec![Vec::new()];
        for (index, segment) in segments(path).enumerate() {
            if index == MAX_STARS {
                return Err(PatternError::TooLarge);
            }
            let pattern = Pattern::new(segment)?;
            match blocks.last_mut() {
                _ if segment == "**" => blocks.push(Vec::new()),
                _ if pattern.has_double_star() || segment.contains('?') => return Err(PatternError::NotOfAPath),
                Some(block) => block.push(pattern),
                None => {}
            }
        }
        Ok(Self { text: text.to_owned(), blocks })
    }

    /// Whether a path with these segments, decoded, fits.
    pub(crate) fn matches(&self, segments: &[String]) -> bool {
        self.fits(segments, |pattern, given| pattern.matches(given))
    }

    /// Whether some path of an endpoint fits, whose path is documented so, with `{names}` for what varies.
    pub(crate) fn may_match(&self, documented: &str) -> bool {
        let documented: Vec<&str> = segments(documented.trim_start_matches('/')).collect();
        self.fits(&documented, |pattern, segment| segment.starts_with('{') || pattern.matches(segment))
    }

    fn fits<T>(&self, segments: &[T], fits: impl Fn(&Pattern, &T) -> bool) -> bool {
        let fit = |block: &[Pattern], segments: &[T]| {
            block.len() == segments.len() && block.iter().zip(segments).all(|(pattern, given)| fits(pattern, given))
        };
        let [first, middle @ .., last] = &self.blocks[..] else {
            return self.blocks.iter().all(|only| fit(only, segments));
        };
        let Some((start, mut rest)) = segments.split_at_checked(first.len()) else { return false };
        for block in middle.iter().filter(|block| !block.is_empty()) {
            let place = rest.windows(block.len()).position(|window| fit(block, window));
            let Some(place) = place else { return false };
            rest = &rest[place + block.len()..];
        }
        let end = rest.len().checked_sub(last.len()).map(|at| &rest[at..]);
        fit(first, start) && end.is_some_and(|end| fit(last, end))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn check_size(pattern: &str) -> Result<(), PatternError> {
    let is_too_large = pattern.len() > MAX_BYTES || pattern.matches('*').count() > MAX_STARS;
    if is_too_large { Err(PatternError::TooLarge) } else { Ok(()) }
}

/// The segments of a path without the slashes at its ends.
pub(crate) fn segments(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_suffix('/').unwrap_or(path);
    path.split('/').filter(move |_| !path.is_empty())
}

/// The segments of a request's path, decoded.
pub(crate) fn decoded_segments(path: &str) -> Vec<String> {
    let path = path.trim_start_matches('/');
    let path = path.strip_suffix('/').unwrap_or(path);
    let decode = |segment| percent_decode_str(segment).decode_utf8_lossy().into_owned();
    path.splitn(MAX_PATH_SEGMENTS, '/').filter(|_| !path.is_empty()).map(decode).collect()
}
