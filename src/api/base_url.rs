//! Under which URL a client calls: what every URL in its answer begins with.

use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri};

use super::error::ApiError;
use crate::config::{Config, ForwardedHeaders};
use crate::wire::links::ApiVersion;

/// What stands in front of every path.
pub(crate) const VERSIONS: [&str; 2] = ["/v2", "/v3"];

const FORWARDED_PROTO: &str = "x-forwarded-proto";
const FORWARDED_HOST: &str = "x-forwarded-host";

/// Scheme, host, port and version, as the client used them; `own_url` if it does not say what it used. Fails when a
/// header that says it is wrong.
pub(super) fn base_url(parts: &Parts, config: &Config, own_url: &str) -> Result<String, ApiError> {
    let version = version_of(parts.uri.path()).as_str();
    if let Some(public) = &config.public_url {
        return Ok(format!("{public}/{version}"));
    }
    let forwarded = |name: &str| match config.forwarded {
        ForwardedHeaders::Trust => first_member(&parts.headers, name),
        ForwardedHeaders::Ignore => None,
    };
    let host = match forwarded(FORWARDED_HOST) {
        Some(host) => Some(authority(host).ok_or(ApiError::InvalidHeader { name: "X-Forwarded-Host" })?),
        None => host(&parts.uri, &parts.headers)?,
    };
    match (host, forwarded(FORWARDED_PROTO).map(str::to_ascii_lowercase).as_deref()) {
        (None, _) => Ok(format!("{own_url}/{version}")),
        (Some(host), None) => Ok(["http://", host, "/", version].concat()),
        (Some(host), Some(scheme @ ("http" | "https"))) => Ok(format!("{scheme}://{host}/{version}")),
        (Some(_), Some(_)) => Err(ApiError::InvalidHeader { name: "X-Forwarded-Proto" }),
    }
}

/// The version that a path begins with; `v2` if it begins with none.
pub(super) fn version_of(path: &str) -> ApiVersion {
    match path.strip_prefix("/v3") {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => ApiVersion::V3,
        _ => ApiVersion::V2,
    }
}

/// The rest of a path behind the version that it begins with.
pub(super) fn below_version(path: &str) -> &str {
    VERSIONS.iter().find_map(|version| path.strip_prefix(version)).unwrap_or(path)
}

/// A slash at the end of a path makes no difference.
pub(crate) fn without_slash(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}

/// The host, and the port where one is given, that a client asked; `None` if it does not say. Fails when it is no host.
/// That of an absolute request target comes before `Host` (RFC 9112, section 3.2.2); a user name in front of it is not
/// looked at.
pub(crate) fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Result<Option<&'a str>, ApiError> {
    let given = match (uri.authority(), headers.get(HOST)) {
        (Some(target), _) => target.as_str().rsplit('@').next(),
        (None, None) => return Ok(None),
        (None, Some(value)) if value.is_empty() => return Ok(None),
        (None, Some(value)) => value.to_str().ok(),
    };
    given.and_then(authority).map(Some).ok_or(ApiError::InvalidHeader { name: "Host" })
}

/// A host, and a port where one is given.
fn authority(text: &str) -> Option<&str> {
    let authority: Authority = text.parse().ok()?;
    let behind_host = text.strip_prefix(authority.host())?;
    (matches!(behind_host, "" | ":") || authority.port_u16().is_some()).then_some(text)
}

fn first_member<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let first = headers.get(name)?.to_str().ok()?.split(',').next()?.trim();
    (!first.is_empty()).then_some(first)
}
