//! HTTP/2, which clients choose within TLS. A connection carries many requests at once; a fault that ends the connection
//! ends all of them.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use axum::body::Body;
use axum::http::header::HOST;
use axum::http::uri::Uri;
use axum::http::{HeaderValue, Request};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::body::DrainedBody;
use super::end::{self, ConnState};
use super::{Session, Via};

/// The bounds of a window, in bytes: what the protocol begins with, and what hyper begins with.
const WINDOW_BYTES: (usize, usize) = (64 * 1024 - 1, 1024 * 1024);

/// Answers requests in tasks that know their connection.
#[derive(Clone)]
struct Answering(Arc<ConnState>);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Answering {
    fn execute(&self, answering: F) {
        tokio::spawn(end::CONNECTION.scope(Arc::clone(&self.0), answering));
    }
}

impl<R, F, U> Session<R, U>
where
    R: Fn(Request<Body>) -> F + Send + Sync + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    pub(super) async fn http2<S: AsyncRead + AsyncWrite + Unpin>(self, stream: S, via: Via) {
        let Self { shared, state, memory, mut stop, respond, unreadable: _ } = self;
        state.is_shared.set(true);
        let limits = &shared.limits;
        let window = memory.buffer_bytes(limits).clamp(WINDOW_BYTES.0, WINDOW_BYTES.1) as u32;
        let mut http = http2::Builder::new(Answering(Arc::clone(&state)));
        http.initial_stream_window_size(window).initial_connection_window_size(window);
        http.max_header_list_size(u32::try_from(memory.max_header_bytes(limits)).unwrap_or(u32::MAX));
        let respond = Arc::new(respond);
        let (shared, of_connection) = (Arc::clone(&shared), Arc::clone(&state));
        let service = service_fn(move |request: Request<Incoming>| {
            let state = Arc::clone(&of_connection);
            state.begin_request();
            let mut request = DrainedBody::wrap(with_host(request), &shared, &state);
            request.extensions_mut().insert(via);
            let respond = Arc::clone(&respond);
            async move { Ok::<_, Infallible>(end::apply(respond(request).await, &state).await) }
        });
        let mut connection = http.serve_connection(TokioIo::new(stream), service);
        let mut is_stopping = false;
        loop {
            tokio::select! {
                biased;
                ended = &mut connection => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "connection ended");
                    }
                    return;
                }
                () = state.hanging.notified() => break,
                _ = stop.changed(), if !is_stopping => {
                    is_stopping = true;
                    state.is_stopping.set(true);
                    Pin::new(&mut connection).graceful_shutdown();
                }
            }
        }
        // What was to be sent before goes out, as far as the client reads. Then the connection is dropped.
        poll_fn(|context| match Pin::new(&mut connection).poll(context) {
            Poll::Pending if state.is_writing.get() => Poll::Pending,
            Poll::Pending | Poll::Ready(_) => Poll::Ready(()),
        })
        .await;
    }
}

/// The request as HTTP/1.1 has it: with the host in `Host`, and not in its target.
fn with_host(mut request: Request<Incoming>) -> Request<Incoming> {
    let authority = request.uri().authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok());
    if let Some(host) = authority {
        request.headers_mut().insert(HOST, host);
    }
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    if let Ok(target) = target.parse::<Uri>() {
        *request.uri_mut() = target;
    }
    request
}
