//! What happens on a connection around hyper: a client that is still sending when its answer is ready can read that
//! answer, the answers that hyper gives by itself have the error format too, a client that is too slow is given up, and
//! a connection can end on purpose.

// Closing a socket on unread data makes the peer's kernel discard the answer, so there are two things to read to the
// end: a body that nobody wants, which also keeps the connection usable, and what follows where hyper stops reading.

mod body;
mod drive;
mod fate;
mod line;
mod pace;
mod refusal;
mod rules;
mod socket;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use futures_util::future::{Either, ready};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::watch;

use self::body::LingeringBody;
pub(crate) use self::fate::{ConnectionFate, Ending, stall};
use self::line::Line;
pub(crate) use self::rules::Rules;
use self::socket::Socket;

/// How long what nobody wants is read for at most. The figures are those of nginx's `lingering_close`.
const LONGEST: Duration = Duration::from_secs(30);
/// How long the client may pause meanwhile.
const PAUSE: Duration = Duration::from_secs(5);

/// What hyper buffers at most, unless a head may be longer. It is hyper's own default.
const BUFFER_BYTES: usize = 8192 + 4096 * 100;

/// Answers the requests of a connection with `respond`, until it ends or `stop` says that the server does.
pub(crate) async fn serve<R, F>(stream: TcpStream, rules: Arc<Rules>, stop: watch::Receiver<()>, respond: R)
where
    R: Fn(Request<Body>) -> F + Clone,
    F: Future<Output = Response>,
{
    // Answers are written whole, so waiting for more to fill a packet only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let mut http = http1::Builder::new();
    // The heads are timed with the rest.
    http.half_close(true).header_read_timeout(None).max_header_size(rules.max_header_bytes);
    http.max_buf_size(rules.max_header_bytes.max(BUFFER_BYTES));
    let line = Line::new(rules);
    let socket = Socket::new(stream, Arc::clone(&line));
    let service = service_fn(|request| {
        let line = Arc::clone(&line);
        let answer = match refusal::of_request(&request) {
            None => Either::Left(respond(LingeringBody::wrap(request, &line))),
            Some(refusal) => {
                drop(LingeringBody::wrap(request, &line));
                Either::Right(ready(refusal))
            }
        };
        async move {
            let answer = answer.await;
            line.answer();
            Ok::<_, Infallible>(fate::seal(answer, &line).await)
        }
    });
    let connection = http.serve_connection(TokioIo::new(socket), service);
    fate::LINE.scope(Arc::clone(&line), drive::drive(connection, Arc::clone(&line), stop)).await;
}
