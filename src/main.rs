//! The program `tracker-mock`: arguments, then the library, then an exit code.

mod cli;
mod client;
mod coverage_command;
mod drift;
mod env_command;
mod https;
mod lab;
mod log;
mod memory;
mod names;
mod record;
mod run;
mod signals;
mod tail;
mod torture;
mod verify;

use std::io::{ErrorKind, IsTerminal, Write};
use std::net::IpAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread::available_parallelism;
use std::time::{Duration, SystemTime};

use bytesize::ByteSize;
use tokio::runtime::{Builder, Runtime};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracker_mock::{Error, TrackerMock};

use crate::cli::options::{LogOptions, Setup};
use crate::cli::{Cli, Command, Serve};
use crate::https::Https;
use crate::log::Log;
use crate::log::format::{LogFormat, is_coloured};
use crate::names::Names;
use crate::record::RecordSession;
use crate::run::Run;
use crate::signals::{STOPPED, Signals};
use crate::torture::Torture;

/// How long whoever has the port may take to say that it is a tracker-mock.
const HOLDER_TIMEOUT: Duration = Duration::from_millis(500);

/// Few more threads for work that takes long than there are processors: more would only wait for a processor, with the
/// memory that their work takes.
fn runtime() -> std::io::Result<Runtime> {
    let processors = available_parallelism().map_or(1, usize::from);
    Builder::new_multi_thread().enable_all().max_blocking_threads(processors + 1).build()
}

fn main() -> ExitCode {
    memory::set_limits();
    let cli = match Cli::read(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => return misused(&error),
        Err(help) => return say(&help.to_string()),
    };
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("cannot start: {error}")),
    };
    let code = runtime.block_on(execute(cli)).unwrap_or_else(|error| misused(&error));
    // What is still running was given its time; nothing of it is worth waiting for.
    runtime.shutdown_background();
    code
}

async fn execute(cli: Cli) -> Result<ExitCode, clap::Error> {
    let or_failed = |text: Result<String, String>| text.map_or_else(|reason| failed(&reason), |text| say(&text));
    Ok(match cli.command {
        None => serve(&cli.serve).await,
        Some(Command::Serve(options)) => serve(&options).await,
        Some(Command::Run(run)) => serve_while(*run, |run| run.command.setup(), Run::run).await,
        Some(Command::Seal(seal)) => cannot(&seal.become_command()),
        Some(Command::Doctor { command }) => {
            serve_while(cli::doctor(command)?, |run| run.command.setup(), Run::diagnose).await
        }
        Some(Command::Env(env)) => or_failed(env.text(&cli::address_or_default(env.address.as_deref())?).await),
        Some(Command::Torture(torture)) => {
            serve_while(*torture, |torture| torture.lab.command.setup(), Torture::run).await
        }
        Some(Command::Names(names)) => serve_while(*names, |names| names.lab.command.setup(), Names::run).await,
        Some(Command::Record(recorder)) => match recorder.begin() {
            Ok(session) => serve_while(session, |session| Ok(session.setup()), RecordSession::run).await,
            Err(reason) => cannot(&reason),
        },
        Some(Command::Verify(verify)) => verify.run().await,
        Some(Command::Healthcheck { address, wait }) => cli::healthcheck(address, wait).await,
        Some(Command::Coverage(mut coverage)) => {
            cli::addresses_or_default(&mut coverage.addresses)?;
            coverage.run().await
        }
        Some(Command::Tail(tail)) => tail.run(&cli::address_or_default(tail.address.as_deref())?).await,
        Some(Command::Fixtures) => say(tracker_mock::DEFAULT_FIXTURES),
        Some(Command::Schema) => say(tracker_mock::FIXTURE_SCHEMA),
        Some(Command::Check { file }) => cli::check(file),
        Some(Command::Completions { shell }) => say(&cli::completions(shell)),
        Some(Command::Man { command }) => say(&cli::manual(command.as_deref())?),
    })
}

