//! Connections that are closed, reset or stalled on purpose, so that a client can be tested for that.

use std::future::{pending, ready};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use futures_util::stream::{self, StreamExt};
use tokio::time::{Instant, sleep_until};

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
    is_stalled: AtomicBool,
    hang_up: OnceLock<HangUp>,
}

impl ConnState {
    pub(super) fn begin_request(&self) {
        self.has_had_request.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_had_request(&self) -> bool {
        self.has_had_request.load(Ordering::Relaxed)
    }

    /// Whether the connection only waits for its client to go away.
    pub(super) fn is_stalled(&self) -> bool {
        self.is_stalled.load(Ordering::Relaxed)
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

/// How often a stalled connection looks whether its client has gone.
const STALL_POLL_INTERVAL: Duration = Duration::from_millis(500);

/// Does nothing for this long, in a handler or in the body of an answer. The request is dropped earlier if its client
/// closes its side. hyper does not see that: it allows clients to close their side while they wait. Nothing is read
/// meanwhile, so a client whose unread bytes fill the buffers of the kernel cannot be seen to go.
pub(crate) async fn stall(longest: Duration) {
    let _mark = StallMark::set();
    let end = Instant::now() + longest;
    while Instant::now() < end {
        // Each time that this wakes up, hyper flushes the socket, and `poll_flush` looks for the client.
        sleep_until(end.min(Instant::now() + STALL_POLL_INTERVAL)).await;
    }
}

/// Marks the connection as stalled until it is dropped. Without a connection, as in tests, it does nothing.
struct StallMark(Option<Arc<ConnState>>);

impl StallMark {
    fn set() -> Self {
        let state = CONNECTION.try_with(Arc::clone).ok();
        if let Some(state) = &state {
            state.is_stalled.store(true, Ordering::Relaxed);
        }
        Self(state)
    }
}

impl Drop for StallMark {
    fn drop(&mut self) {
        if let Some(state) = &self.0 {
            state.is_stalled.store(false, Ordering::Relaxed);
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
