//! What the parts of one connection tell each other: the socket below hyper, the service above it, and the bodies that
//! pass through. From it follows what the client is waited for, and whether that takes too long.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use super::fate::Ending;
use super::pace::{Pace, Window};
use super::rules::Rules;
use crate::api::interrupted::Interrupted;

/// One connection, as its parts see it.
#[derive(Debug)]
pub(super) struct Line {
    rules: Arc<Rules>,
    ending: AtomicU8,
    state: Mutex<State>,
}

/// The kernel tells that a client reads on only when it has read much of what was sent, so this many idle timeouts pass
/// before a client that seems to read nothing is given up.
const UNREAD_FACTOR: u32 = 10;

const CLOSE: u8 = 1;
const RESET: u8 = 2;
const STALLED: u8 = 3;

#[derive(Debug)]
struct State {
    stage: Stage,
    body: BodyStage,
    pace: Pace,
    window: Window,
    /// Since when the client does not read what is written to it.
    unread_since: Option<Instant>,
    interrupted: Option<Interrupted>,
    /// Whether the client was too slow, whatever it sends now.
    given_up: bool,
    /// Who waits for the body.
    reader: Option<Waker>,
}

/// Where the connection is between two requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The next request has not come, or not the whole of its head.
    Head,
    /// The application has a request.
    Service,
    /// The application has answered.
    Answered,
}

/// Where the body of the request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BodyStage {
    /// There is none, or no more of it.
    Over,
    /// It waits for its turn.
    Queued { since: Instant },
    /// The application reads it.
    Wanted,
    /// Nobody wants the rest, which is bounded elsewhere.
    Unwanted,
}

/// What is to be done about a client.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Nothing, and nothing before then.
    Fine { until: Instant },
    /// The next request, or the rest of its head, did not come in time.
    HeadOverdue,
    /// The body was interrupted: its reader is to be polled.
    BodyInterrupted(Option<Waker>),
    /// The client does not read its answer.
    Unread,
}

impl Line {
    pub(super) fn new(rules: Arc<Rules>) -> Arc<Self> {
        let state = State {
            stage: Stage::Head,
            body: BodyStage::Over,
            pace: Pace::default(),
            window: Window::default(),
            unread_since: None,
            interrupted: None,
            given_up: false,
            reader: None,
        };
        Arc::new(Self { rules, ending: AtomicU8::new(0), state: Mutex::new(state) })
    }

    pub(super) fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The connection ends as soon as what was written before is sent.
    pub(super) fn end(&self, ending: Ending) {
        let code = match ending {
            Ending::Close => CLOSE,
            Ending::Reset => RESET,
        };
        self.ending.store(code, Ordering::Relaxed);
    }

