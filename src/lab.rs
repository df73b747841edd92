//! Experiments on a client: a server on which one command is run many times, each time in a world of its own.

pub(crate) mod report;
pub(crate) mod stored;

use std::ffi::OsString;
use std::process::{ExitCode, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use futures_util::{StreamExt, stream};
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tracker_mock::testing::Pattern;
use tracker_mock::{RequestRecord, TrackerMock, WorldHandle};

use self::report::Report;
use self::stored::LeftFile;
use crate::https::Https;
use crate::run::command::{CommandOptions, cannot_run};
use crate::signals::{Group, STOPPED, Signals, exit_code};

/// How much of what a command prints is kept, in bytes: its end.
const KEPT_OUTPUT: usize = 2 * 1024;
/// How long the streams of a command may stay open after its end, when a process of it left its group.
const STREAMS_CLOSE: Duration = Duration::from_secs(1);
/// What something worse than is tolerated ends us with.
const WORSE: u8 = 1;

/// What the experiments have in common.
#[derive(Debug, Args)]
pub(crate) struct LabOptions {
    /// How long one run of the command may take
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = crate::cli::values::time)]
    pub(crate) patience: Duration,
    /// How many runs go on at the same time [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = crate::cli::values::count)]
    jobs: Option<usize>,
    /// Only the cases with this name, in which `*` is any text; may be repeated
    #[arg(long, value_name = "CASE", value_parser = pattern)]
    only: Vec<Pattern>,
    /// Print the names of the cases and run none of them
    #[arg(long)]
    pub(crate) list: bool,
    #[command(flatten)]
    files: report::ReportFiles,
    #[command(flatten)]
    pub(crate) command: CommandOptions,
}

fn pattern(text: &str) -> Result<Pattern, String> {
    Pattern::new(text).map_err(|error| error.to_string())
}

impl LabOptions {
    /// Prints the names of these cases, if that is all that was asked for. Fails if `--only` has left no case.
    pub(crate) fn listed(&self, cases: &[&str]) -> Result<Option<ExitCode>, String> {
        if cases.is_empty() {
            return Err("--only leaves no case; --list prints their names".to_owned());
        }
        Ok(self.list.then(|| crate::say(&(cases.join("\n") + "\n"))))
    }

    /// Prints the report, and writes the files that were asked for; `data` is the JSON. Fails if that cannot be written.
    pub(crate) fn finish<V: ValueEnum + Ord>(
        &self,
        mut report: Report<V>,
        data: &impl Serialize,
    ) -> Result<ExitCode, String> {
        report.advise();
        crate::show(&report.text())?;
        report.write(&self.files, data)?;
        Ok(if report.is_bad() { ExitCode::from(WORSE) } else { ExitCode::SUCCESS })
    }

    /// Whether a case is asked for.
    pub(crate) fn wants(&self, case: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|pattern| pattern.matches(case))
    }
}

/// A server, and the command that is run against it.
pub(crate) struct Lab<'a> {
    mock: &'a TrackerMock,
    options: &'a LabOptions,
    https: Option<&'a Https>,
    /// The organisation of all runs: the one that the command names whatever it is told, or that there is.
    fixed_org: Option<String>,
}

/// One run of the command.
pub(crate) struct Trial {
    /// Its exit code, 128 and more after a signal; `None` if it took too long.
    pub(crate) code: Option<u8>,
    pub(crate) duration: Duration,
    /// The end of what it printed, on both streams.
    pub(crate) output: String,
    /// What it asked for, oldest first.
    pub(crate) requests: Vec<RequestRecord>,
    /// What it left, without what was there before.
    pub(crate) stored: Vec<LeftFile>,
    /// How often faults fired for it.
    pub(crate) fired: u64,
}

impl Trial {
    pub(crate) fn has_succeeded(&self) -> bool {
        self.code == Some(0)
    }

    /// A sentence about it, with how it ended and what it printed.
    pub(crate) fn says(&self, what: &str) -> String {
        let printed: String = self.output.trim_end().lines().map(|line| format!("\n    {line}")).collect();
        format!("{what} ({}){printed}", self.end())
    }

    /// How it ended, in words.
    pub(crate) fn end(&self) -> String {
        self.code.map_or_else(|| "it was still running".to_owned(), |code| format!("exit code {code}"))
    }
}

impl<'a> Lab<'a> {
    pub(crate) fn new(mock: &'a TrackerMock, options: &'a LabOptions, https: Option<&'a Https>) -> Self {
        // Where there are few organisations, the runs follow one another in one of them.
        let fixed_org = Some(mock.usable_org("").to_owned()).filter(|org| !org.is_empty());
        Self { mock, options, https, fixed_org }
    }

