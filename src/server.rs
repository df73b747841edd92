//! The server that can be embedded: bind, `url()`, look at worlds, `shutdown()`.

mod judging;
mod setting;

use std::net::SocketAddr;
use std::ops::RangeBounds;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use futures_util::FutureExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceExt;

use crate::api::error::JOURNAL_OFF;
use crate::api::state::StartError;
use crate::app::App;
use crate::config::{Config, FixtureSource};
use crate::connection::{self, ConnectionLimits, UnreadableRequest};
use crate::control::bench::Bench;
use crate::control::coverage::{self, report::CoverageReport};
use crate::control::faults::{ArmedFault, Earlier, Fault};
use crate::control::journal::Journal;
use crate::control::journal::matching::RequestMatch;
use crate::control::journal::verdict::{Count, Verdict};
use crate::control::journal::view::RequestRecord;
use crate::domain::clock::Clock;
use crate::domain::entity::{Entity, EntityType};
use crate::domain::file::File;
use crate::domain::ids::OrgId;
use crate::domain::outbox::Notification;
use crate::domain::refs::EntityRef;
use crate::domain::world::World;
use crate::wire::read::InvalidValue;

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address.
        address: String,
        /// Why.
        source: std::io::Error,
    },
    /// The fixtures cannot be used.
    #[error(transparent)]
    Start(#[from] StartError),
}

/// A running server. Dropping it stops it without waiting; [`TrackerMock::shutdown`] waits.
///
/// It runs on the runtime that it was started on, so drive it with an asynchronous client, or start it on a
/// multi-threaded runtime.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), tracker_mock::Error> {
/// use tracker_mock::{EntityType, TrackerMock};
///
/// let mock = TrackerMock::start().await?;
/// // Point the client under test at `mock.url()`, then see what it did:
/// let world = mock.world("my-test");
/// assert!(world.temp_files().is_empty());
/// let project = world.entity(EntityType::Project, "6586d6fee2b9ef74e69df1ef").expect("a default project");
/// assert_eq!(project.attachments().len(), 0);
/// mock.shutdown().await;
/// # Ok(())
/// # }
/// ```
///
/// # Panics
/// As [`WorldHandle`], what asks for requests or coverage panics where no journal is kept.
#[derive(Debug)]
pub struct TrackerMock {
    address: SocketAddr,
    bench: Bench,
    stop: watch::Sender<()>,
    /// Until it was waited for.
    task: Option<JoinHandle<()>>,
}

impl TrackerMock {
    /// Starts a server with the default settings on a free port of the loopback interface.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn start() -> Result<Self, Error> {
        Self::builder().start().await
    }

    /// For other settings.
    pub fn builder() -> Builder {
        Builder { config: Config::default(), bind: Bind::Address("127.0.0.1".to_owned(), 0) }
    }

    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL for clients, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        url_of(self.address)
    }

    /// The world of an organisation.
    #[must_use]
    pub fn world(&self, org: impl Into<String>) -> WorldHandle {
        WorldHandle { bench: self.bench.clone(), org: OrgId::new(org.into()) }
    }

    /// A world of an organisation that nobody has named yet, for a test of its own.
    ///
    /// # Panics
    /// Where there is no room for one more, as what changes a world.
    #[track_caller]
    #[must_use]
    pub fn fresh_world(&self) -> WorldHandle {
        let org = self.bench.fresh_world();
        WorldHandle { bench: self.bench.clone(), org: setting::within_limits(org) }
    }

    /// How much of [`crate::Limits::max_memory_bytes`] is taken now, in bytes.
    #[must_use]
    pub fn used_memory(&self) -> u64 {
        self.bench.api.budget().used_bytes()
    }

    /// How many requests of all worlds the journal has dropped to stay within its bounds: those are not found any more.
    #[track_caller]
    #[must_use]
    pub fn dropped_requests(&self) -> u64 {
        journal(&self.bench).dropped()
    }

    /// What of the documented API was reached in all worlds together.
    #[track_caller]
    #[must_use]
    pub fn coverage(&self) -> CoverageReport {
        journal(&self.bench);
        coverage::report(&self.bench, None, &[])
    }

    /// Stops accepting, lets requests in flight finish for at most [`crate::Limits::shutdown_grace`], and returns when
    /// the port is free.
    pub async fn shutdown(mut self) {
        self.finish().await;
    }

    /// Does as [`TrackerMock::shutdown`] and keeps what was seen: worlds, requests and coverage can still be asked.
    pub async fn finish(&mut self) {
        self.stop.send_replace(());
        // The task ends by itself; it fails only if it panicked or its runtime is gone, and then it has ended too.
        if let Some(task) = self.task.take() {
            drop(task.await);
        }
    }
}

