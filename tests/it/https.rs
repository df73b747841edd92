//! TLS and the proxy on the port of a server, and what `run --https` tells its command.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use axum::http::{Request, StatusCode, Version};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tracker_mock::testing::pem;
use tracker_mock::{
    AnswerPlace, Config, Fault, Gateway, GatewayReport, Identity, Limits, OtherHosts, Place, REAL_HOSTS, RequestMatch,
    TrackerMock, Via,
};

use crate::support::program::{Process, Program, command, signal, text};
use crate::support::socket::{bare_head, form_type, head, in_time};
use crate::support::{Folder, Form, ORG};

const HOST: &str = REAL_HOSTS[0];

/// A server with a gateway, and the gateway.
struct Served {
    mock: TrackerMock,
    gateway: Arc<Gateway>,
    ca: String,
}

impl Served {
    async fn start(others: OtherHosts) -> Self {
        Self::with_grace(others, Duration::ZERO).await
    }

    /// One that waits this long for requests in flight when it stops.
    async fn with_grace(others: OtherHosts, shutdown_grace: Duration) -> Self {
        let identity = Identity::of_own_authority(&REAL_HOSTS).expect("good names");
        let ca = identity.ca_pem().to_owned();
        let gateway = Arc::new(Gateway::new(identity, REAL_HOSTS, others));
        let limits = set!(Limits::default(); shutdown_grace);
        let builder = TrackerMock::builder().config(set!(Config::default(); limits)).gateway(Arc::clone(&gateway));
        Self { mock: builder.start().await.expect("a free port"), gateway, ca }
    }

    async fn connect(&self) -> TcpStream {
        in_time("connecting", TcpStream::connect(self.mock.address())).await.expect("a connection")
    }

    /// A client of HTTP/2.
    async fn http2(&self) -> SendRequest<Full<Bytes>> {
        let stream = self.connect().await;
        let connected = connector(&[&self.ca], &[b"h2"]).connect(HOST.try_into().expect("a name"), stream);
        let stream = in_time("TLS", connected).await.expect("TLS");
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2");
        tokio::spawn(connection);
        sender
    }

    async fn tls_on(&self, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        in_time("TLS", connector(&[&self.ca], &[]).connect(ServerName::try_from(HOST).expect("a name"), stream)).await
    }

    async fn tls(&self) -> TlsStream<TcpStream> {
        self.tls_on(self.connect().await).await.expect("TLS")
    }

    /// The answer to `CONNECT`, up to its end if that is an error.
    async fn tunnel(&self, target: &str) -> (TcpStream, String) {
        let mut stream = self.connect().await;
        stream
            .write_all(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n").as_bytes())
            .await
            .expect("sent");
        let mut answer = vec![0; CONNECTED.len()];
        in_time("an answer", stream.read_exact(&mut answer)).await.expect("an answer");
        if answer != CONNECTED.as_bytes() {
            in_time("an end", stream.read_to_end(&mut answer)).await.expect("an end");
        }
        (stream, String::from_utf8(answer).expect("text"))
    }

    fn report(&self) -> GatewayReport {
        self.gateway.report()
    }
}

const CONNECTED: &str = "HTTP/1.1 200 OK\r\n\r\n";

/// Trusts these, and offers these protocols.
fn connector(cas: &[&str], protocols: &[&[u8]]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    for ca in cas {
        roots.add(CertificateDer::from_pem_slice(ca.as_bytes()).expect("PEM")).expect("a certificate");
    }
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    TlsConnector::from(Arc::new(config))
}

/// Sends a request and reads until the end of the connection.
async fn exchange<S: AsyncReadExt + AsyncWriteExt + Unpin>(
    stream: &mut S,
    request: &[u8],
) -> (String, Option<ErrorKind>) {
    stream.write_all(request).await.expect("sent");
    stream.flush().await.expect("sent");
    let mut answer = Vec::new();
    let ended = in_time("an end", stream.read_to_end(&mut answer)).await;
    (String::from_utf8_lossy(&answer).into_owned(), ended.err().map(|error| error.kind()))
}

fn get(target: &str) -> Vec<u8> {
    head(&format!("GET {target} HTTP/1.1"), &[("Connection", "close")])
}

fn via(tls: bool, proxy: bool, http2: bool) -> Via {
    set!(Via::default(); tls, proxy, http2)
}

/// A request in HTTP/2.
fn request(method: &str, path: &str, body: &[u8]) -> Request<Full<Bytes>> {
    let request = Request::builder().method(method).uri(format!("https://{HOST}{path}"));
    let request =
        request.header("Authorization", "OAuth t").header("X-Org-Id", ORG).header("Content-Type", form_type());
    request.body(Full::new(Bytes::copy_from_slice(body))).expect("a request")
}

/// What comes of a body, and whether it comes to its end.
async fn received(mut body: Incoming) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    while let Some(frame) = in_time("a frame", body.frame()).await {
        let Ok(frame) = frame else { return (bytes, false) };
        bytes.extend(frame.into_data().unwrap_or_default());
    }
    (bytes, true)
}

