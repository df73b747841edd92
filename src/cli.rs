//! The command line: what the options mean, and what the commands do.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use axum::http::uri::Authority;
use bytesize::ByteSize;
use clap::builder::{BoolishValueParser, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use tracing::level_filters::LevelFilter;
use tracker_mock::{
    AnonymousPolicy, Config, FileNamePolicy, FixtureSource, ForwardedHeaders, Language, Limits, Secrets, TokenPolicy,
    TrackerMock,
};

use crate::coverage_command::Coverage;

/// A local stand-in for the attachment endpoints of the Yandex Tracker API.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: Serve,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Ask a server for its health: exit 0 if it answers, else 1
    Healthcheck {
        /// The server, as http://HOST:PORT [default: the one of this container, or else that of `TRACKER_MOCK_HOST` and
        /// `TRACKER_MOCK_PORT` on this machine]
        url: Option<String>,
    },
    /// Print the embedded fixtures
    Fixtures,
    /// Print the JSON Schema of fixtures
    Schema,
    /// Check a file of fixtures: exit 0 if a server would start with it, else 1 and say what is wrong
    Check {
        /// The file
        file: PathBuf,
    },
    /// Print what clients reached of the documented API: exit 1 if it is too little, 2 if the server cannot be asked
    Coverage(Coverage),
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Address or name to listen on
    #[arg(long, env = "TRACKER_MOCK_HOST", default_value = "127.0.0.1", value_name = "HOST")]
    pub(crate) host: String,
    /// Port to listen on; 0 is any free one
    #[arg(long, env = "TRACKER_MOCK_PORT", default_value_t = DEFAULT_PORT, value_name = "PORT")]
    pub(crate) port: u16,
    /// What every world starts as, a file in the fixture format [default: embedded]
    #[arg(long, env = "TRACKER_MOCK_FIXTURES", value_name = "FILE")]
    fixtures: Option<PathBuf>,
    /// Scheme, host and port of the URLs in answers [default: those that the client used]
    #[arg(long, env = "TRACKER_MOCK_PUBLIC_URL", value_name = "URL", value_parser = public_url)]
    public_url: Option<String>,
    /// Believe X-Forwarded-Proto and X-Forwarded-Host
    #[arg(long, env = "TRACKER_MOCK_TRUST_FORWARDED", value_parser = BoolishValueParser::new())]
    trust_forwarded: bool,
    /// Let web pages of this origin use the server, as http://HOST:PORT; may be repeated, * is every origin, but not
    /// for the control plane [default: none]
    #[arg(long, env = "TRACKER_MOCK_CORS_ORIGIN", value_name = "ORIGIN", value_delimiter = ',', value_parser = origin)]
    cors_origin: Vec<String>,
    /// More names under which the control plane answers, with commas; .example.org is a domain with all in it
    /// [default: none]
    #[arg(long, env = "TRACKER_MOCK_ALLOWED_HOSTS", value_name = "HOSTS", value_delimiter = ',', value_parser = host_name)]
    allowed_hosts: Vec<String>,
    /// The largest file, for instance 20MiB; beyond it 413
    #[arg(long, env = "TRACKER_MOCK_MAX_FILE_SIZE", default_value = "1024MiB", value_name = "SIZE", value_parser = size)]
    max_file_size: ByteSize,
    /// What everything that clients make stay may take together; beyond it 507 [default: half of the memory that the
    /// process may use, at most 4GiB]
    #[arg(long, env = "TRACKER_MOCK_MAX_MEMORY", value_name = "SIZE", value_parser = size)]
    max_memory: Option<ByteSize>,
    /// The most worlds, one for each organisation that changes something; beyond it 507
    #[arg(long, env = "TRACKER_MOCK_MAX_WORLDS", default_value_t = defaults().max_worlds, value_name = "N", value_parser = count)]
    max_worlds: usize,
    /// The largest head of a request; beyond it 431
    #[arg(long, env = "TRACKER_MOCK_MAX_HEADER_SIZE", default_value = "128KiB", value_name = "SIZE", value_parser = size)]
    max_header_size: ByteSize,
    /// The largest headers of one part of a form; beyond it 400
    #[arg(long, env = "TRACKER_MOCK_MAX_PART_HEADER_SIZE", default_value = "16KiB", value_name = "SIZE", value_parser = size)]
    max_part_header_size: ByteSize,
    /// The largest JSON body; beyond it 413. Fault rules may have 10 MiB, a state what memory has room for
    #[arg(long, env = "TRACKER_MOCK_MAX_JSON_SIZE", default_value = "1MiB", value_name = "SIZE", value_parser = size)]
    max_json_size: ByteSize,
    /// The most parts of a form; beyond it 400
    #[arg(long, env = "TRACKER_MOCK_MAX_PARTS", default_value_t = defaults().max_parts, value_name = "N", value_parser = count)]
    max_parts: usize,
    /// How many connections are open at once; further ones wait until one ends
    #[arg(long, env = "TRACKER_MOCK_MAX_CONNECTIONS", default_value_t = defaults().max_connections, value_name = "N", value_parser = count)]
    max_connections: usize,
    /// How many uploads are received at once; further ones wait for their turn
    #[arg(long, env = "TRACKER_MOCK_MAX_UPLOADS", default_value_t = defaults().max_uploads, value_name = "N", value_parser = count)]
    max_uploads: usize,
    /// How long to wait for the head of the next request, for instance 500ms; beyond it 408, or the end of an unused connection
    #[arg(long, env = "TRACKER_MOCK_HEADER_TIMEOUT", default_value = "30s", value_name = "TIME", value_parser = time)]
    header_timeout: Duration,
    /// How long a client may pause within a body, beyond it 408, or wait for its turn to upload
    #[arg(long, env = "TRACKER_MOCK_IDLE_TIMEOUT", default_value = "60s", value_name = "TIME", value_parser = time)]
    idle_timeout: Duration,
    /// The least bytes per second of a body; below it 408
    #[arg(long, env = "TRACKER_MOCK_MIN_UPLOAD_RATE", default_value_t = defaults().min_upload_bytes_per_second, value_name = "N")]
    min_upload_rate: u64,
    /// How many requests the journal keeps, of all worlds together; 0 turns it and coverage off
    #[arg(long, env = "TRACKER_MOCK_JOURNAL_RECORDS", default_value_t = defaults().max_journal_records, value_name = "N")]
    journal_records: usize,
    /// Answer 401 to tokens that no user in the fixtures lists
    #[arg(long, env = "TRACKER_MOCK_REQUIRE_KNOWN_TOKEN", value_parser = BoolishValueParser::new())]
    require_known_token: bool,
    /// Let requests without Authorization or organisation act as the default user in the world "default"
    #[arg(long, env = "TRACKER_MOCK_ALLOW_ANONYMOUS", value_parser = BoolishValueParser::new())]
    allow_anonymous: bool,
    /// The only organisations that there are, with commas; for others 403 [default: any]
    #[arg(long, env = "TRACKER_MOCK_KNOWN_ORGS", value_name = "IDS", value_delimiter = ',')]
    known_orgs: Option<Vec<String>>,
    /// Answer 404 to downloads under another name than the file has
    #[arg(long, env = "TRACKER_MOCK_EXACT_FILE_NAMES", value_parser = BoolishValueParser::new())]
    exact_file_names: bool,
    /// The language of texts for clients whose Accept-Language prefers neither; the real service answers in Russian
    #[arg(long, env = "TRACKER_MOCK_LANGUAGE", default_value = "en", value_name = "LANGUAGE")]
    language: LanguageOption,
    /// Show tokens and other secrets in the journal and the log, in place of ***
    #[arg(long, env = "TRACKER_MOCK_UNMASK", value_parser = BoolishValueParser::new())]
    unmask: bool,
    /// The least that is logged
    #[arg(long, env = "TRACKER_MOCK_LOG_LEVEL", default_value = "info", value_name = "LEVEL", value_parser = log_level())]
    pub(crate) log_level: LevelFilter,
    /// How log lines look
    #[arg(long, env = "TRACKER_MOCK_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    pub(crate) log_format: LogFormat,
}

