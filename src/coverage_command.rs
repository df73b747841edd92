//! `tracker-mock coverage`: what clients reached, for people and for CI.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use crate::client;

/// How long the server may take.
const TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug, Args)]
pub(crate) struct Coverage {
    /// The server, as HOST:PORT or http://HOST:PORT [default: as for healthcheck]
    pub(crate) address: Option<String>,
    /// Only the world of this organisation [default: all together]
    #[arg(long, value_name = "ID")]
    org: Option<String>,
    /// Only this operation, as `upload_temp_file`; may be repeated
    #[arg(long = "operation", value_name = "NAME")]
    operations: Vec<String>,
    /// How the table is printed
    #[arg(long, default_value = "text", value_parser = ["text", "json", "junit", "markdown"])]
    format: String,
    /// Exit 1 if less than this was reached, from 0 to 100
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    fail_under: Option<f64>,
}

/// What decides the exit code.
#[derive(Deserialize)]
struct Summary {
    percent: f64,
}

pub(crate) fn percent(text: &str) -> Result<f64, String> {
    let percent = text.trim_end_matches('%').parse().ok().filter(|percent| (0.0..=100.0).contains(percent));
    percent.ok_or_else(|| "write a number from 0 to 100".to_owned())
}

impl Coverage {
    /// Prints the table of the server at `address`. Exits 0, or 1 if too little was reached, or 2 if the server cannot be
    /// asked.
    pub(crate) async fn run(&self, address: &str) -> ExitCode {
        let failed = |reason: &str| {
            crate::complain(&format!("{address}: {reason}"));
            ExitCode::from(2)
        };
        let (table, summary) = match tokio::try_join!(self.ask(address, &self.format), self.ask(address, "json")) {
            Ok(answers) => answers,
            Err(reason) => return failed(&reason),
        };
        let Ok(Summary { percent }) = serde_json::from_slice(&summary) else {
            return failed("the answer is no coverage; is it a tracker-mock?");
        };
        let code = crate::say(&String::from_utf8_lossy(&table));
        match self.fail_under {
            Some(least) if percent < least => {
                crate::failed(&format!("{percent:.1} % was reached, less than {least} %"))
            }
            Some(_) | None => code,
        }
    }

    async fn ask(&self, address: &str, format: &str) -> Result<hyper::body::Bytes, String> {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let worlds = self.org.as_ref().map_or("all=true".to_owned(), |org| format!("org={}", encode(org)));
        let operations = self.operations.iter().map(|operation| format!("&operation={}", encode(operation)));
        let path = format!("/_mock/coverage?format={format}&{worlds}{}", operations.collect::<String>());
        client::get(address, &path, TIMEOUT).await
    }
}
