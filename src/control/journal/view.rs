//! A record of the journal as people and tests read it: with everything that is worked out from the raw record.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use serde::Serializer;

use super::attempts::{Attempts, Chains};
use super::deviation::{Deviation, of_request};
use super::form_names;
use super::members;
use super::record::{Record, RequestId};
use crate::api::{FaultRecord, UploadRecord};
use crate::connection::Via;
use crate::domain::{OrgId, Timestamp};
use crate::wire::{UserName, absent_not_null};

built! {
    /// A request to the emulated API and its answer.
    #[derive(Clone)]
    #[schemars(transform = absent_not_null)]
    #[non_exhaustive]
    pub struct RequestRecord;
    pub(crate) fn new(record: &Record, chains: &Chains<'_>) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let answer = record.answer.as_ref();
    }
    /// Its number; later requests have higher ones.
    #[schemars(with = "u64")]
    pub id: RequestId = record.id,
    /// The `X-Request-Id` of its answer: the client's own, or one that was made.
    pub request_id: String = record.request_id.to_string(),
    /// When it came in, by the machine's clock, not by that of its world.
    pub time: Timestamp = record.time,
    /// The time until the answer was ready, or the request was given up; in the JSON milliseconds.
    #[serde(rename = "durationMs", serialize_with = "as_millis")]
    #[schemars(with = "f64")]
    pub duration: Duration = record.duration,
    /// The organisation, if it named one.
    pub org: Option<String> = record.org.as_ref().map(OrgId::to_string),
    /// The user that it acted as, if it got that far.
    pub actor: Option<UserName> = record.actor.as_deref().map(UserName::of),
    /// The operation, if there is one for its method and path.
    pub operation: Option<String> = record.operation.map(|operation| operation.name.to_owned()),
    /// The method.
    pub method: String = record.head.method.to_string(),
    /// The path as the client wrote it.
    pub path: String = record.head.path().to_owned(),
    /// The query as the client wrote it, without the question mark.
    pub query: Option<String> = record.head.query_text().map(str::to_owned),
    /// How it came, if not in HTTP/1 over a plain connection.
    #[serde(skip_serializing_if = "is_usual")]
    #[schemars(with = "Option<Via>")]
    pub via: Via = record.via,
    /// The headers, names in lower case; several of one name are joined by a comma. Secrets are masked.
    pub headers: BTreeMap<String, String> = headers(record),
    /// How many bytes of the body were read; absent if it was not read.
    ?pub request_bytes: u64 = request_bytes(record),
    /// The first KiB of a body in text.
    ?pub request_text: String = record.text().map(text),
    /// All that is kept of a body in text, to send it again.
    #[serde(skip)]
    pub(super) kept: Bytes = record.body.as_ref().map(|body| body.start.clone()).unwrap_or_default(),
    /// What an upload consisted of.
    ?pub upload: UploadRecord =
        record.upload.as_ref().map(|upload| upload.record(record.head.header(&CONTENT_TYPE).next())),
    /// The fault that struck it.
    ?pub fault: FaultRecord = record.fault.clone(),
    /// The status of the answer; absent where the client was gone, or the connection broken, before there was one.
    pub status: Option<u16> = record.status(),
    /// The length of the answer's body.
    ?pub response_bytes: u64 = answer.and_then(|answer| answer.bytes),
    /// The first KiB of an answer in JSON.
    ?pub response_text: String = answer.and_then(|answer| answer.text.as_deref()).map(text),
    /// What the client did that is not documented.
    pub deviations: Vec<Deviation> = deviations(record, chains),
    /// The requests that look like attempts of the same call, if there are others.
    ?pub attempts: Attempts = chains.attempts_of(record),
}

fn request_bytes(record: &Record) -> Option<u64> {
    let form = record.upload.as_ref().map(|upload| upload.record.body_bytes);
    form.or_else(|| record.body.as_ref().map(|body| body.bytes as u64))
}

/// How a request deviates, by itself and from the attempts before it.
pub(super) fn deviations(record: &Record, chains: &Chains<'_>) -> Vec<Deviation> {
    let mut deviations = of_request(record);
    deviations.extend(members::deviations(record));
    deviations.extend(record.upload.iter().flat_map(|upload| form_names::deviations(upload)));
    deviations.extend(chains.deviations_of(record));
    deviations
}

fn headers(record: &Record) -> BTreeMap<String, String> {
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in record.head.headers() {
        let value = String::from_utf8_lossy(value);
        let known = headers.entry(name.to_string()).and_modify(|values| values.extend([", ", &*value]));
        known.or_insert_with(|| value.to_string());
    }
    headers
}

fn is_usual(via: &Via) -> bool {
    *via == Via::default()
}

fn as_millis<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_micros() as f64 / 1000.0)
}
