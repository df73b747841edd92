//! Faults in the transfer of bodies: cut off, held up, or slow.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
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

use super::armed::Disarming;
use super::body::ConnectionFault;
use super::rule::{Action, Then};
use super::strike::{LONGEST_STALL, hang_up, pause_unless};
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
    pub(crate) fn strike(self, mut response: Response) -> Response {
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

/// The body of an answer that a fault strikes.
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
            pause_unless(&mut self.disarming, action.delay).await;
            match action.then {
                Then::GoOn | Then::Answer(_) => {}
                Then::Slow { bytes_per_second } => self.pace.set(bytes_per_second, self.disarming.clone()),
                Then::End(ConnectionFault::Stall) => {
                    pause_unless(&mut self.disarming, LONGEST_STALL).await;
                    return Some(Err(axum::Error::new(CutOff)));
                }
                Then::End(ConnectionFault::Close | ConnectionFault::Reset) => {
                    return Some(Err(axum::Error::new(CutOff)));
                }
            }
        }
        self.pace.next(&mut self.pieces, u64::MAX).await
    }
}

/// The speed of a transfer, which may change while it goes on.
#[derive(Clone, Debug, Default)]
pub(super) struct Throttle(Arc<Pace>);

#[derive(Debug, Default)]
struct Pace {
    /// 0 while it is not known whether the transfer is to be slow.
    bytes_per_second: AtomicU64,
    /// Of the rule that makes it slow.
    disarming: OnceLock<Disarming>,
}

/// The speed of a transfer that is not to be slow.
const UNLIMITED: u64 = u64::MAX;

impl Throttle {
    /// Makes the transfer slow until the rule is disarmed.
    pub(super) fn set(&self, bytes_per_second: u64, disarming: Disarming) {
        self.0.disarming.get_or_init(|| disarming);
        self.0.bytes_per_second.store(bytes_per_second, Ordering::Relaxed);
    }

    /// The transfer will not be slow.
    pub(super) fn lift(&self) {
        self.0.bytes_per_second.store(UNLIMITED, Ordering::Relaxed);
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
        let bytes_per_second = self.0.bytes_per_second.load(Ordering::Relaxed);
        match bytes_per_second {
            0 => return pieces.next(longest).await,
            UNLIMITED => return pieces.next(u64::MAX).await,
            _ => {}
        }
        let step = (bytes_per_second / STEPS_PER_SECOND).max(1);
        let piece = pieces.next(step).await?;
        let bytes = piece.as_ref().map_or(0, Bytes::len);
        let longest = Duration::from_secs_f64(bytes as f64 / bytes_per_second as f64);
        if let Some(mut disarming) = self.0.disarming.get().cloned()
            && pause_unless(&mut disarming, longest).await
        {
            self.lift();
        }
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