/// Settings of a server to be started.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use tracker_mock::{Clock, TrackerMock};
///
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
/// let mock = TrackerMock::builder()
///     .listener(listener)
///     .clock(Clock::frozen_at("2024-01-13T14:06:29.747+0000"))
///     .start()
///     .await?;
/// # mock.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use]
pub struct Builder {
    config: Config,
    bind: Bind,
}

#[derive(Debug)]
enum Bind {
    Address(String, u16),
    Listener(TcpListener),
}

impl Builder {
    /// Replaces all settings but the address.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Listens on this host and port; port 0 is any free one.
    pub fn address(mut self, host: impl Into<String>, port: u16) -> Self {
        self.bind = Bind::Address(host.into(), port);
        self
    }

    /// Listens on a socket that is bound already.
    pub fn listener(mut self, listener: TcpListener) -> Self {
        self.bind = Bind::Listener(listener);
        self
    }

    /// Every world starts as these fixtures, a document in the format of `fixtures/README.md`.
    pub fn fixtures(mut self, json: impl Into<String>) -> Self {
        self.config.fixtures = FixtureSource::Text(json.into());
        self
    }

    /// Worlds take their time from this clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.config.clock = clock;
        self
    }

    /// Starts the server; when this returns, it accepts connections.
    ///
    /// # Errors
    /// When the address cannot be listened on or the fixtures cannot be used.
    pub async fn start(mut self) -> Result<TrackerMock, Error> {
        let (listener, address) = match self.bind {
            Bind::Listener(listener) => (listener, "the given socket".to_owned()),
            Bind::Address(host, port) => {
                self.config.allowed_hosts.push(host.clone());
                let host = host.trim_matches(['[', ']']);
                let address = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
                let bound = TcpListener::bind((host, port)).await;
                let listener = bound.map_err(|source| Error::Bind { address: address.clone(), source })?;
                (listener, address)
            }
        };
        let address = listener.local_addr().map_err(|source| Error::Bind { address, source })?;
        let limits = self.config.limits.clone();
        let app = App::new(self.config, url_of(address))?;
        let (stop, stopped) = watch::channel(());
        let acceptor = Acceptor {
            router: app.router(),
            bench: app.bench().clone(),
            max_connections: limits.max_connections,
            shutdown_grace: limits.shutdown_grace,
            connection_limits: ConnectionLimits::new(limits, Arc::clone(app.bench().api.budget())),
        };
        let task = Some(tokio::spawn(acceptor.run(listener, stopped)));
        Ok(TrackerMock { address, bench: app.bench().clone(), stop, task })
    }

    /// The whole server as an axum router: to nest in a server of your own, or to call without a socket. The address is
    /// not used. URLs in answers begin with [`Config::public_url`], or else with the `Host` of the request; below a prefix
    /// of your own, set `public_url` with that prefix.
    ///
    /// What happens on connections needs [`Builder::start`]: the time limits, the limits of heads and of uploads at once,
    /// and faults that close, reset or stall a connection.
    ///
    /// # Errors
    /// When the fixtures cannot be used.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use axum::Router;
    /// use axum::body::Body;
    /// use axum::http::{Request, StatusCode};
    /// use tower::ServiceExt;
    /// use tracker_mock::TrackerMock;
    ///
    /// let tracker = TrackerMock::builder().router()?;
    /// let server: Router = Router::new().nest("/tracker", tracker);
    ///
    /// let request = Request::get("/tracker/v2/myself")
    ///     .header("Authorization", "OAuth any-token")
    ///     .header("X-Org-ID", "my-test")
    ///     .body(Body::empty())?;
    /// let response = server.oneshot(request).await?;
    /// assert_eq!(response.status(), StatusCode::OK);
    /// # Ok(())
    /// # }
    /// ```
    pub fn router(self) -> Result<Router, Error> {
        let app = App::new(self.config, "http://localhost".to_owned())?;
        // The tables are searched by the path that axum has matched. A router around this one leaves its prefix in the
        // extensions, and axum would put it in front of that path.
        let without_prefix = |mut request: Request| {
            request.extensions_mut().clear();
            request
        };
        Ok(Router::new().fallback_service(app.router().map_request(without_prefix)))
    }
}

