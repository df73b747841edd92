//! Filters of requests, and the differences between a filter and a request that it does not match.

use std::fmt;

use axum::http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::record::{Record, RequestId};
use crate::api::table;
use crate::control::faults::pattern::{PathPattern, Pattern};
use crate::domain::clock::Timestamp;
use crate::domain::ids::OrgId;
use crate::wire::read::Json;

/// A filter of requests; a condition that is not set holds for every request.
///
/// ```
/// use tracker_mock::RequestMatch;
///
/// let refused_uploads = RequestMatch::new().operation("upload_temp_file").status(400);
/// # drop(refused_uploads);
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct RequestMatch {
    pub(crate) org: Option<OrgId>,
    pub(crate) operation: Option<String>,
    pub(crate) method: Option<Method>,
    pub(in crate::control) path: Option<PathPattern>,
    pub(in crate::control) file: Option<Pattern>,
    pub(crate) status: Option<StatusMatch>,
    pub(crate) since: Option<Since>,
}

/// A status, or a class of them such as `5xx`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatusMatch {
    One(u16),
    Class(u16),
}

/// The first request, or moment, that a filter lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    /// After this request.
    Request(u64),
    /// At this time or later.
    Time(Timestamp),
}

/// One mismatch between a request and the filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Difference {
    /// `operation`, `method`, `path`, `file` or `status`.
    pub what: &'static str,
    /// What the filter asks for.
    pub expected: String,
    /// What the request has; absent if it has no such thing.
    pub actual: Option<String>,
}

impl RequestMatch {
    /// Every request.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only requests to an operation, by the name of its handler as in `docs/endpoints.md`, such as `upload_temp_file`.
    ///
    /// # Panics
    /// When there is no operation of that name.
    pub fn operation(mut self, name: &str) -> Self {
        assert!(table::by_name(name).is_some(), "there is no operation {name:?}");
        self.operation = Some(name.to_owned());
        self
    }

    /// Only requests with a method.
    ///
    /// # Panics
    /// When the name is not that of a method.
    pub fn method(mut self, name: &str) -> Self {
        let method = Method::from_bytes(name.to_uppercase().as_bytes());
        self.method = Some(method.unwrap_or_else(|_| panic!("{name:?} is not a method")));
        self
    }

    /// Only requests with a path that fits a pattern: `*` is any number of characters, `**` any number of segments.
    ///
    /// # Panics
    /// When the pattern does not begin with a slash, or `**` is not a whole segment; or it has more than 1,024 bytes,
    /// 32 stars or 32 segments.
    pub fn path(mut self, pattern: &str) -> Self {
        self.path = Some(PathPattern::new(pattern).unwrap_or_else(|error| panic!("{pattern:?}: {error}")));
        self
    }

    /// Only requests about a file whose name fits a pattern: `*` is any number of characters. The name is that in the
    /// query, in the path, or in the uploaded form.
    ///
    /// # Panics
    /// When the pattern has more than 1,024 bytes or 32 stars.
    pub fn file(mut self, pattern: &str) -> Self {
        self.file = Some(Pattern::new(pattern).unwrap_or_else(|error| panic!("{pattern:?}: {error}")));
        self
    }

    /// Only requests that were answered with a status.
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(StatusMatch::One(status));
        self
    }

    /// Only requests after another one.
    pub fn after(mut self, id: RequestId) -> Self {
        self.since = Some(Since::Request(id.number()));
        self
    }

    /// Only requests of a world.
    pub(crate) fn of(mut self, org: &OrgId) -> Self {
        self.org = Some(org.clone());
        self
    }

    /// Whether the request is of the right world and time. Others are not even near misses.
    pub(crate) fn considers(&self, record: &Record) -> bool {
        let in_world = self.org.as_ref().is_none_or(|org| record.org.as_ref() == Some(org));
        let in_time = match self.since {
            None => true,
            Some(Since::Request(id)) => record.id > RequestId(id),
            Some(Since::Time(time)) => record.time >= time,
        };
        in_world && in_time
    }

    /// Whether the request passes the filter.
    pub(crate) fn matches(&self, record: &Record) -> bool {
        self.considers(record) && self.differing(record).next().is_none()
    }

    /// How many conditions the request fails, beside world and time.
    pub(crate) fn count_differences(&self, record: &Record) -> usize {
        self.differing(record).count()
    }

    /// Each condition that the request fails, in words.
    pub(crate) fn differences(&self, record: &Record) -> Vec<Difference> {
        let difference = |(what, expected, actual): Failed<'_>| Difference {
            what,
            expected: expected.to_string(),
            actual: actual(record),
        };
        self.differing(record).map(difference).collect()
    }

    fn differing<'a>(&'a self, record: &Record) -> impl Iterator<Item = Failed<'a>> + use<'a> {
        let operation = self.operation.as_ref().filter(|operation| record.operation != Some(operation));
        let method = self.method.as_ref().filter(|method| **method != record.method);
        let path = self.path.as_ref().filter(|path| !path.matches(&record.path_segments()));
        let file = self.file.as_ref().filter(|file| !record.file_names().iter().any(|name| file.matches(name)));
        let status = self.status.as_ref().filter(|status| !status.matches(record));
        let failed = |what, expected: Option<&'a dyn fmt::Display>, has: Has| Some((what, expected?, has));
        let all = [
            failed("operation", operation.map(|one| one as _), |record| record.operation.map(str::to_owned)),
            failed("method", method.map(|one| one as _), |record| Some(record.method.to_string())),
            failed("path", path.map(|one| one as _), |record| Some(record.path().to_owned())),
            failed("file", file.map(|one| one as _), |record| record.file_names().into_iter().next()),
            failed("status", status.map(|one| one as _), |record| record.status().map(|status| status.to_string())),
        ];
        all.into_iter().flatten()
    }
}

/// A condition that a request fails: its name, what it asks for, and what a request has.
type Failed<'a> = (&'static str, &'a dyn fmt::Display, Has);

/// What a request has of what a condition is about.
type Has = fn(&Record) -> Option<String>;

impl StatusMatch {
    /// Reads `404` or `4xx`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some(class) = text.strip_suffix("xx") {
            return class.parse().ok().filter(|class| (1..=5).contains(class)).map(Self::Class);
        }
        text.parse().ok().filter(|status| (100..600).contains(status)).map(Self::One)
    }

    fn matches(self, record: &Record) -> bool {
        let status = record.status();
        match self {
            Self::One(expected) => status == Some(expected),
            Self::Class(class) => status.is_some_and(|status| status / 100 == class),
        }
    }
}

impl<'de> Deserialize<'de> for StatusMatch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        let status = match &json {
            Json::Text(text) => Self::parse(text),
            Json::Number(number) => Self::parse(&number.to_string()),
            Json::Null | Json::Bool(_) | Json::List(_) | Json::Object(_) => None,
        };
        status.ok_or_else(|| json.is_not("a status such as 404 or \"4xx\""))
    }
}

impl fmt::Display for StatusMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(status) => write!(f, "{status}"),
            Self::Class(class) => write!(f, "{class}xx"),
        }
    }
}

impl Since {
    /// Reads the number of a request, or a time.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.parse().map(Self::Request).ok().or_else(|| Timestamp::parse(text).map(Self::Time))
    }
}
