//! One connection, from accept to close. hyper speaks HTTP; this module adds what hyper leaves to the server:
//!
//! - `body`: request bodies wait for an upload slot, have a timer, and are drained when the handler does not read them.
//! - `socket`: the socket below hyper. It lingers after the last answer, and drops clients that do not read.
//! - `http2`: connections that carry many requests at once.
//! - `gateway`: connections that begin with TLS, or with `CONNECT` as those to a proxy.
//! - `plain`: the bytes between hyper and the socket, or TLS.
//! - `end`: connections that are closed, reset or stalled on purpose.
//! - `strict`: bytes that hyper cannot parse, and requests that it accepts though HTTP forbids them.
//! - `target`: request targets that hyper truncates at a `#`.
//! - `wire`: logs the bytes that are received and sent.
//!
//! Why bodies are drained and sockets linger: if a socket is closed while received bytes are unread, the kernel sends a
//! reset, and the client's kernel then discards the answer that the client has not read yet.

mod body;
mod end;
#[cfg(feature = "tls")]
pub(crate) mod gateway;
#[cfg(feature = "tls")]
mod http2;
mod interrupted;
mod limits;
mod plain;
mod socket;
mod strict;
mod target;
mod wire;

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
use schemars::JsonSchema;
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;

use self::body::DrainedBody;
use self::end::ConnState;
pub use self::end::{ConnectionEnd, HangUp};
pub(crate) use self::end::{pause, watched};
pub(crate) use self::interrupted::Interrupted;
pub use self::limits::ConnectionLimits;
use self::limits::ConnectionMemory;
use self::plain::Plain;
use self::socket::Socket;
pub(crate) use self::strict::ForbiddenRequest;
pub use self::strict::UnreadableRequest;

/// How a request reached the server. It is a request extension; without one, it came in HTTP/1 over a plain connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Via {
    /// Over TLS.
    pub tls: bool,
    /// Through `CONNECT`, as to a proxy.
    pub proxy: bool,
    /// In HTTP/2.
    pub http2: bool,
}

/// Serves one connection with `respond` until the client closes it, HTTP ends it, or `stop` changes. Input that is not
/// an HTTP request is answered here and reported to `unreadable`.
pub async fn serve<R, F, U>(
    stream: TcpStream,
    shared: Arc<ConnectionLimits>,
    stop: watch::Receiver<()>,
    respond: R,
    unreadable: U,
) where
    R: Fn(Request<Body>) -> F,
    F: Future<Output = Response>,
    U: FnOnce(&UnreadableRequest<'_>),
{
    if let Some((socket, session)) = Session::open(stream, shared, stop, respond, unreadable).await {
        session.http1(socket, Via::default()).await;
    }
}

/// A connection, and what it is served with.
struct Session<R, U> {
    shared: Arc<ConnectionLimits>,
    state: Arc<ConnState>,
    memory: ConnectionMemory,
    stop: watch::Receiver<()>,
    respond: R,
    unreadable: U,
}

impl<R, F, U> Session<R, U>
where
    R: Fn(Request<Body>) -> F,
    F: Future<Output = Response>,
    U: FnOnce(&UnreadableRequest<'_>),
{
    /// `None` if the server stops before there is memory for the connection.
    async fn open(
        stream: TcpStream,
        shared: Arc<ConnectionLimits>,
        mut stop: watch::Receiver<()>,
        respond: R,
        unreadable: U,
    ) -> Option<(Socket, Self)> {
        // Answers are written in one piece, so waiting to fill a packet (Nagle's algorithm) would only delay them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
        // Wait for memory, which takes time only beyond the first 64 connections, or give up when the server stops.
        let memory = tokio::select! {
            memory = shared.memory() => memory,
            _ = stop.changed() => return None,
        };
        let state = Arc::<ConnState>::default();
        let socket = Socket::new(stream, Arc::clone(&state), &shared);
        Some((socket, Self { shared, state, memory, stop, respond, unreadable }))
    }

    async fn http1<S: AsyncRead + AsyncWrite + Unpin>(self, stream: S, via: Via) {
        let Self { shared, state, memory, mut stop, respond, unreadable } = self;
        let limits = &shared.limits;
        let max_header_bytes = memory.max_header_bytes(limits);
        let mut http = http1::Builder::new();
        http.half_close(true).timer(TokioTimer::new()).header_read_timeout(limits.header_read_timeout);
        http.max_header_size(max_header_bytes).max_buf_size(memory.buffer_bytes(limits));

        let plain = Plain::new(stream, Arc::clone(&state), &shared);
        let service = service_fn(|request| {
            state.begin_request();
            let forbidden = strict::forbidden(&request, &state.targets);
            let mut request = DrainedBody::wrap(request, &shared, &state);
            if let Some(forbidden) = forbidden {
                request.extensions_mut().insert(forbidden);
            }
            request.extensions_mut().insert(via);
            let (respond, state) = (&respond, &state);
            async move {
                let mut answer = respond(request).await;
                if state.awaits_continue.get() {
                    // The client never got its `100 Continue`, so it may or may not send the body now. hyper closes the
                    // connection, because it cannot tell; announce that.
                    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(end::apply(answer, state).await)
            }
        });
        let mut connection = http.serve_connection(TokioIo::new(plain), service);
        let ended = end::CONNECTION.scope(Arc::clone(&state), async {
            // Wait until the connection ends or the server stops. `biased` polls the connection first, so it makes all
            // the progress that it can before we look at `stop`. On `stop`, hyper finishes the request in progress, does
            // not wait for one whose head is incomplete, and closes idle connections. It does not close a connection
            // that never had a request, so we return.
            tokio::select! {
                biased;
                ended = &mut connection => return ended,
                _ = stop.changed() => state.is_stopping.set(true),
            }
            if !state.has_had_request.get() {
                return Ok(());
            }
            Pin::new(&mut connection).graceful_shutdown();
            (&mut connection).await
        });
        match ended.await {
            Ok(()) => connection.into_parts().io.into_inner().end(b"").await,
            Err(error) => {
                tracing::debug!(%error, "connection ended");
                let parts = connection.into_parts();
                if let Some(answer) =
                    strict::answer_to_unreadable(&error, &parts.read_buf, limits, max_header_bytes, unreadable)
                {
                    parts.io.into_inner().end(answer.as_bytes()).await;
                }
            }
        }
    }
}
