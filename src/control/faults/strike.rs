//! Faults that happen: waiting, answering, ending the connection.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use tokio::time::sleep;

use super::armed::Disarming;
use super::body::{AnswerPlace, ConnectionFault, Place, RequestPlace};
use super::rule::{Action, Then};
use crate::api::error::ApiError;
use crate::api::injected::Injected;
use crate::connection::{ConnectionEnd, HangUp, stall};

/// How long a connection stalls at most.
const LONGEST_STALL: Duration = Duration::from_secs(600);

/// What ends a request before its time.
#[derive(Clone, Debug)]
pub(super) enum Stop {
    Answer(Arc<Injected>),
    NoAnswer(HangUp),
}

impl Stop {
    /// What is said in place of an answer.
    pub(super) fn into_response(self) -> Response {
        match self {
            Self::Answer(injected) => ApiError::Injected(injected).into_response(),
            Self::NoAnswer(ending) => {
                let mut response = Response::new(Body::empty());
                response.extensions_mut().insert(ConnectionEnd::NoAnswer(ending));
                response
            }
        }
    }
}

impl Action {
    /// Lets it happen where nothing of an answer was sent yet.
    pub(super) async fn happen(&self, disarming: &mut Disarming) -> Result<(), Stop> {
        sleep(self.delay).await;
        match &self.then {
            Then::GoOn | Then::Slow { .. } => Ok(()),
            Then::Answer(injected) => Err(Stop::Answer(Arc::clone(injected))),
            Then::End(end) => {
                if *end == ConnectionFault::Stall {
                    stall_until(disarming).await;
                }
                Err(Stop::NoAnswer(ending(*end)))
            }
        }
    }

    /// In words, for the journal.
    pub(super) fn describe(&self) -> String {
        let mut text = String::new();
        if !self.delay.is_zero() {
            text = format!("delay {}ms", self.delay.as_millis());
        }
        let what = match &self.then {
            Then::GoOn => return text,
            Then::Answer(injected) => format!("status {}", injected.status().as_u16()),
            Then::End(ConnectionFault::Reset) => "reset".to_owned(),
            Then::End(ConnectionFault::Close) => "close".to_owned(),
            Then::End(ConnectionFault::Stall) => "stall".to_owned(),
            Then::Slow { bytes_per_second } => format!("{bytes_per_second} bytes per second"),
        };
        let separator = if text.is_empty() { "" } else { ", " };
        // Writing to a string does not fail.
        let _ = write!(text, "{separator}{what}");
        text
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

/// Nothing, for as long as the rule is armed.
pub(super) async fn stall_until(disarming: &mut Disarming) {
    tokio::select! {
        () = stall(LONGEST_STALL) => {}
        () = disarming.wait() => {}
    }
}

/// What becomes of the connection in the end; what has stalled for too long is closed.
pub(super) fn ending(end: ConnectionFault) -> HangUp {
    match end {
        ConnectionFault::Reset => HangUp::Reset,
        ConnectionFault::Close | ConnectionFault::Stall => HangUp::Close,
    }
}
