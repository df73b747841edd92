//! Request bodies between hyper and the application: upload slots, timers, and draining of unread bodies.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::BoxError;
use axum::body::Body;
use axum::http::header::EXPECT;
use axum::http::{Request, Version};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http_body_util::BodyExt;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use super::end::ConnState;
use super::interrupted::Interrupted;
use super::limits::{ConnectionLimits, MAX_LINGER, MAX_LINGER_PAUSE};

/// A request body. The first read takes an upload slot, and waits for one if all are taken. If the body is dropped
/// before its end, the rest is read and discarded, so that the client can read its answer and reuse the connection.
pub(super) struct DrainedBody {
    /// `None` once the body has ended, or was interrupted.
    incoming: Option<Incoming>,
    shared: Arc<ConnectionLimits>,
    state: Arc<ConnState>,
    waiting_for_slot: Option<BoxFuture<'static, Result<OwnedSemaphorePermit, Interrupted>>>,
    slot: Option<OwnedSemaphorePermit>,
    timer: BodyTimer,
}

impl DrainedBody {
    pub(super) fn wrap(
        request: Request<Incoming>,
        shared: &Arc<ConnectionLimits>,
        state: &Arc<ConnState>,
    ) -> Request<Body> {
        // hyper sends "100 Continue" on the first read of the body. Until then, such a client sends nothing. In HTTP/2 an
        // unread body does not stand in the way of the next request.
        let awaits_continue = request.version() < Version::HTTP_2 && request.headers().contains_key(EXPECT);
        request.map(|incoming| {
            if incoming.is_end_stream() {
                return Body::empty();
            }
            let timer = BodyTimer::new(shared.limits.idle_timeout, shared.limits.min_upload_bytes_per_second);
            state.in_body.set(true);
            state.awaits_continue.set(awaits_continue);
            let (incoming, shared, state) = (Some(incoming), Arc::clone(shared), Arc::clone(state));
            Body::new(Self { incoming, shared, state, waiting_for_slot: None, slot: None, timer })
        })
    }

    /// Gives back the connection and the upload slot.
    fn release(&mut self) {
        self.incoming = None;
        self.slot = None;
        self.state.in_body.set(false);
    }

    fn interrupt(&mut self, reason: Interrupted) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.release();
        Poll::Ready(Some(Err(reason.into())))
    }
}

