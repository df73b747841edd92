//! Connection limits: what all connections of a server share, and how long a closed one lingers.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

use crate::config::{Config, Limits, Secrets};
use crate::domain::{Budget, Reservation};

/// How long a refused client may keep sending before it is cut off. This and the pause are the defaults of nginx's
/// `lingering_time` and `lingering_timeout`.
pub(super) const MAX_LINGER: Duration = Duration::from_secs(30);
/// How long such a client may pause.
pub(super) const MAX_LINGER_PAUSE: Duration = Duration::from_secs(5);

/// How many connections may have large buffers at a time, without a charge to the budget.
pub(super) const ROOMY_CONNECTIONS: usize = 64;

/// Buffer size of each further connection, in bytes, and so the largest head that it accepts.
const SMALL_BUFFER_BYTES: usize = 32 * 1024;

/// What the budget is charged for each further connection, in bytes: its buffers, its tasks, and a short answer.
const CONNECTION_BYTES: u64 = 64 * 1024;

/// How long such a connection waits before it asks the budget again.
const PAUSE: Duration = Duration::from_millis(250);

/// Buffer size of a connection with large buffers, in bytes, unless heads may be larger. It is hyper's own default.
const BUFFER_BYTES: usize = 8192 + 4096 * 100;

/// The limits that all connections of a server share.
#[derive(Debug)]
pub struct ConnectionLimits {
    pub(super) limits: Limits,
    pub(super) secrets: Secrets,
    budget: Arc<Budget>,
    /// One permit for each connection that may have large buffers.
    roomy: Arc<Semaphore>,
    /// One permit for each body that may be received at the same time.
    pub(super) upload_slots: Arc<Semaphore>,
}

impl ConnectionLimits {
    /// The limits of a server with these settings. Connections are charged to `budget`.
    pub fn new(config: &Config, budget: Arc<Budget>) -> Arc<Self> {
        let (limits, secrets) = (config.limits.clone(), config.secrets);
        let upload_slots = Arc::new(Semaphore::new(limits.max_uploads.min(Semaphore::MAX_PERMITS)));
        Arc::new(Self { limits, secrets, budget, roomy: Arc::new(Semaphore::new(ROOMY_CONNECTIONS)), upload_slots })
    }

    /// Gets the memory for one more connection. While 64 others have large buffers, it waits until the budget has room.
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

/// The memory of an open connection, given back when dropped.
#[derive(Debug)]
pub(super) enum ConnectionMemory {
    /// Large buffers, not charged.
    Roomy(#[expect(dead_code, reason = "given back when it is dropped")] OwnedSemaphorePermit),
    /// Small buffers, charged to the budget.
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