const DEFAULT_PORT: u16 = 8080;

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LanguageOption {
    En,
    Ru,
}

impl Serve {
    pub(crate) fn config(&self) -> Config {
        let mut config = Config::default();
        config.fixtures = self.fixtures.clone().map_or(FixtureSource::Embedded, FixtureSource::File);
        config.public_url = self.public_url.clone();
        config.forwarded = if self.trust_forwarded { ForwardedHeaders::Trust } else { ForwardedHeaders::Ignore };
        config.cors_origins.clone_from(&self.cors_origin);
        config.allowed_hosts.clone_from(&self.allowed_hosts);
        config.tokens = if self.require_known_token { TokenPolicy::KnownOnly } else { TokenPolicy::Any };
        config.anonymous = if self.allow_anonymous { AnonymousPolicy::Allow } else { AnonymousPolicy::Refuse };
        config.known_orgs.clone_from(&self.known_orgs);
        config.file_names = if self.exact_file_names { FileNamePolicy::Exact } else { FileNamePolicy::Any };
        config.language = match self.language {
            LanguageOption::En => Language::English,
            LanguageOption::Ru => Language::Russian,
        };
        config.secrets = if self.unmask { Secrets::Shown } else { Secrets::Masked };
        let limits = &mut config.limits;
        limits.max_memory_bytes = self.max_memory.map_or_else(|| default_memory(limits), |size| size.as_u64());
        limits.max_file_bytes = self.max_file_size.as_u64();
        limits.max_journal_records = self.journal_records;
        limits.max_worlds = self.max_worlds;
        limits.max_header_bytes = bytes(self.max_header_size);
        limits.max_part_header_bytes = bytes(self.max_part_header_size);
        limits.max_json_bytes = bytes(self.max_json_size);
        limits.max_parts = self.max_parts;
        limits.max_connections = self.max_connections;
        limits.max_uploads = self.max_uploads;
        limits.header_read_timeout = self.header_timeout;
        limits.idle_timeout = self.idle_timeout;
        limits.min_upload_bytes_per_second = self.min_upload_rate;
        config
    }
}

