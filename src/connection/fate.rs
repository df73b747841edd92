//! Connections that end on purpose, so that a client can be tested for that.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, sleep_until};

use super::line::Line;

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// In order: the client reads to the end of what was sent.
    Close,
    /// With a reset. What the client has not received by then is lost, as it is when a real server dies.
    Reset,
}

/// What becomes of the connection of an answer: an extension of the answer. Without it the connection is kept, or not,
/// as HTTP says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConnectionFate {
    /// Nothing of the answer is sent, neither status nor headers.
    NoAnswer(Ending),
    /// The answer is sent until its body fails, or ends before the `Content-Length` that the answer announces. All
    /// that the body gave until then goes out first.
    CutBody(Ending),
}

tokio::task_local! {
    /// The connection of the request that is being answered.
    pub(super) static LINE: Arc<Line>;
}

/// How often it is looked whether a client is gone for which nothing happens.
const LOOK: Duration = Duration::from_millis(500);

/// Does nothing for this long. To be awaited where a request is answered, or the body of its answer is made: then it
/// ends with the connection when the client closes its side, which hyper, that lets clients close theirs early, does not
/// take for the end. As nothing is read meanwhile, that is not seen behind more than the buffers of the kernel hold.
pub(crate) async fn stall(longest: Duration) {
    let _stalled = Stalled::mark();
    let end = Instant::now() + longest;
    while Instant::now() < end {
        // Each time that this wakes up, hyper flushes, and then the socket looks.
        sleep_until(end.min(Instant::now() + LOOK)).await;
    }
}

/// Marks the connection for as long as it stalls. Without a connection, there is no client that could go away.
struct Stalled(Option<Arc<Line>>);

impl Stalled {
    fn mark() -> Self {
        let line = LINE.try_with(Arc::clone).ok();
        if let Some(line) = &line {
            line.stall(true);
        }
        Self(line)
    }
}

impl Drop for Stalled {
    fn drop(&mut self) {
        if let Some(line) = &self.0 {
            line.stall(false);
        }
    }
}

/// The answer as it goes to hyper; with a fate, perhaps never.
pub(super) async fn seal(mut answer: Response, line: &Arc<Line>) -> Response {
    match answer.extensions_mut().remove::<ConnectionFate>() {
        None => answer,
        Some(ConnectionFate::NoAnswer(ending)) => {
            line.end(ending);
            // hyper flushes what it has when there is no answer yet, and then the socket fails.
            std::future::pending().await
        }
        Some(ConnectionFate::CutBody(ending)) => {
            let line = Arc::clone(line);
            answer.map(|body| Body::new(CutBody { body, line, ending }))
        }
    }
}

/// A body whose failure, or early end, ends the connection.
struct CutBody {
    body: Body,
    line: Arc<Line>,
    ending: Ending,
}

impl HttpBody for CutBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(None | Some(Err(_))) => {
                self.line.end(self.ending);
                // A failure would have hyper forget what it has not sent yet; so it flushes, and then the socket fails.
                Poll::Pending
            }
            polled @ (Poll::Ready(Some(Ok(_))) | Poll::Pending) => polled,
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
