//! `tracker-mock tail`: the requests to a server as they come, for people at a terminal.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;

use crate::client;
use crate::log::format::{is_coloured, of_record};

/// How long the server may take to say what came.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How soon the stream of events breaks off once the server has ended.
const BREAKS_OFF: Duration = Duration::from_secs(1);

/// How many requests are printed that came before.
const EARLIER: usize = 10;

/// How many are read at once. If more come between two looks, the oldest of them are left out.
const MAX_READ: usize = 1000;

#[derive(Debug, Args)]
pub(crate) struct Tail {
    /// The server, as HOST:PORT or http://HOST:PORT [default: as for healthcheck]
    pub(crate) address: Option<String>,
    /// Only the world of this organisation [default: all together]
    #[arg(long, value_name = "ID")]
    org: Option<String>,
}

/// What an event says of the journal.
#[derive(Deserialize)]
struct EventData {
    newest: u64,
}

impl Tail {
    /// Prints until the server ends. Exits 0 then, or 2 if the server cannot be asked.
    pub(crate) async fn run(&self, address: &str) -> ExitCode {
        self.follow(address).await.unwrap_or_else(|reason| crate::cannot(&format!("{address}: {reason}")))
    }

    async fn follow(&self, address: &str) -> Result<ExitCode, String> {
        let org = self.org.as_ref().map(|org| format!("org={}", utf8_percent_encode(org, NON_ALPHANUMERIC)));
        let mut events =
            client::open(address, &format!("/_mock/events?{}", org.as_deref().unwrap_or_default())).await?;
        let world = org.unwrap_or_else(|| "all=true".to_owned());
        let ansi = is_coloured(std::io::stdout().is_terminal(), std::env::var_os("NO_COLOR").as_deref());
        let (mut unread, mut last) = (Vec::new(), None);
        // The stream breaks off where the server ends.
        while let Some(Ok(frame)) = events.frame().await {
            unread.extend(frame.into_data().unwrap_or_default());
            while let Some(end) = unread.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = unread.drain(..=end).collect();
                let Some(data) = line.strip_prefix(b"data: ") else { continue };
                let EventData { newest } = serde_json::from_slice(data).map_err(|error| error.to_string())?;
                let which = match last {
                    None => format!("limit={EARLIER}"),
                    Some(last) if last <= newest => format!("limit={MAX_READ}&since={last}"),
                    // The journal was emptied, or another server has taken the place.
                    Some(_) => format!("limit={MAX_READ}"),
                };
                let records = match client::get(address, &format!("/_mock/requests?{world}&{which}"), TIMEOUT).await {
                    Ok(records) => records,
                    // The server may have ended between the event and the question.
                    Err(_) if last.is_some() && has_ended(&mut events).await => return Ok(ExitCode::SUCCESS),
                    Err(reason) => return Err(reason),
                };
                let records: Vec<Value> = serde_json::from_slice(&records).map_err(|error| error.to_string())?;
                for record in &records {
                    if crate::print(&format!("{}\n", of_record(record, ansi))).is_err() {
                        // Nobody reads any more.
                        return Ok(ExitCode::SUCCESS);
                    }
                }
                last = Some(records.last().and_then(|record| record["id"].as_u64()).unwrap_or(newest));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Whether a stream of events breaks off now.
async fn has_ended(events: &mut Incoming) -> bool {
    let ends = async { while let Some(Ok(_)) = events.frame().await {} };
    tokio::time::timeout(BREAKS_OFF, ends).await.is_ok()
}
