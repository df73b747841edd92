//! The embeddable server: bind, `url()`, inspect worlds, `shutdown()`.

mod judging;
mod setting;

use std::net::SocketAddr;
use std::ops::RangeBounds;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use futures_util::FutureExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceExt;

use crate::api::{JOURNAL_OFF, StartError};
use crate::app::App;
use crate::config::{Config, FixtureSource};
#[cfg(feature = "tls")]
use crate::connection::gateway::Gateway;
use crate::connection::{self, ConnectionLimits, UnreadableRequest};
use crate::control::arming::arm_anyway;
use crate::control::bench::Bench;
use crate::control::coverage::{self, report::CoverageReport};
use crate::control::faults::{ArmedFault, Earlier, Fault};
use crate::control::journal::{Count, Journal, RequestMatch, RequestRecord, Verdict};
use crate::control::metrics;
use crate::control::strict::StrictCheck;
use crate::control::worlds::{self, NamedWorld};
use crate::domain::{Clock, Entity, EntityRef, EntityType, File, NoRoom, Notification, OrgId, User, World};
use crate::middleware;
use crate::wire::InvalidValue;

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server cannot listen on this address.
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
/// assert_eq!(project.attachments.len(), 0);
/// mock.shutdown().await;
/// # Ok(())
/// # }
/// ```
///
/// # Panics
/// Methods that read requests or coverage panic if there is no journal, as those of [`WorldHandle`] do.
#[derive(Debug)]
pub struct TrackerMock {
    address: SocketAddr,
    bench: Bench,
    stop: watch::Sender<()>,
    acceptor: Acceptor,
    /// What accepts, until it was awaited.
    task: Option<JoinHandle<()>>,
    /// What to check when it is dropped.
    strict: Option<StrictCheck>,
}

impl TrackerMock {
    /// Starts a server with the default settings on a free port of the loopback interface.
    ///
    /// # Errors
    /// If there is no free port.
    pub async fn start() -> Result<Self, Error> {
        Self::builder().start().await
    }

    /// As [`TrackerMock::start`], for a test that fails when it drops the server if [`TrackerMock::strict`] finds
    /// something: [`Builder::strict`] says how.
    ///
    /// # Errors
    /// If there is no free port.
    pub async fn start_strict() -> Result<Self, Error> {
        Self::builder().strict(StrictCheck::new()).start().await
    }

    /// Starts with other settings than the defaults.
    pub fn builder() -> Builder {
        Builder {
            config: Config::default(),
            bind: Bind::Address("127.0.0.1".to_owned(), 0),
            strict: None,
            router: None,
            #[cfg(feature = "tls")]
            gateway: None,
        }
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL for clients, without a trailing slash.
    pub fn url(&self) -> String {
        url_of(self.address)
    }

    /// The world of an organisation.
    pub fn world(&self, org: impl Into<String>) -> WorldHandle {
        WorldHandle { bench: self.bench.clone(), org: OrgId::new(org.into()) }
    }

    /// The organisation that a client may name: the `usual` one, or the first of [`Config::known_orgs`] if these do not
    /// have it.
    pub fn usable_org<'a>(&'a self, usual: &'a str) -> &'a str {
        self.bench.usable_org(usual)
    }

    /// The world of an organisation that nobody has named yet, so that a test has it to itself.
    ///
    /// # Panics
    /// If there is no room for one more world, as described at [`WorldHandle`].
    #[track_caller]
    pub fn fresh_world(&self) -> WorldHandle {
        let org = self.bench.fresh_world();
        WorldHandle { bench: self.bench.clone(), org: within_limits(org) }
    }

    /// The worlds that requests, faults or this library have named, in the order of their names.
    pub fn worlds(&self) -> Vec<NamedWorld> {
        worlds::named(&self.bench)
    }

    /// Figures about the server in the text format of Prometheus, as `GET /_mock/metrics` answers them.
    pub fn metrics(&self) -> String {
        metrics::text(&self.bench)
    }

    /// How much of [`crate::Limits::max_memory_bytes`] is in use, in bytes.
    pub fn used_memory(&self) -> u64 {
        self.bench.api.budget().used_bytes()
    }

    /// How many requests, of all worlds, the journal has evicted to stay within its limits. Searches no longer find
    /// them.
    #[track_caller]
    pub fn dropped_requests(&self) -> u64 {
        journal(&self.bench).ever_dropped()
    }

    /// How much of the documented API clients have reached, in all worlds together.
    #[track_caller]
    pub fn coverage(&self) -> CoverageReport {
        journal(&self.bench);
        coverage::report(&self.bench, None, &[])
    }

    /// Stops accepting, lets requests in flight finish for at most [`crate::Limits::shutdown_grace`], and returns when
    /// the port is free.
    pub async fn shutdown(mut self) {
        self.finish().await;
    }

    /// Stops the server as [`TrackerMock::shutdown`] does, but keeps what it recorded: worlds, requests and coverage
    /// can still be read.
    pub async fn finish(&mut self) {
        self.stop.send_replace(());
        // The task ends by itself. Awaiting it fails only if it panicked or its runtime is gone, and it has ended then
        // too.
        if let Some(task) = self.task.take() {
            drop(task.await);
        }
    }

    /// Serves one more socket, in the same way, until `end`. Then, or if the server is stopped, requests in flight have
    /// the time that [`TrackerMock::shutdown`] gives them. The socket is served while this is awaited.
    pub fn also_on<E: Future<Output = ()>>(&self, listener: TcpListener, end: E) -> impl Future<Output = ()> + use<E> {
        let (acceptor, mut stopped) = (self.acceptor.clone(), self.stop.subscribe());
        acceptor.run(listener, async move {
            tokio::select! {
                () = end => {}
                // As an error, it says that the server was dropped.
                _ = stopped.changed() => {}
            }
        })
    }
}

/// The settings of a server that is not running yet.
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
    strict: Option<StrictCheck>,
    /// What is served in place of the API.
    router: Option<Router>,
    #[cfg(feature = "tls")]
    gateway: Option<Arc<Gateway>>,
}