async fn serve(options: &Serve) -> ExitCode {
    let setup = options.setup();
    let log = match start_log(setup.log, Arc::clone(&setup.config.dropped_log_lines)) {
        Ok(log) => log,
        Err(error) => return failed(&format!("cannot start: {error}")),
    };
    let code = serve_until_stopped(options, setup).await;
    log.flush();
    code
}

/// Starts the server of a command, and runs `with`, a method of the task, while it serves.
async fn serve_while<T>(
    mut task: T,
    setup: impl FnOnce(&mut T) -> Result<Setup<'_>, String>,
    with: impl AsyncFnOnce(&T, TrackerMock, Option<Https>, Signals) -> ExitCode,
) -> ExitCode {
    let setup = match setup(&mut task) {
        Ok(setup) => setup,
        Err(reason) => return cannot(&reason),
    };
    let log = match start_log(setup.log, Arc::clone(&setup.config.dropped_log_lines)) {
        Ok(log) => log,
        Err(error) => return cannot(&format!("cannot start: {error}")),
    };
    for warning in cli::unknown_variables() {
        complain(&warning);
    }
    // Before there are files: a signal that comes early must not leave them behind.
    let code = match Signals::listen() {
        Ok(signals) => match start(setup).await {
            Ok((mock, https)) => with(&task, mock, https, signals).await,
            Err(reason) => cannot(&reason),
        },
        Err(reason) => cannot(&reason),
    };
    log.flush();
    code
}

async fn start(setup: Setup<'_>) -> Result<(TrackerMock, Option<Https>), String> {
    if is_before_1970() {
        let reason = "the clock of this machine is before 1970, which no HTTP answer can say; set it, and start again";
        return Err(reason.to_owned());
    }
    let Setup { address: (host, port), tls, mut config, router, log: _ } = setup;
    let https = Https::start(tls, host)?;
    config.trust = https.as_ref().map(|https| https.trust.clone());
    let mut builder = TrackerMock::builder().config(config).address(host, port);
    if let Some(https) = &https {
        builder = builder.gateway(Arc::clone(&https.gateway));
    }
    if let Some(router) = router {
        builder = builder.serving(router);
    }
    match builder.start().await {
        Ok(mock) => Ok((mock, https)),
        Err(error) => Err(format!("{error}{}", hint(&error, host).await)),
    }
}

async fn serve_until_stopped(options: &Serve, setup: Setup<'_>) -> ExitCode {
    let mut stop = match Signals::of_server() {
        Ok(signals) => signals,
        Err(reason) => return failed(&reason),
    };
    let (max_memory, max_file) = (setup.config.limits.max_memory_bytes, setup.config.limits.max_file_bytes);
    let warnings = options.contradictions(&setup.config);
    let (mock, https) = match start(setup).await {
        Ok(started) => started,
        Err(reason) => return failed(&reason),
    };
    for warning in cli::unknown_variables().into_iter().chain(warnings) {
        tracing::warn!("{warning}");
    }
    tracing::info!(max_memory = %ByteSize(max_memory), max_file_size = %ByteSize(max_file), "started");
    // Clients can do without the line, so the server goes on where nobody can read it.
    let place = match &https {
        Some(https) => format!("https://{}; its CA is in {}", mock.address(), https.trust.ca.display()),
        None => mock.url(),
    };
    if let Err(error) = print(&format!("tracker-mock listening on {place}\n")) {
        tracing::warn!(%error, url = mock.url(), "cannot write to stdout");
    }
    tokio::select! {
        () = stop.asked_to_end() => {}
        () = stdin_closes(), if options.end.until_stdin_closes => {}
        never = memory::give_back(|| mock.used_memory()) => match never {},
    }
    tracing::info!("stopping");
    tokio::select! {
        () = mock.shutdown() => ExitCode::SUCCESS,
        // Whoever interrupts twice does not want to wait.
        () = stop.interrupted() => ExitCode::from(STOPPED),
    }
}

/// Waits until nobody holds the other end of stdin. What comes from there is not looked at.
async fn stdin_closes() {
    let (sender, closed) = tokio::sync::oneshot::channel();
    // A read blocks its thread, and this one ends with the program at the latest.
    std::thread::spawn(move || {
        // An error is an end too.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = sender.send(());
    });
    // The sender goes only after it has sent.
    let _ = closed.await;
}

