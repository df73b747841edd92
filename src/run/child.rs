//! The command: it inherits our streams, gets our signals, and its exit code becomes ours.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::os::unix::process::ExitStatusExt;
use std::pin::Pin;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

/// What is added to the number of the signal that ended a command, as shells do.
const BY_SIGNAL: i32 = 128;

/// Those that are passed on. On a terminal, Ctrl-C and Ctrl-\ reach the command by themselves.
const PASSED_ON: [(SignalKind, Signal, bool); 6] = [
    (SignalKind::interrupt(), Signal::INT, true),
    (SignalKind::quit(), Signal::QUIT, true),
    (SignalKind::terminate(), Signal::TERM, false),
    (SignalKind::hangup(), Signal::HUP, false),
    (SignalKind::user_defined1(), Signal::USR1, false),
    (SignalKind::user_defined2(), Signal::USR2, false),
];

/// The signals that are passed on, from when they were listened for.
pub(crate) struct Signals(FuturesUnordered<Pin<Box<dyn Future<Output = Received>>>>);

/// What waits for a signal, and how to pass it on.
type Received = (tokio::signal::unix::Signal, Signal, bool);

impl Signals {
    pub(crate) fn listen() -> Result<Self, String> {
        let signals = Self(FuturesUnordered::new());
        for (kind, number, by_terminal) in PASSED_ON {
            let stream = signal(kind).map_err(|error| format!("cannot listen for signals: {error}"))?;
            signals.wait((stream, number, by_terminal));
        }
        Ok(signals)
    }

    fn wait(&self, (mut stream, number, by_terminal): Received) {
        self.0.push(Box::pin(async move {
            stream.recv().await;
            (stream, number, by_terminal)
        }));
    }
}

/// Runs the command with these variables and gives its exit code.
pub(super) async fn run(
    command: &[OsString],
    variables: Vec<(String, OsString)>,
    mut signals: Signals,
) -> Result<u8, String> {
    let [program, arguments @ ..] = command else { return Err("there is no command".to_owned()) };
    let on_terminal = std::io::stdin().is_terminal();
    let mut started = Command::new(program);
    started.args(arguments).envs(variables);
    if !on_terminal {
        // Its processes get signals together. On a terminal they stay in our group, or they could not read from it.
        started.process_group(0);
    }
    let cannot_start = |error| format!("cannot run {}: {error}", program.display());
    let mut child = started.spawn().map_err(cannot_start)?;
    let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    loop {
        tokio::select! {
            ended = child.wait() => {
                let status = ended.map_err(|error| format!("cannot wait for {}: {error}", program.display()))?;
                let code = status.code().or_else(|| status.signal().map(|number| BY_SIGNAL + number));
                return Ok(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX));
            }
            Some((stream, number, by_terminal)) = signals.0.next() => {
                // A process that is gone needs no signal.
                let _ = match pid {
                    Some(pid) if !on_terminal => kill_process_group(pid, number),
                    Some(pid) if !by_terminal => kill_process(pid, number),
                    Some(_) | None => Ok(()),
                };
                signals.wait((stream, number, by_terminal));
            }
        }
    }
}