#[tokio::test]
async fn http2_is_chosen_within_tls() {
    let served = Served::start(OtherHosts::Pass).await;
    let mut client = served.http2().await;
    // More than a window, and two at once.
    let content = vec![b'x'; 3_000_000];
    let form = Form::file("a.txt", &content);
    let uploads = [
        client.send_request(request("POST", "/v2/attachments/", form.bytes())),
        client.send_request(request("POST", "/v3/attachments/", form.bytes())),
    ];
    for upload in futures_util::future::join_all(uploads).await {
        let upload = upload.expect("an answer");
        assert_eq!((upload.status(), upload.version()), (StatusCode::CREATED, Version::HTTP_2));
        let (body, _) = received(upload.into_body()).await;
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        let own = format!("https://{HOST}/v");
        assert!(body["self"].as_str().is_some_and(|url| url.starts_with(&own)), "{body}");
        let path = body["content"].as_str().and_then(|url| url.strip_prefix(&own[..own.len() - 2])).expect("a URL");
        let download = client.send_request(request("GET", path, b"")).await.expect("an answer");
        assert_eq!(received(download.into_body()).await, (content.clone(), true));
    }
    let requests = served.mock.world(ORG).requests();
    assert_eq!(requests.len(), 4);
    for request in requests {
        assert_eq!((request.via, &*request.headers["host"]), (via(true, false, true), HOST));
        assert!(request.curl().contains(&format!("https://{HOST}/v")), "{}", request.curl());
    }
    // The control plane too, which looks at the host.
    let foreign = client.send_request(request("GET", "/_mock/requests", b"")).await.expect("an answer");
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
    served.mock.shutdown().await;
}

#[tokio::test]
async fn faults_end_a_whole_connection_of_http2() {
    let served = Served::start(OtherHosts::Pass).await;
    let world = served.mock.world(ORG);
    let whole = served.http2().await.send_request(request("GET", FILE, b"")).await.expect("an answer");
    let (whole, _) = received(whole.into_body()).await;
    for ends in [Fault::close, Fault::reset] {
        for place in [Place::Before, Place::After] {
            world.arm([ends(Fault::at(place))]).expect("a good rule");
            let mut client = served.http2().await;
            let answer = in_time("an end", client.send_request(request("GET", FILE, b""))).await;
            assert!(answer.is_err(), "{place:?}");
            assert_eq!(world.faults()[0].fired, 1);
            in_time("the end of the connection", async {
                while client.ready().await.is_ok() {
                    tokio::task::yield_now().await;
                }
            })
            .await;
        }
    }
    world.arm([Fault::at(Place::Answer(AnswerPlace::Half)).close()]).expect("a good rule");
    let half = served.http2().await.send_request(request("GET", FILE, b"")).await.expect("an answer");
    assert_eq!(received(half.into_body()).await, (whole[..whole.len() / 2].to_vec(), false));
    served.mock.shutdown().await;
}

