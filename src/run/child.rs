//! The command: it inherits our streams, gets our signals, and its exit code becomes ours.

use tokio::process::Command;

use super::command::cannot_run;
use crate::signals::{Signals, exit_code};

/// Runs the command and gives its exit code.
pub(crate) async fn run(mut command: Command, mut signals: Signals) -> Result<u8, String> {
    signals.prepare(&mut command);
    let mut child = command.spawn().map_err(|error| cannot_run(&command, &error))?;
    let id = child.id();
    let ended = tokio::select! {
        ended = child.wait() => ended,
        never = signals.pass_on(id) => match never {},
    };
    Ok(exit_code(ended.map_err(|error| cannot_run(&command, &error))?))
}
