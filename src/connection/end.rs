//! Closes, resets and stalls connections on purpose, to test how a client copes.

use std::future::{pending, ready};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use futures_util::stream::{self, StreamExt};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::target::TargetWatch;

/// How the server hangs up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HangUp {
    /// An orderly close: the client can read everything that was sent.
    Close,
    /// A TCP reset, as if the server had died. Bytes that the client has not received yet are lost.
    Reset,
}

/// A response extension that ends the connection. Without it, HTTP decides whether the connection stays open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionEnd {
    /// Sends nothing of the answer, neither status nor headers.
    NoAnswer(HangUp),
    /// Sends the answer until its body fails or ends short of its `Content-Length`. Every byte that the body yielded is
    /// sent first.
    CutBody(HangUp),
}

/// A flag that guards no other data, so `Relaxed` ordering is enough.
#[derive(Debug, Default)]
pub(super) struct Flag(AtomicBool);

impl Flag {
    pub(super) fn set(&self, value: bool) {
        self.0.store(value, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// State that the handlers and the socket of one connection share.
#[derive(Debug, Default)]
pub(super) struct ConnState {
    pub(super) has_had_request: Flag,
    /// Whether the handler only waits, as in a delay or a stall. The connection may then end if its client leaves.
    pub(super) is_waiting: Flag,
    /// Tells the waits of this connection to end, because the server stops.
    pub(super) is_stopping: Flag,
    /// How to hang up, once somebody asked for it.
    pub(super) hang_up: OnceLock<HangUp>,
    /// Wakes the connection when it is to be hung up, where a flush does not end it.
    pub(super) hanging: Notify,
    /// Whether several requests use it at once, as in HTTP/2. From then on a flush no longer hangs up.
    pub(super) is_shared: Flag,
    /// Whether the kernel has not taken yet what was written.
    pub(super) is_writing: Flag,
    /// Whether a request body is being received or awaited.
    pub(super) in_body: Flag,
    /// Whether the client waits for `100 Continue` before it sends that body.
    pub(super) awaits_continue: Flag,
    pub(super) targets: TargetWatch,
}

impl ConnState {
    pub(super) fn begin_request(&self) {
        self.awaits_continue.set(false);
        self.has_had_request.set(true);
    }

    /// Scans received bytes for truncated targets, unless they belong to a body.
    pub(super) fn received(&self, bytes: &[u8]) {
        if !self.in_body.get() {
            self.targets.see(bytes);
        }
    }

    /// Makes the socket hang up once hyper has sent all that it has. Only the first call counts.
    pub(super) fn hang_up(&self, how: HangUp) {
        self.hang_up.get_or_init(|| how);
        self.hanging.notify_one();
    }

    /// Whether a flush hangs up.
    pub(super) fn ends_at_flush(&self) -> bool {
        self.hang_up.get().is_some() && !self.is_shared.get()
    }
}

tokio::task_local! {
    /// The connection of the request that is being answered.
    pub(super) static CONNECTION: Arc<ConnState>;
}

/// How often a waiting connection checks whether its client is gone.
const WATCH_INTERVAL: Duration = Duration::from_millis(500);

/// Awaits `work`; `None` if the server stops first. If the client closes its side, the whole request is dropped. hyper
/// alone would not notice that, because it allows clients to half-close while they wait.
pub(crate) async fn watched<T>(work: impl Future<Output = T>) -> Option<T> {
    let watch = Watch::begin();
    let mut work = pin!(work);
    loop {
        // Each wake-up makes hyper flush the socket, and `poll_flush` then checks whether the client is gone.
        if let Ok(done) = timeout(WATCH_INTERVAL, &mut work).await {
            return Some(done);
        }
        if watch.0.as_ref().is_some_and(|state| state.is_stopping.get()) {
            return None;
        }
    }
}

/// Sleeps this long, or until the server stops or the client is gone.
pub(crate) async fn pause(longest: Duration) {
    if !longest.is_zero() {
        // Boxed, because few requests pause, and a timer would make the future of each one large.
        Box::pin(watched(sleep(longest))).await;
    }
}

/// While this lives, the connection checks whether its client is gone. It does nothing without a connection, as in
/// tests.
struct Watch(Option<Arc<ConnState>>);

impl Watch {
    fn begin() -> Self {
        let state = CONNECTION.try_with(Arc::clone).ok();
        if let Some(state) = &state {
            state.is_waiting.set(true);
        }
        Self(state)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(state) = &self.0 {
            state.is_waiting.set(false);
        }
    }
}

/// Carries out the [`ConnectionEnd`] of an answer, if it has one.
pub(super) async fn apply(mut answer: Response, state: &Arc<ConnState>) -> Response {
    match answer.extensions_mut().remove::<ConnectionEnd>() {
        None => answer,
        Some(ConnectionEnd::NoAnswer(how)) => {
            state.hang_up(how);
            // Never answer: hyper flushes what it has, and `poll_flush` then fails on purpose, which ends the
            // connection.
            pending().await
        }
        Some(ConnectionEnd::CutBody(how)) => {
            let state = Arc::clone(state);
            // If the body failed, hyper would drop what it has not sent yet. So let the body wait instead: hyper
            // flushes, and `poll_flush` then fails on purpose.
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
