//! One connection, from accept to close. hyper speaks HTTP; this module adds what hyper leaves to the server:
//!
//! - `body`: request bodies wait for an upload slot, have a timer, and are drained when the handler does not read them.
//! - `socket`: the socket below hyper. It lingers after the last answer, and gives up clients that do not read.
//! - `end`: connections that are closed, reset or stalled on purpose.
//! - `strict`: requests that hyper cannot read, and those that it can, but must be refused.
//! - `target`: request targets that hyper would cut.
//!
//! Why bodies are drained and sockets linger: when a socket is closed while received bytes are still unread, the kernel
//! sends a reset, and the client's kernel then throws away the answer that it has not read yet.

mod body;
mod end;
mod interrupted;
mod limits;
mod socket;
mod strict;
mod target;

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, Request};
use axum::response::Response;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::watch;

use self::body::DrainedBody;
use self::end::ConnState;
pub use self::end::{ConnectionEnd, HangUp};
pub(crate) use self::end::{pause, watched};
pub(crate) use self::interrupted::Interrupted;
pub use self::limits::ConnectionLimits;
use self::socket::Socket;
pub(crate) use self::strict::ForbiddenRequest;
pub use self::strict::UnreadableRequest;

/// Answers the requests of a connection with `respond`, until the client or HTTP ends it, or until `stop` changes. What is
/// no request is answered here, and told to `unreadable`.
pub async fn serve<R, F, U>(
    stream: TcpStream,
    shared: Arc<ConnectionLimits>,
    mut stop: watch::Receiver<()>,
    respond: R,
    unreadable: U,
) where
    R: Fn(Request<Body>) -> F,
    F: Future<Output = Response>,
    U: FnOnce(&UnreadableRequest<'_>),
{
    // Answers are written whole, so waiting for more to fill a packet only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let limits = &shared.limits;
    let memory = tokio::select! {
        memory = shared.memory() => memory,
        _ = stop.changed() => return,
    };
    let max_header_bytes = memory.max_header_bytes(limits);
    let mut http = http1::Builder::new();
    http.half_close(true).timer(TokioTimer::new()).header_read_timeout(limits.header_read_timeout);
    http.max_header_size(max_header_bytes).max_buf_size(memory.buffer_bytes(limits));

    let state = Arc::<ConnState>::default();
    let socket = Socket::new(stream, Arc::clone(&state), limits.idle_timeout);
    let service = service_fn(|request| {
        state.begin_request();
        let forbidden = strict::forbidden(&request, &state.targets);
        let mut request = DrainedBody::wrap(request, &shared, &state);
        if let Some(forbidden) = forbidden {
            request.extensions_mut().insert(forbidden);
        }
        let (respond, state) = (&respond, &state);
        async move {
            let mut answer = respond(request).await;
            if state.body_is_awaited() {
                // The client was not told to send it, so nobody knows what comes next, and hyper closes the connection.
                answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(end::apply(answer, state).await)
        }
    });
    let mut connection = http.serve_connection(TokioIo::new(socket), service);
    let ended = end::CONNECTION.scope(Arc::clone(&state), async {
        // The connection is polled first, and `stop` only while it has nothing to do. When the server stops, the
        // connection may finish the request that it has, but a client that has sent no whole request is not waited for.
        // hyper closes idle connections by itself, except those that have never had a request.
        tokio::select! {
            biased;
            ended = &mut connection => return ended,
            _ = stop.changed() => state.stop(),
        }
        if !state.has_had_request() {
            return Ok(());
        }
        Pin::new(&mut connection).graceful_shutdown();
        (&mut connection).await
    });
    if let Err(error) = ended.await {
        tracing::debug!(%error, "connection ended");
        let parts = connection.into_parts();
        if let Some(answer) =
            strict::answer_to_unreadable(&error, &parts.read_buf, limits, max_header_bytes, unreadable)
        {
            parts.io.into_inner().write_last(answer.as_bytes()).await;
        }
    }
}
