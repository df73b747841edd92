//! What is counted for Prometheus.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::api::{Operation, RequestBody};
use crate::domain::lock;

/// What stands for the operation of a request to an unknown path.
const NO_OPERATION: &str = "none";

type Requests = BTreeMap<(&'static str, Option<u16>), u64>;

/// What is counted from the start of the server to its end; resets of worlds leave it.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// Requests to the emulated API by operation and status.
    requests: Mutex<Requests>,
    uploads: AtomicU64,
}

/// A request to the emulated API, counted when it is dropped.
#[derive(Debug)]
pub(crate) struct Metered<'a> {
    metrics: &'a Metrics,
    operation: Option<&'static Operation>,
    /// The status of its answer; `None` until there is one, and if the client never gets one.
    pub(crate) status: Option<u16>,
}

impl Metrics {
    /// A request comes in.
    pub(crate) fn begin(&self, operation: Option<&'static Operation>) -> Metered<'_> {
        let metered = Metered { metrics: self, operation, status: None };
        self.uploads.fetch_add(metered.uploads(), Ordering::Relaxed);
        metered
    }

    /// How many requests there were by operation and status, and how many uploads are not answered yet.
    pub(super) fn read(&self) -> (Requests, u64) {
        let requests = lock(&self.requests);
        (requests.clone(), self.uploads.load(Ordering::Relaxed))
    }
}

impl Metered<'_> {
    /// How many uploads it is.
    fn uploads(&self) -> u64 {
        u64::from(self.operation.is_some_and(|operation| operation.body == RequestBody::Form))
    }
}

impl Drop for Metered<'_> {
    fn drop(&mut self) {
        self.metrics.uploads.fetch_sub(self.uploads(), Ordering::Relaxed);
        let name = self.operation.map_or(NO_OPERATION, |operation| operation.name);
        let mut requests = lock(&self.metrics.requests);
        *requests.entry((name, self.status)).or_default() += 1;
    }
}
