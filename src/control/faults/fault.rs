//! Fault rules as tests in Rust write them.

use std::time::Duration;

use serde_json::Value;

use super::body::{ActionBody, End, HeaderTexts, MatchBody, OneOrMore, Place, RuleBody};
use super::preset::Preset;
use crate::wire::time::Span;

/// A rule that makes requests fail: which, where and how. To be armed with [`crate::WorldHandle::arm`].
///
/// It is about all requests of its world unless it says otherwise, and fires each time.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use tracker_mock::{Fault, Place, Preset, TrackerMock};
///
/// let mock = TrackerMock::start().await?;
/// let world = mock.world("my-test");
/// world.arm([
///     // The first upload of a report is stored, and the client never learns of it.
///     Fault::at(Place::After).operation("upload_temp_file").file("report*.pdf").times(1).reset(),
///     // Then two requests, whichever, are refused.
///     Fault::preset(Preset::Flaky503),
/// ])?;
/// // Let the client under test work, and then see whether it came across all of them:
/// let unused: Vec<_> = world.faults().into_iter().filter(|fault| fault.never_fired).collect();
/// assert_eq!(unused.len(), 2);
/// world.disarm();
/// # mock.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Fault(pub(super) RuleBody);

impl Fault {
    /// A rule that strikes here; what happens is yet to be said.
    pub fn at(place: Place) -> Self {
        Self(RuleBody { at: Some(place), ..RuleBody::default() })
    }

    /// One of the usual ones. What is said beside it takes the place of what it says.
    pub fn preset(preset: Preset) -> Self {
        Self(RuleBody { preset: Some(preset), ..RuleBody::default() })
    }

    /// What to call it in errors and in the journal.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.0.name = Some(name.into());
        self
    }

    /// Only requests to this operation; said again, to any of these.
    pub fn operation(mut self, name: impl Into<String>) -> Self {
        add(&mut self.matching().operation, name.into());
        self
    }

    /// Only requests with this method; said again, with any of these.
    pub fn method(mut self, method: impl Into<String>) -> Self {
        add(&mut self.matching().method, method.into());
        self
    }

    /// Only requests whose path is like this: `*` is any part of a segment, `**` any number of segments.
    pub fn path(mut self, pattern: impl Into<String>) -> Self {
        self.matching().path = Some(pattern.into());
        self
    }

    /// Only requests about a file whose name is like this: `*` is any part of it.
    pub fn file(mut self, pattern: impl Into<String>) -> Self {
        self.matching().file = Some(pattern.into());
        self
    }

    /// So many of the requests pass before it fires.
    pub fn skip(mut self, requests: u64) -> Self {
        self.0.skip = Some(requests);
        self
    }

    /// It fires so often, and then no more.
    pub fn times(mut self, times: u64) -> Self {
        self.0.times = Some(times);
        self
    }

    /// The request waits first.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.action().delay = Some(Span(delay));
        self
    }

    /// It is answered with this status, 200 to 599, and the API's own error body if it is an error.
    pub fn status(mut self, status: u16) -> Self {
        self.action().status = Some(status);
        self
    }

    /// That answer has this header too.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.action().headers.get_or_insert_with(HeaderTexts::default).0.push((name.into(), value.into()));
        self
    }

    /// That answer has this body: a text as it is, anything else as JSON.
    pub fn body(mut self, body: impl Into<Value>) -> Self {
        self.action().body = Some(body.into());
        self
    }

    /// The connection is reset.
    pub fn reset(self) -> Self {
        self.end(End::Reset)
    }

    /// The connection is closed in order.
    pub fn close(self) -> Self {
        self.end(End::Close)
    }

    /// Nothing more is read or sent.
    pub fn stall(self) -> Self {
        self.end(End::Stall)
    }

    /// From there on so much is read, or sent, in a second.
    pub fn bytes_per_second(mut self, bytes: u64) -> Self {
        self.action().bytes_per_second = Some(bytes);
        self
    }

    fn end(mut self, end: End) -> Self {
        self.action().connection = Some(end);
        self
    }

    fn matching(&mut self) -> &mut MatchBody {
        self.0.matching.get_or_insert_with(MatchBody::default)
    }

    fn action(&mut self) -> &mut ActionBody {
        self.0.action.get_or_insert_with(ActionBody::default)
    }
}

fn add(names: &mut Option<OneOrMore>, name: String) {
    let more = match names.take() {
        None => OneOrMore::One(name),
        Some(OneOrMore::One(first)) => OneOrMore::More(vec![first, name]),
        Some(OneOrMore::More(mut all)) => {
            all.push(name);
            OneOrMore::More(all)
        }
    };
    *names = Some(more);
}
