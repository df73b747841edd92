//! The socket below hyper: a write timeout, endings on purpose, and lingering.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep, timeout};

use super::end::{ConnState, HangUp};
use super::limits::{ConnectionLimits, MAX_LINGER, MAX_LINGER_PAUSE};

/// The most that one read may return, in bytes. With more, hyper's buffers grow so large that their memory goes back to
/// the system after each use. hyper doubles a buffer that was filled, so this lies between two powers of two.
const READ_BYTES: u64 = 96 * 1024;

/// The write timeout, in idle timeouts. A slow reader looks idle for long, because the kernel reports that a client
/// reads only once it has read much of what was sent.
const WRITE_TIMEOUT_FACTOR: u32 = 10;

/// A TCP socket that gives up on clients that do not read, hangs up when [`ConnState`] says so, and lingers when
/// dropped: it reads and discards what the client still sends, until the client closes its side too.
#[derive(Debug)]
pub(super) struct Socket {
    /// `None` only during `drop`.
    stream: Option<TcpStream>,
    /// Whether the client has closed its side.
    peer_done: bool,
    state: Arc<ConnState>,
    write_timeout: Duration,
    /// Runs while a write is pending.
    write_timer: Option<Pin<Box<Sleep>>>,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, state: Arc<ConnState>, shared: &ConnectionLimits) -> Self {
        let write_timeout = shared.limits.idle_timeout.saturating_mul(WRITE_TIMEOUT_FACTOR);
        Self { stream: Some(stream), peer_done: false, state, write_timeout, write_timer: None }
    }

    fn stream(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        self.stream.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// Whether the client has closed its side, even if bytes that it sent before are still unread.
    fn peer_is_gone(&self, context: &mut Context<'_>) -> bool {
        let Some(stream) = &self.stream else { return true };
        let readiness = pin!(stream.ready(Interest::READABLE)).poll(context);
        matches!(readiness, Poll::Ready(Ok(readiness)) if readiness.is_read_closed())
    }

    /// Applies the write timeout to the outcome of a write. The timer starts when a write is pending and stops when one
    /// completes. When it expires it wakes this task; hyper then writes again, and gets the error.
    fn with_timer(&mut self, written: Poll<io::Result<usize>>, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.state.is_writing.set(written.is_pending());
        if written.is_ready() {
            self.write_timer = None;
            return written;
        }
        let timer = self.write_timer.get_or_insert_with(|| Box::pin(sleep(self.write_timeout)));
        ready!(timer.as_mut().poll(context));
        self.state.hang_up(HangUp::Reset);
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let filled_before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream()?.take(READ_BYTES)).poll_read(context, buffer))?;
        self.peer_done = buffer.filled().len() == filled_before;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = self.stream()?.poll_write(context, bytes);
        self.with_timer(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = self.stream()?.poll_write_vectored(context, buffers);
        self.with_timer(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.as_ref().is_some_and(TcpStream::is_write_vectored)
    }

    /// hyper calls this whenever it has sent all that it has. To end a connection on purpose, this fails: hyper then
    /// gives up and drops the socket.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.stream()?.poll_flush(context))?;
        let is_over = self.state.ends_at_flush() || self.state.is_waiting.get() && self.peer_is_gone(context);
        Poll::Ready(if is_over { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) })
    }

    /// Does nothing: dropping the socket closes it.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let Some(mut stream) = self.stream.take() else { return };
        if !self.peer_done && self.state.hang_up.get() == Some(&HangUp::Reset) {
            // With this option, the drop sends a reset. Without it, the drop closes in order.
            if let Err(error) = stream.set_zero_linger() {
                tracing::debug!(%error, "cannot reset a connection");
            }
            return;
        }
        // `shutdown` never waits on a TCP socket, so it can run in `drop`. It fails if the connection is already gone.
        let is_connected = matches!(stream.shutdown().now_or_never(), Some(Ok(())));
        if let (true, false, Ok(runtime)) = (is_connected, self.peer_done, tokio::runtime::Handle::try_current()) {
            let linger = async move {
                let mut scratch = vec![0; 16 * 1024];
                // The timeout covers a whole buffer, not a single read, so a client that sends byte by byte is soon cut
                // off too.
                while let Ok(Ok(_)) = timeout(MAX_LINGER_PAUSE, stream.read_exact(&mut scratch)).await {}
            };
            runtime.spawn(timeout(MAX_LINGER, linger));
        }
    }
}
