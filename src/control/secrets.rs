//! Keeps tokens and other secrets that clients send out of the journal and the log.

use std::borrow::Cow;

use axum::http::HeaderName;
use axum::http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, SET_COOKIE};
use percent_encoding::percent_decode_str;

use crate::config::Secrets;

/// What stands in place of a secret.
const MASK: &str = "***";

/// Authorization schemes. They are shown, in front of the mask.
const SCHEMES: [&str; 3] = ["oauth", "bearer", "basic"];

impl Secrets {
    /// The value of a header as it may be shown.
    pub fn header<'a>(self, name: &HeaderName, value: &'a [u8]) -> Cow<'a, [u8]> {
        if self == Self::Shown {
            return value.into();
        }
        if name == AUTHORIZATION || name == PROXY_AUTHORIZATION {
            let scheme = value.split_inclusive(|&byte| byte == b' ').next().unwrap_or_default();
            let is_known = SCHEMES.iter().any(|known| scheme.trim_ascii_end().eq_ignore_ascii_case(known.as_bytes()));
            let scheme = if is_known && scheme.len() < value.len() { scheme } else { b"" };
            return [scheme, MASK.as_bytes()].concat().into();
        }
        let is_secret = name == COOKIE || name == SET_COOKIE || name == "x-api-key" || is_secret(name.as_str());
        if is_secret { MASK.as_bytes().into() } else { value.into() }
    }

    /// The target of a request, path and query, as it may be shown.
    pub fn target(self, target: &str) -> Cow<'_, str> {
        let is_secret = |text: &str| is_secret(&percent_decode_str(text).decode_utf8_lossy().to_ascii_lowercase());
        let Some((path, query)) = target.split_once('?').filter(|(_, query)| self == Self::Masked && is_secret(query))
        else {
            return target.into();
        };
        let masked = |pair: &str| match pair.split_once('=') {
            Some((name, _)) if is_secret(name) => format!("{name}={MASK}"),
            _ => pair.to_owned(),
        };
        let pairs: Vec<String> = query.split('&').map(masked).collect();
        format!("{path}?{}", pairs.join("&")).into()
    }
}

/// Whether a header or parameter with this name, in lower case, holds a secret.
fn is_secret(name: &str) -> bool {
    name.contains("token") || name.contains("secret")
}