/// Three quarters of what the process may use, and no more than the library's default.
fn default_memory(limits: &Limits) -> u64 {
    crate::memory::usable_bytes().map_or(limits.max_memory_bytes, |bytes| (bytes / 2).min(limits.max_memory_bytes))
}

fn defaults() -> Limits {
    Limits::default()
}

/// More than the address space has cannot be reached anyway.
fn bytes(size: ByteSize) -> usize {
    usize::try_from(size.as_u64()).unwrap_or(usize::MAX)
}

fn log_level() -> impl TypedValueParser<Value = LevelFilter> {
    let levels = PossibleValuesParser::new(["off", "error", "warn", "info", "debug", "trace"]);
    levels.try_map(|level| level.parse::<LevelFilter>())
}

fn count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("it must be more than 0".to_owned()),
        Ok(count) => Ok(count),
        Err(_) => Err("write a number".to_owned()),
    }
}

fn time(text: &str) -> Result<Duration, String> {
    let digits = text.len() - text.trim_start_matches(|one: char| one.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let unit_ms = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => 0,
    };
    match number.parse::<u32>() {
        Ok(number) if unit_ms > 0 && number > 0 => Ok(Duration::from_millis(u64::from(number) * unit_ms)),
        Ok(0) => Err("it must be more than 0".to_owned()),
        Ok(_) | Err(_) => Err("write a whole number with a unit: ms, s, m or h, as in 30s".to_owned()),
    }
}

fn size(text: &str) -> Result<ByteSize, String> {
    match text.parse::<ByteSize>() {
        Ok(size) if size.as_u64() > 0 => Ok(size),
        Ok(_) => Err("it must be more than 0".to_owned()),
        Err(_) => Err("write a number of bytes, or one with a unit such as 20MiB or 4GiB".to_owned()),
    }
}

