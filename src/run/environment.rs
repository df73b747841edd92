//! The variables that tell a command where its server is.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// A variable that the user asks for: `NAME=TEMPLATE`.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    name: String,
    /// Texts, and between them the names of what is put in.
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Url,
    Host,
    Port,
    Org,
}

/// Where the server is, and the world of the command.
pub(super) struct ServerPlace {
    address: SocketAddr,
    org: &'static str,
}

impl FromStr for Variable {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, template) = text.split_once('=').ok_or("write NAME=TEMPLATE, as in API_URL={url}")?;
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err("the name of a variable must not be empty or have spaces".to_owned());
        }
        let mut pieces = Vec::new();
        let mut rest = template;
        while let Some((text, after)) = rest.split_once('{') {
            let (placeholder, after) = after.split_once('}').ok_or("a { has no }")?;
            pieces.push(Piece::Text(text.to_owned()));
            pieces.push(match placeholder {
                "url" => Piece::Url,
                "host" => Piece::Host,
                "port" => Piece::Port,
                "org" => Piece::Org,
                _ => {
                    return Err(format!(
                        "there is no {{{placeholder}}}; there are {{url}}, {{host}}, {{port}} and {{org}}"
                    ));
                }
            });
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self { name: name.to_owned(), pieces })
    }
}

impl ServerPlace {
    /// The place of a server that listens on `address`: one that listens on every address is reached by loopback.
    pub(super) fn new(mut address: SocketAddr, org: &'static str) -> Self {
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            IpAddr::V4(_) | IpAddr::V6(_) => {}
        }
        Self { address, org }
    }

    /// Those that every command gets, and those that were asked for.
    pub(super) fn variables(&self, asked: &[Variable]) -> Vec<(String, OsString)> {
        let always = [
            ("TRACKER_MOCK_URL", self.fill(&Piece::Url)),
            ("TRACKER_MOCK_ORG", self.org.to_owned()),
            ("TRACKER_MOCK_TOKEN", "any-token".to_owned()),
        ];
        let always = always.into_iter().map(|(name, value)| (name.to_owned(), value));
        let filled = |variable: &Variable| variable.pieces.iter().map(|piece| self.fill(piece)).collect::<String>();
        let asked = asked.iter().map(|variable| (variable.name.clone(), filled(variable)));
        always.chain(asked).map(|(name, value)| (name, OsString::from(value))).collect()
    }

    fn fill(&self, piece: &Piece) -> String {
        match piece {
            Piece::Text(text) => text.clone(),
            Piece::Url => format!("http://{}", self.address),
            Piece::Host => self.address.ip().to_string(),
            Piece::Port => self.address.port().to_string(),
            Piece::Org => self.org.to_owned(),
        }
    }
}