#[derive(Debug)]
enum Bind {
    Address(String, u16),
    Listener(TcpListener),
}

impl Builder {
    /// Replaces all settings except the address.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Listens on this host and port; port 0 is any free one.
    pub fn address(mut self, host: impl Into<String>, port: u16) -> Self {
        self.bind = Bind::Address(host.into(), port);
        self
    }

    /// Listens on a socket that is already bound.
    pub fn listener(mut self, listener: TcpListener) -> Self {
        self.bind = Bind::Listener(listener);
        self
    }

    /// Serves TLS on the same port, and is a proxy there that leads to the hosts of the gateway.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::sync::Arc;
    /// use tracker_mock::{Gateway, Identity, OtherHosts, REAL_HOSTS, TrackerMock};
    ///
    /// let identity = Identity::of_own_authority(&REAL_HOSTS)?;
    /// // What the client under test must trust; its proxy is `mock.url()`.
    /// let ca = identity.ca_pem().to_owned();
    /// let gateway = Arc::new(Gateway::new(identity, REAL_HOSTS, OtherHosts::Refuse));
    /// let mock = TrackerMock::builder().gateway(Arc::clone(&gateway)).start().await?;
    /// assert_eq!(gateway.report().passed, 0);
    /// # assert!(ca.starts_with("-----BEGIN CERTIFICATE-----"));
    /// # mock.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "tls")]
    pub fn gateway(mut self, gateway: Arc<Gateway>) -> Self {
        self.gateway = Some(gateway);
        self
    }

    /// Serves this router in place of the API and the control plane, with the limits on connections and bodies, TLS and
    /// the end of this server. Requests that HTTP forbids do not reach it, and where a client leaves before the answer
    /// begins, the future of that is dropped. Nothing is recorded in the journal.
    pub fn serving(mut self, router: Router) -> Self {
        self.router = Some(router);
        self
    }

    /// Every world starts with these fixtures: a JSON document in the format of `fixtures/README.md`.
    pub fn fixtures(mut self, json: impl Into<String>) -> Self {
        self.config.fixtures = FixtureSource::Text(json.into());
        self
    }

    /// Worlds take their time from this clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.config.clock = clock;
        self
    }

    /// Dropping the server panics with the verdict if this check finds something, unless the thread is panicking
    /// already. Requests that are in flight then are not judged; [`TrackerMock::shutdown`] waits for them first. Nor are
    /// those that were cleared, unless [`TrackerMock::keep_cleared`] was called before.
    pub fn strict(mut self, check: StrictCheck) -> Self {
        self.strict = Some(check);
        self
    }

    /// Starts the server; when this returns, it accepts connections.
    ///
    /// # Errors
    /// If the server cannot listen on the address, or the fixtures cannot be used.
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
        let acceptor = Acceptor {
            router: self.router.map_or_else(|| app.router(), middleware::around_other),
            bench: app.bench().clone(),
            // A tokio semaphore has a limit on its permits, too.
            slots: Arc::new(Semaphore::new(limits.max_connections.min(Semaphore::MAX_PERMITS))),
            shutdown_grace: limits.shutdown_grace,
            connection_limits: ConnectionLimits::new(app.bench().api.config(), Arc::clone(app.bench().api.budget())),
            #[cfg(feature = "tls")]
            gateway: self.gateway,
        };
        let (stop, _) = watch::channel(());
        let bench = app.bench().clone();
        let mut mock = TrackerMock { address, bench, stop, acceptor, task: None, strict: self.strict };
        mock.task = Some(tokio::spawn(mock.also_on(listener, std::future::pending())));
        Ok(mock)
    }

    /// The whole server as an axum router, to nest in a server of your own or to call without a socket. The address is
    /// not used. URLs in answers begin with [`Config::public_url`], or without one with the `Host` of the request. If
    /// you nest the router under a prefix, set `public_url` including that prefix.
    ///
    /// Features of the connection need [`Builder::start`]: timeouts, the limits on heads and on parallel uploads, and
    /// faults that close, reset or stall a connection.
    ///
    /// # Errors
    /// If the fixtures cannot be used.
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
        // Endpoints are looked up by the path that axum has matched. An outer router leaves its prefix in the
        // extensions, and axum would prepend it to that path. So clear them.
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

