//! How `run`, `doctor` and the experiments start a command: with a server of its own, and sealed if that was asked for.

use std::ffi::OsString;
use std::net::Ipv4Addr;

use clap::{Args, ValueEnum};
use futures_util::future::join;
use tokio::process::Command;
use tokio::sync::watch;
use tracker_mock::TrackerMock;

use super::environment::{ServerPlace, Variable};
use super::sealed::Namespaces;
use crate::cli::options::{Serve, Setup, TLS, TlsOptions};
use crate::https::Https;

/// Why there is no token for a command.
pub(crate) const NO_TOKEN: &str = "--require-known-token: no user of the fixtures has a token that the command could use; \
                        give one of them `tokens`";

/// How a command is started, and finds its server.
#[derive(Debug, Args)]
pub(crate) struct StartOptions {
    /// One more variable for the command; {url}, {host}, {port}, {org}, {ca} and {bundle} are replaced; may be repeated
    #[arg(long = "env", value_name = "NAME=TEMPLATE")]
    variables: Vec<Variable>,
    /// Keep the command in namespaces of its own, where the server is the real hosts, and nothing else can be reached
    #[arg(long, group = TLS, value_name = "WHEN", num_args = 0..=1, require_equals = true, default_missing_value = "always")]
    sealed: Option<Sealed>,
    #[arg(skip)]
    namespaces: Option<Namespaces>,
}

/// A command and its server.
#[derive(Debug, Args)]
pub(crate) struct CommandOptions {
    #[command(flatten)]
    start: StartOptions,
    #[command(flatten)]
    pub(crate) serve: Serve,
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    pub(crate) words: Vec<OsString>,
}

/// What to do where the machine allows no namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Sealed {
    /// Fail
    Always,
    /// Run with --https in place of it
    Prefer,
}

impl CommandOptions {
    /// What the server is started with, if all that is asked for is possible.
    pub(crate) fn setup(&mut self) -> Result<Setup<'_>, String> {
        if self.serve.end.until_stdin_closes {
            return Err("--until-stdin-closes is for a server alone; this one ends with its command".to_owned());
        }
        self.start.check(&mut self.serve.tls)?;
        let setup = self.serve.setup();
        if setup.config.limits.max_journal_records == 0 {
            return Err(
                "--journal-records 0 turns the journal off, from which this command learns what its clients did; \
                        leave the option out, and unset TRACKER_MOCK_JOURNAL_RECORDS"
                    .to_owned(),
            );
        }
        Ok(setup)
    }

    /// Runs the words of a command in the world of `org`, as [`StartOptions::start`] does.
    pub(crate) async fn start<R>(
        &self,
        mock: &TrackerMock,
        https: Option<&Https>,
        org: &str,
        words: &[OsString],
        run: impl AsyncFnOnce(Command) -> Result<R, String>,
    ) -> Result<R, String> {
        let token = mock.world(org).usable_token().ok_or(NO_TOKEN)?;
        self.start.start(mock, https, Some((org, &token)), words, run).await
    }
}

impl StartOptions {
    /// Finds out whether `--sealed` is possible. It needs the certificates of `--https`, and is that where there are no
    /// namespaces.
    pub(crate) fn check(&mut self, tls: &mut TlsOptions) -> Result<(), String> {
        const IMPOSSIBLE: &str = "--sealed is not possible here";
        let Some(sealed) = self.sealed else { return Ok(()) };
        tls.tls = true;
        match (Namespaces::find(), sealed) {
            (Ok(found), _) => {
                // As a proxy, the server would be a way out.
                tls.deny_others = true;
                self.namespaces = Some(found);
            }
            (Err(reason), Sealed::Prefer) => {
                crate::complain(&format!("{IMPOSSIBLE}: {reason}; --https is used instead"));
            }
            (Err(reason), Sealed::Always) => {
                let advice = "--sealed=prefer takes --https instead, or allow user namespaces";
                return Err(format!("{IMPOSSIBLE}: {reason}; {advice}"));
            }
        }
        Ok(())
    }

    /// Prepares the command of these words, tells it of the server, and of an organisation and a token if it is to use
    /// them, and lets `run` run it. Sealed, it has namespaces of its own, whose sockets are served until `run` is done.
    pub(crate) async fn start<R>(
        &self,
        mock: &TrackerMock,
        https: Option<&Https>,
        caller: Option<(&str, &str)>,
        words: &[OsString],
        run: impl AsyncFnOnce(Command) -> Result<R, String>,
    ) -> Result<R, String> {
        let mut address = mock.address();
        let sealed = self.namespaces.as_ref().zip(https);
        if sealed.is_some() {
            address.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        let place = ServerPlace::new(address, caller, https.map(|https| https.trust.clone()));
        let variables = place.variables(&self.variables)?;
        let command = |words: &[OsString]| {
            let [program, arguments @ ..] = words else { return Err("there is no command".to_owned()) };
            let mut command = Command::new(program);
            command.args(arguments).envs(variables);
            Ok(command)
        };
        let Some((namespaces, https)) = sealed else { return run(command(words)?).await };
        let opening = namespaces.open(https.folder.path(), &https.hosts, address.port())?;
        let command = command(&opening.around(words))?;
        let (ending, ended) = watch::channel(());
        let run = async {
            let result = run(command).await;
            drop(ending);
            result
        };
        join(run, opening.serve(mock, ended)).await.0
    }
}

/// Why a command did not run.
pub(crate) fn cannot_run(command: &Command, error: &std::io::Error) -> String {
    format!("cannot run {}: {error}", command.as_std().get_program().display())
}
