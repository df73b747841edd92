//! Connections that are closed, reset or stalled on purpose, so that a client can be tested for that.

use std::future::{pending, ready};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use futures_util::stream::{self, StreamExt};
use tokio::time::{sleep, timeout};

use super::target::TargetWatch;

/// How the server hangs up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HangUp {
    /// In order: the client reads to the end of what was sent.
    Close,
    /// With a reset, as when a server dies. What the client has not received by then is lost.
    Reset,
}

/// An extension of an answer: the connection ends with it. Without one, the connection is kept or closed as HTTP says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionEnd {
    /// Nothing of the answer is sent, neither status nor headers.
    NoAnswer(HangUp),
    /// The answer is sent until its body fails, or ends before the `Content-Length` that it announces. All bytes that
    /// the body gave until then are sent.
    CutBody(HangUp),
}

/// What the handlers and the socket of one connection share.
#[derive(Debug, Default)]
pub(super) struct ConnState {
    has_had_request: AtomicBool,
    is_waiting: AtomicBool,
    is_stopping: AtomicBool,
    hang_up: OnceLock<HangUp>,
    /// Whether a body is on its way, or waited for.
    in_body: AtomicBool,
    /// Whether that body comes only when the client is told to send it.
    awaits_continue: AtomicBool,
    pub(super) targets: TargetWatch,
}

impl ConnState {
    pub(super) fn begin_request(&self) {
        self.awaits_continue.store(false, Ordering::Relaxed);
        self.has_had_request.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_had_request(&self) -> bool {
        self.has_had_request.load(Ordering::Relaxed)
    }

    /// Whether the connection has nothing to do but to wait, so that it is over if its client goes away.
    pub(super) fn is_waiting(&self) -> bool {
        self.is_waiting.load(Ordering::Relaxed)
    }

    /// A request has a body, which comes only when it is read if the client `awaits_continue`.
    pub(super) fn begin_body(&self, awaits_continue: bool) {
        self.in_body.store(true, Ordering::Relaxed);
        self.awaits_continue.store(awaits_continue, Ordering::Relaxed);
    }

    /// The body is read from now on.
    pub(super) fn read_body(&self) {
        self.awaits_continue.store(false, Ordering::Relaxed);
    }

    /// The body has ended, or is not read any longer.
    pub(super) fn end_body(&self) {
        self.in_body.store(false, Ordering::Relaxed);
    }

    /// Whether the client still waits to be told that it may send its body.
    pub(super) fn body_is_awaited(&self) -> bool {
        self.awaits_continue.load(Ordering::Relaxed)
    }

    /// These bytes came in.
    pub(super) fn received(&self, bytes: &[u8]) {
        if !self.in_body.load(Ordering::Relaxed) {
            self.targets.see(bytes);
        }
    }

    /// The server stops: nothing waits any longer.
    pub(super) fn stop(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
    }

    /// Has the server hang up as soon as hyper has sent all that it has. The first call counts.
    pub(super) fn hang_up(&self, how: HangUp) {
        self.hang_up.get_or_init(|| how);
    }

    /// How the server is to hang up, if it is.
    pub(super) fn hanging_up(&self) -> Option<HangUp> {
        self.hang_up.get().copied()
    }
}

tokio::task_local! {
    /// The connection of the request that is being answered.
    pub(super) static CONNECTION: Arc<ConnState>;
}

/// How often a connection that waits looks whether its client has gone.
const WATCH_INTERVAL: Duration = Duration::from_millis(500);

/// Awaits `work`; `None` if the server stops meanwhile. The request is dropped if its client closes its side. hyper does
/// not see that: it allows clients to close their side while they wait.
pub(crate) async fn watched<T>(work: impl Future<Output = T>) -> Option<T> {
    let watch = Watch::begin();
    let mut work = pin!(work);
    loop {
        // Each time that this wakes up, hyper flushes the socket, and `poll_flush` looks for the client.
        if let Ok(done) = timeout(WATCH_INTERVAL, &mut work).await {
            return Some(done);
        }
        if watch.0.as_ref().is_some_and(|state| state.is_stopping.load(Ordering::Relaxed)) {
            return None;
        }
    }
}

/// Does nothing for this long, or until the server stops or the client is gone.
pub(crate) async fn pause(longest: Duration) {
    if !longest.is_zero() {
        watched(sleep(longest)).await;
    }
}

/// Has the connection look for its client until it is dropped. Without a connection, as in tests, it does nothing.
struct Watch(Option<Arc<ConnState>>);

impl Watch {
    fn begin() -> Self {
        let state = CONNECTION.try_with(Arc::clone).ok();
        if let Some(state) = &state {
            state.is_waiting.store(true, Ordering::Relaxed);
        }
        Self(state)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(state) = &self.0 {
            state.is_waiting.store(false, Ordering::Relaxed);
        }
    }
}

/// Carries out the [`ConnectionEnd`] of an answer, if it has one.
pub(super) async fn apply(mut answer: Response, state: &Arc<ConnState>) -> Response {
    match answer.extensions_mut().remove::<ConnectionEnd>() {
        None => answer,
        Some(ConnectionEnd::NoAnswer(how)) => {
            state.hang_up(how);
            // Without an answer, hyper only flushes what it has, and then `poll_flush` fails on purpose.
            pending().await
        }
        Some(ConnectionEnd::CutBody(how)) => {
            let state = Arc::clone(state);
            // After an error hyper would drop what it has not sent yet. While the body is pending hyper flushes, and then
            // `poll_flush` fails on purpose.
            let hang_up = stream::once(async move {
                state.hang_up(how);
                pending().await
            });
            answer.map(|body| {
                let sent = body.into_data_stream().take_while(|chunk| ready(chunk.is_ok()));
                Body::from_stream(sent.chain(hang_up))
            })
        }
    }
}
