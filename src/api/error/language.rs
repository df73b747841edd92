//! Which language a client prefers, by `Accept-Language`.

use std::cmp::Ordering;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;

use crate::domain::Language;

/// The language that the client prefers (RFC 9110, section 12.5.4); `default` if it prefers none.
pub(crate) fn preferred(headers: &HeaderMap, default: Language) -> Language {
    let header = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    header.map_or(default, |header| choose(header, default))
}

fn choose(header: &str, default: Language) -> Language {
    let weight_of = |language: &str| {
        let ranges = header.split(',').filter_map(|range| {
            let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
            let weight =
                weight.trim().to_ascii_lowercase().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok())?;
            let primary = tag.trim().split('-').next()?;
            primary.eq_ignore_ascii_case(language).then_some(weight)
        });
        ranges.fold(0.0, f32::max)
    };
    match weight_of("ru").total_cmp(&weight_of("en")) {
        Ordering::Greater => Language::Russian,
        Ordering::Less => Language::English,
        Ordering::Equal => default,
    }
}
