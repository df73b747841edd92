//! Filters of requests, and the differences between a filter and a request that it does not match.

use std::fmt;

use serde_json::Value;

use super::record::{Record, RequestId};
use crate::control::matching::{Condition, Conditions, MatchBody, OneOrMore, Since, StatusMatch};
use crate::domain::OrgId;
use crate::wire::{InvalidValue, shortened};

/// A filter of requests; a condition that is not set holds for every request. In patterns `*` is any number of
/// characters, `\*` a star and `\\` a backslash; a pattern has at most 1,024 bytes and 32 stars.
///
/// ```
/// use tracker_mock::RequestMatch;
///
/// let refused_uploads = RequestMatch::new().operation("upload_temp_file").part_type("text/*").status(400);
/// # drop(refused_uploads);
/// ```
///
/// # Panics
/// The methods panic if the operation does not exist, or a text is not a valid pattern.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct RequestMatch {
    /// The conditions as they were given.
    pub(in crate::control) body: MatchBody,
    conditions: Conditions,
    org: Option<OrgId>,
}

built! {
    /// One mismatch between a request and the filter.
    #[derive(Clone, PartialEq, Eq)]
    #[non_exhaustive]
    pub struct Difference;
    fn new(condition: &Condition, record: &Record) {
        let actual = Some(condition.values(record)).filter(|values| !values.is_empty());
    }
    /// The condition, such as `operation` or `query.notify`.
    pub what: String = condition.name().into_owned(),
    /// What the filter asks for.
    pub expected: String = condition.to_string(),
    /// What the request has; absent if it has no such thing. Several are joined by commas.
    pub actual: Option<String> = actual.map(|values| shortened(&values.join(", "))),
}

impl RequestMatch {
    /// Every request.
    pub fn new() -> Self {
        Self::default()
    }

    /// Checks conditions on requests to the world of `org`, or to all worlds. Fails at the first that cannot be, with its
    /// place.
    pub(in crate::control) fn read(body: MatchBody, org: Option<OrgId>) -> Result<Self, InvalidValue> {
        Ok(Self { conditions: Conditions::read(&body)?, body, org })
    }

    fn with(self, set: impl FnOnce(&mut MatchBody)) -> Self {
        let Self { mut body, org, .. } = self;
        set(&mut body);
        Self::read(body, org).unwrap_or_else(|wrong| panic!("{wrong}"))
    }

    /// Only requests to an operation, by the name of its handler as in `docs/endpoints.md`, such as `upload_temp_file`;
    /// called again, to any of the operations.
    pub fn operation(self, name: &str) -> Self {
        self.with(|body| body.operation = Some(OneOrMore::another(body.operation.take(), name)))
    }

    /// Only requests with a method; called again, with any of the methods.
    pub fn method(self, name: &str) -> Self {
        self.with(|body| body.method = Some(OneOrMore::another(body.method.take(), name)))
    }

    /// Only requests with a path that fits a pattern: `*` is any part of a segment, `**` any number of segments. It must
    /// begin with a slash, have at most 32 segments, and fit the path of an endpoint.
    pub fn path(self, pattern: &str) -> Self {
        self.with(|body| body.path = Some(pattern.to_owned()))
    }

    /// Only requests about a file whose name fits a pattern. The name is that in the query, in the path, or in the
    /// uploaded form.
    pub fn file(self, pattern: &str) -> Self {
        self.with(|body| body.file = Some(pattern.to_owned()))
    }

    /// Only requests with a parameter in the query whose value fits a pattern.
    pub fn query(self, name: &str, pattern: &str) -> Self {
        self.with(|body| body.query.add(name, pattern))
    }

    /// Only requests with a header whose value fits a pattern. Secrets are `***` here, unless
    /// [`Config::secrets`](crate::Config::secrets) shows them.
    pub fn header(self, name: &str, pattern: &str) -> Self {
        self.with(|body| body.header.add(name, pattern))
    }

    /// Only requests with a JSON body of at most 16 KiB, in which the member at a JSON Pointer such as `/fields/summary`
    /// is this. A text is a pattern of the member's text, or of its JSON if it is none; anything else must be equal.
    pub fn json(self, pointer: &str, value: impl Into<Value>) -> Self {
        self.with(|body| drop(body.json.insert(pointer.to_owned(), value.into())))
    }

    /// Only requests that act as a user whose login or uid fits a pattern.
    pub fn actor(self, pattern: &str) -> Self {
        self.with(|body| body.actor = Some(pattern.to_owned()))
    }

    /// Only uploads with a part whose name fits a pattern.
    pub fn part(self, pattern: &str) -> Self {
        self.with(|body| body.part = Some(pattern.to_owned()))
    }

    /// Only uploads with a part whose type fits a pattern; with [`RequestMatch::part`], the same part.
    pub fn part_type(self, pattern: &str) -> Self {
        self.with(|body| body.part_type = Some(pattern.to_owned()))
    }

    /// Only requests that were answered with a status.
    pub fn status(self, status: u16) -> Self {
        self.with(|body| body.status = Some(StatusMatch::One(status)))
    }

    /// Only requests after another one.
    pub fn after(mut self, id: RequestId) -> Self {
        self.body.since = Some(Since::Request(id.number()));
        self
    }

    /// Only requests of a world.
    pub(crate) fn of(mut self, org: &OrgId) -> Self {
        self.org = Some(org.clone());
        self
    }

    /// The world whose requests are meant; `None` for all.
    pub(crate) fn org(&self) -> Option<&OrgId> {
        self.org.as_ref()
    }

    /// Whether the request is of the right world and time. Others are not even near misses.
    pub(crate) fn considers(&self, record: &Record) -> bool {
        let in_world = self.org.as_ref().is_none_or(|org| record.org.as_ref() == Some(org));
        let in_time = match self.body.since {
            None => true,
            Some(Since::Request(id)) => record.id > RequestId(id),
            Some(Since::Time(time)) => record.time >= time,
        };
        in_world && in_time
    }

    /// Whether the request passes the filter.
    pub(crate) fn matches(&self, record: &Record) -> bool {
        self.considers(record) && self.conditions.failing(record).next().is_none()
    }

    /// How many conditions the request fails, beside world and time.
    pub(crate) fn count_differences(&self, record: &Record) -> usize {
        self.conditions.failing(record).count()
    }

    /// Each condition that the request fails, in words.
    pub(crate) fn differences(&self, record: &Record) -> Vec<Difference> {
        self.conditions.failing(record).map(|condition| Difference::new(condition, record)).collect()
    }
}

/// Its conditions, such as `operation attach_file, status 2xx`; nothing where there is none.
impl fmt::Display for RequestMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = self.conditions.iter().map(|condition| format!("{} {condition}", condition.name()));
        let since = self.body.since.map(|since| format!("since {since}"));
        f.write_str(&said.chain(since).collect::<Vec<_>>().join(", "))
    }
}
