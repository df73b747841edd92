//! The limits of connections: what all connections of a server share, and how long one lingers.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::config::Limits;

/// How long a refused client may go on sending before it is cut off. The figures are those of nginx's
/// `lingering_close`.
pub(super) const MAX_LINGER: Duration = Duration::from_secs(30);
/// How long such a client may pause.
pub(super) const MAX_LINGER_PAUSE: Duration = Duration::from_secs(5);

/// The limits that all connections of a server share.
#[derive(Debug)]
pub struct ConnectionLimits {
    pub(super) limits: Limits,
    /// One permit for each body that may be received at the same time.
    pub(super) upload_slots: Arc<Semaphore>,
}

impl ConnectionLimits {
    /// Those of a server with these settings.
    #[must_use]
    pub fn new(limits: Limits) -> Arc<Self> {
        let slots = limits.max_uploads.min(Semaphore::MAX_PERMITS);
        Arc::new(Self { limits, upload_slots: Arc::new(Semaphore::new(slots)) })
    }
}
