//! Who reads an answer of the control plane: a program, or a person in a browser or at a terminal.

use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, HeaderName};

use crate::api::{Layout, Query};

/// The query parameter that asks for indented JSON. Every call takes it.
pub(super) const PRETTY: &str = "pretty";

/// Indented, if the client asks for it or prefers text to JSON, as browsers do; else one line.
pub(crate) fn layout(headers: &HeaderMap, query: Option<&Query>) -> Layout {
    let asks = query.and_then(|query| query.pairs().find(|(name, _)| *name == PRETTY)).map(|(_, value)| value);
    let is_person = asks.map_or_else(|| prefers_text(headers), |value| !value.eq_ignore_ascii_case("false"));
    if is_person { Layout::Indented } else { Layout::Line }
}

fn prefers_text(headers: &HeaderMap) -> bool {
    let weight_of = |is_meant: fn(&str) -> bool| {
        let meant = items(headers, &ACCEPT).filter(|(kind, _)| is_meant(kind));
        meant.map(|(_, weight)| weight).fold(0.0, f32::max)
    };
    weight_of(|kind| kind.starts_with("text/"))
        > weight_of(|kind| matches!(kind, "*/*" | "application/*" | "application/json"))
}

/// The items of the list in a header, each with its weight.
pub(super) fn items<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = (&'a str, f32)> {
    let lists = headers.get_all(name).into_iter().filter_map(|list| list.to_str().ok());
    lists.flat_map(|list| list.split(',')).map(|item| {
        let mut members = item.split(';').map(str::trim);
        let item = members.next().unwrap_or_default();
        let weight = members.find_map(|member| member.strip_prefix("q="));
        (item, weight.map_or(1.0, |weight| weight.parse().unwrap_or_default()))
    })
}
