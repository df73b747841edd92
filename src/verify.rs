//! `tracker-mock verify`: whether we answer as the real service was seen to.

mod live;
mod made_up;
mod needs;
mod replay;
mod request;
mod sources;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use http_body_util::Full;
use hyper::body::Bytes;
use serde::Serialize;
use tracker_mock::TrackerMock;

use self::live::{HeldAnswer, LiveOptions, Walked};
use self::replay::{Replay, Replayed};
use self::sources::Source;
use crate::drift::{
    AnswerShape, Captured, Drifted, ENOUGH_ANSWERS, ExchangeShape, Measure, NamesShown, Origin, Vocabulary, compare,
    row_of,
};
use crate::lab::report::{Report, ReportFiles, Row};
use crate::signals::Signals;

/// What a difference, or nothing to compare, ends us with.
const DIFFERS: u8 = 1;
/// What a walk that ends before its last step ends us with, and one that a signal ends.
const CUT_SHORT: u8 = 2;
const STOPPED: u8 = 130;

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Recordings of `tracker-mock record`, HTTP archives (HAR) or cassettes of vcrpy
    #[arg(required_unless_present = "live", value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    live: LiveOptions,
    #[command(flatten)]
    reports: ReportFiles,
}

/// What came of one exchange.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VerifyFinding {
    pub(crate) case: String,
    pub(crate) verdict: DriftVerdict,
    /// What differs.
    pub(crate) differences: Vec<Drifted>,
    /// What differs as `docs/fidelity.md` says, and in which row it does.
    pub(crate) known: Vec<(Drifted, &'static str)>,
    /// Why it could not be compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) why: Option<String>,
}

/// From the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DriftVerdict {
    Same,
    Known,
    CannotCompare,
    Differs,
}

impl VerifyFinding {
    /// The verdict on what differs between two answers.
    pub(crate) fn of(case: String, theirs: &AnswerShape, differences: Vec<Drifted>) -> Self {
        let (mut known, mut others) = (Vec::new(), Vec::new());
        for drifted in differences {
            match row_of(&drifted, theirs) {
                Some(row) => known.push((drifted, row)),
                None => others.push(drifted),
            }
        }
        let verdict = match (others.is_empty(), known.is_empty()) {
            (false, _) => DriftVerdict::Differs,
            (true, false) => DriftVerdict::Known,
            (true, true) => DriftVerdict::Same,
        };
        Self { case, verdict, differences: others, known, why: None }
    }

    pub(crate) fn impossible(case: String, why: String) -> Self {
        Self { case, verdict: DriftVerdict::CannotCompare, differences: Vec::new(), known: Vec::new(), why: Some(why) }
    }

    fn row(&self) -> Row<DriftVerdict> {
        let known = self.known.iter().map(|(drifted, row)| format!("{drifted}; see \"{row}\" in docs/fidelity.md"));
        let proof = self.differences.iter().map(ToString::to_string).chain(known).collect();
        Row { case: self.case.clone(), verdict: self.verdict, why: self.why.clone().unwrap_or_default(), proof }
    }
}

/// Prints and writes what was found, and decides the exit code. Fails if it cannot be written.
fn report(findings: &[VerifyFinding], foot: Vec<String>, files: &ReportFiles) -> Result<ExitCode, String> {
    let rows = findings.iter().map(VerifyFinding::row).collect();
    let (good, tolerated) = (DriftVerdict::Same, DriftVerdict::CannotCompare);
    let mut report = Report { name: "verify", head: None, rows, good, tolerated, foot };
    let is_compared = findings.iter().any(|finding| finding.verdict != DriftVerdict::CannotCompare);
    if !is_compared {
        report.foot.push("Nothing could be compared, so the exit code is 1.".to_owned());
    } else if report.is_bad() {
        report.foot.push("tracker-mock answers otherwise than the service, so the exit code is 1.".to_owned());
    }
    crate::print(&report.text()).map_err(|error| format!("cannot write to stdout: {error}"))?;
    report.write(files, &findings)?;
    Ok(if report.is_bad() || !is_compared { ExitCode::from(DIFFERS) } else { ExitCode::SUCCESS })
}

impl Verify {
    pub(crate) async fn run(&self) -> ExitCode {
        let verified = if self.live.is_given() { self.walk().await } else { self.files().await };
        verified.unwrap_or_else(|reason| crate::run::failed(&reason))
    }

