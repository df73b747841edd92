//! What is counted for Prometheus.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::StatusCode;

use crate::api::{Operation, RequestBody};
use crate::domain::lock;

/// The operation in the figures of a request to an unknown path.
const NO_OPERATION: &str = "none";

type Requests = BTreeMap<(&'static str, Option<u16>), u64>;

/// What is counted from the start of the server to its end; resets of worlds leave it.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// Requests to the emulated API by operation and status.
    requests: Mutex<Requests>,
    uploads: AtomicU64,
}

impl Metrics {
    /// A request to the emulated API comes in.
    pub(crate) fn begin(&self, operation: Option<&'static Operation>) {
        self.uploads.fetch_add(uploads(operation), Ordering::Relaxed);
    }

    /// It is over. Without a status the client never got an answer.
    pub(crate) fn end(&self, operation: Option<&'static Operation>, status: Option<StatusCode>) {
        self.uploads.fetch_sub(uploads(operation), Ordering::Relaxed);
        let name = operation.map_or(NO_OPERATION, |operation| operation.name);
        *lock(&self.requests).entry((name, status.map(|status| status.as_u16()))).or_default() += 1;
    }

    /// How many requests there were by operation and status, and how many uploads are not answered yet.
    pub(super) fn read(&self) -> (Requests, u64) {
        let requests = lock(&self.requests);
        (requests.clone(), self.uploads.load(Ordering::Relaxed))
    }
}

/// How many uploads a request is.
fn uploads(operation: Option<&Operation>) -> u64 {
    u64::from(operation.is_some_and(|operation| operation.body == RequestBody::Form))
}
