//! What connections may take: sizes, times, and the turns of uploads.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::config::Limits;

/// The rules that all connections of a server share.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(super) header_read_timeout: Duration,
    pub(super) idle_timeout: Duration,
    pub(super) min_upload_bytes_per_second: u64,
    pub(super) max_header_bytes: usize,
    pub(super) max_uploads: usize,
    /// One permit for each body that may be received now.
    pub(super) turns: Arc<Semaphore>,
}

/// A client is not looked at more often than this.
const FINEST: Duration = Duration::from_millis(1);

impl Rules {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        let max_uploads = limits.max_uploads.min(Semaphore::MAX_PERMITS);
        Arc::new(Self {
            header_read_timeout: limits.header_read_timeout,
            idle_timeout: limits.idle_timeout,
            min_upload_bytes_per_second: limits.min_upload_bytes_per_second,
            max_header_bytes: limits.max_header_bytes,
            max_uploads,
            turns: Arc::new(Semaphore::new(max_uploads)),
        })
    }

    /// What nothing is overdue before.
    pub(super) fn shortest(&self) -> Duration {
        self.header_read_timeout.min(self.idle_timeout).max(FINEST)
    }
}
