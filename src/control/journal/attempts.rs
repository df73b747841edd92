//! Links requests that look like attempts of one call, and compares what they sent: a retry must send the same bytes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use schemars::JsonSchema;
use serde::Serialize;

use super::deviation::{Deviation, FindingKind};
use super::record::{Record, RequestId};
use crate::api::UploadTrace;
use crate::domain::OrgId;
use crate::wire::absent_not_null;

/// A request that begins later than this after the end of another is no retry of it.
pub(super) const WINDOW: Duration = Duration::from_secs(10);

/// How many attempts are listed with each request: a client that never gives up makes thousands.
const MAX_LISTED: usize = 16;

/// Which attempt a request is, and what all of them sent.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Attempts {
    /// Which one this is, from 1.
    pub number: usize,
    /// How many there were so far.
    pub of: usize,
    /// All of them, oldest first; of more than 16, those around this one.
    pub requests: Vec<Attempt>,
}

built! {
    /// One attempt.
    #[derive(Clone)]
    #[schemars(transform = absent_not_null)]
    #[non_exhaustive]
    pub struct Attempt;
    fn of(record: &Record) {}
    /// Its id in the journal.
    pub id: u64 = record.id.number(),
    /// The status of its answer.
    pub status: Option<u16> = record.status(),
    /// Whether a fault struck it.
    pub faulted: bool = record.fault.is_some(),
    /// What was sent: the file of a form, or the whole of another body, in bytes.
    pub bytes: Option<u64> = sent_bytes(record),
    /// XXH3-128 of what was sent, in hex, where it is known.
    ?"xxh3-128" pub xxh3_128: String = sent_digest(record),
}

/// The records of the journal, linked to chains of attempts.
pub(crate) struct Chains<'a> {
    chains: Vec<Vec<Link<'a>>>,
    /// The chain of a request, and its place there.
    places: HashMap<RequestId, (usize, usize)>,
}

/// A request in its chain.
struct Link<'a> {
    record: &'a Record,
    /// Of the failed attempts before it the one that sent most, because each retry may send less than the one before.
    fullest: Option<&'a Record>,
}

impl<'a> Chains<'a> {
    /// Links `records`.
    pub(crate) fn new(records: &'a [Arc<Record>]) -> Self {
        let mut chains: Vec<Vec<Link<'_>>> = Vec::new();
        let mut places = HashMap::new();
        let mut open: HashMap<CallKey<'_>, usize> = HashMap::new();
        let mut in_order: Vec<&Record> = records.iter().map(|record| &**record).collect();
        // The journal has requests in the order in which they ended, and a slow attempt may end after the next one.
        in_order.sort_by_key(|record| record.started);
        for record in in_order {
            let Some(call) = CallKey::of(record) else { continue };
            let continued = open
                .get(&call)
                .copied()
                .filter(|&index| chains[index].last().is_some_and(|previous| is_retry(previous.record, record)));
            let index = continued.unwrap_or_else(|| {
                chains.push(Vec::new());
                chains.len() - 1
            });
            let chain = &mut chains[index];
            let fullest = chain.last().and_then(|Link { record, fullest }| {
                let failed = has_failed(record).then_some(*record);
                fullest.iter().copied().chain(failed).max_by_key(|record| sent_bytes(record))
            });
            places.insert(record.id, (index, chain.len()));
            chain.push(Link { record, fullest });
            open.insert(call, index);
        }
        Self { chains, places }
    }

    /// The attempts of the call that a request belongs to; `None` if it is the only one.
    pub(crate) fn attempts_of(&self, record: &Record) -> Option<Attempts> {
        let (chain, place) = self.chain(record)?;
        let first = place.saturating_sub(MAX_LISTED / 2).min(chain.len().saturating_sub(MAX_LISTED));
        let listed = chain.iter().skip(first).take(MAX_LISTED);
        let requests = listed.map(|link| Attempt::of(link.record)).collect();
        Some(Attempts { number: place + 1, of: chain.len(), requests })
    }

    /// How a request deviates from the attempts before it.
    pub(crate) fn deviations_of(&self, record: &Record) -> Option<Deviation> {
        let (chain, place) = self.chain(record)?;
        compare(chain[place].fullest?, record)
    }

    fn chain(&self, record: &Record) -> Option<(&[Link<'a>], usize)> {
        let &(index, place) = self.places.get(&record.id)?;
        let chain = &self.chains[index][..];
        (chain.len() > 1).then_some((chain, place))
    }
}

/// What all attempts of one call have in common.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct CallKey<'a> {
    org: Option<&'a OrgId>,
    operation: &'static str,
    method: &'a Method,
    target: &'a str,
    file: Option<&'a str>,
}

impl<'a> CallKey<'a> {
    /// `None` for a request to no operation.
    pub(super) fn of(record: &'a Record) -> Option<Self> {
        Some(Self {
            org: record.org.as_ref(),
            operation: record.operation?.name,
            method: &record.head.method,
            target: &record.head.target,
            file: record.uploaded_name(),
        })
    }
}

/// Whether a request repeats the one before it. A second read is a retry only if the first failed.
fn is_retry(previous: &Record, record: &Record) -> bool {
    let pause = record.started.saturating_duration_since(previous.ended());
    let reads = [Method::GET, Method::HEAD].contains(&record.head.method);
    pause <= WINDOW && (!reads || has_failed(previous))
}

/// Whether the client may take the answer for a failure that can be retried.
pub(super) fn has_failed(record: &Record) -> bool {
    record.fault.is_some() || record.status().is_none_or(|status| status >= 500 || status == 408 || status == 429)
}

fn compare(failed: &Record, record: &Record) -> Option<Deviation> {
    let (bytes_before, bytes_now) = (sent_bytes(failed)?, sent_bytes(record)?);
    let digests = || Some((sent_digest(failed)?, sent_digest(record)?));
    let (kind, what) = match (bytes_before, bytes_now) {
        (1.., 0) => (FindingKind::RetryEmpty, "no bytes".to_owned()),
        (one, other) if one != other => (FindingKind::RetryDiffers, format!("{other} bytes")),
        (0, _) => return None,
        _ if digests().is_some_and(|(before, now)| before != now) => {
            (FindingKind::RetryDiffers, "as many, but other bytes".to_owned())
        }
        _ => return None,
    };
    Some(Deviation {
        kind,
        message: format!(
            "This retries request {}, which had sent {bytes_before} bytes, but sent {what}. Rewind the file before a retry.",
            failed.id
        ),
        rule: "section 6, answers: clients retry 5xx and 429",
    })
}

/// How much a request sent, of its file, or of its body in text.
fn sent_bytes(record: &Record) -> Option<u64> {
    match record.upload.as_deref().and_then(UploadTrace::file_part) {
        Some(file) => Some(file.record.bytes),
        None => record.body.as_ref().map(|body| body.bytes as u64),
    }
}

/// XXH3-128 of the file that a request sent, in hex.
fn sent_digest(record: &Record) -> Option<String> {
    record.upload.as_deref().and_then(UploadTrace::file_part)?.digests().xxh3_128
}
