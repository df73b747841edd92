//! What the values of options must look like. The texts say what to write.

use std::num::IntErrorKind;
use std::time::Duration;

use axum::http::Uri;
use axum::http::uri::Authority;
use bytesize::ByteSize;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use tracing::level_filters::LevelFilter;

pub(super) fn log_level() -> impl TypedValueParser<Value = LevelFilter> {
    let levels = PossibleValuesParser::new(["off", "error", "warn", "info", "debug", "trace"]);
    levels.try_map(|level| level.parse::<LevelFilter>())
}

pub(crate) fn port(text: &str) -> Result<u16, String> {
    let wrong = |_| {
        // What Kubernetes sets in every container beside a service of this name.
        let hint = if text.starts_with("tcp://") {
            "; Kubernetes set it for a service named tracker-mock: name the service otherwise, or set enableServiceLinks: \
             false"
        } else {
            ""
        };
        format!("write a whole number from 0 to 65535{hint}")
    };
    text.parse().map_err(wrong)
}

pub(super) fn whole<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| "write a whole number from 0 up".to_owned())
}

pub(crate) fn count(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|count| *count > 0).ok_or_else(|| "write a whole number from 1 up".to_owned())
}

pub(crate) fn time(text: &str) -> Result<Duration, String> {
    let digits = text.len() - text.trim_start_matches(|one: char| one.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let unit_ms = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => 0,
    };
    match number.parse::<u32>() {
        Ok(number) if unit_ms > 0 && number > 0 => Ok(Duration::from_millis(u64::from(number) * unit_ms)),
        Ok(0) => Err("it must be more than 0".to_owned()),
        Err(error) if unit_ms > 0 && *error.kind() == IntErrorKind::PosOverflow => {
            Err(format!("it is too long; at most {}{unit} can be written", u32::MAX))
        }
        Ok(_) | Err(_) => Err("write a whole number with a unit: ms, s, m or h, as in 30s".to_owned()),
    }
}

pub(super) fn size(text: &str) -> Result<ByteSize, String> {
    match text.parse::<ByteSize>() {
        Ok(size) if size.as_u64() > 0 => Ok(size),
        Ok(_) => Err("it must be more than 0".to_owned()),
        Err(_) => Err("write a number of bytes, or one with a unit such as 20MiB or 4GiB".to_owned()),
    }
}

pub(super) fn public_url(text: &str) -> Result<String, String> {
    let uri: Uri = text.parse().map_err(|_| "write a URL, as https://tracker.example.com".to_owned())?;
    let http = matches!(uri.scheme_str(), Some("http" | "https"));
    if !http || uri.host().is_none_or(str::is_empty) {
        return Err("it must start with http:// or https:// and a host".to_owned());
    }
    if uri.query().is_some() || text.contains('#') {
        return Err("it must not have a query or a fragment".to_owned());
    }
    let authority = uri.authority().map_or("", Authority::as_str);
    if authority.contains('@') {
        return Err("it must not have a name and password".to_owned());
    }
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
    if has_port && uri.port_u16().is_none() {
        return Err("its port must be a whole number from 0 to 65535".to_owned());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// `*`, or what browsers send as `Origin`.
pub(super) fn origin(text: &str) -> Result<String, String> {
    let text = text.trim().trim_end_matches('/').to_ascii_lowercase();
    let authority = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let is_origin = authority.is_some_and(|authority| authority.parse::<Authority>().is_ok());
    if text == "*" || is_origin {
        return Ok(text);
    }
    Err("write * or a scheme, host and port, as http://localhost:3000".to_owned())
}

pub(super) fn organization(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("write the id of an organisation, or several with commas".to_owned()),
        id => Ok(id.to_owned()),
    }
}

pub(super) fn host_name(text: &str) -> Result<String, String> {
    let name = text.trim().to_ascii_lowercase();
    match name.trim_start_matches('.').parse::<Authority>() {
        Ok(authority) if authority.port().is_none() && authority.host() == name.trim_start_matches('.') => Ok(name),
        Ok(_) | Err(_) => Err("write the name of a host, without scheme and port".to_owned()),
    }
}
