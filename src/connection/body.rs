//! Request bodies on their way from hyper to the application.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::Request;
use axum::http::header::EXPECT;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};

use super::{LONGEST, PAUSE};

/// A request body that is read to its end, and thrown away, even if nobody wants it.
#[derive(Debug)]
pub(super) struct LingeringBody {
    /// `None` once it has ended.
    body: Option<Incoming>,
    /// Whether the client sends the body without being asked to.
    coming: bool,
}

impl LingeringBody {
    pub(super) fn wrap(request: Request<Incoming>) -> Request<Body> {
        // A client that waits for "100 Continue" sends nothing before it gets one, and it gets none if nobody reads.
        let coming = !request.headers().contains_key(EXPECT);
        request
            .map(|body| if body.is_end_stream() { Body::empty() } else { Body::new(Self { body: Some(body), coming }) })
    }
}

impl HttpBody for LingeringBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.coming = true;
        let Some(body) = self.body.as_mut() else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or(SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for LingeringBody {
    fn drop(&mut self) {
        let rest = self.body.take().filter(|body| self.coming && !body.is_end_stream());
        if let (Some(mut rest), Ok(runtime)) = (rest, tokio::runtime::Handle::try_current()) {
            let discard = async move { while let Ok(Some(Ok(_))) = tokio::time::timeout(PAUSE, rest.frame()).await {} };
            runtime.spawn(tokio::time::timeout(LONGEST, discard));
        }
    }
}
