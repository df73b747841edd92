//! Links requests that look like attempts of one call, and compares what they sent: a retry must send the same bytes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use schemars::JsonSchema;
use serde::Serialize;

use super::deviation::{Deviation, DeviationKind};
use super::record::{Record, RequestId};
use crate::api::multipart::trace::UploadTrace;
use crate::domain::ids::OrgId;
use crate::wire::schema::absent_not_null;

/// A request that begins later than this after the end of another is no retry of it.
const WINDOW: Duration = Duration::from_secs(10);

/// Which attempt a request is, and what all of them sent.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Attempts {
    /// Which one this is, from 1.
    pub number: usize,
    /// How many there were so far.
    pub of: usize,
    /// All of them, oldest first.
    pub requests: Vec<Attempt>,
}

/// One attempt.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = absent_not_null)]
#[non_exhaustive]
pub struct Attempt {
    /// Its id in the journal.
    pub id: u64,
    /// The status of its answer.
    pub status: Option<u16>,
    /// Whether a fault struck it.
    pub faulted: bool,
    /// What was sent: the file of a form, or the whole of another body, in bytes.
    pub bytes: Option<u64>,
    /// XXH3-128 of what was sent, in hex, where it is known.
    #[serde(rename = "xxh3-128", skip_serializing_if = "Option::is_none")]
    pub xxh3_128: Option<String>,
}

/// The records of the journal, linked to chains of attempts.
pub(crate) struct Chains<'a> {
    chains: Vec<Vec<&'a Record>>,
    chain_of: HashMap<RequestId, usize>,
}

impl<'a> Chains<'a> {
    /// Links `records`.
    pub(crate) fn new(records: &'a [Arc<Record>]) -> Self {
        let mut chains: Vec<Vec<&Record>> = Vec::new();
        let mut chain_of = HashMap::new();
        let mut open: HashMap<CallKey<'_>, usize> = HashMap::new();
        let mut in_order: Vec<&Record> = records.iter().map(|record| &**record).collect();
        // The journal has requests in the order in which they ended, and a slow attempt may end after the next one.
        in_order.sort_by_key(|record| record.started);
        for record in in_order {
            let Some(call) = CallKey::of(record) else { continue };
            let continued = open
                .get(&call)
                .copied()
                .filter(|&index| chains[index].last().is_some_and(|previous| is_retry(previous, record)));
            let index = continued.unwrap_or_else(|| {
                chains.push(Vec::new());
                chains.len() - 1
            });
            chains[index].push(record);
            chain_of.insert(record.id, index);
            open.insert(call, index);
        }
        Self { chains, chain_of }
    }

    /// All attempts of the call that a request belongs to; `None` if it is the only one.
    pub(crate) fn attempts_of(&self, record: &Record) -> Option<Attempts> {
        let chain = self.chain(record)?;
        let number = chain.iter().position(|one| one.id == record.id)? + 1;
        Some(Attempts { number, of: chain.len(), requests: chain.iter().map(|one| Attempt::of(one)).collect() })
    }

    /// How a request deviates from the attempts before it.
    pub(crate) fn deviations_of(&self, record: &Record) -> Vec<Deviation> {
        let Some(chain) = self.chain(record) else { return Vec::new() };
        let earlier = chain.iter().take_while(|one| one.id != record.id);
        // Compared with the attempt that sent most: each retry may send less than the one before.
        let failed = earlier.filter(|one| has_failed(one)).max_by_key(|one| Sent::by(one).bytes);
        failed.and_then(|failed| compare(failed, record)).into_iter().collect()
    }

    fn chain(&self, record: &Record) -> Option<&[&'a Record]> {
        self.chain_of.get(&record.id).map(|&index| &self.chains[index][..]).filter(|chain| chain.len() > 1)
    }
}

/// What all attempts of one call have in common.
#[derive(PartialEq, Eq, Hash)]
struct CallKey<'a> {
    org: Option<&'a OrgId>,
    operation: &'static str,
    method: &'a Method,
    target: &'a str,
    file: Option<&'a str>,
}

impl<'a> CallKey<'a> {
    /// `None` for a request to no operation.
    fn of(record: &'a Record) -> Option<Self> {
        Some(Self {
            org: record.org.as_ref(),
            operation: record.operation?,
            method: &record.method,
            target: &record.target,
            file: record.uploaded_name(),
        })
    }
}

/// Whether a request repeats the one before it. A second read is a retry only if the first failed.
fn is_retry(previous: &Record, record: &Record) -> bool {
    let pause = record.started.saturating_duration_since(previous.ended());
    let reads = record.method == Method::GET || record.method == Method::HEAD;
    pause <= WINDOW && (!reads || has_failed(previous))
}

/// Whether the client may take the answer for a failure that can be retried.
fn has_failed(record: &Record) -> bool {
    record.fault.is_some() || record.status().is_none_or(|status| status >= 500 || status == 408 || status == 429)
}

fn compare(failed: &Record, record: &Record) -> Option<Deviation> {
    let (before, now) = (Sent::by(failed), Sent::by(record));
    let (bytes_before, bytes_now) = (before.bytes?, now.bytes?);
    let (kind, what) = match (bytes_before, bytes_now) {
        (1.., 0) => (DeviationKind::RetryEmpty, "no bytes".to_owned()),
        (one, other) if one != other => (DeviationKind::RetryDiffers, format!("{other} bytes")),
        (0, _) => return None,
        _ if before.digest.is_some() && now.digest.is_some() && before.digest != now.digest => {
            (DeviationKind::RetryDiffers, "as many, but other bytes".to_owned())
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

/// What a request sent: its file, or its body in text.
struct Sent {
    bytes: Option<u64>,
    /// XXH3-128 in hex.
    digest: Option<String>,
}

impl Sent {
    fn by(record: &Record) -> Self {
        match record.upload.as_deref().and_then(UploadTrace::file_part) {
            Some(file) => Self { bytes: Some(file.record.bytes), digest: file.digests().xxh3_128 },
            None => Self { bytes: record.body.as_ref().map(|body| body.bytes as u64), digest: None },
        }
    }
}

impl Attempt {
    fn of(record: &Record) -> Self {
        let sent = Sent::by(record);
        Self {
            id: record.id.number(),
            status: record.status(),
            faulted: record.fault.is_some(),
            bytes: sent.bytes,
            xxh3_128: sent.digest,
        }
    }
}
