//! `tracker-mock run`: a server around one command.

pub(crate) mod child;
pub(crate) mod command;
mod doctor;
pub(crate) mod environment;
#[cfg(target_os = "linux")]
pub(crate) mod sealed;
#[cfg(not(target_os = "linux"))]
#[path = "run/not_sealed.rs"]
pub(crate) mod sealed;

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser;
use tracker_mock::{FindingKind, GatewayReport, RequestRecord, StrictCheck, StrictVerdict, TrackerMock, WorldHandle};

use self::command::CommandOptions;
use crate::coverage_command::percent;
use crate::https::{Https, read};
use crate::signals::Signals;

/// The world of the run, which the command finds in `TRACKER_MOCK_ORG`, if that organisation may exist.
const ORG: &str = "run";

/// Less was reached than `--fail-under` says.
const TOO_LITTLE: u8 = 1;
/// `--strict` found something.
const NOT_STRICT: u8 = 3;

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Exit 3 if a client deviated, asked for what is not emulated, or a fault never fired
    #[arg(long)]
    strict: bool,
    /// With --strict, let this kind of finding pass; may be repeated
    #[arg(long = "allow", value_name = "KIND", requires = "strict", value_parser = kinds())]
    allowed: Vec<FindingKind>,
    /// Exit 1 if less of the documented API was reached, from 0 to 100
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    fail_under: Option<f64>,
    /// Write coverage, and what --strict found, as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write them as Markdown; the file that `GITHUB_STEP_SUMMARY` names gets it anyway
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Write what the journal has as an HTTP archive
    #[arg(long, value_name = "FILE")]
    har: Option<PathBuf>,
    /// Load a saved world for the command, as from `GET /_mock/state`
    #[arg(long, value_name = "FILE")]
    state_in: Option<PathBuf>,
    /// Save the world of the command at the end
    #[arg(long, value_name = "FILE")]
    state_out: Option<PathBuf>,
    /// Arm these faults for the command, as for `PUT /_mock/faults`
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) command: CommandOptions,
}

fn kinds() -> impl TypedValueParser<Value = FindingKind> {
    PossibleValuesParser::new(FindingKind::NAMES).try_map(|name| name.parse().map_err(|()| "not a kind"))
}

impl Run {
    /// Runs the command and exits with its code, or with one of our own where it succeeds.
    pub(crate) async fn run(&self, mut mock: TrackerMock, https: Option<Https>, signals: Signals) -> ExitCode {
        let world = mock.world(mock.usable_org(ORG));
        if let Err(reason) = self.prepare(&world) {
            return crate::cannot(&reason);
        }
        let code = match self.child(&mut mock, https.as_ref(), signals).await {
            Ok(code) => code,
            Err(reason) => return crate::cannot(&reason),
        };
        let judged = self.judge(&mock, &world, https.map(|https| https.gateway.report()).as_ref());
        if code == 0 { judged } else { ExitCode::from(code) }
    }

    /// Runs the command and says how its requests came.
    pub(crate) async fn diagnose(&self, mut mock: TrackerMock, https: Option<Https>, signals: Signals) -> ExitCode {
        let code = match self.child(&mut mock, https.as_ref(), signals).await {
            Ok(code) => code,
            Err(reason) => return crate::cannot(&reason),
        };
        let (requests, report) = (mock.requests(), https.map(|https| https.gateway.report()).unwrap_or_default());
        let ended = format!("The command exited with {code}.\n");
        let said = crate::say(&(ended + &doctor::diagnosis(&self.command.words, &requests, &report)));
        if requests.is_empty() { ExitCode::from(TOO_LITTLE) } else { said }
    }

    /// Runs the command to its end, and that of the server.
    async fn child(&self, mock: &mut TrackerMock, https: Option<&Https>, signals: Signals) -> Result<u8, String> {
        let run = async |command| child::run(command, signals).await;
        // The tests of the command may reset their worlds, and are judged none the less.
        mock.keep_cleared();
        let code = self.command.start(mock, https, mock.usable_org(ORG), &self.command.words, run).await?;
        mock.finish().await;
        Ok(code)
    }

