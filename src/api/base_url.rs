//! The base URL that a client uses. Every URL in its answer begins with it.

use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri};

use super::ApiError;
use crate::config::{Config, ForwardedHeaders};
use crate::connection::Via;
use crate::wire::ApiVersion;

/// The prefixes of all paths.
pub(crate) const VERSIONS: [&str; 2] = ["/v2", "/v3"];

const FORWARDED_PROTO: &str = "x-forwarded-proto";
const FORWARDED_HOST: &str = "x-forwarded-host";

/// Scheme, host, port and version, as the client used them; `own_url` if the request names no host. Fails if `Host` or
/// a forwarding header is invalid.
pub(super) fn base_url(parts: &Parts, config: &Config, own_url: &str) -> Result<String, ApiError> {
    let version = version_of(parts.uri.path()).as_str();
    address(parts, config, own_url).map(|address| address + "/" + version)
}

/// The same without the version.
pub(crate) fn address(parts: &Parts, config: &Config, own_url: &str) -> Result<String, ApiError> {
    if let Some(public) = &config.public_url {
        return Ok(public.clone());
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
        (None, _) => Ok(own_url.to_owned()),
        (Some(host), None) => {
            let is_tls = parts.extensions.get().is_some_and(|via: &Via| via.tls);
            Ok([if is_tls { "https://" } else { "http://" }, host].concat())
        }
        (Some(host), Some(scheme @ ("http" | "https"))) => Ok(format!("{scheme}://{host}")),
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

/// A path without its version.
pub(super) fn below_version(path: &str) -> &str {
    VERSIONS.iter().find_map(|version| path.strip_prefix(version)).unwrap_or(path)
}

/// A path without its trailing slash, which makes no difference.
pub(crate) fn without_slash(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}

/// The host that a request names, with the port if there is one; `None` if it names none. Fails if that is not a valid
/// host. An absolute request target overrides `Host` (RFC 9112, section 3.2.2); a user name in it is ignored.
pub(crate) fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Result<Option<&'a str>, ApiError> {
    let given = match (uri.authority(), headers.get(HOST)) {
        (Some(target), _) => target.as_str().rsplit('@').next(),
        (None, None) => return Ok(None),
        (None, Some(value)) if value.is_empty() => return Ok(None),
        (None, Some(value)) => value.to_str().ok(),
    };
    given.and_then(authority).map(Some).ok_or(ApiError::InvalidHeader { name: "Host" })
}

/// `text`, if it is a host, with or without a port.
fn authority(text: &str) -> Option<&str> {
    let authority: Authority = text.parse().ok()?;
    let behind_host = text.strip_prefix(authority.host())?;
    (matches!(behind_host, "" | ":") || authority.port_u16().is_some()).then_some(text)
}

fn first_member<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let first = headers.get(name)?.to_str().ok()?.split(',').next()?.trim();
    (!first.is_empty()).then_some(first)
}