/// As in HTTP/1, though each request has a task of its own.
#[tokio::test]
async fn a_stall_in_http2_ends_with_its_client_and_with_the_server() {
    let served = Served::with_grace(OtherHosts::Pass, Duration::from_secs(3600)).await;
    let world = served.mock.world(ORG);
    world.arm([Fault::at(Place::Before).stall()]).expect("a good rule");
    let mut clients = [served.http2().await, served.http2().await];
    let [gone, held] = clients.each_mut().map(|client| client.send_request(request("GET", FILE, b"")));
    let (gone, held) = (tokio::spawn(gone), tokio::spawn(held));
    in_time("both stalls", async {
        while world.faults()[0].fired < 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    gone.abort();
    let found = world.wait_for_requests(&RequestMatch::new(), 1, Duration::from_secs(60)).await.expect("its record");
    assert_eq!(found[0].status, None);
    in_time("the end of the server", served.mock.shutdown()).await;
    assert!(held.await.expect("no panic").is_err());
    assert_eq!(world.requests().len(), 2);
}

const FILE: &str = "/v2/attachments/4/notes.txt";

#[tokio::test]
async fn one_port_serves_tls_and_plain_http() {
    let served = Served::start(OtherHosts::Pass).await;
    let (plain, end) = exchange(&mut served.connect().await, &get("/v2/myself")).await;
    assert!(end.is_none() && plain.contains("\"self\":\"http://tracker.test/v2/users/"), "{plain}");
    let (secure, end) = exchange(&mut served.tls().await, &get("/v2/myself")).await;
    // It ends as TLS ends, or the client could not know that it has all.
    assert_eq!(end, None);
    assert!(secure.contains("\"self\":\"https://tracker.test/v2/users/"), "{secure}");
    let seen: Vec<Via> = served.mock.world(ORG).requests().iter().map(|request| request.via).collect();
    assert_eq!(seen, [via(false, false, false), via(true, false, false)]);
    served.mock.shutdown().await;
}

#[tokio::test]
async fn a_tunnel_to_a_real_host_ends_here() {
    let served = Served::start(OtherHosts::Refuse).await;
    for host in [&*HOST.to_uppercase(), "tracker.yandex.net.", "api.tracker.yandex.com"] {
        let (stream, answer) = served.tunnel(&format!("{host}:443")).await;
        assert_eq!(answer, CONNECTED);
        let mut stream = served.tls_on(stream).await.expect("TLS");
        let (answer, end) = exchange(&mut stream, &get("/v2/myself")).await;
        assert!(end.is_none() && answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    }
    // Clients that tunnel plain HTTP too find it as well.
    let (mut stream, _) = served.tunnel("tracker.yandex.net:80").await;
    let (answer, _) = exchange(&mut stream, &get("/v2/myself")).await;
    assert!(answer.contains("\"self\":\"http://tracker.test/v2/users/"), "{answer}");
    let seen: Vec<Via> = served.mock.world(ORG).requests().iter().map(|request| request.via).collect();
    assert_eq!(seen, [[via(true, true, false); 3].as_slice(), &[via(false, true, false)]].concat());
    assert_eq!(served.report(), GatewayReport::default());
    served.mock.shutdown().await;
}

#[tokio::test]
async fn a_tunnel_to_another_host_is_passed_on_and_counted() {
    let other = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let target = other.local_addr().expect("an address").to_string();
    for others in [OtherHosts::Pass, OtherHosts::Refuse] {
        let served = Served::start(others).await;
        let (mut client, answer) = served.tunnel(&target).await;
        assert_eq!(answer, CONNECTED);
        let (mut server, _) = in_time("a client", other.accept()).await.expect("a client");
        client.write_all(b"there").await.expect("sent");
        let mut seen = [0; 5];
        in_time("bytes", server.read_exact(&mut seen)).await.expect("bytes");
        server.write_all(b"back!").await.expect("sent");
        let mut back = [0; 5];
        in_time("bytes", client.read_exact(&mut back)).await.expect("bytes");
        assert_eq!((&seen, &back), (b"there", b"back!"));
        assert_eq!(served.report().passed, 1);
        served.mock.shutdown().await;
    }
}

#[tokio::test]
async fn another_host_is_refused_on_demand_and_counted() {
    let served = Served::start(OtherHosts::Refuse).await;
    let body = "tracker-mock: other.example is not emulated, and --deny-others refuses all other hosts\n";
    for _ in 0..2 {
        let (_, answer) = served.tunnel("other.example:443").await;
        let head = "HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8";
        assert_eq!(answer, format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()));
    }
    let (_, answer) = served.tunnel("nonsense").await;
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.ends_with("\r\n\r\ntracker-mock: CONNECT takes HOST:PORT\n"));
    assert_eq!(served.report().refused, [("other.example".to_owned(), 2)].into());
    assert_eq!(served.mock.requests().len(), 0);
    served.mock.shutdown().await;
}

#[tokio::test]
async fn a_host_that_cannot_be_reached_is_a_bad_gateway() {
    let served = Served::start(OtherHosts::Pass).await;
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("an address");
    let (_, answer) = served.tunnel(&free.to_string()).await;
    let body = format!("tracker-mock: cannot reach {free}: Connection refused (os error 111)\n");
    assert!(answer.starts_with("HTTP/1.1 502 Bad Gateway\r\n") && answer.ends_with(&body), "{answer}");
    served.mock.shutdown().await;
}

#[tokio::test]
async fn plain_http_through_the_proxy_reaches_real_hosts_alone() {
    let served = Served::start(OtherHosts::Pass).await;
    let own = format!("http://{}/v2/myself", served.mock.address());
    for target in [format!("http://{HOST}/v2/myself"), own] {
        let (answer, _) = exchange(&mut served.connect().await, &get(&target)).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    }
    let (answer, _) = exchange(&mut served.connect().await, &get("http://other.example/v2/myself")).await;
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{head}");
    let expected = "tracker-mock: no proxy for http://other.example: it passes on https:// alone. Add the host to \
                    NO_PROXY, so that clients ask it themselves\n";
    assert_eq!(body, expected);
    assert_eq!(served.report().refused, [("other.example".to_owned(), 1)].into());
    assert_eq!(served.mock.requests().len(), 2);
    served.mock.shutdown().await;
}

/// A way to end a connection, and how the client sees it.
type Way = (fn(Fault) -> Fault, ErrorKind);

#[tokio::test]
async fn faults_end_connections_over_tls_too() {
    let served = Served::start(OtherHosts::Pass).await;
    let world = served.mock.world(ORG);
    let (whole, _) = exchange(&mut served.tls().await, &get(FILE)).await;
    let half = whole.len() - whole.split_once("\r\n\r\n").expect("a head").1.len().div_ceil(2);
    let ways: [Way; 2] = [(Fault::close, ErrorKind::UnexpectedEof), (Fault::reset, ErrorKind::ConnectionReset)];
    for (ends, expected) in ways {
        for (place, received) in [(Place::Before, 0), (Place::After, 0), (Place::Answer(AnswerPlace::Half), half)] {
            world.arm([ends(Fault::at(place))]).expect("a good rule");
            let (answer, end) = exchange(&mut served.tls().await, &get(FILE)).await;
            assert_eq!(end, Some(expected), "{place:?}");
            assert_eq!(answer.len(), received, "{place:?}");
            assert_eq!(world.faults()[0].fired, 1);
        }
    }
    served.mock.shutdown().await;
}

#[tokio::test]
async fn bytes_that_are_no_request_are_answered_over_tls() {
    let served = Served::start(OtherHosts::Pass).await;
    let (answer, end) = exchange(&mut served.tls().await, b"NONSENSE\r\n\r\n").await;
    assert_eq!(end, None);
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
    assert!(answer.contains("The request is not valid HTTP/1.1."), "{answer}");
    assert_eq!(served.mock.requests().len(), 1);
    served.mock.shutdown().await;
}

#[tokio::test]
async fn clients_that_do_not_trust_it_are_counted() {
    let served = Served::start(OtherHosts::Pass).await;
    let stranger = Identity::of_own_authority(&REAL_HOSTS).expect("good names");
    let connected =
        connector(&[stranger.ca_pem()], &[]).connect(HOST.try_into().expect("a name"), served.connect().await);
    assert_eq!(in_time("TLS", connected).await.expect_err("another authority").kind(), ErrorKind::InvalidData);
    drop(served.tls().await);
    in_time("the counts", async {
        while (served.report().distrusted, served.report().unused) != (1, 1) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    served.mock.shutdown().await;
}

#[tokio::test]
async fn more_sockets_are_served_like_the_first_until_their_end_or_that_of_the_server() {
    let served = Served::start(OtherHosts::Pass).await;
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let end_of_first = async { drop(ended.await) };
    let (first, second) = (listen().await, listen().await);
    let addresses = [&first, &second].map(|listener| listener.local_addr().expect("an address"));
    let first = tokio::spawn(served.mock.also_on(first, end_of_first));
    let second = tokio::spawn(served.mock.also_on(second, std::future::pending()));
    for address in addresses {
        let stream = TcpStream::connect(address).await.expect("a connection");
        let mut stream = served.tls_on(stream).await.expect("TLS");
        let (answer, _) = exchange(&mut stream, &get("/v2/myself")).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    }
    drop(end);
    in_time("its own end", first).await.expect("no panic");
    let refused = async |address| TcpStream::connect(address).await.expect_err("closed").kind();
    assert_eq!(refused(addresses[0]).await, ErrorKind::ConnectionRefused);
    TcpStream::connect(addresses[1]).await.expect("the other is served");
    served.mock.shutdown().await;
    in_time("the end of the server", second).await.expect("no panic");
    assert_eq!(refused(addresses[1]).await, ErrorKind::ConnectionRefused);
}

/// Each would wait for a slot that the others keep.
#[tokio::test]
async fn sockets_to_which_nobody_comes_leave_the_connections_to_others() {
    let mut config = Config::default();
    config.limits.max_connections = 1;
    let mock = TrackerMock::builder().config(config).start().await.expect("a free port");
    let (quiet, more) = (listen().await, listen().await);
    let address = more.local_addr().expect("an address");
    for listener in [quiet, more] {
        tokio::spawn(mock.also_on(listener, std::future::pending()));
    }
    for address in [address, mock.address(), address] {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        let (answer, _) = in_time("an answer", exchange(&mut stream, &get("/v2/myself"))).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    }
}

async fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a free port")
}

fn run(options: &[&str], script: &[&str]) -> Output {
    run_with(options, script, &[])
}

/// A command without the variables of this machine that say the same.
fn run_with(options: &[&str], script: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut program = command(&[&["run"], options, &["--"], script].concat(), &[]);
    for name in ["HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "JAVA_TOOL_OPTIONS", "GITHUB_STEP_SUMMARY"] {
        program.env_remove(name);
    }
    program.envs(variables.iter().copied()).output().expect("it starts")
}

/// Asks for what its arguments name, and prints the statuses, or what is wrong.
const CLIENT: &str = r#"
import sys, urllib.request, urllib.error
for url in sys.argv[1:]:
    request = urllib.request.Request(url, headers={"Authorization": "OAuth t", "X-Org-ID": "run"})
    try:
        print(urllib.request.urlopen(request).status)
    except OSError as error:
        print(getattr(error, "reason", error))
"#;

#[test]
fn the_command_finds_the_real_hosts_here() {
    let urls = REAL_HOSTS.map(|host| format!("https://{host}/v2/myself"));
    let urls = urls.each_ref().map(String::as_str);
    let more = ["https://mock.example/v2/issues/JUNE-2", "https://other.example/"];
    let options = ["--https", "--as-host", "mock.example", "--deny-others"];
    let ran = run(&options, &[&["python3", "-c", CLIENT], &urls[..], &more].concat());
    assert_eq!(text(&ran.stdout), "200\n200\n200\n200\nTunnel connection failed: 403 Forbidden\n");
    let summary = "tracker-mock: 4 requests, 0 uploads, 0 faults fired, 0 deviations, 1 world, 0 tunnels to other hosts, \
                   refused: other.example (1)\n";
    assert_eq!(text(&ran.stderr), summary);
}

/// The client without the certificates that it was told of.
fn distrusting() -> String {
    format!("import os\ndel os.environ['SSL_CERT_FILE']\n{CLIENT}")
}

#[test]
fn a_client_that_refuses_the_certificate_is_in_the_last_line() {
    let ran = run(&["--https"], &["python3", "-c", &distrusting(), &format!("https://{HOST}/v2/myself")]);
    assert!(text(&ran.stdout).contains("CERTIFICATE_VERIFY_FAILED"), "{}", text(&ran.stdout));
    let summary = "tracker-mock: 0 requests, 0 uploads, 0 faults fired, 0 deviations, 0 worlds, 0 tunnels to other hosts, \
                   1 refusal of the certificate, no host refused\n";
    assert_eq!(text(&ran.stderr), summary);
}

#[test]
fn the_command_is_told_of_proxy_and_certificates() {
    let script = "env | sort; echo $A $B";
    let with = [("NO_PROXY", "db.example"), ("JAVA_TOOL_OPTIONS", "-Xmx1g")];
    let options = ["--https", "--env", "CA={ca}", "--env", "BUNDLE={bundle}"];
    let printed = text(&run_with(&options, &["sh", "-c", script], &with).stdout);
    let value = |name: &str| printed.lines().find_map(|line| line.strip_prefix(&format!("{name}="))).expect(name);
    let folder = value("CA").strip_suffix("/ca.pem").expect("a file");
    let url = value("TRACKER_MOCK_URL");
    let port = url.strip_prefix("http://127.0.0.1:").expect("plain HTTP");
    let java = format!(
        "-Xmx1g -Djavax.net.ssl.trustStore={folder}/trust.jks -Djavax.net.ssl.trustStoreType=JKS \
         -Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort={port}"
    );
    let (ca, bundle) = (format!("{folder}/ca.pem"), format!("{folder}/bundle.pem"));
    let no_proxy = "db.example,localhost,127.0.0.1,::1";
    for (name, expected) in [
        ("HTTPS_PROXY", url),
        ("https_proxy", url),
        ("NO_PROXY", no_proxy),
        ("no_proxy", no_proxy),
        ("SSL_CERT_FILE", &bundle),
        ("REQUESTS_CA_BUNDLE", &bundle),
        ("CURL_CA_BUNDLE", &bundle),
        ("BUNDLE", &bundle),
        ("NODE_EXTRA_CA_CERTS", &ca),
        ("DENO_CERT", &ca),
        ("NODE_USE_ENV_PROXY", "1"),
        ("JAVA_TOOL_OPTIONS", &java),
    ] {
        assert_eq!(value(name), expected, "{name}");
    }
    let plain = text(&run(&[], &["env"]).stdout);
    assert!(!plain.lines().any(|line| line.starts_with("HTTPS_PROXY=")), "{plain}");
}

/// Prints the mode of the folder of the certificates, and the folder.
const FOLDER: &str = r#"cd "$(dirname "$SSL_CERT_FILE")"; stat -c %a .; pwd; "#;

#[test]
fn the_certificates_are_private_and_gone_afterwards() {
    let printed = text(&run(&["--https"], &["sh", "-c", &format!("{FOLDER} ls")]).stdout);
    let lines: Vec<&str> = printed.lines().collect();
    let [mode, folder, files @ ..] = &lines[..] else { panic!("{printed}") };
    assert_eq!((*mode, files), ("700", &["bundle.pem", "ca.pem", "trust.jks"][..]));
    assert!(!PathBuf::from(folder).exists());

    let mut program = command(&["run", "--https", "--", "sh", "-c", &format!("{FOLDER} exec sleep 600")], &[]);
    let mut child = Process(program.stderr(Stdio::null()).spawn().expect("it starts"));
    let stdout = std::io::BufReader::new(child.0.stdout.take().expect("piped"));
    let folder = std::io::BufRead::lines(stdout).nth(1).expect("a line").expect("text");
    assert!(PathBuf::from(&folder).exists());
    signal(child.0.id(), "TERM");
    assert_eq!(child.0.wait().expect("it ends").code(), Some(143));
    assert!(!PathBuf::from(&folder).exists());
}

/// Connects with the strictest checks there are and prints the names of the certificate.
const NAMES: &str = r#"
import os, socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
context.verify_flags |= ssl.VERIFY_X509_STRICT
with socket.create_connection((sys.argv[2], sys.argv[3])) as plain:
    with context.wrap_socket(plain, server_hostname=sys.argv[4]) as secure:
        print(" ".join(name for _, name in secure.getpeercert()["subjectAltName"]))
"#;

#[tokio::test]
async fn a_server_serves_tls_by_itself() {
    let program = Program::start(&["--tls", "--as-host", "a.example,b.example"], &[]);
    let ca = program.ready.trim_end().rsplit_once("; its CA is in ").expect("a CA").1.to_owned();
    let port = program.address.port();
    assert_eq!(program.ready, format!("tracker-mock listening on https://127.0.0.1:{port}; its CA is in {ca}\n"));
    let place = [&*ca, "127.0.0.1", &port.to_string(), "127.0.0.1"];
    let printed = Command::new("python3").args(["-c", NAMES]).args(place).output().expect("Python");
    let real = REAL_HOSTS.join(" ");
    let expected = format!("{real} a.example b.example localhost 127.0.0.1 0:0:0:0:0:0:0:1\n");
    assert_eq!(text(&printed.stdout), expected, "{}", text(&printed.stderr));
    // Plain HTTP is there too, so that a health check needs no certificate.
    let health = crate::support::program::run(&["healthcheck", &program.url()], &[]);
    assert_eq!(health.status.code(), Some(0));
    let folder = PathBuf::from(&ca).parent().expect("a folder").to_owned();
    program.stop("TERM").assert_clean();
    assert!(!folder.exists());
}

/// The library that reads HTTP/2 tells of a target that is none by showing it.
#[tokio::test]
async fn a_malformed_head_of_http2_shows_no_secret_in_the_log() {
    let program = Program::start(&["--tls", "--log-level", "trace"], &[]);
    let ca = program.ready.trim_end().rsplit_once("; its CA is in ").expect("a CA").1;
    let ca = std::fs::read_to_string(ca).expect("PEM");
    let stream = TcpStream::connect(program.address).await.expect("a connection");
    let connected = connector(&[&ca], &[b"h2"]).connect(HOST.try_into().expect("a name"), stream);
    let mut stream = in_time("TLS", connected).await.expect("TLS");
    let target = b"/v2/myself?access_token=my token";
    // GET and https, which have numbers, and the target, whose name has one.
    let fields = [&[0x82, 0x87, 0x04, target.len() as u8], &target[..]].concat();
    let frame = |kind: u8, flags: u8, stream: u8, bytes: &[u8]| {
        [&[0, 0, bytes.len() as u8, kind, flags, 0, 0, 0, stream], bytes].concat()
    };
    let (settings, headers) = (frame(4, 0, 0, b""), frame(1, 5, 1, &fields));
    stream.write_all(&[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &settings[..], &headers].concat()).await.expect("sent");
    // A reset of the stream, for a protocol error.
    let (reset, mut received) = (frame(3, 0, 1, &[0, 0, 0, 1]), Vec::new());
    while !received.windows(reset.len()).any(|window| window == reset) {
        let count = in_time("a reset", stream.read_buf(&mut received)).await.expect("bytes");
        assert!(count > 0, "{received:?}");
    }
    drop(stream);
    let log = program.stop("TERM").stderr;
    assert!(!log.contains("my token"), "{log}");
}

/// A certificate for `mine.example` that signs itself, and its key, as PEM.
fn own_certificate() -> (String, String) {
    let key = rcgen::KeyPair::generate().expect("a key");
    let certificate = rcgen::CertificateParams::new(["mine.example".to_owned()]).expect("a name").self_signed(&key);
    (pem(certificate.expect("a certificate").der()), pem(&key.serialize_der()).replace("CERTIFICATE", "PRIVATE KEY"))
}

#[tokio::test]
async fn a_certificate_of_the_user_is_served() {
    let folder = Folder::new();
    let (chain, key) = own_certificate();
    let file = |name: &str, text: &str| folder.write(name, text.as_bytes()).to_str().expect("UTF-8").to_owned();
    let (chain_file, key_file) = (file("chain.pem", &chain), file("key.pem", &key));
    let program = Program::start(&["--tls", "--tls-cert", &chain_file, "--tls-key", &key_file], &[]);
    let stream = TcpStream::connect(program.address).await.expect("a connection");
    let connected = connector(&[&chain], &[]).connect("mine.example".try_into().expect("a name"), stream);
    let (answer, _) = exchange(&mut in_time("TLS", connected).await.expect("TLS"), &get("/v2/myself")).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    program.stop("TERM").assert_clean();

    let other_key = file("other.pem", &own_certificate().1);
    let nothing = file("nothing.pem", "");
    let missing = folder.path().join("missing.pem").to_str().expect("UTF-8").to_owned();
    let cannot = |chain: &str, key: &str, why: &str| format!("tracker-mock: cannot use {chain} with {key}: {why}\n");
    for (chain, key, said) in [
        (&chain_file, &other_key, cannot(&chain_file, &other_key, "keys may not be consistent: KeyMismatch")),
        (&chain_file, &nothing, cannot(&chain_file, &nothing, "the key: no items found")),
        (&nothing, &key_file, cannot(&nothing, &key_file, "the certificate: no items found")),
        (&missing, &key_file, format!("tracker-mock: cannot read {missing}: No such file or directory (os error 2)\n")),
    ] {
        let ran = crate::support::program::run(&["--port", "0", "--tls", "--tls-cert", chain, "--tls-key", key], &[]);
        assert_eq!((ran.status.code(), text(&ran.stdout)), (Some(1), String::new()));
        assert_eq!(text(&ran.stderr), said);
    }
}

#[test]
fn mistakes_in_options_are_said() {
    let needs_tls = "the following required arguments were not provided: --tls";
    let needs_either = "the following required arguments were not provided: <--sealed[=<WHEN>]|--https>";
    let cases: [(&[&str], &str); 6] = [
        (&["run", "--as-host", "a.example", "--", "true"], needs_either),
        (&["--as-host", "a.example"], needs_tls),
        (&["--deny-others"], needs_tls),
        (&["--tls", "--tls-key", "k"], "the following required arguments were not provided: --tls-cert <FILE>"),
        (&["--tls", "--tls-cert", "c"], "the following required arguments were not provided: --tls-key <FILE>"),
        (
            &["--tls", "--as-host", "https://a.example"],
            "invalid value 'https://a.example' for '--as-host <NAME>': write the name of a host, without scheme and port",
        ),
    ];
    for (options, said) in cases {
        let ran = crate::support::program::run(options, &[]);
        assert_eq!(ran.status.code(), Some(2), "{said}");
        assert_eq!(text(&ran.stderr), format!("tracker-mock: {said}\n"));
    }
    let ran = run(&["--env", "CA={ca}"], &["true"]);
    assert_eq!(ran.status.code(), Some(2));
    assert_eq!(text(&ran.stderr), "tracker-mock: --env CA: {ca} and {bundle} take --https\n");
}

#[tokio::test]
async fn a_server_tells_its_variables() {
    let plain = Program::start(&[], &[]);
    let url = plain.url();
    let env = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut program = command(&[&["env"], arguments].concat(), variables);
        for name in ["NO_PROXY", "no_proxy", "JAVA_TOOL_OPTIONS"] {
            program.env_remove(name);
        }
        text(&program.envs(variables.iter().copied()).output().expect("it starts").stdout)
    };
    let three = |line: fn(&str, &str) -> String| {
        [("URL", &*url), ("ORG", "default"), ("TOKEN", "any-token")]
            .map(|(name, value)| line(&format!("TRACKER_MOCK_{name}"), value))
            .concat()
    };
    assert_eq!(env(&[&url], &[]), three(|name, value| format!("export {name}='{value}'\n")));
    assert_eq!(env(&["--shell", "fish", &url], &[]), three(|name, value| format!("set -gx {name} '{value}'\n")));
    assert_eq!(env(&["--shell", "dotenv", &url], &[]), three(|name, value| format!("{name}=\"{value}\"\n")));
    plain.stop("TERM").assert_clean();

    let program = Program::start(&["--tls"], &[]);
    let ca = program.ready.trim_end().rsplit_once("; its CA is in ").expect("a CA").1.to_owned();
    let secure = format!("https://{}", program.address);
    let json = env(&["--shell", "json", &secure], &[("NO_PROXY", "it's")]);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["TRACKER_MOCK_URL"], program.url());
    assert_eq!(json["HTTPS_PROXY"], program.url());
    assert_eq!(json["NODE_EXTRA_CA_CERTS"], ca);
    assert_eq!(json["NO_PROXY"], "it's,localhost,127.0.0.1,::1");
    assert_eq!(json.as_object().expect("an object").len(), 14);
    for (shell, line) in [
        ("sh", r"export NO_PROXY='it'\''s,localhost,127.0.0.1,::1'"),
        ("fish", r"set -gx NO_PROXY 'it\'s,localhost,127.0.0.1,::1'"),
        ("dotenv", "NO_PROXY=\"it's,localhost,127.0.0.1,::1\""),
    ] {
        let printed = env(&["--shell", shell, &secure], &[("NO_PROXY", "it's")]);
        assert!(printed.lines().any(|printed| printed == line), "{printed}");
    }
    // As users do it.
    let script = format!(
        "eval \"$('{}' env {secure})\"; exec python3 -c \"$0\" https://{HOST}/v2/myself",
        env!("CARGO_BIN_EXE_tracker-mock")
    );
    let asked = Command::new("sh").args(["-c", &script, CLIENT]).output().expect("a shell");
    assert_eq!(text(&asked.stdout), "200\n", "{}", text(&asked.stderr));
    program.stop("TERM").assert_clean();

    let nobody = crate::support::program::run(&["env", &secure], &[]);
    assert_eq!((nobody.status.code(), text(&nobody.stdout)), (Some(1), String::new()));
    assert!(text(&nobody.stderr).starts_with(&format!("tracker-mock: {secure}: ")), "{}", text(&nobody.stderr));
}

