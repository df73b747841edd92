//! The client side of the commands that ask a running server.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpStream;

/// The port of an address without a scheme that names none.
const DEFAULT_PORT: u16 = 8080;

/// The body of what a server answers to `GET`. Fails as [`open`], and when it takes longer than `timeout`.
pub(crate) async fn get(address: &str, path: &str, timeout: Duration) -> Result<Bytes, String> {
    let asked = async {
        let body = open(address, path).await?.collect().await;
        Ok(body.map_err(|error| error.to_string())?.to_bytes())
    };
    let answered = tokio::time::timeout(timeout, asked).await;
    answered.unwrap_or_else(|_| Err(format!("no answer within {} s", timeout.as_secs())))
}

/// Host and port of an address.
pub(crate) fn place_of(address: &str) -> Result<String, String> {
    let (uri, default_port) = uri_of(address)?;
    Ok(format!("{}:{}", uri.host().unwrap_or_default(), uri.port_u16().unwrap_or(default_port)))
}

/// An address, and the port that it has if it names none. A server with TLS serves plain HTTP on the same port.
fn uri_of(address: &str) -> Result<(Uri, u16), String> {
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    let default_port = match scheme {
        "" => DEFAULT_PORT,
        "http" => 80,
        "https" => 443,
        _ => {
            return Err(format!(
                "a server of tracker-mock has no {scheme}://; write its own address, as http://HOST:PORT"
            ));
        }
    };
    let uri = format!("http://{rest}").parse().map_err(|_| "write an address, as HOST:PORT".to_owned())?;
    Ok((uri, default_port))
}

/// What a server answers to `GET`, still to be read. Its address is `HOST:PORT`, `http://HOST:PORT` or
/// `https://HOST:PORT`, with the path below which it was nested, if there is one; what follows `/_mock` in it does not
/// count. Fails when the server cannot be reached or answers other than 200; the text says which.
pub(crate) async fn open(address: &str, path: &str) -> Result<Incoming, String> {
    let (uri, default_port) = uri_of(address)?;
    let base = uri.path().split("/_mock").next().unwrap_or_default().trim_end_matches('/');
    let host = uri.host().ok_or("the address has no host")?;
    let address = (host.trim_matches(['[', ']']), uri.port_u16().unwrap_or(default_port));
    let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|error| error.to_string())?;
    // It ends when the body has been read, or is dropped.
    tokio::spawn(connection);
    let request = Request::get(format!("{base}{path}")).header("host", host).body(Empty::<Bytes>::new());
    let request = request.map_err(|error| error.to_string())?;
    let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
    let status = response.status();
    if status == StatusCode::OK {
        // A name that is misspelt has nothing to show.
        if let Some(warning) = response.headers().get("x-unknown-world") {
            crate::complain(&format!("{}:{}: {}", address.0, address.1, String::from_utf8_lossy(warning.as_bytes())));
        }
        return Ok(response.into_body());
    }
    // Where the question itself was wrong, the server knows why.
    let reason = match status {
        StatusCode::BAD_REQUEST => response.into_body().collect().await.ok().and_then(|body| said(&body.to_bytes())),
        _ => None,
    };
    Err(reason.unwrap_or_else(|| format!("answered {status}")))
}

/// The error of a tracker-mock.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorAnswer {
    errors: BTreeMap<String, String>,
    error_messages: Vec<String>,
}

/// The sentences of an error, in one line; `None` if the body is none that a tracker-mock writes.
fn said(body: &[u8]) -> Option<String> {
    let ErrorAnswer { errors, error_messages } = serde_json::from_slice(body).ok()?;
    let named = errors.into_iter().map(|(name, message)| format!("{name}: {message}"));
    let sentences: Vec<String> =
        named.chain(error_messages).map(|sentence| sentence.replace(['\n', '\r'], " ")).collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}
