//! `tracker-mock names`: gives a command files with awkward names, and says what became of each name.

mod list;

use std::path::Path;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use tracker_mock::{RequestRecord, TrackerMock};

use self::list::{Awkward, all};
use crate::https::Https;
use crate::lab::report::{Report, Row};
use crate::lab::{Lab, LabOptions, Trial, experiment};
use crate::signals::Signals;

/// What stands for the path of the file in the words of the command.
const PLACE: &str = "{file}";

#[derive(Debug, Args)]
pub(crate) struct Names {
    /// The worst verdict that is let pass
    #[arg(long, value_enum, value_name = "VERDICT", default_value = "refused")]
    tolerate: NameVerdict,
    #[command(flatten)]
    pub(crate) lab: LabOptions,
}

/// From the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
enum NameVerdict {
    /// Stored under its name
    Exact,
    /// This machine cannot have such a file
    Untried,
    /// Not stored, and the command has failed
    Refused,
    /// Stored under another name
    Changed,
    /// Other bytes were stored
    WrongFile,
    /// Not stored, though the command has succeeded
    Lost,
}

/// What became of one name.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NameFinding {
    case: &'static str,
    /// What the file is called.
    name: String,
    /// The name in the form or in the query, as it was sent.
    sent: Option<String>,
    /// How it was written there.
    encoding: Option<&'static str>,
    stored: Option<String>,
    verdict: NameVerdict,
    why: String,
}

impl Names {
    pub(crate) async fn run(&self, mock: TrackerMock, https: Option<Https>, signals: Signals) -> ExitCode {
        experiment(signals, self.experiment(&mock, https.as_ref())).await
    }

    async fn experiment(&self, mock: &TrackerMock, https: Option<&Https>) -> Result<ExitCode, String> {
        let names: Vec<Awkward> = all().into_iter().filter(|awkward| self.lab.wants(awkward.case)).collect();
        let cases: Vec<&str> = names.iter().map(|awkward| awkward.case).collect();
        if let Some(code) = self.lab.listed(&cases)? {
            return Ok(code);
        }
        if !self.lab.command.words.iter().any(|word| word.to_string_lossy().contains(PLACE)) {
            return Err(format!("write {PLACE} where the command takes the path of a file, as in: -- upload {PLACE}"));
        }
        let folder = tempfile::tempdir().map_err(|error| format!("cannot make a folder: {error}"))?;
        let mut lab = Lab::new(mock, &self.lab, https);
        let plain = write_file(folder.path(), "plain.txt", "plain.txt", b"plain")?;
        let first = lab.first("plain", Some(&plain)).await?;
        if !first.has_succeeded() {
            return Err(first.says("the command fails for a file named plain.txt"));
        }
        if first.stored.is_empty() {
            return Err("the command stored nothing, so there are no names to look at".to_owned());
        }
        let findings = lab.each(&names, |index, awkward| try_name(&lab, folder.path(), index, awkward)).await?;
        self.lab.finish(self.report(&findings), &findings)
    }

    fn report(&self, findings: &[NameFinding]) -> Report<NameVerdict> {
        let rows = findings.iter().map(|finding| Row {
            case: finding.case.to_owned(),
            verdict: finding.verdict,
            why: finding.why.clone(),
            proof: finding.sent.iter().map(|sent| format!("sent as {sent:?}")).collect(),
        });
        let (good, tolerated) = (NameVerdict::Untried, self.tolerate);
        Report { name: "names", head: None, rows: rows.collect(), good, tolerated, foot: Vec::new() }
    }
}

/// Writes a file into a folder of its own, and gives its path.
fn write_file(folder: &Path, case: &str, name: &str, content: &[u8]) -> Result<String, String> {
    let folder = folder.join(case);
    let path = folder.join(name);
    let written = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, content));
    written.map_err(|error| error.to_string())?;
    path.into_os_string().into_string().map_err(|path| format!("{} is no UTF-8", path.display()))
}

