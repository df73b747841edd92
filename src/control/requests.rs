//! The journal over HTTP.

use std::any::TypeId;
use std::num::NonZeroUsize;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use super::call::*;
use crate::connection::watched;
use crate::control::journal::{Count, Found, Journal, RequestMatch, RequestRecord, Verdict, har, ndjson};
use crate::control::matching::MatchBody;
use crate::wire::{ErrorBody, Span};

const OPERATION: Parameter = Parameter::new("operation", Kind::Text, "The name of the operation, as upload_temp_file.");
const METHOD: Parameter = Parameter::new("method", Kind::Text, "The method.").example("POST");
const PATH: Parameter = Parameter::new("path", Kind::Text, "The path, as /v2/attachments/.");
const FILE: Parameter = Parameter::new("file", Kind::Text, "The name of the file that the request is about.");
const QUERY: Parameter = Parameter::new("query.{name}", Kind::Text, "The value of a parameter of the query.");
const HEADER: Parameter = Parameter::new("header.{name}", Kind::Text, "The value of a header.");
const JSON: Parameter =
    Parameter::new("json.{pointer}", Kind::Text, "A member of a JSON body of at most 16 KiB, as json./fields/summary.");
const ACTOR: Parameter = Parameter::new("actor", Kind::Text, "The user that it acts as, by login or uid.");
const PART: Parameter = Parameter::new("part", Kind::Text, "The name of a part of its form.");
const PART_TYPE: Parameter = Parameter::new("partType", Kind::Text, "The type of that part, or of any.");
const STATUS: Parameter =
    Parameter::new("status", Kind::Pattern("^([1-5][0-9][0-9]|[1-5]xx)$"), "The status of the answer, or their class.");
const SINCE: Parameter =
    Parameter::new("since", Kind::Text, "The id of the request, or the time, after which those come that are meant.");
const LIMIT: Parameter = Parameter::new(
    "limit",
    Kind::Positive { max: MAX_LIMIT as u64, default: Some(DEFAULT_LIMIT as u64) },
    "How many, the newest.",
);
const COUNT: Parameter = Parameter::new(
    "count",
    Kind::Positive { max: MAX_COUNT as u64, default: Some(1) },
    "How many must have been seen.",
);
const TIMEOUT: Parameter =
    Parameter::new("timeout", Kind::Text, "How long to wait, at most 5m; 5s if absent.").example("5s");
#[rustfmt::skip]
const WAIT: &[Parameter] = &[
    ORG, ALL, OPERATION, METHOD, PATH, FILE, QUERY, HEADER, JSON, ACTOR, PART, PART_TYPE, STATUS, SINCE, LIMIT, COUNT,
    TIMEOUT,
];
#[rustfmt::skip]
const LISTED: &[Parameter] = &[
    ORG, ALL, OPERATION, METHOD, PATH, FILE, QUERY, HEADER, JSON, ACTOR, PART, PART_TYPE, STATUS, SINCE, LIMIT, FORMAT,
];
const FORMAT: Parameter = Parameter::new(
    "format",
    Kind::OneOf { known: &["json", "ndjson", "har"] },
    "json, or a line of JSON for each request, or an HTTP archive.",
);
const FORMAT_OF_ONE: Parameter = Parameter::new(
    "format",
    Kind::OneOf { known: &["json", "curl", "raw"] },
    "json, or a command line of curl that sends it again, or the text of the request.",
);
/// How many requests there are in all, and how many the journal has dropped.
const COUNTS: &[&str] = &["X-Total-Count", "X-Dropped-Count"];
const REQUEST_ID: Parameter = Parameter::segment("id", "The id of the request.", "1");

/// How many requests are listed unless told otherwise.
const DEFAULT_LIMIT: usize = 1000;
/// How many may be listed.
const MAX_LIMIT: usize = 10_000;
/// How many may be waited for.
const MAX_COUNT: usize = 1_000_000;
/// How long is waited unless told otherwise.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long may be waited.
const MAX_TIMEOUT: Duration = Duration::from_secs(300);

pub(super) const LIST_REQUESTS: Operation =
    Operation::get("list_requests", "/_mock/requests", "What the journal keeps")
        .answers(&[Answer::of(200, Content::Archive(TypeId::of::<RequestRecord>())).with(&[
            "X-Total-Count",
            "X-Dropped-Count",
            "X-Unknown-World",
        ])])
        .query(LISTED);

pub(super) async fn list_requests(call: ControlCall, Scope(org): Scope, _: EmptyBody) -> ApiResult {
    let wanted = request_match(&call.query, org)?;
    let (limit, format) = (limit(&call.query)?, choice(&call.query, &FORMAT)?);
    call.bench.check_journal()?;
    at_leisure(call.bench, move |bench| {
        let found = bench.journal.find(&wanted, limit);
        let answer = match format {
            Some("har") => counted(&bench.journal, &found, typed("application/har+json", har(found.records()))),
            Some("ndjson") => counted(&bench.journal, &found, typed("application/x-ndjson", ndjson(found.records()))),
            _ => page(&bench.journal, &found),
        };
        Ok(tell_unknown(bench, wanted.org(), answer))
    })
    .await
}

fn limit(query: &Query) -> Result<usize, ApiError> {
    Ok(query.positive("limit", MAX_LIMIT)?.unwrap_or(DEFAULT_LIMIT))
}

/// A page of what was found, with the number of all of it.
fn page(journal: &Journal, found: &Found) -> Response {
    counted(journal, found, json(StatusCode::OK, found))
}

