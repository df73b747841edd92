//! `tracker-mock record`: stands between a command and the real service, and writes down what they say as shapes.

mod body;
mod file;
mod proxy;

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use clap::Args;
use tracker_mock::{Config, TrackerMock};

use self::file::RecordingFile;
use crate::cli::options::{LogOptions, Setup, TlsOptions};
use crate::cli::values::port;
use crate::drift::Origin;
use crate::https::Https;
use crate::run::child;
use crate::run::command::StartOptions;
use crate::signals::{STOPPED, Signals};

/// How long a pause may be: a proxy leaves it to both sides to lose patience.
const PATIENCE: Duration = Duration::from_hours(24);

/// How many connections there may be at once. Each may keep two bodies in memory.
const MAX_CONNECTIONS: usize = 256;

#[derive(Debug, Args)]
pub(crate) struct Recorder {
    /// The real service, as `https://api.tracker.yandex.net`; its certificate must be one that the system trusts
    #[arg(long, value_name = "URL")]
    to: String,
    /// The file to write, which must not exist yet: a line of JSON for each exchange
    #[arg(long, value_name = "FILE", default_value = "exchanges.ndjson")]
    out: PathBuf,
    /// Keep names, values and the contents of files too, all but credentials
    #[arg(long)]
    values: bool,
    /// Serve until Ctrl-C, without a command
    #[arg(long, conflicts_with_all = ["variables", "sealed"])]
    listen: bool,
    /// Address to listen on, of this machine alone
    #[arg(long, default_value = "127.0.0.1", value_name = "HOST", value_parser = loopback)]
    host: String,
    /// Port to listen on; 0 is any free one
    #[arg(short, long, default_value_t = 0, value_name = "PORT", value_parser = port)]
    port: u16,
    #[command(flatten)]
    start: StartOptions,
    #[command(flatten)]
    tls: TlsOptions,
    #[command(flatten)]
    log: LogOptions,
    /// The command and its arguments
    #[arg(
        required_unless_present = "listen",
        conflicts_with = "listen",
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "COMMAND"
    )]
    command: Vec<OsString>,
}

/// A recording that has begun.
pub(crate) struct RecordSession {
    options: Recorder,
    file: Arc<RecordingFile>,
    proxy: Router,
}

fn loopback(host: &str) -> Result<String, String> {
    if host == "localhost" || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: IpAddr| ip.is_loopback()) {
        return Ok(host.to_owned());
    }
    Err("it listens on 127.0.0.1, ::1 or localhost alone, because tokens and files pass through it unencrypted; from \
         another machine, forward a port to it, as by ssh -L"
        .to_owned())
}

impl Recorder {
    /// Makes the file.
    pub(crate) fn begin(mut self) -> Result<RecordSession, String> {
        self.start.check(&mut self.tls)?;
        let service = Origin::new(&self.to)?;
        let file = Arc::new(RecordingFile::create(&self.out, self.values)?);
        let proxy = proxy::router(service, &self.to, &file);
        Ok(RecordSession { options: self, file, proxy })
    }
}

impl RecordSession {
    pub(crate) fn setup(&self) -> Setup<'_> {
        let Recorder { host, port, tls, log, .. } = &self.options;
        let mut config = Config::default();
        config.secrets = log.secrets();
        let limits = &mut config.limits;
        limits.max_connections = MAX_CONNECTIONS;
        limits.max_uploads = usize::MAX;
        limits.max_journal_records = 0;
        limits.min_upload_bytes_per_second = 0;
        (limits.idle_timeout, limits.header_read_timeout) = (PATIENCE, PATIENCE);
        Setup { address: (host, *port), tls, log, config, router: Some(self.proxy.clone()) }
    }

    /// Records what the command says, or whoever comes until a signal.
    pub(crate) async fn run(&self, mut mock: TrackerMock, https: Option<Https>, signals: Signals) -> ExitCode {
        if self.options.values {
            crate::complain(&format!(
                "--values: {} will have everything that is said but credentials",
                self.options.out.display()
            ));
        }
        let code = if self.options.listen {
            self.listen(&mut mock, https.as_ref(), signals).await
        } else {
            let code = self.child(&mock, https.as_ref(), signals).await;
            mock.finish().await;
            code
        };
        drop(mock);
        let written = self.file.finish().await;
        match (code, written) {
            (Err(reason), _) => crate::cannot(&reason),
            (Ok(0), Err(reason)) => crate::cannot(&reason),
            (Ok(code), written) => {
                crate::complain(&written.unwrap_or_else(|reason| reason));
                ExitCode::from(code)
            }
        }
    }

    async fn child(&self, mock: &TrackerMock, https: Option<&Https>, signals: Signals) -> Result<u8, String> {
        let Recorder { start, command, .. } = &self.options;
        start.start(mock, https, None, command, async |command| child::run(command, signals).await).await
    }

    async fn listen(&self, mock: &mut TrackerMock, https: Option<&Https>, mut signals: Signals) -> Result<u8, String> {
        let ca = https.map(|https| format!("; its CA is in {}", https.trust.ca.display())).unwrap_or_default();
        let place = format!("tracker-mock listening on {}{ca}; it passes on to {}\n", mock.url(), self.options.to);
        crate::show(&place)?;
        signals.asked_to_end().await;
        tokio::select! {
            () = mock.finish() => Ok(0),
            // Whoever interrupts twice does not want to wait.
            () = signals.asked_to_end() => Ok(STOPPED),
        }
    }
}

impl Drop for RecordSession {
    fn drop(&mut self) {
        self.file.remove_if_empty();
    }
}
