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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::shaper::SeenIds;
    use crate::drift::vocabulary::{NamesShown, Vocabulary};

    #[test]
    fn headers_tell_their_form() {
        let vocabulary = Vocabulary::new(NamesShown::Documented);
        let mut ids = SeenIds::default();
        let shaper = Shaper::new(&vocabulary, &mut ids);
        let shape = |name: &str, value: &str| {
            let headers = [(name, value)];
            shaper
                .answer_headers(headers.into_iter())
                .into_iter()
                .chain(shaper.request_headers(headers.into_iter()))
                .next()
        };
        for (name, value, expected) in [
            ("Content-Type", "application/json;charset=UTF-8", "application/json; charset=utf-8"),
            (
                "Content-Disposition",
                "attachment; filename=\"secret.txt\"; filename*=UTF-8''s%20t",
                "attachment; filename=\"ASCII\"; filename*=percent",
            ),
            ("Authorization", "OAuth secret", "oauth"),
            ("Authorization", "secret", "?"),
            ("ETag", "W/\"secret\"", "weak tag"),
            ("Link", "<https://secret/?page=2>; rel=\"next\", <https://secret>; rel=secret", "next, ?"),
            ("X-Org-ID", "7654321", "decimal"),
            ("X-Total-Count", "12", "decimal"),
            ("Retry-After", "3", "decimal"),
            ("Cache-Control", "max-age=31536000, private", "max-age, private"),
            ("Last-Modified", "Sat, 13 Jan 2024 14:06:29 GMT", "HTTP date"),
        ] {
            assert_eq!(shape(name, value), Some((name.to_lowercase(), expected.to_owned())), "{name}: {value}");
        }
        assert_eq!(shape("X-Secret", "secret"), None);
        assert_eq!(shape("Set-Cookie", "secret"), None);
    }
}
