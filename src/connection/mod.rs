//! What happens on a connection around hyper: a client that is still sending when its answer is ready can read that
//! answer, the answers that hyper gives by itself have the error format too, and a connection can end on purpose.

// Closing a socket on unread data makes the peer's kernel discard the answer, so there are two things to read to the
// end: a body that nobody wants, which also keeps the connection usable, and what follows where hyper stops reading.

mod body;
mod fate;
mod line;
mod socket;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use tokio::net::TcpStream;

use self::body::LingeringBody;
#[cfg_attr(not(test), expect(unused_imports, reason = "the mechanism comes before what uses it"))]
pub(crate) use self::fate::{ConnectionFate, Ending};
use self::line::Line;
use self::socket::Socket;

/// How long what nobody wants is read for at most. The figures are those of nginx's `lingering_close`.
const LONGEST: Duration = Duration::from_secs(30);
/// How long the client may pause meanwhile.
const PAUSE: Duration = Duration::from_secs(5);

/// A connection that answers requests with `respond`; to be driven until it ends.
pub(crate) fn serve<R, F>(
    stream: TcpStream,
    header_read_timeout: Duration,
    respond: R,
) -> impl GracefulConnection<Error = hyper::Error> + Send
where
    R: Fn(Request<Body>) -> F + Clone + Send + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    // Answers are written whole, so waiting for more to fill a packet only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let line = Arc::new(Line::default());
    let socket = Socket::new(stream, Arc::clone(&line));
    let service = service_fn(move |request| {
        let (respond, line) = (respond.clone(), Arc::clone(&line));
        async move { Ok::<_, Infallible>(fate::seal(respond(LingeringBody::wrap(request)).await, &line).await) }
    });
    let mut http = http1::Builder::new();
    http.half_close(true).timer(TokioTimer::new()).header_read_timeout(header_read_timeout);
    http.serve_connection(TokioIo::new(socket), service)
}
