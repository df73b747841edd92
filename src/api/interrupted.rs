//! Request bodies that the server itself stopped receiving.

use std::error::Error;
use std::iter::successors;
use std::time::Duration;

use super::error::ApiError;

/// Why the server stopped receiving a body. It stands among the causes of the error that the reader of the body gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Interrupted {
    /// The client sent nothing for so long.
    #[error("nothing came for {after:?}")]
    Stalled { after: Duration },
    /// The client sent less than this.
    #[error("less than {bytes_per_second} bytes per second came")]
    TooSlow { bytes_per_second: u64 },
    /// So many other bodies were being received all the time.
    #[error("{max_uploads} other uploads came first")]
    NoTurn { max_uploads: usize },
}

impl Interrupted {
    /// The interruption behind an error of a body, if there is one.
    pub(crate) fn cause_of(error: &(dyn Error + 'static)) -> Option<Self> {
        successors(Some(error), |&error| error.source()).find_map(|error| error.downcast_ref::<Self>().copied())
    }
}

/// What a body is answered with that could not be read to its end.
pub(crate) fn broken_off(error: &(dyn Error + 'static)) -> ApiError {
    Interrupted::cause_of(error).map_or(ApiError::BodyCutOff, ApiError::Interrupted)
}
