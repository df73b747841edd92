//! The other end: a server of the API that is asked over HTTP, be it the real service or a tracker-mock.

use axum::http::{HeaderMap, Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::exchange::{Body, FullExchange};

/// A server, below an address.
#[derive(Clone, Debug)]
pub(crate) struct Origin<B> {
    base: String,
    client: Client<HttpsConnector<HttpConnector>, B>,
}

impl<B> Origin<B>
where
    B: hyper::body::Body + Send + Unpin + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    /// The server at an address such as `https://api.tracker.yandex.net`. Its certificate must be one that the system
    /// trusts. Fails if that is no address of a server, or the system trusts nobody.
    pub(crate) fn new(address: &str) -> Result<Self, String> {
        let uri: Uri =
            address.parse().map_err(|_| format!("{address} is no URL; write https://HOST or http://HOST:PORT"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.query().is_some() {
            return Err(format!("{address} is no URL of a server; write https://HOST or http://HOST:PORT"));
        }
        let connector = HttpsConnectorBuilder::new();
        let connector = if uri.scheme_str() == Some("https") {
            connector.with_native_roots().map_err(|error| {
                format!("the system has no certificates that it trusts, by which to know the server: {error}")
            })?
        } else {
            // A server without TLS needs none, and a small container has none.
            let nobody = ClientConfig::builder().with_root_certificates(RootCertStore::empty());
            connector.with_tls_config(nobody.with_no_client_auth())
        };
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        // Else the body of a request would wait until the server has confirmed the head.
        http.set_nodelay(true);
        let connector = connector.https_or_http().enable_http1().wrap_connector(http);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { base: address.trim_end_matches('/').to_owned(), client })
    }

    /// Sends a request whose target is a path and a query. Fails if the server cannot be reached, or does not answer.
    pub(crate) async fn send(&self, mut request: Request<B>) -> Result<Response<Incoming>, String> {
        let uri = format!("{}{}", self.base, request.uri());
        *request.uri_mut() = uri.parse().map_err(|_| format!("{uri} is no URL"))?;
        self.client.request(request).await.map_err(|error| with_causes(&error))
    }
}

impl Origin<Full<Bytes>> {
    /// Sends the request of an exchange, and puts the answer into it. Fails as [`Origin::send`], and if the answer
    /// breaks off.
    pub(crate) async fn exchange(&self, exchange: &mut FullExchange) -> Result<(), String> {
        let mut request = Request::builder().method(exchange.method.as_str()).uri(&exchange.target);
        for (name, value) in &exchange.request_headers {
            request = request.header(name, value);
        }
        let body = Full::new(Bytes::from(exchange.request_body.bytes.clone()));
        let request = request.body(body).map_err(|error| format!("{}: {error}", exchange.target))?;
        let (head, body) = self.send(request).await?.into_parts();
        exchange.status = Some(head.status.as_u16());
        exchange.headers = pairs_of(&head.headers);
        let bytes = body.collect().await.map_err(|error| format!("the answer breaks off: {error}"))?.to_bytes();
        exchange.body = Body { bytes: bytes.into(), is_cut: false };
        Ok(())
    }
}

pub(crate) fn pairs_of(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect()
}

/// An error with those behind it.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text += &format!(": {cause}");
        source = cause.source();
    }
    text
}
