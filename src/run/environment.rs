//! The variables that tell a command where its server is.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use tracker_mock::TrustFiles;

use crate::https;

/// What stands in a template for what is put in.
const PLACEHOLDERS: [&str; 6] = ["url", "host", "port", "org", "ca", "bundle"];

/// A variable that the user asks for: `NAME=TEMPLATE`.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    name: String,
    template: String,
}

/// Where the server is, and what the command needs to know of it.
pub(crate) struct ServerPlace {
    address: SocketAddr,
    /// The organisation and the token of the command; `None` where it has its own.
    caller: Option<(String, String)>,
    trust: Option<TrustFiles>,
}

impl FromStr for Variable {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, template) = text.split_once('=').ok_or("write NAME=TEMPLATE, as in API_URL={url}")?;
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err("the name of a variable must not be empty or have spaces".to_owned());
        }
        filled(template, |placeholder| {
            let is_known = PLACEHOLDERS.contains(&placeholder);
            let unknown = "; there are {url}, {host}, {port}, {org}, {ca} and {bundle}";
            if is_known { Ok(OsString::new()) } else { Err(format!("there is no {{{placeholder}}}{unknown}")) }
        })?;
        Ok(Self { name: name.to_owned(), template: template.to_owned() })
    }
}

/// A template with values in the places of its placeholders.
fn filled(template: &str, value: impl Fn(&str) -> Result<OsString, String>) -> Result<OsString, String> {
    let mut filled = OsString::new();
    let mut rest = template;
    while let Some((text, after)) = rest.split_once('{') {
        let (placeholder, after) = after.split_once('}').ok_or("a { has no }")?;
        filled.push(text);
        filled.push(value(placeholder)?);
        rest = after;
    }
    filled.push(rest);
    Ok(filled)
}

impl ServerPlace {
    /// The place of a server that listens on `address`: one that listens on every address is reached by loopback.
    pub(crate) fn new(mut address: SocketAddr, caller: Option<(&str, &str)>, trust: Option<TrustFiles>) -> Self {
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            IpAddr::V4(_) | IpAddr::V6(_) => {}
        }
        Self { address, caller: caller.map(|(org, token)| (org.to_owned(), token.to_owned())), trust }
    }

    /// Those that every command gets, and those that were asked for.
    pub(crate) fn variables(&self, asked: &[Variable]) -> Result<Vec<(String, OsString)>, String> {
        let url = [("TRACKER_MOCK_URL", format!("http://{}", self.address).into())];
        let caller = self
            .caller
            .iter()
            .flat_map(|(org, token)| [("TRACKER_MOCK_ORG", org.into()), ("TRACKER_MOCK_TOKEN", token.into())]);
        let trust = self.trust.as_ref();
        let https = trust.map(|trust| https::variables(trust, &self.address.to_string()));
        let always = url.into_iter().chain(caller).chain(https.unwrap_or_default());
        let mut variables: Vec<_> = always.map(|(name, value)| (name.to_owned(), value)).collect();
        for Variable { name, template } in asked {
            let value = filled(template, |placeholder| Ok(self.value(placeholder)?));
            let value = value.map_err(|reason| format!("--env {name}: {reason}"))?;
            variables.push((name.clone(), value));
        }
        Ok(variables)
    }

    fn value(&self, placeholder: &str) -> Result<OsString, &'static str> {
        let trust = || self.trust.as_ref().ok_or("{ca} and {bundle} take --https");
        Ok(match placeholder {
            "url" => format!("http://{}", self.address).into(),
            "host" => self.address.ip().to_string().into(),
            "port" => self.address.port().to_string().into(),
            "org" => {
                let (org, _) = self.caller.as_ref().ok_or("there is no {org}: the service knows yours alone")?;
                org.into()
            }
            "ca" => trust()?.ca.clone().into(),
            _ => trust()?.bundle.clone().into(),
        })
    }
}
