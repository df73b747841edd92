//! Requests over a real socket, byte by byte, to test what happens below HTTP.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::{Answer, Form, ORG, is_control};

/// A timeout that only a hanging test reaches.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for `work`, and panics if it hangs.
pub(crate) async fn in_time<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| panic!("{what} takes too long"))
}

/// A loopback address that no other test listens on, for tests that check whether a port is free again. On the common
/// address, another test may have taken that port.
pub(crate) fn own_loopback() -> IpAddr {
    static COUNT: AtomicU8 = AtomicU8::new(0);
    // Other systems have only one loopback address, so there the test may be unlucky.
    if !cfg!(target_os = "linux") {
        return Ipv4Addr::LOCALHOST.into();
    }
    let [.., high, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, 100 + COUNT.fetch_add(1, Ordering::Relaxed), high, low).into()
}

/// Waits until nobody listens on this address.
pub(crate) async fn until_refused(address: SocketAddr) {
    in_time("closing the port", async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

/// A connection that can send and receive at the same time.
pub(crate) struct Connection {
    pub(crate) sender: Sender,
    pub(crate) receiver: Receiver,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let stream = in_time("connecting", TcpStream::connect(address)).await.expect("a connection");
        stream.set_nodelay(true).expect("an option of every socket");
        let (receiver, sender) = stream.into_split();
        Self { sender: Sender(sender), receiver: Receiver { stream: receiver, unread: BytesMut::new() } }
    }

    /// Sends everything, then reads the answer.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Answer {
        self.sender.send(request).await;
        self.receiver.answer().await
    }

    /// Drops the connection with a reset.
    pub(crate) fn reset(self) {
        let stream = self.receiver.stream.reunite(self.sender.0).expect("two halves of one socket");
        stream.set_zero_linger().expect("an option of every socket");
    }
}

/// The direction to the server.
pub(crate) struct Sender(OwnedWriteHalf);

impl Sender {
    /// Sends all bytes. Panics on a reset.
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        in_time("sending", self.0.write_all(bytes)).await.expect("a peer that reads");
    }

    /// Sends all bytes, if the peer still accepts them.
    pub(crate) async fn try_send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        in_time("sending", self.0.write_all(bytes)).await
    }

    /// Closes the sending side.
    pub(crate) async fn finish(&mut self) {
        in_time("finishing", self.0.shutdown()).await.expect("an open connection");
    }
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Closed,
    Reset,
}

/// The direction from the server.
pub(crate) struct Receiver {
    stream: OwnedReadHalf,
    unread: BytesMut,
}

impl Receiver {
    /// Reads one whole answer to a request other than `HEAD`. Panics if the connection ends or is reset before that.
    pub(crate) async fn answer(&mut self) -> Answer {
        let (status, headers) = self.head().await;
        let length = match headers.get("content-length") {
            Some(length) => length.to_str().expect("text").parse().expect("a number"),
            None => 0,
        };
        while self.unread.len() < length {
            assert!(self.more().await, "the answer ends within its body");
        }
        Answer { status, headers, body: self.unread.split_to(length).freeze() }
    }

    /// The same, or `None` if the connection has ended.
    pub(crate) async fn next_answer(&mut self) -> Option<Answer> {
        if self.unread.is_empty() && !self.more().await {
            return None;
        }
        Some(self.answer().await)
    }

    /// Reads the head of an answer and leaves its body.
    pub(crate) async fn head(&mut self) -> (StatusCode, HeaderMap) {
        let end = loop {
            if let Some(at) = self.unread.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(self.more().await, "the answer ends within its head");
        };
        let head = self.unread.split_to(end);
        let mut lines = std::str::from_utf8(&head).expect("UTF-8").trim_end().split("\r\n");
        let status_line = lines.next().expect("a status line");
        let status = status_line.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)).expect("a status line");
        let field = |line: &str| {
            let (name, value) = line.split_once(": ").expect("a header");
            let name: HeaderName = name.parse().expect("a name");
            (name, HeaderValue::from_str(value).expect("a value"))
        };
        (status.parse().expect("a status"), lines.map(field).collect())
    }

    /// Reads to the end of the connection. Panics on a reset.
    pub(crate) async fn rest(&mut self) -> Bytes {
        while self.more().await {}
        self.unread.split().freeze()
    }

    /// Reads exactly this many bytes.
    pub(crate) async fn bytes(&mut self, count: usize) -> Bytes {
        while self.unread.len() < count {
            assert!(self.more().await, "the connection ends before");
        }
        self.unread.split_to(count).freeze()
    }

    /// Reads to the end of the connection, whether it is closed or reset.
    pub(crate) async fn end(&mut self) -> (Vec<u8>, End) {
        let end = loop {
            match in_time("receiving", self.stream.read_buf(&mut self.unread)).await {
                Ok(0) => break End::Closed,
                Ok(_) => {}
                Err(error) => {
                    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
                    break End::Reset;
                }
            }
        };
        (self.unread.split().to_vec(), end)
    }

    async fn more(&mut self) -> bool {
        let read = in_time("receiving", self.stream.read_buf(&mut self.unread)).await;
        read.expect("no reset") > 0
    }
}

