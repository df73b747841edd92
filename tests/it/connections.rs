//! Connections over real sockets, with a responder in place of the application.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::http::Request;
use axum::http::header::CONTENT_LENGTH;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tracker_mock::Config;
use tracker_mock::testing::{Budget, ConnectionEnd, ConnectionLimits, HangUp, serve};

const PATIENCE: Duration = Duration::from_secs(30);

/// A client of a connection that answers each request with what `answer` makes of its path.
async fn client(answer: fn(&str) -> Response) -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let client = TcpStream::connect(listener.local_addr().expect("its address")).await.expect("a connection");
    let (stream, _) = listener.accept().await.expect("the client");
    let respond = move |request: Request<Body>| {
        let answer = answer(request.uri().path());
        async { answer }
    };
    tokio::spawn(async move {
        let (_stop, stopping) = watch::channel(());
        let limits = ConnectionLimits::new(&Config::default(), Budget::new(u64::MAX));
        serve(stream, limits, stopping, respond, |_| {}).await;
    });
    client
}

/// Reads until the connection ends, and says how it did.
async fn read_to_end(client: &mut TcpStream) -> (Vec<u8>, Result<(), ErrorKind>) {
    let mut received = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, client.read_to_end(&mut received)).await.expect("an end");
    (received, ended.map(drop).map_err(|error| error.kind()))
}

/// The pieces and then a failure, under the `Content-Length` of one byte more.
fn failing(pieces: Vec<Bytes>, ending: HangUp) -> Response {
    let announced = pieces.iter().map(Bytes::len).sum::<usize>() + 1;
    let failure = stream::iter([Err(std::io::Error::other("on purpose"))]);
    let body = Body::from_stream(stream::iter(pieces.into_iter().map(Ok)).chain(failure));
    (Extension(ConnectionEnd::CutBody(ending)), [(CONTENT_LENGTH, announced)], body).into_response()
}

fn small() -> Vec<Bytes> {
    vec![Bytes::from_static(b"some"), Bytes::from_static(b" text")]
}

/// More than what the kernel takes at once.
fn large() -> Vec<Bytes> {
    vec![Bytes::from(vec![b'x'; 1_000_000]); 20]
}

fn answer(path: &str) -> Response {
    let without = |ending| (Extension(ConnectionEnd::NoAnswer(ending)), "never seen").into_response();
    match path {
        "/close" => without(HangUp::Close),
        "/reset" => without(HangUp::Reset),
        "/small-close" => failing(small(), HangUp::Close),
        "/small-reset" => failing(small(), HangUp::Reset),
        "/large-close" => failing(large(), HangUp::Close),
        "/early" => {
            let end = ConnectionEnd::CutBody(HangUp::Close);
            let body = Body::from_stream(stream::iter(small().into_iter().map(Ok::<_, Infallible>)));
            (Extension(end), [(CONTENT_LENGTH, 100)], body).into_response()
        }
        "/chunked" => {
            let mut answer = failing(small(), HangUp::Close);
            answer.headers_mut().remove(CONTENT_LENGTH);
            answer
        }
        "/large" => Bytes::from(vec![b'x'; 20_000_000]).into_response(),
        _ => "fine".into_response(),
    }
}

/// What came after the last head.
fn body(received: &[u8]) -> &[u8] {
    let end = received.windows(4).rposition(|window| window == b"\r\n\r\n").expect("a head");
    &received[end + 4..]
}

fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").into_bytes()
}

#[tokio::test]
async fn without_an_answer_the_client_reads_an_end_or_a_reset() {
    for (path, expected) in [("/close", Ok(())), ("/reset", Err(ErrorKind::ConnectionReset))] {
        let mut client = client(answer).await;
        client.write_all(&get(path)).await.expect("a peer that reads");
        assert_eq!(read_to_end(&mut client).await, (Vec::new(), expected), "{path}");
    }
}

#[tokio::test]
async fn all_that_a_body_gave_is_sent_before_the_end() {
    let announced = |received: &[u8]| {
        let text = String::from_utf8_lossy(received).to_ascii_lowercase();
        let (_, length) = text.split_once("content-length: ").expect("a length");
        length.split_once("\r\n").expect("an end of line").0.parse::<usize>().expect("a number")
    };
    for (path, sent, expected) in [
        ("/small-close", &b"some text"[..], Ok(())),
        ("/small-reset", b"some text", Err(ErrorKind::ConnectionReset)),
        ("/large-close", &[b'x'; 20_000_000], Ok(())),
    ] {
        let mut client = client(answer).await;
        client.write_all(&get(path)).await.expect("a peer that reads");
        let (received, ended) = read_to_end(&mut client).await;
        assert!(received.starts_with(b"HTTP/1.1 200 OK\r\n") && body(&received) == sent, "{path}");
        assert_eq!((announced(&received), ended), (sent.len() + 1, expected), "{path}");
    }
}

#[tokio::test]
async fn a_body_that_ends_early_ends_the_connection_too() {
    for (path, sent) in [("/early", &b"some text"[..]), ("/chunked", b"4\r\nsome\r\n5\r\n text\r\n")] {
        let mut client = client(answer).await;
        client.write_all(&get(path)).await.expect("a peer that reads");
        let (received, ended) = read_to_end(&mut client).await;
        assert_eq!((body(&received), ended), (sent, Ok(())), "{path}");
    }
}

#[tokio::test]
async fn answers_before_it_are_whole() {
    for path in ["/close", "/small-close"] {
        let mut client = client(answer).await;
        let requests = [get("/fine"), get("/large"), get(path), get("/fine")].concat();
        client.write_all(&requests).await.expect("a peer that reads");
        let (received, ended) = read_to_end(&mut client).await;
        let text = String::from_utf8_lossy(&received);
        assert_eq!(ended, Ok(()), "{path}");
        assert_eq!(text.matches("fine").count(), 1, "{path}: what comes after is not answered");
        assert!(text.matches('x').count() >= 20_000_000, "{path}");
    }
}

#[tokio::test]
async fn it_ends_while_the_client_is_still_sending() {
    let upload = |path: &str| {
        let head = format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n");
        [head.as_bytes(), &[b'x'; 20_000_000]].concat()
    };
    let mut closed = client(answer).await;
    closed.write_all(&upload("/close")).await.expect("a peer that reads");
    assert_eq!(read_to_end(&mut closed).await, (Vec::new(), Ok(())));

    let mut reset = client(answer).await;
    let written = reset.write_all(&upload("/reset")).await.map_err(|error| error.kind());
    assert!(matches!(written, Err(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)), "{written:?}");
}
