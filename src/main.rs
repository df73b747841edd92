//! The program `tracker-mock`: arguments, then the library, then an exit code.

mod cli;
mod client;
mod coverage_command;
mod memory;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::thread::available_parallelism;

use bytesize::ByteSize;
use clap::Parser;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tracing::level_filters::LevelFilter;
use tracker_mock::TrackerMock;

use crate::cli::{Cli, Command, LogFormat, Serve};

/// Few more threads for work that takes long than there are processors: more would only keep more memory, because
/// glibc has a heap for each.
fn runtime() -> std::io::Result<Runtime> {
    let processors = available_parallelism().map_or(1, usize::from);
    Builder::new_multi_thread().enable_all().max_blocking_threads(processors + 1).build()
}

fn main() -> ExitCode {
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
        Err(error) => {
            complain(&format!("cannot start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(async {
        match cli.command {
            None => serve(&cli.serve).await,
            Some(Command::Healthcheck { url }) => cli::healthcheck(url).await,
            Some(Command::Coverage(coverage)) => coverage.run().await,
            Some(Command::Fixtures) => say(tracker_mock::DEFAULT_FIXTURES),
        }
    });
    // What is still running was given its time; nothing of it is worth waiting for.
    runtime.shutdown_background();
    code
}

async fn serve(options: &Serve) -> ExitCode {
    start_log(options);
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        complain("cannot listen for signals");
        return ExitCode::FAILURE;
    };
    let config = options.config();
    let (max_memory, max_file) = (config.limits.max_memory_bytes, config.limits.max_file_bytes);
    let mock = match TrackerMock::builder().config(config).address(&options.host, options.port).start().await {
        Ok(mock) => mock,
        Err(error) => {
            complain(&error.to_string());
            return ExitCode::FAILURE;
        }
    };
    tracing::info!(max_memory = %ByteSize(max_memory), max_file_size = %ByteSize(max_file), "started");
    let code = say(&format!("tracker-mock listening on {}\n", mock.url()));
    if code != ExitCode::SUCCESS {
        return code;
    }
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    tokio::select! {
        () = mock.shutdown() => ExitCode::SUCCESS,
        // Whoever interrupts twice does not want to wait.
        _ = interrupt.recv() => ExitCode::from(130),
    }
}

fn start_log(options: &Serve) {
    let log = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::from(options.log_level))
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match options.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
}

/// Writes to stdout, which carries nothing but what was asked for.
fn say(text: &str) -> ExitCode {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("cannot write to stdout: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Says in one line on stderr why the program ends.
#[expect(clippy::print_stderr, reason = "the program's last words are for people, whatever the log level")]
fn complain(message: &str) {
    eprintln!("tracker-mock: {message}");
}
