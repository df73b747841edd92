//! The options of a server, and the settings that they make.

use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use bytesize::ByteSize;
use clap::builder::BoolishValueParser;
use clap::{ArgGroup, Args, ValueEnum};
use tracing::level_filters::LevelFilter;
use tracker_mock::{
    AnonymousPolicy, Config, FileNamePolicy, FixtureSource, ForwardedHeaders, Language, Limits, Secrets, TokenPolicy,
};

use super::values::{count, host_name, log_level, organization, origin, port, public_url, size, time, whole};
use crate::log::format::LogFormat;

/// The port where neither option nor variable names one.
pub(crate) const DEFAULT_PORT: u16 = 8080;

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    address: AddressOptions,
    #[command(flatten)]
    emulation: EmulationOptions,
    #[command(flatten)]
    limits: LimitOptions,
    #[command(flatten)]
    pub(crate) tls: TlsOptions,
    #[command(flatten)]
    pub(crate) log: LogOptions,
    #[command(flatten)]
    pub(crate) end: EndOptions,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Address")]
struct AddressOptions {
    /// Address or name to listen on
    #[arg(long, env = "TRACKER_MOCK_HOST", default_value = "127.0.0.1", value_name = "HOST")]
    host: String,
    /// Port to listen on; 0 is any free one
    #[arg(short, long, env = "TRACKER_MOCK_PORT", default_value_t = DEFAULT_PORT, value_name = "PORT", value_parser = port)]
    port: u16,
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
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Emulation")]
struct EmulationOptions {
    /// File of fixtures to start from [default: embedded]
    #[arg(long, env = "TRACKER_MOCK_FIXTURES", value_name = "FILE")]
    fixtures: Option<PathBuf>,
    /// Answer 401 to tokens that no user lists
    #[arg(long, env = "TRACKER_MOCK_REQUIRE_KNOWN_TOKEN", value_parser = BoolishValueParser::new())]
    require_known_token: bool,
    /// Let requests without Authorization or organisation act as the default user in the world "default"
    #[arg(long, env = "TRACKER_MOCK_ALLOW_ANONYMOUS", value_parser = BoolishValueParser::new())]
    allow_anonymous: bool,
    /// The only organisations that there are, with commas; for others 403 [default: any]
    #[arg(long, env = "TRACKER_MOCK_KNOWN_ORGS", value_name = "IDS", value_delimiter = ',', value_parser = organization)]
    known_orgs: Option<Vec<String>>,
    /// Answer 404 to downloads under another name than the file has
    #[arg(long, env = "TRACKER_MOCK_EXACT_FILE_NAMES", value_parser = BoolishValueParser::new())]
    exact_file_names: bool,
    /// The language of texts for clients whose Accept-Language prefers neither; the real service answers in Russian
    #[arg(long, env = "TRACKER_MOCK_LANGUAGE", default_value = "en", value_name = "LANGUAGE")]
    language: LanguageOption,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
struct LimitOptions {
    /// The largest file; beyond it 413
    #[arg(long, env = "TRACKER_MOCK_MAX_FILE_SIZE", default_value = "1024MiB", value_name = "SIZE", value_parser = size)]
    max_file_size: ByteSize,
    /// What everything that clients make stay may take together; beyond it 507 [default: half of the memory that the
    /// process may use, at most 4GiB]
    #[arg(long, env = "TRACKER_MOCK_MAX_MEMORY", value_name = "SIZE", value_parser = size)]
    max_memory: Option<ByteSize>,
    /// The most worlds, one for each organisation that changes something; beyond it 507
    #[arg(long, env = "TRACKER_MOCK_MAX_WORLDS", default_value_t = defaults().max_worlds, value_name = "N", value_parser = count)]
    max_worlds: usize,
    /// Forget worlds that nobody has asked for this long, for instance 30m [default: never]
    #[arg(long, env = "TRACKER_MOCK_WORLD_IDLE", value_name = "TIME", value_parser = time)]
    world_idle: Option<Duration>,
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
    #[arg(long, env = "TRACKER_MOCK_MIN_UPLOAD_RATE", default_value_t = defaults().min_upload_bytes_per_second, value_name = "N", value_parser = whole::<u64>)]
    min_upload_rate: u64,
    /// How many requests the journal keeps, of all worlds together; 0 turns it and coverage off
    #[arg(long, env = "TRACKER_MOCK_JOURNAL_RECORDS", default_value_t = defaults().max_journal_records, value_name = "N", value_parser = whole::<usize>)]
    journal_records: usize,
}

/// The options that give a server TLS: `--tls`, and beside a command `--sealed`.
pub(crate) const TLS: &str = "with-tls";

#[derive(Debug, Args)]
#[command(next_help_heading = "TLS", group = ArgGroup::new(TLS).multiple(true))]
pub(crate) struct TlsOptions {
    /// Serve TLS too, with a certificate authority made for this run, and be a proxy that leads clients of the real hosts
    /// here
    #[arg(long, env = "TRACKER_MOCK_TLS", group = TLS, value_parser = BoolishValueParser::new())]
    pub(crate) tls: bool,
    /// A certificate of yours in place of that, as PEM, with those that lead to its authority [default:
    /// none]
    #[arg(long, env = "TRACKER_MOCK_TLS_CERT", value_name = "FILE", requires_all = [TLS, "tls_key"])]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The key of that certificate, as PEM [default: none]
    #[arg(long, env = "TRACKER_MOCK_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// More hosts to stand in for, with commas, beside those of the real service; may be repeated
    /// [default: none]
    #[arg(long, env = "TRACKER_MOCK_AS_HOST", value_name = "NAME", value_delimiter = ',', value_parser = host_name, requires = TLS)]
    pub(crate) as_host: Vec<String>,
    /// As a proxy, refuse all other hosts but those of this machine
    #[arg(long, env = "TRACKER_MOCK_DENY_OTHERS", value_parser = BoolishValueParser::new(), requires = TLS)]
    pub(crate) deny_others: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Log")]
pub(crate) struct LogOptions {
    /// Show tokens and other secrets in the journal and the log, in place of ***
    #[arg(long, env = "TRACKER_MOCK_UNMASK", value_parser = BoolishValueParser::new())]
    unmask: bool,
    /// The least that is logged
    #[arg(long = "log-level", env = "TRACKER_MOCK_LOG_LEVEL", default_value = "info", value_name = "LEVEL", ignore_case = true, value_parser = log_level())]
    pub(crate) level: LevelFilter,
    /// How log lines look
    #[arg(long = "log-format", env = "TRACKER_MOCK_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    pub(crate) format: LogFormat,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "End")]
pub(crate) struct EndOptions {
    /// Stop when stdin closes, as it does when the process that holds the other end of it dies
    #[arg(long, env = "TRACKER_MOCK_UNTIL_STDIN_CLOSES", value_parser = BoolishValueParser::new())]
    pub(crate) until_stdin_closes: bool,
}

/// What a server is started with.
pub(crate) struct Setup<'a> {
    /// Where it listens.
    pub(crate) address: (&'a str, u16),
    pub(crate) tls: &'a TlsOptions,
    pub(crate) log: &'a LogOptions,
    pub(crate) config: Config,
    /// What it serves in place of the API.
    pub(crate) router: Option<Router>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LanguageOption {
    En,
    Ru,
}

impl Serve {
    /// Where it listens.
    pub(crate) fn address(&self) -> (&str, u16) {
        (&self.address.host, self.address.port)
    }

    pub(crate) fn setup(&self) -> Setup<'_> {
        Setup { address: self.address(), tls: &self.tls, log: &self.log, config: self.config(), router: None }
    }

    fn config(&self) -> Config {
        let Self { address, emulation, limits: given, tls: _, log, end: _ } = self;
        let mut config = Config::default();
        config.public_url.clone_from(&address.public_url);
        config.forwarded = if address.trust_forwarded { ForwardedHeaders::Trust } else { ForwardedHeaders::Ignore };
        config.cors_origins.clone_from(&address.cors_origin);
        config.allowed_hosts.clone_from(&address.allowed_hosts);
        config.fixtures = emulation.fixtures.clone().map_or(FixtureSource::Embedded, FixtureSource::File);
        config.tokens = if emulation.require_known_token { TokenPolicy::KnownOnly } else { TokenPolicy::Any };
        config.anonymous = if emulation.allow_anonymous { AnonymousPolicy::Allow } else { AnonymousPolicy::Refuse };
        config.known_orgs.clone_from(&emulation.known_orgs);
        config.file_names = if emulation.exact_file_names { FileNamePolicy::Exact } else { FileNamePolicy::Any };
        config.language = match emulation.language {
            LanguageOption::En => Language::English,
            LanguageOption::Ru => Language::Russian,
        };
        config.secrets = log.secrets();
        let limits = &mut config.limits;
        limits.max_memory_bytes = given.max_memory.map_or_else(|| default_memory(limits), |size| size.as_u64());
        limits.max_file_bytes = given.max_file_size.as_u64();
        limits.max_journal_records = given.journal_records;
        limits.max_worlds = given.max_worlds;
        limits.world_idle = given.world_idle;
        limits.max_header_bytes = bytes(given.max_header_size);
        limits.max_part_header_bytes = bytes(given.max_part_header_size);
        limits.max_json_bytes = bytes(given.max_json_size);
        limits.max_parts = given.max_parts;
        limits.max_connections = given.max_connections;
        limits.max_uploads = given.max_uploads;
        limits.header_read_timeout = given.header_timeout;
        limits.idle_timeout = given.idle_timeout;
        limits.min_upload_bytes_per_second = given.min_upload_rate;
        config
    }

    /// What is set and cannot have the effect that was meant, a sentence for each.
    pub(crate) fn contradictions(&self, config: &Config) -> Vec<String> {
        let (given, limits, usual) = (&self.limits, &config.limits, defaults());
        let memory = given.max_memory.map_or("half of the memory here, which is its default", |_| "--max-memory");
        let sizes = [
            ("--max-file-size", limits.max_file_bytes, usual.max_file_bytes, "files"),
            ("--max-json-size", limits.max_json_bytes as u64, usual.max_json_bytes as u64, "bodies"),
        ];
        let sizes = sizes.into_iter().filter(|(_, size, usual, _)| size != usual && *size > limits.max_memory_bytes);
        let sizes = sizes.map(|(option, .., what)| format!("{option} is more than {memory}: {what} so large get 507"));
        let overhead = limits.max_form_overhead_bytes;
        let others = [
            (
                limits.max_uploads != usual.max_uploads && limits.max_uploads > limits.max_connections,
                "--max-uploads is more than --max-connections: so many uploads never come at once".to_owned(),
            ),
            (
                limits.max_part_header_bytes as u64 > overhead,
                format!(
                    "--max-part-header-size is more than all headers of a form may have, which is {overhead} bytes"
                ),
            ),
            (
                self.address.trust_forwarded && config.public_url.is_some(),
                "--trust-forwarded has no effect beside --public-url".to_owned(),
            ),
        ];
        sizes.chain(others.into_iter().filter(|(is_so, _)| *is_so).map(|(_, sentence)| sentence)).collect()
    }
}

impl LogOptions {
    pub(crate) fn secrets(&self) -> Secrets {
        if self.unmask { Secrets::Shown } else { Secrets::Masked }
    }
}

/// Half of what the process may use, and no more than the library's default.
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
