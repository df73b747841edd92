//! The bytes of HTTP below hyper, above TLS where there is TLS: they are logged, request targets are watched, and hyper's
//! own answers are swallowed.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::timeout;

use super::end::ConnState;
use super::limits::{ConnectionLimits, MAX_LINGER_PAUSE};
use super::strict;
use super::wire::WireLog;

/// What hyper reads from and writes to.
#[derive(Debug)]
pub(super) struct Plain<S> {
    stream: S,
    state: Arc<ConnState>,
    received: WireLog,
    sent: WireLog,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Plain<S> {
    pub(super) fn new(stream: S, state: Arc<ConnState>, shared: &ConnectionLimits) -> Self {
        let [received, sent] = ["received", "sent"].map(|what| WireLog::new(what, shared.secrets));
        Self { stream, state, received, sent }
    }

    /// Sends what hyper could not send any more, and after that the end of TLS.
    pub(super) async fn end(mut self, last: &[u8]) {
        let sent = async {
            self.write_all(last).await?;
            self.stream.shutdown().await
        };
        if !matches!(timeout(MAX_LINGER_PAUSE, sent).await, Ok(Ok(()))) {
            tracing::debug!("the end of a connection was not sent");
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Plain<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let filled_before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        self.state.received(&buffer.filled()[filled_before..]);
        self.received.show(&buffer.filled()[filled_before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Plain<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if strict::is_from_hyper(bytes) {
            // hyper's own answer to a bad head has no body. Swallow it: `serve` sends a better one once hyper has
            // returned.
            return Poll::Ready(Ok(bytes.len()));
        }
        let count = ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
        self.sent.show(&bytes[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [one] = buffers {
            return self.poll_write(context, one);
        }
        let count = ready!(Pin::new(&mut self.stream).poll_write_vectored(context, buffers))?;
        let mut left = count;
        for buffer in buffers {
            self.sent.show(&buffer[..buffer.len().min(left)]);
            left -= buffer.len().min(left);
        }
        Poll::Ready(Ok(count))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    /// Does nothing, so that [`Self::end`] can still send.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
