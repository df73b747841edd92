//! A port that stands in for the real hosts too: its connections may begin with TLS, or with `CONNECT` as those to a
//! proxy. A `CONNECT` to an emulated host ends here; one to another host is passed on, or refused.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::http::uri::Authority;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::future::{Either, ready};
use memchr::memmem;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::Error as TlsError;

use super::limits::ConnectionLimits;
use super::strict::{TLS_HANDSHAKE, UnreadableRequest};
use super::{Session, Via};
use crate::domain::lock;
use crate::tls::Identity;

const CONNECT: &[u8] = b"CONNECT ";

/// The longest head of a `CONNECT`, in bytes.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// How long to wait for more where the first bytes could still become `CONNECT`.
const PAUSE: Duration = Duration::from_millis(5);

/// The longest name of a host, in bytes.
const MAX_NAME_BYTES: usize = 253;

/// How many refused hosts are counted by name.
const MAX_HOSTS: usize = 1000;

/// What happens to a `CONNECT` to a host that is not emulated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OtherHosts {
    /// It is passed on.
    #[default]
    Pass,
    /// It is refused, but on this machine.
    Refuse,
}

/// TLS on the port of a server, and a proxy that leads clients of the real hosts there.
#[derive(Debug)]
pub struct Gateway {
    identity: Identity,
    hosts: Vec<String>,
    others: OtherHosts,
    passed: AtomicU64,
    refused: Mutex<BTreeMap<String, u64>>,
    distrusted: AtomicU64,
    unused: AtomicU64,
}

/// What went through a [`Gateway`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GatewayReport {
    /// How many `CONNECT`s to other hosts were passed on.
    pub passed: u64,
    /// The hosts that were refused, and how often.
    pub refused: BTreeMap<String, u64>,
    /// How many clients refused the certificate.
    pub distrusted: u64,
    /// How many TLS connections ended before a request, as those of clients do that look at the certificate late.
    pub unused: u64,
}

/// What the beginning of a connection asks for.
enum Begun {
    /// To be served here.
    Here(Via),
    /// To be passed on.
    Passed(TcpStream),
    /// Nothing more: it was answered.
    Answered,
}

impl Gateway {
    /// One that is these hosts, and proves it by this identity.
    pub fn new(identity: Identity, hosts: impl IntoIterator<Item = impl Into<String>>, others: OtherHosts) -> Self {
        let hosts = hosts.into_iter().map(|host| host.into().to_ascii_lowercase()).collect();
        let (passed, distrusted, unused) = Default::default();
        Self { identity, hosts, others, passed, refused: Mutex::default(), distrusted, unused }
    }

    /// What went through so far.
    pub fn report(&self) -> GatewayReport {
        GatewayReport {
            passed: self.passed.load(Ordering::Relaxed),
            refused: lock(&self.refused).clone(),
            distrusted: self.distrusted.load(Ordering::Relaxed),
            unused: self.unused.load(Ordering::Relaxed),
        }
    }

    /// Serves a connection as [`super::serve`] does, after what it begins with.
    pub(crate) async fn serve<R, F, U>(
        self: Arc<Self>,
        mut stream: TcpStream,
        shared: Arc<ConnectionLimits>,
        mut stop: watch::Receiver<()>,
        respond: R,
        unreadable: U,
    ) where
        R: Fn(Request<Body>) -> F + Send + Sync + 'static,
        F: Future<Output = Response> + Send + 'static,
        U: FnOnce(&UnreadableRequest<'_>),
    {
        let patience = shared.limits.header_read_timeout;
        let begun = tokio::select! {
            begun = timeout(patience, self.begin(&mut stream)) => begun,
            _ = stop.changed() => return,
        };
        let via = match begun {
            Ok(Ok(Begun::Here(via))) => via,
            Ok(Ok(Begun::Passed(mut other))) => {
                let passed = async {
                    let _memory = shared.memory().await;
                    copy_bidirectional(&mut stream, &mut other).await
                };
                tokio::select! {
                    _ = passed => {}
                    _ = stop.changed() => {}
                }
                return;
            }
            Ok(Ok(Begun::Answered)) | Err(_) => return,
            Ok(Err(error)) => return tracing::debug!(%error, "connection ended"),
        };
        let own_port = stream.local_addr().map_or(0, |address| address.port());
        let gateway = Arc::clone(&self);
        let respond = move |request: Request<Body>| match gateway.refusal(&request, own_port) {
            Some(refusal) => Either::Left(ready(refusal)),
            None => Either::Right(respond(request)),
        };
        let mut stopped = stop.clone();
        let Some((socket, session)) = Session::open(stream, shared, stop, respond, unreadable).await else { return };
        if !via.tls {
            return session.http1(socket, via).await;
        }
        let acceptor = TlsAcceptor::from(Arc::clone(&self.identity.config));
        let accepted = tokio::select! {
            accepted = timeout(patience, acceptor.accept(socket)) => accepted,
            _ = stopped.changed() => return,
        };
        match accepted {
            Ok(Ok(stream)) => {
                let state = Arc::clone(&session.state);
                if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
                    session.http2(stream, Via { http2: true, ..via }).await;
                } else {
                    session.http1(stream, via).await;
                }
                if !state.has_had_request.get() {
                    self.unused.fetch_add(1, Ordering::Relaxed);
                }
            }
            Ok(Err(error)) => {
                tracing::debug!(%error, "no TLS");
                if is_alert(&error) {
                    self.distrusted.fetch_add(1, Ordering::Relaxed);
                }
            }
            Err(_) => {}
        }
    }

