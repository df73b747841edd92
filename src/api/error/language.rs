//! Which language a client prefers, by `Accept-Language`.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;

use crate::domain::Language;

/// The language that the client prefers (RFC 9110, section 12.5.4); `default` if it prefers none.
pub(crate) fn preferred(headers: &HeaderMap, default: Language) -> Language {
    let header = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    header.map_or(default, |header| choose(header, default))
}

/// The language with the highest weight. Of equal weights the first: clients that send no weights list what they prefer
/// first.
fn choose(header: &str, default: Language) -> Language {
    let ranges = header.split(',').filter_map(|range| {
        let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
        let weight =
            weight.trim().to_ascii_lowercase().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok())?;
        let primary = tag.trim().split('-').next()?;
        let known = [("ru", Language::Russian), ("en", Language::English)];
        let (_, language) = known.into_iter().find(|(name, _)| primary.eq_ignore_ascii_case(name))?;
        Some((weight, language))
    });
    ranges.fold((0.0, default), |best, range| if range.0 > best.0 { range } else { best }).1
}
