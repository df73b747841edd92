//! `tracker-mock verify`: whether we answer as the real service was seen to.

mod finding;
mod live;
mod made_up;
mod needs;
mod replay;
mod request;
mod sources;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use http_body_util::Full;
use hyper::body::Bytes;
use tracker_mock::TrackerMock;

use self::finding::{DriftVerdict, VerifyFinding};
use self::live::{LiveOptions, Walked};
use self::replay::{Replay, Replayed};
use self::sources::Source;
use crate::drift::{
    BodyShape, Captured, ENOUGH_ANSWERS, ExchangeShape, Measure, NamesShown, Origin, Vocabulary, compare,
};
use crate::lab::report::{Report, ReportFiles};
use crate::signals::{STOPPED, Signals};

/// What a difference, or nothing to compare, ends us with.
const DIFFERS: u8 = 1;
/// What a walk that ends before its last step ends us with.
const CUT_SHORT: u8 = 2;

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
    crate::show(&report.text())?;
    report.write(files, &findings)?;
    Ok(if report.is_bad() || !is_compared { ExitCode::from(DIFFERS) } else { ExitCode::SUCCESS })
}

impl Verify {
    pub(crate) async fn run(&self) -> ExitCode {
        let verified = if self.live.is_given() { self.walk().await } else { self.files().await };
        verified.unwrap_or_else(|reason| crate::cannot(&reason))
    }

    async fn walk(&self) -> Result<ExitCode, String> {
        let live = self.live.read()?;
        let list = if live.is_agreed { String::new() } else { live.list() };
        crate::show(&format!("{}\n{list}", live.plan()))?;
        if !live.is_agreed {
            return Err("nothing was sent; --yes does it".to_owned());
        }
        let signals = Signals::listen()?;
        let mock = TrackerMock::start().await.map_err(|error| error.to_string())?;
        let Some(Walked { findings, left, cut_short, is_stopped }) = live.run(&mock, signals).await? else {
            return Ok(ExitCode::from(STOPPED));
        };
        mock.shutdown().await;
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
    let why = match &exchange.answer.body {
        BodyShape::Beginning { .. } => "the file has the beginning of the answer alone, and no more could be compared",
        BodyShape::Unreadable { .. } => "the file does not have the body of the answer",
        BodyShape::Empty | BodyShape::Json { .. } | BodyShape::Form { .. } | BodyShape::Other { .. } => return finding,
    };
    match finding.verdict {
        DriftVerdict::Same => VerifyFinding::impossible(finding.case, format!("{why}; nothing else differs")),
        DriftVerdict::Known | DriftVerdict::CannotCompare | DriftVerdict::Differs => finding,
    }
}
