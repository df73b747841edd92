//! The socket below hyper.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;

use super::fate::Ending;
use super::line::Line;
use super::{LONGEST, PAUSE};
use crate::api::request_id;
use crate::wire::error::ErrorBody;

/// The socket below hyper. It gives a body to the answers which hyper writes by itself, to requests that it cannot
/// parse; and once hyper is done with it, it throws away what the client still sends until the client closes too.
#[derive(Debug)]
pub(super) struct Socket {
    /// `None` only while it is dropped.
    stream: Option<TcpStream>,
    /// What is left to write of an answer that stands for one of hyper's.
    pending: Bytes,
    /// Whether the client has closed its side.
    peer_done: bool,
    line: Arc<Line>,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, line: Arc<Line>) -> Self {
        Self { stream: Some(stream), pending: Bytes::new(), peer_done: false, line }
    }

    fn stream(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        self.stream.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn poll_pending(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.pending.is_empty() {
            let pending = self.pending.clone();
            match ready!(self.stream()?.poll_write(context, &pending))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => drop(self.pending.split_to(written)),
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// The answer with a body that stands for one of hyper's without: a head of status 400, 414 or 431 that announces no
/// content, and nothing else. The application gives every error a body, so its own answers do not look like this.
fn with_body(written: &[u8]) -> Option<Bytes> {
    let head = std::str::from_utf8(written).ok()?.strip_suffix("\r\n\r\n")?;
    let (status_line, fields) = head.split_once("\r\n")?;
    let status = status_line.split(' ').nth(1)?.parse::<StatusCode>().ok()?;
    let message = match status {
        StatusCode::BAD_REQUEST => "The request is not valid HTTP/1.1.",
        StatusCode::URI_TOO_LONG => "The request's URI is too long.",
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => "The request's headers are too large.",
        _ => return None,
    };
    let other_fields: Vec<&str> = fields.split("\r\n").filter(|field| *field != "content-length: 0").collect();
    if other_fields.len() == fields.split("\r\n").count() {
        return None;
    }
    let body = serde_json::to_string(&ErrorBody::new(status.as_u16(), None, message.to_owned())).ok()?;
    let length = body.len();
    // What the client called its request is not known.
    let request_id = request_id::of(&HeaderMap::new());
    let request_id = request_id.to_str().unwrap_or("-");
    tracing::info!(status = status.as_u16(), request_id, "unreadable request");
    let mut answer = format!("{status_line}\r\n{}: {request_id}\r\n", request_id::HEADER);
    for field in other_fields {
        answer.push_str(field);
        answer.push_str("\r\n");
    }
    answer.push_str(&format!("content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"));
    Some(answer.into())
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = self.stream()?.poll_read(context, buffer);
        self.peer_done |= polled.is_ready() && buffer.filled().len() == before;
        polled
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_pending(context))?;
        if bytes.starts_with(b"HTTP/1.")
            && let Some(answer) = with_body(bytes)
        {
            // It goes out when hyper flushes; to wait for that here would have hyper write its answer again.
            self.pending = answer;
            return Poll::Ready(Ok(bytes.len()));
        }
        self.stream()?.poll_write(context, bytes)
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
                self.stream()?.poll_write_vectored(context, buffers)
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
            runtime.spawn(tokio::time::timeout(LONGEST, discard));
        }
    }
}
