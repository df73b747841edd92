//! What the parts of one connection tell each other: the socket below hyper, the service above it, and the bodies that
//! pass through.

use std::sync::atomic::{AtomicU8, Ordering};

use super::fate::Ending;

/// One connection, as its parts see it.
#[derive(Debug, Default)]
pub(super) struct Line {
    ending: AtomicU8,
}

const CLOSE: u8 = 1;
const RESET: u8 = 2;

impl Line {
    /// The connection ends as soon as what was written before is sent.
    pub(super) fn end(&self, ending: Ending) {
        let code = match ending {
            Ending::Close => CLOSE,
            Ending::Reset => RESET,
        };
        self.ending.store(code, Ordering::Relaxed);
    }

    /// How the connection is to end, if that was said.
    pub(super) fn ending(&self) -> Option<Ending> {
        match self.ending.load(Ordering::Relaxed) {
            CLOSE => Some(Ending::Close),
            RESET => Some(Ending::Reset),
            _ => None,
        }
    }
}
