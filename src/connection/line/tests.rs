//! What clients are given up for, second by second.

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
