//! The limits of connections: what all connections of a server share, and how long one lingers.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

use crate::config::Limits;
use crate::domain::budget::{Budget, Reservation};

/// How long a refused client may go on sending before it is cut off. The figures are those of nginx's
/// `lingering_close`.
pub(super) const MAX_LINGER: Duration = Duration::from_secs(30);
/// How long such a client may pause.
pub(super) const MAX_LINGER_PAUSE: Duration = Duration::from_secs(5);

/// How many connections at a time may have large buffers, for free.
pub(super) const ROOMY_CONNECTIONS: usize = 64;

/// The buffer of any further connection, and so the largest head that it takes, in bytes.
const SMALL_BUFFER_BYTES: usize = 32 * 1024;

/// What such a connection is charged, in bytes: its buffers, its tasks, and a short answer.
const CONNECTION_BYTES: u64 = 64 * 1024;

/// How long such a connection waits before it asks again whether there is memory for it.
const PAUSE: Duration = Duration::from_millis(250);

/// hyper's own default for its read buffer, unless a head may be larger.
const BUFFER_BYTES: usize = 8192 + 4096 * 100;

/// The limits that all connections of a server share.
#[derive(Debug)]
pub struct ConnectionLimits {
    pub(super) limits: Limits,
    budget: Arc<Budget>,
    /// One permit for each connection that may have large buffers.
    roomy: Arc<Semaphore>,
    /// One permit for each body that may be received at the same time.
    pub(super) upload_slots: Arc<Semaphore>,
}

impl ConnectionLimits {
    /// Those of a server with these settings, and the budget that connections are charged to.
    #[must_use]
    pub fn new(limits: Limits, budget: Arc<Budget>) -> Arc<Self> {
        let upload_slots = Arc::new(Semaphore::new(limits.max_uploads.min(Semaphore::MAX_PERMITS)));
        Arc::new(Self { limits, budget, roomy: Arc::new(Semaphore::new(ROOMY_CONNECTIONS)), upload_slots })
    }

    /// The memory for one more connection. Beyond the first 64 it waits until there is some.
    pub(super) async fn memory(&self) -> ConnectionMemory {
        loop {
            if let Ok(permit) = Arc::clone(&self.roomy).try_acquire_owned() {
                return ConnectionMemory::Roomy(permit);
            }
            if let Ok(charge) = self.budget.reserve(CONNECTION_BYTES) {
                return ConnectionMemory::Small(charge);
            }
            sleep(PAUSE).await;
        }
    }
}

/// What a connection may take, for as long as it is open.
#[derive(Debug)]
pub(super) enum ConnectionMemory {
    /// Large buffers.
    Roomy(#[expect(dead_code, reason = "given back when it is dropped")] OwnedSemaphorePermit),
    /// Small ones.
    Small(#[expect(dead_code, reason = "given back when it is dropped")] Reservation),
}

impl ConnectionMemory {
    /// The largest head of a request, in bytes.
    pub(super) fn max_header_bytes(&self, limits: &Limits) -> usize {
        match self {
            Self::Roomy(_) => limits.max_header_bytes,
            Self::Small(_) => limits.max_header_bytes.min(SMALL_BUFFER_BYTES),
        }
    }

    /// hyper's buffers, in bytes each.
    pub(super) fn buffer_bytes(&self, limits: &Limits) -> usize {
        match self {
            Self::Roomy(_) => limits.max_header_bytes.max(BUFFER_BYTES),
            Self::Small(_) => SMALL_BUFFER_BYTES,
        }
    }
}
