//! A client that does with its connection what it wants: sends a request whole or in pieces, and breaks off anywhere.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long an answer may take, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) org: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// The size of the chunks if the body goes out in such.
    pub(crate) chunks: Option<usize>,
}

impl Request {
    pub(crate) fn new(method: &'static str, org: &str, path: String) -> Self {
        Self { method, path, org: org.to_owned(), headers: Vec::new(), body: Vec::new(), chunks: None }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn json(mut self, body: &serde_json::Value) -> Self {
        self.body = body.to_string().into_bytes();
        self.header("Content-Type", "application/json")
    }

    /// With a form of one file as its body.
    pub(crate) fn form(mut self, content: &[u8]) -> Self {
        let front = b"--soak-boundary\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file\"\r\n\r\n";
        self.body = [front, content, b"\r\n--soak-boundary--\r\n"].concat();
        if fastrand::u8(..4) == 0 {
            self.chunks = Some(fastrand::usize(1..100_000));
        }
        self.header("Content-Type", "multipart/form-data; boundary=soak-boundary")
    }

    /// All that goes over the wire.
    fn bytes(&self) -> Vec<u8> {
        let mut head = format!(
            "{} {} HTTP/1.1\r\nHost: soak.test\r\nAuthorization: OAuth author-token\r\n",
            self.method, self.path
        );
        // The control plane is told by the query.
        if !self.path.starts_with("/_mock/") {
            head += &format!("X-Org-ID: {}\r\n", self.org);
        }
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += &match self.chunks {
            Some(_) => "Transfer-Encoding: chunked\r\n\r\n".to_owned(),
            None => format!("Content-Length: {}\r\n\r\n", self.body.len()),
        };
        let mut bytes = head.into_bytes();
        match self.chunks {
            Some(size) => {
                for chunk in self.body.chunks(size) {
                    bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
                    bytes.extend(chunk);
                    bytes.extend(b"\r\n");
                }
                bytes.extend(b"0\r\n\r\n");
            }
            None => bytes.extend(&self.body),
        }
        bytes
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or(serde_json::Value::Null)
    }
}

/// Where and how a client goes away.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Leave {
    /// Somewhere in the request.
    Sending(Goodbye),
    /// After the whole request, without listening.
    Waiting(Goodbye),
    /// After the first bytes of the answer.
    Reading(Goodbye),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Goodbye {
    Close,
    Reset,
}

impl Leave {
    /// Anywhere.
    pub(crate) fn random() -> Self {
        match fastrand::u8(..4) {
            0..=2 => Self::before_the_answer(),
            _ => Self::Reading(Goodbye::random()),
        }
    }

    /// Anywhere but in the answer: for requests whose answer takes minutes.
    pub(crate) fn before_the_answer() -> Self {
        match fastrand::u8(..3) {
            0 | 1 => Self::Sending(Goodbye::random()),
            _ => Self::Waiting(Goodbye::random()),
        }
    }
}

impl Goodbye {
    fn random() -> Self {
        if fastrand::bool() { Self::Close } else { Self::Reset }
    }
}

/// A client with at most one open connection.
#[derive(Debug)]
pub(crate) struct Client {
    address: SocketAddr,
    stream: Option<TcpStream>,
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, stream: None }
    }

    /// Sends a request and reads the answer. A server that closes a connection that stood idle is asked once more.
    pub(crate) async fn send(&mut self, request: &Request) -> io::Result<Answer> {
        let bytes = request.bytes();
        let (mut stream, reused) = self.connected().await?;
        match self.exchange(&mut stream, request, &bytes).await {
            Err(_) if reused => {
                stream = TcpStream::connect(self.address).await?;
                let answer = self.exchange(&mut stream, request, &bytes).await?;
                self.stream = Some(stream);
                Ok(answer)
            }
            answer => {
                self.stream = answer.is_ok().then_some(stream);
                answer
            }
        }
    }

    async fn exchange(&self, stream: &mut TcpStream, request: &Request, bytes: &[u8]) -> io::Result<Answer> {
        let exchange = async {
            stream.write_all(bytes).await?;
            read_answer(stream, request.method == "HEAD").await
        };
        timeout(PATIENCE, exchange).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    /// Sends a request, or a part of it, and goes away.
    pub(crate) async fn leave(&mut self, request: &Request, leave: Leave) -> io::Result<()> {
        let bytes = request.bytes();
        let (mut stream, _) = self.connected().await?;
        let (end, goodbye) = match leave {
            Leave::Sending(goodbye) => (fastrand::usize(..bytes.len()), goodbye),
            Leave::Waiting(goodbye) | Leave::Reading(goodbye) => (bytes.len(), goodbye),
        };
        timeout(PATIENCE, stream.write_all(&bytes[..end])).await??;
        if let Leave::Reading(_) = leave {
            let mut first = vec![0; fastrand::usize(1..5000)];
            timeout(PATIENCE, stream.read(&mut first)).await??;
        }
        if let Goodbye::Reset = goodbye {
            stream.set_zero_linger()?;
        }
        Ok(())
    }

    async fn connected(&mut self) -> io::Result<(TcpStream, bool)> {
        match self.stream.take() {
            Some(stream) => Ok((stream, true)),
            None => {
                let stream = TcpStream::connect(self.address).await?;
                stream.set_nodelay(true)?;
                Ok((stream, false))
            }
        }
    }
}

async fn read_answer(stream: &mut TcpStream, without_body: bool) -> io::Result<Answer> {
    let mut bytes = Vec::with_capacity(4096);
    let head_end = loop {
        if let Some(place) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break place + 4;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    let mut body = bytes.split_off(head_end);
    let length =
        if without_body || matches!(status, 204 | 304) { 0 } else { length.ok_or(io::ErrorKind::InvalidData)? };
    body.reserve(length.saturating_sub(body.len()));
    while body.len() < length {
        if stream.read_buf(&mut body).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(Answer { status, body })
}
