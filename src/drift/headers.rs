//! Headers as shapes: those of a list, each by what it may say. All others are left out.

use super::shaper::Shaper;
use super::text::{format_of, length_of, media_type};
use super::vocabulary::UNKNOWN;

/// Of a request.
const OF_REQUESTS: [&str; 16] = [
    "accept",
    "accept-language",
    "authorization",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "range",
    "transfer-encoding",
    "x-cloud-org-id",
    "x-org-id",
];

/// Of an answer.
const OF_ANSWERS: [&str; 17] = [
    "accept-ranges",
    "allow",
    "cache-control",
    "content-disposition",
    "content-length",
    "content-range",
    "content-type",
    "etag",
    "last-modified",
    "link",
    "location",
    "retry-after",
    "transfer-encoding",
    "www-authenticate",
    "x-request-id",
    "x-total-count",
    "x-total-pages",
];

/// Words that headers have by their standards.
const STANDARD: [&str; 36] = [
    "attachment",
    "inline",
    "bytes",
    "none",
    "no-cache",
    "no-store",
    "no-transform",
    "must-revalidate",
    "private",
    "public",
    "max-age",
    "immutable",
    "chunked",
    "gzip",
    "deflate",
    "br",
    "zstd",
    "identity",
    "100-continue",
    "get",
    "head",
    "post",
    "put",
    "patch",
    "delete",
    "options",
    "oauth",
    "bearer",
    "basic",
    "realm",
    "filename",
    "filename*",
    "rel",
    "ru",
    "en",
    "*",
];

/// Names of links.
const LINKS: [&str; 5] = ["first", "prev", "next", "last", "seek"];

type Header = (String, String);

impl Shaper<'_> {
    pub(crate) fn request_headers<'h>(&self, headers: impl Iterator<Item = (&'h str, &'h str)>) -> Vec<Header> {
        self.headers(headers, &OF_REQUESTS)
    }

    pub(crate) fn answer_headers<'h>(&self, headers: impl Iterator<Item = (&'h str, &'h str)>) -> Vec<Header> {
        self.headers(headers, &OF_ANSWERS)
    }

    fn headers<'h>(&self, headers: impl Iterator<Item = (&'h str, &'h str)>, allowed: &[&str]) -> Vec<Header> {
        let mut shapes: Vec<_> = headers
            .map(|(name, value)| (name.to_ascii_lowercase(), value))
            .filter(|(name, _)| allowed.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), self.header(&name, value)))
            .collect();
        shapes.sort();
        shapes
    }

    fn header(&self, name: &str, value: &str) -> String {
        let value = value.trim();
        match name {
            "content-type" => media_type(value),
            "accept" => "given".to_owned(),
            "authorization" | "www-authenticate" => standard(value.split(' ').next().unwrap_or_default()),
            "accept-language" => standard(value.split([',', ';', '-']).next().unwrap_or_default()),
            "etag" | "if-match" | "if-none-match" => tag(value),
            "if-range" | "retry-after" if httpdate::parse_http_date(value).is_err() => {
                if name == "if-range" {
                    tag(value)
                } else {
                    format_of("", value, self.vocabulary)
                }
            }
            "last-modified" | "if-modified-since" | "if-unmodified-since" | "if-range" | "retry-after" => {
                httpdate::parse_http_date(value).map_or_else(|_| length_of(value), |_| "HTTP date".to_owned())
            }
            "content-disposition" => disposition(value),
            "link" => links(value),
            "range" | "content-range" => {
                let unit = value.split(['=', ' ']).next().unwrap_or_default();
                standard(unit)
            }
            "allow" | "cache-control" | "accept-ranges" | "transfer-encoding" | "content-encoding" | "expect" => {
                let mut words: Vec<String> =
                    value.split(',').map(|word| standard(word.split('=').next().unwrap_or_default())).collect();
                words.sort();
                words.join(", ")
            }
            _ => format_of(name, value, self.vocabulary),
        }
    }
}

/// A word that a standard has, in lower case.
fn standard(word: &str) -> String {
    let word = word.trim().to_lowercase();
    if STANDARD.contains(&word.as_str()) { word } else { UNKNOWN.to_owned() }
}

fn tag(value: &str) -> String {
    let kind = if value == "*" {
        "*"
    } else if value.starts_with("W/\"") {
        "weak tag"
    } else {
        "tag"
    };
    kind.to_owned()
}

/// As in `attachment; filename="ASCII"; filename*=percent`.
fn disposition(value: &str) -> String {
    let mut parts = value.split(';');
    let mut shape = standard(parts.next().unwrap_or_default());
    for part in parts {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let quotes = if value.starts_with('"') { "\"" } else { "" };
        let spelling = if !value.is_ascii() {
            "UTF-8"
        } else if value.contains('%') {
            "percent"
        } else {
            "ASCII"
        };
        shape += &format!("; {}={quotes}{spelling}{quotes}", standard(name));
    }
    shape
}

/// The names of the links.
fn links(value: &str) -> String {
    let names = value.split("rel=").skip(1).map(|rest| {
        let name = rest.trim_start_matches('"').split(['"', ',', ';']).next().unwrap_or_default();
        if LINKS.contains(&name) { name } else { UNKNOWN }
    });
    names.collect::<Vec<_>>().join(", ")
}
