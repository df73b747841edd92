//! What an experiment found, for people and for CI.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;
use tracker_mock::testing::xml_text;

use crate::log::format::is_coloured;

#[derive(Debug, Args)]
pub(crate) struct ReportFiles {
    /// Write the verdicts as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write them as Markdown
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Write them as JSON, with what they rest on
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// The verdicts of an experiment.
pub(crate) struct Report<V> {
    /// The experiment, such as `torture`.
    pub(crate) name: &'static str,
    /// What was found before the cases.
    pub(crate) head: Option<String>,
    pub(crate) rows: Vec<Row<V>>,
    /// The worst verdict that is good.
    pub(crate) good: V,
    /// The worst one that is let pass.
    pub(crate) tolerated: V,
    /// What else it comes to, a line each.
    pub(crate) foot: Vec<String>,
}

/// The verdict of one case.
pub(crate) struct Row<V> {
    pub(crate) case: String,
    pub(crate) verdict: V,
    pub(crate) why: String,
    /// What it rests on, a line each.
    pub(crate) proof: Vec<String>,
}

/// How bad a verdict is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rating {
    Good,
    Tolerated,
    Bad,
}

impl Rating {
    /// The colour of a terminal.
    fn colour(self) -> &'static str {
        match self {
            Self::Good => "\u{1b}[32m",
            Self::Tolerated => "\u{1b}[33m",
            Self::Bad => "\u{1b}[31m",
        }
    }
}

/// The name of a verdict, as the command line takes it.
fn name(verdict: &impl ValueEnum) -> String {
    verdict.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// Verdicts are declared from the best to the worst.
impl<V: ValueEnum + Ord> Report<V> {
    fn rating(&self, row: &Row<V>) -> Rating {
        if row.verdict <= self.good {
            Rating::Good
        } else if row.verdict <= self.tolerated {
            Rating::Tolerated
        } else {
            Rating::Bad
        }
    }

    fn bad(&self) -> impl Iterator<Item = &Row<V>> {
        self.rows.iter().filter(|row| self.rating(row) == Rating::Bad)
    }

    pub(crate) fn is_bad(&self) -> bool {
        self.bad().next().is_some()
    }

    /// Adds what to do about the first bad verdict.
    pub(crate) fn advise(&mut self) {
        let advice = self.bad().next().map(|bad| {
            let tolerated = name(&self.tolerated);
            [
                format!("Worse than --tolerate {tolerated}, so the exit code is 1."),
                format!("To repeat one alone: --only {}", bad.case),
            ]
        });
        self.foot.extend(advice.into_iter().flatten());
    }

    /// How often each verdict came out, and what else it comes to.
    fn foot(&self) -> String {
        let count = |verdict: &V| {
            let count = self.rows.iter().filter(|row| row.verdict == *verdict).count();
            (count > 0).then(|| format!("{count} {}", name(verdict)))
        };
        let counts: Vec<_> = V::value_variants().iter().filter_map(count).collect();
        let foot: String = self.foot.iter().map(|line| format!("{line}\n")).collect();
        format!("{} cases: {}\n{foot}", self.rows.len(), counts.join(", "))
    }

    /// Writes the files that were asked for. `data` is the JSON. Fails at the first that cannot be written.
    pub(crate) fn write(&self, files: &ReportFiles, data: &impl Serialize) -> Result<(), String> {
        let json = || serde_json::to_string_pretty(data).map(|json| json + "\n").unwrap_or_default();
        files.junit.as_ref().map_or(Ok(()), |file| crate::run::write(file, &self.junit()))?;
        files.markdown.as_ref().map_or(Ok(()), |file| crate::run::write(file, &self.markdown()))?;
        files.json.as_ref().map_or(Ok(()), |file| crate::run::write(file, &json()))
    }

    /// The table for a terminal.
    pub(crate) fn text(&self) -> String {
        let is_coloured = is_coloured(std::io::stdout().is_terminal(), std::env::var_os("NO_COLOR").as_deref());
        let width = |of: fn(&Row<V>) -> usize| self.rows.iter().map(of).max().unwrap_or_default();
        let (cases, verdicts) = (width(|row| row.case.chars().count()), width(|row| name(&row.verdict).len()));
        let mut text = self.head.as_ref().map_or_else(String::new, |head| format!("{head}\n\n"));
        for row in &self.rows {
            let (rating, verdict) = (self.rating(row), name(&row.verdict));
            let (start, end) = if is_coloured { (rating.colour(), "\u{1b}[0m") } else { ("", "") };
            text += format!("{:cases$}  {start}{verdict:verdicts$}{end}  {}", row.case, row.why).trim_end();
            text += "\n";
            for line in row.proof.iter().filter(|_| rating != Rating::Good) {
                text += &format!("    {line}\n");
            }
        }
        text + "\n" + &self.foot()
    }

    fn markdown(&self) -> String {
        let cell = |text: &str| text.replace('|', "\\|");
        let head = self.head.as_deref().unwrap_or_default();
        let mut text = format!("## tracker-mock {}\n\n{head}\n\n", self.name);
        text += "| Case | Verdict | Why |\n| --- | --- | --- |\n";
        for row in &self.rows {
            let bold = if self.rating(row) == Rating::Bad { "**" } else { "" };
            let verdict = name(&row.verdict);
            text += &format!("| `{}` | {bold}{verdict}{bold} | {} |\n", cell(&row.case), cell(&row.why));
        }
        text + "\n" + &self.foot()
    }

    fn junit(&self) -> String {
        let (experiment, all, bad) = (self.name, self.rows.len(), self.bad().count());
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"tracker-mock {experiment}\" \
             tests=\"{all}\" failures=\"{bad}\">\n"
        );
        for row in &self.rows {
            let message = [&[format!("{}: {}", name(&row.verdict), row.why)], &row.proof[..]].concat().join("; ");
            let (case, message) = (xml_text(&row.case), xml_text(&message));
            let what = match self.rating(row) {
                Rating::Bad => format!("<failure message=\"{message}\"/>"),
                Rating::Good | Rating::Tolerated => format!("<system-out>{message}</system-out>"),
            };
            text += &format!("<testcase classname=\"{experiment}\" name=\"{case}\">{what}</testcase>\n");
        }
        text + "</testsuite>\n</testsuites>\n"
    }
}

/// Tells how many cases are done, on a terminal.
pub(crate) fn show_progress(done: usize, of: usize) {
    if std::io::stderr().is_terminal() {
        let end = if done == of { "\r\u{1b}[K" } else { "" };
        // Where nobody can read it, nothing is lost.
        let _ = write!(std::io::stderr(), "\r{done} of {of} cases{end}");
    }
}
