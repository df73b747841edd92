//! The client side of `tracker-mock healthcheck`.

use axum::http::{Request, StatusCode, Uri};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Asks the server at `url`, or at `/_mock/health` below it if it has no path.
///
/// # Errors
/// When it cannot be reached or answers other than 200; the text says which.
pub(crate) async fn ask(url: &str) -> Result<(), String> {
    let uri: Uri = url.parse().map_err(|error| format!("not a URL: {error}"))?;
    if uri.scheme_str() != Some("http") {
        return Err("only http:// is spoken".to_owned());
    }
    let host = uri.host().ok_or("the URL has no host")?;
    let path = match uri.path() {
        "" | "/" => "/_mock/health",
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
    driver.abort();
    match response.status() {
        StatusCode::OK => Ok(()),
        status => Err(format!("answered {status}")),
    }
}
