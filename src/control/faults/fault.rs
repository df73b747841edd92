//! Fault rules for tests in Rust.

use std::time::Duration;

use serde_json::Value;

use super::body::{ActionBody, ConnectionFault, Place, Preset, RuleBody};
use crate::control::journal::matching::RequestMatch;
use crate::control::matching::{MatchBody, NamedTexts, OneOrMore};
use crate::wire::Span;

/// A rule that makes requests fail: which, where and how. To be armed with [`crate::WorldHandle::arm`].
///
/// Unless told otherwise, it applies to all requests of its world and fires each time.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use tracker_mock::{Fault, Place, Preset, TrackerMock};
///
/// let mock = TrackerMock::start().await?;
/// let world = mock.world("my-test");
/// world.arm([
///     // The first upload of a report is stored, but the client gets no answer.
///     Fault::at(Place::After).operation("upload_temp_file").file("report*.pdf").times(1).reset(),
///     // Then two requests are refused, whichever come first.
///     Fault::preset(Preset::Flaky503),
/// ])?;
/// // Run the client under test, and then check that every fault fired:
/// let unused: Vec<_> = world.faults().into_iter().filter(|fault| fault.never_fired).collect();
/// assert_eq!(unused.len(), 2);
/// world.disarm();
/// # mock.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Fault(pub(in crate::control) RuleBody);

impl Fault {
    /// A rule that fires at this place. The other methods say what it does.
    pub fn at(place: Place) -> Self {
        Self(RuleBody { at: Some(place), ..RuleBody::default() })
    }

    /// A preset; explicit settings override it.
    pub fn preset(preset: Preset) -> Self {
        Self(RuleBody { preset: Some(preset), ..RuleBody::default() })
    }

    /// The name of the rule in errors and in the journal.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.0.name = Some(name.into());
        self
    }

    /// Only requests that are `wanted`, in place of all conditions that were set before. A rule is chosen before there is
    /// an answer, so it cannot ask for [`RequestMatch::status`] or [`RequestMatch::after`].
    ///
    /// ```
    /// use tracker_mock::{Fault, Place, RequestMatch};
    ///
    /// let bugs = RequestMatch::new().operation("create_issue").json("/type", "bug").actor("lead");
    /// let fault = Fault::at(Place::Before).matching(bugs).status(503);
    /// # drop(fault);
    /// ```
    pub fn matching(mut self, wanted: RequestMatch) -> Self {
        self.0.matching = Some(wanted.body);
        self
    }

    /// Only requests to this operation; called again, to any of the operations.
    pub fn operation(mut self, name: impl Into<String>) -> Self {
        let names = &mut self.conditions().operation;
        *names = Some(OneOrMore::another(names.take(), &name.into()));
        self
    }

    /// Only requests with this method; called again, with any of the methods.
    pub fn method(mut self, method: impl Into<String>) -> Self {
        let methods = &mut self.conditions().method;
        *methods = Some(OneOrMore::another(methods.take(), &method.into()));
        self
    }

    /// Only requests whose path fits this pattern: `*` is any part of a segment, `**` any number of segments.
    pub fn path(mut self, pattern: impl Into<String>) -> Self {
        self.conditions().path = Some(pattern.into());
        self
    }

    /// Only requests about a file whose name fits this pattern: `*` is any part of it.
    pub fn file(mut self, pattern: impl Into<String>) -> Self {
        self.conditions().file = Some(pattern.into());
        self
    }

    /// This many matching requests pass before the rule fires.
    pub fn skip(mut self, requests: u64) -> Self {
        self.0.skip = Some(requests);
        self
    }

    /// The rule fires this many times, and then no more.
    pub fn times(mut self, times: u64) -> Self {
        self.0.times = Some(times);
        self
    }

    /// The request is held up first.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.action().delay = Some(Span(delay));
        self
    }

    /// The request is answered with this status, 200 to 599, and with the API's own error body if that is an error.
    pub fn status(mut self, status: u16) -> Self {
        self.action().status = Some(status);
        self
    }

    /// The answer has this header too; one of the same name stays.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.action().headers.get_or_insert_with(NamedTexts::default).add(&name.into(), &value.into());
        self
    }

    /// The answer has this body: a text as it is, anything else as JSON.
    pub fn body(mut self, body: impl Into<Value>) -> Self {
        self.action().body = Some(body.into());
        self
    }

    /// The connection is reset.
    pub fn reset(self) -> Self {
        self.end(ConnectionFault::Reset)
    }

    /// The connection is closed in the regular way.
    pub fn close(self) -> Self {
        self.end(ConnectionFault::Close)
    }

    /// Nothing more is read or sent.
    pub fn stall(self) -> Self {
        self.end(ConnectionFault::Stall)
    }

    /// From that place on, this many bytes are read, or sent, per second.
    pub fn bytes_per_second(mut self, bytes: u64) -> Self {
        self.action().bytes_per_second = Some(bytes);
        self
    }

    fn end(mut self, end: ConnectionFault) -> Self {
        self.action().connection = Some(end);
        self
    }

    fn conditions(&mut self) -> &mut MatchBody {
        self.0.matching.get_or_insert_with(MatchBody::default)
    }

    fn action(&mut self) -> &mut ActionBody {
        self.0.action.get_or_insert_with(ActionBody::default)
    }
}