/// One world, seen from the test that embeds the server.
///
/// # Panics
/// Methods that read requests or coverage panic if there is no journal, because [`crate::Limits::max_journal_records`]
/// is 0. Methods that change a world panic if that would create one world more than [`crate::Limits::max_worlds`]
/// allows, or than there is memory for.
#[derive(Clone, Debug)]
pub struct WorldHandle {
    bench: Bench,
    org: OrgId,
}

impl WorldHandle {
    /// The id of the organisation, for the header `X-Org-ID`.
    pub fn org(&self) -> &str {
        self.org.as_str()
    }

    /// Forgets this world, as if nobody had named it: its data, requests, faults and snapshots. What it adds to the
    /// coverage of all worlds stays.
    pub fn delete(&self) {
        worlds::delete(&self.bench, self.org.clone());
    }

    /// Temporary files: uploaded and not attached, lowest id first.
    pub fn temp_files(&self) -> Vec<File> {
        self.look(|world| world.temp_files().map(|temp| temp.file().clone()).collect())
    }

    /// The users, in the order of the fixtures. The first one acts when a token belongs to nobody.
    pub fn users(&self) -> Vec<User> {
        self.look(|world| world.users().all().iter().map(|user| User::clone(user)).collect())
    }

    /// A token that a client may send: any, or with [`crate::TokenPolicy::KnownOnly`] one of a user. `None` if no user
    /// has one.
    pub fn usable_token(&self) -> Option<String> {
        self.bench.usable_token(&self.org)
    }

    /// Every project, portfolio and goal.
    pub fn entities(&self) -> Vec<Entity> {
        self.look(|world| world.entities().cloned().collect())
    }

    /// The entity with this id or short id.
    pub fn entity(&self, kind: EntityType, id: &str) -> Option<Entity> {
        self.look(|world| world.entity(&EntityRef::new(kind, id)).ok().cloned())
    }

    /// The notifications that the real service would have sent, oldest first.
    pub fn outbox(&self) -> Vec<Notification> {
        self.look(|world| world.outbox().to_vec())
    }

    /// The requests to this world that the journal keeps, oldest first.
    #[track_caller]
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.find_requests(&RequestMatch::new())
    }

    /// The requests to this world that match `wanted`, oldest first.
    #[track_caller]
    pub fn find_requests(&self, wanted: &RequestMatch) -> Vec<RequestRecord> {
        journal(&self.bench).find(&wanted.clone().of(&self.org), usize::MAX).records().collect()
    }

    /// Waits until the journal has `count` requests to this world that match `wanted`, for at most `timeout`.
    ///
    /// # Errors
    /// If there are fewer by then. The verdict tells which requests came close.
    pub async fn wait_for_requests(
        &self,
        wanted: &RequestMatch,
        count: usize,
        timeout: Duration,
    ) -> Result<Vec<RequestRecord>, Verdict> {
        let (journal, wanted) = (journal(&self.bench), wanted.clone().of(&self.org));
        // Whether the wait succeeded does not matter: what the journal has now counts.
        drop(tokio::time::timeout(timeout, journal.until_seen(&wanted, count)).await);
        let verdict = journal.verify(&wanted, Count::within(&(count..)));
        if verdict.ok { Ok(journal.find(&wanted, usize::MAX).records().collect()) } else { Err(verdict) }
    }

    /// Checks how many requests to this world match `wanted`, for instance `1..` or `2..=2`. If there are too few or
    /// too many, the verdict tells which requests came close.
    #[track_caller]
    pub fn verify(&self, wanted: &RequestMatch, count: impl RangeBounds<usize>) -> Verdict {
        journal(&self.bench).verify(&wanted.clone().of(&self.org), Count::within(&count))
    }

    /// Removes the requests to this world from the journal.
    pub fn clear_requests(&self) {
        self.bench.journal.clear(Some(&self.org));
    }

    /// How much of the documented API clients have reached in this world.
    #[track_caller]
    pub fn coverage(&self) -> CoverageReport {
        journal(&self.bench);
        coverage::report(&self.bench, Some(&self.org), &[])
    }

    /// Arms these faults and disarms all earlier ones. If one is invalid, nothing changes.
    ///
    /// # Errors
    /// The first mistake in one of them, worded as in an answer of the control plane.
    pub fn arm(&self, faults: impl IntoIterator<Item = Fault>) -> Result<(), InvalidValue> {
        arm_anyway(&self.bench, &self.org, faults, Earlier::Replaced)
    }

    /// Arms these faults after the ones that are armed, which keep their counts. If one is invalid, nothing changes.
    ///
    /// # Errors
    /// As [`WorldHandle::arm`].
    pub fn arm_more(&self, faults: impl IntoIterator<Item = Fault>) -> Result<(), InvalidValue> {
        arm_anyway(&self.bench, &self.org, faults, Earlier::Kept)
    }

    /// The armed faults, in order, and how often each matched and fired.
    pub fn faults(&self) -> Vec<ArmedFault> {
        self.bench.faults.rules(Some(&self.org))
    }

    /// Disarms all faults, and ends delays, slow transfers and stalls in progress.
    pub fn disarm(&self) {
        self.bench.faults.clear(Some(&self.org));
    }

    fn look<R>(&self, look: impl FnOnce(&World) -> R) -> R {
        self.bench.api.worlds().read(&self.org, look)
    }
}