/// Polls a condition until it holds.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    in_time(what, async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

/// As [`Answer::transcript`], without the `Date` that hyper adds and without random values.
pub(crate) fn without_what_varies(mut answer: Answer) -> String {
    answer.headers.remove("date");
    let id = answer.headers.get_mut("x-request-id").expect("every answer has an id");
    if id != "request-1" {
        assert_eq!(id.len(), 36, "a UUID");
        *id = HeaderValue::from_static("(a new one)");
    }
    answer.transcript()
}

/// The head of a request: `line`, `headers`, and the headers that every request needs.
pub(crate) fn head(line: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let common = [("Authorization", "OAuth some-token"), ("X-Org-ID", ORG)];
    let names_world = line.split(' ').nth(1).is_some_and(is_control);
    bare_head(line, &[if names_world { &common[..1] } else { &common }, headers].concat())
}

/// The same, without authorization and organisation.
pub(crate) fn bare_head(line: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let common = [("Host", "tracker.test"), ("X-Request-Id", "request-1")];
    let fields = [&common, headers].concat();
    let fields: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("{line}\r\n{fields}\r\n").into_bytes()
}

/// How a request marks the end of its body.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Framing {
    ContentLength,
    Chunked,
}

impl Framing {
    pub(crate) const BOTH: [Self; 2] = [Self::ContentLength, Self::Chunked];

    /// The header that announces the body.
    pub(crate) fn header(self, body: &[u8]) -> (&'static str, String) {
        match self {
            Self::ContentLength => ("Content-Length", body.len().to_string()),
            Self::Chunked => ("Transfer-Encoding", "chunked".to_owned()),
        }
    }

    /// The body as it is sent.
    pub(crate) fn encode(self, body: &[u8]) -> Vec<u8> {
        match self {
            Self::ContentLength => body.to_vec(),
            Self::Chunked => {
                let mut encoded = Vec::with_capacity(body.len() + body.len() / 100 + 64);
                for chunk in body.chunks(50_000) {
                    encoded.extend(format!("{:X}\r\n", chunk.len()).bytes());
                    encoded.extend(chunk);
                    encoded.extend(b"\r\n");
                }
                encoded.extend(b"0\r\n\r\n");
                encoded
            }
        }
    }
}

/// The `Content-Type` of a [`Form`].
pub(crate) fn form_type() -> String {
    format!("multipart/form-data; boundary={}", Form::BOUNDARY)
}

/// A whole request that uploads a form.
pub(crate) fn upload(form: &Form, framing: Framing) -> Vec<u8> {
    let (name, value) = framing.header(form.bytes());
    let mut request = head("POST /v2/attachments/ HTTP/1.1", &[("Content-Type", &form_type()), (name, &value)]);
    request.extend(framing.encode(form.bytes()));
    request
}

impl Answer {
    /// Panics unless this is an error in the standard shape of errors, including the order of keys.
    pub(crate) fn assert_error(&self) {
        let text = String::from_utf8_lossy(&self.body);
        assert!(self.status.is_client_error(), "{} {text}", self.status);
        assert_eq!(self.headers.get("content-type").map(HeaderValue::as_bytes), Some(b"application/json".as_slice()));
        let body = self.json();
        let fields = body.as_object().unwrap_or_else(|| panic!("not an object: {text}"));
        assert_eq!(fields.keys().collect::<Vec<_>>(), ["errors", "errorMessages", "statusCode"], "{text}");
        assert_eq!(body["statusCode"], self.status.as_u16(), "{text}");
        let errors = body["errors"].as_object().unwrap_or_else(|| panic!("errors: {text}"));
        let messages = body["errorMessages"].as_array().unwrap_or_else(|| panic!("errorMessages: {text}"));
        assert!(errors.len() + messages.len() > 0, "{text}");
        assert!(errors.values().chain(messages).all(serde_json::Value::is_string), "{text}");
    }
}
