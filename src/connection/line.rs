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
mod tests {
    use super::*;
    use crate::config::Limits;

    /// A line, and the instant at which it began.
    struct Played {
        line: Arc<Line>,
        start: Instant,
    }

    impl Played {
        fn new() -> Self {
            let limits = Limits {
                header_read_timeout: Duration::from_secs(30),
                idle_timeout: Duration::from_secs(60),
                min_upload_bytes_per_second: 10,
                max_uploads: 3,
                ..Limits::default()
            };
            Self { line: Line::new(Rules::new(&limits)), start: Instant::now() }
        }

        /// With a request under way that has a body.
        fn uploading() -> Self {
            let played = Self::new();
            played.line.begin(true);
            played
        }

        fn at(&self, seconds: u64) -> Instant {
            self.start + Duration::from_secs(seconds)
        }

        fn wait(&self, seconds: u64) {
            self.line.wait(|| self.at(seconds));
        }

        /// Something comes, after which there is nothing to read.
        fn receive(&self, bytes: usize, seconds: u64) {
            self.line.receive(bytes, || self.at(seconds));
            self.wait(seconds);
        }

        /// Looks every second, as the alarm may, and says what was overdue first, and when.
        #[track_caller]
        fn overdue(&self, from: u64) -> (u64, &'static str) {
            for second in from..10_000 {
                match self.line.judge(self.at(second)) {
                    Verdict::Fine { until } => assert!(until > self.at(second) && until <= self.at(second + 30)),
                    Verdict::HeadOverdue => return (second, "head"),
                    Verdict::Unread => return (second, "unread"),
                    Verdict::BodyInterrupted(_) => return (second, "body"),
                }
            }
            (u64::MAX, "nothing")
        }

        fn interrupted(&self) -> Option<Interrupted> {
            self.line.await_body(Waker::noop())
        }
    }

    #[test]
    fn a_connection_may_be_idle_for_the_idle_timeout() {
        let fresh = Played::new();
        fresh.wait(5);
        assert_eq!(fresh.overdue(5), (65, "head"));

        let used = Played::new();
        used.receive(100, 5);
        used.line.begin(false);
        assert_eq!(used.overdue(5), (u64::MAX, "nothing"), "the application may take its time");
        used.line.answer();
        used.wait(1000);
        assert_eq!(used.overdue(1000), (1060, "head"));
    }

    #[test]
    fn a_head_has_its_time_from_its_first_byte_on() {
        let played = Played::new();
        played.wait(0);
        played.receive(1, 50);
        assert_eq!(played.overdue(50), (80, "head"));
        for second in 51..80 {
            played.receive(1, second);
        }
        assert_eq!(played.overdue(79), (80, "head"), "to send more does not give it more");
    }

    #[test]
    fn a_body_may_pause_for_less_than_the_idle_timeout() {
        let played = Played::uploading();
        played.wait(0);
        for second in [59, 100, 159] {
            assert!(matches!(played.line.judge(played.at(second)), Verdict::Fine { .. }), "{second}");
            played.receive(100_000, second);
        }
        assert_eq!(played.overdue(159), (219, "body"));
        assert_eq!(played.interrupted(), Some(Interrupted::Stalled { after: Duration::from_secs(60) }));
        assert_eq!(played.overdue(219), (u64::MAX, "nothing"), "once is enough");
    }

    #[test]
    fn a_body_has_to_come_at_the_least_rate() {
        for (bytes, expected) in [(9, (60, "body")), (11, (u64::MAX, "nothing"))] {
            let played = Played::uploading();
            played.wait(0);
            let mut overdue = (u64::MAX, "nothing");
            for second in 1..600 {
                played.receive(bytes, second);
                if let Verdict::BodyInterrupted(_) = played.line.judge(played.at(second)) {
                    overdue = (second, "body");
                    break;
                }
            }
            assert_eq!(overdue, expected, "{bytes} bytes per second");
        }
    }

    #[test]
    fn what_came_before_does_not_excuse_a_client_for_ever() {
        let played = Played::uploading();
        played.wait(0);
        played.receive(100_000_000, 1);
        let mut second = 1;
        while let Verdict::Fine { .. } = played.line.judge(played.at(second)) {
            second += 1;
            played.receive(1, second);
        }
        assert_eq!(second, 120);
        assert_eq!(played.interrupted(), Some(Interrupted::TooSlow { bytes_per_second: 10 }));
    }

    #[test]
    fn the_time_in_which_the_server_does_not_read_is_not_the_clients() {
        let played = Played::uploading();
        played.line.receive(1000, || played.at(0));
        assert_eq!(played.overdue(0), (u64::MAX, "nothing"));
        played.wait(2000);
        assert_eq!(played.overdue(2000), (2060, "body"));
    }

    #[test]
    fn a_body_waits_for_its_turn_as_long_as_the_idle_timeout() {
        let played = Played::uploading();
        assert_eq!(played.line.queue(Waker::noop(), || played.at(10)), None);
        assert_eq!(played.line.queue(Waker::noop(), || played.at(40)), None);
        assert_eq!(played.overdue(10), (70, "body"));
        assert_eq!(played.interrupted(), Some(Interrupted::NoTurn { max_uploads: 3 }));

        let lucky = Played::uploading();
        lucky.line.queue(Waker::noop(), || lucky.at(10));
        lucky.line.dequeue();
        lucky.wait(69);
        assert_eq!(lucky.overdue(69), (129, "body"), "its own time begins with its turn");
    }

    #[test]
    fn an_answer_may_go_unread_for_long() {
        let played = Played::new();
        played.line.begin(false);
        played.line.answer();
        played.line.unread(|| played.at(7));
        played.line.unread(|| played.at(8));
        assert!(!played.line.awaits_head());
        assert_eq!(played.overdue(7), (607, "unread"));
        played.line.read();
        assert_eq!(played.overdue(607), (u64::MAX, "nothing"));
    }

    #[test]
    fn nobody_is_waited_for_while_the_rest_of_a_body_is_thrown_away() {
        let played = Played::uploading();
        played.wait(0);
        played.line.discard_body();
        played.line.answer();
        assert_eq!(played.overdue(0), (u64::MAX, "nothing"));
        // hyper waits for the next head before the last of this body is known to be over.
        played.wait(100);
        played.line.end_body();
        assert!(!played.line.awaits_head());
        assert_eq!(played.overdue(100).1, "head");
    }
}
