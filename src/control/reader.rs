//! Who reads an answer of the control plane: a program, or a person in a browser or at a terminal.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

use crate::api::layout::Layout;
use crate::api::query::Query;

/// The query parameter that asks for indented JSON. Every call takes it.
pub(super) const PRETTY: &str = "pretty";

/// Indented, if the client asks for it or prefers text to JSON, as browsers do; else one line.
pub(crate) fn layout(headers: &HeaderMap, query: Option<&Query>) -> Layout {
    let asks = query.and_then(|query| query.pairs().find(|(name, _)| *name == PRETTY)).map(|(_, value)| value);
    let is_person = asks.map_or_else(|| prefers_text(headers), |value| !value.eq_ignore_ascii_case("false"));
    if is_person { Layout::Indented } else { Layout::Line }
}

fn prefers_text(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let weight_of = |is_meant: fn(&str) -> bool| {
        let ranges = accept.split(',').filter_map(|range| {
            let mut members = range.split(';').map(str::trim);
            members.next().filter(|kind| is_meant(kind))?;
            let weight = members.find_map(|member| member.strip_prefix("q="));
            weight.map_or(Some(1.0), |weight| weight.parse::<f32>().ok())
        });
        ranges.fold(0.0, f32::max)
    };
    weight_of(|kind| kind.starts_with("text/"))
        > weight_of(|kind| matches!(kind, "*/*" | "application/*" | "application/json"))
}