fn url_of(address: SocketAddr) -> String {
    format!("http://{address}")
}

/// A look at one world from the test that embeds the server.
///
/// # Panics
/// What asks for requests or coverage panics where no journal is kept, because [`crate::Limits::max_journal_records`] is
/// 0. What changes a world panics where that would be one more changed world than [`crate::Limits::max_worlds`], or than
/// memory has room for.
#[derive(Clone, Debug)]
pub struct WorldHandle {
    bench: Bench,
    org: OrgId,
}

impl WorldHandle {
    /// The organisation, for the header `X-Org-ID`.
    #[must_use]
    pub fn org(&self) -> &str {
        self.org.as_str()
    }

    /// Files that were uploaded and are not attached, lowest id first.
    #[must_use]
    pub fn temp_files(&self) -> Vec<File> {
        self.look(|world| world.temp_files().map(|temp| temp.file().clone()).collect())
    }

    /// Every project, portfolio and goal.
    #[must_use]
    pub fn entities(&self) -> Vec<Entity> {
        self.look(|world| world.entities().cloned().collect())
    }

    /// The entity with this id or short id.
    #[must_use]
    pub fn entity(&self, kind: EntityType, id: &str) -> Option<Entity> {
        self.look(|world| world.entity(&EntityRef::new(kind, id)).ok().cloned())
    }

    /// The notifications that the real service would have sent, oldest first.
    #[must_use]
    pub fn outbox(&self) -> Vec<Notification> {
        self.look(|world| world.outbox().to_vec())
    }

    /// The requests to this world that the journal keeps, oldest first.
    #[track_caller]
    #[must_use]
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.find_requests(&RequestMatch::new())
    }

    /// Those of them that are `wanted`.
    #[track_caller]
    #[must_use]
    pub fn find_requests(&self, wanted: &RequestMatch) -> Vec<RequestRecord> {
        journal(&self.bench).find(&wanted.clone().of(&self.org), usize::MAX).records().collect()
    }

    /// Waits until the journal has `count` requests to this world that are `wanted`, for at most `timeout`.
    ///
    /// # Errors
    /// When there are fewer; the verdict tells what came close.
    pub async fn wait_for_requests(
        &self,
        wanted: &RequestMatch,
        count: usize,
        timeout: Duration,
    ) -> Result<Vec<RequestRecord>, Verdict> {
        let (journal, wanted) = (journal(&self.bench), wanted.clone().of(&self.org));
        // What is there when the time is up counts, whoever was first.
        drop(tokio::time::timeout(timeout, journal.until_seen(&wanted, count)).await);
        let verdict = journal.verify(&wanted, Count::within(&(count..)));
        if verdict.ok { Ok(journal.find(&wanted, usize::MAX).records().collect()) } else { Err(verdict) }
    }

    /// Whether the journal has as many requests to this world that are `wanted` as there should be, for instance `1..`
    /// or `2..=2`; and if not, what came close.
    #[track_caller]
    #[must_use]
    pub fn verify(&self, wanted: &RequestMatch, count: impl RangeBounds<usize>) -> Verdict {
        journal(&self.bench).verify(&wanted.clone().of(&self.org), Count::within(&count))
    }

    /// Forgets the requests to this world.
    pub fn clear_requests(&self) {
        self.bench.journal.clear(Some(&self.org));
    }

    /// What of the documented API was reached in this world.
    #[track_caller]
    #[must_use]
    pub fn coverage(&self) -> CoverageReport {
        journal(&self.bench);
        coverage::report(&self.bench, Some(&self.org), &[])
    }

    /// Arms these faults in place of those that were armed before, all or none.
    ///
    /// # Errors
    /// The first thing that is wrong with one of them, as the control plane says it.
    pub fn arm(&self, faults: impl IntoIterator<Item = Fault>) -> Result<(), InvalidValue> {
        self.bench.faults.arm_all(self.org.clone(), faults, Earlier::Replaced, self.bench.api.budget())
    }

    /// Arms these faults behind those that are armed, which go on counting; all or none.
    ///
    /// # Errors
    /// As [`WorldHandle::arm`].
    pub fn arm_more(&self, faults: impl IntoIterator<Item = Fault>) -> Result<(), InvalidValue> {
        self.bench.faults.arm_all(self.org.clone(), faults, Earlier::Kept, self.bench.api.budget())
    }

    /// What is armed, in its order, and what it came to.
    #[must_use]
    pub fn faults(&self) -> Vec<ArmedFault> {
        self.bench.faults.rules(Some(&self.org))
    }

    /// Disarms all faults. Delays, slow transfers and stalls that have begun end.
    pub fn disarm(&self) {
        self.bench.faults.clear(Some(&self.org));
    }

    fn look<R>(&self, look: impl FnOnce(&World) -> R) -> R {
        self.bench.api.worlds().read(&self.org, look)
    }
}