    async fn walk(&self) -> Result<ExitCode, String> {
        let live = self.live.read()?;
        let list = if live.is_agreed { String::new() } else { live.list() };
        crate::print(&format!("{}\n{list}", live.plan()))
            .map_err(|error| format!("cannot write to stdout: {error}"))?;
        if !live.is_agreed {
            return Err("nothing was sent; --yes does it".to_owned());
        }
        let signals = Signals::listen()?;
        let mock = TrackerMock::start().await.map_err(|error| error.to_string())?;
        let Some(Walked { pairs, left, cut_short, is_stopped }) = live.run(&mock, signals).await? else {
            return Ok(ExitCode::from(STOPPED));
        };
        mock.shutdown().await;
        let findings: Vec<VerifyFinding> = pairs
            .into_iter()
            .map(|(case, pair)| match pair {
                Ok(HeldAnswer { theirs, drifted }) => VerifyFinding::of(case.to_owned(), &theirs, drifted),
                Err(why) => VerifyFinding::impossible(case.to_owned(), why),
            })
            .collect();
        let mut foot: Vec<String> = cut_short.iter().map(|reason| format!("The walk ended early: {reason}.")).collect();
        if !left.is_empty() {
            foot.push("These are left:".to_owned());
            foot.extend(left.iter().map(|left| format!("  {left}")));
        }
        let code = report(&findings, foot, &self.reports)?;
        Ok(match cut_short {
            Some(_) if is_stopped => ExitCode::from(STOPPED),
            Some(_) => ExitCode::from(CUT_SHORT),
            None => code,
        })
    }

    async fn files(&self) -> Result<ExitCode, String> {
        let vocabulary = Vocabulary::new(NamesShown::All);
        let read = |file: &PathBuf| sources::read(file, &vocabulary).map(|source| (file.clone(), source));
        let sources: Vec<(PathBuf, Source)> = self.files.iter().map(read).collect::<Result<_, _>>()?;
        let mut captured = Captured::default();
        sources.iter().flat_map(|(_, source)| &source.exchanges).for_each(|exchange| captured.add(exchange));
        let mock = TrackerMock::start().await.map_err(|error| error.to_string())?;
        let origin = Origin::new(&mock.url())?;
        let mut findings = Vec::new();
        for (file, source) in &sources {
            let names = CaseNames { file, is_shown: sources.len() > 1 };
            findings.extend(replayed(&origin, &names, source, &vocabulary, &captured).await);
        }
        mock.shutdown().await;
        let others: usize = sources.iter().map(|(_, source)| source.others).sum();
        let mut foot = Vec::new();
        match others {
            0 => {}
            1 => foot.push("1 exchange is with another server, and is left out.".to_owned()),
            _ => foot.push(format!("{others} exchanges are with other servers, and are left out.")),
        }
        let exchanges = sources.iter().flat_map(|(_, source)| &source.exchanges).zip(&findings);
        let is_rare = |(exchange, finding): &(&ExchangeShape, &VerifyFinding)| {
            finding.verdict != DriftVerdict::CannotCompare && captured.is_rare(exchange)
        };
        let rare = exchanges.filter(is_rare).count();
        if rare > 0 {
            foot.push(format!(
                "Of {rare} there are fewer than {ENOUGH_ANSWERS} answers, too few to say which paths the service always sends."
            ));
        }
        report(&findings, foot, &self.reports)
    }
}

/// How the exchanges of a file are called.
struct CaseNames<'a> {
    file: &'a Path,
    is_shown: bool,
}

impl CaseNames<'_> {
    fn of(&self, index: usize, exchange: &ExchangeShape) -> String {
        let file = if self.is_shown { format!("{}:", self.file.display()) } else { String::new() };
        let target = exchange.values.as_ref().map_or(&exchange.path, |full| &full.target);
        let what = exchange.operation.clone().unwrap_or_else(|| format!("{} {target}", exchange.method));
        format!("{file}{} {what}", index + 1)
    }
}

/// Sends the requests of a file to a world of its own.
async fn replayed(
    origin: &Origin<Full<Bytes>>,
    names: &CaseNames<'_>,
    source: &Source,
    vocabulary: &Vocabulary,
    captured: &Captured,
) -> Vec<VerifyFinding> {
    let mut replay = Replay::new(origin, names.file.display().to_string(), vocabulary, source);
    let mut findings = Vec::new();
    for (index, exchange) in source.exchanges.iter().enumerate() {
        let case = names.of(index, exchange);
        findings.push(match replay.exchange(exchange).await {
            Ok(replayed) => judged(case, exchange, &replayed, captured),
            Err(why) => VerifyFinding::impossible(case, why),
        });
    }
    findings
}

fn judged(case: String, exchange: &ExchangeShape, replayed: &Replayed, captured: &Captured) -> VerifyFinding {
    let measure = Measure::Group(captured.group(exchange));
    let differences = compare(&exchange.answer, &replayed.answer, measure);
    let finding = VerifyFinding::of(case, &exchange.answer, differences);
    let has_other_status = exchange.answer.status != replayed.answer.status;
    if replayed.is_made_up && has_other_status && finding.verdict == DriftVerdict::Differs {
        let [theirs, ours] = [&exchange.answer, &replayed.answer].map(|answer| answer.status.unwrap_or_default());
        let why = format!("the recording has no values, and with made-up ones the answer is {ours} and not {theirs}");
        return VerifyFinding::impossible(finding.case, why);
    }
    finding
}
