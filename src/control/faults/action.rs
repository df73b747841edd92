//! The actions of faults: wait, answer, end the connection. And how the journal names them.

use std::sync::Arc;
use std::time::Duration;

use super::armed::Disarming;
use super::body::{AnswerPlace, ConnectionFault, Place};
use super::rule::{Action, Then};
use crate::api::{ApiError, RequestPlace};
use crate::connection::{HangUp, pause};

/// How long a connection stalls at most.
const LONGEST_STALL: Duration = Duration::from_secs(600);

impl Action {
    /// Waits, and stalls. The request goes on, unless this returns the error that ends it.
    pub(super) async fn perform(&self, disarming: &mut Disarming) -> Result<(), ApiError> {
        pause_unless(disarming, self.delay).await;
        match &self.then {
            Then::GoOn | Then::Slow { .. } => Ok(()),
            Then::Answer(injected) => Err(ApiError::Injected(Arc::clone(injected))),
            Then::End(end) => {
                if *end == ConnectionFault::Stall {
                    pause_unless(disarming, LONGEST_STALL).await;
                }
                Err(ApiError::HungUp(hang_up(*end)))
            }
        }
    }

    /// In words, for the journal.
    pub(super) fn describe(&self) -> String {
        let delay = (!self.delay.is_zero()).then(|| format!("delay {}ms", self.delay.as_millis()));
        let then = match &self.then {
            Then::GoOn => None,
            Then::Answer(injected) => Some(format!("status {}", injected.status.as_u16())),
            Then::End(ConnectionFault::Reset) => Some("reset".to_owned()),
            Then::End(ConnectionFault::Close) => Some("close".to_owned()),
            Then::End(ConnectionFault::Stall) => Some("stall".to_owned()),
            Then::Slow { bytes_per_second } => Some(format!("{bytes_per_second} bytes per second")),
        };
        delay.into_iter().chain(then).collect::<Vec<_>>().join(", ")
    }
}

impl Place {
    /// In words, for the journal.
    pub(super) fn describe(self) -> String {
        match self {
            Self::Before => "before".to_owned(),
            Self::After => "after".to_owned(),
            Self::Request(RequestPlace::PartHeaders) => "request part-headers".to_owned(),
            Self::Request(RequestPlace::AfterFileBytes(bytes)) => format!("request after {bytes} bytes of the file"),
            Self::Request(RequestPlace::BeforeClosingBoundary) => "request before-closing-boundary".to_owned(),
            Self::Answer(AnswerPlace::AfterBytes(bytes)) => format!("answer after {bytes} bytes"),
            Self::Answer(AnswerPlace::Half) => "answer half".to_owned(),
        }
    }
}

/// Does nothing for this long, or until the rule is disarmed. Says whether it is.
pub(super) async fn pause_unless(disarming: &mut Disarming, longest: Duration) -> bool {
    tokio::select! {
        () = pause(longest) => false,
        () = disarming.wait() => true,
    }
}

/// How the connection ends. After the longest stall it is closed.
pub(super) fn hang_up(end: ConnectionFault) -> HangUp {
    match end {
        ConnectionFault::Reset => HangUp::Reset,
        ConnectionFault::Close | ConnectionFault::Stall => HangUp::Close,
    }
}