impl HttpBody for DrainedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.state.awaits_continue.set(false);
        let Self { incoming: Some(incoming), shared, waiting_for_slot, slot, timer, .. } = &mut *self else {
            return Poll::Ready(None);
        };
        if slot.is_none() {
            let waiting = waiting_for_slot.get_or_insert_with(|| Box::pin(upload_slot(Arc::clone(shared))));
            let acquired = ready!(waiting.as_mut().poll(context));
            *waiting_for_slot = None;
            match acquired {
                Ok(permit) => *slot = Some(permit),
                Err(reason) => return self.interrupt(reason),
            }
        }
        // Poll the body before the timer: bytes that have arrived count even if the timer has expired too. Both polls
        // register this task's waker.
        match Pin::new(incoming).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                timer.received(frame.data_ref().map_or(0, Bytes::len));
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(ended) => {
                self.release();
                Poll::Ready(ended.map(|result| result.map_err(BoxError::from)))
            }
            Poll::Pending => {
                let reason = ready!(timer.poll_expired(context));
                self.interrupt(reason)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.as_ref().map_or(SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for DrainedBody {
    fn drop(&mut self) {
        let state = Arc::clone(&self.state);
        let unread = self.incoming.take().filter(|incoming| !state.awaits_continue.get() && !incoming.is_end_stream());
        match (unread, tokio::runtime::Handle::try_current()) {
            (Some(mut incoming), Ok(runtime)) => {
                let drain = async move {
                    while let Ok(Some(Ok(_))) = timeout(MAX_LINGER_PAUSE, incoming.frame()).await {}
                    state.in_body.set(false);
                };
                runtime.spawn(timeout(MAX_LINGER, drain));
            }
            _ => state.in_body.set(false),
        }
    }
}

/// Waits for an upload slot, for at most the idle timeout. The semaphore is fair: first come, first served.
async fn upload_slot(shared: Arc<ConnectionLimits>) -> Result<OwnedSemaphorePermit, Interrupted> {
    let slot = Arc::clone(&shared.upload_slots).acquire_owned();
    match timeout(shared.limits.idle_timeout, slot).await {
        Ok(Ok(slot)) => Ok(slot),
        // `Err` is the timeout. `Ok(Err)` would mean that the semaphore is closed, which it never is.
        Ok(Err(_)) | Err(_) => Err(Interrupted::NoTurn { max_uploads: shared.limits.max_uploads }),
    }
}

/// Limits how long the server waits for a body: it interrupts a client that sends nothing for the idle timeout, or that
/// stays below the minimum rate.
///
/// A token bucket that holds time. Waiting drains it; each received byte adds the time that one byte takes at the
/// minimum rate; its capacity is the idle timeout. It drains only while the application wants bytes and there are none,
/// so a slow server is never blamed on the client.
struct BodyTimer {
    idle_timeout: Duration,
    /// 0 means no minimum: any byte fills the bucket.
    min_bytes_per_second: u64,
    time_left: Duration,
    waiting_since: Option<Instant>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl BodyTimer {
    fn new(idle_timeout: Duration, min_bytes_per_second: u64) -> Self {
        Self { idle_timeout, min_bytes_per_second, time_left: idle_timeout, waiting_since: None, sleep: None }
    }

    fn received(&mut self, bytes: usize) {
        if let Some(since) = self.waiting_since.take() {
            self.time_left = self.time_left.saturating_sub(since.elapsed());
        }
        let seconds = bytes as f64 / self.min_bytes_per_second as f64;
        let earned = Duration::try_from_secs_f64(seconds).unwrap_or(self.idle_timeout);
        self.time_left = self.time_left.saturating_add(earned).min(self.idle_timeout);
    }

    /// Call this when there is nothing to read. It starts the wait, and is ready once the bucket is empty.
    fn poll_expired(&mut self, context: &mut Context<'_>) -> Poll<Interrupted> {
        let since = *self.waiting_since.get_or_insert_with(Instant::now);
        let deadline = since + self.time_left;
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if sleep.deadline() != deadline {
            sleep.as_mut().reset(deadline);
        }
        ready!(sleep.as_mut().poll(context));
        Poll::Ready(if since.elapsed() >= self.idle_timeout {
            Interrupted::Stalled { after: self.idle_timeout }
        } else {
            Interrupted::TooSlow { bytes_per_second: self.min_bytes_per_second }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use tokio::time::advance;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn timer() -> BodyTimer {
        BodyTimer::new(60 * SECOND, 10)
    }

    /// Receives `bytes` bytes at the end of each second. Returns the second in which the timer expires, and why.
    async fn expiry(timer: &mut BodyTimer, bytes: usize) -> Option<(u64, Interrupted)> {
        let mut context = Context::from_waker(Waker::noop());
        for second in 1..1000 {
            assert_eq!(timer.poll_expired(&mut context), Poll::Pending);
            advance(SECOND).await;
            if let Poll::Ready(reason) = timer.poll_expired(&mut context) {
                return Some((second, reason));
            }
            if bytes > 0 {
                timer.received(bytes);
            }
        }
        None
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_may_be_slow_but_not_too_slow() {
        let too_slow = Interrupted::TooSlow { bytes_per_second: 10 };
        for (bytes, expected) in [
            (0, Some((60, Interrupted::Stalled { after: 60 * SECOND }))),
            (1, Some((67, too_slow))),
            (9, Some((591, too_slow))),
            (10, None),
        ] {
            assert_eq!(expiry(&mut timer(), bytes).await, expected, "{bytes} bytes per second");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_came_before_does_not_excuse_a_client_for_ever() {
        let mut timer = timer();
        timer.received(100_000_000);
        assert_eq!(expiry(&mut timer, 1).await.map(|(second, _)| second), Some(67));
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_in_which_the_application_does_not_read_is_not_counted() {
        let mut timer = timer();
        timer.received(1);
        advance(1000 * SECOND).await;
        assert_eq!(expiry(&mut timer, 0).await.map(|(second, _)| second), Some(60));
    }
}
