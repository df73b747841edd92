//! Faults in the transfer of bodies: cut off, held up, or slow.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::header::CONTENT_LENGTH;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};

use super::action::{hang_up, pause_unless};
use super::armed::Disarming;
use super::rule::{Action, Then};
use crate::connection::ConnectionEnd;

/// How often per second a slow transfer moves some bytes.
const STEPS_PER_SECOND: u64 = 20;
/// The longest piece of a body that may become slow later, so that little of it is read too fast.
const CAREFUL_BYTES: u64 = 64;

/// A fault in the body of an answer.
#[derive(Debug)]
pub(crate) struct AnswerFault {
    pub(super) after_bytes: u64,
    pub(super) action: Action,
    pub(super) disarming: Disarming,
}

impl AnswerFault {
    /// Puts the fault into an answer.
    pub(crate) fn put_into(self, mut response: Response) -> Response {
        if let Some(length) = response.body().size_hint().exact() {
            response.headers_mut().insert(CONTENT_LENGTH, length.into());
        }
        if let Then::End(end) = self.action.then {
            response.extensions_mut().insert(ConnectionEnd::CutBody(hang_up(end)));
        }
        response.map(|body| {
            let faulty = FaultyBody {
                pieces: Pieces { body, waiting: Bytes::new() },
                before: self.after_bytes,
                action: Some(self.action),
                disarming: self.disarming,
                pace: Throttle::default(),
            };
            Body::from_stream(stream::unfold(faulty, |mut body| async { Some((body.next().await?, body)) }))
        })
    }
}

/// The error that ends a body.
#[derive(Debug, thiserror::Error)]
#[error("a fault ends the body here")]
struct CutOff;

/// Reads a body in pieces of limited length.
struct Pieces {
    body: Body,
    waiting: Bytes,
}

impl Pieces {
    async fn next(&mut self, longest: u64) -> Option<Result<Bytes, axum::Error>> {
        while self.waiting.is_empty() {
            match self.body.frame().await? {
                Err(error) => return Some(Err(error)),
                Ok(frame) => self.waiting = frame.into_data().unwrap_or_default(),
            }
        }
        let length = self.waiting.len().min(usize::try_from(longest).unwrap_or(usize::MAX));
        Some(Ok(self.waiting.split_to(length)))
    }
}

/// The body of an answer with a fault in it.
struct FaultyBody {
    pieces: Pieces,
    /// How many bytes are still to be sent before the fault.
    before: u64,
    /// `None` after the fault.
    action: Option<Action>,
    disarming: Disarming,
    pace: Throttle,
}

impl FaultyBody {
    async fn next(&mut self) -> Option<Result<Bytes, axum::Error>> {
        if self.before > 0 {
            let piece = self.pieces.next(self.before).await?;
            self.before -= piece.as_ref().map_or(0, |piece| piece.len() as u64);
            return Some(piece);
        }
        if let Some(action) = self.action.take() {
            if let Then::Slow { bytes_per_second } = action.then {
                self.pace.set(bytes_per_second, self.disarming.clone());
            }
            if action.perform(&mut self.disarming).await.is_err() {
                return Some(Err(axum::Error::new(CutOff)));
            }
        }
        self.pace.next(&mut self.pieces, u64::MAX).await
    }
}

/// Whether a transfer is slow, and by which rule, once that is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Throttle(Arc<OnceLock<Option<(u64, Disarming)>>>);

impl Throttle {
    /// Makes the transfer slow until the rule is disarmed.
    pub(super) fn set(&self, bytes_per_second: u64, disarming: Disarming) {
        self.0.get_or_init(|| Some((bytes_per_second, disarming)));
    }

    /// The transfer will not be slow.
    pub(super) fn lift(&self) {
        self.0.get_or_init(|| None);
    }

    /// The body of a request, read at this speed.
    pub(super) fn hold_back(self, body: Body) -> Body {
        let length = body.size_hint();
        let held = (self, Pieces { body, waiting: Bytes::new() });
        let pieces = stream::unfold(held, |(pace, mut pieces)| async {
            Some((pace.next(&mut pieces, CAREFUL_BYTES).await?, (pace, pieces)))
        });
        Body::new(Announced { body: Body::from_stream(pieces), length })
    }

    async fn next(&self, pieces: &mut Pieces, longest: u64) -> Option<Result<Bytes, axum::Error>> {
        let Some(speed) = self.0.get() else { return pieces.next(longest).await };
        let slow = speed.as_ref().filter(|(_, disarming)| !disarming.is_over());
        let Some((bytes_per_second, disarming)) = slow else { return pieces.next(u64::MAX).await };
        let piece = pieces.next((bytes_per_second / STEPS_PER_SECOND).max(1)).await?;
        let bytes = piece.as_ref().map_or(0, Bytes::len);
        let longest = Duration::from_secs_f64(bytes as f64 / *bytes_per_second as f64);
        pause_unless(&mut disarming.clone(), longest).await;
        Some(piece)
    }
}

/// A body that keeps its announced length, so that memory is allocated for it as usual.
pub(super) struct Announced {
    pub(super) body: Body,
    pub(super) length: SizeHint,
}

impl HttpBody for Announced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn size_hint(&self) -> SizeHint {
        self.length
    }
}
