//! A connection from its first byte to its last. hyper does the work; here its client is judged from time to time.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::Body;
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::HttpService;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio::sync::watch;
use tokio::time::Sleep;

use super::fate::Ending;
use super::line::{Line, Verdict};
use super::socket::Socket;
use super::{PAUSE, refusal};

/// How a client begins that speaks HTTP/2 without asking.
const HTTP_2: &[u8] = b"PRI * HTTP/2.0\r\n\r\n";

/// Why a connection is left.
enum Left {
    /// hyper is done with it.
    Done(hyper::Result<()>),
    /// The next request, or the rest of its head, did not come in time.
    HeadOverdue,
    /// The client does not read its answer.
    Unread,
    /// The server stops, and no request is under way.
    Stopped,
}

/// Serves requests until the connection ends, or until `stop` says that the server does.
pub(super) async fn drive<S>(
    mut connection: http1::Connection<TokioIo<Socket>, S>,
    line: Arc<Line>,
    mut stop: watch::Receiver<()>,
) where
    S: HttpService<Incoming, ResBody = Body>,
    S::Error: std::error::Error + Send + Sync + 'static,
{
    let mut alarm = Alarm::set(&line);
    let is_told = stop.clone();
    let mut told = pin!(stop.changed());
    let mut stopping = Stopping::NotYet;
    let left = poll_fn(|context| {
        alarm.listen(context);
        match stopping {
            Stopping::NotYet if told.as_mut().poll(context).is_pending() => stopping = Stopping::Listening,
            // Looking is cheaper than polling, which is needed once, for the wake-up.
            Stopping::Listening if matches!(is_told.has_changed(), Ok(false)) => {}
            Stopping::NotYet | Stopping::Listening if line.awaits_head() => return Poll::Ready(Left::Stopped),
            Stopping::NotYet | Stopping::Listening => {
                stopping = Stopping::Told;
                Pin::new(&mut connection).graceful_shutdown();
            }
            Stopping::Told => {}
        }
        if let Poll::Ready(result) = Pin::new(&mut connection).poll(context) {
            return Poll::Ready(Left::Done(result));
        }
        alarm.check(context, &line)
    })
    .await;
    match left {
        Left::Done(Ok(())) | Left::Stopped => {}
        Left::Done(Err(error)) => {
            tracing::debug!(%error, "connection ended");
            let parts = connection.into_parts();
            // hyper recognizes it, and says nothing.
            if parts.read_buf.starts_with(HTTP_2) {
                write(parts.io, refusal::http_2()).await;
            }
        }
        Left::HeadOverdue => {
            let parts = connection.into_parts();
            // With nothing but empty lines there is no head to be late.
            if parts.read_buf.iter().any(|byte| !b"\r\n".contains(byte)) {
                write(parts.io, refusal::head_overdue(line.rules())).await;
            }
        }
        Left::Unread => line.end(Ending::Reset),
    }
}

/// Whether the connection knows that the server stops.
#[derive(Clone, Copy)]
enum Stopping {
    NotYet,
    Listening,
    Told,
}

/// Writes an answer past hyper, which has given up the connection or is to.
async fn write(io: TokioIo<Socket>, answer: Bytes) {
    let mut socket = io.into_inner();
    let write = async {
        socket.write_all(&answer).await?;
        socket.flush().await
    };
    if !matches!(tokio::time::timeout(PAUSE, write).await, Ok(Ok(()))) {
        tracing::debug!("a client that is left does not read why");
    }
}

/// When to judge the client. It is not set anew whenever something happens, which would cost each request, but when it
/// goes off and nothing is overdue.
struct Alarm {
    sleep: Pin<Box<Sleep>>,
    is_heard: bool,
}

impl Alarm {
    fn set(line: &Line) -> Self {
        let now = Instant::now();
        let first = match line.judge(now) {
            Verdict::Fine { until } => until,
            Verdict::HeadOverdue | Verdict::BodyInterrupted(_) | Verdict::Unread => now,
        };
        Self { sleep: Box::pin(tokio::time::sleep_until(first.into())), is_heard: false }
    }

    /// Sees to it that the task is woken. To be called first, when the task has a budget for it.
    fn listen(&mut self, context: &mut Context<'_>) {
        if !self.is_heard {
            self.is_heard = true;
            // What it says is asked for later.
            let _ = self.sleep.as_mut().poll(context);
        }
    }

    fn check(&mut self, context: &Context<'_>, line: &Line) -> Poll<Left> {
        if !self.sleep.is_elapsed() {
            return Poll::Pending;
        }
        let now = Instant::now();
        let until = match line.judge(now) {
            Verdict::HeadOverdue => return Poll::Ready(Left::HeadOverdue),
            Verdict::Unread => return Poll::Ready(Left::Unread),
            Verdict::Fine { until } => until,
            Verdict::BodyInterrupted(reader) => {
                if let Some(reader) = reader {
                    reader.wake();
                }
                now + line.rules().shortest()
            }
        };
        self.sleep.as_mut().reset(until.into());
        self.is_heard = false;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}
