//! Request bodies on their way from hyper to the application. Each waits for its turn, then it is received until it
//! ends, until its client is too slow, or until nobody wants it any longer; then the rest is thrown away.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use axum::BoxError;
use axum::body::Body;
use axum::http::Request;
use axum::http::header::EXPECT;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http_body_util::BodyExt;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use super::line::Line;
use super::{LONGEST, PAUSE};
use crate::api::interrupted::Interrupted;

/// A request body that is read to its end, and thrown away, even if nobody wants it.
pub(super) struct LingeringBody {
    /// `None` once it has ended.
    rest: Option<Rest>,
    turn: Turn,
    /// Whether the client sends the body without being asked to.
    coming: bool,
}

/// What is still to come of a body.
struct Rest {
    body: Incoming,
    line: Arc<Line>,
}

/// Whether a body may be received now.
enum Turn {
    /// Nobody asked for the body yet.
    NotYet,
    /// Too many others are being received.
    Queued(BoxFuture<'static, Result<OwnedSemaphorePermit, AcquireError>>),
    /// It may, as long as it has this.
    Mine { _permit: OwnedSemaphorePermit },
}

impl LingeringBody {
    /// Begins a request: its body knows the line.
    pub(super) fn wrap(request: Request<Incoming>, line: &Arc<Line>) -> Request<Body> {
        let has_body = !request.body().is_end_stream();
        line.begin(has_body);
        // A client that waits for "100 Continue" sends nothing before it gets one, and it gets none if nobody reads.
        let coming = !request.headers().contains_key(EXPECT);
        request.map(|body| {
            if !has_body {
                return Body::empty();
            }
            let rest = Some(Rest { body, line: Arc::clone(line) });
            Body::new(Self { rest, turn: Turn::NotYet, coming })
        })
    }

    /// Ends it: without more of it, or of the interest in it.
    fn end(&mut self) {
        self.rest = None;
        self.turn = Turn::NotYet;
    }

    fn interrupt(&mut self, reason: Interrupted) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.end();
        Poll::Ready(Some(Err(reason.into())))
    }
}

impl Turn {
    /// Ready when it has come.
    fn poll(&mut self, context: &mut Context<'_>, turns: &Arc<Semaphore>) -> Poll<()> {
        loop {
            match self {
                Self::Mine { .. } => return Poll::Ready(()),
                Self::NotYet => match Arc::clone(turns).try_acquire_owned() {
                    Ok(permit) => *self = Self::Mine { _permit: permit },
                    Err(_) => *self = Self::Queued(Box::pin(Arc::clone(turns).acquire_owned())),
                },
                Self::Queued(queued) => match ready!(queued.as_mut().poll(context)) {
                    Ok(permit) => *self = Self::Mine { _permit: permit },
                    // The semaphore is never closed.
                    Err(_) => return Poll::Pending,
                },
            }
        }
    }
}

impl HttpBody for LingeringBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.coming = true;
        let Self { rest: Some(Rest { body, line }), turn, .. } = &mut *self else { return Poll::Ready(None) };
        let was_queued = matches!(turn, Turn::Queued(_));
        if turn.poll(context, &line.rules().turns).is_pending() {
            return match line.queue(context.waker(), Instant::now) {
                None => Poll::Pending,
                Some(reason) => self.interrupt(reason),
            };
        }
        if was_queued {
            line.dequeue();
        }
        match Pin::new(body).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(Ok(frame))),
            Poll::Ready(ended) => {
                self.end();
                Poll::Ready(ended.map(|result| result.map_err(BoxError::from)))
            }
            Poll::Pending => match line.await_body(context.waker()) {
                None => Poll::Pending,
                Some(reason) => self.interrupt(reason),
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.as_ref().is_none_or(|rest| rest.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.rest.as_ref().map_or(SizeHint::with_exact(0), |rest| rest.body.size_hint())
    }
}

impl Drop for LingeringBody {
    fn drop(&mut self) {
        let rest = self.rest.take().filter(|rest| self.coming && !rest.body.is_end_stream());
        if let (Some(mut rest), Ok(runtime)) = (rest, tokio::runtime::Handle::try_current()) {
            rest.line.discard_body();
            let discard =
                async move { while let Ok(Some(Ok(_))) = tokio::time::timeout(PAUSE, rest.body.frame()).await {} };
            runtime.spawn(tokio::time::timeout(LONGEST, discard));
        }
    }
}

impl Drop for Rest {
    fn drop(&mut self) {
        self.line.end_body();
    }
}
