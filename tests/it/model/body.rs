//! Bodies as they come from clients that are slow, or do not finish.

use std::io;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};
use http_body_util::BodyExt;
use tokio::sync::Notify;

const PIECE_BYTES: usize = 500;

/// The whole body, with room for other clients between its pieces.
pub(super) async fn in_pieces(request: Request<Body>) -> Request<Body> {
    with_body(request, pieces).await
}

/// A body that ends too early.
pub(super) async fn cut_short(request: Request<Body>) -> Request<Body> {
    with_body(request, |bytes| pieces(beginning(&bytes))).await
}

/// A body whose connection breaks.
pub(super) async fn broken(request: Request<Body>) -> Request<Body> {
    let end = || stream::iter([Err(io::ErrorKind::ConnectionReset.into())]);
    with_body(request, |bytes| pieces(beginning(&bytes)).chain(end())).await
}

/// A body that stops coming. `reached` is told when all that comes of it was read.
pub(super) async fn stuck(request: Request<Body>, reached: Arc<Notify>) -> Request<Body> {
    let end = stream::once(async move {
        reached.notify_one();
        std::future::pending().await
    });
    with_body(request, |bytes| pieces(beginning(&bytes)).chain(end)).await
}

fn beginning(bytes: &Bytes) -> Bytes {
    bytes.slice(..bytes.len() * 2 / 3)
}

type Piece = io::Result<Bytes>;

fn pieces(mut bytes: Bytes) -> impl Stream<Item = Piece> + Send + 'static {
    let pieces = std::iter::from_fn(move || {
        let piece = bytes.split_to(bytes.len().min(PIECE_BYTES));
        (!piece.is_empty()).then_some(piece)
    });
    stream::iter(pieces).then(|piece| async {
        tokio::task::yield_now().await;
        Ok(piece)
    })
}

async fn with_body<S: Stream<Item = Piece> + Send + 'static>(
    request: Request<Body>,
    change: impl FnOnce(Bytes) -> S,
) -> Request<Body> {
    let (head, body) = request.into_parts();
    let bytes = body.collect().await.expect("a body in memory").to_bytes();
    Request::from_parts(head, Body::from_stream(change(bytes)))
}