    /// Runs the command for the first time, and finds out whether it keeps to the organisation that it is told. Fails if
    /// it cannot be started, or asks this server for nothing.
    pub(crate) async fn first(&mut self, org: &str, file: Option<&str>) -> Result<Trial, String> {
        let trial = self.run(org, file, |_| Ok(())).await?;
        if !trial.requests.is_empty() {
            return Ok(trial);
        }
        let others = self.mock.requests();
        let Some(named) = others.iter().find_map(|request| request.org.clone()) else {
            return Err(trial.says(
                "the command sent no request to an organisation of this server; it finds the address in \
                 TRACKER_MOCK_URL and the organisation in TRACKER_MOCK_ORG, or in variables that --env sets",
            ));
        };
        self.fixed_org = Some(named);
        self.run(org, file, |_| Ok(())).await
    }

    /// Runs the command in the world of `org`, after `prepare` has changed that. Fails if the command cannot be started, or its world not be prepared.
    pub(crate) async fn run(
        &self,
        org: &str,
        file: Option<&str>,
        prepare: impl FnOnce(&WorldHandle) -> Result<(), String>,
    ) -> Result<Trial, String> {
        let world = self.mock.world(self.fixed_org.as_deref().unwrap_or(org));
        if self.fixed_org.is_some() {
            world.reset();
        }
        prepare(&world)?;
        let before = world.state();
        let started = Instant::now();
        let (code, output) = self.start(world.org(), file).await?;
        let duration = started.elapsed();
        let fired = world.faults().iter().map(|fault| fault.fired).sum();
        let stored = stored::added(&before, &world.state());
        let mut requests = world.requests();
        requests.sort_by_key(|request| (request.time, request.id));
        Ok(Trial { code, duration, output, requests, stored, fired })
    }

    /// Runs the command once for each of `cases`, some at a time, and gives the results in the order of the cases. Fails
    /// as the first run that does.
    pub(crate) async fn each<'c, C, R, F>(
        &self,
        cases: &'c [C],
        run: impl Fn(usize, &'c C) -> F,
    ) -> Result<Vec<R>, String>
    where
        F: Future<Output = Result<R, String>>,
    {
        let processors = || std::thread::available_parallelism().map_or(1, usize::from);
        let jobs = if self.fixed_org.is_some() { 1 } else { self.options.jobs.unwrap_or_else(processors) };
        report::show_progress(0, cases.len());
        let mut running = stream::iter(cases.iter().enumerate().map(|(index, case)| run(index, case))).buffered(jobs);
        let mut results = Vec::with_capacity(cases.len());
        while let Some(result) = running.next().await {
            results.push(result?);
            report::show_progress(results.len(), cases.len());
        }
        Ok(results)
    }

    async fn start(&self, org: &str, file: Option<&str>) -> Result<(Option<u8>, String), String> {
        let word = |word: &OsString| match (file, word.to_str()) {
            (Some(file), Some(text)) => OsString::from(text.replace("{file}", file)),
            (None, _) | (_, None) => word.clone(),
        };
        let command = &self.options.command;
        let words: Vec<OsString> = command.words.iter().map(word).collect();
        let run = async |command| watch(command, self.options.patience).await;
        command.start(self.mock, self.https, org, &words, run).await
    }
}

/// Runs a command for a while, and gives its exit code and the end of what it printed.
async fn watch(mut command: Command, patience: Duration) -> Result<(Option<u8>, String), String> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (mut child, group) = Group::start(&mut command).map_err(|error| cannot_run(&command, &error))?;
    let output = Arc::new(Mutex::new(Vec::new()));
    let streams = futures_util::future::join(
        keep_end(child.stdout.take(), Arc::clone(&output)),
        keep_end(child.stderr.take(), Arc::clone(&output)),
    );
    let streams = tokio::spawn(streams);
    let code = match tokio::time::timeout(patience, child.wait()).await {
        Ok(Ok(status)) => Some(exit_code(status)),
        Ok(Err(error)) => return Err(cannot_run(&command, &error)),
        Err(_) => None,
    };
    // With its processes gone, the streams end, unless one of them left the group.
    drop(group);
    let _ = tokio::time::timeout(STREAMS_CLOSE, streams).await;
    let output = String::from_utf8_lossy(&output.lock().unwrap_or_else(PoisonError::into_inner)).into_owned();
    Ok((code, output))
}

/// Keeps the end of what a stream says. An error is an end too.
async fn keep_end(stream: Option<impl AsyncRead + Unpin>, kept: Arc<Mutex<Vec<u8>>>) {
    let Some(mut stream) = stream else { return };
    let mut piece = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut piece).await {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(&piece[..read]);
        let surplus = kept.len().saturating_sub(KEPT_OUTPUT);
        kept.drain(..surplus);
    }
}

/// Does an experiment, until it or a signal ends it.
pub(crate) async fn experiment(
    mut signals: Signals,
    experiment: impl Future<Output = Result<ExitCode, String>>,
) -> ExitCode {
    tokio::select! {
        code = experiment => code.unwrap_or_else(|reason| crate::cannot(&reason)),
        () = signals.asked_to_end() => ExitCode::from(STOPPED),
    }
}
