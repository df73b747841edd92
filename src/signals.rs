//! What systems differ in: signals, and the processes that a command starts. What is for Unix alone stands here.

pub(crate) use self::system::{Group, Signals, exit_code};

/// The exit code of a program that a signal stops.
pub(crate) const STOPPED: u8 = 130;

#[cfg(unix)]
mod system {
    use std::convert::Infallible;
    use std::io::IsTerminal;
    use std::os::unix::process::ExitStatusExt;
    use std::pin::Pin;
    use std::process::ExitStatus;

    use futures_util::StreamExt;
    use futures_util::stream::FuturesUnordered;
    use rustix::process::{Pid, Signal, kill_process, kill_process_group};
    use tokio::process::{Child, Command};
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

    /// Signals, from when they were listened for.
    pub(crate) struct Signals {
        on_terminal: bool,
        awaited: FuturesUnordered<Pin<Box<dyn Future<Output = Received>>>>,
    }

    /// What waits for a signal, and how to pass it on.
    type Received = (tokio::signal::unix::Signal, Signal, bool);

    impl Signals {
        /// Those that are passed on to a command.
        pub(crate) fn listen() -> Result<Self, String> {
            Self::listen_for(PASSED_ON)
        }

        /// Those that end a server.
        pub(crate) fn of_server() -> Result<Self, String> {
            Self::listen_for(
                PASSED_ON.into_iter().filter(|(_, number, _)| [Signal::INT, Signal::TERM].contains(number)),
            )
        }

        fn listen_for(signals: impl IntoIterator<Item = (SignalKind, Signal, bool)>) -> Result<Self, String> {
            let listening = Self { on_terminal: std::io::stdin().is_terminal(), awaited: FuturesUnordered::new() };
            for (kind, number, by_terminal) in signals {
                let stream = signal(kind).map_err(|error| format!("cannot listen for signals: {error}"))?;
                listening.wait((stream, number, by_terminal));
            }
            Ok(listening)
        }

        /// Lets the processes of a command get signals together. On a terminal they stay in our group, or they could
        /// not read from it.
        pub(crate) fn prepare(&self, command: &mut Command) {
            if !self.on_terminal {
                command.process_group(0);
            }
        }

        /// Passes signals on to the command with this process id, for as long as it is awaited.
        pub(crate) async fn pass_on(&mut self, id: Option<u32>) -> Infallible {
            let pid = id.and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
            loop {
                let (number, by_terminal) = self.next().await;
                // A process that is gone needs no signal.
                let _ = match pid {
                    Some(pid) if !self.on_terminal => kill_process_group(pid, number),
                    Some(pid) if !by_terminal => kill_process(pid, number),
                    Some(_) | None => Ok(()),
                };
            }
        }

        /// Waits for a signal that asks us to end.
        pub(crate) async fn asked_to_end(&mut self) {
            while [Signal::USR1, Signal::USR2].contains(&self.next().await.0) {}
        }

        /// Waits for Ctrl-C.
        pub(crate) async fn interrupted(&mut self) {
            while self.next().await.0 != Signal::INT {}
        }

        /// The next signal, and whether a terminal sends it to the command too.
        async fn next(&mut self) -> (Signal, bool) {
            loop {
                // There is always one that is awaited.
                let Some((stream, number, by_terminal)) = self.awaited.next().await else { continue };
                self.wait((stream, number, by_terminal));
                return (number, by_terminal);
            }
        }

        fn wait(&self, (mut stream, number, by_terminal): Received) {
            self.awaited.push(Box::pin(async move {
                stream.recv().await;
                (stream, number, by_terminal)
            }));
        }
    }

    /// The processes of a command that was started in a group of its own. They end with this.
    pub(crate) struct Group(Option<Pid>);

    impl Group {
        /// Starts the command.
        pub(crate) fn start(command: &mut Command) -> std::io::Result<(Child, Self)> {
            let child = command.process_group(0).spawn()?;
            let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
            Ok((child, Self(pid)))
        }
    }

    impl Drop for Group {
        fn drop(&mut self) {
            // Processes that are gone need no signal.
            let _ = self.0.map(|pid| kill_process_group(pid, Signal::KILL));
        }
    }

    /// The exit code that a command came to, in which shells count a signal from 128 up.
    pub(crate) fn exit_code(status: ExitStatus) -> u8 {
        let code = status.code().or_else(|| status.signal().map(|number| BY_SIGNAL + number));
        code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
    }
}

#[cfg(windows)]
mod system {
    use std::convert::Infallible;
    use std::process::ExitStatus;

    use tokio::process::{Child, Command};
    use tokio::signal::windows::{CtrlC, ctrl_c};

    /// Ctrl-C, which the console sends to every process itself: who listens for it is not ended by it.
    pub(crate) struct Signals {
        ctrl_c: CtrlC,
    }

    impl Signals {
        pub(crate) fn listen() -> Result<Self, String> {
            Ok(Self { ctrl_c: ctrl_c().map_err(|error| format!("cannot listen for Ctrl-C: {error}"))? })
        }

        pub(crate) fn of_server() -> Result<Self, String> {
            Self::listen()
        }

        pub(crate) fn prepare(&self, _: &mut Command) {}

        pub(crate) async fn pass_on(&mut self, _: Option<u32>) -> Infallible {
            std::future::pending().await
        }

        /// Waits for Ctrl-C.
        pub(crate) async fn asked_to_end(&mut self) {
            self.ctrl_c.recv().await;
        }

        pub(crate) async fn interrupted(&mut self) {
            self.asked_to_end().await;
        }
    }

    /// Ends the command with this.
    pub(crate) struct Group;

    impl Group {
        /// Starts the command.
        pub(crate) fn start(command: &mut Command) -> std::io::Result<(Child, Self)> {
            Ok((command.kill_on_drop(true).spawn()?, Self))
        }
    }

    /// The exit code that a command came to.
    pub(crate) fn exit_code(status: ExitStatus) -> u8 {
        status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
    }
}