    fn prepare(&self, world: &WorldHandle) -> Result<(), String> {
        if let Some(file) = &self.state_in {
            world.load_state(&read(file)?).map_err(|error| format!("{}: {error}", file.display()))?;
        }
        if let Some(file) = &self.faults {
            world.arm_json(&read(file)?).map_err(|error| format!("{}: {error}", file.display()))?;
        }
        Ok(())
    }

    /// Says what happened, writes what was asked for, and decides the exit code where the command succeeded.
    fn judge(&self, mock: &TrackerMock, world: &WorldHandle, gateway: Option<&GatewayReport>) -> ExitCode {
        let requests = mock.requests();
        let strict = self.strict.then(|| {
            let check = self.allowed.iter().fold(StrictCheck::new(), |check, &kind| check.allow(kind));
            mock.strict(&check)
        });
        let coverage = mock.coverage();
        let summary = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()).map(PathBuf::from);
        let markdown = || coverage.markdown(strict.as_ref());
        let written = [
            self.junit.as_ref().map(|file| write(file, &coverage.junit(strict.as_ref()))),
            self.markdown.as_ref().map(|file| write(file, &markdown())),
            summary.map(|file| append(&file, &markdown())),
            self.har.as_ref().map(|file| write(file, &mock.har())),
            self.state_out.as_ref().map(|file| write(file, &world.state())),
        ];
        let mut code = ExitCode::SUCCESS;
        if let Some(least) = self.fail_under.filter(|least| coverage.percent < *least) {
            crate::complain(&format!("{:.1} % was reached, less than {least} %", coverage.percent));
            code = ExitCode::from(TOO_LITTLE);
        }
        if let Some(verdict) = strict.filter(|verdict| !verdict.ok) {
            complain_of(&verdict);
            code = ExitCode::from(NOT_STRICT);
        }
        for reason in written.into_iter().flatten().filter_map(Result::err) {
            code = crate::cannot(&reason);
        }
        crate::complain(&summed_up(&requests, mock.dropped_requests(), gateway));
        code
    }
}

fn complain_of(verdict: &StrictVerdict) {
    for line in verdict.to_string().lines() {
        crate::complain(line);
    }
    crate::complain("--strict found the above; --allow KIND lets a kind of it pass");
}

/// What happened, in one line.
fn summed_up(requests: &[RequestRecord], dropped: u64, gateway: Option<&GatewayReport>) -> String {
    let counted = |count: usize, one: &str, more: &str| format!("{count} {}", if count == 1 { one } else { more });
    let many = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    let worlds: std::collections::HashSet<_> = requests.iter().filter_map(|request| request.org.as_ref()).collect();
    let uploads = requests.iter().filter(|request| request.upload.is_some()).count();
    let faults = requests.iter().filter(|request| request.fault.is_some()).count();
    let deviations = requests.iter().map(|request| request.deviations.len()).sum();
    let mut parts = vec![
        counted(requests.len(), "request", "requests"),
        counted(uploads, "upload", "uploads"),
        counted(faults, "fault fired", "faults fired"),
        counted(deviations, "deviation", "deviations"),
        counted(worlds.len(), "world", "worlds"),
    ];
    if let Some(GatewayReport { passed, refused, distrusted, .. }) = gateway {
        parts.push(counted(many(*passed), "tunnel to another host", "tunnels to other hosts"));
        if *distrusted > 0 {
            parts.push(counted(many(*distrusted), "refusal of the certificate", "refusals of the certificate"));
        }
        let names: Vec<String> = refused.iter().map(|(host, count)| format!("{host} ({count})")).collect();
        parts.push(if names.is_empty() {
            "no host refused".to_owned()
        } else {
            format!("refused: {}", names.join(" "))
        });
    }
    if dropped > 0 {
        parts.push(format!("and {} that the journal dropped", counted(many(dropped), "request", "requests")));
    }
    parts.join(", ")
}

pub(crate) fn write(file: &Path, text: &str) -> Result<(), String> {
    std::fs::write(file, text).map_err(|error| format!("cannot write {}: {error}", file.display()))
}

fn append(file: &Path, text: &str) -> Result<(), String> {
    let opened = OpenOptions::new().append(true).create(true).open(file);
    let written = opened.and_then(|mut opened| opened.write_all(text.as_bytes()));
    written.map_err(|error| format!("cannot write {}: {error}", file.display()))
}
