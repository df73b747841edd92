//! Who may use the control plane. A web page may use it only if its origin is the server's own or listed in
//! `--cors-origin`. A request is refused if its host name is one that a stranger may have pointed at this machine (DNS
//! rebinding). Other clients pass: they send no `Origin`, and usually an address as `Host`.

use std::net::IpAddr;

use axum::http::header::ORIGIN;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri};

use crate::api::{ApiError, host};
use crate::config::Config;

/// The suffixes of machine and container names in private networks. No stranger can register such a name.
const PRIVATE_DOMAINS: [&str; 5] = [".localhost", ".local", ".internal", ".test", ".svc.cluster.local"];

const SITE: &str = "sec-fetch-site";

/// Refuses a request from a web page of another origin, and one that uses a foreign host name.
pub(crate) fn check(uri: &Uri, headers: &HeaderMap, config: &Config) -> Result<(), ApiError> {
    let host = host(uri, headers)?;
    if let Some(origin) = headers.get(ORIGIN) {
        let origin = String::from_utf8_lossy(origin.as_bytes());
        let is_own = host.is_some_and(|host| is_same(&origin, host)) || config.public_url.as_deref() == Some(&*origin);
        if !is_own && !config.lists_origin(&origin) {
            return Err(ApiError::ForeignOrigin { origin: Some(origin.into_owned()) });
        }
    } else if headers.get(SITE).is_some_and(|site| site == "cross-site") {
        return Err(ApiError::ForeignOrigin { origin: None });
    }
    match host.and_then(|host| host.parse::<Authority>().ok()) {
        Some(authority) if !is_known(authority.host(), config) => {
            Err(ApiError::ForeignHost { name: authority.host().to_owned() })
        }
        Some(_) | None => Ok(()),
    }
}

/// Whether a page of this origin was served under this host. The scheme is not compared, because behind a proxy the
/// server does not know it.
fn is_same(origin: &str, host: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let port = if scheme == "https" { ":443" } else { ":80" };
    let without_port = |text: &str| text.strip_suffix(port).unwrap_or(text).to_ascii_lowercase();
    without_port(authority) == without_port(host)
}

/// Whether a host is an address, a private name, or a name that the server was configured with.
fn is_known(host: &str, config: &Config) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let is_address = name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    let public = config.public_url.as_deref().and_then(|url| url.parse::<Uri>().ok());
    let is_public = public.as_ref().and_then(Uri::host).is_some_and(|public| public.eq_ignore_ascii_case(&name));
    let is_allowed = |allowed: &String| match allowed.strip_prefix('.') {
        Some(domain) => name.eq_ignore_ascii_case(domain) || name.ends_with(&allowed.to_ascii_lowercase()),
        None => name.eq_ignore_ascii_case(allowed),
    };
    is_address
        || !name.contains('.')
        || PRIVATE_DOMAINS.iter().any(|domain| name.ends_with(domain))
        || is_public
        || config.allowed_hosts.iter().any(is_allowed)
}
