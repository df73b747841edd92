//! The client side of the commands that ask a running server.

use std::collections::BTreeMap;

use axum::http::uri::PathAndQuery;
use axum::http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpStream;

/// The body of what the server at `url` answers to `GET`, at `default_path` if the URL has no path. Fails when it
/// cannot be reached or answers other than 200; the text says which.
pub(crate) async fn get(url: &str, default_path: &str) -> Result<Bytes, String> {
    let uri: Uri = url.parse().map_err(|error| format!("not a URL: {error}"))?;
    if uri.scheme_str() != Some("http") {
        return Err("only http:// is spoken".to_owned());
    }
    let host = uri.host().ok_or("the URL has no host")?;
    let path = match uri.path_and_query().map_or("/", PathAndQuery::as_str) {
        "/" => default_path,
        path => path,
    };
    let address = (host.trim_matches(['[', ']']), uri.port_u16().unwrap_or(80));
    let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|error| error.to_string())?;
    let driver = tokio::spawn(connection);
    let request =
        Request::get(path).header("host", host).body(Empty::<Bytes>::new()).map_err(|error| error.to_string())?;
    let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
    let status = response.status();
    let body = response.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
    driver.abort();
    match status {
        StatusCode::OK => Ok(body),
        // The question itself was wrong, and the server knows why.
        StatusCode::BAD_REQUEST => Err(said(&body).unwrap_or_else(|| format!("answered {status}"))),
        _ => Err(format!("answered {status}")),
    }
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
