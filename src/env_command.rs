//! `tracker-mock env`: the variables for a server that runs.

use std::ffi::OsString;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Deserialize;
use serde_json::{Map, Value};
use tracker_mock::TrustFiles;
use tracker_mock::testing::{ANONYMOUS_ORG, ANY_TOKEN};

use crate::run::command::NO_TOKEN;
use crate::{client, https};

const TIMEOUT: Duration = Duration::from_secs(3);

#[derive(Debug, Args)]
pub(crate) struct Env {
    /// The server, as HOST:PORT, http://HOST:PORT or https://HOST:PORT [default: as for healthcheck]
    pub(crate) address: Option<String>,
    /// What is to read them
    #[arg(long, value_name = "SHELL", default_value = "sh")]
    shell: ShellFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ShellFormat {
    Sh,
    Fish,
    Dotenv,
    Json,
}

/// What is read of the answer of a server.
#[derive(Deserialize)]
struct HealthAnswer {
    trust: Option<TrustFiles>,
    caller: Option<CallerAnswer>,
}

/// Whom a server lets in that does not let in everybody.
#[derive(Deserialize)]
struct CallerAnswer {
    org: String,
    token: Option<String>,
}

impl Env {
    /// The text that the reader takes.
    pub(crate) async fn text(&self, address: &str) -> Result<String, String> {
        let wrong = |reason: String| format!("{address}: {reason}");
        let health = client::get(address, "/_mock/health", TIMEOUT).await.map_err(wrong)?;
        let health: HealthAnswer =
            serde_json::from_slice(&health).map_err(|error| wrong(format!("is no tracker-mock: {error}")))?;
        let (org, token) = match health.caller {
            Some(CallerAnswer { org, token }) => (org, token.ok_or_else(|| wrong(NO_TOKEN.to_owned()))?),
            None => (ANONYMOUS_ORG.to_owned(), ANY_TOKEN.to_owned()),
        };
        let place = client::place_of(address).map_err(wrong)?;
        let mut variables = vec![
            ("TRACKER_MOCK_URL", format!("http://{place}").into()),
            ("TRACKER_MOCK_ORG", org.into()),
            ("TRACKER_MOCK_TOKEN", token.into()),
        ];
        if let Some(trust) = &health.trust {
            variables.extend(https::variables(trust, &place));
        }
        Ok(self.shell.written(&variables))
    }
}

impl ShellFormat {
    fn written(self, variables: &[(&str, OsString)]) -> String {
        let texts = variables.iter().map(|(name, value)| (*name, value.to_string_lossy().into_owned()));
        let lines = |line: fn(&str, &str) -> String| texts.clone().map(|(name, value)| line(name, &value)).collect();
        match self {
            Self::Sh => lines(|name, value| format!("export {name}='{}'\n", value.replace('\'', r"'\''"))),
            Self::Fish => {
                lines(|name, value| format!("set -gx {name} '{}'\n", value.replace('\\', r"\\").replace('\'', r"\'")))
            }
            Self::Dotenv => {
                lines(|name, value| format!("{name}=\"{}\"\n", value.replace('\\', r"\\").replace('"', "\\\"")))
            }
            Self::Json => {
                let object: Map<String, Value> = texts.map(|(name, value)| (name.to_owned(), value.into())).collect();
                format!("{:#}\n", Value::Object(object))
            }
        }
    }
}