async fn try_name(lab: &Lab<'_>, folder: &Path, index: usize, awkward: &Awkward) -> Result<NameFinding, String> {
    let content = if awkward.is_empty { String::new() } else { format!("what {} is about\n", awkward.case) };
    let mut finding = NameFinding {
        case: awkward.case,
        name: awkward.name.clone(),
        sent: None,
        encoding: None,
        stored: None,
        verdict: NameVerdict::Untried,
        why: String::new(),
    };
    if let Some(beside) = awkward.beside {
        write_file(folder, awkward.case, beside, b"another file").map_err(|reason| format!("{beside}: {reason}"))?;
    }
    let path = match write_file(folder, awkward.case, &awkward.name, content.as_bytes()) {
        Ok(path) => path,
        Err(reason) => {
            finding.why = format!("this machine cannot have such a file: {reason}");
            return Ok(finding);
        }
    };
    let trial = lab.run(&format!("name-{}", index + 1), Some(&path), |_| Ok(())).await?;
    // A name in the query may be refused before the form is read.
    let upload = trial.requests.iter().rev().find(|request| request.upload.is_some()).or(trial.requests.last());
    if let Some((sent, encoding)) = upload.and_then(|upload| sent(upload, &awkward.name)) {
        (finding.sent, finding.encoding) = (Some(sent), Some(encoding));
    }
    let (verdict, why) = judge(awkward, content.len(), &trial, upload);
    let how = finding.encoding.map_or_else(String::new, |encoding| format!(" was sent {encoding}"));
    finding.why = format!("{:?}{how}{why}", awkward.name);
    finding.verdict = verdict;
    finding.stored = trial.stored.last().map(|file| file.name.clone());
    Ok(finding)
}

fn judge(awkward: &Awkward, bytes: usize, trial: &Trial, upload: Option<&RequestRecord>) -> (NameVerdict, String) {
    let Some(file) = trial.stored.last() else {
        let status = upload.and_then(|upload| upload.status).map(|status| format!(", answered {status}"));
        let reason = upload.and_then(reason).map(|reason| format!(": {reason}"));
        return (
            NameVerdict::Refused,
            format!("; {}{}{}", trial.end(), status.unwrap_or_default(), reason.unwrap_or_default()),
        );
    };
    if file.bytes != bytes {
        return (NameVerdict::WrongFile, format!("; {bytes} bytes are in the file, {} are stored", file.bytes));
    }
    if file.name == awkward.name {
        return (NameVerdict::Exact, String::new());
    }
    (NameVerdict::Changed, format!("; it is stored as {:?}", file.name))
}

/// What a refusal says.
fn reason(request: &RequestRecord) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(request.response_text.as_deref()?).ok()?;
    let of_fields = body["errors"].as_object().into_iter().flat_map(|errors| errors.values());
    let messages = body["errorMessages"].as_array().into_iter().flatten().chain(of_fields);
    let messages: Vec<&str> = messages.filter_map(serde_json::Value::as_str).collect();
    (!messages.is_empty()).then(|| messages.join(" "))
}

/// The name that an upload sent, and how it is written.
fn sent(request: &RequestRecord, name: &str) -> Option<(String, &'static str)> {
    if let Some(query) =
        request.query.as_ref().filter(|query| query.split('&').any(|pair| pair.starts_with("filename=")))
    {
        return Some((query.clone(), "in the query"));
    }
    let parts = &request.upload.as_ref()?.parts;
    let part = parts.iter().find(|part| part.file_name.is_some() || part.extended_file_name.is_some())?;
    if let Some(extended) = part.extended_file_name.clone() {
        return Some((extended, "as filename*"));
    }
    let sent = part.file_name.clone()?;
    let encoding = encoding(&sent, name);
    Some((sent, encoding))
}

/// How `sent` stands for `name`.
fn encoding(sent: &str, name: &str) -> &'static str {
    let unescaped = || sent.replace("\\\"", "\"").replace("\\\\", "\\");
    if sent == name {
        "raw"
    } else if sent.starts_with("=?") && sent.ends_with("?=") {
        "as an encoded word"
    } else if percent_decode_str(sent).decode_utf8().is_ok_and(|decoded| decoded == name) {
        "percent encoded"
    } else if unescaped() == name {
        "raw, with backslashes before quotes"
    } else if sent.contains(['?', '\u{fffd}']) && !name.contains(['?', '\u{fffd}']) {
        "with other characters in place of some"
    } else {
        "as another name"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_cases_are_told_apart() {
        let all = all();
        let names: std::collections::HashSet<_> = all.iter().map(|one| (&one.name, one.beside)).collect();
        let cases: std::collections::HashSet<_> = all.iter().map(|one| one.case).collect();
        assert_eq!((names.len(), cases.len()), (all.len(), all.len()));
        assert!(all.len() >= 60);
    }

    #[test]
    fn encodings_are_recognised() {
        for (sent, name, expected) in [
            ("a.txt", "a.txt", "raw"),
            ("=?utf-8?B?0Y8=?=", "я", "as an encoded word"),
            ("%D1%8F", "я", "percent encoded"),
            ("a%22b", "a\"b", "percent encoded"),
            ("a\\\"b", "a\"b", "raw, with backslashes before quotes"),
            ("?", "я", "with other characters in place of some"),
            ("b", "a", "as another name"),
        ] {
            assert_eq!(encoding(sent, name), expected, "{sent}");
        }
    }
}