/// The journal. Panics if it is off, because every answer from it would be wrong.
#[track_caller]
fn journal(bench: &Bench) -> &Journal {
    let journal = &bench.journal;
    assert!(journal.is_on(), "{JOURNAL_OFF}");
    journal
}

/// Panics where the control plane answers 507: here it is a mistake in the test.
#[track_caller]
fn within_limits<T>(checked: Result<T, NoRoom>) -> T {
    checked.unwrap_or_else(|error| {
        panic!("{error}: use fewer organisations, reset, or raise Limits::max_worlds or Limits::max_memory_bytes")
    })
}

/// Accepts connections until the server stops.
#[derive(Clone, Debug)]
struct Acceptor {
    router: Router,
    bench: Bench,
    /// One permit for each connection that may be open.
    slots: Arc<Semaphore>,
    connection_limits: Arc<ConnectionLimits>,
    shutdown_grace: Duration,
    #[cfg(feature = "tls")]
    gateway: Option<Arc<Gateway>>,
}

impl Acceptor {
    /// How long to wait before accepting again after an error, for instance when there are no more file descriptors.
    const PAUSE: Duration = Duration::from_millis(20);
    /// The shortest time between two warnings about that.
    const COMPLAINT: Duration = Duration::from_secs(10);

    async fn run(self, listener: TcpListener, end: impl Future<Output = ()>) {
        let mut end = pin!(end);
        let (stop, is_stopping) = watch::channel(());
        let mut connections = JoinSet::new();
        let mut complained: Option<Instant> = None;
        let world_idle = self.bench.api.config().limits.world_idle;
        let mut waiting = None;
        loop {
            // Accept, then take a slot: a listener to which nobody comes must not keep one from the others. While all
            // slots are taken, one connection waits here and further ones in the kernel.
            let accept = async {
                if waiting.is_none() {
                    waiting = Some(listener.accept().await?.0);
                }
                Ok(Arc::clone(&self.slots).acquire_owned().await)
            };
            // Wait for whichever comes first: a new connection, the end of an open one, or the end of this. An `accept`
            // that is dropped loses nothing: what it has accepted stays in `waiting`, and `TcpListener::accept` is
            // cancel safe.
            let accepted: std::io::Result<_> = tokio::select! {
                accepted = accept => accepted,
                Some(_) = connections.join_next() => continue,
                () = &mut end => break,
                // Requests look for idle worlds too; this is for a server that nobody asks for anything.
                () = tokio::time::sleep(world_idle.unwrap_or_default()), if world_idle.is_some() => {
                    self.bench.forget_idle();
                    continue;
                }
            };
            match accepted {
                Ok(slot) => {
                    if let Some(stream) = waiting.take() {
                        let connection = self.serve(stream, is_stopping.clone());
                        connections.spawn(connection.map(move |()| drop(slot)));
                    }
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
        // The port is free from here on. Each connection sees the change of `stop`, and ends after its current request.
        drop((listener, waiting));
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
        let unreadable = move |unreadable: &UnreadableRequest<'_>| bench.journal.add_unreadable(unreadable);
        #[cfg(feature = "tls")]
        let gateway = self.gateway.clone();
        async move {
            #[cfg(feature = "tls")]
            if let Some(gateway) = gateway {
                // In a box, because it is larger than a plain connection.
                return Box::pin(gateway.serve(stream, limits, stop, respond, unreadable)).await;
            }
            connection::serve(stream, limits, stop, respond, unreadable).await;
        }
    }
}
