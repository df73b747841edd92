//! The command: it inherits our streams, gets our signals, and its exit code becomes ours.

use std::ffi::OsString;

use tokio::process::Command;

use crate::signals::{Signals, exit_code};

/// Runs the command with these variables and gives its exit code.
pub(super) async fn run(
    command: &[OsString],
    variables: Vec<(String, OsString)>,
    mut signals: Signals,
) -> Result<u8, String> {
    let [program, arguments @ ..] = command else { return Err("there is no command".to_owned()) };
    let mut started = Command::new(program);
    started.args(arguments).envs(variables);
    signals.prepare(&mut started);
    let cannot_start = |error| format!("cannot run {}: {error}", program.display());
    let mut child = started.spawn().map_err(cannot_start)?;
    let id = child.id();
    let ended = tokio::select! {
        ended = child.wait() => ended,
        never = signals.pass_on(id) => match never {},
    };
    let status = ended.map_err(|error| format!("cannot wait for {}: {error}", program.display()))?;
    Ok(exit_code(status))
}
