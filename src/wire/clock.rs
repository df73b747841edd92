//! The clock of a world, as the control plane shows it and has it set.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Instant, InvalidValue, Span};
use crate::domain::{Clock, ClockChange};

/// What a clock does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Mode {
    /// It runs as the machine's clock does.
    Run,
    /// It stands still.
    Freeze,
    /// Each request that records the time advances it by one step.
    Tick,
}

built! {
    /// A clock as it is.
    pub(crate) struct ClockRecord;
    pub(crate) fn of(clock: Clock) {
        let (mode, ahead_ms, step) = match clock {
            Clock::System => (Mode::Run, Some(0), None),
            Clock::Shifted { ahead_millis } => (Mode::Run, Some(ahead_millis), None),
            Clock::Frozen(_) => (Mode::Freeze, None, None),
            Clock::Ticking { step, .. } => (Mode::Tick, None, Some(Span(step))),
        };
    }
    /// What it does.
    mode: Mode = mode,
    /// The present instant: the one that the next request records.
    now: Instant = Instant(clock.now()),
    /// How far it is ahead of the machine's clock, in milliseconds. Only for the mode run.
    ?ahead_ms: i64 = ahead_ms,
    /// How far each request advances it. Only for the mode tick.
    ?step: Span = step,
}

/// How a clock is to be changed: by a mode, or by an advance.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ClockRequest {
    /// What it shall do.
    mode: Option<Mode>,
    /// The time that it starts from. Absent: the machine's time for the mode run, else the present time of the clock.
    at: Option<Instant>,
    /// How far each request advances it. Required for the mode tick, and only there.
    step: Option<Span>,
    /// How far to advance it; the mode stays. Cannot be combined with other members.
    advance: Option<Span>,
}

impl ClockRequest {
    /// The change that is meant. Fails when members are missing, or exclude each other.
    pub(crate) fn change(self) -> Result<ClockChange, InvalidValue> {
        let at = self.at.map(|at| at.0);
        match (self.mode, self.step.map(|step| step.0), self.advance) {
            (None, None, Some(by)) if at.is_none() => Ok(ClockChange::Advance(by.0)),
            (_, _, Some(_)) => Err(InvalidValue::new(
                "advance",
                "It cannot be combined with other members: the clock goes on as before, only later.",
            )),
            (None, ..) => Err(InvalidValue::new("mode", "Set mode to run, freeze or tick, or set advance.")),
            (Some(Mode::Run | Mode::Freeze), Some(_), None) => {
                Err(InvalidValue::new("step", "Only the mode tick has a step."))
            }
            (Some(Mode::Run), None, None) => Ok(at.map_or(ClockChange::Set(Clock::System), ClockChange::RunFrom)),
            (Some(Mode::Freeze), None, None) => {
                Ok(at.map_or(ClockChange::Freeze, |at| ClockChange::Set(Clock::Frozen(at))))
            }
            (Some(Mode::Tick), None, None) => Err(InvalidValue::missing("step")),
            (Some(Mode::Tick), Some(step), None) if step.is_zero() => {
                Err(InvalidValue::new("step", "It must be longer than 0. To stop the clock, set mode to freeze."))
            }
            (Some(Mode::Tick), Some(step), None) => {
                Ok(at.map_or(ClockChange::Tick(step), |next| ClockChange::Set(Clock::Ticking { next, step })))
            }
        }
    }
}
