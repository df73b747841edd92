//! `tracker-mock coverage`: what clients reached, for people and for CI.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tracker_mock::CoverageReport;

use crate::client;

/// How long the server may take.
const TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug, Args)]
pub(crate) struct Coverage {
    /// The servers, as HOST:PORT or http://HOST:PORT, whose counts are added up [default: as for healthcheck]
    #[arg(value_name = "ADDRESS")]
    pub(crate) addresses: Vec<String>,
    /// Only the world of this organisation [default: all together]
    #[arg(long, value_name = "ID")]
    org: Option<String>,
    /// Only this operation, as `upload_temp_file`; may be repeated
    #[arg(long = "operation", value_name = "NAME")]
    operations: Vec<String>,
    /// How the table is printed
    #[arg(long, default_value = "text")]
    format: Format,
    /// Exit 1 if less than this was reached, from 0 to 100
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    fail_under: Option<f64>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Json,
    Junit,
    Markdown,
}

pub(crate) fn percent(text: &str) -> Result<f64, String> {
    let percent = text.trim_end_matches('%').parse().ok().filter(|percent| (0.0..=100.0).contains(percent));
    percent.ok_or_else(|| "write a number from 0 to 100".to_owned())
}

impl Coverage {
    /// Prints the table of these servers together. Exits 0, or 1 if too little was reached, or 2 if one of them cannot be
    /// asked.
    pub(crate) async fn run(&self) -> ExitCode {
        let asked = futures_util::future::try_join_all(self.addresses.iter().map(|address| self.ask(address))).await;
        let report = match asked.map(|reports| reports.into_iter().reduce(added)) {
            Ok(Some(report)) => report,
            Ok(None) => return crate::failed("there is no server to ask"),
            Err(reason) => return crate::cannot(&reason),
        };
        let code = crate::say(&match self.format {
            Format::Text => report.text(),
            Format::Json => serde_json::to_string(&report).unwrap_or_default() + "\n",
            Format::Junit => report.junit(None),
            Format::Markdown => report.markdown(None),
        });
        let percent = report.percent;
        match self.fail_under {
            Some(least) if percent < least => {
                crate::failed(&format!("{percent:.1} % was reached, less than {least} %"))
            }
            Some(_) | None => code,
        }
    }

    async fn ask(&self, address: &str) -> Result<CoverageReport, String> {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let worlds = self.org.as_ref().map_or("all=true".to_owned(), |org| format!("org={}", encode(org)));
        let operations = self.operations.iter().map(|operation| format!("&operation={}", encode(operation)));
        let path = format!("/_mock/coverage?{worlds}{}", operations.collect::<String>());
        let answer = client::get(address, &path, TIMEOUT).await.map_err(|reason| format!("{address}: {reason}"))?;
        serde_json::from_slice(&answer)
            .map_err(|_| format!("{address}: the answer is no coverage; is it a tracker-mock?"))
    }
}

fn added(mut sum: CoverageReport, more: CoverageReport) -> CoverageReport {
    sum.add(more);
    sum
}