#[tokio::test]
async fn a_server_tells_an_organisation_and_a_token_that_it_takes() {
    for (options, expected) in [
        (&["--require-known-token"][..], ["default", "author-token"]),
        (&["--known-orgs", "one,two"], ["one", "any-token"]),
        (&["--known-orgs", "one,default", "--require-known-token"], ["default", "author-token"]),
    ] {
        let program = Program::start(options, &[]);
        let told = crate::support::program::run(&["env", "--shell", "json", &program.url()], &[]);
        let told: Value = serde_json::from_slice(&told.stdout).expect("JSON");
        let [org, token] = ["TRACKER_MOCK_ORG", "TRACKER_MOCK_TOKEN"].map(|name| told[name].as_str().expect("text"));
        assert_eq!([org, token], expected);
        let authorization = format!("OAuth {token}");
        let request = bare_head("GET /v2/myself HTTP/1.1", &[("X-Org-ID", org), ("Authorization", &authorization)]);
        assert_eq!(program.exchange(&request).await.status, 200, "{options:?}");
        program.stop("TERM").assert_clean();
    }
    let folder = Folder::new();
    let user = r#"{"users": [{"login": "anna", "uid": 1001, "firstName": "Anna", "lastName": "P", "email": "a@b.c", "cloudUid": "c", "passportUid": 1}]}"#;
    let fixtures = folder.write("fixtures.json", user.as_bytes());
    let fixtures = fixtures.to_str().expect("UTF-8");
    let program = Program::start(&["--require-known-token", "--fixtures", fixtures], &[]);
    let told = crate::support::program::run(&["env", &program.url()], &[]);
    assert_eq!((told.status.code(), text(&told.stdout)), (Some(1), String::new()));
    let said = format!("tracker-mock: {}: --require-known-token: no user of the fixtures has a token", program.url());
    assert!(text(&told.stderr).starts_with(&said), "{}", text(&told.stderr));
}

