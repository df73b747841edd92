//! A body that passes through, and of which the beginning is kept.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use hyper::body::{Body as HttpBody, Bytes, Frame};

use super::file::{Direction, OpenExchange};

/// It does not tell its length: that is what the header `Content-Length` says, or nobody knows it.
pub(super) struct PassingBody<B: HttpBody> {
    inner: B,
    /// Why the body broke off. It is told one turn later: hyper sends what it has when a body waits, and drops it when a
    /// body fails.
    failure: Option<B::Error>,
    direction: Direction,
    count: u64,
    /// `None` once the body has ended.
    exchange: Option<Arc<OpenExchange>>,
}

impl<B: HttpBody> PassingBody<B> {
    pub(super) fn new(inner: B, direction: Direction, exchange: Arc<OpenExchange>) -> Self {
        let mut body = Self { inner, failure: None, direction, count: 0, exchange: Some(exchange) };
        body.leave_at_end();
        body
    }

    /// Leaves the exchange before the last bytes go on, so that whoever has them finds it in the file.
    fn leave_at_end(&mut self) {
        if self.inner.is_end_stream() {
            self.leave();
        }
    }

    fn leave(&mut self) {
        if let Some(exchange) = self.exchange.take() {
            exchange.complete(self.direction, self.count);
        }
    }
}

impl<B: HttpBody<Data = Bytes, Error: Unpin> + Unpin> HttpBody for PassingBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        if let Some(failure) = self.failure.take() {
            return Poll::Ready(Some(Err(failure)));
        }
        match ready!(Pin::new(&mut self.inner).poll_frame(context)) {
            Some(Ok(frame)) => {
                if let (Some(bytes), Some(exchange)) = (frame.data_ref(), &self.exchange) {
                    exchange.keep(self.direction, bytes);
                    self.count += bytes.len() as u64;
                }
                self.leave_at_end();
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(failure)) => {
                // What breaks off stays marked as cut.
                self.exchange = None;
                self.failure = Some(failure);
                context.waker().wake_by_ref();
                Poll::Pending
            }
            None => {
                self.leave();
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }
}
