//! The journal over HTTP.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::HeaderName;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::journal::attempts::Chains;
use super::journal::matching::{RequestMatch, Since, StatusMatch};
use super::journal::record::Record;
use super::journal::verdict::{Count, Verdict};
use super::journal::view::RequestRecord;
use super::organization;
use super::query::ControlQuery;
use crate::api::error::ApiError;
use crate::api::extract::{NoBody, Segments};
use crate::api::operation;
use crate::api::query::Query;
use crate::api::reply::json;
use crate::app::AppState;
use crate::wire::error::ErrorBody;
use crate::wire::strict::Wrong;
use crate::wire::time::Span;

/// How many requests are listed unless told otherwise.
const DEFAULT_LIMIT: usize = 1000;
/// How many may be asked for.
const MAX_LIMIT: usize = 1_000_000;
/// How long is waited unless told otherwise.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long may be waited.
const MAX_TIMEOUT: Duration = Duration::from_secs(300);

const TOTAL_COUNT: HeaderName = HeaderName::from_static("x-total-count");

/// `GET /_mock/requests`, with `?org=`, `operation=`, `method=`, `path=`, `file=`, `status=`, `since=`, `limit=`
pub(super) async fn list_requests(
    State(state): State<AppState>,
    ControlQuery(query): ControlQuery,
    _: NoBody,
) -> Result<Response, ApiError> {
    let wanted = request_match(&query)?;
    let limit = query.positive("limit", MAX_LIMIT)?.unwrap_or(DEFAULT_LIMIT);
    let records = state.journal().records();
    let chains = Chains::new(&records);
    let found: Vec<&Arc<Record>> = records.iter().filter(|record| wanted.matches(record)).collect();
    let total = HeaderValue::from(found.len());
    let newest = found.len().saturating_sub(limit);
    let body: Vec<_> = found[newest..].iter().map(|record| RequestRecord::new(record, &chains)).collect();
    Ok(([(TOTAL_COUNT, total)], json(StatusCode::OK, &body)).into_response())
}

/// `GET /_mock/requests/{id}`
pub(super) async fn get_request(
    State(state): State<AppState>,
    Segments(id): Segments<String>,
    _: NoBody,
) -> Result<Response, ApiError> {
    let records = state.journal().records();
    let chains = Chains::new(&records);
    let found = records.iter().find(|record| record.id().to_string() == id);
    match found {
        Some(record) => Ok(json(StatusCode::OK, &RequestRecord::new(record, &chains))),
        None => Err(ApiError::RequestNotFound { id }),
    }
}

/// `DELETE /_mock/requests`, with `?org=ID` for those of one world
pub(super) async fn clear_requests(
    State(state): State<AppState>,
    ControlQuery(query): ControlQuery,
    _: NoBody,
) -> Result<StatusCode, ApiError> {
    state.journal().clear(organization(&query)?.as_ref());
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /_mock/requests/wait`, with the parameters of the list, `count=` and `timeout=`
pub(super) async fn wait_for_requests(
    State(state): State<AppState>,
    ControlQuery(query): ControlQuery,
    _: NoBody,
) -> Result<Response, ApiError> {
    let wanted = request_match(&query)?;
    let count = query.positive("count", MAX_LIMIT)?.and_then(NonZeroUsize::new).unwrap_or(NonZeroUsize::MIN);
    let timeout = timeout(&query)?;
    // A deadline that passes is no failure of the wait itself: what was seen by then is looked at once more.
    let _ = tokio::time::timeout(timeout, state.journal().until_seen(&wanted, count.get())).await;
    let found = state.journal().find(&wanted);
    if found.len() >= count.get() {
        return Ok(json(StatusCode::OK, &found));
    }
    let verdict = state.journal().verify(&wanted, Count::at_least(count.get()));
    let message = format!("{} of {count} requests came within {timeout:?}.", found.len());
    let error = ErrorBody::new(StatusCode::REQUEST_TIMEOUT.as_u16(), None, message);
    Ok(json(StatusCode::REQUEST_TIMEOUT, &TooFew { error, verdict }))
}

/// An error with what came instead.
#[derive(Serialize)]
struct TooFew {
    #[serde(flatten)]
    error: ErrorBody,
    #[serde(flatten)]
    verdict: Verdict,
}

fn timeout(query: &Query) -> Result<Duration, ApiError> {
    let Some(text) = query.text("timeout")? else { return Ok(DEFAULT_TIMEOUT) };
    let wrong = || Wrong::new("timeout", format!("{text:?} is no duration of at most 5 minutes, such as 250ms or 5s."));
    let timeout = Span::parse(text).map(|span| span.0).filter(|timeout| *timeout <= MAX_TIMEOUT);
    timeout.ok_or_else(wrong).map_err(ApiError::from)
}

/// What the parameters ask of a request.
fn request_match(query: &Query) -> Result<RequestMatch, ApiError> {
    let operation = query.text("operation")?.map(|name| operation_name("operation", name)).transpose()?;
    let method = query.text("method")?.map(|name| method_name("method", name)).transpose()?;
    let status = query.text("status")?.map(|text| {
        let wrong = || Wrong::new("status", format!("{text:?} is no status, such as 404 or 4xx."));
        StatusMatch::parse(text).ok_or_else(wrong)
    });
    let since = query.text("since")?.map(|text| {
        let wrong = || Wrong::new("since", format!("{text:?} is neither the id of a request nor a time."));
        Since::parse(text).ok_or_else(wrong)
    });
    Ok(RequestMatch {
        org: organization(query)?,
        operation,
        method,
        path: query.text("path")?.map(str::to_owned),
        file: query.text("file")?.map(str::to_owned),
        status: status.transpose()?,
        since: since.transpose()?,
    })
}

/// The operation of this name.
pub(super) fn operation_name(path: &str, name: &str) -> Result<String, Wrong> {
    match operation::by_name(name) {
        Some(_) => Ok(name.to_owned()),
        None => Err(Wrong::name(path, name, operation::operations().iter().map(|operation| operation.name))),
    }
}

/// The method of this name, however it is written.
pub(super) fn method_name(path: &str, name: &str) -> Result<Method, Wrong> {
    let wrong = || Wrong::new(path, format!("{name:?} is no method, such as GET."));
    Method::from_bytes(name.to_uppercase().as_bytes()).map_err(|_| wrong())
}
