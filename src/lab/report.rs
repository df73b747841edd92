//! What an experiment found, for people and for CI.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use tracker_mock::testing::XmlText;

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
pub(crate) struct Report {
    /// The experiment, such as `torture`.
    pub(crate) name: &'static str,
    /// What was found before the cases, a line each.
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Row>,
    /// What it comes to, a line each.
    pub(crate) foot: Vec<String>,
}

/// The verdict of one case.
pub(crate) struct Row {
    pub(crate) case: String,
    pub(crate) verdict: &'static str,
    pub(crate) rating: Rating,
    pub(crate) why: String,
    /// What it rests on, a line each.
    pub(crate) proof: Vec<String>,
}

/// How bad a verdict is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rating {
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

impl Report {
    pub(crate) fn is_bad(&self) -> bool {
        self.rows.iter().any(|row| row.rating == Rating::Bad)
    }

    /// How often each verdict came out, in the order of `verdicts`.
    pub(crate) fn counted(&self, verdicts: &[&'static str]) -> String {
        let counts =
            verdicts.iter().map(|verdict| (verdict, self.rows.iter().filter(|row| row.verdict == *verdict).count()));
        let counts: Vec<_> =
            counts.filter(|(_, count)| *count > 0).map(|(name, count)| format!("{count} {name}")).collect();
        format!("{} cases: {}", self.rows.len(), counts.join(", "))
    }

    /// Says what to do about the first bad verdict.
    pub(crate) fn tell_bad(&mut self, tolerated: &str) {
        if let Some(bad) = self.rows.iter().find(|row| row.rating == Rating::Bad) {
            let case = &bad.case;
            self.foot.extend([
                format!("Worse than --tolerate {tolerated}, so the exit code is 1."),
                format!("To repeat one alone: --only {case}"),
            ]);
        }
    }

    /// Writes the files that were asked for. `data` is the JSON.
    ///
    /// # Errors
    /// The first file that cannot be written.
    pub(crate) fn write(&self, files: &ReportFiles, data: &impl Serialize) -> Result<(), String> {
        let json = || serde_json::to_string_pretty(data).map(|json| json + "\n").unwrap_or_default();
        files.junit.as_ref().map_or(Ok(()), |file| crate::run::write(file, &self.junit()))?;
        files.markdown.as_ref().map_or(Ok(()), |file| crate::run::write(file, &self.markdown()))?;
        files.json.as_ref().map_or(Ok(()), |file| crate::run::write(file, &json()))
    }

    /// The table for a terminal.
    pub(crate) fn text(&self) -> String {
        let is_coloured = is_coloured(std::io::stdout().is_terminal(), std::env::var_os("NO_COLOR").as_deref());
        let width = |of: fn(&Row) -> usize| self.rows.iter().map(of).max().unwrap_or_default();
        let (cases, verdicts) = (width(|row| row.case.chars().count()), width(|row| row.verdict.len()));
        let mut text = String::new();
        for line in &self.head {
            text += &format!("{line}\n");
        }
        text += if self.head.is_empty() { "" } else { "\n" };
        for row in &self.rows {
            let (start, end) = if is_coloured { (row.rating.colour(), "\u{1b}[0m") } else { ("", "") };
            text += format!("{:cases$}  {start}{:verdicts$}{end}  {}", row.case, row.verdict, row.why).trim_end();
            text += "\n";
            for line in row.proof.iter().filter(|_| row.rating != Rating::Good) {
                text += &format!("    {line}\n");
            }
        }
        text += "\n";
        for line in &self.foot {
            text += &format!("{line}\n");
        }
        text
    }

    fn markdown(&self) -> String {
        let cell = |text: &str| text.replace('|', "\\|");
        let mut text = format!("## tracker-mock {}\n\n{}\n\n", self.name, self.head.join("\n"));
        text += "| Case | Verdict | Why |\n| --- | --- | --- |\n";
        for row in &self.rows {
            let verdict =
                if row.rating == Rating::Bad { format!("**{}**", row.verdict) } else { row.verdict.to_owned() };
            text += &format!("| `{}` | {verdict} | {} |\n", cell(&row.case), cell(&row.why));
        }
        text + &format!("\n{}\n", self.foot.join("\n"))
    }

    fn junit(&self) -> String {
        let bad = self.rows.iter().filter(|row| row.rating == Rating::Bad).count();
        let (name, all) = (self.name, self.rows.len());
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"tracker-mock {name}\" \
             tests=\"{all}\" failures=\"{bad}\">\n"
        );
        for row in &self.rows {
            let told = [&[format!("{}: {}", row.verdict, row.why)], &row.proof[..]].concat().join("; ");
            let told = XmlText(&told);
            let what = match row.rating {
                Rating::Bad => format!("<failure message=\"{told}\"/>"),
                Rating::Good | Rating::Tolerated => format!("<system-out>{told}</system-out>"),
            };
            text += &format!("<testcase classname=\"{name}\" name=\"{}\">{what}</testcase>\n", XmlText(&row.case));
        }
        text + "</testsuite>\n</testsuites>\n"
    }
}

/// How many cases are done, on a terminal.
pub(crate) struct Progress {
    of: usize,
    done: usize,
    is_shown: bool,
}

impl Progress {
    pub(crate) fn of(cases: usize) -> Self {
        let progress = Self { of: cases, done: 0, is_shown: std::io::stderr().is_terminal() };
        progress.show();
        progress
    }

    pub(crate) fn advance(&mut self) {
        self.done += 1;
        self.show();
    }

    fn show(&self) {
        if self.is_shown {
            let end = if self.done == self.of { "\r\u{1b}[K" } else { "" };
            // Where nobody can read it, nothing is lost.
            let _ = write!(std::io::stderr(), "\r{} of {} cases{end}", self.done, self.of);
        }
    }
}
