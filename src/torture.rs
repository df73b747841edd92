//! `tracker-mock torture`: runs a command once for everything that can happen to its uploads, and says what it made of it.

mod cases;
mod verdict;

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};
use tracker_mock::{Attempt, RequestRecord, TrackerMock};

use self::cases::{Case, calls, cases};
use self::verdict::{ClientVerdict, Judgement, judge};
use crate::https::Https;
use crate::lab::report::{Report, Row};
use crate::lab::stored::LeftFile;
use crate::lab::{Lab, LabOptions, Trial, experiment};
use crate::signals::Signals;

#[derive(Debug, Args)]
pub(crate) struct Torture {
    /// The worst verdict that is let pass
    #[arg(long, value_enum, value_name = "VERDICT", default_value = "gave-up")]
    tolerate: ClientVerdict,
    #[command(flatten)]
    pub(crate) lab: LabOptions,
}

impl Torture {
    pub(crate) async fn run(&self, mock: TrackerMock, https: Option<Https>, signals: Signals) -> ExitCode {
        experiment(signals, self.experiment(&mock, https.as_ref())).await
    }

    async fn experiment(&self, mock: &TrackerMock, https: Option<&Https>) -> Result<ExitCode, String> {
        let mut lab = Lab::new(mock, &self.lab, https);
        let plain = lab.first("plain-1", None).await?;
        check_success(&plain)?;
        let again = lab.run("plain-2", None, |_| Ok(())).await?;
        check_repeats(&plain, &again)?;
        let calls = calls(&plain.requests);
        if calls.is_empty() || plain.stored.is_empty() {
            return Err("the command uploaded and attached nothing, so there is nothing to disturb".to_owned());
        }
        let mut cases = cases(&calls);
        cases.retain(|case| self.lab.wants(&case.name));
        let names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
        if let Some(code) = self.lab.listed(&names)? {
            return Ok(code);
        }
        let trials = lab.each(&cases, |index, case| try_case(&lab, index, case)).await?;
        let judged: Vec<Judgement> =
            cases.iter().zip(&trials).map(|(case, trial)| judge(&plain, case, trial)).collect();
        let report = self.report(&plain, &cases, &judged);
        let calls: Vec<&str> = calls.iter().map(|call| call.name.as_str()).collect();
        let findings: Vec<Value> = cases
            .iter()
            .zip(&trials)
            .zip(&judged)
            .map(|((case, trial), judged)| finding(case, trial, judged))
            .collect();
        self.lab.finish(report, &json!({"plain": {"calls": calls, "stored": plain.stored}, "cases": findings}))
    }

    fn report(&self, plain: &Trial, cases: &[Case], judged: &[Judgement]) -> Report<ClientVerdict> {
        let rows = cases.iter().zip(judged).map(|(case, judged)| Row {
            case: case.name.clone(),
            verdict: judged.verdict,
            why: judged.why.clone(),
            proof: [format!("What happened: {}", case.trouble.what)]
                .into_iter()
                .chain(judged.attempts.iter().map(proof_line))
                .collect(),
        });
        let file = |file: &LeftFile| format!("\"{}\" with {} bytes {}", file.name, file.bytes, file.whereabouts());
        let stored: Vec<String> = plain.stored.iter().map(file).collect();
        let requests = match plain.requests.len() {
            1 => "1 request".to_owned(),
            more => format!("{more} requests"),
        };
        Report {
            name: "torture",
            head: Some(format!("Without faults: {requests}, and stored was {}.", stored.join(", "))),
            rows: rows.collect(),
            good: ClientVerdict::Ok,
            tolerated: self.tolerate,
            foot: Vec::new(),
        }
    }
}

async fn try_case(lab: &Lab<'_>, index: usize, case: &Case) -> Result<Trial, String> {
    let arm = |world: &tracker_mock::WorldHandle| world.arm([case.fault.clone()]).map_err(|error| error.to_string());
    let trial = lab.run(&format!("case-{}", index + 1), None, arm).await?;
    if trial.fired == 0 {
        return Err(format!(
            "{} could not be tried: its fault never struck, so the command does not do the same in each run",
            case.name
        ));
    }
    Ok(trial)
}

fn check_success(plain: &Trial) -> Result<(), String> {
    if plain.has_succeeded() {
        return Ok(());
    }
    Err(plain.says("the command fails without any fault"))
}

/// Two runs without faults must do the same, or nothing could be learned from a third.
fn check_repeats(first: &Trial, second: &Trial) -> Result<(), String> {
    check_success(second)?;
    let line = |request: &RequestRecord| {
        let operation = request.operation.as_deref().unwrap_or("an unknown endpoint");
        format!("{} {operation}, answered {}", request.method, request.status.unwrap_or_default())
    };
    let (one, two): (Vec<_>, Vec<_>) =
        (first.requests.iter().map(line).collect(), second.requests.iter().map(line).collect());
    let nothing = || "nothing".to_owned();
    if let Some(index) = (0..one.len().max(two.len())).find(|&index| one.get(index) != two.get(index)) {
        let [one, two] = [one, two].map(|lines| lines.get(index).cloned().unwrap_or_else(nothing));
        return Err(format!(
            "two runs without faults differ, so no verdict would mean anything: request {} was {one}, and then {two}",
            index + 1
        ));
    }
    let missing = crate::lab::stored::without(&first.stored, &second.stored);
    let extra = crate::lab::stored::without(&second.stored, &first.stored);
    if let Some(file) = missing.first().or(extra.first()) {
        return Err(format!(
            "two runs without faults differ, so no verdict would mean anything: \"{}\" with {} bytes and SHA-256 {} was \
             stored {} by one of them alone",
            file.name,
            file.bytes,
            file.sha_256,
            file.whereabouts()
        ));
    }
    Ok(())
}

/// A case as `--json` has it.
fn finding(case: &Case, trial: &Trial, judged: &Judgement) -> Value {
    json!({
        "case": case.name,
        "what": case.trouble.what,
        "verdict": judged.verdict,
        "why": judged.why,
        "exitCode": trial.code,
        "durationMs": trial.duration.as_millis() as u64,
        "attempts": judged.attempts,
        "stored": trial.stored,
        "output": trial.output,
    })
}

/// An attempt as a line of proof.
fn proof_line(attempt: &Attempt) -> String {
    let status = attempt.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    let bytes = attempt.bytes.map(|bytes| format!(", {bytes} bytes")).unwrap_or_default();
    let digest = attempt.xxh3_128.as_ref().map(|digest| format!(", XXH3 {digest}")).unwrap_or_default();
    let faulted = if attempt.faulted { ", by the fault" } else { "" };
    format!("request {}: {status}{faulted}{bytes}{digest}", attempt.id)
}