/// What to do about an error, where that is known.
async fn hint(error: &Error, host: &str) -> String {
    let Error::Bind { address, source } = error else { return String::new() };
    let kind = source.kind();
    let advice = if kind == ErrorKind::AddrInUse {
        let is_ours = client::get(address, "/_mock/health", HOLDER_TIMEOUT).await.is_ok();
        let holder = if is_ours { "a tracker-mock is running there" } else { "another program has this port" };
        &format!("{holder}. Choose another port by --port, or any free one by --port 0")
    } else if kind == ErrorKind::PermissionDenied {
        "ports below 1024 take special rights. Choose a higher one by --port"
    } else if kind == ErrorKind::AddrNotAvailable {
        "this machine does not have that address. --host 127.0.0.1 serves this machine alone, --host 0.0.0.0 others too"
    } else if host.parse::<IpAddr>().is_err() {
        "name an address of this machine by --host, such as 127.0.0.1 or 0.0.0.0"
    } else {
        return String::new();
    };
    format!("; {advice}")
}

/// Starts the log; see [`Log`].
fn start_log(options: &LogOptions, dropped: Arc<AtomicU64>) -> std::io::Result<Log> {
    let say_dropped: fn(u64) -> String = match options.format {
        LogFormat::Text => |count| format!(" WARN {count} lines of the log were dropped: nobody read them in time\n"),
        LogFormat::Json => |count| {
            let message = "lines of the log were dropped: nobody read them in time";
            format!("{}\n", serde_json::json!({"level": "WARN", "message": message, "dropped": count}))
        },
    };
    let writer = Log::start(say_dropped, dropped)?;
    let log = writer.clone();
    // Libraries log what they read, secrets included.
    let only_ours = Targets::new().with_target(env!("CARGO_CRATE_NAME"), options.level);
    tracing_subscriber::fmt()
        .with_max_level(options.level)
        .with_ansi(is_coloured(std::io::stderr().is_terminal(), std::env::var_os("NO_COLOR").as_deref()))
        .with_writer(move || log.clone())
        .log_internal_errors(false)
        .event_format(options.format)
        .finish()
        .with(only_ours)
        .init();
    Ok(writer)
}

#[expect(clippy::disallowed_methods, reason = "the clock of the machine, which hyper puts into each answer")]
fn is_before_1970() -> bool {
    SystemTime::now() < SystemTime::UNIX_EPOCH
}

/// Writes to stdout, which carries nothing but what was asked for.
fn say(text: &str) -> ExitCode {
    match show(text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => failed(&reason),
    }
}

/// Writes to stdout. The error is a sentence for people.
fn show(text: &str) -> Result<(), String> {
    print(text).map_err(|error| format!("cannot write to stdout: {error}"))
}

fn print(text: &str) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
}

/// Says what is wrong with the command line, with the exit code 2.
fn misused(error: &clap::Error) -> ExitCode {
    cannot(&cli::one_line(error))
}

/// Says why a command cannot do what it was asked to, with the exit code 2.
fn cannot(reason: &str) -> ExitCode {
    complain(reason);
    ExitCode::from(2)
}

/// Says why the program ends, with the exit code 1.
fn failed(reason: &str) -> ExitCode {
    complain(reason);
    ExitCode::FAILURE
}

/// Says in one line on stderr why the program ends, whatever the log level. Where nobody can read it, the exit code says
/// it alone.
fn complain(message: &str) {
    let _ = writeln!(std::io::stderr(), "tracker-mock: {message}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_that_the_user_may_not_have_is_hinted_at() {
        let refused = Error::Bind { address: "127.0.0.1:80".to_owned(), source: ErrorKind::PermissionDenied.into() };
        let expected = "; ports below 1024 take special rights. Choose a higher one by --port";
        assert_eq!(hint(&refused, "127.0.0.1").await, expected);
    }
}