/// What a doctor prints, and its exit code.
fn doctor(words: &[&str]) -> (String, Option<i32>) {
    let mut program = command(&[&["doctor", "--"], words].concat(), &[]);
    for name in ["HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"] {
        program.env_remove(name);
    }
    let ran = program.output().expect("it starts");
    (text(&ran.stdout), ran.status.code())
}

#[test]
fn a_doctor_says_how_requests_came() {
    let instead = "Give the client the base URL in TRACKER_MOCK_URL, under the name that it reads: tracker-mock run --env \
                   NAME={url} -- COMMAND\nOr let nothing else be reached, on Linux: tracker-mock run --sealed -- \
                   COMMAND\n";
    let agent = Command::new("python3").args(["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).output();
    let agent = format!("Python-urllib/{}", text(&agent.expect("Python").stdout));
    let real = format!("https://{HOST}/v2/myself");
    let by_proxy = format!("  1 by HTTPS_PROXY, over TLS, in HTTP/1: {agent}");
    let (said, code) = doctor(&["python3", "-c", CLIENT, &real]);
    assert_eq!(said, format!("200\nThe command exited with 0.\n1 request arrived:\n{by_proxy}"));
    assert_eq!(code, Some(0));

    let script = format!("python3 -c \"$0\" $TRACKER_MOCK_URL/v2/myself {real}; exit 3");
    let by_url = format!("  1 by the address of the server, as in TRACKER_MOCK_URL, without TLS, in HTTP/1: {agent}");
    let (said, code) = doctor(&["sh", "-c", &script, CLIENT]);
    assert_eq!(said, format!("200\n200\nThe command exited with 3.\nRequests arrived:\n{by_url}{by_proxy}"));
    assert_eq!(code, Some(0));

    for (command, advice) in [
        (
            "python3",
            "aiohttp ignores HTTPS_PROXY unless its session has trust_env=True; requests, httpx and urllib use it.",
        ),
        ("true", "The client ignores HTTPS_PROXY, or has another name for it."),
    ] {
        let words = [command, "-c", "0"];
        let nothing = "Nothing came to the proxy for the real host either.";
        let expected = format!("The command exited with 0.\nNo request arrived.\n{nothing} {advice}\n{instead}");
        assert_eq!(doctor(&words), (expected, Some(1)));
    }

    let (said, code) = doctor(&["python3", "-c", &distrusting(), &real]);
    let advice = "An SSL context or verify= in the code comes before SSL_CERT_FILE and REQUESTS_CA_BUNDLE.";
    let expected =
        format!("\nNo request arrived.\nConnections on which the certificate was refused: 1. {advice}\n{instead}");
    assert!(said.ends_with(&expected), "{said}");
    assert_eq!(code, Some(1));

    let (said, code) = doctor(&["/nothing/here"]);
    assert_eq!((said, code), (String::new(), Some(2)));
}
