//! What a server is started with: plain data and its defaults.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use crate::domain::clock::Clock;
use crate::domain::language::Language;

const MIB: u64 = 1024 * 1024;

/// The settings of a server. The default is what `tracker-mock` without options runs with.
///
/// ```
/// let mut config = tracker_mock::Config::default();
/// config.limits.max_file_bytes = 1024;
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Config {
    /// What every world starts as.
    pub fixtures: FixtureSource,
    /// The scheme, host and port of the URLs in answers, without a slash at the end; absent: what the client used.
    pub public_url: Option<String>,
    /// Whether `X-Forwarded-Proto` and `X-Forwarded-Host` say what the client used.
    pub forwarded: ForwardedHeaders,
    /// The origins of web pages that may use the server, as `http://localhost:3000`: they get CORS headers. `*` is every
    /// origin, but for the control plane.
    pub cors_origins: Vec<String>,
    /// The names under which the control plane answers, beside addresses, names without a dot and names of private
    /// networks. One that begins with a dot is a domain with all names in it.
    pub allowed_hosts: Vec<String>,
    /// Which tokens are accepted.
    pub tokens: TokenPolicy,
    /// What happens to requests without the required headers.
    pub anonymous: AnonymousPolicy,
    /// The language of texts for clients that prefer none.
    pub language: Language,
    /// Whether a file can be downloaded under another name than its own.
    pub file_names: FileNamePolicy,
    /// The organisations that there are; absent: every one that a client names.
    pub known_orgs: Option<Vec<String>>,
    /// Whether the journal and the log show the tokens that clients send.
    pub secrets: Secrets,
    /// Sizes and times.
    pub limits: Limits,
    /// Where worlds take their time from.
    pub clock: Clock,
    /// How many lines the log has lost because nobody read them, for `/_mock/health`: who writes the log counts them here.
    pub dropped_log_lines: Arc<AtomicU64>,
}

impl Config {
    /// Whether `cors_origins` names an origin; `*` names none.
    pub(crate) fn lists_origin(&self, origin: &str) -> bool {
        self.cors_origins.iter().any(|one| one != "*" && one.eq_ignore_ascii_case(origin))
    }
}

/// Where the fixtures come from.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum FixtureSource {
    /// `fixtures/default.json`, compiled in.
    #[default]
    Embedded,
    /// A file, read when the server starts.
    File(PathBuf),
    /// A document in the fixture format.
    Text(String),
}

/// Whether forwarding headers are believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForwardedHeaders {
    /// They are not looked at.
    #[default]
    Ignore,
    /// They are, because a proxy that sets them is in front.
    Trust,
}

/// Which tokens are accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenPolicy {
    /// Any; one that no user lists acts as the default user.
    #[default]
    Any,
    /// Only those that a user in the fixtures lists.
    KnownOnly,
}

/// What happens to requests without `Authorization` or without an organisation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnonymousPolicy {
    /// 401 and 403, as the real service answers.
    #[default]
    Refuse,
    /// They act as the default user, in the world `default`.
    Allow,
}

/// What becomes of downloads whose path has another name than the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileNamePolicy {
    /// The file is sent under the name in the path.
    #[default]
    Any,
    /// 404.
    Exact,
}

/// Whether tokens, cookies, and what has `token` or `secret` in its name are shown in the journal and in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Secrets {
    /// `***` stands in their place.
    #[default]
    Masked,
    /// They are shown.
    Shown,
}

/// Everything that is bounded.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// The largest file, in bytes. Beyond: 413.
    pub max_file_bytes: u64,
    /// What everything that clients make stay may take together, in bytes: files, texts, histories, notifications, fault
    /// rules, worlds; and, while they are read and sent, long JSON bodies, long answers and images that are decoded. Each
    /// is charged what the allocator takes for it: a file 512 bytes beside its content, name and type, a world 4 KiB.
    /// Beyond: 507. The journal has an eighth of it beside that, where so much is free, and coverage a sixteenth.
    pub max_memory_bytes: u64,
    /// The largest JSON body of the emulated API, in bytes. Beyond: 413.
    pub max_json_bytes: usize,
    /// The headers of one part of a multipart body, in bytes. Beyond: 400.
    pub max_part_header_bytes: usize,
    /// The parts of a multipart body. Beyond: 400.
    pub max_parts: usize,
    /// What a multipart body may hold before its file, and again behind it: preamble, text fields, epilogue, in bytes.
    /// Beyond: 400.
    pub max_form_overhead_bytes: u64,
    /// How many requests the journal keeps, of all worlds together; 0 keeps none.
    pub max_journal_records: usize,
    /// Worlds that clients may bring into being, each by its first change. Beyond: 507.
    pub max_worlds: usize,
    /// The head of a request: its first line and its headers, in bytes. Beyond: 431.
    pub max_header_bytes: usize,
    /// Connections that are open at the same time. Further ones wait until one of them ends.
    pub max_connections: usize,
    /// Request bodies that are received at the same time. Further ones wait for their turn, as long as the idle timeout.
    /// Beyond: 503.
    pub max_uploads: usize,
    /// How long the server waits for the head of the next request. Beyond: 408, or without a byte of it, the end of the
    /// connection.
    pub header_read_timeout: Duration,
    /// How long a client may send nothing in the midst of a body (beyond: 408), and a body may wait for its turn (beyond:
    /// 503). The connection of a client that does not read its answer ends after ten times as long.
    pub idle_timeout: Duration,
    /// The least that a client sends of a body, in bytes per second; 0 is no minimum. It may fall behind by an idle
    /// timeout. Beyond: 408.
    pub min_upload_bytes_per_second: u64,
    /// How long requests in flight may go on when the server stops.
    pub shutdown_grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_file_bytes: 1024 * MIB,
            max_memory_bytes: 4096 * MIB,
            max_json_bytes: MIB as usize,
            max_part_header_bytes: 16 * 1024,
            max_parts: 100,
            max_form_overhead_bytes: MIB,
            max_journal_records: 10_000,
            max_worlds: 100_000,
            max_header_bytes: 128 * 1024,
            max_connections: 4096,
            max_uploads: 1024,
            header_read_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(60),
            min_upload_bytes_per_second: 64,
            shutdown_grace: Duration::from_secs(5),
        }
    }
}
