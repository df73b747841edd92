//! The socket below hyper.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, Interest, ReadBuf};
use tokio::net::TcpStream;

use super::fate::Ending;
use super::line::Line;
use super::{LONGEST, PAUSE, refusal};

/// What is read at once. More makes hyper's buffers so large that their memory goes back to the system after each use,
/// and that their bytes leave the cache before they are looked at. Buffers grow in powers of two, as long as they are
/// filled, so this is between two of them.
const READ_BYTES: u64 = 96 * 1024;

/// The socket below hyper. It gives a body to the answers which hyper writes by itself, to requests that it cannot
/// parse; it says how fast the client sends and reads; and once hyper is done with it, it throws away what the client
/// still sends until the client closes too.
#[derive(Debug)]
pub(super) struct Socket {
    /// `None` only while it is dropped.
    stream: Option<TcpStream>,
    /// What is left to write of an answer that stands for one of hyper's.
    pending: Bytes,
    /// Whether the client has closed its side.
    peer_done: bool,
    first_line: FirstLine,
    /// Whether the client takes nothing of what is written.
    unread: bool,
    line: Arc<Line>,
}

/// The first line of a head, as far as it came by itself, and not with the end of what was before.
#[derive(Debug, Default)]
struct FirstLine {
    bytes: usize,
    is_open: bool,
}

impl FirstLine {
    fn receive(&mut self, bytes: &[u8]) {
        if self.is_open {
            let end = bytes.iter().position(|byte| *byte == b'\n');
            self.bytes += end.unwrap_or(bytes.len());
            self.is_open = end.is_none();
        }
    }
}

impl Socket {
    pub(super) fn new(stream: TcpStream, line: Arc<Line>) -> Self {
        Self {
            stream: Some(stream),
            pending: Bytes::new(),
            peer_done: false,
            first_line: FirstLine::default(),
            unread: false,
            line,
        }
    }

    fn stream(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        self.stream.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// Whether the client has closed its side, though perhaps not all that it sent before was read.
    fn peer_is_gone(&self, context: &mut Context<'_>) -> bool {
        let Some(stream) = &self.stream else { return true };
        let readiness = pin!(stream.ready(Interest::READABLE)).poll(context);
        matches!(readiness, Poll::Ready(Ok(readiness)) if readiness.is_read_closed())
    }

    fn note_write<T>(&mut self, polled: Poll<T>) -> Poll<T> {
        if polled.is_pending() != self.unread {
            self.unread = polled.is_pending();
            if self.unread {
                self.line.unread(Instant::now);
            } else {
                self.line.read();
            }
        }
        polled
    }

    fn poll_pending(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.pending.is_empty() {
            let pending = self.pending.clone();
            let polled = self.stream()?.poll_write(context, &pending);
            match ready!(self.note_write(polled))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => drop(self.pending.split_to(written)),
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream()?.take(READ_BYTES)).poll_read(context, buffer);
        let received = &buffer.filled()[before..];
        if polled.is_pending() {
            self.line.wait(Instant::now);
        } else if received.is_empty() {
            self.peer_done = true;
        } else {
            if self.line.receive(received.len(), Instant::now) {
                self.first_line = FirstLine { bytes: 0, is_open: true };
            }
            self.first_line.receive(received);
        }
        polled
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_pending(context))?;
        if bytes.starts_with(b"HTTP/1.")
            && let Some(answer) = refusal::with_body(bytes, self.first_line.bytes, self.line.rules())
        {
            // It goes out when hyper flushes; to wait for that here would have hyper write its answer again.
            self.pending = answer;
            return Poll::Ready(Ok(bytes.len()));
        }
        let polled = self.stream()?.poll_write(context, bytes);
        self.note_write(polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match buffers {
            [one] => self.poll_write(context, one),
            _ => {
                ready!(self.poll_pending(context))?;
                let polled = self.stream()?.poll_write_vectored(context, buffers);
                self.note_write(polled)
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.as_ref().is_some_and(TcpStream::is_write_vectored)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_pending(context))?;
        ready!(self.stream()?.poll_flush(context))?;
        match self.line.ending() {
            None if self.line.is_stalled() && self.peer_is_gone(context) => {
                Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()))
            }
            None => Poll::Ready(Ok(())),
            // All that was to be sent is sent: hyper gives up, and drops the socket.
            Some(_) => Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_pending(context))?;
        self.stream()?.poll_shutdown(context)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let open = self.stream.take().filter(|_| !self.peer_done);
        if let (Some(stream), Some(Ending::Reset)) = (&open, self.line.ending()) {
            if let Err(error) = stream.set_zero_linger() {
                tracing::debug!(%error, "cannot reset a connection");
            }
            return;
        }
        if let (Some(mut stream), Ok(runtime)) = (open, tokio::runtime::Handle::try_current()) {
            let discard = async move {
                // hyper says goodbye itself, but not after CONNECT, an upgrade or a failure.
                if stream.shutdown().await.is_err() {
                    return;
                }
                let mut scratch = vec![0; 16 * 1024];
                while let Ok(Ok(1..)) = tokio::time::timeout(PAUSE, stream.read(&mut scratch)).await {}
            };
            let longest = if self.line.is_given_up() { PAUSE } else { LONGEST };
            runtime.spawn(tokio::time::timeout(longest, discard));
        }
    }
}