    async fn begin(&self, stream: &mut TcpStream) -> io::Result<Begun> {
        if !begins_with(stream, CONNECT).await? {
            return Ok(Begun::Here(Via { tls: begins_with(stream, TLS_HANDSHAKE).await?, ..Via::default() }));
        }
        let head = read_head(stream).await?;
        let target = head.split(|&byte| byte == b' ').nth(1).and_then(|target| Authority::try_from(target).ok());
        let Some((host, port)) = target.as_ref().and_then(|target| Some((target.host(), target.port_u16()?))) else {
            return answer(stream, StatusCode::BAD_REQUEST, "CONNECT takes HOST:PORT").await;
        };
        let host = host.trim_matches(['[', ']']);
        if self.emulates(host) || is_own(host, port, stream.local_addr()?.port()) {
            connected(stream).await?;
            return Ok(Begun::Here(Via {
                tls: begins_with(stream, TLS_HANDSHAKE).await?,
                proxy: true,
                ..Via::default()
            }));
        }
        if self.others == OtherHosts::Refuse && !is_this_machine(host) {
            self.count_refusal(host);
            let reason = format!("{host} is not emulated, and --deny-others refuses all other hosts");
            return answer(stream, StatusCode::FORBIDDEN, &reason).await;
        }
        self.passed.fetch_add(1, Ordering::Relaxed);
        match TcpStream::connect((host, port)).await {
            Ok(other) => {
                connected(stream).await?;
                Ok(Begun::Passed(other))
            }
            Err(error) => {
                answer(stream, StatusCode::BAD_GATEWAY, &format!("cannot reach {host}:{port}: {error}")).await
            }
        }
    }

    fn emulates(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host))
    }

    /// The answer to a request without `CONNECT` to a host that is not emulated, as clients send to a proxy for `http://`.
    fn refusal(&self, request: &Request<Body>, own_port: u16) -> Option<Response> {
        let target = request.uri().authority()?;
        let host = target.host().trim_matches(['[', ']']);
        if self.emulates(host) || is_own(host, target.port_u16().unwrap_or(80), own_port) {
            return None;
        }
        self.count_refusal(host);
        let advice = "it passes on https:// alone. Add the host to NO_PROXY, so that clients ask it themselves";
        Some((StatusCode::FORBIDDEN, format!("tracker-mock: no proxy for http://{target}: {advice}\n")).into_response())
    }

    fn count_refusal(&self, host: &str) {
        let mut refused = lock(&self.refused);
        // No name is longer, so what is shown of it is enough.
        let host = &host[..host.floor_char_boundary(MAX_NAME_BYTES)];
        if refused.len() < MAX_HOSTS || refused.contains_key(host) {
            *refused.entry(host.to_owned()).or_default() += 1;
        }
    }
}

/// Whether a client says that it does not accept our certificate, or our TLS at all.
fn is_alert(error: &io::Error) -> bool {
    let error = error.get_ref().and_then(|error| error.downcast_ref::<TlsError>());
    matches!(error, Some(TlsError::AlertReceived(_)))
}

fn is_this_machine(host: &str) -> bool {
    let name = host.to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost") || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

fn is_own(host: &str, port: u16, own_port: u16) -> bool {
    port == own_port && is_this_machine(host)
}

/// Whether these are the next bytes, which stay unread.
async fn begins_with(stream: &TcpStream, wanted: &[u8]) -> io::Result<bool> {
    let mut seen = [0; CONNECT.len()];
    loop {
        let count = stream.peek(&mut seen[..wanted.len()]).await?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if count == wanted.len() || !wanted.starts_with(&seen[..count]) {
            return Ok(seen[..count] == *wanted);
        }
        sleep(PAUSE).await;
    }
}

/// Reads up to the empty line, and nothing behind it.
async fn read_head(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    while head.len() < MAX_HEAD_BYTES {
        let mut bytes = [0; 1024];
        let (before, seen) = (head.len(), stream.peek(&mut bytes).await?);
        if seen == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        head.extend(&bytes[..seen]);
        let end = memmem::find(&head, b"\r\n\r\n").map(|end| end + 4);
        head.truncate(end.unwrap_or(head.len()));
        stream.read_exact(&mut bytes[..head.len() - before]).await?;
        if end.is_some() {
            return Ok(head);
        }
    }
    Err(io::Error::other("the head of a CONNECT is too long"))
}

async fn connected(stream: &mut TcpStream) -> io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await
}

async fn answer(stream: &mut TcpStream, status: StatusCode, reason: &str) -> io::Result<Begun> {
    let body = format!("tracker-mock: {reason}\n");
    let head = "connection: close\r\ncontent-type: text/plain; charset=utf-8";
    let answer = format!("HTTP/1.1 {status}\r\n{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(answer.as_bytes()).await?;
    Ok(Begun::Answered)
}
