//! The program `tracker-mock`: arguments, then the library, then an exit code.

mod cli;
mod client;
mod coverage_command;
mod log;
mod memory;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread::available_parallelism;
use std::time::SystemTime;

use bytesize::ByteSize;
use clap::Parser;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tracker_mock::{Config, TrackerMock};

use crate::cli::{Cli, Command, LogFormat, Serve};
use crate::log::Log;

/// Few more threads for work that takes long than there are processors: more would only keep more memory, because
/// glibc has a heap for each.
fn runtime() -> std::io::Result<Runtime> {
    let processors = available_parallelism().map_or(1, usize::from);
    Builder::new_multi_thread().enable_all().max_blocking_threads(processors + 1).build()
}

fn main() -> ExitCode {
    memory::set_limits();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            complain(&cli::one_line(&error));
            return ExitCode::from(2);
        }
        Err(help) => return say(&help.to_string()),
    };
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("cannot start: {error}")),
    };
    let code = runtime.block_on(async {
        match cli.command {
            None => serve(&cli.serve).await,
            Some(Command::Healthcheck { url }) => cli::healthcheck(url).await,
            Some(Command::Coverage(coverage)) => coverage.run().await,
            Some(Command::Fixtures) => say(tracker_mock::DEFAULT_FIXTURES),
            Some(Command::Schema) => say(tracker_mock::FIXTURE_SCHEMA),
            Some(Command::Check { file }) => cli::check(file),
        }
    });
    // What is still running was given its time; nothing of it is worth waiting for.
    runtime.shutdown_background();
    code
}

async fn serve(options: &Serve) -> ExitCode {
    let config = options.config();
    let log = match start_log(options, Arc::clone(&config.dropped_log_lines)) {
        Ok(log) => log,
        Err(error) => return failed(&format!("cannot start: {error}")),
    };
    let code = serve_until_stopped(options, config).await;
    log.flush();
    code
}

async fn serve_until_stopped(options: &Serve, config: Config) -> ExitCode {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return failed("cannot listen for signals");
    };
    if is_before_1970() {
        return failed(
            "the clock of this machine is before 1970, which no HTTP answer can say; set it, and start again",
        );
    }
    let (max_memory, max_file) = (config.limits.max_memory_bytes, config.limits.max_file_bytes);
    let mock = match TrackerMock::builder().config(config).address(&options.host, options.port).start().await {
        Ok(mock) => mock,
        Err(error) => return failed(&error.to_string()),
    };
    tracing::info!(max_memory = %ByteSize(max_memory), max_file_size = %ByteSize(max_file), "started");
    // Clients can do without the line, so the server goes on where nobody can read it.
    if let Err(error) = print(&format!("tracker-mock listening on {}\n", mock.url())) {
        tracing::warn!(%error, url = mock.url(), "cannot write to stdout");
    }
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        never = memory::give_back(|| mock.used_memory()) => match never {},
    }
    tracing::info!("stopping");
    tokio::select! {
        () = mock.shutdown() => ExitCode::SUCCESS,
        // Whoever interrupts twice does not want to wait.
        _ = interrupt.recv() => ExitCode::from(130),
    }
}

/// Starts the log; see [`Log`].
fn start_log(options: &Serve, dropped: Arc<AtomicU64>) -> std::io::Result<Log> {
    let say_dropped: fn(u64) -> String = match options.log_format {
        LogFormat::Text => |count| format!(" WARN {count} lines of the log were dropped: nobody read them in time\n"),
        LogFormat::Json => |count| {
            let message = "lines of the log were dropped: nobody read them in time";
            format!("{}\n", serde_json::json!({"level": "WARN", "message": message, "dropped": count}))
        },
    };
    let writer = Log::start(std::io::stderr(), say_dropped, dropped)?;
    let log = tracing_subscriber::fmt()
        .with_max_level(options.log_level)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(writer.clone())
        .log_internal_errors(false);
    match options.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    Ok(writer)
}

#[expect(clippy::disallowed_methods, reason = "the clock of the machine, which hyper puts into each answer")]
fn is_before_1970() -> bool {
    SystemTime::now() < SystemTime::UNIX_EPOCH
}

/// Writes to stdout, which carries nothing but what was asked for.
fn say(text: &str) -> ExitCode {
    match print(text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&format!("cannot write to stdout: {error}")),
    }
}

fn print(text: &str) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
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