fn public_url(text: &str) -> Result<String, String> {
    let uri: axum::http::Uri = text.parse().map_err(|_| "it is not a URL".to_owned())?;
    let http = matches!(uri.scheme_str(), Some("http" | "https"));
    if !http || uri.host().is_none_or(str::is_empty) {
        return Err("it must start with http:// or https:// and a host".to_owned());
    }
    if uri.query().is_some() || text.contains('#') {
        return Err("it must not have a query or a fragment".to_owned());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// `*`, or what browsers send as `Origin`.
fn origin(text: &str) -> Result<String, String> {
    let text = text.trim().trim_end_matches('/').to_ascii_lowercase();
    let authority = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let is_origin = authority.is_some_and(|authority| authority.parse::<Authority>().is_ok());
    if text == "*" || is_origin {
        return Ok(text);
    }
    Err("write * or a scheme, host and port, as http://localhost:3000".to_owned())
}

fn host_name(text: &str) -> Result<String, String> {
    let name = text.trim().to_ascii_lowercase();
    match name.trim_start_matches('.').parse::<Authority>() {
        Ok(authority) if authority.port().is_none() && authority.host() == name.trim_start_matches('.') => Ok(name),
        Ok(_) | Err(_) => Err("write the name of a host, without scheme and port".to_owned()),
    }
}

/// What clap says of a wrong command line, in one line.
pub(crate) fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let message = text.split("\n\nUsage").next().unwrap_or(&text).split("\n\nFor more").next().unwrap_or(&text);
    let words: Vec<&str> = message.split_whitespace().collect();
    words.join(" ").trim_start_matches("error: ").to_owned()
}

/// Loads fixtures as a server does.
pub(crate) fn check(file: PathBuf) -> ExitCode {
    let mut config = Config::default();
    config.fixtures = FixtureSource::File(file);
    match TrackerMock::builder().config(config).router() {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => crate::failed(&error.to_string()),
    }
}

/// Asks a server for its health.
pub(crate) async fn healthcheck(url: Option<String>) -> ExitCode {
    // In a container the server is the first process, or one that the first one has started with its own words.
    let first_process = || std::fs::read_to_string("/proc/1/cmdline").unwrap_or_default();
    let url = match url.map_or_else(|| url_of_server(&first_process()), Ok) {
        Ok(url) => url,
        Err(error) => return crate::failed(&one_line(&error)),
    };
    let asked = tokio::time::timeout(HEALTHCHECK_TIMEOUT, crate::client::get(&url, "/_mock/health")).await;
    match asked.unwrap_or_else(|_| Err(format!("no answer within {} s", HEALTHCHECK_TIMEOUT.as_secs()))) {
        Ok(_) => ExitCode::SUCCESS,
        Err(reason) => crate::failed(&format!("{url}: {reason}")),
    }
}

/// Where the server of this command line is, whose words end with NUL, and which may begin with those of an init process.
/// If it starts no server, the variables say where one is.
fn url_of_server(command_line: &str) -> Result<String, clap::Error> {
    let words = command_line.split_terminator('\0');
    let words = words.skip_while(|word| word.rsplit('/').next() != Some(env!("CARGO_PKG_NAME"))).skip(1);
    let Serve { host, port, .. } = Cli::try_parse_from(std::iter::once(env!("CARGO_PKG_NAME")).chain(words))?.serve;
    Ok(format!("http://{}:{port}", reachable(&host)))
}

/// Where a server that listens on `host` is reached from the same machine.
fn reachable(host: &str) -> String {
    match host.trim_matches(['[', ']']) {
        "" | "0.0.0.0" => "127.0.0.1".to_owned(),
        "::" => "[::1]".to_owned(),
        ipv6 if ipv6.contains(':') => format!("[{ipv6}]"),
        host => host.to_owned(),
    }
}

const HEALTHCHECK_TIMEOUT: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_asked_where_it_listens() {
        for (host, expected) in [
            ("", "127.0.0.1"),
            ("0.0.0.0", "127.0.0.1"),
            ("::", "[::1]"),
            ("::1", "[::1]"),
            ("127.0.0.2", "127.0.0.2"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(reachable(host), expected, "{host}");
        }
    }

    #[test]
    fn the_server_of_a_container_is_asked_where_its_options_say() {
        for (command_line, expected) in [
            ("", "http://127.0.0.1:8080"),
            ("/sbin/init\0splash\0", "http://127.0.0.1:8080"),
            ("/tracker-mock\0", "http://127.0.0.1:8080"),
            ("/tracker-mock\0--port\09000\0", "http://127.0.0.1:9000"),
            ("/tracker-mock\0--port=9000\0--host\0::\0", "http://[::1]:9000"),
            ("/sbin/docker-init\0--\0/tracker-mock\0--port\09000\0", "http://127.0.0.1:9000"),
        ] {
            assert_eq!(url_of_server(command_line).ok().as_deref(), Some(expected), "{command_line}");
        }
        assert!(url_of_server("/tracker-mock\0--port\0nonsense\0").is_err());
    }
}
