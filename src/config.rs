//! The settings of a server: plain data and its defaults.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{Clock, Language};

const MIB: u64 = 1024 * 1024;

/// The settings of a server. The defaults are those of `tracker-mock` without options.
///
/// ```
/// let mut config = tracker_mock::Config::default();
/// config.limits.max_file_bytes = 1024;
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Config {
    /// The state that every world starts with.
    pub fixtures: FixtureSource,
    /// Scheme, host and port of the URLs in answers, without a trailing slash. If absent, they are those that the
    /// client used.
    pub public_url: Option<String>,
    /// Whether to trust `X-Forwarded-Proto` and `X-Forwarded-Host`.
    pub forwarded: ForwardedHeaders,
    /// Origins of web pages that may use the server, such as `http://localhost:3000`; they get CORS headers. `*` allows
    /// every origin, except for the control plane.
    pub cors_origins: Vec<String>,
    /// More host names that the control plane answers to, besides IP addresses, names without a dot and names in
    /// private networks. A leading dot covers a domain and all names below it.
    pub allowed_hosts: Vec<String>,
    /// Which tokens are accepted.
    pub tokens: TokenPolicy,
    /// What happens to requests without the required headers.
    pub anonymous: AnonymousPolicy,
    /// The language of messages to clients that ask for none.
    pub language: Language,
    /// Whether a file can be downloaded under another name than its own.
    pub file_names: FileNamePolicy,
    /// The organisations that exist. If absent, every one that a client names exists.
    pub known_orgs: Option<Vec<String>>,
    /// Whether the journal and the log show the tokens that clients send.
    pub secrets: Secrets,
    /// The limits on sizes, counts and times.
    pub limits: Limits,
    /// Where worlds take their time from.
    pub clock: Clock,
    /// How many log lines were lost because nobody read them, for `/_mock/health`. The writer of the log counts them
    /// here.
    pub dropped_log_lines: Arc<AtomicU64>,
    /// What makes clients trust the server, if it serves TLS.
    pub trust: Option<TrustFiles>,
}

/// Files that make clients trust a server. `/_mock/health` names them to the clients of this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrustFiles {
    /// The certificate of its authority.
    pub ca: PathBuf,
    /// The same and those that the system trusts.
    pub bundle: PathBuf,
    /// The bundle as Java reads it.
    pub trust_store: PathBuf,
}

impl Config {
    /// Whether `cors_origins` lists this origin. `*` does not count.
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

/// Whether to trust forwarding headers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForwardedHeaders {
    /// Ignore them.
    #[default]
    Ignore,
    /// Trust them, because a proxy in front sets them.
    Trust,
}

/// Which tokens are accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenPolicy {
    /// Any token. One that belongs to no user acts as the default user.
    #[default]
    Any,
    /// Only tokens that the fixtures list for a user.
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

/// What happens to downloads whose path has another name than the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileNamePolicy {
    /// The file is sent under the name in the path.
    #[default]
    Any,
    /// The answer is 404.
    Exact,
}

/// Whether the journal and the log show tokens, cookies, and values with `token` or `secret` in their name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Secrets {
    /// They show `***` in their place.
    #[default]
    Masked,
    /// They show the values.
    Shown,
}

made! {
    /// The limits of a server. "Beyond" names the status of the answer to a request that exceeds one.
    #[derive(Clone, Debug)]
    #[non_exhaustive]
    pub struct Limits;
    fn usual() {}
    /// The largest file, in bytes. Beyond: 413.
    pub max_file_bytes: u64 = 1024 * MIB,
    /// The memory that clients can make the server hold, in bytes: files, texts, histories, notifications, fault rules
    /// and worlds; and, while they are read or sent, long JSON bodies, long answers and decoded images. Each is charged
    /// what the allocator takes for it: a file 512 bytes besides its content, name and type, a world 4 KiB. Beyond:
    /// 507. On top of it, the journal may take an eighth of this, if that much is free, and coverage a sixteenth,
    /// and the times at which worlds were asked for a 64th.
    pub max_memory_bytes: u64 = 4096 * MIB,
    /// The largest JSON body of the emulated API, in bytes. Beyond: 413.
    pub max_json_bytes: usize = MIB as usize,
    /// The largest headers of one part of a multipart body, in bytes. Beyond: 400.
    pub max_part_header_bytes: usize = 16 * 1024,
    /// How many parts a multipart body may have. Beyond: 400.
    pub max_parts: usize = 100,
    /// What a multipart body may hold before its file, and again after it, in bytes: preamble, text fields, epilogue.
    /// Beyond: 400.
    pub max_form_overhead_bytes: u64 = MIB,
    /// How many requests the journal keeps, of all worlds together; 0 turns it off.
    pub max_journal_records: usize = 10_000,
    /// How many worlds clients may create. The first change of a world creates it. Beyond: 507.
    pub max_worlds: usize = 100_000,
    /// Worlds that nobody has asked for as long as this are forgotten, as by `DELETE /_mock/worlds/{org}`. `None` keeps
    /// them.
    pub world_idle: Option<Duration> = None,
    /// The largest head of a request, in bytes: its first line and its headers. Beyond: 431.
    pub max_header_bytes: usize = 128 * 1024,
    /// How many connections may be open at a time. Further ones wait until one ends.
    pub max_connections: usize = 4096,
    /// How many request bodies are received at a time. Further ones wait for a slot, for at most the idle timeout.
    /// Beyond: 503.
    pub max_uploads: usize = 1024,
    /// How long the server waits for the head of the next request. Beyond: 408, or if no byte of it has arrived, the
    /// connection just ends.
    pub header_read_timeout: Duration = Duration::from_secs(30),
    /// How long a client may pause within a body (beyond: 408), and how long a body may wait for a slot (beyond: 503).
    /// A client that does not read its answer is cut off after ten times as long.
    pub idle_timeout: Duration = Duration::from_secs(60),
    /// The minimum rate of an upload, in bytes per second; 0 is no minimum. A client may fall behind it by one idle
    /// timeout. Beyond: 408.
    pub min_upload_bytes_per_second: u64 = 64,
    /// How long requests in flight may continue when the server stops.
    pub shutdown_grace: Duration = Duration::from_secs(5),
}

impl Default for Limits {
    fn default() -> Self {
        Self::usual()
    }
}