/// The journal of a server that keeps one: of another, no answer would be true.
#[track_caller]
fn journal(bench: &Bench) -> &Journal {
    let journal = &bench.journal;
    assert!(journal.is_on(), "{JOURNAL_OFF}");
    journal
}

/// Accepts connections until it is told to stop.
struct Acceptor {
    router: Router,
    bench: Bench,
    max_connections: usize,
    connection_limits: Arc<ConnectionLimits>,
    shutdown_grace: Duration,
}

impl Acceptor {
    /// How long to wait before accepting again when there is no room for another connection.
    const PAUSE: Duration = Duration::from_millis(20);
    /// How often to say so at most.
    const COMPLAINT: Duration = Duration::from_secs(10);

    async fn run(self, listener: TcpListener, mut stopped: watch::Receiver<()>) {
        let (stop, is_stopping) = watch::channel(());
        let mut connections = JoinSet::new();
        // As many as tokio can count, where more are allowed.
        let slots = Arc::new(Semaphore::new(self.max_connections.min(Semaphore::MAX_PERMITS)));
        let mut complained: Option<Instant> = None;
        loop {
            // Further connections wait in the kernel until one of those that are open gives its slot back.
            let accept = async {
                let slot = Arc::clone(&slots).acquire_owned().await;
                listener.accept().await.map(|(stream, _)| (stream, slot))
            };
            // Whatever is ready first: a new connection; the end of one, whose task is then forgotten; or the end of the
            // server, which is asked for by `shutdown` and by dropping the handle.
            let accepted = tokio::select! {
                accepted = accept => accepted,
                Some(_) = connections.join_next() => continue,
                _ = stopped.changed() => break,
            };
            match accepted {
                Ok((stream, slot)) => {
                    let connection = self.serve(stream, is_stopping.clone());
                    connections.spawn(connection.map(move |()| drop(slot)));
                }
                Err(error) => {
                    if complained.is_none_or(|last| last.elapsed() >= Self::COMPLAINT) {
                        complained = Some(Instant::now());
                        tracing::warn!(%error, open = connections.len(), "cannot accept a connection");
                    }
                    tokio::time::sleep(Self::PAUSE).await;
                }
            }
        }
        // From here on the port is free. Each connection sees the change of `stop`, and ends after its request.
        drop(listener);
        stop.send_replace(());
        let all_ended = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(self.shutdown_grace, all_ended).await.is_err() {
            tracing::warn!("requests in flight are cut off");
        }
        connections.shutdown().await;
    }

    fn serve(&self, stream: TcpStream, stop: watch::Receiver<()>) -> impl Future<Output = ()> + Send + 'static {
        let (router, limits) = (self.router.clone(), Arc::clone(&self.connection_limits));
        let respond = move |request| router.clone().oneshot(request).map(|Ok(response)| response);
        let bench = self.bench.clone();
        let unreadable = move |unreadable: &UnreadableRequest<'_>| {
            if bench.journal.is_on() {
                bench.journal.add_unreadable(unreadable);
            }
        };
        connection::serve(stream, limits, stop, respond, unreadable)
    }
}