fn counted(journal: &Journal, found: &Found, answer: Response) -> Response {
    let dropped = HeaderValue::from(journal.dropped());
    let counts = [("x-total-count", HeaderValue::from(found.total)), ("x-dropped-count", dropped)];
    (counts, answer).into_response()
}

pub(super) const GET_REQUEST: Operation = Operation::get("get_request", "/_mock/requests/{id}", "One request")
    .answers(&[Answer::of(200, Content::Report(TypeId::of::<RequestRecord>()))])
    .segments(&[REQUEST_ID])
    .query(&[ORG, FORMAT_OF_ONE])
    .errors(&[404]);

pub(super) async fn get_request(call: ControlCall, AnyWorld(org): AnyWorld, Last(id): Last, _: EmptyBody) -> ApiResult {
    let format = choice(&call.query, &FORMAT_OF_ONE)?;
    at_leisure(call.bench, move |bench| {
        let is_asked_for = |record: &RequestRecord| org.is_none_or(|org| record.org.as_deref() == Some(org.as_str()));
        match bench.journal.get(&id).filter(is_asked_for) {
            Some(record) => Ok(match format {
                Some("curl") => typed("text/plain; charset=utf-8", record.curl()),
                Some("raw") => typed("text/plain; charset=utf-8", record.raw()),
                _ => json(StatusCode::OK, &record),
            }),
            None => Err(ApiError::RequestNotFound { id }),
        }
    })
    .await
}

pub(super) fn typed(kind: &'static str, body: impl Into<Body>) -> Response {
    let headers = [(CONTENT_TYPE, kind), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (headers, body.into()).into_response()
}

pub(super) const GET_REQUEST_BODY: Operation = Operation::get(
    "get_request_body",
    "/_mock/requests/{id}/body",
    "The first KiB of a body in text, or of an upload that was refused",
)
.answers(&[Answer::of(200, Content::File)])
.segments(&[REQUEST_ID])
.errors(&[404]);

pub(super) async fn get_request_body(State(bench): State<Bench>, Last(id): Last, _: EmptyBody) -> ApiResult {
    match bench.journal.body(&id) {
        Some(Some(start)) => Ok(typed("application/octet-stream", start)),
        Some(None) => Err(ApiError::BodyNotKept { id }),
        None => Err(ApiError::RequestNotFound { id }),
    }
}

pub(super) const CLEAR_REQUESTS: Operation =
    Operation::delete("clear_requests", "/_mock/requests", "Forget requests").query(&[ORG, ALL]);

pub(super) async fn clear_requests(call: ControlCall, Scope(org): Scope, _: EmptyBody) -> ApiResult<StatusCode> {
    call.bench.journal.clear(org.as_ref());
    Ok(StatusCode::NO_CONTENT)
}

pub(super) const WAIT_FOR_REQUESTS: Operation =
    Operation::get("wait_for_requests", "/_mock/requests/wait", "Wait until requests were seen")
        .answers(&[
            Answer::list::<RequestRecord>().with(COUNTS),
            Answer::of(408, Content::Json(TypeId::of::<TooFew>())).with(TELLS_UNKNOWN),
        ])
        .query(WAIT);

pub(super) async fn wait_for_requests(call: ControlCall, Scope(org): Scope, _: EmptyBody) -> ApiResult {
    let wanted = request_match(&call.query, org)?;
    let count = call.query.positive("count", MAX_COUNT)?.and_then(NonZeroUsize::new).unwrap_or(NonZeroUsize::MIN);
    let (limit, timeout) = (limit(&call.query)?, timeout(&call.query)?);
    call.bench.check_journal()?;
    // A timeout and a stop of the server are no errors here: the answer is judged by what has come by then.
    let _ = watched(tokio::time::timeout(timeout, call.bench.journal.until_seen(&wanted, count.get()))).await;
    at_leisure(call.bench, move |bench| {
        let journal = &bench.journal;
        let found = journal.find(&wanted, limit);
        if found.total >= count.get() {
            return Ok(page(journal, &found));
        }
        let verdict = journal.verify(&wanted, Count::within(&(count.get()..)));
        let mut message = format!("{} of {count} requests came within {timeout:?}.", found.total);
        if let Some(note) = &verdict.tally.note {
            message.extend([" ", note]);
        }
        let error = ErrorBody::new(StatusCode::REQUEST_TIMEOUT.as_u16(), None, message);
        let answer = json(StatusCode::REQUEST_TIMEOUT, &TooFew { error, verdict });
        Ok(tell_unknown(bench, wanted.org(), answer))
    })
    .await
}

/// An error with what came instead.
#[derive(Serialize, JsonSchema)]
pub(super) struct TooFew {
    #[serde(flatten)]
    error: ErrorBody,
    #[serde(flatten)]
    verdict: Verdict,
}

fn timeout(query: &Query) -> Result<Duration, ApiError> {
    let Some(text) = query.text("timeout")? else { return Ok(DEFAULT_TIMEOUT) };
    let wrong = || InvalidValue::expected("timeout", "a duration of at most 5 minutes, such as 250ms or 5s", text);
    let timeout = Span::parse(text).map(|span| span.0).filter(|timeout| *timeout <= MAX_TIMEOUT);
    timeout.ok_or_else(wrong).map_err(ApiError::from)
}

/// What the parameters ask of a request.
fn request_match(query: &Query, org: Option<OrgId>) -> Result<RequestMatch, ApiError> {
    Ok(RequestMatch::read(MatchBody::of_query(query)?, org)?)
}
