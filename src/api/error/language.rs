//! The language of error messages: English, or Russian where `Accept-Language` prefers it.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;

/// A language of the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Russian,
}

/// The language that the client prefers (RFC 9110, section 12.5.4); English if it does not say.
pub(crate) fn preferred(headers: &HeaderMap) -> Language {
    let header = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    header.map_or(Language::English, choose)
}

fn choose(header: &str) -> Language {
    let weight_of = |language: &str| {
        let ranges = header.split(',').filter_map(|range| {
            let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
            let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok())?;
            let primary = tag.trim().split('-').next()?;
            primary.eq_ignore_ascii_case(language).then_some(weight)
        });
        ranges.fold(0.0, f32::max)
    };
    if weight_of("ru") > weight_of("en") { Language::Russian } else { Language::English }
}