    /// From now on the connection only waits for the client to go away; or no longer.
    pub(super) fn stall(&self, stalled: bool) {
        let (from, to) = if stalled { (0, STALLED) } else { (STALLED, 0) };
        // Where an end was said already, that counts.
        let _ = self.ending.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Whether the connection only waits for the client to go away.
    pub(super) fn is_stalled(&self) -> bool {
        self.ending.load(Ordering::Relaxed) == STALLED
    }

    /// How the connection is to end, if that was said.
    pub(super) fn ending(&self) -> Option<Ending> {
        match self.ending.load(Ordering::Relaxed) {
            CLOSE => Some(Ending::Close),
            RESET => Some(Ending::Reset),
            _ => None,
        }
    }

    /// hyper asked for more, and there was nothing to read.
    pub(super) fn wait(&self, now: impl FnOnce() -> Instant) {
        let mut state = self.lock();
        state.ask();
        state.pace.wait(now);
    }

    /// hyper asked for more, and so much was read. Gives whether these are the first bytes of a head.
    pub(super) fn receive(&self, bytes: usize, now: impl FnOnce() -> Instant) -> bool {
        let mut state = self.lock();
        state.ask();
        let first = state.stage == Stage::Head && state.pace.received_bytes() == 0;
        if first {
            // The time of a head counts from its first byte.
            state.start_counting();
        }
        state.pace.receive(bytes, now);
        first
    }

    /// The client takes nothing.
    pub(super) fn unread(&self, now: impl FnOnce() -> Instant) {
        self.lock().unread_since.get_or_insert_with(now);
    }

    /// The client took something.
    pub(super) fn read(&self) {
        self.lock().unread_since = None;
    }

    /// A request has come, with a body or without.
    pub(super) fn begin(&self, body: bool) {
        let mut state = self.lock();
        state.stage = Stage::Service;
        state.body = if body { BodyStage::Wanted } else { BodyStage::Over };
        state.start_counting();
        state.interrupted = None;
    }

    /// The application has answered.
    pub(super) fn answer(&self) {
        self.lock().stage = Stage::Answered;
    }

    /// The body waits for its turn. Gives why it will not come, if so.
    pub(super) fn queue(&self, reader: &Waker, now: impl FnOnce() -> Instant) -> Option<Interrupted> {
        let mut state = self.lock();
        if state.body == BodyStage::Wanted {
            state.body = BodyStage::Queued { since: now() };
        }
        state.wait_for_body(reader)
    }

    /// The turn of the body has come.
    pub(super) fn dequeue(&self) {
        let mut state = self.lock();
        state.body = BodyStage::Wanted;
        state.start_counting();
    }

    /// The reader of the body waits for more. Gives why it will not come, if so.
    pub(super) fn await_body(&self, reader: &Waker) -> Option<Interrupted> {
        self.lock().wait_for_body(reader)
    }

    /// Nobody wants the rest of the body.
    pub(super) fn discard_body(&self) {
        self.lock().body = BodyStage::Unwanted;
    }

    /// There is no more of the body.
    pub(super) fn end_body(&self) {
        let mut state = self.lock();
        state.body = BodyStage::Over;
        state.reader = None;
    }

    /// Whether the connection is between two requests.
    pub(super) fn awaits_head(&self) -> bool {
        let state = self.lock();
        state.stage == Stage::Head && state.unread_since.is_none()
    }

    /// Whether the client was too slow.
    pub(super) fn is_given_up(&self) -> bool {
        self.lock().given_up
    }

    /// Judges the client.
    pub(super) fn judge(&self, now: Instant) -> Verdict {
        let mut state = self.lock();
        if let Some(since) = state.unread_since {
            let limit = self.rules.idle_timeout.saturating_mul(UNREAD_FACTOR);
            return self.within(limit, now.saturating_duration_since(since), now, || Verdict::Unread);
        }
        match (state.stage, state.body) {
            (Stage::Head | Stage::Answered, BodyStage::Over) if state.pace.is_waiting() => {
                let begun = state.stage == Stage::Head && state.pace.received_bytes() > 0;
                let (limit, span) = match begun {
                    true => (self.rules.header_read_timeout, state.pace.waited(now)),
                    false => (self.rules.idle_timeout, state.pace.pause(now)),
                };
                self.within(limit, span, now, || {
                    state.given_up = true;
                    Verdict::HeadOverdue
                })
            }
            (_, BodyStage::Queued { since }) if state.interrupted.is_none() => {
                let reason = Interrupted::NoTurn { max_uploads: self.rules.max_uploads };
                let waited = now.saturating_duration_since(since);
                self.within(self.rules.idle_timeout, waited, now, || state.interrupt(reason))
            }
            (_, BodyStage::Wanted) if state.interrupted.is_none() && state.pace.is_waiting() => {
                self.judge_body(&mut state, now)
            }
            _ => self.fine(now, Duration::MAX),
        }
    }

    fn judge_body(&self, state: &mut State, now: Instant) -> Verdict {
        let limit = self.rules.idle_timeout;
        let pause = state.pace.pause(now);
        if pause >= limit {
            return state.interrupt(Interrupted::Stalled { after: limit });
        }
        let waited = state.window.waited(&state.pace, now);
        if waited < limit {
            return self.fine(now, limit - waited.max(pause));
        }
        let bytes_per_second = self.rules.min_upload_bytes_per_second;
        let received_bytes = state.window.received_bytes(&state.pace);
        if (received_bytes as f64) < bytes_per_second as f64 * waited.as_secs_f64() {
            return state.interrupt(Interrupted::TooSlow { bytes_per_second });
        }
        state.window = Window::beginning(&state.pace, now);
        self.fine(now, limit - pause)
    }

    fn within(&self, limit: Duration, waited: Duration, now: Instant, overdue: impl FnOnce() -> Verdict) -> Verdict {
        if waited >= limit { overdue() } else { self.fine(now, limit - waited) }
    }

    /// Fine for `span`; but what happens meanwhile may be overdue after the shortest of the limits.
    fn fine(&self, now: Instant, span: Duration) -> Verdict {
        Verdict::Fine { until: now + span.min(self.rules.shortest()) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// hyper asks for more: with nothing else to read, that is the next head.
    fn ask(&mut self) {
        if self.stage == Stage::Answered && self.body == BodyStage::Over {
            self.stage = Stage::Head;
            self.start_counting();
        }
    }

    fn start_counting(&mut self) {
        self.pace = Pace::default();
        self.window = Window::default();
    }

    fn wait_for_body(&mut self, reader: &Waker) -> Option<Interrupted> {
        if !self.reader.as_ref().is_some_and(|known| known.will_wake(reader)) {
            self.reader = Some(reader.clone());
        }
        self.interrupted
    }

    fn interrupt(&mut self, reason: Interrupted) -> Verdict {
        self.interrupted = Some(reason);
        self.given_up = match reason {
            Interrupted::Stalled { .. } | Interrupted::TooSlow { .. } => true,
            Interrupted::NoTurn { .. } => false,
        };
        Verdict::BodyInterrupted(self.reader.take())
    }
}

#[cfg(test)]
mod tests;
