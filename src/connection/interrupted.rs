//! Why the server stopped receiving a request body.

use std::error::Error;
use std::iter::successors;
use std::time::Duration;

/// Why the server stopped receiving a body. It is in the source chain of the error that the reader of the body gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Interrupted {
    /// The client sent nothing for the idle timeout.
    #[error("nothing came for {after:?}")]
    Stalled { after: Duration },
    /// The client sent less than the minimum rate.
    #[error("less than {bytes_per_second} bytes per second came")]
    TooSlow { bytes_per_second: u64 },
    /// No upload slot became free within the idle timeout.
    #[error("{max_uploads} other uploads came first")]
    NoTurn { max_uploads: usize },
}

impl Interrupted {
    /// Finds the interruption in the source chain of a body's error.
    pub(crate) fn cause_of(error: &(dyn Error + 'static)) -> Option<Self> {
        successors(Some(error), |&error| error.source()).find_map(|error| error.downcast_ref::<Self>().copied())
    }
}
